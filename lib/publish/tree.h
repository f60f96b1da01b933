/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes into the tree of a depot, durably and whatever the umask. Other people may write to that tree too,
 * so every directory is opened part by part and no symlink is followed: no file outside the tree is ever
 * changed. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

/* Every path below is relative to the tree's root, without empty parts, "." and "..". All functions fail with
 * CONFLICT where a symlink or something else than a directory stands in the way. */
typedef struct Tree Tree;

/* `root` itself may be reached by symlinks. Errors: NOT_FOUND, SYSTEM. */
Tree *tree_open(const char *root, GError **error);
void tree_free(Tree *tree);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tree, tree_free)

/* True if something lies at `path`, even a symlink. False if its directory cannot be opened. */
bool tree_has(const Tree *tree, const char *path);

/* Make the directory `path` and its parents. A directory that is there keeps its mode. Errors: NO_SPACE,
 * SYSTEM. */
bool tree_make(const Tree *tree, const char *path, mode_t mode, GError **error);

/* Move the finished file `from` (absolute, below the root) to `to`, and replace the file there; directories
 * are made. Mode 0644, durable on return. Errors: CONFLICT if `from` is not a regular file with one name,
 * NO_SPACE, SYSTEM. */
bool tree_place(const Tree *tree, const char *from, const char *to, GError **error);

/* Remove `path` and the directories that become empty, except the first part of the path. An absent file is
 * no error. Errors: SYSTEM. */
bool tree_remove(const Tree *tree, const char *path, GError **error);

/* Remove `path` and all below it. An absent path is no error. Errors: SYSTEM. */
bool tree_remove_all(const Tree *tree, const char *path, GError **error);

/* Open the regular file `path` with the flags of open(2); O_CREAT gives mode 0600. Errors: CONFLICT if it is
 * not a regular file with one name, NOT_FOUND, SYSTEM. Returns: owned descriptor, or -1. */
int tree_open_file(const Tree *tree, const char *path, int flags, GError **error);

/* Open the directory `path` to read it. Errors: NOT_FOUND, SYSTEM. Returns: owned descriptor, or -1. */
int tree_open_directory(const Tree *tree, const char *path, GError **error);
