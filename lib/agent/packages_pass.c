/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "packages_pass.h"

#include <string.h>
#include <sys/stat.h>

#include "errors.h"
#include "orders_source.h"
#include "paths.h"
#include "record.h"
#include "service_record.h"

/* Upgrades of the host's packages appear without anything here changing: look again after this time. */
enum { LOOK_AGAIN_S = 12 * 3600 };

struct PackagesPass {
        Agent *agent;
        const Orders *orders;
        PackageSources *sources;
        AptConf conf;
        char *record;
};

/* A depot that lacks it now may have it later, as may another one that does not answer now. */
static bool save(const PackagesPass *pass, const PackageRef *package, const char *path, GError **error)
{
        g_autoptr(GError) why = NULL;
        if (package_sources_save(pass->sources, package, path, &why))
                return true;
        if (error_is(why, LAUTTA_ERROR_NOT_FOUND))
                why->code = LAUTTA_ERROR_TRY_AGAIN;
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
}

/* Takes only a package whose digest is known: from the list, or from the description that was kept here. */
static bool take(void *user, const char *service, const char *version, const char *path, GError **error)
{
        const PackagesPass *pass = user;
        const List *list = pass->orders->list;
        const ListService *pinned = list ? list_service(list, service) : NULL;
        PackageRef package = {.service = service, .version = version};
        if (pinned && strcmp(pinned->version, version) == 0) {
                package.sha256 = pinned->sha256;
                return save(pass, &package, path, error);
        }
        g_autoptr(Stored) stored = store_load(pass->agent->store, service, version, error);
        if (!stored)
                return false;
        package.sha256 = stored->sha256;
        return save(pass, &package, path, error);
}

PackagesPass *packages_pass_new(Agent *agent, const Orders *orders, PackageSources *sources)
{
        const AgentConf *conf = agent->conf;
        PackagesPass *pass = g_new0(PackagesPass, 1);
        pass->agent = agent;
        pass->orders = orders;
        pass->sources = sources;
        pass->record = paths_packages(conf->state_directory);
        pass->conf = (AptConf){.root = conf->packages_root,
                               .strict = conf->strict_packages,
                               .max_removals = conf->max_removals,
                               .lock_timeout_s = conf->lock_timeout_s,
                               .record = pass->record,
                               .take = take,
                               .user = pass};
        return pass;
}

void packages_pass_free(PackagesPass *pass)
{
        if (!pass)
                return;
        g_free(pass->record);
        g_free(pass);
}

/* A pass waits for dpkg's lock once. */
static bool commit(PackagesPass *pass, GHashTable *versions, GPtrArray *remove, GError **error)
{
        g_autoptr(GError) why = NULL;
        if (apt_commit_services(&pass->conf, versions, remove, &why))
                return true;
        if (error_is(why, LAUTTA_ERROR_TRY_AGAIN))
                pass->conf.lock_timeout_s = 0;
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
}

bool packages_pass_commit(PackagesPass *pass, GHashTable *versions, GError **error)
{
        if (!pass->agent->conf->manage_packages || g_hash_table_size(versions) == 0)
                return true;
        return commit(pass, versions, NULL, error);
}

bool packages_pass_remove(PackagesPass *pass, const char *service, GError **error)
{
        if (!pass->agent->conf->manage_packages)
                return true;
        g_autoptr(GPtrArray) unpacked = apt_unpacked_services(pass->conf.root, error);
        if (!unpacked)
                return false;
        if (!g_ptr_array_find_with_equal_func(unpacked, service, g_str_equal, NULL))
                return true;
        g_autoptr(GPtrArray) remove = g_ptr_array_new();
        g_ptr_array_add(remove, (char *)service);
        return commit(pass, NULL, remove, error);
}

/* A person has installed that version, and it has not been tried yet: its image may still be missing. */
static bool waits_to_be_tried(const ServiceTarget *target, const ServiceRecord *record)
{
        if (target->listed || target->has_sha256 || strcmp(target->version, record->current) == 0)
                return false;
        for (guint i = 0; i < record->bad->len; i++)
                if (strcmp(((const BadVersion *)record->bad->pdata[i])->version, target->version) == 0)
                        return false;
        return true;
}

/* In strict mode services that no field names are removed; otherwise only those that the list rules out.
 * Services that have a target are removed by their own step. */
static bool is_ruled_out(const PackagesPass *pass, const Targets *targets, const char *service)
{
        const List *list = pass->orders->list;
        if (!list || !pass->orders->may_install || targets_find(targets, service))
                return false;
        return pass->conf.strict ? !targets_allowed(list, service)
                                 : relations_find(list->may_not_have, service) != NULL;
}

