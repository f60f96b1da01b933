/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A remote at http:// or https://: a few transfers at once, over connections that stay open as long as the remote. */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backoff.h"
#include "errors.h"
#include "transfer.h"

enum {
        CONNECT_TIMEOUT_MS = 10000,
        STALL_TIMEOUT_MS = 30000,
        READ_TIMEOUT_MS = 120000,
        RETRIES = 6,
        PARALLEL = 4,
        WAIT_MS_MAX = 1000,
};

typedef struct {
        Http http;
        Transfer *transfers; /* http.parallel of them */
} Engine;

/* One call of remote_fetch() or remote_read(). */
typedef struct {
        Engine *engine;
        const RemoteRange *ranges;
        size_t count, next;
} Run;

static char *url_of(const Http *http, const char *path)
{
        g_autofree char *escaped = g_uri_escape_string(path, "/", false);
        return g_strconcat(http->base.name, "/", escaped, NULL);
}

static void start_try(Engine *engine, Transfer *transfer)
{
        transfer_start_try(transfer);
        curl_multi_add_handle(engine->http.multi, transfer->easy);
}

/* Gives an idle transfer the next range that is worth requesting. */
static bool start_next(Run *run, Transfer *transfer, GError **error)
{
        Http *http = &run->engine->http;
        while (run->next < run->count) {
                GError *why = NULL;
                size_t i = run->next++;
                if (remote_range_check(&run->ranges[i], &why)) {
                        transfer_want_range(transfer, url_of(http, run->ranges[i].path), &run->ranges[i], i);
                        start_try(run->engine, transfer);
                        return true;
                }
                g_prefix_error(&why, "%s: ", http->base.name);
                if (!remote_range_failed(http->sink, i, why, error))
                        return false;
        }
        return true;
}

/* Starts all transfers that can start. `busy`: some work is left to wait for. */
static bool start_transfers(Run *run, bool *busy, GError **error)
{
        Http *http = &run->engine->http;
        *busy = false;
        for (unsigned i = 0; i < http->parallel; i++) {
                Transfer *transfer = &run->engine->transfers[i];
                if (transfer->state == TRANSFER_IDLE && !start_next(run, transfer, error))
                        return false;
                if (transfer->state == TRANSFER_WAITING && transfer->resume_us <= http_now_us(http))
                        start_try(run->engine, transfer);
                *busy = *busy || transfer->state != TRANSFER_IDLE;
        }
        return true;
}

static bool end_try(Run *run, Transfer *transfer, CURLcode code, GError **error)
{
        GError *why = NULL;
        Verdict verdict = transfer_judge(transfer, code, &why);
        curl_multi_remove_handle(run->engine->http.multi, transfer->easy);
        if (verdict == VERDICT_LOST)
                return remote_range_failed(run->engine->http.sink, transfer->range, why, error);
        if (verdict == VERDICT_STOP)
                g_propagate_error(error, why);
        return verdict != VERDICT_STOP;
}

/* Judge the tries that ended by themselves, then those that stalled. */
static bool collect_ends(Run *run, GError **error)
{
        Http *http = &run->engine->http;
        int left = 0;
        for (CURLMsg *message; (message = curl_multi_info_read(http->multi, &left));) {
                Transfer *transfer = NULL;
                CURLcode code = message->data.result;
                curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
                if (!end_try(run, transfer, code, error))
                        return false;
        }
        for (unsigned i = 0; i < http->parallel; i++) {
                Transfer *transfer = &run->engine->transfers[i];
                if (transfer->state == TRANSFER_RUNNING && transfer_is_stalled(transfer) &&
                    !end_try(run, transfer, CURLE_OPERATION_TIMEDOUT, error))
                        return false;
        }
        return true;
}

static int wait_ms(const Engine *engine)
{
        gint64 until_us = http_now_us(&engine->http) + WAIT_MS_MAX * 1000;
        for (unsigned i = 0; i < engine->http.parallel; i++) {
                const Transfer *transfer = &engine->transfers[i];
                if (transfer->state == TRANSFER_RUNNING)
                        until_us = MIN(until_us, transfer_deadline_us(transfer));
                else if (transfer->state == TRANSFER_WAITING)
                        until_us = MIN(until_us, transfer->resume_us);
        }
        gint64 wait_us = until_us - http_now_us(&engine->http);
        return (int)CLAMP((wait_us + 999) / 1000, 0, WAIT_MS_MAX);
}

