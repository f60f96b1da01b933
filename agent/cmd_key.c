/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "command.h"
#include "errors.h"
#include "identity.h"
#include "output.h"

static bool run(char **arguments, int count, GError **error)
{
        if (count != 0)
                return fail(error, LAUTTA_ERROR_USAGE,
                            "'%s' is one argument too many; see 'lautta-agent key --help'", arguments[0]);
        g_autoptr(AgentConf) conf = command_conf(error);
        g_autofree char *key = conf ? identity_load(conf->state_directory, error) : NULL;
        if (!key)
                return false;
        if (option_json)
                return output_json(json_pack("{s:s, s:s}", "host", conf->host, "key", key), error);
        puts(key);
        return true;
}

const Command command_key = {
        .name = "key",
        .arguments = "[--config FILE]",
        .summary = "Print the fingerprint of this host's key",
        .details =
                "The key is made if there is none. Its fingerprint goes into the fleet directory, into hosts/HOST.yaml:\n"
                "a host obeys only lists that name its own key.\n\n"
                "Example:\n  lautta-agent key",
        .run = run,
};
