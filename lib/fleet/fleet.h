/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A fleet: what the operator wrote about services, groups and hosts, read and checked file by file
 * (docs/fleet.md). What it comes to for each host is another matter: fleet_compile.h. */
#pragma once

#include <glib.h>
#include <stdbool.h>

enum {
        FLEET_FILE_MAX_BYTES = 256 * 1024,
        FLEET_FILES_MAX = 50000,
        FLEET_DEPTH_MAX = 32,
        FLEET_VALID_MIN_S = 60,
        FLEET_VALID_MAX_S = 3650 * 24 * 3600,
        FLEET_VALID_DEFAULT_S = 30 * 24 * 3600,
};

/* One file: its path below the fleet directory, and its content. */
typedef struct {
        char *path;
        GBytes *content;
} FleetFile;

FleetFile *fleet_file_new(const char *path, GBytes *content);
void fleet_file_free(FleetFile *file);

/* Returns: owned empty array that owns its FleetFile. */
GPtrArray *fleet_files_new(void);

/* Where something was said. `file` is owned by the fleet. */
typedef struct {
        const char *file;
        unsigned line;
} FleetPlace;

typedef enum { WISH_MUST, WISH_MAY, WISH_MAY_NOT } WishKind;

/* One entry of must-have, may-have or may-not-have. */
typedef struct {
        WishKind kind;
        char *name;    /* a package or service; with WISH_MAY also a pattern */
        char *version; /* a version, "newest", or NULL where none was said */
        FleetPlace place;
} Wish;

/* Another group or service that is referred to. */
typedef struct {
        char *name;
        FleetPlace place;
} FleetReference;

/* A text or number that the nearest node decides; line 0: not given. */
typedef struct {
        char *text;
        unsigned number;
        FleetPlace place;
} FleetSetting;

/* One file of settings/NODE/SERVICE/. */
typedef struct {
        char *service;
        char *name;
        GBytes *content;
        FleetPlace place;
} FleetSettingsFile;

/* A host or a group. */
typedef struct {
        char *name;
        const char *file;        /* or the directory of its pkgsync files */
        char *host_key;          /* of a host */
        GPtrArray *groups;       /* FleetReference: those of a host, or those that a group extends */
        GPtrArray *wishes;       /* Wish */
        GPtrArray *as_container; /* FleetReference */
        GPtrArray *settings;     /* FleetSettingsFile */
        FleetSetting architecture, valid, interval; /* the latter two in seconds */
        unsigned order; /* of a group: lower than that of every group it extends */
} FleetNode;

typedef struct {
        char *name;
        const char *file;
        char *version;         /* "newest" by default */
        unsigned version_line; /* 0 if it was not given */
        GPtrArray *requires;   /* FleetReference: what a host needs beside it */
} FleetService;

typedef struct {
        GHashTable *services;  /* name to FleetService */
        GHashTable *groups;    /* name to FleetNode */
        GPtrArray *hosts;      /* FleetNode, sorted by name */
        GPtrArray *sorted;     /* FleetNode of every group, by their order; borrowed */
        GStringChunk *strings; /* the files' names */
        bool is_whole;         /* it tells of every host, so that others have no list any more */
} Fleet;

/* A pkgsync directory that stands for one host: who that is. Borrowed; `key` may be NULL if there is a file
 * host-key. */
typedef struct {
        const char *host;
        const char *key;
} FleetSingle;

/* Read the files of a fleet directory: services/NAME.yaml, groups/NAME.yaml, hosts/NAME.yaml, and instead of
 * the latter two a directory of pkgsync files; settings/HOST-OR-GROUP/SERVICE/NAME; or, with `single`,
 * pkgsync files alone. Errors: USAGE with "FILE:LINE: ..." and what is allowed: a bad name or value, a group
 * that is not there, a group that extends itself, two hosts with one key, no host at all. */
Fleet *fleet_parse(const GPtrArray *files, const FleetSingle *single, GError **error);
void fleet_free(Fleet *fleet);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Fleet, fleet_free)
