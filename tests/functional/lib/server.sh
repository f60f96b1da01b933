# shellcheck shell=bash disable=SC2034,SC2154 # lib.sh sets and tests read its variables
# SPDX-License-Identifier: LGPL-2.1-or-later
# Web servers on loopback: nginx, and one that misbehaves.

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# start_nginx DIR [tls]: serve DIR on loopback, with tls also by HTTP/2. Sets URL, and CA, the certificate to trust. The
# access log is $T/nginx-PORT/access.log.
start_nginx() {
  local port prefix tls=()
  port=$(free_port)
  prefix=$T/nginx-$port
  mkdir -p "$prefix"
  URL=http://127.0.0.1:$port
  if [ "${2:-}" = tls ]; then
    CA=$prefix/ca.pem
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
      -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' -keyout "$prefix/key.pem" -out "$CA" 2>/dev/null
    tls=("$CA" "$prefix/key.pem")
    URL=https://127.0.0.1:$port
  fi
  "$ROOT/tools/serve" "$1" "$port" "$prefix" "${tls[@]}" &
  PIDS+=($!)
  wait_until 20 port_answers "$port"
}

# start_http_server DIR [OPTION...]: start the server that misbehaves (see the head of http-server.py). Sets URL, RULES
# (a file that the test writes) and REQUESTS (the log).
start_http_server() {
  local name=$T/http-$RANDOM
  RULES=$name.rules REQUESTS=$name.log
  : >"$RULES"
  python3 "$ROOT/tests/functional/http-server.py" "$@" --rules "$RULES" --log "$REQUESTS" >"$name.port" 2>"$name.err" &
  PIDS+=($!)
  wait_until 20 grep -qs . "$name.port"
  URL=$(head -n 1 "$name.port")
}

port_answers() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