/* Returns at once where a transfer was just started or the call is cancelled. */
static void wait_for_news(Engine *engine)
{
        GCancellable *cancel = engine->http.cancel;
        int fd = cancel ? g_cancellable_get_fd(cancel) : -1;
        struct curl_waitfd cancelled = {.fd = fd, .events = CURL_WAIT_POLLIN};
        curl_multi_poll(engine->http.multi, &cancelled, fd >= 0 ? 1 : 0, wait_ms(engine), NULL);
        if (fd >= 0)
                g_cancellable_release_fd(cancel);
}

static bool run_to_end(Run *run, GError **error)
{
        Http *http = &run->engine->http;
        bool busy = true;
        if (!start_transfers(run, &busy, error))
                return false;
        while (busy) {
                int running = 0;
                if (g_cancellable_is_cancelled(http->cancel))
                        return fail(error, LAUTTA_ERROR_TRY_AGAIN, "%s: cancelled", http->base.name);
                CURLMcode code = curl_multi_perform(http->multi, &running);
                if (code != CURLM_OK)
                        return fail(error, LAUTTA_ERROR_SYSTEM, "%s: %s", http->base.name,
                                    curl_multi_strerror(code));
                if (!collect_ends(run, error) || !start_transfers(run, &busy, error))
                        return false;
                if (busy)
                        wait_for_news(run->engine);
        }
        return true;
}

static bool run_all(Run *run, const RemoteSink *sink, GError **error)
{
        Http *http = &run->engine->http;
        http->sink = sink;
        http->is_stopping = false;
        bool ok = run_to_end(run, error);
        for (unsigned i = 0; i < http->parallel; i++) {
                curl_multi_remove_handle(http->multi, run->engine->transfers[i].easy);
                run->engine->transfers[i].state = TRANSFER_IDLE;
        }
        http->sink = NULL;
        return ok;
}

static bool http_fetch(Remote *remote, const RemoteRange *ranges, size_t count, const RemoteSink *sink,
                       GError **error)
{
        Run run = {.engine = (Engine *)remote, .ranges = ranges, .count = count};
        return run_all(&run, sink, error);
}

/* Returns: owned bytes of the whole file that the first transfer reads. */
static GBytes *run_first(Engine *engine, GError **error)
{
        Run run = {.engine = engine};
        Transfer *transfer = &engine->transfers[0];
        start_try(engine, transfer);
        if (!run_all(&run, &(RemoteSink){0}, error))
                return NULL;
        return g_byte_array_free_to_bytes(g_steal_pointer(&transfer->whole));
}

static GBytes *http_read(Remote *remote, const char *path, size_t max_bytes, GError **error)
{
        Engine *engine = (Engine *)remote;
        transfer_want_whole(&engine->transfers[0], url_of(&engine->http, path), max_bytes);
        return run_first(engine, error);
}

static GBytes *http_ask(Remote *remote, const RemoteAsk *ask, GError **error)
{
        Engine *engine = (Engine *)remote;
        transfer_want_answer(&engine->transfers[0], url_of(&engine->http, ask->path), ask);
        GBytes *answer = run_first(engine, error);
        engine->transfers[0].ask = NULL; /* the caller's */
        return answer;
}

static void http_free(Remote *remote)
{
        Engine *engine = (Engine *)remote;
        for (unsigned i = 0; i < engine->http.parallel; i++)
                transfer_clear(&engine->transfers[i]);
        curl_multi_cleanup(engine->http.multi);
        g_free(engine->http.ca_file);
        g_free(engine->http.client_certificate);
        g_free(engine->http.client_key);
        g_clear_object(&engine->http.cancel);
        g_free(engine->transfers);
        g_free(engine);
}

static const RemoteKind http_kind = {
        .read = http_read, .fetch = http_fetch, .free = http_free, .ask = http_ask};

