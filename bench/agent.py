# SPDX-License-Identifier: LGPL-2.1-or-later
"""The agent: what it takes while there is nothing to do, and how soon a host is as its list says."""

import contextlib
import json
import os
import shutil
import signal
import statistics
import subprocess
import time

from bench import ROOT
from measure import Failed, Skip, need, run

SERVICES = 50
IDLE_S = 120
CHANGES = 5
PASSES = 20
TICKS = os.sysconf("SC_CLK_TCK")


class Site:
    """A host with a network and a libvirt of its own, and a depot with small container services for it."""

    def __init__(self, bench, interval_s):
        self.bench = bench
        self.agent = os.path.join(os.path.dirname(os.path.realpath(bench.lautta)), "../agent/lautta-agent")
        self.place = bench.fresh("site")
        self.depot = bench.fresh("site-depot")
        self.conf = os.path.join(self.place, "agent.conf")
        self.process = None
        os.rmdir(self.depot)
        run([bench.lautta, "init", self.depot], env=bench.env)
        shutil.copytree(bench.home, os.path.join(self.place, "trust"),
                        ignore=lambda _, names: [n for n in names if n not in ("root.pgp", "release.pgp", "lists.pgp")])
        with open(self.conf, "w", encoding="utf-8") as file:
            file.write(f"[host]\nname = bench-1\nstate = {self.place}/lib\nrun = {self.place}/run\n"
                       f"trust = {self.place}/trust\nmemory-reserve = 0\n[pull]\nlists = {self.depot}\ndepots = {self.depot}\n"
                       f"interval = {interval_s}s\njitter = 0%\n[packages]\nmanage = no\n[services]\nmachines = none\n")
        self.libvirt("start")
        self.key = self.ask("key").strip()

    def libvirt(self, action, *argv):
        return [os.path.join(ROOT, "tools/private-libvirt"), action, self.place + "/libvirt", *argv] if argv else run(
            [os.path.join(ROOT, "tools/private-libvirt"), action, self.place + "/libvirt"])

    def ask(self, *argv):
        return run(self.libvirt("run", self.agent, *argv, "--config", self.conf), env=self.bench.env)

    def publish(self, service, version):
        image = self.bench.path(f"{service}-{version}.raw")
        run([os.path.join(ROOT, "tests/functional/container-image"), image, version])
        text = (f"service: {service}\nversion: {version}\nkind: container\nimage: {{file: {image}}}\n"
                'resources: {memory: 16M}\nroot: reset\nhealth: {http: "http://:80/", within: 30s}\n')
        with open(image + ".yaml", "w", encoding="utf-8") as file:
            file.write(text)
        run([self.bench.lautta, "publish", image + ".yaml", "--image", image, "--depot", self.depot, "--quiet"], env=self.bench.env)
        os.unlink(image)

    def push(self, must_have):
        hosts = os.path.join(self.place, "fleet/hosts")
        os.makedirs(hosts, exist_ok=True)
        with open(os.path.join(hosts, "bench-1.yaml"), "w", encoding="utf-8") as file:
            file.write(f"key: {self.key}\nmust-have: [{', '.join(must_have)}]\n")
        run([self.bench.lautta, "fleet", "push", self.place + "/fleet", "--depot", self.depot], env=self.bench.env)

    @contextlib.contextmanager
    def running(self):
        """The agent runs; gives its process id."""
        with open(self.place + "/agent.log", "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(self.libvirt("run", self.agent, "run", "--config", self.conf), stdout=log, stderr=log,
                                            env=self.bench.env)
        try:
            yield self.process.pid
        finally:
            self.process.terminate()
            self.process.wait()

    def status(self):
        return json.loads(self.ask("status", "--json"))

    def wait_for(self, versions, seconds):
        """Until every service of {name: version} runs and is healthy."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(Exception):
                services = self.status()["services"]
                fine = {name: s["version"] for name, s in services.items() if s["state"] == "running" and s["health"] == "healthy"}
                if all(fine.get(name) == version for name, version in versions.items()):
                    return
            time.sleep(0.1)
        raise Failed(f"{versions} did not come up within {seconds} s; see {self.place}/agent.log")

    def end(self):
        self.libvirt("stop")


def cpu_s(pid):
    """Of the process and of its children that have ended."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15])) / TICKS


def pss_bytes(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("Pss:"))


def note_idle(bench, site, pid):
    """One service runs; the agent looks for a new list every 60 s, and after the service every 15."""
    time.sleep(5)  # the pass that removed the others gives its memory back
    before, begin = cpu_s(pid), time.monotonic()
    highest = 0
    while time.monotonic() - begin < IDLE_S:
        time.sleep(2)
        highest = max(highest, pss_bytes(pid))
    share = (cpu_s(pid) - before) / (time.monotonic() - begin)
    bench.note("lautta-agent", "idle, a pass every 60 s", {"pss_bytes": highest, "cpu_share": share})


def note_passes(bench, site, pid):
    """All is as the list says."""
    before = cpu_s(pid)
    for _ in range(PASSES):
        site.ask("once")
    bench.note("lautta-agent", f"pass with nothing to do, {SERVICES} services", {"cpu_ms": 1000 * (cpu_s(pid) - before) / PASSES})


def last_report(site):
    """The record without the digest in its last line."""
    with open(site.place + "/lib/state/report.json", encoding="utf-8") as file:
        return json.JSONDecoder().raw_decode(file.read())[0]


def note_change(bench, site, pid, name):
    """From a list that names a new version to its being healthy; and without what the fetch and the switch took."""
    walls, rests = [], []
    for i in range(1, CHANGES + 1):
        site.publish(name, f"1.{i}")
        site.push([f"{name}=1.{i}"])
        begin = time.monotonic()
        os.kill(pid, signal.SIGHUP)
        site.wait_for({name: f"1.{i}"}, 60)
        walls.append(time.monotonic() - begin)
        rests.append(walls[-1] - sum(step["seconds"] for step in last_report(site)["steps"]))
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
