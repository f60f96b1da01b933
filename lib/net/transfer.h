/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The transfer of one file, or one range of it, over HTTP: its tries, their bytes, and the meaning of their ends.
 * Private to lib/net; remote_http.c drives several transfers through one libcurl multi handle. */
#pragma once

#include <curl/curl.h>

#include "remote_kind.h"

/* Shared by the transfers of one remote. */
typedef struct {
        Remote base;
        CURLM *multi;
        char *ca_file, *client_certificate, *client_key;
        GCancellable *cancel; /* or NULL */
        unsigned connect_timeout_ms, stall_timeout_ms, read_timeout_ms, retries, parallel, backoff_base_ms;
        bool is_https;
        const RemoteSink *sink; /* of the call under way */
        bool is_stopping;       /* the sink has failed: it gets no more bytes */
        gint64 blocked_us;      /* time spent in sinks so far */
} Http;

/* A clock that stands still while the sink blocks: a slow writer is not a slow server. */
gint64 http_now_us(const Http *http);

typedef enum {
        TRANSFER_IDLE,
        TRANSFER_RUNNING,
        TRANSFER_WAITING, /* until `resume_us`, for its next try */
} TransferState;

/* The state of one try. */
typedef struct {
        uint64_t first;       /* offset in the file it asked for */
        uint64_t skip;        /* bytes of the answer still to throw away before `first` */
        uint64_t error_bytes; /* of an error page */
        size_t header_bytes;  /* of all its answers together */
        bool is_connected;    /* a request was sent */
        bool is_judged;       /* answer_judge() has looked at the answer's headers */
        bool is_refused;      /* the answer is an error page */
        gint64 heard_us;      /* time of the last byte */
        gint64 window_us;     /* begin of the period that `window_bytes` counts */
        uint64_t window_bytes;
        gint64 blocked_us; /* as Http had it when the try began */
} Try;

typedef struct {
        Http *http;
        CURL *easy;
        struct curl_slist *headers;
        char curl_says[CURL_ERROR_SIZE];
        TransferState state;

        /* The request. */
        char *url;
        size_t range;       /* index for the sink */
        uint64_t offset;    /* of the range; 0 for a whole file */
        uint64_t length;    /* of the range; of a whole file its size, or UINT64_MAX while that is unknown */
        GByteArray *whole;  /* gathers a whole file; NULL for a range */
        uint64_t max_bytes; /* of a whole file */
        const RemoteAsk *ask; /* NULL: a file is read. Its answer is a whole file, too */
        char *etag;           /* of a whole file, if strong: says whether it is still the same one */

        /* The progress. */
        uint64_t received; /* bytes delivered */
        uint64_t furthest; /* the most that were delivered when a try ended */
        unsigned failures; /* in a row without progress */
        gint64 begun_us;   /* time of the request for a whole file */
        gint64 resume_us;
        bool is_late;              /* the time of a whole file is over: no further try */
        bool wants_new_connection; /* the last connection was silent */
        Try try;
        GError *error;    /* why this try was aborted */
        bool sink_failed; /* or the limit of all bytes is reached, which is final as well */
} Transfer;

/* The transfer must not move afterwards: libcurl points to it. */
void transfer_init(Transfer *transfer, Http *http);
void transfer_clear(Transfer *transfer);

/* Set the transfer's next request. `url` is taken over. */
void transfer_want_range(Transfer *transfer, char *url, const RemoteRange *range, size_t index);
void transfer_want_whole(Transfer *transfer, char *url, uint64_t max_bytes);
void transfer_want_answer(Transfer *transfer, char *url, const RemoteAsk *ask);

/* Set `easy` up for the next try, which goes on from the byte reached; the caller adds it to the multi
 * handle. */
void transfer_start_try(Transfer *transfer);

/* False, with `transfer->error` set, if `more` bytes would pass the remote's limit; that ends everything. */
bool transfer_stay_within(Transfer *transfer, uint64_t more);

/* Returns: the time, on the clock of http_now_us(), of the next call of transfer_is_stalled(). */
gint64 transfer_deadline_us(const Transfer *transfer);

/* True, with `transfer->error` set, if the running try has stalled as remote.h defines it. */
bool transfer_is_stalled(Transfer *transfer);

/* Judge the status and headers of an answer before its first body byte (or at its end) and set `try.skip` or
 * `try.is_refused`. Returns: false, with `transfer->error` set, if the answer does not fit the request. */
bool answer_judge(Transfer *transfer);

typedef enum {
        VERDICT_DONE,
        VERDICT_AGAIN, /* the transfer waits for its next try */
        VERDICT_LOST,  /* this one failed for good; others may succeed */
        VERDICT_STOP,  /* the sink stops everything */
} Verdict;

/* Judge an ended try and set `state`. For LOST and STOP `why` is set. */
Verdict transfer_judge(Transfer *transfer, CURLcode code, GError **why);
