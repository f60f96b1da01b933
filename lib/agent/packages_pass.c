/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "packages_pass.h"

#include <string.h>
#include <sys/stat.h>

#include "errors.h"
#include "orders_source.h"
#include "record.h"
#include "service_record.h"

/* Upgrades of the host's packages appear without anything here changing: look again after this time. */
enum { LOOK_AGAIN_S = 12 * 3600 };

struct PackagesPass {
        Agent *agent;
        const Orders *orders;
        AptConf conf;
        char *record;
        GStrv depots;
        bool is_configured;
};

PackagesPass *packages_pass_new(Agent *agent, const Orders *orders)
{
        const AgentConf *conf = agent->conf;
        PackagesPass *side = g_new0(PackagesPass, 1);
        side->agent = agent;
        side->orders = orders;
        side->record = g_build_filename(conf->state_directory, "state", "packages.json", NULL);
        side->depots = orders_places((const char *const *)conf->depots);
        side->conf = (AptConf){.root = conf->packages_root,
                               .strict = conf->strict_packages,
                               .max_removals = conf->max_removals,
                               .lock_timeout_s = conf->lock_timeout_s,
                               .depots = (const char *const *)side->depots,
                               .keyring = orders->keyring,
                               .suite = conf->suite,
                               .ca_file = conf->ca_file,
                               .record = side->record};
        return side;
}

void packages_pass_free(PackagesPass *side)
{
        if (!side)
                return;
        g_free(side->record);
        g_strfreev(side->depots);
        g_free(side);
}

static bool configure(PackagesPass *side, GError **error)
{
        if (!side->is_configured && !apt_configure(&side->conf, side->orders->list, error))
                return false;
        side->is_configured = true;
        return true;
}

/* Who has had to wait for another's lock once need not wait as long again in the same pass. */
static bool commit(PackagesPass *side, GHashTable *versions, GPtrArray *remove, GError **error)
{
        g_autoptr(GError) why = NULL;
        if (configure(side, &why) && apt_commit_services(&side->conf, versions, remove, &why))
                return true;
        if (error_is(why, LAUTTA_ERROR_TRY_AGAIN))
                side->conf.lock_timeout_s = 0;
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
}

bool packages_pass_commit(PackagesPass *side, GHashTable *versions, GError **error)
{
        if (!side->agent->conf->manage_packages || g_hash_table_size(versions) == 0)
                return true;
        return commit(side, versions, NULL, error);
}

bool packages_pass_remove(PackagesPass *side, const char *service, GError **error)
{
        if (!side->agent->conf->manage_packages)
                return true;
        g_autoptr(GPtrArray) unpacked = apt_unpacked_services(side->conf.root, error);
        if (!unpacked)
                return false;
        if (!g_ptr_array_find_with_equal_func(unpacked, service, g_str_equal, NULL))
                return true;
        g_autoptr(GPtrArray) remove = g_ptr_array_new();
        g_ptr_array_add(remove, (char *)service);
        return commit(side, NULL, remove, error);
}

/* Somebody has installed that version, and it has not been tried: the image may only be on its way. */
static bool waits_to_be_tried(const ServiceTarget *target, const ServiceRecord *record)
{
        if (target->listed || target->has_sha256 || strcmp(target->version, record->current) == 0)
                return false;
        for (guint i = 0; i < record->bad->len; i++)
                if (strcmp(((const BadVersion *)record->bad->pdata[i])->version, target->version) == 0)
                        return false;
        return true;
}

/* Strict mode takes away what no field names; else only what the list rules out goes. What the agent knows of
 * goes with its step. */
static bool is_ruled_out(const PackagesPass *side, const Targets *targets, const char *service)
{
        const List *list = side->orders->list;
        if (!list || !side->orders->may_install || targets_find(targets, service))
                return false;
        return side->conf.strict ? !targets_allowed(list, service)
                                 : relations_find(list->may_not_have, service) != NULL;
}

