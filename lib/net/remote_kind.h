/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The functions of each kind of remote; private to lib/net. remote.c has checked locations and paths before. */
#pragma once

#include "remote_ask.h"

typedef struct {
        GBytes *(*read)(Remote *remote, const char *path, size_t max_bytes, GError **error);
        bool (*fetch)(Remote *remote, const RemoteRange *ranges, size_t count, const RemoteSink *sink,
                      GError **error);
        void (*free)(Remote *remote);
        GBytes *(*ask)(Remote *remote, const RemoteAsk *ask, GError **error); /* NULL: it cannot answer */
        bool keeps_open; /* consecutive ranges of one file are one request */
} RemoteKind;

/* The common beginning of each kind's own struct. */
struct Remote {
        const RemoteKind *kind;
        char *name;
        RemoteStats stats;
        uint64_t limit_bytes;
};

/* Each returns an owned remote whose `name` and `kind` are set. */
Remote *remote_local_open(const char *directory, const char *name, GError **error);
Remote *remote_http_open(const char *url, const RemoteOptions *options, GError **error);

/* False with CORRUPT unless `path` is relative and has no empty part, no "." or "..", and no control
 * characters; paths may come from foreign files. */
bool remote_path_check(const char *path, GError **error);

/* False with TRY_AGAIN if `more` bytes of `what` would pass the limit. */
bool remote_limit_check(const Remote *remote, uint64_t more, const char *what, GError **error);

/* False with CORRUPT for an empty range, one whose end is beyond 2^63, or a bad path. */
bool remote_range_check(const RemoteRange *range, GError **error);

/* Report to the sink that `range` failed for `why`, which is taken over. True: continue; false: stop, `error` is set.
 * */
bool remote_range_failed(const RemoteSink *sink, size_t range, GError *why, GError **error);
