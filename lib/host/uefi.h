/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The firmware for machines that start by UEFI, a Debian package of its own. */
#pragma once

#include <stdbool.h>

/* True if one of QEMU's firmware descriptions, from which libvirt chooses, names `architecture` ("amd64" or "arm64").
 * */
bool uefi_is_here(const char *architecture);
