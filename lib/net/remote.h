/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A place to read files from: a directory, a file:// URL (a stick), or an http:// or https:// URL. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Remote Remote;

/* Zero in any field means its default. */
typedef struct {
        unsigned connect_timeout_ms; /* default 10,000 */
        unsigned stall_timeout_ms;   /* no byte for this long is a failed try; default 30,000 */
        unsigned retries;  /* further tries after the first failed one; default 6; REMOTE_NO_RETRY for 0 */
        unsigned parallel; /* ranges under way at once; default 4 */
        unsigned read_timeout_ms;       /* of one remote_read(), see there; default 120,000 */
        const char *ca_file;            /* PEM file of trusted CAs instead of the system's, or NULL */
        const char *client_certificate; /* PEM file that identifies this client to https servers, or NULL */
        const char *client_key;         /* its private key in PEM, readable by its owner alone */
        GCancellable *cancel; /* or NULL; referenced. Cancelled by any thread, it ends every call with
                                         * TRY_AGAIN. A directory does not look at it */
} RemoteOptions;

#define REMOTE_NO_RETRY (~0u)

/* A try that receives fewer bytes than this in twice the stall timeout has failed as well, so a slowly dripping server
 * cannot hold a fetch for ever. Such a try has made no progress. */
enum { REMOTE_LEAST_BYTES = 1024 };

/* A whole file gets read_timeout_ms for all its tries and waits, and one more second for each such number of received
 * bytes. */
enum { REMOTE_READ_BYTES_PER_S = 10 * 1024 };

typedef struct {
        uint64_t requests;       /* sent, retries and redirects included; files opened for a directory */
        uint64_t bytes_received; /* body bytes, including those of failed tries and discarded ones */
} RemoteStats;

/* `location`: a path, file:///path, http://... or https://...; no connection is made yet. Proxies come from
 * the environment (http_proxy, https_proxy, no_proxy) as libcurl reads them. HTTP/2 is used where a TLS
 * server has it. LAUTTA_RETRY_BASE_MS in the environment shortens the first wait between tries (500 ms).
 * Errors: USAGE for another scheme, credentials or a query in the URL, a client certificate without key or https;
 * UNTRUSTED if others than its owner can read the client's key; NOT_FOUND if it or a directory is absent. */
Remote *remote_open(const char *location, const RemoteOptions *options, GError **error);
void remote_free(Remote *remote);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Remote, remote_free)

/* The location as messages should show it; owned by `remote`. */
const char *remote_name(const Remote *remote);
RemoteStats remote_stats(const Remote *remote);

/* Limit the bytes received in all, including earlier ones, to `max_bytes` (default: UINT64_MAX). A call that needs more
 * fails with TRY_AGAIN, before its first byte if its size is known. Only the first bytes of an answer that is refused
 * for its length may exceed the limit. */
void remote_set_limit(Remote *remote, uint64_t max_bytes);
uint64_t remote_limit(const Remote *remote);

/* A byte range of one file. */
typedef struct {
        const char *path; /* relative; borrowed for the call */
        uint64_t offset;
        uint64_t length; /* > 0 */
} RemoteRange;

/* Returns: the number of requests that remote_fetch() of these ranges makes if none fails. */
uint64_t remote_requests_for(const Remote *remote, const RemoteRange *ranges, size_t count);

/* Read the file `path` (relative, without "..") whole, at most `max_bytes`; a larger Content-Length of a server is
 * refused before the body. Temporary failures are retried with exponential backoff and jitter; Retry-After of 429 and
 * 503 is respected (at most 60 s); an interrupted body continues with a Range where possible. All of this takes no
 * longer than read_timeout_ms and REMOTE_READ_BYTES_PER_S allow. Returns: owned bytes. Errors: NOT_FOUND (404, 410,
 * ENOENT), CORRUPT if longer than `max_bytes` or if symlinks lead out, TRY_AGAIN when retries are used up, SYSTEM for
 * permanent failures (403, certificate, redirect loop). Messages name the URL. */
GBytes *remote_read(Remote *remote, const char *path, size_t max_bytes, GError **error);

typedef struct {
        /* Receives the next `size` bytes of ranges[range]: in order within a range, each byte once, never beyond its
         * end, also across retries. Always called on the thread that called remote_fetch(); may block to slow the
         * transfer. False stops everything with the error set. */
        bool (*data)(void *user, size_t range, const uint8_t *bytes, size_t size, GError **error);
        /* Reports that range `range` failed for good; `why` is borrowed. True: continue with the others; false stops
         * everything with the error set. NULL: any failed range stops everything with its error. */
        bool (*failed)(void *user, size_t range, const GError *why, GError **error);
        void *user;
} RemoteSink;

/* Fetch many ranges, several at once, one single-range request each (also for a range that covers a whole file). An
 * interrupted transfer is retried from the byte it reached; progress of REMOTE_LEAST_BYTES resets the retry count. If a
 * server answers 200 to a range, its bytes before the range are discarded. An answer with another range makes the range
 * fail (CORRUPT), as does a file that ends before the range does, after its bytes. The sink must not use the same
 * Remote; its time does not count as a stall. Errors: as remote_read(), or those of the sink. Not thread-safe per
 * Remote. */
bool remote_fetch(Remote *remote, const RemoteRange *ranges, size_t count, const RemoteSink *sink,
                  GError **error);
