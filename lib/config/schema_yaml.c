/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "schema_yaml.h"

#include <string.h>
#include <yaml.h>

#include "errors.h"
#include "schema_value.h"

/* One reading. */
typedef struct {
        const char *name;
        yaml_document_t *document;
        SchemaLines *lines;
} Walk;

static unsigned line_of(const yaml_node_t *node)
{
        return (unsigned)node->start_mark.line + 1;
}

/* Prefix the error with file, line and path. Always false, so that a caller can return it. */
static bool at(const Walk *walk, const yaml_node_t *node, const char *path, GError **error)
{
        g_prefix_error(error, "%s:%u: %s%s", walk->name, line_of(node), path, *path ? ": " : "");
        return false;
}

static const char *scalar(const yaml_node_t *node)
{
        return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

static char *join(const char *prefix, const char *name)
{
        return g_strconcat(prefix, *prefix ? "." : "", name, NULL);
}

/* The value of `name` in a mapping, or NULL. */
static yaml_node_t *find(const Walk *walk, const yaml_node_t *mapping, const char *name)
{
        const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
        for (; pair < mapping->data.mapping.pairs.top; pair++) {
                const char *key = scalar(yaml_document_get_node(walk->document, pair->key));
                if (key && strcmp(key, name) == 0)
                        return yaml_document_get_node(walk->document, pair->value);
        }
        return NULL;
}

/* Check a key of a mapping against the table and the keys before it (name to line). */
static bool check_key(const Walk *walk, const SchemaLevel *level, const yaml_node_t *node, const char *prefix,
                      GHashTable *seen, GError **error)
{
        const char *name = scalar(node);
        if (!name)
                return fail(error, LAUTTA_ERROR_USAGE, "a key must be a word") ||
                       at(walk, node, prefix, error);
        if (!schema_key(level, name))
                return schema_fail_unknown(level, name, error) || at(walk, node, prefix, error);
        unsigned first = GPOINTER_TO_UINT(g_hash_table_lookup(seen, name));
        if (first)
                return fail(error, LAUTTA_ERROR_USAGE, "the key '%s' is given twice: first in line %u", name,
                            first) ||
                       at(walk, node, prefix, error);
        g_hash_table_insert(seen, (char *)name, GUINT_TO_POINTER(line_of(node)));
        g_autofree char *path = join(prefix, name);
        schema_lines_add(walk->lines, path, line_of(node));
        return true;
}

static bool check_keys(const Walk *walk, const SchemaLevel *level, const yaml_node_t *mapping,
                       const char *prefix, GError **error)
{
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        const yaml_node_pair_t *pair = mapping->data.mapping.pairs.start;
        for (; pair < mapping->data.mapping.pairs.top; pair++) {
                const yaml_node_t *node = yaml_document_get_node(walk->document, pair->key);
                if (!check_key(walk, level, node, prefix, seen, error))
                        return false;
        }
        return true;
}

static bool read_level(const Walk *walk, const SchemaLevel *level, const yaml_node_t *mapping,
                       const char *prefix, void *into, GError **error);

static bool read_scalar(const Walk *walk, const SchemaKey *key, const yaml_node_t *node, const char *path,
                        void *field, GError **error)
{
        const char *text = scalar(node);
        if (!text)
                return fail(error, LAUTTA_ERROR_USAGE, "must be one value, not a %s",
                            node->type == YAML_SEQUENCE_NODE ? "list" : "mapping") ||
                       at(walk, node, path, error);
        if (!*text)
                return fail(error, LAUTTA_ERROR_USAGE, "the value is empty") || at(walk, node, path, error);
        return schema_value_read(key, text, field, error) || at(walk, node, path, error);
}

static bool is_list(const Walk *walk, const yaml_node_t *node, const char *path, GError **error)
{
        if (node->type == YAML_SEQUENCE_NODE)
                return true;
        return fail(error, LAUTTA_ERROR_USAGE, "must be a list, like [one, two]") ||
               at(walk, node, path, error);
}

static bool read_texts(const Walk *walk, const SchemaKey *key, const yaml_node_t *list, const char *path,
                       GStrv *field, GError **error)
{
        if (!is_list(walk, list, path, error))
                return false;
        g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
        const yaml_node_item_t *item = list->data.sequence.items.start;
        for (; item < list->data.sequence.items.top; item++) {
                const yaml_node_t *node = yaml_document_get_node(walk->document, *item);
                char *text = NULL;
                if (!read_scalar(walk, key, node, path, &text, error))
                        return false;
                g_autofree char *place = g_strdup_printf("%s[%u]", path, texts->len);
                schema_lines_add(walk->lines, place, line_of(node));
                g_ptr_array_add(texts, text);
        }
        g_ptr_array_add(texts, NULL);
        g_strfreev(*field);
        *field = (GStrv)g_ptr_array_steal(texts, NULL);
        return true;
}

static bool read_structs(const Walk *walk, const SchemaKey *key, const yaml_node_t *list, const char *path,
                         GPtrArray *field, GError **error)
{
        if (!is_list(walk, list, path, error))
                return false;
        const yaml_node_item_t *item = list->data.sequence.items.start;
        for (; item < list->data.sequence.items.top; item++) {
                g_autofree char *place = g_strdup_printf("%s[%u]", path, field->len);
                void *one = g_malloc0(key->level->size);
                g_ptr_array_add(field, one);
                if (!schema_fill(key->level, one, error) ||
                    !read_level(walk, key->level, yaml_document_get_node(walk->document, *item), place, one,
                                error))
                        return false;
        }
        return true;
}

/* Read a mapping that was given, or the one scalar that may stand for its absence. */
static bool read_group(const Walk *walk, const SchemaKey *key, const yaml_node_t *node, const char *path,
                       void *into, GError **error)
{
        const char *text = scalar(node);
        if (!text || !key->instead)
                return read_level(walk, key->level, node, path, into, error);
        if (strcmp(text, key->instead) == 0)
                return true;
        g_autofree char *known = schema_known_keys(key->level);
        return fail(error, LAUTTA_ERROR_USAGE, "must be '%s' or a mapping with keys out of: %s", key->instead,
                    known) ||
               at(walk, node, path, error);
}

static bool read_value(const Walk *walk, const SchemaKey *key, const yaml_node_t *node, const char *path,
                       void *into, GError **error)
{
        void *field = (char *)into + key->offset;
        switch (key->type) {
        case SCHEMA_GROUP:
                return read_group(walk, key, node, path, into, error);
        case SCHEMA_STRUCT:
                *(void **)field = g_malloc0(key->level->size);
                return schema_fill(key->level, *(void **)field, error) &&
                       read_level(walk, key->level, node, path, *(void **)field, error);
        case SCHEMA_STRUCTS:
                return read_structs(walk, key, node, path, *(GPtrArray **)field, error);
        case SCHEMA_TEXTS:
                return read_texts(walk, key, node, path, field, error);
        default:
                return read_scalar(walk, key, node, path, field, error);
        }
}

static bool check_mapping(const Walk *walk, const SchemaLevel *level, const yaml_node_t *node,
                          const char *prefix, GError **error)
{
        if (node->type == YAML_MAPPING_NODE)
                return check_keys(walk, level, node, prefix, error);
        g_autofree char *known = schema_known_keys(level);
        return fail(error, LAUTTA_ERROR_USAGE, "must be a mapping with keys out of: %s", known) ||
               at(walk, node, prefix, error);
}

static bool read_level(const Walk *walk, const SchemaLevel *level, const yaml_node_t *mapping,
                       const char *prefix, void *into, GError **error)
{
        if (!check_mapping(walk, level, mapping, prefix, error))
                return false;
        for (const SchemaKey *key = level->keys; key->name; key++) {
                g_autofree char *path = join(prefix, key->name);
                const yaml_node_t *node = find(walk, mapping, key->name);
                if (!node && key->required)
                        return fail(error, LAUTTA_ERROR_USAGE, "the key '%s' is missing", key->name) ||
                               at(walk, mapping, prefix, error);
                if (node && !read_value(walk, key, node, path, into, error))
                        return false;
        }
        return true;
}

bool schema_yaml_read(const SchemaLevel *level, GBytes *source, const char *name, void *into,
                      SchemaLines *lines, GError **error)
{
        size_t size = 0;
        const unsigned char *text = g_bytes_get_data(source, &size);
        yaml_parser_t parser;
        yaml_document_t document;
        if (!yaml_parser_initialize(&parser))
                return fail(error, LAUTTA_ERROR_SYSTEM, "%s: no memory for a YAML parser", name);
        yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&parser, text, size);
        bool good = yaml_parser_load(&parser, &document);
        yaml_parser_delete(&parser);
        if (!good)
                return fail(error, LAUTTA_ERROR_USAGE, "%s: not YAML", name);

        Walk walk = {name, &document, lines};
        yaml_node_t *root = yaml_document_get_root_node(&document);
        good = root ? schema_fill(level, into, error) && read_level(&walk, level, root, "", into, error)
                    : fail(error, LAUTTA_ERROR_USAGE, "%s:1: the file is empty", name);
        yaml_document_delete(&document);
        return good;
}
