/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "remote_ask.h"

#include "backoff.h"
#include "remote_kind.h"

enum { FIELD_MAX_CHARS = 256 };

LauttaErrorCode remote_ask_meaning(long status)
{
        switch (status) {
        case 400:
        case 405:
        case 411:
        case 413:
        case 414:
        case 415:
        case 422:
        case 431:
                return LAUTTA_ERROR_USAGE;
        case 401:
        case 403:
                return LAUTTA_ERROR_UNTRUSTED;
        case 409:
        case 412:
        case 428:
                return LAUTTA_ERROR_CONFLICT;
        case 416:
                return LAUTTA_ERROR_SYSTEM;
        case 507:
                return LAUTTA_ERROR_NO_SPACE;
        default:
                return http_status_meaning(status);
        }
}

bool remote_ask_may_repeat(const RemoteAsk *ask)
{
        return !ask->body || ask->idempotency_key;
}

/* True for printable ASCII; a line end would begin another header. */
static bool is_field(const char *text, char least)
{
        size_t length = 0;
        for (; text[length]; length++)
                if (text[length] < least || text[length] > '~')
                        return false;
        return length > 0 && length <= FIELD_MAX_CHARS;
}

static bool check(const RemoteAsk *ask, GError **error)
{
        if (!ask->body)
                return true;
        if (g_bytes_get_size(ask->body) > REMOTE_ASK_BODY_MAX_BYTES)
                return fail(error, LAUTTA_ERROR_USAGE, "'%s': a body of %zu bytes is too long", ask->path,
                            g_bytes_get_size(ask->body));
        if (!ask->content_type || !is_field(ask->content_type, ' ') ||
            (ask->idempotency_key && !is_field(ask->idempotency_key, '!')))
                return fail(error, LAUTTA_ERROR_USAGE, "'%s': its type or key cannot be a header's value",
                            ask->path);
        return true;
}

GBytes *remote_ask(Remote *remote, const RemoteAsk *ask, GError **error)
{
        if (!remote_path_check(ask->path, error) || !check(ask, error)) {
                g_prefix_error(error, "%s: ", remote->name);
                return NULL;
        }
        if (!remote->kind->ask) {
                fail(error, LAUTTA_ERROR_USAGE, "'%s' is a directory, and no server to ask", remote->name);
                return NULL;
        }
        return remote->kind->ask(remote, ask, error);
}
