# SPDX-License-Identifier: LGPL-2.1-or-later
"""The cost of a machine's disk: the same copying inside a guest on a reflink of an image, on a qcow2 overlay of it, and
on a plain file that nobody shares. The work is that of table 7.1 of the thesis that Lautta began as (there: partition, image)."""

import os
import shutil
import statistics
import subprocess

from bench import ROOT
from measure import Failed, Skip, need, run

DISKS = ("plain", "reflink", "qcow2")
ROUNDS = 4
WITHIN_S = 1800
SIZE = "1G"

# One more cpio behind that of tests/functional/machine-image, whose modules it finds. The first round warms up.
INIT = r"""#!/bin/sh
/bin/busybox mount -t devtmpfs devtmpfs /dev
/bin/busybox mkdir -p /proc /t /m /b
/bin/busybox mount -t proc proc /proc
for module in /modules/*; do /bin/busybox insmod "$module"; done
/bin/busybox --install -s /b
export PATH=/b
mount -t tmpfs -o size=200M t /t
mkdir /t/many /t/few
head -c 7900 /dev/urandom >/t/file
i=0; while [ $i -lt 3890 ]; do cp /t/file /t/many/$i; i=$((i + 1)); done
i=0; while [ $i -lt 389 ]; do cp /t/file /t/few/$i; i=$((i + 1)); done
dd if=/dev/urandom of=/t/big bs=1M count=64 2>/dev/null
dd if=/t/big of=/t/less bs=1M count=16 2>/dev/null
now() { read -r up idle </proc/uptime; echo "$up"; }
timed() { # ROUND DISK WORK COMMAND...
  local round=$1 disk=$2 work=$3 begin
  shift 3; sync; echo 3 >/proc/sys/vm/drop_caches
  begin=$(now); "$@"; sync
  echo "RESULT $round $disk $work $begin $(now)"
}
round=0
while [ $round -le ROUNDS ]; do
  for disk in $(echo "vda:plain vdb:reflink vdc:qcow2 vda:plain vdb:reflink vdc:qcow2" | cut -d' ' -f$((round % 3 + 1))-$((round % 3 + 3))); do
    name=${disk#*:}
    mount -t ext4 /dev/${disk%%:*} /m
    timed $round $name cp-big cp /t/big /m/big
    timed $round $name cp-small cp -r /t/many /m/many
    timed $round $name dd-big dd if=/t/big of=/m/dd bs=64k conv=fsync 2>/dev/null
    timed $round $name overwrite dd if=/t/big of=/m/old$round bs=64k conv=notrunc,fsync 2>/dev/null
    rm -r /m/big /m/many /m/dd; umount /m
    mount -t ext4 -o sync,dirsync /dev/${disk%%:*} /m
    timed $round $name sync-big cp /t/less /m/big
    timed $round $name sync-small cp -r /t/few /m/few
    rm -r /m/big /m/few; umount /m
  done
  round=$((round + 1))
done
echo DONE
poweroff -f
"""

WORKS = {
    "cp-big": "cp of 64 MiB and sync",
    "cp-small": "cp of 3,890 files of 7.9 kB and sync",
    "dd-big": "dd of 64 MiB, conv=fsync",
    "overwrite": "dd over 64 MiB that the image brought, for the first time",
    "sync-big": "cp of 16 MiB, mounted synchronously",
    "sync-small": "cp of 389 files of 7.9 kB, mounted synchronously",
}


def make_guest(bench):
    """Returns: kernel and initrd."""
    image, root = bench.path("disks-guest.raw"), bench.fresh("disks-init")
    run([os.path.join(ROOT, "tests/functional/machine-image"), image, "1"], env=bench.env)
    with open(os.path.join(root, "init"), "w", encoding="utf-8") as file:
        file.write(INIT.replace("ROUNDS", str(ROUNDS)))
    os.chmod(os.path.join(root, "init"), 0o755)
    with open(image + ".initrd", "ab") as file:
        subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], input=b"init\n", cwd=root, stdout=file, check=True)
    return image + ".kernel", image + ".initrd"


def make_disks(place):
    image, reflink, qcow2, plain = (os.path.join(place, name) for name in ("image.raw", "reflink.raw", "qcow2.qcow2", "plain.raw"))
    content = os.path.join(place, "content")
    os.mkdir(content)
    for i in range(ROUNDS + 1):
        run(["dd", "if=/dev/urandom", f"of={content}/old{i}", "bs=1M", "count=64"])
    run(["truncate", "-s", SIZE, image])
    run(["mke2fs", "-q", "-F", "-t", "ext4", "-E", "lazy_itable_init=0,lazy_journal_init=0", "-d", content, image])
    shutil.rmtree(content)
    run(["fallocate", "--dig-holes", image])  # as `lautta fetch` leaves an image: zeros are holes
    run(["cp", "--reflink=always", image, reflink])
    run(["cp", "--reflink=never", "--sparse=always", image, plain])
    run(["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", image, qcow2])
    return {"plain": plain, "reflink": reflink, "qcow2": qcow2}


def boot(kernel, initrd, disks):
    """Start a guest with the disk options that libvirt gives QEMU for Lautta's machines. Returns: the guest's output."""
    argv = ["qemu-system-x86_64", "-M", "pc", "-accel", "tcg,tb-size=128", "-cpu", "max", "-smp", "1", "-m", "512", "-nodefaults", "-display",
            "none", "-no-reboot", "-serial", "stdio", "-kernel", kernel, "-initrd", initrd, "-append",
            "console=ttyS0 panic=-1 quiet no_timer_check mitigations=off nokaslr"]
    for name in DISKS:
        kind = "qcow2" if name == "qcow2" else "raw"
        argv += ["-drive", f"if=none,id={name},format={kind},file={disks[name]},cache=none,aio=native,discard=unmap",
                 "-device", f"virtio-blk-pci,drive={name}"]
    said = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, errors="replace", timeout=WITHIN_S, check=False)
    if "DONE" not in said.stdout:
        raise Failed("the guest did not come to its end: " + said.stdout[-500:])
    return said.stdout


def note(bench, said):
    seconds = {}
    for line in said.splitlines():
        words = line.split()
        if words[:1] == ["RESULT"] and words[1] != "0":
            seconds.setdefault((words[3], words[2]), []).append(float(words[5]) - float(words[4]))
    for work, text in WORKS.items():
        for disk in DISKS:
            bench.note(f"disk: {disk}", text, {"wall_s": statistics.median(seconds[work, disk])})


def task(bench):
    """A machine's disk: copying inside a guest on a reflinked image and on a qcow2 overlay, against a plain file."""
    need("qemu-system-x86_64", "qemu-img", "mkfs.xfs", "cpio")
    if os.geteuid() != 0:
        raise Skip("needs root")
    place, disk = bench.fresh("disks"), bench.path("disks.xfs")
    run(["truncate", "-s", "6G", disk])
    run(["mkfs.xfs", "-q", "-f", disk])
    run(["mount", "-o", "loop", disk, place])
    try:
        kernel, initrd = make_guest(bench)
        note(bench, boot(kernel, initrd, make_disks(place)))
    finally:
        run(["umount", place])
        os.unlink(disk)
