# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs commands and measures their cost; describes this machine."""

import json
import os
import platform
import shutil
import statistics
import subprocess
import tempfile
import time


class Failed(Exception):
    """A command failed: the message has the command and the end of its output."""


class Skip(Exception):
    """A measurement is not possible here: the message says why."""


def run(argv, **options):
    """Run a command that is not measured; returns its standard output."""
    done = subprocess.run([str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, errors="replace", **options)
    if done.returncode != 0:
        raise Failed(f"{' '.join(map(str, argv))[:300]}: exit code {done.returncode}\n{(done.stdout + done.stderr)[-2000:]}")
    return done.stdout


def measured(argv, ok=(0,), **options):
    """Run once. Returns wall seconds by this process's clock; CPU seconds (user and system) of the process and all its
    children; the peak resident memory of the largest of them, in bytes; the CPU seconds of all other processes meanwhile.
    The command runs under time(1), because a child's peak begins with that of the process which forked it."""
    with tempfile.NamedTemporaryFile(prefix="lautta-bench.") as told, tempfile.TemporaryFile("w+", errors="replace") as said:
        whole = ["time", "-q", "-f", "%U %S %M", "-o", told.name] + [str(a) for a in argv]
        busy, begin = _busy_seconds(), time.monotonic()
        code = subprocess.run(whole, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, **options).returncode
        wall, busy = time.monotonic() - begin, _busy_seconds() - busy
        said.seek(0)
        output = said.read()
        if code not in ok:
            raise Failed(f"{' '.join(map(str, argv))[:300]}: exit code {code}\n{output[-2000:]}")
        user, system, kib = told.read().split()
    cpu = float(user) + float(system)
    return {"wall_s": wall, "cpu_s": cpu, "rss_bytes": int(kib) << 10, "others_cpu_s": max(0.0, busy - cpu)}, output


def _busy_seconds():
    """CPU seconds that the machine was not idle since it started, hypervisor's steal included."""
    with open("/proc/stat", encoding="utf-8") as file:
        user, nice, system, _idle, _wait, irq, softirq, steal = map(int, file.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def settle(*inputs):
    """Prepare a measurement: write everything back, and read the inputs into the page cache."""
    os.sync()
    for path in inputs:
        with open(path, "rb", buffering=0) as file:
            at, end = 0, os.fstat(file.fileno()).st_size
            while at < end:
                try:
                    at = os.lseek(file.fileno(), at, os.SEEK_DATA)
                except OSError:
                    break  # only a hole is left
                hole = os.lseek(file.fileno(), at, os.SEEK_HOLE)
                while at < hole:
                    at += len(os.pread(file.fileno(), min(1 << 20, hole - at), at))


def median(runs):
    """Returns one result for several runs: the median of each number."""
    return {key: statistics.median(r[key] for r in runs) for key in runs[0]} | {"runs": runs}


def directory_bytes(path, suffix=""):
    return sum(os.path.getsize(os.path.join(where, name)) for where, _, names in os.walk(path) for name in names
               if name.endswith(suffix))


def _first_line(path, key):
    try:
        with open(path, encoding="utf-8") as file:
            return next((line.split(":", 1)[1].strip() for line in file if line.startswith(key)), "")
    except OSError:
        return ""


def _version(package):
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True)
    return done.stdout or None


def machine(directory):
    """Describe this machine, and how busy it is now."""
    flags = _first_line("/proc/cpuinfo", "flags").split()
    mount = json.loads(run(["findmnt", "--json", "-T", directory]))["filesystems"][0]
    return {
        "cpu": _first_line("/proc/cpuinfo", "model name") or platform.machine(),
        "family_model": _first_line("/proc/cpuinfo", "cpu family") + "/" + _first_line("/proc/cpuinfo", "model\t"),
        "cores": os.cpu_count(),
        "virtual": "hypervisor" in flags,
        "sha_ni": "sha_ni" in flags,
        "avx512": "avx512f" in flags,
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "kernel": platform.release(),
        "system": _first_os_name(),
        "file_system": mount["fstype"],
        "mount_options": mount["options"],
        "load_at_start": list(os.getloadavg()),
        "programs": {name: _version(name) for name in
                     ("casync", "rsync", "zsync", "xdelta3", "zstd", "libzstd1", "dpkg", "xz-utils", "nginx", "libssl3")},
    }


def _first_os_name():
    with open("/etc/os-release", encoding="utf-8") as file:
        return next((line.split("=", 1)[1].strip().strip('"') for line in file if line.startswith("PRETTY_NAME=")), "")


def need(*programs):
    for program in programs:
        if not shutil.which(program, path=os.environ["PATH"]):
            raise Skip(f"the program '{program}' is not installed: tools/install-packages bench")
