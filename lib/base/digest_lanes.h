/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SHA-256 of eight pieces side by side, one in each lane of a vector. Only digest.h, tests and measurements
 * use it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DIGEST_LANES = 8, DIGEST_BLOCK_BYTES = 64 };

/* The states of eight digests: word by word, and in each word lane by lane. */
typedef uint32_t DigestVector __attribute__((vector_size(4 * DIGEST_LANES)));
typedef struct {
        DigestVector words[8];
} DigestLanes;

/* An implementation for processors that have its instructions. `compress` takes `blocks` blocks into each lane from `at`, of
 * which each moves on by its `step` a block. */
typedef struct {
        const char *name;
        bool (*is_there)(void);
        void (*compress)(DigestLanes *lanes, const uint8_t *at[DIGEST_LANES], const size_t step[DIGEST_LANES],
                         size_t blocks);
        unsigned least_with_sha; /* so many lanes must be in use to win against SHA instructions; 0: never */
} DigestEngine;

/* The engines that this processor can use, the fastest first, ended by NULL. */
const DigestEngine *const *digest_engines(void);

/* Whether this processor has instructions for SHA-256 that OpenSSL uses. */
bool digest_has_sha(void);
