/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A bootstrapped root, as a tar file: looked through once, then written as an image. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "progress.h"

/* No file of an image is older than it was packed, and none newer than this (2025-01-01), so that a rebuild
 * gives the same bytes. What is newer and a regular file gets a time after this, taken from its content: a
 * web server's ETag then changes with the content. */
#define IMAGE_EPOCH INT64_C(1735689600)

typedef struct {
        uint64_t content_bytes; /* in whole blocks */
        unsigned nodes;
        char *kernel;   /* the newest in /boot, its name there, or NULL */
        char *initrd;   /* the one that belongs to it, or NULL */
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
        const char *image; /* to be made */
        uint64_t size_bytes;
        const char *uuid;
        bool uncompress_kernels;
        const char *kernel_out; /* where to put survey's kernel and initrd, or NULL */
        const char *initrd_out;
        Progress *progress;
} RootWrite;

/* Write the root into an ext4 image, through tidy_rule(). The same tar gives the same bytes.
 * Errors: CONFLICT if it does not fit, NO_SPACE, CORRUPT, SYSTEM. */
bool root_write(const RootWrite *request, GError **error);
