/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service_states.h"

#include "record.h"

static void *claim(void *states)
{
        service_states_claim(states, "web");
        return NULL;
}

static void a_service_is_claimed_by_one_at_a_time(void)
{
        g_autoptr(ServiceStates) states = service_states_new();
        g_assert_true(service_states_try_claim(states, "web"));
        g_assert_false(service_states_try_claim(states, "web"));
        g_assert_true(service_states_try_claim(states, "db"));
        GThread *thread = g_thread_new("claim", claim, states);
        service_states_release(states, "web");
        g_thread_join(thread);
        g_assert_false(service_states_try_claim(states, "web"));
        service_states_release(states, "web");
        service_states_release(states, "db");
        g_assert_false(service_states_is_claimed(states));
}

static void a_fetch_tells_how_far_it_is_until_it_ends(void)
{
        g_autoptr(ServiceStates) states = service_states_new();
        Progress *progress = service_states_progress_new(states, "web", "1.1", NULL);
        progress_begin(progress, "fetching", 100);
        progress_add(progress, "packs", 30);
        progress_add(progress, "seeds", 20);
        g_autoptr(json_t) during = service_states_to_json(states);
        const json_t *fetching = json_object_get(json_object_get(during, "web"), "fetching");
        g_assert_cmpint(json_integer_value(json_object_get(fetching, "bytes_done")), ==, 50);
        g_assert_cmpint(json_integer_value(json_object_get(fetching, "bytes_total")), ==, 100);
        g_assert_cmpstr(json_string_value(json_object_get(json_object_get(during, "web"), "state")), ==,
                        "fetching");
        progress_end(progress);
        service_states_progress_free(progress);
        g_autoptr(json_t) after = service_states_to_json(states);
        g_assert_null(json_object_get(json_object_get(after, "web"), "fetching"));
}

static void the_time_of_a_state_changes_with_the_state_alone(void)
{
        g_autoptr(ServiceStates) states = service_states_new();
        service_states_set(states, "web", "1.0", SERVICE_RUNNING, NULL);
        service_states_set_since(states, "web", 1000);
        service_states_set(states, "web", "1.0", SERVICE_RUNNING, NULL);
        service_states_set_health(states, "web", "no answer");
        g_autoptr(json_t) same = service_states_to_json(states);
        g_assert_cmpint(json_integer_value(json_object_get(json_object_get(same, "web"), "since")), ==, 1000);
        g_assert_cmpstr(json_string_value(json_object_get(json_object_get(same, "web"), "health")), ==,
                        "unhealthy");
        service_states_set(states, "web", "1.1", SERVICE_RUNNING, NULL);
        g_autoptr(json_t) other = service_states_to_json(states);
        g_assert_cmpint(json_integer_value(json_object_get(json_object_get(other, "web"), "since")), >, 1000);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/service_states/a_service_is_claimed_by_one_at_a_time",
                        a_service_is_claimed_by_one_at_a_time);
        g_test_add_func("/service_states/a_fetch_tells_how_far_it_is_until_it_ends",
                        a_fetch_tells_how_far_it_is_until_it_ends);
        g_test_add_func("/service_states/the_time_of_a_state_changes_with_the_state_alone",
                        the_time_of_a_state_changes_with_the_state_alone);
        return g_test_run();
}
