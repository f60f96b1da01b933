/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads dpkg's status file: the packages of a system. No program is run, so a pass with nothing to do is cheap. */
#pragma once

#include <glib.h>
#include <stdbool.h>

enum { DPKG_STATUS_MAX_BYTES = 64 * 1024 * 1024 };

typedef struct {
        char *name; /* "web"; of a foreign architecture "web:i386" */
        char *version;
        bool foreign;     /* of an architecture that is not dpkg's own */
        bool essential;   /* Essential, Protected or Important: yes */
        bool standard;    /* priority required or important */
        bool held;        /* on hold: must stay as it is */
        bool interrupted; /* unpacked or configured by half */
        bool service;     /* a service package */
        GPtrArray *needs; /* GStrv: of each at least one must be there; Depends and Pre-Depends */
        GPtrArray *wants; /* the same for Recommends */
        GStrv provides;
} DpkgPackage;

typedef struct {
        GPtrArray *packages;      /* DpkgPackage, in the file's order: those that are installed, or by half */
        GHashTable *by_name;      /* char * -> DpkgPackage */
        GHashTable *by_provided;  /* char * -> GPtrArray of DpkgPackage, for virtual packages */
        bool interrupted;         /* some package is unpacked or configured by half */
        GPtrArray *half_unpacked; /* char *: packages unpacked in part */
        GPtrArray *half_removed;  /* char *: packages removed in part */
} DpkgStatus;

/* Read the text of a status file; `name` stands for it in messages. Errors: CORRUPT with the line. */
DpkgStatus *dpkg_status_parse(GBytes *text, const char *name, GError **error);

void dpkg_status_free(DpkgStatus *status);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DpkgStatus, dpkg_status_free)

/* The package of that name if it is installed, or NULL. */
const DpkgPackage *dpkg_status_find(const DpkgStatus *status, const char *name);

/* Returns: owned array of DpkgPackage, borrowed: all packages that are named or provide `name`, in any version. */
GPtrArray *dpkg_status_satisfying(const DpkgStatus *status, const char *name);
