/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "host_status.h"

#include <string.h>

static HostStatus *make_full(void)
{
        HostStatus *status = host_status_new();
        status->running = true;
        status->pid = 12;
        status->program_version = g_strdup("0.1.0");
        status->host = g_strdup("library-1");
        status->key = g_strdup("SHA256:x");
        status->since = 1764547200;
        status->next_pass = 1764547300;
        status->libvirt_trouble = g_strdup("libvirt does not answer");
        status->last_pass = pass_report_new();
        status->last_pass->started = 1764547201;
        ServiceStatus *web = host_status_service(status, "web");
        web->version = g_strdup("1.0");
        web->state = SERVICE_RUNNING;
        web->health = HEALTH_STATE_UNHEALTHY;
        web->since = 1764547202;
        web->trouble = g_strdup("no answer");
        web->current = g_strdup("1.0");
        web->restarts = 3;
        web->listed = true;
        web->fetching = g_strdup("1.1");
        web->part = g_strdup("image");
        web->fetched_bytes = 5;
        web->fetch_bytes = 9;
        service_status_add_bad(web, "0.9", 4);
        host_status_service(status, "db")->state = SERVICE_HALTED;
        return status;
}

static void a_status_is_read_back_as_it_was_written(void)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(HostStatus) status = make_full();
        g_autoptr(json_t) object = host_status_to_json(status);
        g_autoptr(HostStatus) again = host_status_from_json(object, &error);
        g_assert_no_error(error);
        g_autoptr(json_t) second = host_status_to_json(again);
        g_assert_true(json_equal(object, second));
        const ServiceStatus *web = host_status_service(again, "web");
        g_assert_cmpint(web->since, ==, 1764547202);
        g_assert_cmpint(web->health, ==, HEALTH_STATE_UNHEALTHY);
        g_assert_cmpuint(web->fetch_bytes, ==, 9);
        g_assert_cmpuint(((const StatusBad *)web->bad->pdata[0])->serial, ==, 4);
        g_assert_cmpuint(again->services->len, ==, 2);
        g_assert_cmpint(again->last_pass->started, ==, 1764547201);
}

static void all_times_are_texts_and_all_states_words(void)
{
        g_autoptr(HostStatus) status = make_full();
        g_autoptr(json_t) object = host_status_to_json(status);
        const json_t *agent = json_object_get(object, "agent");
        const json_t *services = json_object_get(object, "services");
        const json_t *web = json_object_get(services, "web");
        g_assert_cmpstr(json_string_value(json_object_get(agent, "since")), ==, "2025-12-01T00:00:00Z");
        g_assert_cmpstr(json_string_value(json_object_get(agent, "next_pass")), ==, "2025-12-01T00:01:40Z");
        g_assert_cmpstr(json_string_value(json_object_get(web, "since")), ==, "2025-12-01T00:00:02Z");
        g_assert_cmpstr(json_string_value(json_object_get(web, "state")), ==, "running");
        g_assert_cmpstr(json_string_value(json_object_get(json_object_get(services, "db"), "state")), ==,
                        "halted");
        g_assert_true(json_is_null(json_object_get(json_object_get(services, "db"), "since")));
}

/* The answer of an agent that was started before the program was upgraded. */
static void the_answer_of_an_older_agent_says_to_restart_it(void)
{
        g_autoptr(GError) error = NULL;
        g_autoptr(json_t) object = json_loads(
                "{\"ok\": true, \"agent\": {\"running\": true, \"host\": \"a\", \"since\": 1764547200,"
                " \"next_pass\": 1764547300, \"passing\": false, \"last_pass\": {}},"
                " \"services\": {\"web\": {\"state\": \"running\", \"since\": 1764547200}}}",
                0, NULL);
        g_assert_null(host_status_from_json(object, &error));
        g_assert_error(error, LAUTTA_ERROR, LAUTTA_ERROR_USAGE);
        g_assert_nonnull(strstr(error->message, "systemctl restart lautta-agent"));
}

static void a_newer_format_and_a_wrong_member_are_refused(void)
{
        g_autoptr(GError) newer = NULL, wrong = NULL;
        g_autoptr(HostStatus) status = make_full();
        g_autoptr(json_t) object = host_status_to_json(status);
        json_object_set_new(json_object_get(json_object_get(object, "services"), "web"), "state",
                            json_string("asleep"));
        g_assert_null(host_status_from_json(object, &wrong));
        g_assert_error(wrong, LAUTTA_ERROR, LAUTTA_ERROR_CORRUPT);
        g_assert_nonnull(
                strstr(wrong->message, "services['web']: the member 'state' is not one of: stopped"));
        json_object_set_new(object, "format", json_integer(HOST_STATUS_FORMAT + 1));
        g_assert_null(host_status_from_json(object, &newer));
        g_assert_error(newer, LAUTTA_ERROR, LAUTTA_ERROR_USAGE);
        g_assert_nonnull(strstr(newer->message, "newer than this program"));
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
#define ADD(name) g_test_add_func("/host_status/" #name, name)
        ADD(a_status_is_read_back_as_it_was_written);
        ADD(all_times_are_texts_and_all_states_words);
        ADD(the_answer_of_an_older_agent_says_to_restart_it);
        ADD(a_newer_format_and_a_wrong_member_are_refused);
        return g_test_run();
}
