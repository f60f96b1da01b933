/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service_record.h"

#include <string.h>
#include <unistd.h>

#include "files.h"
#include "text.h"

static ServiceRecord *make_record(void)
{
        ServiceRecord *record = service_record_new("web");
        text_set(&record->current, "1.0");
        text_set(&record->candidate, "1:1.1~rc+2-3");
        text_set(&record->address, "192.168.147.12");
        text_set(&record->error, "ä");
        service_record_add_bad(record, "0.9", 7);
        service_record_add_bad(record, "0.9", 8);
        record->stopped = true;
        for (int64_t i = 0; i < SERVICE_RESTARTS_MAX + 3; i++)
                service_record_add_restart(record, i);
        return record;
}

static char *path_of(const char *directory, const char *name)
{
        return g_build_filename(directory, "state", "services", name, NULL);
}

static void a_record_is_read_back(void)
{
        g_autotempdir directory = directory_make_temporary(NULL);
        g_autoptr(ServiceRecord) record = make_record();
        g_autoptr(GError) error = NULL;
        g_autofree char *torn = NULL;
        g_assert_true(service_record_save(directory, record, &error));
        g_autoptr(ServiceRecord) again = service_record_load(directory, "web", &torn, &error);
        g_assert_no_error(error);
        g_assert_null(torn);
        g_assert_cmpstr(again->current, ==, "1.0");
        g_assert_null(again->previous);
        g_assert_cmpstr(again->candidate, ==, "1:1.1~rc+2-3");
        g_assert_cmpstr(again->error, ==, "ä");
        g_assert_true(again->stopped && !again->listed);
        g_assert_cmpuint(again->bad->len, ==, 1);
        g_assert_cmpint(((BadVersion *)again->bad->pdata[0])->serial, ==, 8);
        g_assert_cmpuint(again->restarts->len, ==, SERVICE_RESTARTS_MAX);
        g_assert_cmpint(g_array_index(again->restarts, int64_t, 0), ==, 3);
        g_autoptr(GPtrArray) names = service_record_names(directory, &error);
        g_assert_cmpuint(names->len, ==, 1);
        g_assert_true(service_record_remove(directory, "web", &error) &&
                      service_record_remove(directory, "web", &error));
}

static void a_torn_record_is_put_aside_and_told(void)
{
        g_autotempdir directory = directory_make_temporary(NULL);
        g_autoptr(ServiceRecord) record = make_record();
        g_autofree char *path = path_of(directory, "web.json");
        g_autofree char *aside = path_of(directory, "web.torn");
        g_autofree char *torn = NULL;
        g_assert_true(service_record_save(directory, record, NULL));
        g_assert_cmpint(truncate(path, 40), ==, 0);
        g_autoptr(ServiceRecord) looked = service_record_load(directory, "web", NULL, NULL);
        g_assert_null(looked->current);
        g_assert_true(g_file_test(path, G_FILE_TEST_EXISTS));
        g_autoptr(ServiceRecord) again = service_record_load(directory, "web", &torn, NULL);
        g_assert_null(again->current);
        g_assert_nonnull(strstr(torn, "web.torn"));
        g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
        g_assert_true(g_file_test(aside, G_FILE_TEST_EXISTS));
}

static void a_record_of_another_service_is_not_believed(void)
{
        g_autotempdir directory = directory_make_temporary(NULL);
        g_autoptr(ServiceRecord) record = make_record();
        g_autofree char *from = path_of(directory, "web.json");
        g_autofree char *to = path_of(directory, "db.json");
        g_autofree char *torn = NULL;
        g_assert_true(service_record_save(directory, record, NULL));
        g_assert_cmpint(g_rename(from, to), ==, 0);
        g_autoptr(ServiceRecord) other = service_record_load(directory, "db", &torn, NULL);
        g_assert_null(other->current);
        g_assert_nonnull(torn);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/service-record/a_record_is_read_back", a_record_is_read_back);
        g_test_add_func("/service-record/a_torn_record_is_put_aside_and_told",
                        a_torn_record_is_put_aside_and_told);
        g_test_add_func("/service-record/a_record_of_another_service_is_not_believed",
                        a_record_of_another_service_is_not_believed);
        return g_test_run();
}
