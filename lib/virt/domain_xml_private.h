/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The XML that domains of all drivers have in common. */
#pragma once

#include "domain_xml.h"

/* Append like printf, with each %s escaped for XML. */
void xml_append(GString *xml, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Append the XML from <domain> to its limits; a domain with a `root` is a container. */
void domain_xml_open(GString *xml, const DomainSpec *spec, const char *type);

/* Append what libvirt does when the domain ends: it removes the domain, and the agent decides. */
void domain_xml_append_endings(GString *xml);

/* Append the begin and the end of the interface; between them a driver appends how the guest sees it. */
void domain_xml_open_interface(GString *xml, const DomainSpec *spec);
void domain_xml_close_interface(GString *xml);

/* Append the interface on the site's own network, if the service has one; `in_guest` is XML for how the guest sees it.
 * */
void domain_xml_append_lan(GString *xml, const DomainSpec *spec, const char *in_guest);
