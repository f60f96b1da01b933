/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "errors.h"

#include <errno.h>
#include <string.h>

/* clang-format off: a minus in the name is not a subtraction */
G_DEFINE_QUARK(lautta - error, lautta_error)
/* clang-format on */

/* The one table that says what a code means outside of the program. */
static const struct {
        ExitCode exit_code;
        bool may_pass;
} meanings[] = {
        [LAUTTA_ERROR_USAGE] = {EXIT_CODE_USAGE, false},
        [LAUTTA_ERROR_NOT_FOUND] = {EXIT_CODE_NOT_FOUND, false},
        [LAUTTA_ERROR_UNTRUSTED] = {EXIT_CODE_UNTRUSTED, false},
        [LAUTTA_ERROR_CORRUPT] = {EXIT_CODE_UNTRUSTED, false},
        [LAUTTA_ERROR_CONFLICT] = {EXIT_CODE_FAILED, false},
        [LAUTTA_ERROR_TRY_AGAIN] = {EXIT_CODE_TRY_AGAIN, true},
        [LAUTTA_ERROR_NO_SPACE] = {EXIT_CODE_FAILED, false},
        [LAUTTA_ERROR_SYSTEM] = {EXIT_CODE_FAILED, false},
};

static LauttaErrorCode code_of(const GError *error)
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
        return (int)meanings[code_of(error)].exit_code;
}

bool error_may_pass(const GError *error)
{
        return meanings[code_of(error)].may_pass;
}

bool error_is(const GError *error, LauttaErrorCode code)
{
        return error != NULL && error->domain == LAUTTA_ERROR && error->code == (int)code;
}
