/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apt_transaction.h"

#include "apt_run.h"
#include "apt_simulation.h"
#include "errors.h"

void apt_transaction_clear(AptTransaction *transaction)
{
        g_clear_pointer(&transaction->wanted, g_ptr_array_unref);
        g_clear_pointer(&transaction->unwanted, g_ptr_array_unref);
        g_clear_pointer(&transaction->changes, g_ptr_array_unref);
        g_clear_pointer(&transaction->refused, g_ptr_array_unref);
}

/* The state of one search. */
typedef struct {
        const AptConf *conf;
        const DpkgStatus *status;
        AptTransaction *found;
} Search;

static void add_refused(const Search *search, const char *what, const GError *why)
{
        if (!search->found->refused)
                search->found->refused = g_ptr_array_new_with_free_func(g_free);
        g_ptr_array_add(search->found->refused, g_strdup_printf("%s: %s", what, why->message));
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
static GPtrArray *try(const Search *search, const GPtrArray *wanted, const GPtrArray *unwanted,
                      GError **error)
{
        /* Without --no-remove, so that apt names the packages that it would remove. */
        g_autoptr(GPtrArray) arguments = command_for(wanted, unwanted);
        if (unwanted->len == 0)
                g_ptr_array_remove_index(arguments, 0);
        g_autoptr(GPtrArray) changes = apt_run_simulate(search->conf, arguments, error);
        if (!changes || !apt_simulation_check_removals(changes, unwanted, error))
                return NULL;
        return g_steal_pointer(&changes);
}

static bool is_there(const Search *search, const char *name)
{
        const DpkgPackage *package = dpkg_status_find(search->status, name);
        return package && !package->interrupted;
}

static void refuse_one(const Search *search, const char *name, const GError *why)
{
        g_autofree char *what =
                g_strdup_printf("'%s' is not %s", name, is_there(search, name) ? "upgraded" : "installed");
        add_refused(search, what, why);
}

/* Leave out all packages that no source has, by one call: hundreds of such names must not cost a call each. */
static GPtrArray *sift_unknown(const Search *search, const GPtrArray *all)
{
        GPtrArray *known = g_ptr_array_new();
        g_autoptr(GPtrArray) unknown = apt_run_find_unknown(search->conf, all, NULL);
        for (guint i = 0; i < all->len; i++) {
                char *name = g_ptr_array_index(all, i);
                if (!unknown || !g_ptr_array_find_with_equal_func(unknown, name, g_str_equal, NULL)) {
                        g_ptr_array_add(known, name);
                        continue;
                }
                g_autoptr(GError) why = NULL;
                fail(&why, LAUTTA_ERROR_NOT_FOUND, "E: Unable to locate package %s", name);
                refuse_one(search, name, why);
        }
        return known;
}

/* Take those of `count` names that can be installed with nothing removed: all at once, else each half by itself. */
static void sift_some(const Search *search, char **names, guint count)
{
        g_autoptr(GPtrArray) nothing = g_ptr_array_new();
        g_autoptr(GPtrArray) some = g_ptr_array_new();
        g_autoptr(GError) failure = NULL;
        for (guint i = 0; i < count; i++)
                g_ptr_array_add(some, names[i]);
        g_autoptr(GPtrArray) changes = count > 0 ? try(search, some, nothing, &failure) : NULL;
        for (guint i = 0; changes && i < count; i++)
                g_ptr_array_add(search->found->wanted, names[i]);
        if (changes || count == 0)
                return;
        if (count == 1) {
                refuse_one(search, names[0], failure);
                return;
        }
        sift_some(search, names, count / 2);
        sift_some(search, names + count / 2, count - count / 2);
}

/* Refuse each package that cannot be installed, so that it holds no other back. */
static void sift_wanted(const Search *search)
{
        g_autoptr(GPtrArray) all = g_steal_pointer(&search->found->wanted);
        g_autoptr(GPtrArray) known = sift_unknown(search, all);
        search->found->wanted = g_ptr_array_new();
        sift_some(search, (char **)known->pdata, known->len);
}

static void sift_unwanted(const Search *search)
{
        g_autoptr(GPtrArray) nothing = g_ptr_array_new();
        g_autoptr(GError) failure = NULL;
        if (search->found->unwanted->len == 0)
                return;
        g_autoptr(GPtrArray) changes = try(search, nothing, search->found->unwanted, &failure);
        if (changes)
                return;
        g_ptr_array_set_size(search->found->unwanted, 0);
        add_refused(search, "nothing is removed", failure);
}

/* Install first: a new package may need one that was to be removed because nothing needed it yet. */
static void simulate_arrivals(const Search *search)
{
        g_autoptr(GError) failure = NULL;
        search->found->postponed = search->found->wanted->len > 0 && search->found->unwanted->len > 0;
        if (search->found->postponed)
                g_ptr_array_set_size(search->found->unwanted, 0);
        search->found->changes = try(search, search->found->wanted, search->found->unwanted, &failure);
        if (!search->found->changes)
                add_refused(search, "nothing is installed or removed", failure);
        search->found->postponed =
                search->found->postponed && search->found->changes && search->found->changes->len > 0;
}

static bool is_empty(const AptTransaction *transaction)
{
        return transaction->wanted->len + transaction->unwanted->len == 0;
}

void apt_transaction_find(const AptConf *conf, const DpkgStatus *status, AptTransaction *transaction)
{
        Search search = {conf, status, transaction};
        if (is_empty(transaction))
                return;
        transaction->changes = try(&search, transaction->wanted, transaction->unwanted, NULL);
        if (transaction->changes)
                return;
        sift_wanted(&search);
        sift_unwanted(&search);
        if (is_empty(transaction))
                return;
        transaction->changes = try(&search, transaction->wanted, transaction->unwanted, NULL);
        if (!transaction->changes)
                simulate_arrivals(&search);
}

bool apt_transaction_run(const AptConf *conf, const AptTransaction *transaction, GError **error)
{
        g_autoptr(GPtrArray) arguments = command_for(transaction->wanted, transaction->unwanted);
        return apt_run_change(conf, arguments, error);
}
