/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The firmware for machines that start by UEFI, which Debian has apart from QEMU. */
#pragma once

#include <stdbool.h>

/* QEMU's descriptions of firmware, from which libvirt chooses, name one for "amd64" or "arm64". */
bool uefi_is_here(const char *architecture);
