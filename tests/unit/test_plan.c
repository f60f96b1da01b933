/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each case of tests/cases/plan*.case: a Want and a Have, and the plan of them. Then the steps are played, and
 * the next plan must have none. plan.case describes the form. */
#include "plan.h"

#include "cases.h"
#include "plan_play.h"
#include "units.h"

typedef struct {
        Want *want;
        Have *have;
} Scene;

static const char *value_of(const char *word, const char *key)
{
        size_t length = strlen(key);
        return strncmp(word, key, length) == 0 && word[length] == '=' ? word + length + 1 : NULL;
}

static uint64_t read_size(const char *text)
{
        uint64_t bytes = 0;
        g_autoptr(GError) error = NULL;
        size_parse(text, &bytes, &error);
        g_assert_no_error(error);
        return bytes;
}

static unsigned read_number(const char *text)
{
        return (unsigned)g_ascii_strtoull(text, NULL, 10);
}

static PlanVersion *new_version(const char *service, const char *version)
{
        PlanVersion *one = plan_version_new(service, version);
        one->kind = KIND_CONTAINER;
        one->as_container = true;
        one->memory_bytes = 100000000;
        one->disk_bytes = 1000000000;
        one->priority = 50;
        one->exclusive = true;
        return one;
}

static void set_names(GStrv *names, const char *text)
{
        g_strfreev(*names);
        *names = g_strsplit(text, ",", -1);
}

static void add_port(PlanVersion *one, const char *text)
{
        uint32_t protocol = strstr(text, "/udp") ? PROTOCOL_UDP : PROTOCOL_TCP;
        uint32_t port = protocol << 16 | read_number(text);
        g_array_append_val(one->host_ports, port);
}

static void set_kind(PlanVersion *one, const char *text)
{
        one->kind = strcmp(text, "vm") == 0     ? KIND_VM
                    : strcmp(text, "host") == 0 ? KIND_HOST
                                                : KIND_CONTAINER;
        one->as_container = one->kind == KIND_CONTAINER;
}

static void read_attribute(PlanVersion *one, const char *word)
{
        const char *value = NULL;
        if ((value = value_of(word, "memory")))
                one->memory_bytes = read_size(value);
        else if ((value = value_of(word, "disk")))
                one->disk_bytes = read_size(value);
        else if ((value = value_of(word, "priority")))
                one->priority = read_number(value);
        else if ((value = value_of(word, "needs")))
                set_names(&one->needs, value);
        else if ((value = value_of(word, "after")))
                set_names(&one->after, value);
        else if ((value = value_of(word, "port")))
                add_port(one, value);
        else if ((value = value_of(word, "address")))
                one->address = g_strdup(value);
        else if ((value = value_of(word, "kind")))
                set_kind(one, value);
        else if ((value = value_of(word, "volume")))
                plan_version_add_volume(one, "data", read_size(value));
        else if (strcmp(word, "as-container") == 0)
                one->as_container = true;
        else if (strcmp(word, "beside") == 0)
                one->exclusive = false;
        else if (strcmp(word, "fetched") == 0)
                one->fetched = true;
        else
                g_error("unknown word in a case: %s", word);
}

static void read_want(Scene *scene, GStrv words)
{
        PlanVersion *one = new_version(words[1], words[2]);
        for (char **word = words + 3; *word; word++)
                read_attribute(one, *word);
        if (!one->fetched)
                one->fetch_bytes = 300000000;
        g_ptr_array_add(scene->want->services, one);
}

static void add_version(HaveService *one, const char *version, uint64_t disk_bytes)
{
        for (guint i = 0; i < one->versions->len; i++)
                if (strcmp(((PlanKept *)one->versions->pdata[i])->version, version) == 0)
                        return;
        have_service_add_version(one, version, disk_bytes);
}

static PlanVersion *read_version(HaveService *one, const char *text)
{
        PlanVersion *version = new_version(one->service, text);
        version->fetched = true;
        version->disk_bytes = 0;
        add_version(one, text, 0);
        return version;
}

static void read_kept(HaveService *one, const char *text)
{
        g_auto(GStrv) parts = g_strsplit(text, ":", 2);
        add_version(one, parts[0], parts[1] ? read_size(parts[1]) : 0);
}

static void remove_version(HaveService *one, const char *version)
{
        for (guint i = one->versions->len; i-- > 0;)
                if (strcmp(((PlanKept *)one->versions->pdata[i])->version, version) == 0)
                        g_ptr_array_remove_index(one->versions, i);
}

static void read_bad(HaveService *one, const char *text)
{
        g_auto(GStrv) parts = g_strsplit(text, "@", 2);
        have_service_add_bad(one, parts[0], read_number(parts[1]));
}

