#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ask for a page again and again, each time by a new connection, until SIGTERM; then say in JSON how that went.

usage: ask-often.py ADDRESS PORT    the page is the name of a version, and nothing else

requests, failed: their number, and why those failed; longest_gap_ms: the longest time from one good answer to the
next; pages: what was answered, without repetitions."""

import json
import signal
import socket
import sys
import time

PAUSE_S = 0.003
TIMEOUT_S = 5


def ask(where):
    with socket.create_connection(where, TIMEOUT_S) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        answer = b""
        while part := connection.recv(65536):
            answer += part
    head, found, page = answer.decode().partition("\r\n\r\n")
    if not found or " 200 " not in head.splitlines()[0]:
        raise OSError("no whole answer")
    return page.strip()


def watch(where):
    report = {"requests": 0, "failed": 0, "why": [], "longest_gap_ms": 0.0, "pages": []}
    ends = []
    signal.signal(signal.SIGTERM, lambda *_: ends.append(True))
    last = time.monotonic()
    while not ends:
        report["requests"] += 1
        try:
            page = ask(where)
        except OSError as error:
            report["failed"] += 1
            report["why"].append(str(error))
            continue
        now = time.monotonic()
        report["longest_gap_ms"] = max(report["longest_gap_ms"], round(1000 * (now - last), 1))
        if page not in report["pages"][-1:]:
            report["pages"].append(page)
        last = now
        time.sleep(PAUSE_S)
    return report


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: ask-often.py ADDRESS PORT")
    print(json.dumps(watch((sys.argv[1], int(sys.argv[2])))))
