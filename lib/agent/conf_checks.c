/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf_checks.h"

#include <string.h>

#include "errors.h"
#include "remote.h"
#include "ssh_source.h"

/* The kernel's limit for the name of a network interface. */
enum { INTERFACE_MAX = 15 };

static bool has_dots(const char *path)
{
        g_auto(GStrv) parts = g_strsplit(path, "/", -1);
        return g_strv_contains((const char *const *)parts, "..");
}

bool conf_check_path(const char *text, GError **error)
{
        return (*text == '/' && !has_dots(text)) ||
               fail(error, LAUTTA_ERROR_USAGE, "'%s' is not an absolute path without '..'", text);
}

bool conf_check_plain_path(const char *text, GError **error)
{
        return (conf_check_path(text, NULL) && !strpbrk(text, " \t'\"\\%~$")) ||
               fail(error, LAUTTA_ERROR_USAGE,
                    "'%s' is not an absolute path without '..', blanks, quotes and signs that ssh knows",
                    text);
}

/* A directory need not be there yet, as a stick's. */
static bool check_local(const char *text, GError **error)
{
        g_autofree char *path = *text == '/' ? g_strdup(text) : g_filename_from_uri(text, NULL, NULL);
        if (!path || (*text != '/' && strpbrk(text, "?#")))
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is not of the form file:///path", text);
        return conf_check_path(path, error);
}

static bool check_url(const char *text, GError **error)
{
        if (strchr(text, '*'))
                return fail(error, LAUTTA_ERROR_USAGE, "'%s': only a path of this machine may hold '*'",
                            text);
        g_autoptr(Remote) remote = remote_open(text, NULL, error);
        return remote != NULL;
}

bool conf_check_depot(const char *text, GError **error)
{
        if (*text == '/' || g_str_has_prefix(text, "file:"))
                return check_local(text, error);
        if (g_str_has_prefix(text, "http://") || g_str_has_prefix(text, "https://"))
                return check_url(text, error);
        return fail(error, LAUTTA_ERROR_USAGE,
                    "'%s' is not a place: allowed are https://, http://, file:/// and a path from /", text);
}

bool conf_check_list_source(const char *text, GError **error)
{
        if (!g_str_has_prefix(text, "ssh:"))
                return conf_check_depot(text, error);
        g_autoptr(SshSource) source = ssh_source_parse(text, error);
        return source != NULL;
}

static bool check_uri(const char *text, const char *const *drivers, GError **error)
{
        bool good = strcmp(text, "none") == 0;
        for (const char *const *driver = drivers; *driver; driver++)
                good = good || g_str_has_prefix(text, *driver);
        if (good && !strpbrk(text, " \t'\"<>"))
                return true;
        g_autofree char *allowed = g_strjoinv(", ", (char **)drivers);
        return fail(error, LAUTTA_ERROR_USAGE,
                    "'%s' is not a place of libvirt: allowed are 'none' and what begins with %s", text,
                    allowed);
}

bool conf_check_container_uri(const char *text, GError **error)
{
        static const char *const drivers[] = {"lxc:///", "test:///", NULL};
        return check_uri(text, drivers, error);
}

bool conf_check_machine_uri(const char *text, GError **error)
{
        static const char *const drivers[] = {"qemu:///", "xen:///", "test:///", NULL};
        return check_uri(text, drivers, error);
}

bool conf_check_bridge(const char *text, GError **error)
{
        size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");
        if (length == 0 || length > INTERFACE_MAX || text[length] || *text == '-' || *text == '.')
                return fail(
                        error, LAUTTA_ERROR_USAGE,
                        "'%s' is not a name for a bridge: write 1 to %d letters, digits, '-', '_' and '.'",
                        text, INTERFACE_MAX);
        if (g_str_has_prefix(text, "lautta-") || g_str_has_prefix(text, "lauttb-"))
                return fail(error, LAUTTA_ERROR_USAGE,
                            "'%s' is not a name for a bridge: interfaces of services begin with '%.7s'", text,
                            text);
        return true;
}