static bool has_part(CURLU *url, CURLUPart part)
{
        char *text = NULL;
        bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK;
        curl_free(text);
        return has;
}

/* Returns: the URL in its normal form, without slashes at its end. Messages show it, so it must hold no secrets. */
static char *normal_url(const char *location, GError **error)
{
        CURLU *url = curl_url();
        char *text = NULL;
        g_autofree char *normal = NULL;
        CURLUcode code = curl_url_set(url, CURLUPART_URL, location, 0);
        bool has_extras =
                has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_PASSWORD) || strpbrk(location, "?#");
        if (code == CURLUE_OK && !has_extras && curl_url_get(url, CURLUPART_URL, &text, 0) == CURLUE_OK)
                normal = g_strdup(text);
        curl_free(text);
        curl_url_cleanup(url);
        if (!normal) {
                fail(error, LAUTTA_ERROR_USAGE, "cannot use this URL: %s",
                     has_extras ? "a user, password, query or fragment in it is not supported"
                                : curl_url_strerror(code));
                return NULL;
        }
        for (size_t end = strlen(normal); end > 0 && normal[end - 1] == '/'; end--)
                normal[end - 1] = '\0';
        return g_steal_pointer(&normal);
}

static void set_options(Http *http, const RemoteOptions *options)
{
        RemoteOptions given = options ? *options : (RemoteOptions){0};
        http->connect_timeout_ms = given.connect_timeout_ms ? given.connect_timeout_ms : CONNECT_TIMEOUT_MS;
        http->stall_timeout_ms = given.stall_timeout_ms ? given.stall_timeout_ms : STALL_TIMEOUT_MS;
        http->read_timeout_ms = given.read_timeout_ms ? given.read_timeout_ms : READ_TIMEOUT_MS;
        http->cancel = given.cancel ? g_object_ref(given.cancel) : NULL;
        http->retries = given.retries ? given.retries : RETRIES;
        http->retries = given.retries == REMOTE_NO_RETRY ? 0 : http->retries;
        http->parallel = given.parallel ? given.parallel : PARALLEL;
        http->ca_file = g_strdup(given.ca_file);
        http->client_certificate = g_strdup(given.client_certificate);
        http->client_key = g_strdup(given.client_key);
        http->backoff_base_ms = backoff_base_ms();
}

/* Checks the client's key: libcurl reads it when it connects, and does not check who else can read it. */
static bool check_client(const char *url, const RemoteOptions *options, GError **error)
{
        struct stat info;
        if (!options || (!options->client_certificate && !options->client_key))
                return true;
        if (!options->client_certificate || !options->client_key || !g_str_has_prefix(url, "https:"))
                return fail(error, LAUTTA_ERROR_USAGE,
                            "a client certificate needs its key and an https:// URL");
        if (stat(options->client_key, &info) != 0)
                return fail_errno(error, "cannot read the client's key '%s'", options->client_key);
        if (!S_ISREG(info.st_mode) || (info.st_mode & 077) || info.st_uid != geteuid())
                return fail(error, LAUTTA_ERROR_UNTRUSTED,
                            "the client's key '%s' must be a file of its user, with mode 0600",
                            options->client_key);
        return true;
}

Remote *remote_http_open(const char *location, const RemoteOptions *options, GError **error)
{
        static gsize initialised = 0;
        if (g_once_init_enter(&initialised))
                g_once_init_leave(&initialised, curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 1 : 2);
        g_autofree char *url = initialised == 1 ? normal_url(location, error) : NULL;
        if (initialised != 1)
                fail(error, LAUTTA_ERROR_SYSTEM, "libcurl cannot be initialised");
        if (!url || !check_client(url, options, error))
                return NULL;
        Engine *engine = g_new0(Engine, 1);
        Http *http = &engine->http;
        set_options(http, options);
        http->is_https = g_str_has_prefix(url, "https:");
        http->base = (Remote){.kind = &http_kind, .name = g_steal_pointer(&url)};
        http->multi = curl_multi_init();
        curl_multi_setopt(http->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
        engine->transfers = g_new0(Transfer, http->parallel);
        for (unsigned i = 0; i < http->parallel; i++)
                transfer_init(&engine->transfers[i], http);
        return &http->base;
}
