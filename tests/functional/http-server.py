#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A small static web server that misbehaves on request, for tests.

    http-server.py ROOT [--rules FILE] [--log FILE] [--port N] [--tls CERT KEY] [--with-parent]

It serves the files below ROOT on 127.0.0.1, prints its URL as the first line, and runs until killed
(with --with-parent: until its parent is gone). Without rules it is honest: keep-alive, single ranges, ETag,
If-Range. It also is a forward proxy: for absolute URLs (GET http://...) and CONNECT; there rules match the URL or
HOST:PORT, and only hang=N and close=N (after N bytes for the client) make sense, and status=N for CONNECT.

The rules file is read again for each request; a change of it resets all counters. One rule a line:

    PATTERN KEY[=VALUE]...

PATTERN is a shell pattern for the path without its leading slash (`*` also matches `/`); `#` begins a comment.
The first rule that matches and is not used up decides. Which requests a rule is for:

    times=K         only the first K of them             after=K         not the first K of them
    only=range      only those with a Range              only=whole      only those without

What it does (several may be combined where that makes sense):

    status=N        answer N with a short body; retry-after=S adds that header, page=N makes the body N bytes
    redirect=URL    answer 302 to URL ("self": to the same path, for ever; "/x": to that path)
    file=PATH       serve the file PATH (below ROOT) instead
    flip=N          flip a bit of the byte at offset N of the file (negative: from its end)
    truncate=N      the file seems to be N bytes long (negative: N bytes shorter)
    extend=N        the file seems to be N bytes longer
    ranges=none     answer 200 to a range        ranges=bare      206 without Content-Range
    ranges=shift    another range: one later     ranges=short     another range: it ends one byte too early
    ranges=liar     the bytes one later, but named as asked
    ranges=total    a wrong total size, smaller than the range    ranges=multipart   206 as multipart/byteranges
    ranges=careless If-Range is not heeded
    length=N        Content-Length says N more (or less, if negative) than what is sent
    chunked         no Content-Length            endless          chunked, and the body never ends
    headers=N       N bytes of extra headers (headers=endless: they never end)
    close=N         close the connection after N bytes of body      reset=N     the same, with a TCP reset
    hang=N          say nothing more after N bytes of body          hang=header before the answer
    drip=S          send a byte each S seconds   latency=MS      wait before the answer
    rate=N          send N bytes a second        etag=none, etag=weak, etag=forged (always the same)

The log has one line for each request: METHOD PATH RANGE-or-"-" STATUS BODY-BYTES-SENT CLIENT-PORT, written when
the answer ends. A server that closes each pack twice in its middle, is busy for one second, then behaves:

    python3 http-server.py depot --rules rules --log log >url &
    server=$!
    until [ -s url ]; do sleep 0.1; done
    cat >rules <<'EOF'
    packs/*     close=50000 times=2
    *InRelease  status=503 retry-after=1 times=1
    EOF
    lautta fetch web --depot "$(cat url)" --keyring release.pgp -o web.img
    grep -c ' packs/' log
    kill "$server"
"""

import argparse
import fnmatch
import hashlib
import http.server
import os
import select
import socket
import ssl
import struct
import sys
import threading
import time
import urllib.parse

BLOCK = 64 << 10


class Rules:
    """The rules file, and how often each of its lines was used."""

    def __init__(self, path):
        self.path = path
        self.text = None
        self.lock = threading.Lock()

    def find(self, path, has_range):
        with self.lock:
            self._load()
            for number, (pattern, keys) in enumerate(self.rules):
                if not fnmatch.fnmatchcase(path, pattern):
                    continue
                if keys.get("only") == ("whole" if has_range else "range"):
                    continue
                self.used[number] += 1
                first = int(keys.get("after", 0))
                last = first + int(keys.get("times", 1 << 60))
                if first < self.used[number] <= last:
                    return keys
        return {}

    def _load(self):
        text = ""
        if self.path and os.path.exists(self.path):
            with open(self.path, encoding="utf-8") as file:
                text = file.read()
        if text == self.text:
            return
        self.text = text
        lines = (line.split("#")[0].split() for line in text.splitlines())
        self.rules = [(words[0], dict(word.partition("=")[::2] for word in words[1:])) for words in lines if words]
        self.used = [0] * len(self.rules)


class View:
    """A file as a rule wants it seen."""

    def __init__(self, path, rule):
        self.file = open(path, "rb")
        status = os.fstat(self.file.fileno())
        self.real_size = status.st_size
        self.size = status.st_size
        self.etag = hashlib.sha256(f"{path} {status.st_size} {status.st_mtime_ns}".encode()).hexdigest()[:16]
        if "truncate" in rule:
            wanted = int(rule["truncate"])
            self.size = min(self.size, wanted) if wanted >= 0 else max(0, self.size + wanted)
        self.size += int(rule.get("extend", 0))
        self.flip = int(rule["flip"]) if "flip" in rule else None
        if self.flip is not None and self.flip < 0:
            self.flip += self.real_size

    def read(self, offset, size):
        size = max(0, min(size, self.size - offset))
        self.file.seek(offset)
        data = bytearray(self.file.read(size))
        data += b"x" * (size - len(data))
        if self.flip is not None and offset <= self.flip < offset + len(data):
            data[self.flip - offset] ^= 1
        return bytes(data)


class Cut(Exception):
    """The connection ends here."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 0

    def log_message(self, *args):
        pass

    def write_log(self, path):
        if not self.log:
            return
        line = f"{self.command} {path} {self.headers.get('Range', '-')} {self.status} {self.sent} {self.client_address[1]}\n"
        with self.server.log_lock, self.log as file:
            file.write(line)

    def open_log(self):
        """A line goes to the log that was there when its request came: a test that replaces the file gets an empty log."""
        path = self.server.log_path
        self.log = open(path, "a", encoding="utf-8") if path else None

    def do_GET(self):
        self.open_log()
        self.status = self.sent = 0
        if self.path.startswith("http://"):
            self.rule = self.server.rules.find(self.path, "Range" in self.headers)
            return self.proxy_get()
        path = urllib.parse.unquote(self.path).lstrip("/")
        self.rule = self.server.rules.find(path, "Range" in self.headers)
        try:
            self.answer(path)
        except (Cut, BrokenPipeError, ConnectionResetError, ssl.SSLError):
            self.close_connection = True
        finally:
            self.write_log(path)

    # -- what is answered

    def answer(self, path):
        time.sleep(float(self.rule.get("latency", 0)) / 1000)
        if self.rule.get("hang") == "header":
            self.hang()
        if "redirect" in self.rule:
            target = self.rule["redirect"]
            return self.short_answer(302, {"Location": self.path if target == "self" else target})
        if "status" in self.rule:
            extra = {"Retry-After": self.rule["retry-after"]} if "retry-after" in self.rule else {}
            return self.short_answer(int(self.rule["status"]), extra)
        file = os.path.normpath(os.path.join(self.server.root, self.rule.get("file", path)))
        if not file.startswith(self.server.root) or not os.path.isfile(file):
            return self.short_answer(404, {})
        self.answer_file(View(file, self.rule))

    def short_answer(self, status, extra):
        body = (b"no luck\n" * (1 + int(self.rule.get("page", 8)) // 8))[: int(self.rule.get("page", 8))]
        self.send_head(status, {"Content-Length": len(body), **extra})
        self.send_body(body)

    def answer_file(self, view):
        asked = self.asked_range(view)
        headers = {} if self.rule.get("etag") == "none" else {"ETag": self.etag(view)}
        if asked == "beyond":
            return self.short_answer(416, {"Content-Range": f"bytes */{view.size}"})
        first, last = asked or (0, view.size - 1)
        status = 200
        if asked:
            status = 206
            first, last = self.answer_range(view, first, last, headers)
        length = last - first + 1
        if "chunked" in self.rule or "endless" in self.rule:
            headers["Transfer-Encoding"] = "chunked"
        else:
            headers["Content-Length"] = length + int(self.rule.get("length", 0))
        self.send_head(status, headers)
        for offset in range(first, last + 1, BLOCK):
            self.send_body(view.read(offset, min(BLOCK, last + 1 - offset)))
        while "endless" in self.rule:
            self.send_body(b"and so on\n" * 1000)
        if "chunked" in self.rule:
            self.wfile.write(b"0\r\n\r\n")
        if int(self.rule.get("length", 0)) > 0:
            raise Cut

    def etag(self, view):
        if self.rule.get("etag") == "forged":
            return '"the same for ever"'
        return ("W/" if self.rule.get("etag") == "weak" else "") + f'"{view.etag}"'

    def asked_range(self, view):
        """(first, last), None for the whole file, or "beyond"."""
        text = self.headers.get("Range", "")
        condition = self.headers.get("If-Range")
        if not text.startswith("bytes=") or "," in text or self.rule.get("ranges") == "none":
            return None
        if self.rule.get("ranges") != "careless" and condition is not None and condition != f'"{view.etag}"':
            return None
        first, last = text[6:].split("-")
        if int(first) >= view.size:
            return "beyond"
        return int(first), min(int(last) if last else view.size - 1, view.size - 1)

    def answer_range(self, view, first, last, headers):
        how = self.rule.get("ranges")
        total = view.size
        if how == "shift":
            first, last = first + 1, last + 1
        elif how == "short":
            last -= 1
        elif how == "total":
            total = last
        if how == "multipart":
            headers["Content-Type"] = "multipart/byteranges; boundary=THIS"
        elif how != "bare":
            headers["Content-Range"] = f"bytes {first}-{last}/{total}"
        if how == "liar":
            first, last = first + 1, last + 1
            view.size += 1
        return first, last

    # -- how it is sent

    def send_head(self, status, headers):
        self.status = status
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, str(value))
        extra = self.rule.get("headers")
        if extra == "endless":
            self.end_headers_never()
        for number in range(int(extra or 0) // 100):
            self.send_header(f"X-Extra-{number:06}", "x" * 82)
        self.end_headers()

    def end_headers_never(self):
        self.flush_headers()
        while True:
            self.wfile.write(b"X-More: " + b"m" * 90 + b"\r\n")

    def limit(self):
        """After how many bytes of body something happens, and what."""
        for name in ("close", "reset", "hang"):
            if name in self.rule:
                return int(self.rule[name] or 0), name
        return 1 << 62, None

    def send_body(self, data):
        limit, event = self.limit()
        self.send_slowly(data[: max(0, limit - self.sent)])
        if self.sent < limit:
            return
        if event == "hang":
            self.hang()
        if event == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        raise Cut

    def send_slowly(self, data):
        step, pause = len(data), 0.0
        if "drip" in self.rule:
            step, pause = 1, float(self.rule["drip"])
        elif "rate" in self.rule:
            step = max(1, min(BLOCK, int(self.rule["rate"]) // 20))
            pause = step / float(self.rule["rate"])
        for start in range(0, len(data), max(1, step)):
            piece = data[start : start + step]
            is_chunked = "chunked" in self.rule or "endless" in self.rule
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if is_chunked else piece)
            self.sent += len(piece)
            if pause:
                time.sleep(pause)

    def hang(self):
        """Until the client goes away (at most ten minutes)."""
        select.select([self.connection], [], [], 600)
        raise Cut

    # -- as a proxy

    def proxy_get(self):
        url = urllib.parse.urlsplit(self.path)
        upstream = socket.create_connection((url.hostname, url.port or 80))
        lines = [f"GET {url.path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in self.headers.items() if not name.lower().startswith("proxy-")]
        upstream.sendall(("\r\n".join(lines + ["Connection: close", "", ""])).encode())
        self.relay(upstream, self.path)

    def do_CONNECT(self):
        self.open_log()
        self.status = self.sent = 0
        self.rule = self.server.rules.find(self.path, False)
        if "status" in self.rule:
            self.short_answer(int(self.rule["status"]), {})
            return self.write_log(self.path)
        host, port = self.path.rsplit(":", 1)
        upstream = socket.create_connection((host, int(port)))
        self.wfile.write(b"HTTP/1.1 200 Tunnel\r\n\r\n")
        self.relay(upstream, self.path)

    def relay(self, upstream, name):
        self.close_connection = True
        self.status, self.sent = 200, 0
        try:
            self.relay_until_cut(upstream, {self.connection: upstream, upstream: self.connection})
        except (Cut, ConnectionError):
            pass
        finally:
            upstream.close()
            self.write_log(name)

    def relay_until_cut(self, upstream, pairs):
        limit, event = self.limit()
        while True:
            for ready in select.select(list(pairs), [], [])[0]:
                data = ready.recv(BLOCK)
                if not data:
                    raise Cut
                pairs[ready].sendall(data)
                self.sent += len(data) if ready is upstream else 0
            if self.sent >= limit:
                if event == "hang":
                    time.sleep(600)
                raise Cut


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], (ConnectionError, OSError)):
            super().handle_error(request, client_address)


def exit_with(parent):
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(0)


def main():
    parser = argparse.ArgumentParser(description="A static web server that misbehaves on request.")
    parser.add_argument("root")
    parser.add_argument("--rules", help="file of rules, read again for each request")
    parser.add_argument("--log", help="file that gets a line for each request")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--tls", nargs=2, metavar=("CERT", "KEY"))
    parser.add_argument("--with-parent", action="store_true", help="end when the parent ends")
    options = parser.parse_args()
    if options.with_parent:
        threading.Thread(target=exit_with, args=(os.getppid(),), daemon=True).start()

    server = Server(("127.0.0.1", options.port), Handler)
    server.root = os.path.abspath(options.root)
    server.rules = Rules(options.rules)
    server.log_path = options.log
    server.log_lock = threading.Lock()
    if options.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*options.tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    print(f"{'https' if options.tls else 'http'}://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
