/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "remote.h"

#include <string.h>

#include "errors.h"
#include "remote_kind.h"

/* Returns: owned path of a directory of this machine from a file:// URL, percent-decoded. */
static char *path_from_file_url(const char *url, GError **error)
{
        g_autofree char *host = NULL;
        g_autofree char *path = strpbrk(url, "?#") ? NULL : g_filename_from_uri(url, &host, NULL);
        if (!path || (host && *host && g_ascii_strcasecmp(host, "localhost") != 0)) {
                fail(error, LAUTTA_ERROR_USAGE, "cannot use '%s': a local directory is written file:///path",
                     url);
                return NULL;
        }
        return g_steal_pointer(&path);
}

static Remote *open_kind(const char *location, const RemoteOptions *options, GError **error)
{
        g_autofree char *scheme = strstr(location, "://") ? g_uri_parse_scheme(location) : NULL;
        if (!scheme)
                return remote_local_open(location, location, error);
        if (g_ascii_strcasecmp(scheme, "file") == 0) {
                g_autofree char *path = path_from_file_url(location, error);
                return path ? remote_local_open(path, location, error) : NULL;
        }
        if (g_ascii_strcasecmp(scheme, "http") == 0 || g_ascii_strcasecmp(scheme, "https") == 0)
                return remote_http_open(location, options, error);
        fail(error, LAUTTA_ERROR_USAGE,
             "cannot use '%s': allowed are a directory, file://, http:// and https://", location);
        return NULL;
}

Remote *remote_open(const char *location, const RemoteOptions *options, GError **error)
{
        Remote *remote = open_kind(location, options, error);
        if (remote)
                remote->limit_bytes = UINT64_MAX;
        return remote;
}

void remote_free(Remote *remote)
{
        if (!remote)
                return;
        g_autofree char *name = remote->name;
        remote->kind->free(remote);
}

const char *remote_name(const Remote *remote)
{
        return remote->name;
}

RemoteStats remote_stats(const Remote *remote)
{
        return remote->stats;
}

void remote_set_limit(Remote *remote, uint64_t max_bytes)
{
        remote->limit_bytes = max_bytes;
}

uint64_t remote_limit(const Remote *remote)
{
        return remote->limit_bytes;
}

bool remote_limit_check(const Remote *remote, uint64_t more, const char *what, GError **error)
{
        uint64_t received = remote->stats.bytes_received;
        if (received <= remote->limit_bytes && more <= remote->limit_bytes - received)
                return true;
        return fail(error, LAUTTA_ERROR_TRY_AGAIN,
                    "%s: this takes %" G_GUINT64_FORMAT " bytes in all, more than the %" G_GUINT64_FORMAT
                    " allowed",
                    what, received + more, remote->limit_bytes);
}

static bool part_is_safe(const char *part, size_t length)
{
        bool is_dots = (length == 1 && part[0] == '.') || (length == 2 && memcmp(part, "..", 2) == 0);
        return length > 0 && !is_dots;
}

bool remote_path_check(const char *path, GError **error)
{
        const char *part = path;
        for (const char *c = path;; c++) {
                bool ends = *c == '/' || *c == '\0';
                if ((ends && !part_is_safe(part, (size_t)(c - part))) || (*c && (unsigned char)*c < ' ') ||
                    *c == 127) {
                        g_autofree char *printable = g_strescape(path, NULL);
                        return fail(error, LAUTTA_ERROR_CORRUPT, "'%s' is not the relative path of a file",
                                    printable);
                }
                if (*c == '\0')
                        return true;
                if (ends)
                        part = c + 1;
        }
}

bool remote_range_check(const RemoteRange *range, GError **error)
{
        if (!remote_path_check(range->path, error))
                return false;
        if (range->length == 0 || range->length > INT64_MAX || range->offset > INT64_MAX - range->length)
                return fail(error, LAUTTA_ERROR_CORRUPT,
                            "'%s': %" G_GUINT64_FORMAT " bytes at %" G_GUINT64_FORMAT
                            " are not a possible range",
                            range->path, range->length, range->offset);
        return true;
}

bool remote_range_failed(const RemoteSink *sink, size_t range, GError *why, GError **error)
{
        if (!sink->failed) {
                g_propagate_error(error, why);
                return false;
        }
        g_autoptr(GError) owned = why;
        return sink->failed(sink->user, range, owned, error);
}

GBytes *remote_read(Remote *remote, const char *path, size_t max_bytes, GError **error)
{
        if (!remote_path_check(path, error)) {
                g_prefix_error(error, "%s: ", remote->name);
                return NULL;
        }
        return remote->kind->read(remote, path, max_bytes, error);
}

bool remote_fetch(Remote *remote, const RemoteRange *ranges, size_t count, const RemoteSink *sink,
                  GError **error)
{
        uint64_t sum = 0;
        for (size_t i = 0; i < count; i++)
                sum += MIN(ranges[i].length, UINT64_MAX - sum);
        if (!remote_limit_check(remote, sum, remote->name, error))
                return false;
        return remote->kind->fetch(remote, ranges, count, sink, error);
}

uint64_t remote_requests_for(const Remote *remote, const RemoteRange *ranges, size_t count)
{
        if (!remote->kind->keeps_open)
                return count;
        uint64_t files = 0;
        for (size_t i = 0; i < count; i++)
                files += i == 0 || !g_str_equal(ranges[i].path, ranges[i - 1].path);
        return files;
}
