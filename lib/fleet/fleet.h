/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A fleet: the operator's files about services, groups and hosts, read and checked one by one
 * (docs/fleet.md). fleet_compile.h turns them into a list for each host. */
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

/* A line of a file, for messages. `file` is owned by the fleet. */
typedef struct {
        const char *file;
        unsigned line;
} FleetPlace;

typedef enum { FLEET_MUST, FLEET_MAY, FLEET_MAY_NOT } FleetKind;

/* One entry of must-have, may-have or may-not-have. */
typedef struct {
        FleetKind kind;
        char *name;    /* a package or service; with FLEET_MAY also a pattern */
        char *version; /* a version, "newest", or NULL: not given */
        FleetPlace place;
} FleetWish;

/* The name of another group or service. */
typedef struct {
        char *name;
        FleetPlace place;
} FleetReference;

/* A text or number; the value of the nearest node counts. Line 0: not given. */
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
        GPtrArray *groups;       /* FleetReference: the groups of a host, or those that a group extends */
        GPtrArray *wishes;       /* FleetWish */
        GPtrArray *as_container; /* FleetReference */
        GPtrArray *settings;     /* FleetSettingsFile */
        FleetSetting architecture, valid, interval; /* `valid` and `interval` in seconds */
        unsigned depth;                             /* of a group: its place in Fleet.sorted */
} FleetNode;

typedef struct {
        char *name;
        const char *file;
        char *version;         /* "newest" by default */
        unsigned version_line; /* 0 if it was not given */
        GPtrArray *requires;   /* FleetReference: services and packages that a host of it must have, too */
} FleetService;

typedef struct {
        GHashTable *services;  /* name to FleetService */
        GHashTable *groups;    /* name to FleetNode */
        GPtrArray *hosts;      /* FleetNode, sorted by name */
        GPtrArray *sorted;     /* FleetNode of every group, each before the groups it extends; borrowed */
        GStringChunk *strings; /* the files' names */
        bool is_whole;         /* it names every host: lists of other hosts are removed */
} Fleet;

/* The host that a pkgsync directory stands for. Borrowed; `key` may be NULL if there is a file host-key. */
typedef struct {
        const char *host;
        const char *key;
} FleetSingle;

/* Read the files of a fleet directory: services/NAME.yaml, groups/NAME.yaml, hosts/NAME.yaml and
 * settings/HOST-OR-GROUP/SERVICE/NAME. A host or group may also be a directory of pkgsync files. With
 * `single`, all files are pkgsync files of one host. Returns: owned. Errors: USAGE with "FILE:LINE: ..." and
 * what is allowed: a bad name or value, a missing group, a group that extends itself, two hosts with one key,
 * no host at all. */
Fleet *fleet_parse(const GPtrArray *files, const FleetSingle *single, GError **error);
void fleet_free(Fleet *fleet);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Fleet, fleet_free)
