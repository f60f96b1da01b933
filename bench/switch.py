# SPDX-License-Identifier: LGPL-2.1-or-later
"""Switches between two versions that run side by side, there and back, under constant requests for the page. Counts the
failed requests, and the longest time between two good answers, compared with the same time without any switch."""

import json
import os
import signal
import subprocess
import time

from bench import ROOT
from measure import Failed, Skip, need, run

SWITCHES = 20
PAUSE_S = 0.5
ANSWER_WITHIN_S = 240
ADDRESS = "192.168.147.12"


class Host:
    """A network and a libvirt of their own, with versions 1 and 2 of one service: 2 is the candidate."""

    def __init__(self, bench, machines):
        self.place = bench.fresh("switch")
        self.env = bench.env | ({"MACHINES": "1"} if machines else {})
        self.tool = os.path.join(os.path.dirname(os.path.realpath(bench.lautta)), "../tests/host-tool")
        self.libvirt("start")
        for version in ("1", "2"):
            self.describe(version, machines)

    def libvirt(self, action):
        run([os.path.join(ROOT, "tools/private-libvirt"), action, self.place + "/libvirt"])

    def inside(self, *argv):
        return [os.path.join(ROOT, "tools/private-libvirt"), "run", self.place + "/libvirt", *argv]

    def describe(self, version, machines):
        image = f"{self.place}/{version}.raw"
        run([os.path.join(ROOT, "tests/functional", "machine-image" if machines else "container-image"), image, version], env=self.env)
        kind = (f"boot: kernel\nimage: {{file: {image}, kernel: {image}.kernel, initrd: {image}.initrd}}\n" if machines else
                f"kind: container\nimage: {{file: {image}}}\n")
        with open(f"{self.place}/{version}.yaml", "w", encoding="utf-8") as file:
            file.write(f"service: web\nversion: '{version}'\n{kind}resources: {{memory: 128M}}\n"
                       f"network: {{address: {ADDRESS}, forward: [{{host: 8080, guest: 80}}]}}\n"
                       'health: {http: "http://:80/", within: 120s}\n')

    def argv(self, action, version):
        return self.inside(self.tool, self.place + "/lib", self.place + "/run", action, f"{self.place}/{version}.yaml")

    def do(self, action, version, heard="1"):
        return run(self.argv(action, version), env=self.env | {"OTHER": "web" if heard == "2" else ""})

    def wait_healthy(self, action, version):
        end = time.monotonic() + ANSWER_WITHIN_S
        while subprocess.run(self.argv(action, version), env=self.env, stderr=subprocess.DEVNULL).returncode != 0:
            if time.monotonic() > end:
                raise Failed(f"version {version} does not answer")
            time.sleep(0.1)


def watched(host, change):
    """Returns the report of tests/functional/ask-often.py for the time in which `change` is made."""
    watch = subprocess.Popen(host.inside(os.path.join(ROOT, "tests/functional/ask-often.py"), "127.0.0.1", "8080"),
                             stdout=subprocess.PIPE, text=True)
    try:
        change()
    finally:
        watch.send_signal(signal.SIGTERM)
        said, _ = watch.communicate()
    return json.loads(said)


def switch_often(host, taken_ms):
    for i in range(SWITCHES):
        time.sleep(PAUSE_S)
        version = "1" if i % 2 else "2"
        taken_ms.append(float(host.do("switch", version, version).split()[0]))
    time.sleep(PAUSE_S)


def measure(bench, machines):
    host, taken_ms = Host(bench, machines), []
    try:
        host.do("network", "1")
        host.do("start", "1")
        host.do("start-beside", "2")
        host.wait_healthy("health", "1")
        host.wait_healthy("health-beside", "2")
        calm = watched(host, lambda: time.sleep((SWITCHES + 1) * PAUSE_S))
        report = watched(host, lambda: switch_often(host, taken_ms))
        if len(report["pages"]) != SWITCHES + 1:
            raise Failed(f"{SWITCHES} switches showed as {len(report['pages']) - 1}")
        bench.note("lautta-agent", f"{SWITCHES} switches, {'machines' if machines else 'containers'}",
                   {"wall_s": max(taken_ms) / 1000, "requests": report["requests"], "failed": report["failed"],
                    "longest_gap_ms": report["longest_gap_ms"], "longest_gap_without_ms": calm["longest_gap_ms"],
                    "load": os.getloadavg()[0]})
    finally:
        host.libvirt("stop")


def task(bench):
    """Switches between two versions of a container, and of a machine."""
    need("libvirtd", "dnsmasq")
    if os.geteuid() != 0:
        raise Skip("needs root")
    measure(bench, False)
    need("qemu-system-x86_64")
    measure(bench, True)
