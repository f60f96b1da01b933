/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "errors.h"

#include <errno.h>
#include <string.h>

/* clang-format off: a minus in the name is not a subtraction */
G_DEFINE_QUARK(lautta - error, lautta_error)
/* clang-format on */

/* The one table of what codes mean outside of the program. Names never change. */
static const struct {
        const char *name;
        ExitCode exit_code;
        bool may_pass;
} meanings[] = {
        [LAUTTA_ERROR_USAGE] = {"usage", EXIT_CODE_USAGE, false},
        [LAUTTA_ERROR_NOT_FOUND] = {"not-found", EXIT_CODE_NOT_FOUND, false},
        [LAUTTA_ERROR_UNTRUSTED] = {"untrusted", EXIT_CODE_UNTRUSTED, false},
        [LAUTTA_ERROR_CORRUPT] = {"corrupt", EXIT_CODE_UNTRUSTED, false},
        [LAUTTA_ERROR_CONFLICT] = {"conflict", EXIT_CODE_FAILED, false},
        [LAUTTA_ERROR_TRY_AGAIN] = {"try-again", EXIT_CODE_TRY_AGAIN, true},
        [LAUTTA_ERROR_NO_SPACE] = {"no-space", EXIT_CODE_FAILED, false},
        [LAUTTA_ERROR_SYSTEM] = {"system", EXIT_CODE_FAILED, false},
};

LauttaErrorCode error_code(const GError *error)
{
        if (error->domain != LAUTTA_ERROR || error->code < 0 || (size_t)error->code >= G_N_ELEMENTS(meanings))
                return LAUTTA_ERROR_SYSTEM;
        return (LauttaErrorCode)error->code;
}

bool fail(GError **error, LauttaErrorCode code, const char *format, ...)
{
        va_list args;
        va_start(args, format);
        GError *made = g_error_new_valist(LAUTTA_ERROR, (int)code, format, args);
        va_end(args);
        g_propagate_error(error, made);
        return false;
}

bool fail_errno(GError **error, const char *format, ...)
{
        int saved = errno;
        LauttaErrorCode code = LAUTTA_ERROR_SYSTEM;
        if (saved == ENOENT)
                code = LAUTTA_ERROR_NOT_FOUND;
        else if (saved == ENOSPC || saved == EDQUOT)
                code = LAUTTA_ERROR_NO_SPACE;

        va_list args;
        va_start(args, format);
        g_autofree char *text = g_strdup_vprintf(format, args);
        va_end(args);
        g_set_error(error, LAUTTA_ERROR, (int)code, "%s: %s", text, g_strerror(saved));
        return false;
}

LauttaErrorCode error_code_from_text(const char *text)
{
        /* The other program may speak the language of our messages, or none but English. */
        const char *const full[] = {"No space left on device", "Disk quota exceeded", g_strerror(ENOSPC),
                                    g_strerror(EDQUOT)};
        for (size_t i = 0; text && i < G_N_ELEMENTS(full); i++)
                if (strstr(text, full[i]))
                        return LAUTTA_ERROR_NO_SPACE;
        return LAUTTA_ERROR_SYSTEM;
}

int error_exit_code(const GError *error)
{
        return error_exit_code_of(error_code(error));
}

int error_exit_code_of(LauttaErrorCode code)
{
        return (int)meanings[code].exit_code;
}

const char *error_name(LauttaErrorCode code)
{
        return meanings[code].name;
}

bool error_from_name(const char *name, LauttaErrorCode *code)
{
        for (size_t i = 0; name && i < G_N_ELEMENTS(meanings); i++)
                if (strcmp(meanings[i].name, name) == 0) {
                        *code = (LauttaErrorCode)i;
                        return true;
                }
        return false;
}

bool error_may_pass(const GError *error)
{
        return meanings[error_code(error)].may_pass;
}

bool error_is(const GError *error, LauttaErrorCode code)
{
        return error != NULL && error->domain == LAUTTA_ERROR && error->code == (int)code;
}
