/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the domains of all drivers have in common. */
#pragma once

#include "domain_xml.h"

/* Append like printf, with each %s escaped for XML. */
void xml_append(GString *xml, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* From <domain> to its limits; one with a `root` is a container. */
void domain_xml_open(GString *xml, const DomainSpec *spec, const char *type);

/* What happens when it ends: it is gone, and the agent decides. */
void domain_xml_append_endings(GString *xml);

/* The interface's begin and end; between them a driver says how the guest sees it. */
void domain_xml_open_interface(GString *xml, const DomainSpec *spec);
void domain_xml_close_interface(GString *xml);

/* The interface on the site's own network, if it has one; `in_guest` is XML for how the guest sees it. */
void domain_xml_append_lan(GString *xml, const DomainSpec *spec, const char *in_guest);
