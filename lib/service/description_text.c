/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "description_text.h"

#include <arpa/inet.h>
#include <string.h>

#include "debversion.h"
#include "errors.h"
#include "units.h"

enum { VOLUME_NAME_MAX = 32 };

bool check_service_name(const char *text, GError **error)
{
        if (debian_name_is_valid(text))
                return true;
        return fail(
                error, LAUTTA_ERROR_USAGE,
                "'%s' is not a name: write 2 to %d of a-z, 0-9, '+', '-' and '.', beginning with a letter or digit",
                text, DEBIAN_NAME_MAX);
}

bool check_version(const char *text, GError **error)
{
        if (debian_version_is_valid(text))
                return true;
        return fail(
                error, LAUTTA_ERROR_USAGE,
                "'%s' is not a version: write it as Debian does, [EPOCH:]UPSTREAM[-REVISION], like 1.0.0 or 2.1~rc1-3, at most %d characters",
                text, DEBIAN_VERSION_MAX);
}

static bool is_made_of(const char *text, size_t length, const char *more)
{
        for (size_t i = 0; i < length; i++)
                if (!g_ascii_isalnum(text[i]) && !strchr(more, text[i]))
                        return false;
        return length > 0 && g_ascii_isalnum(text[0]);
}

bool check_suite(const char *text, GError **error)
{
        if (is_made_of(text, strlen(text), "+-."))
                return true;
        return fail(error, LAUTTA_ERROR_USAGE, "'%s' is not a suite: write its code name, like bookworm",
                    text);
}

bool check_package(const char *text, GError **error)
{
        size_t length = strcspn(text, "=/");
        g_autofree char *name = g_strndup(text, length);
        const char *rest = text + length + 1;
        bool good = debian_name_is_valid(name) && !g_str_has_suffix(name, "-");
        if (good && text[length] == '=')
                good = debian_version_is_valid(rest);
        else if (good && text[length] == '/')
                good = is_made_of(rest, strlen(rest), "+-.");
        if (good)
                return true;
        return fail(error, LAUTTA_ERROR_USAGE,
                    "'%s' is not a package: write NAME, NAME=VERSION or NAME/SUITE", text);
}

static bool has_scheme(const char *uri)
{
        const char *colon = strchr(uri, ':');
        return colon && is_made_of(uri, (size_t)(colon - uri), "+-.") && colon[1] == '/';
}

/* The options' bracket must close, and a URI and a suite must follow. */
static bool source_has_parts(const char *text)
{
        const char *rest = text + strlen("deb ");
        while (*rest == ' ')
                rest++;
        if (*rest == '[') {
                rest = strchr(rest, ']');
                if (!rest || rest[1] != ' ')
                        return false;
                rest++;
        }
        g_auto(GStrv) words = g_strsplit(rest, " ", -1);
        const char *uri = NULL;
        unsigned more = 0;
        for (char **word = words; *word; word++) {
                if (**word && uri)
                        more++;
                else if (**word)
                        uri = *word;
        }
        return uri && has_scheme(uri) && more > 0;
}

bool check_source(const char *text, GError **error)
{
        if (g_str_has_prefix(text, "deb ") && source_has_parts(text))
                return true;
        return fail(error, LAUTTA_ERROR_USAGE,
                    "'%s' is not an apt source: write \"deb [signed-by=FILE] URI SUITE COMPONENT...\"", text);
}

/* No empty part, ".", or "..". */
static bool parts_are_plain(const char *path)
{
        g_auto(GStrv) parts = g_strsplit(path, "/", -1);
        if (!*parts)
                return false;
        for (char **part = parts; *part; part++)
                if (!**part || strcmp(*part, ".") == 0 || strcmp(*part, "..") == 0)
                        return false;
        return true;
}

bool check_relative_path(const char *text, GError **error)
{
        if (parts_are_plain(text))
                return true;
        return fail(error, LAUTTA_ERROR_USAGE,
                    "'%s' is not allowed: write a path below the description's directory, without '..'",
                    text);
}

bool check_absolute_path(const char *text, GError **error)
{
        if (*text == '/' && parts_are_plain(text + 1))
                return true;
        return fail(error, LAUTTA_ERROR_USAGE,
                    "'%s' is not allowed: write an absolute path, like /srv, without '..'", text);
}

bool check_copy_target(const char *text, GError **error)
{
        return strcmp(text, "/") == 0 || check_absolute_path(text, error);
}

bool check_volume_name(const char *text, GError **error)
{
        size_t length = strlen(text);
        bool good = length <= VOLUME_NAME_MAX && is_made_of(text, length, "-");
        for (size_t i = 0; i < length; i++)
                good = good && !g_ascii_isupper(text[i]);
        if (good)
                return true;
        return fail(
                error, LAUTTA_ERROR_USAGE,
                "'%s' is not a volume's name: write 1 to %d of a-z, 0-9 and '-', beginning with a letter or digit",
                text, VOLUME_NAME_MAX);
}

bool check_address(const char *text, GError **error)
{
        struct in_addr address;
        if (inet_pton(AF_INET, text, &address) == 1) {
                uint32_t first = ntohl(address.s_addr) >> 24;
                if (first > 0 && first < 224 && first != 127)
                        return true;
        }
        return fail(error, LAUTTA_ERROR_USAGE,
                    "'%s' is not a machine's IPv4 address: write it like 192.168.147.12", text);
}

bool check_kernel_options(const char *text, GError **error)
{
        bool good = true;
        for (const char *p = text; *p; p++)
                good = good && g_ascii_isprint(*p) && !strchr("\"'`", *p);
        if (good)
                return true;
        return fail(
                error, LAUTTA_ERROR_USAGE,
                "'%s' is not allowed: write printable ASCII characters without quotes, like \"quiet net.ifnames=0\"",
                text);
}

static bool port_is_valid(const char *digits, size_t length)
{
        g_autofree char *text = g_strndup(digits, length);
        uint64_t port = 0;
        return number_parse(text, 1, UINT16_MAX, &port, NULL);
}

bool check_http_target(const char *text, GError **error)
{
        static const char prefix[] = "http://:";
        bool good = g_str_has_prefix(text, prefix);
        if (good) {
                const char *port = text + strlen(prefix);
                size_t digits = strcspn(port, "/");
                good = port[digits] == '/' && port_is_valid(port, digits);
                for (const char *p = port; good && *p; p++)
                        good = g_ascii_isgraph(*p) && !strchr("\"<>\\^`{|}#", *p);
        }
        if (good)
                return true;
        return fail(
                error, LAUTTA_ERROR_USAGE,
                "'%s' is not allowed: write \"http://:PORT/PATH\", like \"http://:80/\"; the host is the service itself",
                text);
}

bool check_tcp_target(const char *text, GError **error)
{
        if (*text == ':' && port_is_valid(text + 1, strlen(text + 1)))
                return true;
        return fail(error, LAUTTA_ERROR_USAGE,
                    "'%s' is not allowed: write \":PORT\", like \":22\"; the host is the service itself",
                    text);
}
