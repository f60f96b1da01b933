/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* agent.conf, which an administrator writes. */
#include "conf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autoptr(GBytes) text = g_bytes_new(data, size);
        g_autoptr(AgentConf) conf = agent_conf_parse(text, "agent.conf", NULL);
        return 0;
}
