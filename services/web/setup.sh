#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs in the image's root: busybox becomes its init.
set -eu
ln -sf /bin/busybox /sbin/init
chmod 755 /etc/init.d/web /usr/share/udhcpc/default.script
