/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "output.h"

#include "errors.h"

static void members_stay_in_their_order(void)
{
        const char *const hosts[] = {"a", "b", NULL};
        json_t *object = json_object();
        output_add_text(&object, "z", "text");
        output_add_text(&object, "note", NULL);
        output_add_count(&object, "bytes", UINT64_C(1) << 40);
        output_add_seconds(&object, "seconds", 0.5);
        output_add_flag(&object, "done", true);
        output_add(&object, "hosts", output_texts(hosts));
        g_autofree char *text = json_dumps(object, JSON_COMPACT);
        g_assert_cmpstr(text, ==,
                        "{\"z\":\"text\",\"note\":null,\"bytes\":1099511627776,\"seconds\":0.5,\"done\":true,"
                        "\"hosts\":[\"a\",\"b\"]}");
        json_decref(object);
}

static void assert_refused(json_t *object)
{
        g_autoptr(GError) error = NULL;
        g_assert_null(object);
        g_assert_false(output_json(object, &error));
        g_assert_true(error_is(error, LAUTTA_ERROR_SYSTEM));
}

static void a_text_that_is_not_utf8_refuses_the_whole_result(void)
{
        json_t *object = json_object();
        output_add_text(&object, "service", "web");
        output_add_text(&object, "summary", "caf\xe9");
        output_add_text(&object, "version", "1.0");
        output_add_count(&object, "bytes", 1);
        output_add(&object, "hosts", json_array());
        assert_refused(object);
}

static void a_list_with_such_a_text_refuses_the_whole_result(void)
{
        const char *const hosts[] = {"a", "\xff", NULL};
        json_t *object = json_object();
        output_add(&object, "hosts", output_texts(hosts));
        assert_refused(object);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/output/members_stay_in_their_order", members_stay_in_their_order);
        g_test_add_func("/output/a_text_that_is_not_utf8_refuses_the_whole_result",
                        a_text_that_is_not_utf8_refuses_the_whole_result);
        g_test_add_func("/output/a_list_with_such_a_text_refuses_the_whole_result",
                        a_list_with_such_a_text_refuses_the_whole_result);
        return g_test_run();
}
