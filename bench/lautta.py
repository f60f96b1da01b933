# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lautta's own part: publishing, fetching, updating; on XFS; from a depot with many versions."""

import contextlib
import os
import shutil
import subprocess

from measure import Skip, directory_bytes, run

MANY = 1000
SMALL = "lautta --small-deltas"


def has_deltas(bench):
    return "--deltas" in run([bench.lautta, "publish", "--help"])


def has_small_deltas(bench):
    return "--small-deltas" in run([bench.lautta, "publish", "--help"])


def describe(bench, version):
    """The description of a version, with nothing else: `publish` gets the image as an option."""
    path = bench.path(version + ".yaml")
    kernel = ", kernel: k, initrd: i" if len(bench.pair.blobs) > 1 else ""
    boot = "kernel" if kernel else "firmware"
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"service: server\nversion: {version[1:]}\nboot: {boot}\nimage: {{file: {version}.raw{kernel}}}\n")
    return path


def init(bench, name):
    """A new depot; the keys are made once."""
    depot = bench.path(name)
    shutil.rmtree(depot, ignore_errors=True)
    forget(bench)
    run([bench.lautta, "init", depot], env=bench.env)
    return depot


def forget(bench):
    """Forget the newest date seen, since Lautta refuses an older copy of a depot."""
    for state in (bench.path("state"), os.path.join(bench.home, "state")):
        shutil.rmtree(state, ignore_errors=True)


def publish(bench, version, depot, *options):
    return [bench.lautta, "publish", describe(bench, version), "--image", bench.pair.image(version), "--depot", depot,
            "--quiet", *options]


def fetch(bench, version, depot, output, *options):
    return [bench.lautta, "fetch", f"server={version[1:]}", "--depot", depot, "--keyring",
            os.path.join(bench.home, "release.pgp"), "-o", output, "--state", bench.path("state"), "--quiet", *options]


def copy(bench, source, name):
    target = bench.path(name)
    shutil.rmtree(target, ignore_errors=True)
    forget(bench)
    run(["cp", "-a", "--reflink=auto", source, target])
    return target


def depots(bench):
    """Depots with both versions, made once a run: with deltas if this Lautta makes them, and without."""
    if not bench.depots:
        both = init(bench, "depot")
        run(publish(bench, "v1", both), env=bench.env)
        bench.depots = {"v1": copy(bench, both, "depot-v1"), "deltas": both}
        bench.depots["plain"] = both
        if has_deltas(bench):
            bench.depots["plain"] = copy(bench, both, "depot-plain")
            run(publish(bench, "v2", bench.depots["plain"], "--deltas", "0"), env=bench.env)
            forget(bench)
        run(publish(bench, "v2", both), env=bench.env)
    return bench.depots


def remove_image(path):
    for suffix in ("", ".kernel", ".initrd"):
        for end in ("", ".caibx", ".partial"):
            with contextlib.suppress(FileNotFoundError):
                os.remove(path + suffix + end)


def depot_files(depot):
    """Returns the files that a fetch from a local depot reads, to load them into memory."""
    return [os.path.join(where, name) for where, _, names in os.walk(depot) if "/.lautta" not in where for name in names]


def time_fetch(bench, tool, work, version, depot, output, *options, files=(), extra=None):
    """Time a fetch without seeds, and check its output. `files` must be in memory."""

    def clear():
        remove_image(output)
        forget(bench)

    bench.time(tool, work, [fetch(bench, version, depot, output, *options)], inputs=files, extra=extra, before=clear,
               after=lambda: bench.same(version, output))


