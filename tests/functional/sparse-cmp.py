#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Compare two huge sparse files without reading what is a hole in both: sparse-cmp.py FILE FILE"""
import os
import sys


def extents(fd):
    """Where data is, as (begin, end)."""
    at, size = 0, os.fstat(fd).st_size
    while at < size:
        try:
            begin = os.lseek(fd, at, os.SEEK_DATA)
        except OSError:  # no data up to the end
            return
        at = os.lseek(fd, begin, os.SEEK_HOLE)
        yield begin, at


def differ(a, b, begin, end):
    for at in range(begin, end, 1 << 20):
        size = min(1 << 20, end - at)
        if os.pread(a, size, at) != os.pread(b, size, at):
            return at
    return None


a, b = (os.open(name, os.O_RDONLY) for name in sys.argv[1:3])
if os.fstat(a).st_size != os.fstat(b).st_size:
    sys.exit("the sizes differ")
for fd in (a, b):
    for begin, end in extents(fd):
        at = differ(a, b, begin, end)
        if at is not None:
            sys.exit(f"they differ in the MiB at {at}")
