/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks a server as lib/net does, for tests/functional/ask.sh.
 *
 *     ask-tool URL PATH [OPTION...]     (the options are in the table below; --times N asks again over the same remote)
 *
 * Prints each answer and a newline. On failure prints "NAME: message" to standard error and ends with 1. */
#include <stdio.h>
#include <string.h>

#include "remote_ask.h"

static char *body, *type = (char *)"application/json", *key, *ca, *certificate, *client_key;
static int wait_ms, deadline_ms, stall_ms = 20000, cancel_ms, times = 1, retries = 3, max_bytes = 65536;

static const GOptionEntry entries[] = {
        {"body", 0, 0, G_OPTION_ARG_FILENAME, &body, "POST this file", "FILE"},
        {"type", 0, 0, G_OPTION_ARG_STRING, &type, "its type", "TYPE"},
        {"idempotency-key", 0, 0, G_OPTION_ARG_STRING, &key, "its key", "KEY"},
        {"ca", 0, 0, G_OPTION_ARG_FILENAME, &ca, "trusted certificates", "FILE"},
        {"certificate", 0, 0, G_OPTION_ARG_FILENAME, &certificate, "of the client", "FILE"},
        {"key", 0, 0, G_OPTION_ARG_FILENAME, &client_key, "of the client", "FILE"},
        {"wait", 0, 0, G_OPTION_ARG_INT, &wait_ms, "of a long poll", "MS"},
        {"deadline", 0, 0, G_OPTION_ARG_INT, &deadline_ms, "of all tries", "MS"},
        {"stall", 0, 0, G_OPTION_ARG_INT, &stall_ms, "of a try", "MS"},
        {"cancel", 0, 0, G_OPTION_ARG_INT, &cancel_ms, "after this time", "MS"},
        {"times", 0, 0, G_OPTION_ARG_INT, &times, "questions", "N"},
        {"retries", 0, 0, G_OPTION_ARG_INT, &retries, "tries after the first", "N"},
        {"max", 0, 0, G_OPTION_ARG_INT, &max_bytes, "of the answer", "BYTES"},
        {0},
};

static const char *const names[] = {
        [LAUTTA_ERROR_USAGE] = "USAGE",         [LAUTTA_ERROR_NOT_FOUND] = "NOT_FOUND",
        [LAUTTA_ERROR_UNTRUSTED] = "UNTRUSTED", [LAUTTA_ERROR_CORRUPT] = "CORRUPT",
        [LAUTTA_ERROR_CONFLICT] = "CONFLICT",   [LAUTTA_ERROR_TRY_AGAIN] = "TRY_AGAIN",
        [LAUTTA_ERROR_NO_SPACE] = "NO_SPACE",   [LAUTTA_ERROR_SYSTEM] = "SYSTEM",
};

static void *cancel_later(void *cancel)
{
        g_usleep((gulong)cancel_ms * 1000);
        g_cancellable_cancel(cancel);
        return NULL;
}

static bool ask_once(Remote *remote, const RemoteAsk *ask, GError **error)
{
        g_autoptr(GBytes) answer = remote_ask(remote, ask, error);
        if (!answer)
                return false;
        fwrite(g_bytes_get_data(answer, NULL), 1, g_bytes_get_size(answer), stdout);
        putchar('\n');
        return true;
}

static bool run(const char *url, const char *path, GError **error)
{
        g_autofree char *text = NULL;
        gsize size = 0;
        if (body && !g_file_get_contents(body, &text, &size, error))
                return false;
        g_autoptr(GBytes) bytes = text ? g_bytes_new(text, size) : NULL;
        g_autoptr(GCancellable) cancel = g_cancellable_new();
        const RemoteOptions options = {.stall_timeout_ms = (unsigned)stall_ms,
                                       .retries = retries ? (unsigned)retries : REMOTE_NO_RETRY,
                                       .ca_file = ca,
                                       .client_certificate = certificate,
                                       .client_key = client_key,
                                       .cancel = cancel};
        const RemoteAsk ask = {.path = path,
                               .body = bytes,
                               .content_type = type,
                               .idempotency_key = key,
                               .max_answer_bytes = (size_t)max_bytes,
                               .wait_ms = (unsigned)wait_ms,
                               .deadline_ms = (unsigned)deadline_ms};
        g_autoptr(Remote) remote = remote_open(url, &options, error);
        GThread *thread = cancel_ms ? g_thread_new("cancel", cancel_later, cancel) : NULL;
        bool good = remote != NULL;
        for (int i = 0; i < times && good; i++)
                good = ask_once(remote, &ask, error);
        if (thread)
                g_thread_join(thread);
        return good;
}

int main(int argc, char **argv)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(GOptionContext) context = g_option_context_new("URL PATH");
        g_option_context_add_main_entries(context, entries, NULL);
        if (!g_option_context_parse(context, &argc, &argv, &error) || argc != 3)
                return 2;
        if (run(argv[1], argv[2], &error))
                return 0;
        fprintf(stderr, "%s: %s\n", error->domain == LAUTTA_ERROR ? names[error->code] : "OTHER",
                error->message);
        return 1;
}
