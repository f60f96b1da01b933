/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one error domain of Lautta, and the meaning of each code for a program that gets it. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#define LAUTTA_ERROR (lautta_error_quark())

typedef enum {
        LAUTTA_ERROR_USAGE,     /* the caller asked for something that makes no sense */
        LAUTTA_ERROR_NOT_FOUND, /* the thing that was named does not exist */
        LAUTTA_ERROR_UNTRUSTED, /* signature, digest, serial or expiry */
        LAUTTA_ERROR_CORRUPT,   /* bytes are not as the format or a checked digest says */
        LAUTTA_ERROR_CONFLICT,  /* something else stands in the way */
        LAUTTA_ERROR_TRY_AGAIN, /* may pass by itself: a timeout, a busy server */
        LAUTTA_ERROR_NO_SPACE,  /* a disk is full, or would be */
        LAUTTA_ERROR_SYSTEM,    /* the operating system or a program refused */
} LauttaErrorCode;

GQuark lautta_error_quark(void);

/* Set `*error` and return false, so that a caller can write `return fail(error, ...)`. */
bool fail(GError **error, LauttaErrorCode code, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Like fail(), but appends the text of errno and takes the code from it:
 * ENOENT is NOT_FOUND, ENOSPC and EDQUOT are NO_SPACE, all else is SYSTEM. */
bool fail_errno(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* The code of a failure that another program describes in `text`: NO_SPACE if it names a full disk or quota, else
 * SYSTEM. `text` may be NULL. */
LauttaErrorCode error_code_from_text(const char *text);

/* The exit codes of our programs. */
typedef enum {
        EXIT_CODE_DONE = 0,
        EXIT_CODE_FAILED = 1,
        EXIT_CODE_USAGE = 2,
        EXIT_CODE_UNTRUSTED = 3,
        EXIT_CODE_NOT_FOUND = 4,
        EXIT_CODE_TRY_AGAIN = 75, /* EX_TEMPFAIL of sysexits.h */
} ExitCode;

/* The exit code of a program that ends with `error`; any foreign domain counts as SYSTEM. */
int error_exit_code(const GError *error);
int error_exit_code_of(LauttaErrorCode code);

/* The code of `error`; any foreign domain counts as SYSTEM. */
LauttaErrorCode error_code(const GError *error);

/* Returns: constant, the name of a code in JSON and records: "usage", "not-found", "untrusted", "corrupt",
 * "conflict", "try-again", "no-space", "system". */
const char *error_name(LauttaErrorCode code);

/* False, and `code` untouched, if `name` is NULL or no such name. */
bool error_from_name(const char *name, LauttaErrorCode *code);

/* True if the same call may succeed later by itself. */
bool error_may_pass(const GError *error);

/* True if `error` is of our domain and has `code`; false for NULL. */
bool error_is(const GError *error, LauttaErrorCode code);
