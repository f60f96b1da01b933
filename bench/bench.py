# SPDX-License-Identifier: LGPL-2.1-or-later
"""The context of every task: directories, servers, and a list of results."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import time

from measure import Failed, measured, median, run, settle

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Bench:
    """One run on one pair. `results` is a list of dicts with at least pair, tool and work."""

    def __init__(self, pair, options, work, results, say):
        self.pair = pair
        self.lautta = options.lautta
        self.repeat = options.repeat
        self.work = work
        self.results = results
        self.say = say
        self.home = os.path.join(work, "home")
        self.env = os.environ | {"LAUTTA_HOME": self.home, "no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}
        self.depots = {}

    def path(self, *names):
        return os.path.join(self.work, *names)

    def fresh(self, *names):
        """Make an empty directory; returns its path."""
        path = self.path(*names)
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path)
        return path

    def note(self, tool, work, result):
        result = {"pair": self.pair.name, "tool": tool, "work": work} | result
        self.results.append(result)
        self.say(f"  {tool:24} {work:22} {in_words(result)}")
        return result

    def time(self, tool, work, argvs, inputs=(), before=None, after=None, times=None, extra=None):
        """Measure the commands, one after another, as one piece of work, `times` or `repeat` times. `before` prepares and
        `after` checks the output; neither is measured. `extra` returns further numbers."""
        runs = []
        for _ in range(times or self.repeat):
            if before:
                before()
            settle(*inputs)
            one, output = {"wall_s": 0.0, "cpu_s": 0.0, "rss_bytes": 0, "others_cpu_s": 0.0}, ""
            for argv in argvs:
                part, said = measured(argv, env=self.env)
                one = {key: max(one[key], part[key]) if key == "rss_bytes" else one[key] + part[key] for key in one}
                output += said
            if extra:
                one |= extra(output)
            if after:
                after()
            runs.append(one)
        return self.note(tool, work, median(runs))

    def same(self, version, output):
        """Check that the output of a tool is the version, bit for bit."""
        for blob in self.pair.blobs:
            run(["cmp", self.pair.image(version) + blob, output + blob])

    @contextlib.contextmanager
    def served(self, directory, prefix=None, where=()):
        """Serve the directory by nginx; yields a Server. `where` is put in front of the nginx command."""
        prefix = self.fresh(prefix or "nginx")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = Server(f"http://127.0.0.1:{port}", os.path.join(prefix, "access.log"))
        process = subprocess.Popen([*where, os.path.join(ROOT, "tools/serve"), directory, str(port), prefix])
        try:
            wait_for_port(port)
            yield server
        finally:
            process.terminate()
            process.wait()


class Server:
    def __init__(self, url, log):
        self.url = url
        self.log = log
        self.read = 0

    def traffic(self, _output=""):
        """Requests and bytes since the last call: `bytes` counts both directions of HTTP, headers included."""
        time.sleep(0.2)  # nginx logs a request after its answer was sent
        with open(self.log, encoding="utf-8", errors="replace") as file:
            file.seek(self.read)
            lines = file.readlines()
            self.read = file.tell()
        numbers = [list(map(int, re.search(r'" \d+ (\d+) (\d+) (\d+)$', line).groups())) for line in lines]
        return {"requests": len(lines), "body_bytes": sum(n[0] for n in numbers), "bytes": sum(n[1] + n[2] for n in numbers)}


def wait_for_port(port, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise Failed("nginx does not answer")


def in_words(result):
    words = []
    if "wall_s" in result:
        words.append(f"{result['wall_s']:8.2f} s")
    if "cpu_s" in result:
        words.append(f"{result['cpu_s']:8.2f} CPU s  {result['rss_bytes'] / 2**20:7.1f} MiB")
    if "gb_per_s" in result:
        words.append(f"{result['gb_per_s']:8.2f} GB/s")
    if "from_second_1" in result:
        words.append(f"link {result['first_second']:.0%}, then {result['from_second_1']:.1%}")
    if result.get("others_cpu_s", 0) > 0.1 * result.get("wall_s", 0):
        words.append(f"(others took {result['others_cpu_s']:.1f} CPU s)")
    if "longest_gap_ms" in result:
        words.append(f"{result['failed']} of {result['requests']} requests failed, longest gap {result['longest_gap_ms']:.0f} ms, "
                     f"{result['longest_gap_without_ms']:.0f} ms without switches")
    if "bytes" in result:
        words.append(f"{result['bytes'] / 1e6:9.2f} MB")
    if "requests" in result:
        words.append(f"{result['requests']:g} requests")
    for key, form in (("pss_bytes", "{:.1f} MB PSS"), ("cpu_share", "{:.3%} of a CPU"), ("cpu_ms", "{:.1f} CPU ms"), ("plan_ms", "{:.1f} ms"),
                      ("away_ms", "away for {:.0f} ms"), ("beyond_boot_s", "{:.1f} s beyond fetch and boot")):
        if key in result:
            words.append(form.format(result[key] / (1e6 if key == "pss_bytes" else 1)))
    if "skipped" in result:
        words.append("skipped: " + result["skipped"])
    return "  ".join(words)
