/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "roster.h"

#include "record.h"

static void *claim(void *roster)
{
        roster_claim(roster, "web");
        return NULL;
}

static void a_service_is_claimed_by_one_at_a_time(void)
{
        g_autoptr(Roster) roster = roster_new();
        g_assert_true(roster_try_claim(roster, "web"));
        g_assert_false(roster_try_claim(roster, "web"));
        g_assert_true(roster_try_claim(roster, "db"));
        GThread *thread = g_thread_new("claim", claim, roster);
        roster_release(roster, "web");
        g_thread_join(thread);
        g_assert_false(roster_try_claim(roster, "web"));
        roster_release(roster, "web");
        roster_release(roster, "db");
        g_assert_false(roster_is_claimed(roster));
}

static void a_fetch_tells_how_far_it_is_until_it_ends(void)
{
        g_autoptr(Roster) roster = roster_new();
        Progress *progress = roster_progress_new(roster, "web", "1.1", NULL);
        progress_begin(progress, "fetching", 100);
        progress_add(progress, "packs", 30);
        progress_add(progress, "seeds", 20);
        g_autoptr(json_t) during = roster_to_json(roster);
        const json_t *fetching = json_object_get(json_object_get(during, "web"), "fetching");
        g_assert_cmpint(json_integer_value(json_object_get(fetching, "bytes_done")), ==, 50);
        g_assert_cmpint(json_integer_value(json_object_get(fetching, "bytes_total")), ==, 100);
        g_assert_cmpstr(json_string_value(json_object_get(json_object_get(during, "web"), "state")), ==,
                        "fetching");
        progress_end(progress);
        roster_progress_free(progress);
        g_autoptr(json_t) after = roster_to_json(roster);
        g_assert_null(json_object_get(json_object_get(after, "web"), "fetching"));
}

static void the_time_of_a_state_changes_with_the_state_alone(void)
{
        g_autoptr(Roster) roster = roster_new();
        roster_set(roster, "web", "1.0", SERVICE_RUNNING, NULL);
        roster_set_since(roster, "web", 1000);
        roster_set(roster, "web", "1.0", SERVICE_RUNNING, NULL);
        roster_set_health(roster, "web", "no answer");
        g_autoptr(json_t) same = roster_to_json(roster);
        g_assert_cmpint(json_integer_value(json_object_get(json_object_get(same, "web"), "since")), ==, 1000);
        g_assert_cmpstr(json_string_value(json_object_get(json_object_get(same, "web"), "health")), ==,
                        "unhealthy");
        roster_set(roster, "web", "1.1", SERVICE_RUNNING, NULL);
        g_autoptr(json_t) other = roster_to_json(roster);
        g_assert_cmpint(json_integer_value(json_object_get(json_object_get(other, "web"), "since")), >, 1000);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/roster/a_service_is_claimed_by_one_at_a_time",
                        a_service_is_claimed_by_one_at_a_time);
        g_test_add_func("/roster/a_fetch_tells_how_far_it_is_until_it_ends",
                        a_fetch_tells_how_far_it_is_until_it_ends);
        g_test_add_func("/roster/the_time_of_a_state_changes_with_the_state_alone",
                        the_time_of_a_state_changes_with_the_state_alone);
        return g_test_run();
}
