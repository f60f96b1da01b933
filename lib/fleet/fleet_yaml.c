/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables of keys of services/, groups/ and hosts/. */
#include <string.h>

#include "description_text.h"
#include "errors.h"
#include "fleet_private.h"
#include "list.h"
#include "names.h"
#include "schema_yaml.h"
#include "yaml_guard.h"

/* A file's values as the schema reads them. */
typedef struct {
        char *key;
        GStrv groups, must_have, may_have, may_not_have, as_container, requires;
        char *architecture, *version;
        unsigned valid_s, interval_s;
} Draft;

static void draft_clear(Draft *draft)
{
        g_free(draft->key);
        g_strfreev(draft->groups);
        g_strfreev(draft->must_have);
        g_strfreev(draft->may_have);
        g_strfreev(draft->may_not_have);
        g_strfreev(draft->as_container);
        g_strfreev(draft->requires);
        g_free(draft->architecture);
        g_free(draft->version);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Draft, draft_clear)

static bool check_must(const char *text, GError **error)
{
        return fleet_check_wish(FLEET_MUST, text, error);
}

static bool check_may(const char *text, GError **error)
{
        return fleet_check_wish(FLEET_MAY, text, error);
}

static bool check_may_not(const char *text, GError **error)
{
        return fleet_check_wish(FLEET_MAY_NOT, text, error);
}

static bool check_service_version(const char *text, GError **error)
{
        return strcmp(text, "newest") == 0 || check_version(text, error);
}

static bool check_architecture(const char *text, GError **error)
{
        return strcmp(text, "amd64") == 0 || strcmp(text, "arm64") == 0 ||
               fail(error, LAUTTA_ERROR_USAGE, "'%s' is not one of: amd64, arm64", text);
}

#define FIELD(field) offsetof(Draft, field)

/* Keys of both hosts and groups. */
#define NODE_KEYS                                                                                            \
        {"must-have", SCHEMA_TEXTS, FIELD(must_have), .check = check_must},                                  \
                {"may-have", SCHEMA_TEXTS, FIELD(may_have), .check = check_may},                             \
                {"may-not-have", SCHEMA_TEXTS, FIELD(may_not_have), .check = check_may_not},                 \
                {"as-container", SCHEMA_TEXTS, FIELD(as_container), .check = check_service_name},            \
                {"architecture", SCHEMA_TEXT, FIELD(architecture), .check = check_architecture},             \
                {"valid", SCHEMA_SECONDS, FIELD(valid_s), .min = FLEET_VALID_MIN_S,                          \
                 .max = FLEET_VALID_MAX_S},                                                                  \
        {                                                                                                    \
                "interval", SCHEMA_SECONDS, FIELD(interval_s), .min = LIST_INTERVAL_MIN_S,                   \
                                                               .max = LIST_INTERVAL_MAX_S                    \
        }

static const SchemaKey host_keys[] = {
        {"key", SCHEMA_TEXT, FIELD(key), .required = true, .check = check_host_key},
        {"groups", SCHEMA_TEXTS, FIELD(groups), .check = check_host_name},
        NODE_KEYS,
        {0},
};
static const SchemaLevel host_level = {host_keys, sizeof(Draft), NULL};

static const SchemaKey group_keys[] = {
        {"extends", SCHEMA_TEXTS, FIELD(groups), .check = check_host_name},
        NODE_KEYS,
        {0},
};
static const SchemaLevel group_level = {group_keys, sizeof(Draft), NULL};

static const SchemaKey service_keys[] = {
        {"version", SCHEMA_TEXT, FIELD(version), .fallback = "newest", .check = check_service_version},
        {"requires", SCHEMA_TEXTS, FIELD(requires), .check = check_service_name},
        {0},
};
static const SchemaLevel service_level = {service_keys, sizeof(Draft), NULL};

static bool read_draft(const SchemaLevel *level, GBytes *source, const char *file, Draft *draft,
                       SchemaLines *lines, GError **error)
{
        return yaml_guard(source, file, error) && schema_yaml_read(level, source, file, draft, lines, error);
}

/* Returns: the place of item `i` of the list `key`. */
static FleetPlace place_of(const char *file, const SchemaLines *lines, const char *key, unsigned i)
{
        g_autofree char *path = g_strdup_printf("%s[%u]", key, i);
        return (FleetPlace){file, schema_line(lines, path)};
}

static void take_references(GPtrArray *references, GStrv texts, const char *file, const SchemaLines *lines,
                            const char *key)
{
        for (unsigned i = 0; texts && texts[i]; i++)
                fleet_add_reference(references, texts[i], place_of(file, lines, key, i));
}

static bool take_wishes(FleetNode *node, FleetKind kind, GStrv texts, const SchemaLines *lines,
                        const char *key, GError **error)
{
        for (unsigned i = 0; texts[i]; i++)
                if (!fleet_add_wish(node, kind, texts[i], place_of(node->file, lines, key, i), error))
                        return false;
        return true;
}

static FleetSetting take_setting(const FleetNode *node, const char *text, unsigned number,
                                 const SchemaLines *lines, const char *key)
{
        return (FleetSetting){g_strdup(text), number, {node->file, schema_line(lines, key)}};
}

static bool take_node(FleetNode *node, Draft *draft, const SchemaLines *lines, const char *groups_key,
                      GError **error)
{
        node->host_key = g_strdup(draft->key);
        take_references(node->groups, draft->groups, node->file, lines, groups_key);
        take_references(node->as_container, draft->as_container, node->file, lines, "as-container");
        node->architecture = take_setting(node, draft->architecture, 0, lines, "architecture");
        node->valid = take_setting(node, NULL, draft->valid_s, lines, "valid");
        node->interval = take_setting(node, NULL, draft->interval_s, lines, "interval");
        return take_wishes(node, FLEET_MUST, draft->must_have, lines, "must-have", error) &&
               take_wishes(node, FLEET_MAY, draft->may_have, lines, "may-have", error) &&
               take_wishes(node, FLEET_MAY_NOT, draft->may_not_have, lines, "may-not-have", error);
}

bool fleet_read_host(FleetNode *host, GBytes *source, GError **error)
{
        g_auto(Draft) draft = {0};
        g_autoptr(SchemaLines) lines = schema_lines_new();
        return read_draft(&host_level, source, host->file, &draft, lines, error) &&
               take_node(host, &draft, lines, "groups", error);
}

bool fleet_read_group(FleetNode *group, GBytes *source, GError **error)
{
        g_auto(Draft) draft = {0};
        g_autoptr(SchemaLines) lines = schema_lines_new();
        return read_draft(&group_level, source, group->file, &draft, lines, error) &&
               take_node(group, &draft, lines, "extends", error);
}

bool fleet_read_service(FleetService *service, GBytes *source, GError **error)
{
        g_auto(Draft) draft = {0};
        g_autoptr(SchemaLines) lines = schema_lines_new();
        if (!read_draft(&service_level, source, service->file, &draft, lines, error))
                return false;
        service->version = g_steal_pointer(&draft.version);
        service->version_line = schema_line(lines, "version");
        take_references(service->requires, draft.requires, service->file, lines, "requires");
        return true;
}
