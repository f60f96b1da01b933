/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a value of the configuration can be: a table of keys says where each goes and what it must look like.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* And the C type of its field. */
typedef enum {
        CONF_TEXT,    /* char *, owned; NULL if not given and without fallback */
        CONF_URI,     /* the same; "none" becomes "" */
        CONF_TEXTS,   /* GStrv: words separated by blanks; at least one */
        CONF_FLAG,    /* bool: yes, no, true, false */
        CONF_SIZE,    /* uint64_t, bytes */
        CONF_SECONDS, /* unsigned */
        CONF_COUNT,   /* unsigned */
        CONF_PERCENT, /* unsigned */
        CONF_ADDRESS, /* uint32_t, host byte order; the prefix, unsigned, goes to `second` */
        CONF_CHOICE,  /* an enum */
        CONF_PORTS,   /* GArray of uint32_t (ServiceProtocol << 16 | port): "22/tcp 53/udp"; may be empty */
} ConfType;

typedef struct {
        const char *section;
        const char *name;
        ConfType type;
        size_t offset;        /* of the field */
        const char *fallback; /* read like a value of the file; NULL: the field stays zero */
        bool (*check)(const char *text, GError **error); /* of texts; may be NULL */
        const char *const *choices; /* of CONF_CHOICE, in the order of the enum, NULL-terminated */
        uint64_t min, max;          /* of sizes and numbers, both included */
        size_t second;
        bool is_fixed; /* as long as the agent runs; only CONF_TEXT, CONF_URI and CONF_ADDRESS */
} ConfKey;

/* Read `value` into the structure `into`. Errors: USAGE quoting it and telling what is allowed. */
bool conf_value_read(const ConfKey *key, const char *value, void *into, GError **error);

/* Free what conf_value_read() has put there; nothing is fine. */
void conf_value_clear(const ConfKey *key, void *into);

bool conf_value_is_same(const ConfKey *key, const void *one, const void *other);

/* Of a key that is fixed. */
void conf_value_copy(const ConfKey *key, const void *from, void *into);

/* An absolute path without ".." and control characters. */
bool conf_check_path(const char *text, GError **error);

/* The same for files that ssh is told of: without blanks and what ssh replaces. */
bool conf_check_plain_path(const char *text, GError **error);

/* https://, http://, file:/// or an absolute path; the path of a local one may hold '*'. */
bool conf_check_depot(const char *text, GError **error);

/* The same, or ssh://USER@HOST[:PORT]/PATH. */
bool conf_check_list_source(const char *text, GError **error);

/* libvirt's URIs of drivers that we use, or "none". */
bool conf_check_container_uri(const char *text, GError **error);
bool conf_check_machine_uri(const char *text, GError **error);

/* A name for a network interface, and none that services' interfaces may have. */
bool conf_check_bridge(const char *text, GError **error);
