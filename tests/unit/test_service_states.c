/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service_states.h"

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
        g_autoptr(HostStatus) during = host_status_new();
        service_states_fill(states, during);
        const ServiceStatus *web = host_status_service(during, "web");
        g_assert_cmpuint(web->fetched_bytes, ==, 50);
        g_assert_cmpuint(web->fetch_bytes, ==, 100);
        g_assert_cmpint(web->state, ==, SERVICE_FETCHING);
        progress_end(progress);
        service_states_progress_free(progress);
        g_autoptr(HostStatus) after = host_status_new();
        service_states_fill(states, after);
        g_assert_null(host_status_service(after, "web")->fetching);
}

static void the_time_of_a_state_changes_with_the_state_alone(void)
{
        g_autoptr(ServiceStates) states = service_states_new();
        service_states_set(states, "web", "1.0", SERVICE_RUNNING, NULL);
        service_states_set_since(states, "web", 1000);
        service_states_set(states, "web", "1.0", SERVICE_RUNNING, NULL);
        service_states_set_health(states, "web", "no answer");
        g_autoptr(HostStatus) same = host_status_new();
        service_states_fill(states, same);
        g_assert_cmpint(host_status_service(same, "web")->since, ==, 1000);
        g_assert_cmpint(host_status_service(same, "web")->health, ==, HEALTH_STATE_UNHEALTHY);
        service_states_set(states, "web", "1.1", SERVICE_RUNNING, NULL);
        g_autoptr(HostStatus) other = host_status_new();
        service_states_fill(states, other);
        g_assert_cmpint(host_status_service(other, "web")->since, >, 1000);
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
