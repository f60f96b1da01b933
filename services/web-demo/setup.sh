#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs in the image's root: busybox becomes its init, and its initrd holds just the modules for a virtio disk.
set -eu
ln -sf /bin/busybox /sbin/init
chmod 755 /etc/init.d/web-demo /usr/share/udhcpc/default.script
mkdir -p /etc/acpi/PWRF
printf '#!/bin/sh\nbusybox poweroff\n' >/etc/acpi/PWRF/00000080
chmod 755 /etc/acpi/PWRF/00000080
printf 'MODULES=list\n' >/etc/initramfs-tools/conf.d/web-demo
printf '%s\n' virtio_pci virtio_blk virtio_net ext4 >>/etc/initramfs-tools/modules
update-initramfs -u
