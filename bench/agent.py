# SPDX-License-Identifier: LGPL-2.1-or-later
"""The agent: its memory and CPU time while there is nothing to do, and the time until a host matches its list."""

import json
import os
import signal
import statistics
import time

from measure import Skip, need, run
from host import Site

SERVICES = 50
IDLE_S = 120
CHANGES = 5
PASSES = 20
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(pid):
    """CPU time of the process and of its children that have ended."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15])) / TICKS


def pss_bytes(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("Pss:"))


def note_idle(bench, site, pid):
    """Measure the agent with one running service: it looks for a new list every 60 s, and checks the service every 15 s."""
    time.sleep(5)  # the pass that removed the other services frees its memory
    before, begin = cpu_s(pid), time.monotonic()
    highest = 0
    while time.monotonic() - begin < IDLE_S:
        time.sleep(2)
        highest = max(highest, pss_bytes(pid))
    share = (cpu_s(pid) - before) / (time.monotonic() - begin)
    bench.note("lautta-agent", "idle, a pass every 60 s", {"pss_bytes": highest, "cpu_share": share})


def note_passes(bench, site, pid):
    """Measure a pass while the host matches its list."""
    before = cpu_s(pid)
    for _ in range(PASSES):
        site.ask("once")
    bench.note("lautta-agent", f"pass with nothing to do, {SERVICES} services", {"cpu_ms": 1000 * (cpu_s(pid) - before) / PASSES})


def note_change(bench, site, pid, name):
    """Measure from a list that names a new version until that version is healthy; and until the end of the pass, which
    also stops the previous version, without the time of its steps."""
    walls, rests = [], []
    for i in range(1, CHANGES + 1):
        site.publish(name, f"1.{i}")
        site.push([f"{name}=1.{i}"])
        before, begin = site.record("report"), time.monotonic()
        os.kill(pid, signal.SIGHUP)
        site.wait_for({name: f"1.{i}"}, 60)
        walls.append(time.monotonic() - begin)
        report = site.report_after(before)
        rests.append(time.monotonic() - begin - sum(step["seconds"] for step in report["steps"]))
    for work, seconds in (("list change to healthy", walls), ("list change to healthy, without the fetch and the start", rests)):
        bench.note("lautta-agent", work, {"wall_s": statistics.median(seconds)})


def note_plan(bench):
    program = os.path.join(os.path.dirname(os.path.realpath(bench.lautta)), "../bench/bench-plan")
    runs = [json.loads(run([program])) for _ in range(bench.repeat)]
    for scene in runs[0]:
        bench.note("lautta-agent", f"plan of 1,000 services, {scene.replace('_', ' ')}",
                   {"plan_ms": statistics.median(r[scene] for r in runs)})


def task(bench):
    """A host: the agent's memory and CPU, a pass with nothing to do, list change to healthy, planning."""
    need("libvirtd", "dnsmasq")
    if os.geteuid() != 0:
        raise Skip("needs root")
    note_plan(bench)
    names = [f"s{i:02}" for i in range(SERVICES)]
    site = Site(bench, 60)
    try:
        for name in names:
            site.publish(name, "1.0")
        site.push([f"{name}=1.0" for name in names])
        with site.running() as pid:
            site.wait_for({name: "1.0" for name in names}, 600)
            note_passes(bench, site, pid)
            site.push([f"{names[0]}=1.0"])
            site.ask("once")
            note_change(bench, site, pid, names[0])
            note_idle(bench, site, pid)
    finally:
        site.end()
