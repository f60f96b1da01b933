/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The checks of texts in the configuration. Errors: USAGE quotes the text and says which texts are allowed. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* An absolute path without ".." and control characters. */
bool conf_check_path(const char *text, GError **error);

/* The same, without blanks and signs that ssh replaces in names of files. */
bool conf_check_plain_path(const char *text, GError **error);

/* https://, http://, file:/// or an absolute path; the path of a local one may hold '*'. */
bool conf_check_depot(const char *text, GError **error);

/* The same, or ssh://USER@HOST[:PORT]/PATH. */
bool conf_check_list_source(const char *text, GError **error);

/* A URI of a libvirt driver that we use, or "none". */
bool conf_check_container_uri(const char *text, GError **error);
bool conf_check_machine_uri(const char *text, GError **error);

/* A name for a network interface that no service's interface may have. */
bool conf_check_bridge(const char *text, GError **error);
