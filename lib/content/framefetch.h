/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fetches many frames of packs in few long ranges, decompressed and checked on all cores as they arrive. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "catalog.h"
#include "locator.h"
#include "remote.h"

typedef struct {
        const ChunkId *id; /* borrowed */
        ChunkPlace place;
        uint32_t length; /* of the content */
        uint32_t tag;    /* the caller's */
} FrameWanted;

typedef struct {
        const char *name; /* SHA-256 in hex; borrowed */
        uint64_t bytes;
} FramePack;

/* The packs of a locator. Returns: owned array that borrows the names. */
FramePack *framefetch_packs(const Locator *locator);

/* Returns: owned path, for a Remote, of the file with that name. The caller knows the tree of the depot. */
typedef char *(*ContentPath)(const char *name);

typedef struct {
        const FramePack *packs;
        size_t pack_count;
        ContentPath pack_path;
        bool whole_packs; /* read every pack that has a wanted frame as a whole, for raw() */
        /* Gets the checked content of a frame. Any thread. False stops the fetch with the error set. */
        bool (*good)(void *user, const FrameWanted *wanted, const uint8_t *content, GError **error);
        /* Unless NULL, called instead of good() with the frame as it lies in its pack. The frame is checked
         * too. */
        bool (*frame)(void *user, const FrameWanted *wanted, const uint8_t *frame, GError **error);
        /* Gets a frame that could not be fetched or does not fit its id; `why` is borrowed. Any thread. */
        void (*bad)(void *user, const FrameWanted *wanted, const GError *why);
        /* Gets every byte of a whole pack, in order, on the calling thread; may be NULL. */
        void (*raw)(void *user, uint32_t pack, const uint8_t *bytes, size_t size);
        void *user;
} FrameFetch;

/* Fetch frames; sorts `wanted` by place. A chunk that is wanted twice from one place comes once. Each frame
 * ends in good() (or frame()) or bad(), unless the fetch is stopped. Memory: about 40 MiB. Errors: those of
 * good() or frame(), TRY_AGAIN or SYSTEM if the depot cannot be reached. */
bool framefetch_run(const FrameFetch *fetch, Remote *remote, FrameWanted *wanted, size_t count,
                    GError **error);