static void read_here(Scene *scene, GStrv words)
{
        HaveService *one = have_service_new(words[1]);
        g_ptr_array_add(scene->have->services, one);
        for (char **word = words + 2; *word; word++) {
                const char *value = NULL;
                if ((value = value_of(*word, "current")))
                        one->current = read_version(one, value);
                else if ((value = value_of(*word, "previous")))
                        one->previous = read_version(one, value);
                else if ((value = value_of(*word, "candidate")))
                        one->candidate = read_version(one, value);
                else if ((value = value_of(*word, "running")))
                        add_version(one, one->running = g_strdup(value), 0);
                else if ((value = value_of(*word, "beside")))
                        add_version(one, one->beside = g_strdup(value), 0);
                else if ((value = value_of(*word, "kept")))
                        read_kept(one, value);
                else if ((value = value_of(*word, "gone")))
                        remove_version(one, value);
                else if ((value = value_of(*word, "bad")))
                        read_bad(one, value);
                else if ((value = value_of(*word, "volume")))
                        have_service_add_volume(one, "data", read_size(value));
                else if (strcmp(*word, "other-settings") == 0)
                        one->other_settings = true;
                else if (strcmp(*word, "halted") == 0)
                        one->halted = true;
                else
                        g_error("unknown word in a case: %s", *word);
        }
}

/* More about a version that this host has. */
static void read_of(Scene *scene, GStrv words)
{
        HaveService *service = play_service(scene->have, words[1]);
        PlanVersion *versions[] = {service->current, service->previous, service->candidate};
        bool is_there = false;
        for (size_t i = 0; i < G_N_ELEMENTS(versions); i++) {
                if (!versions[i] || strcmp(versions[i]->version, words[2]) != 0)
                        continue;
                is_there = true;
                for (char **word = words + 3; *word; word++)
                        if (strcmp(*word, "lost") == 0)
                                versions[i]->fetched = false;
                        else
                                read_attribute(versions[i], *word);
        }
        g_assert_true(is_there);
}

static void read_host(Scene *scene, GStrv words)
{
        for (char **word = words + 1; *word; word++) {
                const char *value = NULL;
                if ((value = value_of(*word, "memory")))
                        scene->have->memory_bytes = read_size(value);
                else if ((value = value_of(*word, "disk")))
                        scene->have->disk_free_bytes = read_size(value);
                else if ((value = value_of(*word, "serial")))
                        scene->want->serial = read_number(value);
                else if (strcmp(*word, "no-machines") == 0)
                        scene->have->runs_machines = false;
                else if (strcmp(*word, "no-containers") == 0)
                        scene->have->runs_containers = false;
                else if (strcmp(*word, "expired") == 0)
                        scene->want->may_install = false;
                else
                        g_error("unknown word in a case: %s", *word);
        }
}

static void read_line(Scene *scene, const char *line)
{
        g_auto(GStrv) words = g_strsplit(line, " ", -1);
        if (!words[0])
                return;
        if (strcmp(words[0], "want") == 0)
                read_want(scene, words);
        else if (strcmp(words[0], "here") == 0)
                read_here(scene, words);
        else if (strcmp(words[0], "of") == 0)
                read_of(scene, words);
        else if (strcmp(words[0], "host") == 0)
                read_host(scene, words);
        else if (strcmp(words[0], "left-alone") == 0)
                g_ptr_array_add(scene->want->left_alone, g_strdup(words[1]));
        else
                g_error("unknown line in a case: %s", line);
}

/* The wanted version is fetched if this host has it in any role. */
static void find_fetched(Scene *scene)
{
        for (guint i = 0; i < scene->want->services->len; i++) {
                PlanVersion *one = scene->want->services->pdata[i];
                HaveService *here = play_service(scene->have, one->service);
                for (guint j = 0; here && j < here->versions->len; j++)
                        one->fetched |=
                                strcmp(((PlanKept *)here->versions->pdata[j])->version, one->version) == 0;
                if (here && here->current && strcmp(here->current->version, one->version) == 0)
                        one->fetched = here->current->fetched;
                if (one->fetched)
                        one->fetch_bytes = one->disk_bytes = 0;
        }
}

static void scene_read(Scene *scene, const char *text)
{
        scene->want = want_new();
        scene->have = have_new();
        scene->want->serial = 10;
        scene->want->may_install = true;
        scene->want->why_not = "the list has expired";
        scene->have->memory_bytes = 1000000000;
        scene->have->disk_free_bytes = 10000000000;
        scene->have->runs_containers = scene->have->runs_machines = true;
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
        for (char **line = lines; *line; line++)
                read_line(scene, *line);
        find_fetched(scene);
}

static char *plan_text(const Plan *plan)
{
        GString *text = g_string_new(NULL);
        for (guint i = 0; i < plan->steps->len; i++) {
                g_autofree char *step = play_step_text(plan->steps->pdata[i]);
                g_string_append_printf(text, "%s\n", step);
        }
        for (guint i = 0; i < plan->problems->len; i++) {
                const Problem *problem = plan->problems->pdata[i];
                g_string_append_printf(text, "%s %s: %s\n", problem->blocks ? "!" : "~", problem->service,
                                       problem->message);
        }
        return g_strstrip(g_string_free(text, FALSE));
}

static void run_case(const void *data)
{
        const Case *one = data;
        Scene scene;
        scene_read(&scene, one->input);
        g_autoptr(Want) want = scene.want;
        g_autoptr(Have) have = scene.have;
        g_autoptr(Plan) plan = plan_make(want, have);
        g_autofree char *text = plan_text(plan);
        g_assert_cmpstr(text, ==, one->expected);
        play_check_plan(want, have, plan);
        play_all(want, have, plan);
        g_autoptr(Plan) next = plan_make(want, have);
        g_autofree char *rest = plan_text(next);
        g_test_message("planned again: %s", rest);
        g_assert_cmpuint(next->steps->len, ==, 0);
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        cases_add("plan", 80, run_case);
        return g_test_run();
}
