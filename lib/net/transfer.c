/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "transfer.h"

#include "errors.h"

enum {
        REDIRECTS_MAX = 5,
        HEADER_BYTES_MAX = 128 << 10,
        ERROR_BYTES_MAX = 64 << 10, /* of an error page, read so that the connection can be used again */
        BUFFER_BYTES = 256 << 10,
};

gint64 http_now_us(const Http *http)
{
        return g_get_monotonic_time() - http->blocked_us;
}

static bool deliver_to_sink(Transfer *transfer, const uint8_t *bytes, size_t size)
{
        Http *http = transfer->http;
        gint64 before_us = g_get_monotonic_time();
        bool ok = !http->is_stopping &&
                  http->sink->data(http->sink->user, transfer->range, bytes, size, &transfer->error);
        http->blocked_us += g_get_monotonic_time() - before_us;
        transfer->sink_failed = !ok && !http->is_stopping;
        http->is_stopping = !ok;
        return ok;
}

static bool deliver(Transfer *transfer, const uint8_t *bytes, size_t size)
{
        if (transfer->whole) {
                if (transfer->received + size > transfer->max_bytes)
                        return fail(&transfer->error, LAUTTA_ERROR_CORRUPT,
                                    "has more than the %" G_GUINT64_FORMAT " bytes allowed",
                                    transfer->max_bytes);
                g_byte_array_append(transfer->whole, bytes, (guint)size);
        } else if (!deliver_to_sink(transfer, bytes, size)) {
                return false;
        }
        transfer->received += size;
        return true;
}

static void hear(Transfer *transfer, size_t bytes)
{
        transfer->try.heard_us = http_now_us(transfer->http);
        transfer->try.window_bytes += bytes;
}

bool transfer_stay_within(Transfer *transfer, uint64_t more)
{
        Http *http = transfer->http;
        if (http->is_stopping || remote_limit_check(&http->base, more, transfer->url, &transfer->error))
                return !http->is_stopping;
        transfer->sink_failed = http->is_stopping = true;
        return false;
}

/* libcurl stops the transfer if this returns less than `size`. */
static size_t on_body(char *data, size_t one, size_t size, void *user)
{
        Transfer *transfer = user;
        Try *try = &transfer->try;
        (void)one;
        hear(transfer, size);
        bool is_right = answer_judge(transfer);
        if (is_right && !transfer_stay_within(transfer, size))
                return 0;
        transfer->http->base.stats.bytes_received += size;
        if (!is_right)
                return 0;
        if (try->is_refused) {
                try->error_bytes += size;
                return try->error_bytes > ERROR_BYTES_MAX ? 0 : size;
        }
        size_t skipped = (size_t)MIN(size, try->skip);
        try->skip -= skipped;
        size_t wanted = (size_t)MIN(size - skipped, transfer->length - transfer->received);
        if (wanted > 0 && !deliver(transfer, (const uint8_t *)data + skipped, wanted))
                return 0;
        hear(transfer, 0);
        return skipped + wanted;
}

static size_t on_header(char *line, size_t one, size_t size, void *user)
{
        Transfer *transfer = user;
        (void)line, (void)one;
        hear(transfer, size);
        transfer->try.header_bytes += size;
        if (transfer->try.header_bytes <= HEADER_BYTES_MAX)
                return size;
        return fail(&transfer->error, LAUTTA_ERROR_SYSTEM, "the headers of the answer never end");
}

static int on_request(void *user, char *remote_ip, char *local_ip, int remote_port, int local_port)
{
        Transfer *transfer = user;
        (void)remote_ip, (void)local_ip, (void)remote_port, (void)local_port;
        transfer->try.is_connected = true;
        hear(transfer, 0);
        transfer->http->base.stats.requests++;
        return CURL_PREREQFUNC_OK;
}

static void set_callbacks(Transfer *transfer)
{
        CURL *easy = transfer->easy;
        curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
        curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->curl_says);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
        curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
        curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
        curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request);
        curl_easy_setopt(easy, CURLOPT_PREREQDATA, transfer);
}

/* Sets the options that are the same for every try. */
static void set_constant_options(CURL *easy, const Http *http)
{
        curl_easy_setopt(easy, CURLOPT_USERAGENT, "lautta/" LAUTTA_VERSION);
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, http->is_https ? "https" : "http,https");
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
        curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
        curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
        curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
        curl_easy_setopt(easy, CURLOPT_PIPEWAIT, http->is_https ? 1L : 0L);
        curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)http->connect_timeout_ms);
        curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)BUFFER_BYTES);
        if (http->client_certificate) {
                curl_easy_setopt(easy, CURLOPT_SSLCERT, http->client_certificate);
                curl_easy_setopt(easy, CURLOPT_SSLKEY, http->client_key);
        }
        if (http->ca_file) {
                curl_easy_setopt(easy, CURLOPT_CAINFO, http->ca_file);
                curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
        }
}

void transfer_init(Transfer *transfer, Http *http)
{
        *transfer = (Transfer){.http = http, .easy = curl_easy_init()};
        if (!transfer->easy)
                g_error("no memory for a transfer"); /* as GLib does it */
        set_callbacks(transfer);
        set_constant_options(transfer->easy, http);
}

