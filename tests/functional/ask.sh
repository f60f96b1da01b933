#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Questions to a server behind nginx with TLS: POST, long polls, client certificates; what is asked again, and what is
# never sent twice.
# timeout: 120
. "$(dirname "$0")/lib.sh"

TOOL=$(dirname "$(readlink -f "$LAUTTA")")/../tests/ask-tool
LOG=$T/log
: >"$LOG"
export LAUTTA_RETRY_BASE_MS=20

python3 "$ROOT/tests/functional/ask-server.py" "$LOG" >"$T/port" 2>"$T/server.err" &
SERVER=$!
PIDS+=("$SERVER")
wait_until 20 grep -qs . "$T/port"
BACKEND=$(cat "$T/port")

# certificate NAME: a self-signed one in $T/NAME.pem, its key in $T/NAME.key.
certificate() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" \
    -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' -keyout "$T/$1.key" -out "$T/$1.pem" 2>/dev/null
  chmod 600 "$T/$1.key"
}
certificate server
certificate client
PORT=$(free_port)
mkdir "$T/nginx"
cat >"$T/nginx/nginx.conf" <<CONF
$([ "$(id -u)" != 0 ] || echo 'user root;')
daemon off;
pid $T/nginx/pid;
worker_processes 1;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path $T/nginx/tmp; proxy_temp_path $T/nginx/tmp; fastcgi_temp_path $T/nginx/tmp;
  uwsgi_temp_path $T/nginx/tmp; scgi_temp_path $T/nginx/tmp;
  client_max_body_size 64k;
  proxy_next_upstream off;
  server {
    listen 127.0.0.1:$PORT ssl http2;
    ssl_certificate $T/server.pem; ssl_certificate_key $T/server.key;
    ssl_verify_client optional_no_ca;
    location / { proxy_pass http://127.0.0.1:$BACKEND; proxy_http_version 1.1; proxy_set_header X-Client \$ssl_client_fingerprint; }
    location /private/ { if (\$ssl_client_verify = NONE) { return 403; } proxy_pass http://127.0.0.1:$BACKEND/; }
  }
}
CONF
PATH=$PATH:/usr/sbin nginx -p "$T/nginx" -e "$T/nginx/error.log" -c "$T/nginx/nginx.conf" 2>"$T/nginx/stderr" &
PIDS+=($!)
wait_until 20 port_answers "$PORT"

ask() { "$TOOL" "https://127.0.0.1:$PORT" "$1" --ca "$T/server.pem" "${@:2}"; }
direct() { "$TOOL" "http://127.0.0.1:$BACKEND" "$@"; } # without nginx, which answers for a server that does not
post() { ask "$1" --body "$T/body" "${@:2}"; }
asked() { grep -c -- " /$1 " "$LOG" || true; }
expect_asked() { [ "$(asked "$1")" = "$2" ] || trouble "/$1 was asked $(asked "$1") times, not $2"; } # PATH TIMES
echo '{"hello": 1}' >"$T/body"

expect post echo
expect_output '^\{"hello": 1\}$'
grep -q '^POST /echo 13 application/json - -$' "$LOG" || trouble "not posted: $(cat "$LOG")"
expect ask echo
expect_output '^nothing$'
: >"$T/nothing"
expect ask echo --body "$T/nothing"
expect post empty
expect_output '^$'
expect post echo --times 3
expect_asked echo 6
ok "a question is posted or got, and its answer comes back, also over a remote that was used before"

expect post private/echo --certificate "$T/client.pem" --key "$T/client.key"
expect post echo --certificate "$T/client.pem" --key "$T/client.key"
tail -n 1 "$LOG" | grep -q " $(openssl x509 -in "$T/client.pem" -noout -fingerprint -sha1 | tr -d : | sed 's/.*=//' | tr A-F a-f)\$" ||
  trouble "the server saw another certificate: $(tail -n 1 "$LOG")"
expect_exit 1 post private/echo
expect_message '^UNTRUSTED: .*403'
chmod 640 "$T/client.key"
expect_exit 1 post echo --certificate "$T/client.pem" --key "$T/client.key"
expect_message "^UNTRUSTED: the client's key '.*' must be .* mode 0600"
chmod 600 "$T/client.key"
expect_exit 1 post echo --certificate "$T/client.pem" --key "$T/absent"
expect_message '^NOT_FOUND: '
expect_exit 1 post echo --certificate "$T/client.pem"
expect_message '^USAGE: '
expect_exit 1 direct echo --certificate "$T/client.pem" --key "$T/client.key"
expect_message '^USAGE: .*https'
expect_exit 1 post echo --certificate "$T/server.pem" --key "$T/client.key"
expect_message '^SYSTEM: '
expect_exit 1 "$TOOL" "https://127.0.0.1:$PORT" echo --ca "$T/client.pem" --body "$T/body"
expect_message '^SYSTEM: .*certificate'
ok "a client certificate is presented, its key must be private, and the server's certificate counts as ever"

for one in 400:USAGE 401:UNTRUSTED 404:NOT_FOUND 409:CONFLICT 412:CONFLICT 410:NOT_FOUND 422:USAGE 507:NO_SPACE 501:SYSTEM 206:SYSTEM; do
  expect_exit 1 post "status/${one%:*}"
  expect_message "^${one#*:}: https://.*/status/${one%:*}: the server answers ${one%:*}"
  expect_asked "status/${one%:*}" 1
done
expect_exit 1 post away
expect_message '^SYSTEM: .*307'
ok "a refusal has its meaning, and is not asked again; a redirect is not followed"

head -c 70000 /dev/zero >"$T/long"
expect_exit 1 ask echo --body "$T/long"
expect_message '^USAGE: .*413'
head -c 17000000 /dev/zero >"$T/longer"
expect_exit 1 ask echo --body "$T/longer"
expect_message '^USAGE: .*too long'
expect_exit 1 ask big
expect_message '^CORRUPT: .*100000 bytes, more than the 65536'
expect ask big --max 100000
expect_exit 1 post echo --type $'a/b\r\nX-Evil: 1'
expect_message '^USAGE: '
expect_exit 1 post echo --idempotency-key 'a b'
expect_exit 1 "$TOOL" "$T" echo
expect_message '^USAGE: .*is a directory'
ok "bodies are bounded both ways, and no header can be slipped in"

start=${EPOCHREALTIME/./}
expect ask poll/3 --stall 1000 --wait 10000
expect_output '^news$'
[ $((${EPOCHREALTIME/./} - start)) -ge 3000000 ] || trouble "the poll was not waited for"
expect_asked poll/3 1
expect_exit 1 ask poll/4 --stall 300 --wait 300 --retries 0
expect_message '^TRY_AGAIN: .*no byte came'
expect_exit 1 ask poll/5 --deadline 500 --stall 5000
expect_message '^TRY_AGAIN: .*not read within'
start=${EPOCHREALTIME/./}
expect_exit 1 ask poll/60 --wait 100000 --cancel 300
expect_message '^TRY_AGAIN: .*cancelled'
[ $((${EPOCHREALTIME/./} - start)) -lt 10000000 ] || trouble "a cancelled poll was waited for"
expect_exit 1 ask drip --deadline 1000
expect_message '^TRY_AGAIN: .*not read within'
ok "a long poll is waited for and no longer, a deadline holds, and another thread can end it"

expect post busy/429/2/1
expect_asked busy/429/2/1 3
expect post busy/503/1/1
expect_asked busy/503/1/1 2
ok "a POST that was not taken, 429 or 503 with Retry-After, is sent again"

for path in busy/503/1 busy/500/1 busy/504/1; do
  expect_exit 1 post $path
  expect_message '^TRY_AGAIN: .*not sent again, as the server may have taken it'
  expect_asked $path 1
done
for path in torn/1 half/1; do
  expect_exit 1 direct $path --body "$T/body"
  expect_message '^TRY_AGAIN: .*not sent again'
  expect_asked $path 1
done
expect_exit 1 post poll/6 --stall 300
expect_message '^TRY_AGAIN: .*not sent again'
expect_asked poll/6 1
ok "a POST that may have been taken is not sent again: 500, 503, 504, silence, a torn connection, half an answer"

for path in busy/503/2 busy/500/2 torn/2 half/2; do
  expect direct $path --body "$T/body" --idempotency-key key-1
  expect_output '^\{"hello": 1\}$'
  expect_asked $path 3
done
grep -q '^POST /torn/2 13 application/json key-1 ' "$LOG" || trouble "the key is not sent"
expect ask busy/500/3
expect_asked busy/500/3 4
ok "a POST with an idempotency key is sent again, and so is a GET"

kill "$SERVER"
wait "$SERVER" 2>/dev/null || true
expect_exit 1 direct echo --body "$T/body"
expect_message '^TRY_AGAIN: .*gave up after 4 tries'
ok "where no connection can be made, a POST is tried as often as anything"