/* Returns: owned table of the services that are meant to run, and their versions. `remove` gets the service
 * packages that must go. */
static GHashTable *decide_services(const PackagesPass *pass, const Targets *targets, GPtrArray *unpacked,
                                   GPtrArray *remove)
{
        GHashTable *versions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        for (guint i = 0; i < targets->targets->len; i++) {
                const ServiceTarget *target = targets->targets->pdata[i];
                g_autoptr(ServiceRecord) record =
                        service_record_load(pass->agent->conf->state_directory, target->service, NULL, NULL);
                if (record && record->current && !waits_to_be_tried(target, record))
                        g_hash_table_insert(versions, g_strdup(target->service), g_strdup(record->current));
        }
        for (guint i = 0; i < unpacked->len; i++)
                if (is_ruled_out(pass, targets, unpacked->pdata[i]))
                        g_ptr_array_add(remove, g_strdup(unpacked->pdata[i]));
        return versions;
}

static bool settle_services(PackagesPass *pass, const Targets *targets, GError **error)
{
        g_autoptr(GPtrArray) unpacked = apt_unpacked_services(pass->conf.root, error);
        if (!unpacked)
                return false;
        g_autoptr(GPtrArray) remove = g_ptr_array_new_with_free_func(g_free);
        g_autoptr(GHashTable) versions = decide_services(pass, targets, unpacked, remove);
        if (g_hash_table_size(versions) == 0 && remove->len == 0)
                return true;
        return commit(pass, versions, remove, error);
}

/* --- only when something has changed */

static char *note_path(const PackagesPass *pass)
{
        return paths_packages_pass(pass->agent->conf->state_directory);
}

/* Returns: owned: all that the result of apt_apply() and apt_offer_services() depends on. */
static json_t *circumstances(const PackagesPass *pass)
{
        struct stat st = {0};
        g_autofree char *status = g_build_filename(pass->conf.root, "var/lib/dpkg/status", NULL);
        const List *list = pass->orders->list;
        g_auto(GStrv) places = orders_places((const char *const *)pass->agent->conf->depots);
        g_autofree char *depots = g_strjoinv(" ", places);
        g_autofree char *conf = g_strdup_printf("%s strict=%d max-removals=%u offer=1", depots,
                                                pass->conf.strict, pass->conf.max_removals);
        if (stat(status, &st) != 0)
                st.st_size = 0;
        return json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:I}", "conf", conf, "may_install",
                         pass->orders->may_install, "serial", (json_int_t)(list ? list->serial : 0),
                         "status_inode", (json_int_t)st.st_ino, "status_s", (json_int_t)st.st_mtim.tv_sec,
                         "status_ns", (json_int_t)st.st_mtim.tv_nsec, "status_bytes", (json_int_t)st.st_size);
}

static bool is_settled(const PackagesPass *pass)
{
        g_autofree char *path = note_path(pass);
        g_autoptr(json_t) note = record_read(path, NULL);
        g_autoptr(json_t) now = circumstances(pass);
        if (!note || !now)
                return false;
        int64_t at = json_integer_value(json_object_get(note, "at"));
        int64_t age_s = g_get_real_time() / G_USEC_PER_SEC - at;
        json_object_del(note, "at");
        return age_s >= 0 && age_s < LOOK_AGAIN_S && json_equal(note, now);
}

static bool note_settled(const PackagesPass *pass, GError **error)
{
        g_autofree char *path = note_path(pass);
        g_autoptr(json_t) note = circumstances(pass);
        json_object_set_new(note, "at", json_integer(g_get_real_time() / G_USEC_PER_SEC));
        return record_write(path, note, error);
}

/* An expired list changes nothing. */
static bool follow_list(PackagesPass *pass, AptResult *result, GError **error)
{
        const List *list = pass->orders->list;
        if (!list || !pass->orders->may_install)
                return true;
        return apt_apply(&pass->conf, list, false, result, error) &&
               apt_offer_services(&pass->conf, list, error);
}

bool packages_pass_settle(PackagesPass *pass, const Targets *targets, AptResult *result, GError **error)
{
        if (!pass->agent->conf->manage_packages || is_settled(pass))
                return true;
        if (!settle_services(pass, targets, error) || !follow_list(pass, result, error))
                return false;
        /* A refusal is reported in each pass, so each pass looks again. */
        return (result->refused && result->refused->len) || note_settled(pass, error);
}

bool packages_pass_plan(PackagesPass *pass, AptResult *result, GError **error)
{
        if (!pass->agent->conf->manage_packages || !pass->orders->list || !pass->orders->may_install)
                return true;
        return apt_apply(&pass->conf, pass->orders->list, true, result, error);
}
