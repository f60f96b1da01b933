/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The Debian packages of the host: ask what is decided, simulate it, check that, do it. */
#include <string.h>
#include <sys/utsname.h>

#include "apt.h"
#include "apt_decide.h"
#include "apt_record.h"
#include "apt_run.h"
#include "apt_simulation.h"
#include "debversion.h"
#include "errors.h"

enum { LOOK_INTERVAL_S = 24 * 3600, LOOK_RETRY_S = 3600 };

/* One call of apt_apply(). */
typedef struct {
        const AptConf *conf;
        const List *list;
        bool only_plan;
        int64_t now;
        AptResult *result;
        AptRecord *record;
        DpkgStatus *status;
        AptDecision *decision;
        bool looks;         /* for newer versions of what is there */
        GPtrArray *changes; /* AptChange, simulated and allowed; NULL: none */
        GPtrArray *wanted;  /* char *, borrowed: packages of the transaction */
        GPtrArray *unwanted;
        bool postponed; /* removals that could not go together with what comes */
} Pass;

static void pass_clear(Pass *pass)
{
        apt_record_free(pass->record);
        dpkg_status_free(pass->status);
        apt_decision_free(pass->decision);
        g_clear_pointer(&pass->changes, g_ptr_array_unref);
        g_clear_pointer(&pass->wanted, g_ptr_array_unref);
        g_clear_pointer(&pass->unwanted, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Pass, pass_clear)

void apt_result_clear(AptResult *result)
{
        g_clear_pointer(&result->installed, g_ptr_array_unref);
        g_clear_pointer(&result->upgraded, g_ptr_array_unref);
        g_clear_pointer(&result->removed, g_ptr_array_unref);
        g_clear_pointer(&result->refused, g_ptr_array_unref);
}

static void add_text(GPtrArray **array, char *text)
{
        if (!*array)
                *array = g_ptr_array_new_with_free_func(g_free);
        g_ptr_array_add(*array, text);
}

static void add_refused(Pass *pass, const char *what, const GError *why)
{
        add_text(&pass->result->refused, g_strdup_printf("%s: %s", what, why->message));
}

static bool looked_lately(const Pass *pass)
{
        return pass->record->serial == pass->list->serial && pass->now >= pass->record->looked_at &&
               pass->now - pass->record->looked_at < LOOK_INTERVAL_S;
}

/* What this pass would find, the last one has found. */
static bool nothing_has_changed(Pass *pass)
{
        g_autofree char *fingerprint = apt_run_fingerprint(pass->conf);
        if (!*fingerprint || strcmp(fingerprint, pass->record->fingerprint) != 0 || !looked_lately(pass))
                return false;
        for (guint i = 0; i < pass->record->refused->len; i++)
                add_text(&pass->result->refused, g_strdup(g_ptr_array_index(pass->record->refused, i)));
        return true;
}

static bool save_record(const Pass *pass, GError **error)
{
        return pass->only_plan || apt_record_save(pass->record, pass->conf->record, error);
}

/* All that is there before the agent does anything; service packages come and go by themselves. */
static bool record_base(Pass *pass, GError **error)
{
        if (pass->record->base)
                return true;
        pass->record->base = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        for (guint i = 0; i < pass->status->packages->len; i++) {
                const DpkgPackage *package = g_ptr_array_index(pass->status->packages, i);
                if (!package->service)
                        g_hash_table_add(pass->record->base, g_strdup(package->name));
        }
        return save_record(pass, error);
}

/* What somebody removed is not ours any more. */
static gboolean is_gone(void *name, void *value, void *status)
{
        return !dpkg_status_find(status, name);
}

static bool look_for_newer(Pass *pass)
{
        if (looked_lately(pass))
                return false;
        if (pass->only_plan)
                return true;
        g_autoptr(GError) failure = NULL;
        pass->record->looked_at = pass->now;
        if (apt_run_update(pass->conf, false, pass->now < pass->list->date, &failure))
                return true;
        add_refused(pass, "newer packages are not looked for", failure);
        pass->record->looked_at = pass->now - LOOK_INTERVAL_S + LOOK_RETRY_S;
        return true;
}

static bool decide(Pass *pass, GError **error)
{
        if (!pass->only_plan && !apt_run_repair(pass->conf, error))
                return false;
        pass->status = apt_run_status(pass->conf, error);
        if (!pass->status || !record_base(pass, error))
                return false;
        g_hash_table_foreach_remove(pass->record->ours, is_gone, pass->status);
        struct utsname kernel = {0};
        AptQuestion question = {
                .list = pass->list,
                .status = pass->status,
                .base = pass->record->base,
                .ours = pass->record->ours,
                .running_kernel = uname(&kernel) == 0 ? kernel.release : NULL,
                .strict = pass->conf->strict,
                .max_removals = pass->conf->max_removals,
        };
        pass->decision = apt_decide(&question);
        for (guint i = 0; i < pass->decision->refused->len; i++)
                add_text(&pass->result->refused, g_strdup(g_ptr_array_index(pass->decision->refused, i)));
        pass->looks = look_for_newer(pass);
        return true;
}

/* Returns: owned arguments of apt-get, strings owned, for these packages. */
static GPtrArray *command_for(const GPtrArray *wanted, const GPtrArray *unwanted)
{
        GPtrArray *arguments = g_ptr_array_new_with_free_func(g_free);
        if (unwanted->len == 0)
                g_ptr_array_add(arguments, g_strdup("--no-remove"));
        g_ptr_array_add(arguments, g_strdup("install"));
        for (guint i = 0; i < wanted->len; i++)
                g_ptr_array_add(arguments, g_strdup(g_ptr_array_index(wanted, i)));
        for (guint i = 0; i < unwanted->len; i++)
                g_ptr_array_add(arguments, g_strconcat(g_ptr_array_index(unwanted, i), "-", NULL));
        return arguments;
}

/* Returns: owned changes that apt would make, all of them allowed, or NULL. */
static GPtrArray *try(const Pass *pass, const GPtrArray *wanted, const GPtrArray *unwanted, GError **error)
{
        /* Without --no-remove, so that apt tells what would go. */
        g_autoptr(GPtrArray) arguments = command_for(wanted, unwanted);
        if (unwanted->len == 0)
                g_ptr_array_remove_index(arguments, 0);
        g_autoptr(GPtrArray) changes = apt_run_simulate(pass->conf, arguments, error);
        if (!changes || !apt_simulation_check_removals(changes, unwanted, error))
                return NULL;
        return g_steal_pointer(&changes);
}

static bool is_there(const Pass *pass, const char *name)
{
        const DpkgPackage *package = dpkg_status_find(pass->status, name);
        return package && !package->interrupted;
}

/* One by one, with nothing that goes: what cannot be is refused, and keeps nothing else from being done. */
static void sift_wanted(Pass *pass)
{
        g_autoptr(GPtrArray) all = g_steal_pointer(&pass->wanted);
        g_autoptr(GPtrArray) nothing = g_ptr_array_new();
        pass->wanted = g_ptr_array_new();
        for (guint i = 0; i < all->len; i++) {
                const char *name = g_ptr_array_index(all, i);
                g_autoptr(GPtrArray) one = g_ptr_array_new();
                g_ptr_array_add(one, (char *)name);
                g_autoptr(GError) failure = NULL;
                g_autoptr(GPtrArray) changes = try(pass, one, nothing, &failure);
                if (changes) {
                        g_ptr_array_add(pass->wanted, (char *)name);
                        continue;
                }
                g_autofree char *what = g_strdup_printf("'%s' is not %s", name,
                                                        is_there(pass, name) ? "upgraded" : "installed");
                add_refused(pass, what, failure);
        }
}

static void sift_unwanted(Pass *pass)
{
        g_autoptr(GPtrArray) nothing = g_ptr_array_new();
        g_autoptr(GError) failure = NULL;
        if (pass->unwanted->len == 0)
                return;
        g_autoptr(GPtrArray) changes = try(pass, nothing, pass->unwanted, &failure);
        if (changes)
                return;
        g_ptr_array_set_size(pass->unwanted, 0);
        add_refused(pass, "nothing is removed", failure);
}

static GPtrArray *copy_names(const GPtrArray *names)
{
        GPtrArray *copy = g_ptr_array_new();
        for (guint i = 0; i < names->len; i++)
                g_ptr_array_add(copy, g_ptr_array_index(names, i));
        return copy;
}

static void collect(Pass *pass)
{
        pass->wanted = copy_names(pass->decision->install);
        for (guint i = 0; pass->looks && i < pass->decision->keep->len; i++)
                g_ptr_array_add(pass->wanted, g_ptr_array_index(pass->decision->keep, i));
        pass->unwanted = copy_names(pass->decision->remove);
}

/* What can come, comes first: it may need what was to go because nothing needed it yet. */
static void simulate_arrivals(Pass *pass)
{
        g_autoptr(GError) failure = NULL;
        pass->postponed = pass->wanted->len > 0 && pass->unwanted->len > 0;
        if (pass->postponed)
                g_ptr_array_set_size(pass->unwanted, 0);
        pass->changes = try(pass, pass->wanted, pass->unwanted, &failure);
        if (!pass->changes)
                add_refused(pass, "nothing is installed or removed", failure);
        pass->postponed = pass->postponed && pass->changes && pass->changes->len > 0;
}

/* Find the transaction: all that is decided, or what of it can be. */
static void simulate(Pass *pass)
{
        collect(pass);
        if (pass->wanted->len + pass->unwanted->len == 0)
                return;
        pass->changes = try(pass, pass->wanted, pass->unwanted, NULL);
        if (pass->changes)
                return;
        sift_wanted(pass);
        sift_unwanted(pass);
        if (pass->wanted->len + pass->unwanted->len == 0)
                return;
        pass->changes = try(pass, pass->wanted, pass->unwanted, NULL);
        if (!pass->changes)
                simulate_arrivals(pass);
}

/* Before anything is unpacked: a kill must not make us forget what we brought. */
static bool record_arrivals(Pass *pass, GError **error)
{
        for (guint i = 0; i < pass->changes->len; i++) {
                const AptChange *change = g_ptr_array_index(pass->changes, i);
                if (change->to && !change->from)
                        g_hash_table_add(pass->record->ours, g_strdup(change->name));
        }
        return save_record(pass, error);
}

static bool change(Pass *pass, GError **error)
{
        if (pass->only_plan || !pass->changes || pass->changes->len == 0)
                return true;
        g_autoptr(GPtrArray) arguments = command_for(pass->wanted, pass->unwanted);
        if (!record_arrivals(pass, error))
                return false;
        if (apt_run_change(pass->conf, arguments, error))
                return true;
        /* Perhaps the lists are too old: the next pass reads them anew. */
        pass->record->looked_at = 0;
        apt_record_save(pass->record, pass->conf->record, NULL);
        g_prefix_error(error, "packages of the host: ");
        return false;
}

static void tell_changes(Pass *pass)
{
        for (guint i = 0; pass->changes && i < pass->changes->len; i++) {
                const AptChange *change = g_ptr_array_index(pass->changes, i);
                const char *version = change->to ? change->to : change->from;
                GPtrArray **place = !change->to    ? &pass->result->removed
                                    : change->from ? &pass->result->upgraded
                                                   : &pass->result->installed;
                add_text(place, g_strdup_printf("%s %s", change->name, version));
        }
}

/* The next pass need not look again until something changes. */
static bool remember(Pass *pass, GError **error)
{
        AptRecord *record = pass->record;
        g_free(record->fingerprint);
        record->fingerprint = pass->postponed ? g_strdup("") : apt_run_fingerprint(pass->conf);
        record->serial = pass->list->serial;
        g_ptr_array_set_size(record->refused, 0);
        for (guint i = 0; pass->result->refused && i < pass->result->refused->len; i++)
                g_ptr_array_add(record->refused, g_strdup(g_ptr_array_index(pass->result->refused, i)));
        return save_record(pass, error);
}

static bool run(Pass *pass, GError **error)
{
        if (!decide(pass, error))
                return false;
        simulate(pass);
        if (!change(pass, error))
                return false;
        tell_changes(pass);
        return remember(pass, error);
}

/* One round; `again` tells that a second one is needed for the rest. */
static bool apply_round(Pass *start, bool *again, GError **error)
{
        g_auto(Pass) pass = *start;
        pass.record = apt_record_load(pass.conf->record, error);
        if (!pass.record)
                return false;
        if (pass.record->torn)
                add_text(&pass.result->refused, g_strdup(pass.record->torn));
        if (nothing_has_changed(&pass))
                return true;
        if (!run(&pass, error))
                return false;
        *again = pass.postponed && !pass.only_plan;
        return true;
}

bool apt_apply(const AptConf *conf, const List *list, bool only_plan, AptResult *result, GError **error)
{
        Pass start = {
                .conf = conf,
                .list = list,
                .only_plan = only_plan,
                .now = g_get_real_time() / G_USEC_PER_SEC,
                .result = result,
        };
        bool again = false;
        if (!apply_round(&start, &again, error))
                return false;
        if (!again)
                return true;
        g_clear_pointer(&result->refused, g_ptr_array_unref);
        return apply_round(&start, &again, error);
}
