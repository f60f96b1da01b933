#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A server to be asked, for ask.sh: ask-server.py LOG

Listens on 127.0.0.1 and prints its port. The log gets a line for each request: METHOD PATH BODY-BYTES TYPE KEY CLIENT, "-"
for what is absent. What a path does:

    echo             answer with the body, or "nothing" to a GET
    big              answer with 100,000 bytes          empty          answer 204
    poll/S           answer "news" after S seconds      drip           a byte each 0.2 s after the headers
    status/N         answer N                           away           redirect to echo
    busy/N/K[/S]     answer N to the first K requests (with Retry-After: S), then echo
    torn/K           read the first K requests and close without an answer, then echo
    half/K           send half an answer to the first K requests, then echo
"""
import http.server
import sys
import threading
import time

counts = {}
lock = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", length=None, **fields):
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        if status != 204:
            self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def handle_one(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        words = self.path.strip("/").split("/")
        with lock:
            count = counts[self.path] = counts.get(self.path, 0) + 1
            header = lambda name: self.headers.get(name, "-").replace(" ", "")
            with open(sys.argv[1], "a") as log:
                print(self.command, self.path, len(body), header("Content-Type"), header("Idempotency-Key"),
                      header("X-Client"), file=log)
        what, numbers = words[0], [float(word) for word in words[1:]]
        if what == "busy" and count <= numbers[1]:
            return self.answer(int(numbers[0]), b"busy", **({"Retry_After": int(numbers[2])} if numbers[2:] else {}))
        if what in ("torn", "half") and count <= numbers[0]:
            self.close_connection = True
            return self.answer(200, b"half", 8) if what == "half" else None
        if what == "poll":
            time.sleep(numbers[0])
            return self.answer(200, b"news")
        if what == "drip":
            self.answer(200, b"", 1000)
            for _ in range(1000):
                self.wfile.write(b"x")
                self.wfile.flush()
                time.sleep(0.2)
        if what == "status":
            return self.answer(int(numbers[0]), b"no")
        if what == "away":
            return self.answer(307, b"", Location="/echo")
        if what == "empty":
            return self.answer(204)
        return self.answer(200, b"x" * 100000 if what == "big" else body or b"nothing")

    do_GET = do_POST = handle_one


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print(server.server_address[1], flush=True)
server.serve_forever()
