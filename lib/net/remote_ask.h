/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sends a request with a small body or none to a server that does more than serve files, and reads a small answer. */
#pragma once

#include "errors.h"
#include "remote.h"

enum { REMOTE_ASK_BODY_MAX_BYTES = 16 * 1024 * 1024 };

/* All borrowed for the call. */
typedef struct {
        const char *path;         /* relative, as for remote_read() */
        GBytes *body;             /* sent by POST; NULL: a GET */
        const char *content_type; /* of the body */
        const char
                *idempotency_key; /* of a POST, or NULL: see remote_ask(). Printable ASCII without blanks */
        size_t max_answer_bytes;
        unsigned wait_ms; /* for a long poll: the answer may begin this much later than usual */
        unsigned
                deadline_ms; /* of the call with all tries, in addition to `wait_ms`; 0: the remote's read_timeout_ms */
} RemoteAsk;

/* Send the request and wait for the answer: any status of 200 to 299 but 206, also without a body. Redirects are not
 * followed. Temporary failures are retried as by remote_read(), from the beginning. But a POST without an idempotency
 * key is sent again only if the server certainly did not accept it: no connection was made, or the answer was 425, 429,
 * or 503 with Retry-After. After any other failure it is unknown whether the server accepted it. Returns: owned body of
 * the answer. Errors: those of remote_ask_meaning(); CORRUPT if the answer is longer than `max_answer_bytes`; TRY_AGAIN
 * at the deadline, when cancelled, and for other temporary failures; USAGE for a remote that is a directory, a body
 * that is too long, or a field that no header can have; SYSTEM for permanent failures (certificate). */
GBytes *remote_ask(Remote *remote, const RemoteAsk *ask, GError **error);

/* Returns: the meaning of a status other than success for a request: USAGE (400, 405, 411, 413 to 415, 422, 431),
 * UNTRUSTED (401, 403), NOT_FOUND (404, 410), CONFLICT (409, 412, 428), NO_SPACE (507), TRY_AGAIN (as for files),
 * SYSTEM (all others, redirects too). */
LauttaErrorCode remote_ask_meaning(long status);

/* True if sending the request twice has no other effect than once: a GET, or a POST with an idempotency key. */
bool remote_ask_may_repeat(const RemoteAsk *ask);
