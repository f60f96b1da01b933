# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fetching over a link of 20 Mbit/s and 100 ms: the used share of the link, second by second."""

import contextlib
import json
import os
import subprocess
import sys
import time

from bench import ROOT
from lautta import depots, fetch, remove_image
from measure import Failed, Skip, measured, run, settle

RATE, TRIP = 20e6, 0.1
FIRST_FETCH_SECONDS = 40


@contextlib.contextmanager
def link():
    if os.geteuid() != 0 or not os.path.exists("/dev/net/tun"):
        raise Skip("needs root and /dev/net/tun")
    process = subprocess.Popen([sys.executable, os.path.join(ROOT, "bench/link.py"), str(RATE), str(TRIP)],
                               stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        if not line:
            raise Skip("no network namespace or tun device can be made here")
        yield process, json.loads(line)
    finally:
        process.terminate()
        process.wait()


def use_of_link(bench, depot, argv, seconds):
    """Run the fetch at the far end of the link. Returns the share of the link that was used in each second from the
    start of the program to the last byte, and the cost of the program."""
    with link() as (process, place):
        prefix = bench.fresh("nginx-link")
        server = subprocess.Popen(["nsenter", "--net=" + place["server"], os.path.join(ROOT, "tools/serve"), depot,
                                   place["address"] + ":80", prefix])
        try:
            while not os.path.exists(prefix + "/pid") and server.poll() is None:
                time.sleep(0.02)
            argv = [f"http://{place['address']}/" if a == "URL" else a for a in argv]
            begin = time.monotonic()
            cost, _ = measured(["nsenter", "--net=" + place["client"], "timeout", "-s", "INT", str(seconds), *argv],
                               ok=(0, 124), env=bench.env | {"no_proxy": "*", "NO_PROXY": "*"})
            end = time.monotonic()
        finally:
            server.terminate()
            server.wait()
        process.terminate()
        told = json.loads(process.stdout.readline())
    return cost | shares(told, begin, min(end, begin + seconds))


def shares(told, begin, end):
    """Returns the used share in each second since `begin`, without the second in which the fetch or the measurement ends."""
    per_second = {}
    for i, size in enumerate(told["tenths"]):
        at = (told["first_tenth"] + i) / 10
        if begin - 0.1 <= at < end:
            second = int(max(0.0, at - begin))
            per_second[second] = per_second.get(second, 0) + size
    if not per_second:
        raise Failed("nothing went over the link")
    last = max(per_second)
    used = [per_second.get(s, 0) / (RATE / 8) for s in range(last)] or [per_second[last] / (RATE / 8)]
    return {"share_by_second": [round(u, 3) for u in used], "first_second": used[0],
            "from_second_1": sum(used[1:]) / max(1, len(used) - 1), "least_from_second_1": min(used[1:], default=0),
            "bytes": sum(told["tenths"])}


def task(bench):
    """A first fetch (its beginning) and a whole update over 20 Mbit/s and 100 ms of round trip."""
    both = depots(bench)
    seed, output = bench.path("seed.raw"), bench.path("out.raw")
    run(fetch(bench, "v1", both["deltas"], seed), env=bench.env)
    for work, version, options, seconds in (("first fetch, slow link", "v1", [], FIRST_FETCH_SECONDS),
                                            ("update, slow link", "v2", ["--seed", seed], 600)):
        remove_image(output)
        settle(seed)
        bench.note("lautta", work, use_of_link(bench, both["deltas"], fetch(bench, version, "URL", output, *options), seconds))
    remove_image(output)
    remove_image(seed)
