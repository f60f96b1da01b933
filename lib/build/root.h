/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Turn the tar file of a bootstrapped root into an image: survey it, then write it. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "progress.h"

/* 2025-01-01. Files of an image keep older times. Newer ones get this time, so that a rebuild gives the same
 * bytes; newer regular files get a later time that their content determines, so that a web server's ETag
 * changes with the content. */
#define IMAGE_EPOCH INT64_C(1735689600)

typedef struct {
        uint64_t content_bytes; /* in whole blocks */
        unsigned nodes;
        char *kernel;   /* name of the newest kernel in /boot, or NULL */
        char *initrd;   /* name of its initrd, or NULL */
        char *packages; /* lines "NAME VERSION ARCHITECTURE", sorted */
        unsigned package_count;
} RootSurvey;

/* Returns: owned. Errors: NOT_FOUND, CORRUPT, SYSTEM. */
RootSurvey *root_survey(const char *tar, GError **error);
void root_survey_free(RootSurvey *survey);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RootSurvey, root_survey_free)

typedef struct {
        const char *tar;
        const RootSurvey *survey;
        const char *image; /* output */
        uint64_t size_bytes;
        const char *uuid;
        bool uncompress_kernels;
        const char *kernel_out; /* output for the survey's kernel, or NULL */
        const char *initrd_out; /* likewise for its initrd */
        Progress *progress;
} RootWrite;

/* Write the root into an ext4 image, through tidy_rule(). The same tar gives the same bytes.
 * Errors: CONFLICT if it does not fit, NO_SPACE, CORRUPT, SYSTEM. */
bool root_write(const RootWrite *request, GError **error);
