/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A table of keys that a file is read by into a C structure: a new key is one line of a table.
 *
 *     static const SchemaKey keys[] = {
 *             {"name", SCHEMA_TEXT, offsetof(Thing, name), .required = true, .check = check_name},
 *             {"size", SCHEMA_SIZE, offsetof(Thing, size_bytes), .fallback = "2G", .max = 1 << 30},
 *             {0},
 *     };
 *
 * A key that the file lacks gets its `fallback`, which is read like a value of the file. The same table serves
 * YAML (schema_yaml.h) and INI files (schema_ini.h), where each section is a SCHEMA_GROUP. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The kind of a key's value, and the C type of its field. */
typedef enum {
        SCHEMA_TEXT,    /* char *, owned; NULL if not given and without fallback */
        SCHEMA_SIZE,    /* uint64_t, bytes */
        SCHEMA_SECONDS, /* unsigned */
        SCHEMA_COUNT,   /* unsigned */
        SCHEMA_PERCENT, /* unsigned */
        SCHEMA_PORT,    /* uint16_t */
        SCHEMA_CHOICE,  /* an enum */
        SCHEMA_FLAG,    /* bool: yes, no */
        SCHEMA_SWITCH,  /* bool: yes, no, true, false */
        SCHEMA_TEXTS,   /* GStrv, never NULL */
        SCHEMA_OWN,     /* a type of the table's owner */
        SCHEMA_GROUP,   /* a mapping or section whose fields lie in the same structure */
        SCHEMA_STRUCT,  /* YAML: a mapping in a structure of its own, owned pointer; NULL if not given */
        SCHEMA_STRUCTS, /* YAML: a list of such, GPtrArray, never NULL */
} SchemaType;

/* A type that only one program knows. `read` frees the value that it replaces. */
typedef struct {
        bool (*read)(const char *text, void *field, GError **error); /* as schema_value_read() */
        void (*clear)(void *field);                                  /* NULL: there is nothing to free */
        bool (*is_same)(const void *one, const void *other);
        void (*copy)(const void *from, void *field); /* NULL unless a key of it is fixed */
} SchemaOwn;

typedef struct SchemaLevel SchemaLevel;

typedef struct {
        const char *name;
        SchemaType type;
        size_t offset; /* of the field */
        bool required;
        bool is_fixed;              /* as long as the program runs; SCHEMA_TEXT and SCHEMA_OWN only */
        const char *fallback;       /* NULL: the field stays as it is */
        const char *const *choices; /* of SCHEMA_CHOICE, in the order of the enum, NULL-terminated */
        /* of SCHEMA_TEXT and each of SCHEMA_TEXTS: USAGE, quoting the text and what is allowed */
        bool (*check)(const char *text, GError **error);
        uint64_t min, max;        /* of sizes and numbers; max 0: no bound */
        uint64_t multiple;        /* of sizes; 0: any */
        const SchemaOwn *own;     /* of SCHEMA_OWN */
        const SchemaLevel *level; /* of SCHEMA_GROUP, SCHEMA_STRUCT and SCHEMA_STRUCTS */
        /* of SCHEMA_GROUP: the one scalar that may stand for an absent mapping; of SCHEMA_TEXT: the word that
         * stands for "" */
        const char *instead;
} SchemaKey;

struct SchemaLevel {
        const SchemaKey *keys; /* ends with a NULL name */
        size_t size;           /* of the structure */
        GDestroyNotify free;   /* of the structure, taking half-filled ones */
};

/* The line of each key that was given, and of each text of a list: "volumes[1].name", "packages[2]". */
typedef struct SchemaLines SchemaLines;
SchemaLines *schema_lines_new(void);
void schema_lines_free(SchemaLines *lines);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SchemaLines, schema_lines_free)

/* `path` is copied. */
void schema_lines_add(SchemaLines *lines, const char *path, unsigned line);

/* The line of `path`, or 0 if it was not given. */
unsigned schema_line(const SchemaLines *lines, const char *path);

/* The key of that name in `level`, or NULL. */
const SchemaKey *schema_key(const SchemaLevel *level, const char *name);

/* Always false, with USAGE: `name` is no key of `level`, the nearest one, and all there are. */
bool schema_fail_unknown(const SchemaLevel *level, const char *name, GError **error);

/* Returns: owned "one, two, three". */
char *schema_known_keys(const SchemaLevel *level);

/* Put all fallbacks of `level` and its groups into the zeroed structure `into`. */
bool schema_fill(const SchemaLevel *level, void *into, GError **error);

/* Free all values of the structure `into`, but not the structure. Half-filled ones are fine. */
void schema_clear(const SchemaLevel *level, void *into);

/* True if each key has the same value in both. Not for levels with structures in them. */
bool schema_is_same(const SchemaLevel *level, const void *one, const void *other);

/* Give each key with `is_fixed` in `into` the value that it has in `before`. Returns: owned words for people
 * that name the keys whose value this changed; NULL: none. */
char *schema_keep_fixed(const SchemaLevel *level, const void *before, void *into);
