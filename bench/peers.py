# SPDX-License-Identifier: LGPL-2.1-or-later
"""The peers, each on the same work as Lautta, called as their manual pages advise."""

import os
import re
import shutil

from lautta import remove_image, xfs
from measure import directory_bytes, need, run

DIGEST = "--digest=sha256"


# --- casync: chunks of 16 to 256 KiB, zstd, a store of one file a chunk, as Debian's casync does by default

def casync_make(bench, version):
    return [["casync", "make", DIGEST, "--store", bench.path("casync/default.castr"),
             bench.path("casync", version + suffix + ".caibx"), bench.pair.image(version) + suffix]
            for suffix in bench.pair.blobs]


def casync_extract(bench, version, source, output, seed=None):
    """Extract from a directory or URL; a kernel or initrd has its previous version as the seed."""
    return [["casync", "extract", DIGEST, "--store", source + "/default.castr",
             *([] if not seed else ["--seed", seed + suffix]), f"{source}/{version}{suffix}.caibx", output + suffix]
            for suffix in bench.pair.blobs]


def casync_store(bench):
    """Returns the store with both versions: made by the measured calls, or now."""
    store = bench.path("casync")
    if not os.path.exists(os.path.join(store, "v2.caibx")):
        for version in ("v1", "v2"):
            for argv in casync_make(bench, version):
                run(argv)
    return store


def time_casync_extract(bench, work, version, source, output, seed=None, **options):
    bench.time("casync", work, casync_extract(bench, version, source, output, seed),
               inputs=[seed + s for s in bench.pair.blobs] if seed else [], times=1,
               before=lambda: remove_image(output), after=lambda: bench.same(version, output), **options)


def task_casync(bench):
    """casync: make both, extract, extract with a seed, locally and over HTTP. Once each: it takes long."""
    need("casync")
    bench.fresh("casync")
    for version in ("v1", "v2"):
        bench.time("casync", "publish " + version, casync_make(bench, version), bench.pair.files(version), times=1,
                   extra=lambda _: {"stored_bytes": directory_bytes(bench.path("casync"))})
    store, output = bench.path("casync"), bench.path("out.raw")
    files = [os.path.join(where, name) for where, _, names in os.walk(store) for name in names]
    run(["sh", "-c", 'find "$1" -type f -exec cat {} + >/dev/null', "sh", store])
    time_casync_extract(bench, "first fetch", "v1", store, output)
    seed = bench.pair.image("v1")
    time_casync_extract(bench, "update", "v2", store, output, seed)
    with bench.served(store) as server:
        time_casync_extract(bench, "update over HTTP", "v2", server.url, output, seed, extra=server.traffic)
    bench.results[-1]["chunks_stored"] = sum(f.endswith(".cacnk") for f in files)
    remove_image(output)


def task_casync_xfs(bench):
    """casync's update on a file system that can share blocks."""
    need("casync")
    store = casync_store(bench)
    with xfs(bench) as disk:
        seed, output = os.path.join(disk, "seed.raw"), os.path.join(disk, "out.raw")
        for suffix in bench.pair.blobs:
            run(["cp", "--sparse=always", bench.pair.image("v1") + suffix, seed + suffix])
        time_casync_extract(bench, "update on XFS", "v2", store, output, seed)


# --- the other peers work on one file: the image

def task_rsync(bench):
    """rsync from one directory to another through a pipe, as over ssh, with its delta algorithm and zstd."""
    need("rsync")
    shell = bench.path("shell")
    with open(shell, "w", encoding="utf-8") as file:
        file.write('#!/bin/sh\n# In place of ssh: the "remote" side runs here.\nshift\nexec "$@"\n')
    os.chmod(shell, 0o755)
    target = bench.path("rsync.raw")
    new, old = bench.pair.image("v2"), bench.pair.image("v1")

    def traffic(output):
        numbers = re.findall(r"Total bytes (?:sent|received): ([\d,]+)", output)
        return {"bytes": sum(int(n.replace(",", "")) for n in numbers), "requests": 1}

    for name, options in (("rsync", []), ("rsync -z", ["-z", "--compress-choice=zstd"])):
        bench.time(name, "update",
                   [["rsync", "-e", shell, "--no-whole-file", "--sparse", "--stats", *options, "here:" + new, target]],
                   [new, old], before=lambda: run(["cp", "--sparse=always", old, target]),
                   after=lambda: run(["cmp", new, target]), extra=traffic, times=1)
    os.remove(target)


def task_zsync(bench):
    """zsync: a file of checksums next to the image, ranges of the image over HTTP."""
    need("zsync", "zsyncmake")
    place, output = bench.fresh("zsync"), bench.path("out.raw")
    image = os.path.join(place, "v2.raw")
    os.symlink(bench.pair.image("v2"), image)
    control = image + ".zsync"
    bench.time("zsync", "publish v2", [["zsyncmake", "-u", "v2.raw", "-o", control, image]], [image], times=1,
               extra=lambda _: {"stored_bytes": os.path.getsize(control) + os.stat(image).st_blocks * 512})
    with bench.served(place) as server:
        bench.time("zsync", "update over HTTP",
                   [["zsync", "-q", "-i", bench.pair.image("v1"), "-o", output, server.url + "/v2.raw.zsync"]],
                   bench.pair.files("v1"), times=1, before=lambda: remove_image(output), extra=server.traffic,
                   after=lambda: run(["cmp", bench.pair.image("v2"), output]))
    remove_image(output)


