/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the module files that a kernel needs, and their order. Pure. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Returns: owned array of owned paths from the text of modules.dep (modules.dep(5)): the files of the modules `names`
 * (NULL-terminated), each once and after its dependencies. Leaves out an unknown name: the kernel has it built in, or
 * not at all. "-" and "_" are the same in names. */
GPtrArray *kernel_modules_order(const char *modules_dep, const char *const *names);

/* True if the text of modules.builtin, or of modules.dep, names that module. */
bool kernel_modules_have(const char *text, const char *name);
