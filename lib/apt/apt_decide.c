/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "apt_decide.h"

#include <string.h>

#include "apt_protect.h"

void apt_decision_free(AptDecision *decision)
{
        if (!decision)
                return;
        g_ptr_array_unref(decision->install);
        g_ptr_array_unref(decision->keep);
        g_ptr_array_unref(decision->remove);
        g_ptr_array_unref(decision->refused);
        g_free(decision);
}

static AptDecision *decision_new(void)
{
        AptDecision *decision = g_new0(AptDecision, 1);
        decision->install = g_ptr_array_new_with_free_func(g_free);
        decision->keep = g_ptr_array_new_with_free_func(g_free);
        decision->remove = g_ptr_array_new_with_free_func(g_free);
        decision->refused = g_ptr_array_new_with_free_func(g_free);
        return decision;
}

/* The state of one decision. */
typedef struct {
        const AptQuestion *question;
        AptDecision *decision;
        GHashTable *protected; /* name -> why */
        GHashTable *going;     /* set of DpkgPackage that may go */
} Deciding;

static void refuse(Deciding *deciding, char *sentence)
{
        g_ptr_array_add(deciding->decision->refused, sentence);
}

/* Install Must-Have packages that are missing, and upgrade the others. Services are decided elsewhere. */
static void decide_must_have(Deciding *deciding)
{
        const AptQuestion *question = deciding->question;
        for (guint i = 0; i < question->list->must_have->len; i++) {
                const Relation *relation = g_ptr_array_index(question->list->must_have, i);
                if (list_service(question->list, relation->name))
                        continue;
                const DpkgPackage *package = dpkg_status_find(question->status, relation->name);
                if (!package || package->interrupted)
                        g_ptr_array_add(deciding->decision->install, g_strdup(relation->name));
                else if (!package->held)
                        g_ptr_array_add(deciding->decision->keep, g_strdup(relation->name));
        }
}

static bool is_listed(const List *list, const char *name)
{
        if (relations_find(list->must_have, name))
                return true;
        for (guint i = 0; i < list->may_have->len; i++) {
                const Relation *relation = g_ptr_array_index(list->may_have, i);
                if (g_pattern_match_simple(relation->name, name))
                        return true;
        }
        return false;
}

/* True if the package may go because no field names it. A protected one stays without a report: its removal was not
 * asked for. */
static bool may_be_pruned(const Deciding *deciding, const DpkgPackage *package)
{
        const AptQuestion *question = deciding->question;
        bool in_question = question->strict || g_hash_table_contains(question->ours, package->name);
        return in_question && !package->service && !package->foreign && !package->held &&
               !is_listed(question->list, package->name) &&
               !g_hash_table_contains(deciding->protected, package->name);
}

/* True if a package that May-Not-Have names may go. A reason against its removal is reported. */
static bool may_be_barred(Deciding *deciding, const DpkgPackage *package)
{
        const char *why = g_hash_table_lookup(deciding->protected, package->name);
        if (why)
                refuse(deciding, g_strdup_printf("'%s' is not removed: %s", package->name, why));
        else if (package->held)
                refuse(deciding, g_strdup_printf("'%s' is not removed: it is on hold", package->name));
        return !why && !package->held;
}

static void find_candidates(Deciding *deciding)
{
        const AptQuestion *question = deciding->question;
        for (guint i = 0; i < question->status->packages->len; i++) {
                DpkgPackage *package = g_ptr_array_index(question->status->packages, i);
                bool barred = relations_find(question->list->may_not_have, package->name) != NULL;
                if (barred ? may_be_barred(deciding, package) : may_be_pruned(deciding, package))
                        g_hash_table_add(deciding->going, package);
        }
}

/* True if one of the alternatives is installed and stays. */
static bool is_satisfied(const Deciding *deciding, char **alternatives)
{
        for (; *alternatives; alternatives++) {
                g_autoptr(GPtrArray) found =
                        dpkg_status_satisfying(deciding->question->status, *alternatives);
                for (guint i = 0; i < found->len; i++)
                        if (!g_hash_table_contains(deciding->going, g_ptr_array_index(found, i)))
                                return true;
        }
        return false;
}

/* If `user`, which stays, needs one of the alternatives and all of them would go, keep those that are installed.
 * A package that May-Not-Have names is kept only for a hard dependency, and that is reported. */
static void keep_needed(Deciding *deciding, const DpkgPackage *user, char **alternatives, bool hard,
                        GPtrArray *queue)
{
        if (is_satisfied(deciding, alternatives))
                return;
        const List *list = deciding->question->list;
        for (; *alternatives; alternatives++) {
                g_autoptr(GPtrArray) found =
                        dpkg_status_satisfying(deciding->question->status, *alternatives);
                for (guint i = 0; i < found->len; i++) {
                        DpkgPackage *package = g_ptr_array_index(found, i);
                        bool barred = relations_find(list->may_not_have, package->name) != NULL;
                        if ((barred && !hard) || !g_hash_table_remove(deciding->going, package))
                                continue;
                        if (barred)
                                refuse(deciding, g_strdup_printf("'%s' is not removed: '%s' needs it",
                                                                 package->name, user->name));
                        g_ptr_array_add(queue, package);
                }
        }
}

/* Keep every package that a staying package needs. */
static void keep_what_is_needed(Deciding *deciding)
{
        g_autoptr(GPtrArray) queue = g_ptr_array_new();
        const GPtrArray *packages = deciding->question->status->packages;
        for (guint i = 0; i < packages->len && g_hash_table_size(deciding->going) > 0; i++)
                if (!g_hash_table_contains(deciding->going, g_ptr_array_index(packages, i)))
                        g_ptr_array_add(queue, g_ptr_array_index(packages, i));
        for (guint i = 0; i < queue->len; i++) {
                const DpkgPackage *package = g_ptr_array_index(queue, i);
                for (guint j = 0; j < package->needs->len; j++)
                        keep_needed(deciding, package, g_ptr_array_index(package->needs, j), true, queue);
                for (guint j = 0; j < package->wants->len; j++)
                        keep_needed(deciding, package, g_ptr_array_index(package->wants, j), false, queue);
        }
}

static int compare_names(const void *a, const void *b)
{
        return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Remove the rest, unless it is more than max-removals. */
static void decide_removals(Deciding *deciding)
{
        GPtrArray *remove = deciding->decision->remove;
        GHashTableIter iterator;
        void *key = NULL;
        g_hash_table_iter_init(&iterator, deciding->going);
        while (g_hash_table_iter_next(&iterator, &key, NULL))
                g_ptr_array_add(remove, g_strdup(((const DpkgPackage *)key)->name));
        g_ptr_array_sort(remove, compare_names);
        if (remove->len <= deciding->question->max_removals)
                return;
        guint count = remove->len;
        g_ptr_array_add(remove, NULL);
        g_autofree char *names = g_strjoinv(", ", (char **)remove->pdata);
        g_ptr_array_set_size(remove, 0);
        refuse(deciding,
               g_strdup_printf("nothing is removed: %u packages would go, and max-removals is %u: %s", count,
                               deciding->question->max_removals, names));
}

AptDecision *apt_decide(const AptQuestion *question)
{
        g_autoptr(GHashTable) protected =
                apt_protected(question->status, question->base, question->running_kernel);
        g_autoptr(GHashTable) going = g_hash_table_new(NULL, NULL);
        Deciding deciding = {question, decision_new(), protected, going};
        decide_must_have(&deciding);
        find_candidates(&deciding);
        keep_what_is_needed(&deciding);
        decide_removals(&deciding);
        return deciding.decision;
}
