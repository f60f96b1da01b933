/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The checks of single texts in a service description. Each fails with USAGE, quotes the text and says what is
 * allowed. */
#pragma once

#include <glib.h>
#include <stdbool.h>

bool check_service_name(const char *text, GError **error);
bool check_version(const char *text, GError **error);
bool check_suite(const char *text, GError **error);

/* NAME, NAME=VERSION or NAME/SUITE, as apt-get install takes them. */
bool check_package(const char *text, GError **error);

/* One line of sources.list(5): deb [OPTIONS] URI SUITE [COMPONENT...]. */
bool check_source(const char *text, GError **error);

/* A path that stays below the description's directory. */
bool check_relative_path(const char *text, GError **error);

/* An absolute path without "." and ".." parts and doubled slashes, not "/" itself. */
bool check_absolute_path(const char *text, GError **error);

/* The same, or "/". */
bool check_copy_target(const char *text, GError **error);

bool check_volume_name(const char *text, GError **error);

/* A unicast IPv4 address. */
bool check_address(const char *text, GError **error);

/* Words for a kernel's command line, as they are: printable ASCII without quotes. */
bool check_kernel_options(const char *text, GError **error);

/* http://:PORT/PATH; the host is the service itself, so it is left out. */
bool check_http_target(const char *text, GError **error);

/* :PORT */
bool check_tcp_target(const char *text, GError **error);
