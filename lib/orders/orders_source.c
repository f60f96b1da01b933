/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "orders_source.h"

#include <glob.h>
#include <string.h>

#include "errors.h"
#include "layout.h"
#include "list.h"
#include "remote.h"
#include "signature.h"
#include "ssh_source.h"

/* A list's text, with room for the signature and for the escapes of clear-signing. */
enum { MESSAGE_MAX_BYTES = 2 * LIST_MAX_BYTES, READ_TIMEOUT_MS = 30000 };

void offer_clear(Offer *offer)
{
        g_clear_pointer(&offer->trust, g_bytes_unref);
        g_clear_pointer(&offer->list, g_bytes_unref);
}

/* Of the special characters of glob(3), only '*' has its meaning here. */
static char *pattern_of(const char *place)
{
        g_autofree char *path = *place == '/' ? g_strdup(place) : g_filename_from_uri(place, NULL, NULL);
        g_autoptr(GString) pattern = g_string_new(NULL);
        for (const char *c = path ? path : ""; *c; c++) {
                if (strchr("?[]\\", *c))
                        g_string_append_c(pattern, '\\');
                g_string_append_c(pattern, *c);
        }
        return g_string_free(g_steal_pointer(&pattern), false);
}

GStrv orders_places(const char *const *configured)
{
        g_autoptr(GStrvBuilder) places = g_strv_builder_new();
        for (; *configured; configured++) {
                if (!strchr(*configured, '*')) {
                        g_strv_builder_add(places, *configured);
                        continue;
                }
                glob_t found = {0};
                g_autofree char *pattern = pattern_of(*configured);
                if (glob(pattern, GLOB_ONLYDIR, NULL, &found) == 0)
                        for (size_t i = 0; i < found.gl_pathc; i++)
                                g_strv_builder_add(places, found.gl_pathv[i]);
                globfree(&found);
        }
        return g_strv_builder_end(places);
}

static bool read_over_ssh(const OrdersConf *conf, const char *place, const char *list_path, Offer *offer,
                          GError **error)
{
        g_autoptr(SshSource) source = ssh_source_parse(place, error);
        SshFile files[] = {{LAYOUT_TRUST, SIGNATURE_MESSAGE_MAX_BYTES, NULL},
                           {list_path, MESSAGE_MAX_BYTES, NULL}};
        if (!source ||
            !ssh_source_read(source, conf->ssh_key, conf->ssh_known_hosts, files, G_N_ELEMENTS(files), error))
                return false;
        offer->trust = files[0].bytes;
        offer->list = files[1].bytes;
        return true;
}

/* True also if the file is absent. */
static bool read_one(Remote *remote, const char *path, size_t max_bytes, GBytes **bytes, GError **error)
{
        g_autoptr(GError) why = NULL;
        *bytes = remote_read(remote, path, max_bytes, &why);
        if (*bytes || error_is(why, LAUTTA_ERROR_NOT_FOUND))
                return true;
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
}

bool orders_read_source(const OrdersConf *conf, const char *place, GCancellable *cancel, Offer *offer,
                        GError **error)
{
        const RemoteOptions options = {
                .retries = 1,
                .read_timeout_ms = READ_TIMEOUT_MS,
                .ca_file = conf->ca_file,
                .cancel = cancel,
        };
        g_autofree char *list_path = layout_list_path(conf->host);
        if (g_str_has_prefix(place, "ssh://"))
                return read_over_ssh(conf, place, list_path, offer, error);
        g_autoptr(Remote) remote = remote_open(place, &options, error);
        return remote && read_one(remote, LAYOUT_TRUST, SIGNATURE_MESSAGE_MAX_BYTES, &offer->trust, error) &&
               read_one(remote, list_path, MESSAGE_MAX_BYTES, &offer->list, error);
}