def task_xdelta3(bench):
    """xdelta3 with the largest window on the old image that it allows."""
    need("xdelta3")
    old, new = bench.pair.image("v1"), bench.pair.image("v2")
    patch, output = bench.path("xdelta3.patch"), bench.path("out.raw")
    bench.time("xdelta3", "publish v2", [["xdelta3", "-f", "-e", "-B", str(1 << 31), "-s", old, new, patch]], [old, new],
               times=1, extra=lambda _: {"stored_bytes": os.path.getsize(patch)})
    bench.time("xdelta3", "update", [["xdelta3", "-f", "-d", "-B", str(1 << 31), "-s", old, patch, output]], [old, patch],
               times=1, after=lambda: run(["cmp", new, output]),
               extra=lambda _: {"bytes": os.path.getsize(patch), "requests": 1})
    os.remove(patch)
    remove_image(output)


def dense(bench, version):
    """The image without its holes and zero blocks, for a tool that takes at most 2 GiB."""
    path = bench.path(version + ".dense")
    if not os.path.exists(path):
        with open(bench.pair.image(version), "rb") as image, open(path, "wb") as out:
            end = os.fstat(image.fileno()).st_size
            at = 0
            while at < end:
                try:
                    at = os.lseek(image.fileno(), at, os.SEEK_DATA)
                except OSError:
                    break
                hole = os.lseek(image.fileno(), at, os.SEEK_HOLE)
                while at < hole:
                    block = os.pread(image.fileno(), min(4096, hole - at), at)
                    if any(block):
                        out.write(block)
                    at += len(block)
    return path


def task_zstd_patch(bench):
    """zstd --patch-from, in one thread and in several. It takes at most 2 GiB, so it gets the images without holes and
    zeros, and its output leaves out their places: both are in its favour."""
    need("zstd")
    old, new = dense(bench, "v1"), dense(bench, "v2")
    patch, output = bench.path("zstd.patch"), bench.path("zstd.out")
    modes = (("zstd --patch-from -3", ["-3", "--single-thread"]), ("zstd --patch-from -3 -T0", ["-3", "-T0"]),
             ("zstd --patch-from -19 -T0", ["-19", "-T0"]))
    for name, mode in modes[:2]:
        bench.time(name, "publish v2", [["zstd", "-q", "-f", "--long=31", *mode, "--patch-from", old, new, "-o", patch]],
                   [old, new], times=1, extra=lambda _: {"stored_bytes": os.path.getsize(patch)})
        bench.time(name, "update", [["zstd", "-q", "-f", "-d", "--long=31", "--memory=2048MB", "--patch-from", old, patch, "-o", output]],
                   [old, patch], times=1, after=lambda: run(["cmp", new, output]),
                   extra=lambda _: {"bytes": os.path.getsize(patch), "requests": 1})
    for path in (patch, output, old, new):
        os.remove(path)


def task_zstd(bench):
    """zstd of the whole image, to compare with a first fetch. -d writes holes too."""
    need("zstd")
    image, packed, output = bench.pair.image("v1"), bench.path("v1.zst"), bench.path("out.raw")
    bench.time("zstd -3 -T0", "publish v1", [["zstd", "-q", "-f", "-3", "-T0", image, "-o", packed]], [image],
               extra=lambda _: {"stored_bytes": os.path.getsize(packed)})
    bench.time("zstd -d", "first fetch", [["zstd", "-q", "-d", packed, "-o", output]], [packed],
               before=lambda: remove_image(output), after=lambda: run(["cmp", image, output]),
               extra=lambda _: {"bytes": os.path.getsize(packed), "requests": 1})
    os.remove(packed)
    remove_image(output)


def task_deb_xz(bench):
    """The image in a Debian package, compressed by xz: every version travels whole."""
    need("dpkg-deb")
    tree = bench.fresh("deb")
    os.makedirs(os.path.join(tree, "DEBIAN"))
    with open(os.path.join(tree, "DEBIAN/control"), "w", encoding="utf-8") as file:
        file.write("Package: server\nVersion: 2\nArchitecture: all\nMaintainer: Bench <bench@localhost>\nDescription: image\n")
    run(["cp", "--sparse=always", bench.pair.image("v2"), os.path.join(tree, "image.raw")])
    package, output = bench.path("server.deb"), bench.fresh("deb-out")
    bench.time("dpkg-deb -Zxz", "publish v2", [["dpkg-deb", "--root-owner-group", "-Zxz", "-b", tree, package]],
               bench.pair.files("v2"), times=1, extra=lambda _: {"stored_bytes": os.path.getsize(package)})
    bench.time("dpkg-deb -Zxz", "update", [["dpkg-deb", "-x", package, output]], [package], times=1,
               extra=lambda _: {"bytes": os.path.getsize(package), "requests": 1},
               after=lambda: run(["cmp", bench.pair.image("v2"), os.path.join(output, "image.raw")]))
    os.remove(package)
    shutil.rmtree(tree)
    shutil.rmtree(output)
