# SPDX-License-Identifier: LGPL-2.1-or-later
"""A host to measure, with the depot that it pulls from."""

import contextlib
import json
import os
import shutil
import subprocess
import time

from bench import ROOT
from measure import Failed, run

KINDS = {
    "container": ("kind: container", "resources: {memory: 16M}", 'health: {http: "http://:80/", within: 30s}'),
    "machine": ("boot: kernel", "resources: {memory: 128M}", 'health: {http: "http://:80/", within: 120s}'),
}


class Site:
    """A host with a network and a libvirt of its own, and a depot with small services of one kind for it."""

    def __init__(self, bench, interval_s, kind="container"):
        self.bench = bench
        self.kind = kind
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
                       f"interval = {interval_s}s\njitter = 0%\n[packages]\nmanage = no\n[services]\n"
                       + ("machines = none\n" if kind == "container" else "containers = none\n"))
        self.libvirt("start")
        self.key = self.ask("key").strip()

    def libvirt(self, action, *argv):
        return [os.path.join(ROOT, "tools/private-libvirt"), action, self.place + "/libvirt", *argv] if argv else run(
            [os.path.join(ROOT, "tools/private-libvirt"), action, self.place + "/libvirt"])

    def ask(self, *argv):
        return run(self.libvirt("run", self.agent, *argv, "--config", self.conf), env=self.bench.env)

    def image(self, service, version):
        """Make an image. Returns its path; a machine's kernel and initrd lie next to it."""
        image = self.bench.path(f"{service}-{version}.raw")
        run([os.path.join(ROOT, f"tests/functional/{self.kind}-image"), image, version])
        return image

    def publish(self, service, version, *more):
        """`more`: further lines of its description."""
        image = self.image(service, version)
        files = f"file: {image}" + (f", kernel: {image}.kernel, initrd: {image}.initrd" if self.kind == "machine" else "")
        text = [f"service: {service}", f"version: {version}", f"image: {{{files}}}", *KINDS[self.kind], "root: reset", *more]
        with open(image + ".yaml", "w", encoding="utf-8") as file:
            file.write("\n".join(text) + "\n")
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
        """Run the agent; yields its process id."""
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

    def record(self, name):
        """One of the agent's records, without the digest in its last line."""
        with open(f"{self.place}/lib/state/{name}.json", encoding="utf-8") as file:
            return json.JSONDecoder().raw_decode(file.read())[0]

    def wait_for(self, versions, seconds):
        """Wait until every service of {name: version} runs and is healthy. The agent is asked only after its records say so,
        because a question takes time from the measured work."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(0.02)
            with contextlib.suppress(Exception):
                if any(self.record(f"services/{name}")["current"] != version for name, version in versions.items()):
                    continue
                services = self.status()["services"]
                fine = {name: s["version"] for name, s in services.items() if s["state"] == "running" and s["health"] == "healthy"}
                if all(fine.get(name) == version for name, version in versions.items()):
                    return
        raise Failed(f"{versions} did not come up within {seconds} s; see {self.place}/agent.log")

    def report_after(self, report, seconds=60):
        """Wait for the report of the next pass after `report`: a service is healthy before its pass has ended."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(OSError, ValueError):
                if (now := self.record("report")) != report:
                    return now
            time.sleep(0.02)
        raise Failed(f"the pass did not end within {seconds} s; see {self.place}/agent.log")

    def end(self):
        self.libvirt("stop")
