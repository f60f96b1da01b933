/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "relation.h"

#include <stdlib.h>
#include <string.h>

#include "debversion.h"
#include "errors.h"

Relation *relation_new(const char *name, const char *version)
{
        Relation *relation = g_new0(Relation, 1);
        relation->name = g_strdup(name);
        relation->version = g_strdup(version);
        return relation;
}

void relation_free(Relation *relation)
{
        if (!relation)
                return;
        g_free(relation->name);
        g_free(relation->version);
        g_free(relation);
}

static void free_one(void *relation)
{
        relation_free(relation);
}

GPtrArray *relations_new(void)
{
        return g_ptr_array_new_with_free_func(free_one);
}

bool package_pattern_is_valid(const char *text)
{
        size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789+.-*?");
        return length > 0 && length <= DEBIAN_NAME_MAX && !text[length] && strpbrk(text, "*?") != NULL;
}

/* Returns: owned relation of exactly "NAME" or "NAME (= VERSION)". */
static Relation *parse_one(const char *text, bool with_patterns, GError **error)
{
        static const char opening[] = " (= ";
        const char *rest = strstr(text, opening);
        g_autofree char *name = rest ? g_strndup(text, (size_t)(rest - text)) : g_strdup(text);
        g_autofree char *version = NULL;
        if (rest && g_str_has_suffix(rest, ")")) {
                rest += strlen(opening);
                version = g_strndup(rest, strlen(rest) - 1);
        }
        bool is_pattern = with_patterns && !rest && package_pattern_is_valid(name);
        if (!is_pattern && !debian_name_is_valid(name)) {
                fail(error, LAUTTA_ERROR_CORRUPT, "'%s' is not a package's name", name);
                return NULL;
        }
        if (rest && (!version || !debian_version_is_valid(version))) {
                fail(error, LAUTTA_ERROR_CORRUPT, "'%s' is not of the form 'NAME (= VERSION)'", text);
                return NULL;
        }
        return relation_new(name, version);
}

static int compare(const void *a, const void *b)
{
        const Relation *const *left = a, *const *right = b;
        return strcmp((*left)->name, (*right)->name);
}

void relations_sort(GPtrArray *relations)
{
        g_ptr_array_sort(relations, compare);
}

static bool check_no_twins(const GPtrArray *relations, GError **error)
{
        for (guint i = 1; i < relations->len; i++) {
                const Relation *relation = relations->pdata[i];
                if (compare(&relations->pdata[i - 1], &relations->pdata[i]) == 0)
                        return fail(error, LAUTTA_ERROR_CORRUPT, "'%s' is named twice", relation->name);
        }
        return true;
}

bool relations_parse(const char *value, bool with_patterns, GPtrArray *relations, GError **error)
{
        g_auto(GStrv) parts = g_strsplit(value, ",", RELATIONS_MAX + 2);
        if (g_strv_length(parts) > RELATIONS_MAX)
                return fail(error, LAUTTA_ERROR_CORRUPT, "it names more than %d packages", RELATIONS_MAX);
        if (!*parts)
                return fail(error, LAUTTA_ERROR_CORRUPT, "it is empty: leave the field out");
        for (char **part = parts; *part; part++) {
                Relation *relation = parse_one(g_strstrip(*part), with_patterns, error);
                if (!relation)
                        return false;
                g_ptr_array_add(relations, relation);
        }
        relations_sort(relations);
        return check_no_twins(relations, error);
}

const Relation *relations_find(const GPtrArray *relations, const char *name)
{
        const Relation wanted = {.name = (char *)name};
        const Relation *key = &wanted;
        const Relation *const *found =
                relations->len ? bsearch(&key, relations->pdata, relations->len, sizeof key, compare) : NULL;
        return found ? *found : NULL;
}

char *relation_format(const Relation *relation)
{
        return relation->version ? g_strdup_printf("%s (= %s)", relation->name, relation->version)
                                 : g_strdup(relation->name);
}
