# SPDX-License-Identifier: LGPL-2.1-or-later
"""The machine's speed in each part of the work alone: bench/limits.c."""

import json
import os
import statistics

from measure import Skip, run, settle

WHAT = {
    "copy": "memory copy",
    "cut": "finding chunk boundaries",
    "sha256": "SHA-256 of pieces of 64 KiB",
    "compress": "zstd, as chunks are compressed, pieces of 64 KiB",
    "decompress_sha256": "zstd -d and SHA-256 of such pieces",
    "write": "writing a new file, page cache",
    "read": "reading it, page cache",
    "fsync": "writing it back to the disk (fsync)",
}


def task(bench):
    """The machine's limits: memory copy, chunk boundaries, SHA-256, zstd, page cache, disk; one core and all."""
    program = os.path.join(os.path.dirname(os.path.realpath(bench.lautta)), "../bench/bench-limits")
    if not os.access(program, os.X_OK):
        raise Skip("bench-limits is not built: run \"make build\"")
    image = bench.pair.image("v1")
    runs = []
    for _ in range(bench.repeat):
        settle(image)
        runs.append(json.loads(run([program, image, bench.work])))
    for key in runs[0]:
        name, cores = (key[:-4], "all cores") if key.endswith("_all") else (key, "one core")
        bench.note("machine", WHAT[name] + (", " + cores if name != "fsync" else ""),
                   {"gb_per_s": statistics.median(r[key] for r in runs)})