def task(bench):
    """Publish both versions, fetch, update: from a local depot and over HTTP, with and without deltas."""
    both = depots(bench)
    inputs = bench.pair.files("v1") + bench.pair.files("v2")
    new = bench.path("timed")
    bench.time("lautta", "publish v1", [publish(bench, "v1", new)], inputs, before=lambda: init(bench, "timed"),
               extra=lambda _: {"stored_bytes": directory_bytes(new)})
    bench.time("lautta", "publish v2", [publish(bench, "v2", new)], inputs,
               before=lambda: copy(bench, both["v1"], "timed"), extra=lambda _: {"stored_bytes": directory_bytes(new)})
    if has_deltas(bench):
        bench.time("lautta, no deltas", "publish v2", [publish(bench, "v2", new, "--deltas", "0")], inputs,
                   before=lambda: copy(bench, both["v1"], "timed"))
    if has_small_deltas(bench):
        bench.time(SMALL, "publish v2", [publish(bench, "v2", new, "--small-deltas")], inputs, times=1,
                   before=lambda: copy(bench, both["v1"], "timed"))
        bench.depots["small"] = copy(bench, new, "depot-small")
    shutil.rmtree(new)
    seed, output = bench.path("seed.raw"), bench.path("out.raw")
    files = depot_files(both["deltas"])
    time_fetch(bench, "lautta", "first fetch", "v1", both["deltas"], seed, files=files)
    time_fetch(bench, "lautta", "update", "v2", both["deltas"], output, "--seed", seed, files=files + [seed])
    if both["plain"] != both["deltas"]:
        time_fetch(bench, "lautta, no deltas", "update", "v2", both["plain"], output, "--seed", seed,
                   files=depot_files(both["plain"]) + [seed])
    depot_of = {"lautta": both["deltas"], SMALL: both.get("small"), "lautta, no deltas": both["plain"]}
    for tool, depot in ((tool, depot) for tool, depot in depot_of.items() if depot):
        with bench.served(depot) as server:
            time_fetch(bench, tool, "update over HTTP", "v2", server.url, output, "--seed", seed,
                       files=depot_files(depot) + [seed], extra=server.traffic)
    with bench.served(both["deltas"]) as server:
        time_fetch(bench, "lautta", "first fetch over HTTP", "v1", server.url, output, files=files, extra=server.traffic)
    remove_image(output)
    remove_image(seed)


@contextlib.contextmanager
def xfs(bench):
    """A mounted XFS file system with reflinks, in a file."""
    file, at = bench.path("xfs.disk"), bench.fresh("xfs")
    run(["truncate", "-s", "12G", file])
    path = {"PATH": os.environ["PATH"] + ":/sbin:/usr/sbin"}
    mount = os.geteuid() == 0 and shutil.which("mkfs.xfs", path=path["PATH"])
    if not mount:
        raise Skip("needs root and mkfs.xfs")
    run(["mkfs.xfs", "-q", "-m", "reflink=1", file], env=os.environ | path)
    if subprocess.run(["mount", "-o", "loop", file, at], stderr=subprocess.DEVNULL).returncode != 0:
        raise Skip("no XFS can be mounted here")
    try:
        yield at
    finally:
        run(["umount", at])
        os.remove(file)


def task_xfs(bench):
    """The update on a file system that can share blocks: seed and output on XFS, the depot in its old place."""
    both = depots(bench)
    with xfs(bench) as disk:
        seed, output = os.path.join(disk, "seed.raw"), os.path.join(disk, "out.raw")
        run(fetch(bench, "v1", both["deltas"], seed), env=bench.env)
        tools = [("lautta", "deltas")] + ([("lautta, no deltas", "plain")] if both["plain"] != both["deltas"] else [])
        for tool, kind in tools:
            time_fetch(bench, tool, "update on XFS", "v2", both[kind], output, "--seed", seed,
                       files=depot_files(both[kind]) + [seed])


def task_versions(bench):
    """Publishing into and fetching from a depot with 1,000 versions already, against an empty one."""
    full = init(bench, "depot-full")
    small = bench.path("small.raw")
    options = ["--deltas", "0"] if has_deltas(bench) else []
    for number in range(1, MANY + 1):
        with open(small, "wb") as file:
            file.write(os.urandom(16384))
        description = bench.path("small.yaml")
        with open(description, "w", encoding="utf-8") as file:
            file.write(f"service: small\nversion: {number}\nboot: firmware\nimage: {{file: small.raw}}\n")
        run([bench.lautta, "publish", description, "--image", small, "--depot", full, "--quiet", *options], env=bench.env)
    inputs, new, output = bench.pair.files("v1"), bench.path("timed"), bench.path("out.raw")
    for tool, depot in (("lautta, empty depot", init(bench, "depot-empty")), (f"lautta, {MANY} versions", full)):
        bench.time(tool, "publish v1", [publish(bench, "v1", new)], inputs, before=lambda d=depot: copy(bench, d, "timed"))
        time_fetch(bench, tool, "first fetch", "v1", new, output, files=depot_files(new))
        with open(description, "w", encoding="utf-8") as file:
            file.write("service: small\nversion: 1001\nboot: firmware\nimage: {file: small.raw}\n")
        bench.time(tool, "publish 16 KiB",
                   [[bench.lautta, "publish", description, "--image", small, "--depot", new, "--quiet", *options]],
                   before=lambda d=depot: copy(bench, d, "timed"))
        shutil.rmtree(new)
        shutil.rmtree(depot)
    remove_image(output)
