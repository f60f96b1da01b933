/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which files of a kernel's modules are needed, and in which order. Pure. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Of the text of modules.dep (modules.dep(5)), the files of the modules `names` (NULL-terminated) and before
 * each those that it needs, each once. A name that is not there is left out: the kernel has it built in, or
 * not at all. "-" and "_" are the same in names. Returns: owned array of owned paths. */
GPtrArray *kernel_modules_order(const char *modules_dep, const char *const *names);

/* The text of modules.builtin, or of modules.dep, names that module. */
bool kernel_modules_have(const char *text, const char *name);
