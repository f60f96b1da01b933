/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kinds of values in the configuration that only a host's network has. */
#pragma once

#include "schema.h"

/* "192.168.147.1/24": an address and a prefix, which go to the fields of the HostNetwork (network.h) at the
 * key's offset. */
extern const SchemaOwn conf_address;

/* "22/tcp 53/udp": a GArray of uint32_t, each ServiceProtocol << 16 | port; may be empty. */
extern const SchemaOwn conf_ports;