/* What service packages shall be unpacked: of what is meant to run; `remove` gets those that shall not. */
static GHashTable *decide_services(const PackagesPass *side, const Targets *targets, GPtrArray *unpacked,
                                   GPtrArray *remove)
{
        GHashTable *versions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        for (guint i = 0; i < targets->targets->len; i++) {
                const ServiceTarget *target = targets->targets->pdata[i];
                g_autoptr(ServiceRecord) record =
                        service_record_load(side->agent->conf->state_directory, target->service, NULL, NULL);
                if (record && record->current && !waits_to_be_tried(target, record))
                        g_hash_table_insert(versions, g_strdup(target->service), g_strdup(record->current));
        }
        for (guint i = 0; i < unpacked->len; i++)
                if (is_ruled_out(side, targets, unpacked->pdata[i]))
                        g_ptr_array_add(remove, g_strdup(unpacked->pdata[i]));
        return versions;
}

static bool settle_services(PackagesPass *side, const Targets *targets, GError **error)
{
        g_autoptr(GPtrArray) unpacked = apt_unpacked_services(side->conf.root, error);
        if (!unpacked)
                return false;
        g_autoptr(GPtrArray) remove = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GHashTable) versions = decide_services(side, targets, unpacked, remove);
        if (g_hash_table_size(versions) == 0 && remove->len == 0)
                return true;
        return commit(side, versions, remove, error);
}

/* --- only when something has changed */

static char *note_path(const PackagesPass *side)
{
        return g_build_filename(side->agent->conf->state_directory, "state", "packages-pass.json", NULL);
}

/* Returns: owned: whatever what apt makes of the list depends on. */
static json_t *circumstances(const PackagesPass *side)
{
        struct stat st = {0};
        g_autofree char *status = g_build_filename(side->conf.root, "var/lib/dpkg/status", NULL);
        const List *list = side->orders->list;
        g_autofree char *depots = g_strjoinv(" ", side->depots);
        g_autofree char *conf = g_strdup_printf("%s %s strict=%d max-removals=%u ca-file=%s", depots,
                                                side->conf.suite, side->conf.strict, side->conf.max_removals,
                                                side->conf.ca_file ? side->conf.ca_file : "");
        if (stat(status, &st) != 0)
                st.st_size = 0;
        return json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:I}", "conf", conf, "may_install",
                         side->orders->may_install, "serial", (json_int_t)(list ? list->serial : 0),
                         "status_inode", (json_int_t)st.st_ino, "status_s", (json_int_t)st.st_mtim.tv_sec,
                         "status_ns", (json_int_t)st.st_mtim.tv_nsec, "status_bytes", (json_int_t)st.st_size);
}

static bool is_settled(const PackagesPass *side)
{
        g_autofree char *path = note_path(side);
        g_autoptr(json_t) note = record_read(path, NULL);
        g_autoptr(json_t) now = circumstances(side);
        if (!note || !now)
                return false;
        int64_t at = json_integer_value(json_object_get(note, "at"));
        int64_t age_s = g_get_real_time() / G_USEC_PER_SEC - at;
        json_object_del(note, "at");
        return age_s >= 0 && age_s < LOOK_AGAIN_S && json_equal(note, now);
}

static bool note_settled(const PackagesPass *side, GError **error)
{
        g_autofree char *path = note_path(side);
        g_autoptr(json_t) note = circumstances(side);
        json_object_set_new(note, "at", json_integer(g_get_real_time() / G_USEC_PER_SEC));
        return record_write(path, note, error);
}

bool packages_pass_settle(PackagesPass *side, const Targets *targets, AptResult *result, GError **error)
{
        if (!side->agent->conf->manage_packages || is_settled(side))
                return true;
        if (!settle_services(side, targets, error))
                return false;
        /* An expired list changes nothing, and without one there is nothing to follow. */
        if (side->orders->list && side->orders->may_install &&
            (!configure(side, error) || !apt_apply(&side->conf, side->orders->list, false, result, error)))
                return false;
        /* What was refused is told in each pass. */
        return (result->refused && result->refused->len) || note_settled(side, error);
}

bool packages_pass_plan(PackagesPass *side, AptResult *result, GError **error)
{
        if (!side->agent->conf->manage_packages || !side->orders->list || !side->orders->may_install)
                return true;
        return apt_apply(&side->conf, side->orders->list, true, result, error);
}
