/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Progress of long work, reported to whichever program shows it. */
#pragma once

#include <stdint.h>

/* A library calls these through the helpers below, from any thread; the program that shows progress fills
 * them in. `what` and `source` are constant strings. Sizes in bytes. */
typedef struct Progress Progress;
struct Progress {
        void (*begin)(Progress *progress, const char *what, uint64_t total_bytes);
        void (*add)(Progress *progress, const char *source, uint64_t bytes);
        void (*end)(Progress *progress);
};

/* A NULL `progress` is fine: nobody looks. */
void progress_begin(Progress *progress, const char *what, uint64_t total_bytes);
void progress_add(Progress *progress, const char *source, uint64_t bytes);
void progress_end(Progress *progress);
