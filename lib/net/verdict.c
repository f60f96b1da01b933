/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Judges the end of a try: done, try again, or lost. */
#include "backoff.h"
#include "errors.h"
#include "transfer.h"

/* Longest wait for the end of an answer when all its bytes are here. */
enum { LINGER_MS = 1000 };

static bool is_complete(const Transfer *transfer)
{
        return transfer->received == transfer->length;
}

/* A long poll may be silent until its answer begins. */
static gint64 wait_of(const Transfer *transfer)
{
        return transfer->ask && transfer->try.header_bytes == 0 ? (gint64)transfer->ask->wait_ms : 0;
}

static gint64 silence_limit_us(const Transfer *transfer)
{
        const Http *http = transfer->http;
        gint64 limit_ms = (gint64)http->stall_timeout_ms + wait_of(transfer);
        if (is_complete(transfer))
                limit_ms = LINGER_MS;
        else if (!transfer->try.is_connected) /* libcurl itself ends an attempt to connect */
                limit_ms += (gint64)http->connect_timeout_ms;
        return limit_ms * 1000;
}

static gint64 window_limit_us(const Transfer *transfer)
{
        return ((gint64)transfer->http->stall_timeout_ms * 2 + wait_of(transfer)) * 1000;
}

/* All tries of a whole file share one limit, so that a server which drips, or tears each answer, cannot hold its
 * reader. */
static gint64 read_deadline_us(const Transfer *transfer)
{
        if (!transfer->whole)
                return G_MAXINT64;
        const RemoteAsk *ask = transfer->ask;
        gint64 limit_us = (gint64)transfer->http->read_timeout_ms * 1000;
        if (ask && ask->deadline_ms)
                limit_us = (gint64)ask->deadline_ms * 1000;
        limit_us += ask ? (gint64)ask->wait_ms * 1000 : 0;
        uint64_t bytes = MAX(transfer->received, transfer->furthest);
        return transfer->begun_us + limit_us + (gint64)(bytes * G_USEC_PER_SEC / REMOTE_READ_BYTES_PER_S);
}

gint64 transfer_deadline_us(const Transfer *transfer)
{
        const Try *try = &transfer->try;
        gint64 stall_us =
                MIN(try->heard_us + silence_limit_us(transfer), try->window_us + window_limit_us(transfer));
        return MIN(stall_us, read_deadline_us(transfer));
}

bool transfer_is_stalled(Transfer *transfer)
{
        Try *try = &transfer->try;
        gint64 now_us = http_now_us(transfer->http);
        transfer->is_late = now_us >= read_deadline_us(transfer);
        if (transfer->is_late) {
                fail(&transfer->error, LAUTTA_ERROR_TRY_AGAIN, "not read within %.3g seconds",
                     (double)(now_us - transfer->begun_us) / 1e6);
        } else if (now_us >= try->heard_us + silence_limit_us(transfer)) {
                fail(&transfer->error, LAUTTA_ERROR_TRY_AGAIN, "no byte came for %.3g seconds",
                     (double)(now_us - try->heard_us) / 1e6);
        } else if (now_us >= try->window_us + window_limit_us(transfer)) {
                if (try->window_bytes < REMOTE_LEAST_BYTES)
                        fail(&transfer->error, LAUTTA_ERROR_TRY_AGAIN,
                             "only %" G_GUINT64_FORMAT " bytes came in %.3g seconds", try->window_bytes,
                             (double)(now_us - try->window_us) / 1e6);
                try->window_us = now_us;
                try->window_bytes = 0;
        }
        transfer->wants_new_connection = transfer->error != NULL;
        return transfer->error != NULL;
}

static LauttaErrorCode meaning_of(CURLcode code)
{
        static const CURLcode passing[] = {
                CURLE_COULDNT_RESOLVE_PROXY,
                CURLE_COULDNT_RESOLVE_HOST,
                CURLE_COULDNT_CONNECT,
                CURLE_OPERATION_TIMEDOUT,
                CURLE_SSL_CONNECT_ERROR,
                CURLE_SEND_ERROR,
                CURLE_RECV_ERROR,
                CURLE_GOT_NOTHING,
                CURLE_PARTIAL_FILE,
                CURLE_HTTP2,
                CURLE_HTTP2_STREAM,
        };
        for (size_t i = 0; i < G_N_ELEMENTS(passing); i++)
                if (code == passing[i])
                        return LAUTTA_ERROR_TRY_AGAIN;
        return LAUTTA_ERROR_SYSTEM;
}

/* True if the server marked the end of the body; false if only the connection ended. */
static bool end_is_certain(const Transfer *transfer)
{
        curl_off_t length = -1;
        long version = 0;
        struct curl_header *header = NULL;
        curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
        curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_VERSION, &version);
        return length >= 0 || version >= CURL_HTTP_VERSION_2_0 ||
               curl_easy_header(transfer->easy, "Transfer-Encoding", 0, CURLH_HEADER, -1, &header) ==
                       CURLHE_OK;
}

