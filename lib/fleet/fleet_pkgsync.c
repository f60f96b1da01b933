/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files of pkgsync(8): one package a line, comments, blank lines. */
#include <string.h>

#include "deb822.h"
#include "errors.h"
#include "fleet_private.h"
#include "names.h"

static const struct {
        const char *name;
        FleetKind kind;
} files[] = {
        {"musthave", FLEET_MUST},
        {"mayhave", FLEET_MAY},
        {"maynothave", FLEET_MAY_NOT},
};

static bool find_kind(const char *base_name, FleetKind *kind)
{
        for (size_t i = 0; i < G_N_ELEMENTS(files); i++)
                if (strcmp(files[i].name, base_name) == 0) {
                        *kind = files[i].kind;
                        return true;
                }
        return false;
}

/* Refuse searches of aptitude and debtags: their result differs from host to host. */
static bool check_plain(const char *text, FleetPlace place, GError **error)
{
        g_autofree char *name = g_strndup(text, strcspn(text, "="));
        if (g_str_has_prefix(text, "debtags:") || strpbrk(name, "[]()|~"))
                return fleet_fail(
                        place, error,
                        "'%s' is a search of aptitude or debtags, and what it finds differs from host to host: name the packages",
                        text);
        if (strchr(name, ':'))
                return fleet_fail(place, error,
                                  "'%s' names an architecture: a list is for the host's own alone", text);
        return true;
}

static bool read_line(FleetNode *node, FleetKind kind, Span line, FleetPlace place, GError **error)
{
        g_autofree char *text = span_dup(line);
        if (strlen(text) != line.size || !g_utf8_validate(text, -1, NULL))
                return fleet_fail(place, error, "the line is not text");
        g_auto(GStrv) words = g_strsplit_set(text, " \t\r", -1);
        g_autofree char *bare = g_strjoinv("", words); /* as pkgsync does */
        /* A list cannot remove a host's own kernel anyway. */
        if (!*bare || *bare == '#' || (kind != FLEET_MAY_NOT && strcmp(bare, "meta:current-kernel") == 0))
                return true;
        g_autoptr(GError) why = NULL;
        return check_plain(bare, place, error) && (fleet_add_wish(node, kind, bare, place, &why) ||
                                                   fleet_fail(place, error, "%s", why->message));
}

static bool read_key(FleetNode *node, GBytes *source, FleetPlace place, GError **error)
{
        g_autofree char *key = span_dup(span_of(source));
        g_strstrip(key);
        g_autoptr(GError) why = NULL;
        if (!g_utf8_validate(key, -1, NULL))
                return fleet_fail(place, error, "the file is not text");
        if (!check_host_key(key, &why))
                return fleet_fail(place, error, "%s", why->message);
        g_free(node->host_key);
        node->host_key = g_steal_pointer(&key);
        return true;
}

bool fleet_read_pkgsync(FleetNode *node, const char *base_name, const char *file, GBytes *source,
                        GError **error)
{
        FleetPlace place = {file, 1};
        FleetKind kind = FLEET_MUST;
        if (strcmp(base_name, "host-key") == 0)
                return read_key(node, source, place, error);
        if (!find_kind(base_name, &kind))
                return fleet_fail(
                        place, error,
                        "a file of this name has no meaning here: known are musthave, mayhave, maynothave and host-key");
        Span rest = span_of(source), line = {0};
        for (; span_next_line(&rest, &line); place.line++)
                if (!read_line(node, kind, line, place, error))
                        return false;
        return true;
}
