/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The Debian packages of the host: decide, simulate, check the simulation, and run apt-get. */
#include <string.h>
#include <sys/utsname.h>

#include "apt.h"
#include "apt_decide.h"
#include "apt_record.h"
#include "apt_run.h"
#include "apt_simulation.h"
#include "apt_transaction.h"

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
        bool looks; /* for newer versions of installed packages */
        AptTransaction transaction;
} Pass;

static void pass_clear(Pass *pass)
{
        apt_record_free(pass->record);
        dpkg_status_free(pass->status);
        apt_decision_free(pass->decision);
        apt_transaction_clear(&pass->transaction);
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

/* True if nothing has changed since the last pass, so this one would find the same. */
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

/* Record all packages that are here before the agent changes any, but service packages, which come and go. */
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

/* A package that a person removed no longer counts as the agent's. */
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

static GPtrArray *copy_names(const GPtrArray *names)
{
        GPtrArray *copy = g_ptr_array_new();
        for (guint i = 0; i < names->len; i++)
                g_ptr_array_add(copy, g_ptr_array_index(names, i));
        return copy;
}

static void find_transaction(Pass *pass)
{
        AptTransaction *transaction = &pass->transaction;
        transaction->wanted = copy_names(pass->decision->install);
        for (guint i = 0; pass->looks && i < pass->decision->keep->len; i++)
                g_ptr_array_add(transaction->wanted, g_ptr_array_index(pass->decision->keep, i));
        transaction->unwanted = copy_names(pass->decision->remove);
        apt_transaction_find(pass->conf, pass->status, transaction);
        for (guint i = 0; transaction->refused && i < transaction->refused->len; i++)
                add_text(&pass->result->refused, g_strdup(g_ptr_array_index(transaction->refused, i)));
}

/* Record the packages before they are unpacked, so that a kill does not make the agent forget that it brought
 * them. */
static bool record_arrivals(Pass *pass, GError **error)
{
        for (guint i = 0; i < pass->transaction.changes->len; i++) {
                const AptChange *change = g_ptr_array_index(pass->transaction.changes, i);
                if (change->to && !change->from)
                        g_hash_table_add(pass->record->ours, g_strdup(change->name));
        }
        return save_record(pass, error);
}

static bool change(Pass *pass, GError **error)
{
        if (pass->only_plan || !pass->transaction.changes || pass->transaction.changes->len == 0)
                return true;
        if (!record_arrivals(pass, error))
                return false;
        if (apt_transaction_run(pass->conf, &pass->transaction, error))
                return true;
        /* Perhaps apt's lists are too old: the next pass reads them again. */
        pass->record->looked_at = 0;
        apt_record_save(pass->record, pass->conf->record, NULL);
        g_prefix_error(error, "packages of the host: ");
        return false;
}

static void tell_changes(Pass *pass)
{
        for (guint i = 0; pass->transaction.changes && i < pass->transaction.changes->len; i++) {
                const AptChange *change = g_ptr_array_index(pass->transaction.changes, i);
                const char *version = change->to ? change->to : change->from;
                GPtrArray **place = !change->to    ? &pass->result->removed
                                    : change->from ? &pass->result->upgraded
                                                   : &pass->result->installed;
                add_text(place, g_strdup_printf("%s %s", change->name, version));
        }
}

/* Note that the next pass need not look again until something changes. */
static bool remember(Pass *pass, GError **error)
{
        AptRecord *record = pass->record;
        g_free(record->fingerprint);
        record->fingerprint = pass->transaction.postponed ? g_strdup("") : apt_run_fingerprint(pass->conf);
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
        find_transaction(pass);
        if (!change(pass, error))
                return false;
        tell_changes(pass);
        return remember(pass, error);
}

/* Make one round; `again` is set if a second round is needed for the rest. */
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
        *again = pass.transaction.postponed && !pass.only_plan;
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