/* Returns: the meaning of a proxy's own status, which never concerns the file. */
static LauttaErrorCode proxy_status_meaning(long status)
{
        LauttaErrorCode code = http_status_meaning(status);
        return code == LAUTTA_ERROR_TRY_AGAIN ? code : LAUTTA_ERROR_SYSTEM;
}

/* True if a used connection begins an answer with other bytes: remains of a previous answer that was longer than it
 * said. A new connection has no such remains. */
static bool connection_was_dirty(const Transfer *transfer, CURLcode code)
{
        long connects = 1;
        curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &connects);
        return (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_WEIRD_SERVER_REPLY) && connects == 0 &&
               transfer->try.header_bytes == 0;
}

/* Sets `transfer->error` for a try that libcurl ended and whose answer was incomplete. */
static void explain(Transfer *transfer, CURLcode code)
{
        long status = 0, proxy_status = 0;
        curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
        if (transfer->try.is_refused)
                fail(&transfer->error,
                     transfer->ask ? remote_ask_meaning(status) : http_status_meaning(status),
                     "the server answers %ld%s", status, http_status_text(status));
        else if (proxy_status >= 300)
                fail(&transfer->error, proxy_status_meaning(proxy_status), "the proxy answers %ld%s",
                     proxy_status, http_status_text(proxy_status));
        else if (connection_was_dirty(transfer, code))
                transfer->wants_new_connection = !fail(&transfer->error, LAUTTA_ERROR_TRY_AGAIN,
                                                       "an answer before was longer than it said");
        else if (code != CURLE_OK)
                fail(&transfer->error, meaning_of(code), "%s",
                     transfer->curl_says[0] ? transfer->curl_says : curl_easy_strerror(code));
        else
                fail(&transfer->error,
                     end_is_certain(transfer) ? LAUTTA_ERROR_CORRUPT : LAUTTA_ERROR_TRY_AGAIN,
                     "ends after %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " bytes at %" G_GUINT64_FORMAT,
                     transfer->received, transfer->length, transfer->offset);
}

/* True unless the sink caused the failure: libcurl's clock for connecting runs on while the sink blocks. */
static bool failure_counts(const Transfer *transfer)
{
        return transfer->try.is_connected || transfer->try.blocked_us == transfer->http->blocked_us;
}

/* True if another try cannot make the server act twice: the request only reads, has a key that identifies it, never
 * reached the server, or the server says that it did not accept it. */
static bool may_repeat(const Transfer *transfer, curl_off_t retry_after_s)
{
        long status = 0;
        if (!transfer->ask || remote_ask_may_repeat(transfer->ask) || !transfer->try.is_connected)
                return true;
        if (!transfer->try.is_refused)
                return false;
        curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
        return status == 425 || status == 429 || (status == 503 && retry_after_s > 0);
}

static Verdict wait_or_give_up(Transfer *transfer, GError **why)
{
        Http *http = transfer->http;
        curl_off_t retry_after_s = 0;
        if (transfer->received >= transfer->furthest + REMOTE_LEAST_BYTES)
                transfer->failures = 0;
        transfer->furthest = MAX(transfer->furthest, transfer->received);
        transfer->failures += failure_counts(transfer);
        curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
        unsigned delay_ms =
                backoff_delay_ms(http->backoff_base_ms, transfer->failures, g_random_double(), retry_after_s);
        transfer->resume_us = http_now_us(http) + (gint64)delay_ms * 1000;
        bool repeats = may_repeat(transfer, retry_after_s);
        bool is_last = transfer->failures > http->retries || !repeats;
        bool is_late = transfer->is_late || transfer->resume_us >= read_deadline_us(transfer);
        if (!error_may_pass(transfer->error) || is_last || is_late) {
                if (error_may_pass(transfer->error) && !repeats)
                        g_prefix_error(&transfer->error, "not sent again, as the server may have taken it: ");
                else if (error_may_pass(transfer->error) && transfer->failures > 1)
                        g_prefix_error(&transfer->error, "gave up after %u tries: ", transfer->failures);
                g_prefix_error(&transfer->error, "%s: ", transfer->url);
                g_propagate_error(why, g_steal_pointer(&transfer->error));
                return VERDICT_LOST;
        }
        transfer->state = TRANSFER_WAITING;
        g_clear_error(&transfer->error);
        return VERDICT_AGAIN;
}

Verdict transfer_judge(Transfer *transfer, CURLcode code, GError **why)
{
        transfer->state = TRANSFER_IDLE;
        if (transfer->sink_failed) {
                g_propagate_error(why, g_steal_pointer(&transfer->error));
                return VERDICT_STOP;
        }
        if (code == CURLE_OK)
                answer_judge(transfer); /* an answer without a body was not judged yet */
        bool ended_well = code == CURLE_OK && !transfer->try.is_refused && !transfer->error;
        if (is_complete(transfer) || (ended_well && transfer->whole && transfer->length == UINT64_MAX))
                return VERDICT_DONE;
        if (!transfer->error)
                explain(transfer, code);
        return wait_or_give_up(transfer, why);
}
