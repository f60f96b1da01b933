#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A slow, long link between two network namespaces, for kernels without netem. This program carries packets between two
tun devices, so that TCP is the kernel's own with its handshakes and slow start.

usage: link.py RATE_BITS_PER_SECOND ROUND_TRIP_SECONDS
Prints one line of JSON: the namespaces (for nsenter --net=) and the server's address. At SIGTERM it prints a second
line: the bytes of IP packets that left the link towards the client in each tenth of a second, by the monotonic clock.
"""

import collections
import ctypes
import fcntl
import json
import os
import select
import signal
import struct
import subprocess
import sys
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 1, 0x1000
SERVER, CLIENT = "10.97.0.1", "10.97.0.2"


def new_namespace(address, peer):
    """Go into a new network namespace that holds one tun device; returns the namespace's and the device's file."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        sys.exit("link: no network namespace can be made here: " + os.strerror(ctypes.get_errno()))
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", b"far0", IFF_TUN | IFF_NO_PI))
    for command in (["ip", "addr", "add", address, "peer", peer, "dev", "far0"], ["ip", "link", "set", "far0", "up"],
                    ["ip", "link", "set", "lo", "up"]):
        subprocess.run(command, check=True)
    return os.open("/proc/self/ns/net", os.O_RDONLY), device


class Direction:
    """A queue, a rate, a delay. The queue holds what the link carries in a round trip, as a good router's does."""

    def __init__(self, target, rate, trip):
        self.target, self.bytes_per_s, self.delay = target, rate / 8, trip / 2
        self.limit = self.bytes_per_s * trip
        self.free_at = 0.0
        self.under_way = collections.deque()
        self.carried = collections.Counter()

    def take(self, packet, now):
        begin = max(now, self.free_at)
        if (begin - now) * self.bytes_per_s > self.limit:
            return  # the queue is full
        self.free_at = begin + len(packet) / self.bytes_per_s
        self.carried[int(self.free_at * 10)] += len(packet)
        self.under_way.append((self.free_at + self.delay, packet))

    def deliver(self, now):
        while self.under_way and self.under_way[0][0] <= now:
            try:
                os.write(self.target, self.under_way.popleft()[1])
            except OSError:
                pass  # a packet that the device refuses is lost

    def wait(self, now):
        return max(0.0, self.under_way[0][0] - now) if self.under_way else 1.0


def carry(pairs):
    while True:
        now = time.monotonic()
        readable, _, _ = select.select([source for source, _ in pairs], [], [], min(d.wait(now) for _, d in pairs))
        now = time.monotonic()
        for source, direction in pairs:
            if source in readable:
                try:
                    for _ in range(64):
                        direction.take(os.read(source, 65536), now)
                except BlockingIOError:
                    pass
            direction.deliver(now)


def main():
    rate, trip = float(sys.argv[1]), float(sys.argv[2])
    server_space, server = new_namespace(SERVER, CLIENT)
    client_space, client = new_namespace(CLIENT, SERVER)
    down, up = Direction(client, rate, trip), Direction(server, rate, trip)

    def stop(*_):
        first = min(down.carried, default=0)
        last = max(down.carried, default=-1)
        print(json.dumps({"first_tenth": first, "tenths": [down.carried[i] for i in range(first, last + 1)]}), flush=True)
        os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    print(json.dumps({"server": f"/proc/{os.getpid()}/fd/{server_space}", "client": f"/proc/{os.getpid()}/fd/{client_space}",
                      "address": SERVER}), flush=True)
    carry([(server, down), (client, up)])


main()
