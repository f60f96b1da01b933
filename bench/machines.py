# SPDX-License-Identifier: LGPL-2.1-or-later
"""Machines: how long a service is away in an update, side by side or one after the other, and the time that the agent
adds to the guest's own boot. The guest is small, so that Lautta's share shows."""

import json
import os
import re
import signal
import socket
import statistics
import subprocess
import time
import urllib.request

from bench import ROOT
from host import Site
from measure import Failed, Skip, need

UPDATES = 3
BOOTS = 5
BOOT_WITHIN_S = 180
OURS = "lautta-agent"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(url):
    try:
        with urllib.request.urlopen(url, timeout=1):
            return True
    except OSError:
        return False


def has_kvm():
    """True if Lautta would use KVM: a /dev/kvm without virtualization in the processor does not count."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        return os.access("/dev/kvm", os.W_OK) and re.search(r"\b(vmx|svm)\b", file.read()) is not None


def boot_alone(image):
    """Seconds from the start of QEMU, with the devices and options that Lautta's machines have, to the first page."""
    port = free_port()
    kvm = has_kvm()
    options = "root=/dev/vda ro console=ttyS0 panic=-1 quiet" + ("" if kvm else " no_timer_check mitigations=off nokaslr")
    argv = ["qemu-system-x86_64", "-M", "pc", "-accel", "kvm" if kvm else "tcg", "-cpu", "max", "-smp", "1", "-m", "128", "-nodefaults",
            "-display", "none", "-no-reboot", "-serial", "null", "-netdev", f"user,id=net,hostfwd=tcp:127.0.0.1:{port}-:80",
            "-device", "virtio-net-pci,netdev=net,romfile=", "-drive", f"if=virtio,format=raw,file={image},snapshot=on",
            "-device", "virtio-serial-pci", "-object", "rng-random,id=rng,filename=/dev/urandom", "-device", "virtio-rng-pci,rng=rng",
            "-kernel", image + ".kernel", "-initrd", image + ".initrd", "-append", options]
    begin = time.monotonic()
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL) as process:
        try:
            while not answers(f"http://127.0.0.1:{port}/"):
                if time.monotonic() > begin + BOOT_WITHIN_S or process.poll() is not None:
                    raise Failed("the guest does not answer")
                time.sleep(0.05)
            return time.monotonic() - begin
        finally:
            process.kill()


def watched(site, url, change):
    """Ask for the page every 50 ms while `change` is made. Returns: the output of tools/demo/watch-page."""
    watch = subprocess.Popen(site.libvirt("run", os.path.join(ROOT, "tools/demo/watch-page"), url, r"([0-9.]+)"),
                             stdout=subprocess.PIPE, text=True, env=site.bench.env)
    try:
        change()
    finally:
        watch.send_signal(signal.SIGTERM)
        said, _ = watch.communicate()
    return json.loads(said)


def update(site, pid, version, *more):
    """Returns: the time without the page, the time from list to healthy, and the fetch's share of that."""
    site.publish("web", version, *more)
    site.push([f"web={version}"])
    url = f"http://{site.status()['services']['web']['address']}/"
    before, taken = site.record("report"), []

    def change():
        begin = time.monotonic()
        os.kill(pid, signal.SIGHUP)
        site.wait_for({"web": version}, BOOT_WITHIN_S)
        taken.append(time.monotonic() - begin)

    watch = watched(site, url, change)
    fetch_s = sum(step["seconds"] for step in site.report_after(before)["steps"] if step["step"] == "fetch")
    return {"away_ms": watch["longest_gap_ms"], "healthy_s": taken[0], "rest_s": taken[0] - fetch_s}


def note_updates(site, pid, work, boot_s, numbers, *more):
    runs = [update(site, pid, f"{numbers}.{i}", *more) for i in range(1, UPDATES + 1)]
    middle = {key: statistics.median(r[key] for r in runs) for key in runs[0]}
    result = {"away_ms": max(r["away_ms"] for r in runs), "wall_s": middle["healthy_s"],
              "beyond_boot_s": middle["rest_s"] - boot_s, "away_beyond_boot_s": max(r["away_ms"] for r in runs) / 1000 - boot_s}
    site.bench.note(OURS, work, result)


def task(bench):
    """Machines: downtime of an update side by side and one after the other, list change to healthy, against the boot alone."""
    need("libvirtd", "dnsmasq", "qemu-system-x86_64")
    if os.geteuid() != 0:
        raise Skip("needs root")
    site = Site(bench, 600, "machine")
    try:
        boot_s = statistics.median(boot_alone(site.image("alone", "1.0")) for _ in range(BOOTS))
        bench.note("qemu", "boot of the small guest to its page", {"wall_s": boot_s})
        site.publish("web", "1.0")
        site.push(["web=1.0"])
        with site.running() as pid:
            site.wait_for({"web": "1.0"}, BOOT_WITHIN_S)
            note_updates(site, pid, "update of a machine, side by side", boot_s, "1")
            note_updates(site, pid, "update of a machine, one after the other", boot_s, "2", "update: exclusive")
    finally:
        site.end()
