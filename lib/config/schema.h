/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A table of keys that reads a YAML file into a C structure: a new key is one line of a table.
 *
 *     static const SchemaKey keys[] = {
 *             {"name", SCHEMA_TEXT, offsetof(Thing, name), .required = true, .check = check_name},
 *             {"size", SCHEMA_SIZE, offsetof(Thing, size_bytes), .fallback = "2G", .max = 1 << 30},
 *             {0},
 *     };
 *
 * What is missing gets its `fallback`, which is read like a value of the file. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a key holds, and the C type of its field. */
typedef enum {
        SCHEMA_TEXT,    /* char *, owned; NULL if not given and without fallback */
        SCHEMA_SIZE,    /* uint64_t, bytes */
        SCHEMA_SECONDS, /* unsigned */
        SCHEMA_COUNT,   /* unsigned */
        SCHEMA_PORT,    /* uint16_t */
        SCHEMA_CHOICE,  /* an enum */
        SCHEMA_FLAG,    /* bool: yes, no */
        SCHEMA_TEXTS,   /* GStrv, never NULL */
        SCHEMA_GROUP,   /* a mapping whose fields lie in the same structure */
        SCHEMA_STRUCT,  /* a mapping in a structure of its own, owned pointer; NULL if not given */
        SCHEMA_STRUCTS, /* a list of such, GPtrArray, never NULL */
} SchemaType;

typedef struct SchemaLevel SchemaLevel;

typedef struct {
        const char *name;
        SchemaType type;
        size_t offset; /* of the field */
        bool required;
        const char *fallback;       /* NULL: the field stays as it is */
        const char *const *choices; /* of SCHEMA_CHOICE, in the order of the enum, NULL-terminated */
        /* of SCHEMA_TEXT and each of SCHEMA_TEXTS: USAGE, quoting the text and what is allowed */
        bool (*check)(const char *text, GError **error);
        uint64_t min, max;        /* of sizes and numbers; max 0: no bound */
        uint64_t multiple;        /* of sizes; 0: any */
        const SchemaLevel *level; /* of SCHEMA_GROUP, SCHEMA_STRUCT and SCHEMA_STRUCTS */
        const char *instead;      /* of SCHEMA_GROUP: the one scalar that may stand for an absent mapping */
} SchemaKey;

struct SchemaLevel {
        const SchemaKey *keys; /* ends with a NULL name */
        size_t size;           /* of the structure */
        GDestroyNotify free;   /* of the structure, taking half-filled ones */
};

/* Where each key that was given stands, and each text of a list: "volumes[1].name", "packages[2]" to its
 * line.
 */
typedef struct SchemaLines SchemaLines;
SchemaLines *schema_lines_new(void);
void schema_lines_free(SchemaLines *lines);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SchemaLines, schema_lines_free)

/* The line of `path`, or 0 if it was not given. */
unsigned schema_line(const SchemaLines *lines, const char *path);

/* Read `source`, which must have passed yaml_guard(), into `into`, a zeroed structure of `level`, and fill
 * `lines`. On failure `into` may be half filled. Errors: USAGE with "NAME:LINE: KEY: ..." and what is
 * allowed. */
bool schema_read(const SchemaLevel *level, GBytes *source, const char *name, void *into, SchemaLines *lines,
                 GError **error);
