/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any text as agent.conf, which an administrator writes. */
#include "conf.h"

#include <stdlib.h>

#include "ini.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(GBytes) text = g_bytes_new(data, size);
        g_autoptr(AgentConf) conf = agent_conf_parse(text, "agent.conf", NULL);
        g_autofree char *run = ini_find(text, "host", "run");
        if (conf && run && g_strcmp0(run, conf->run_directory) != 0)
                abort();
        return 0;
}
