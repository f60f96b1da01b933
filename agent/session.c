/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "session.h"

#include <unistd.h>

#include "command.h"
#include "control.h"
#include "errors.h"
#include "pass.h"
#include "tell.h"

void session_clear(Session *session)
{
        agent_free(session->agent);
        agent_conf_free(session->conf);
        if (session->lock >= 0)
                close(session->lock);
}

bool session_open(Session *session, GError **error)
{
        session->conf = command_conf(error);
        if (!session->conf)
                return false;
        session->agent = agent_new(session->conf, error);
        if (!session->agent)
                return false;
        session->agent->tell = tell;
        return true;
}

json_t *session_ask(const Session *session, json_t *request, unsigned timeout_s, GError **error)
{
        g_autofree char *path = control_path(session->conf->run_directory);
        return control_ask(path, request, timeout_s, error);
}

bool session_lock(Session *session, bool *running, GError **error)
{
        g_autoptr(GError) why = NULL;
        g_autofree char *path = control_path(session->conf->run_directory);
        *running = false;
        session->lock = agent_lock(session->conf, &why);
        if (session->lock >= 0)
                return true;
        *running = error_is(why, LAUTTA_ERROR_CONFLICT) && g_file_test(path, G_FILE_TEST_EXISTS);
        if (*running)
                return true;
        g_propagate_error(error, g_steal_pointer(&why));
        return false;
}

static LauttaErrorCode code_of_exit(int exit_code)
{
        static const LauttaErrorCode codes[] = {LAUTTA_ERROR_USAGE, LAUTTA_ERROR_UNTRUSTED,
                                                LAUTTA_ERROR_NOT_FOUND, LAUTTA_ERROR_TRY_AGAIN};
        for (size_t i = 0; i < G_N_ELEMENTS(codes); i++) {
                GError error = {LAUTTA_ERROR, (int)codes[i], NULL};
                if (error_exit_code(&error) == exit_code)
                        return codes[i];
        }
        return LAUTTA_ERROR_SYSTEM;
}

bool session_judge(const json_t *report, GError **error)
{
        int code = (int)json_integer_value(json_object_get(report, "exit_code"));
        const json_t *troubles = json_object_get(report, "troubles");
        const char *first = json_string_value(json_array_get(troubles, 0));
        size_t more = json_array_size(troubles) > 1 ? json_array_size(troubles) - 1 : 0;
        if (code == 0)
                return true;
        if (more)
                return fail(error, code_of_exit(code),
                            "not all is as it shall be: %s (and %zu more, see above)", first, more);
        return fail(error, code_of_exit(code), "not all is as it shall be: %s",
                    first ? first : "see 'lautta-agent status'");
}

bool session_arguments(char **arguments, int count, int min, int max, GError **error)
{
        if (count > max)
                return fail(error, LAUTTA_ERROR_USAGE, "'%s' is one too many; see --help", arguments[max]);
        return count >= min || fail(error, LAUTTA_ERROR_USAGE, "name a service; see --help");
}