static void forget_wish(Transfer *transfer)
{
        g_clear_pointer(&transfer->url, g_free);
        g_clear_pointer(&transfer->etag, g_free);
        g_clear_pointer(&transfer->whole, g_byte_array_unref);
        g_clear_error(&transfer->error);
        transfer->ask = NULL;
        transfer->offset = transfer->received = transfer->furthest = 0;
        transfer->failures = 0;
        transfer->sink_failed = transfer->wants_new_connection = transfer->is_late = false;
        transfer->state = TRANSFER_IDLE;
}

void transfer_clear(Transfer *transfer)
{
        forget_wish(transfer);
        g_clear_pointer(&transfer->easy, curl_easy_cleanup);
        g_clear_pointer(&transfer->headers, curl_slist_free_all);
}

void transfer_want_range(Transfer *transfer, char *url, const RemoteRange *range, size_t index)
{
        forget_wish(transfer);
        transfer->url = url;
        transfer->range = index;
        transfer->offset = range->offset;
        transfer->length = range->length;
}

void transfer_want_whole(Transfer *transfer, char *url, uint64_t max_bytes)
{
        forget_wish(transfer);
        transfer->url = url;
        transfer->length = UINT64_MAX;
        transfer->whole = g_byte_array_new();
        transfer->begun_us = http_now_us(transfer->http);
        transfer->max_bytes = MIN(max_bytes, G_MAXINT32); /* what a GByteArray surely holds */
}

void transfer_want_answer(Transfer *transfer, char *url, const RemoteAsk *ask)
{
        transfer_want_whole(transfer, url, ask->max_answer_bytes);
        transfer->ask = ask;
}

static void add_header(Transfer *transfer, const char *line)
{
        struct curl_slist *longer = curl_slist_append(transfer->headers, line);
        if (!longer)
                g_error("no memory for a header");
        transfer->headers = longer;
}

static void add_field(Transfer *transfer, const char *name, const char *value)
{
        g_autofree char *line = g_strconcat(name, ": ", value, NULL);
        add_header(transfer, line);
}

/* Sets method and body. Redirects are not followed: body and certificate are for the named server only. */
static void set_method(Transfer *transfer)
{
        const RemoteAsk *ask = transfer->ask;
        CURL *easy = transfer->easy;
        curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, ask ? 0L : 1L);
        if (!ask || !ask->body) {
                curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
                return;
        }
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)g_bytes_get_size(ask->body));
        const char *data =
                g_bytes_get_data(ask->body, NULL); /* NULL of an empty one: libcurl would read a file */
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, data ? data : "");
        add_field(transfer, "Content-Type", ask->content_type);
        add_header(transfer, "Expect:"); /* no waiting for 100 Continue */
        if (ask->idempotency_key)
                add_field(transfer, "Idempotency-Key", ask->idempotency_key);
}

/* Sets the headers. An interrupted whole file continues only if the server can check that it is still the same file. */
static void set_headers(Transfer *transfer)
{
        g_clear_pointer(&transfer->headers, curl_slist_free_all);
        add_header(transfer, "Accept-Encoding: identity");
        if (transfer->whole)
                add_header(transfer, "Cache-Control: max-age=0");
        set_method(transfer);
        if (transfer->whole && transfer->received > 0) {
                g_autofree char *line = g_strconcat("If-Range: ", transfer->etag, NULL);
                add_header(transfer, line);
        }
        curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers);
}

static void set_range(Transfer *transfer)
{
        if (transfer->whole && transfer->received == 0) {
                curl_easy_setopt(transfer->easy, CURLOPT_RANGE, NULL);
                return;
        }
        g_autofree char *range =
                g_strdup_printf("%" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT, transfer->try.first,
                                transfer->offset + transfer->length - 1);
        curl_easy_setopt(transfer->easy, CURLOPT_RANGE, range);
}

void transfer_start_try(Transfer *transfer)
{
        /* On a used connection that turns out dead, libcurl sends a body again by itself, though the server may have
         * accepted it. */
        if (transfer->ask && !remote_ask_may_repeat(transfer->ask))
                transfer->wants_new_connection = true;
        if (transfer->whole && (!transfer->etag || transfer->length == UINT64_MAX)) {
                g_byte_array_set_size(transfer->whole, 0);
                transfer->received = 0;
        }
        gint64 now_us = http_now_us(transfer->http);
        transfer->try = (Try){.first = transfer->offset + transfer->received,
                              .heard_us = now_us,
                              .window_us = now_us,
                              .blocked_us = transfer->http->blocked_us};
        transfer->curl_says[0] = '\0';
        curl_easy_setopt(transfer->easy, CURLOPT_URL, transfer->url);
        curl_easy_setopt(transfer->easy, CURLOPT_FRESH_CONNECT, transfer->wants_new_connection ? 1L : 0L);
        transfer->wants_new_connection = false;
        set_headers(transfer);
        set_range(transfer);
        transfer->state = TRANSFER_RUNNING;
}
