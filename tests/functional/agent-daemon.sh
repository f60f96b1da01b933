#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# `lautta-agent run`: sticks, messages to systemd, signals, its timer, several depots, misbehaving clients.
# timeout: 240
# shellcheck disable=SC2153 # make_host sets HOST
. "$(dirname "$0")/lib.sh"

# start_agent [VARIABLE=VALUE...]: sets DAEMON, its process.
start_agent() {
  "${PRIVATE[@]}" env "$@" "$LAUTTA_AGENT" run --config "$HOST/agent.conf" >"$T/agent.log" 2>&1 &
  DAEMON=$!
  PIDS+=("$DAEMON")
  wait_until 30 answers
}
end_agent() {
  local code=0
  kill -TERM "$DAEMON"
  wait "$DAEMON" || code=$?
  [ "$code" = 0 ] || { trouble "the agent ended with $code"; tail -n 15 "$T/agent.log" | sed 's/^/#   /'; }
}
answers() { agent status --json >"$T/status" 2>/dev/null && [ "$(of_status agent.running)" = true ]; }
of_status() { jq -r ".$1" "$T/status"; }
runs() { answers && [ "$(of_status "services[\"$1\"] | \"\(.version) \(.state)\"")" = "$2 running" ]; } # SERVICE VERSION
rests() { answers && [ "$(of_status agent.passing)" = false ]; }
conf() { sed -i "s|^$1 = .*|$1 = $2|" "$HOST/agent.conf"; } # KEY VALUE
started() { "${PRIVATE[@]}" virsh -q -c lxc:///system dominfo "$1" 2>/dev/null | awk '$1 == "UUID:"'; } # DOMAIN: another for each start
# Ask for a pass: the next one by the timer comes after 27 seconds at the earliest.
noticed() { answers && { [ "$(of_status agent.passing)" = true ] || runs "$@"; }; } # SERVICE VERSION

make_host
publish_container web 1.0
publish_container db 9

# --- a stick

conf depots "$T/media/*/lautta"
mkdir -p "$T/media/usb"
start_agent
wait_until 30 rests
[ -z "$(domains)" ] || trouble "these run: $(domains)"
push_list web=1.0
mkdir "$T/stick"
cp -a "$T/depot" "$T/stick/lautta"
"${PRIVATE[@]}" mount --bind "$T/stick" "$T/media/usb"
wait_until 15 noticed web 1.0
wait_until 60 runs web 1.0
address=$(service_address web)
[ "$(page_at "$address")" = 1.0 ] || trouble "the page does not answer"
ok "a stick that is put in is noticed at once, and the service on it runs"

wait_until 30 rests
wait_until 10 "${PRIVATE[@]}" umount "$T/media/usb"
web=$(started web_1.0)
expect_exit 75 agent once # the agent that runs makes the pass
expect_message 'no source of lists answered'
[ "$(page_at "$address") $(started web_1.0)" = "1.0 $web" ] || trouble "the page does not answer, or it was started again"
rm -rf "$T/stick/lautta"
push_list 'web=1.0, db=9'
cp -a "$T/depot" "$T/stick/lautta"
"${PRIVATE[@]}" mount --bind "$T/stick" "$T/media/usb"
wait_until 15 noticed db 9
wait_until 60 runs db 9
[ "$(started web_1.0)" = "$web" ] || trouble "web was started again"
ok "a stick that is taken out changes nothing, and a stick with a newer list is followed"
end_agent

# --- messages to systemd

# listen: write the agent's messages to systemd into $T/notified, one a line, after the time in milliseconds.
listen() {
  python3 - "$T/notify" "$T/notified" <<'PYTHON' &
import socket, sys, time
server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
server.bind(sys.argv[1])
with open(sys.argv[2], "w") as file:
    while True:
        text = server.recv(65536).decode().strip().replace("\n", " ")
        print(int(time.monotonic() * 1000), text, file=file, flush=True)
PYTHON
  PIDS+=($!)
  wait_until 10 [ -S "$T/notify" ]
}
has_told() { [ "$(grep -Ec "$2" "$T/notified")" -ge "$1" ]; } # TIMES PATTERN
told() { grep -Eqs "^[0-9]+ $1" "$T/notified"; }
# hang SECONDS: stop the agent's main thread for so long; its other threads go on.
hang() {
  python3 - "$DAEMON" "$1" <<'PYTHON'
import ctypes, sys, time
SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long
libc.waitpid.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
main = int(sys.argv[1])
for request in SEIZE, INTERRUPT:
    if libc.ptrace(request, main, None, None) != 0:
        sys.exit("ptrace: error %d" % ctypes.get_errno())
libc.waitpid(main, None, 0x40000000)
print("hangs at", int(time.monotonic() * 1000), flush=True)
time.sleep(float(sys.argv[2]))
print("ends at", int(time.monotonic() * 1000), flush=True)
libc.ptrace(DETACH, main, None, None)
PYTHON
}
is_fed_again() { awk -v after="$1" '/WATCHDOG=1/ && $1 > after { found = 1 } END { exit !found }' "$T/notified"; }

conf depots "$T/depot"
listen
start_agent NOTIFY_SOCKET="$T/notify" WATCHDOG_USEC=3000000
wait_until 30 told 'STATUS=Last pass went well'
told 'READY=1 STATUS=Making the first pass' || trouble "READY=1 was not sent: $(cat "$T/notified")"
told 'STATUS=Making a pass' || trouble "no pass was reported"
wait_until 20 has_told 4 WATCHDOG=1
longest=$(awk '/WATCHDOG=1/ { if (last && $1 - last > longest) longest = $1 - last; last = $1 } END { print longest + 0 }' "$T/notified")
if [ "$longest" -ge 3000 ] || [ "$longest" -lt 100 ]; then trouble "the watchdog was fed after $longest ms"; fi
shortest=$(awk '/WATCHDOG=1/ { if (last && (!n++ || $1 - last < shortest)) shortest = $1 - last; last = $1 } END { print shortest }' "$T/notified")
[ "$shortest" -lt 1500 ] || trouble "the watchdog is fed each $shortest ms, which is not less than half of its time"
ok "the agent reports to systemd that it is ready, what it does, and that it lives"

if hang 4 >"$T/hang" 2>&1; then
  from=$(awk '/hangs/ { print $3 }' "$T/hang") to=$(awk '/ends/ { print $3 }' "$T/hang")
  fed=$(awk -v from="$from" -v to="$to" '/WATCHDOG=1/ && $1 > from + 100 && $1 < to' "$T/notified")
  [ -z "$fed" ] || trouble "the watchdog was fed while the main loop hung: $fed"
  wait_until 10 is_fed_again "$to"
  ok "a main loop that hangs does not feed the watchdog"
else
  skip "a main loop that hangs does not feed the watchdog" "this machine does not let us stop one thread: $(tail -n 1 "$T/hang")"
fi

passes=$(grep -c 'STATUS=Making a pass' "$T/notified")
kill -HUP "$DAEMON"
wait_until 10 told 'RELOADING=1 MONOTONIC_USEC=[0-9]+'
wait_until 10 has_told $((passes + 1)) 'STATUS=Making a pass'
awk '/RELOADING=1/ { reloads = 1 } reloads && / READY=1/ { good = 1 } END { exit !good }' "$T/notified" || trouble "READY=1 does not follow"
ok "SIGHUP makes a pass at once, and systemd gets a message"

# --- the configuration, read again

reload() { # the number of passes grows, and they have ended
  local passes
  passes=$(grep -c 'STATUS=Making a pass' "$T/notified")
  kill -HUP "$DAEMON"
  wait_until 10 has_told $((passes + 1)) 'STATUS=Making a pass'
  wait_until 30 rests
}
conf_trouble() { of_status agent.configuration_trouble; }
rules() { "${PRIVATE[@]}" nft list table inet lautta; }

wait_until 30 rests
cp "$HOST/agent.conf" "$T/good.conf"
web=$(started web_1.0)
echo 'nonsense = 1' >>"$HOST/agent.conf"
kill -HUP "$DAEMON"
wait_until 10 grep -q 'warning: the configuration was not taken, and the agent goes on with the previous one: .*/agent.conf:[0-9]*: nonsense: there is no such key' "$T/agent.log"
expect agent status
expect_output '^! the configuration is bad, and the agent goes on with the previous one: .*/agent.conf:[0-9]*: nonsense: there is no such key'
expect_output '^web +1\.0 +running '
cp "$T/good.conf" "$HOST/agent.conf"
agent status >"$T/stdout"
grep -q '^! the configuration was not taken, and the agent goes on with the previous one' "$T/stdout" || trouble "the status does not say it: $(cat "$T/stdout")"
wait_until 30 rests
[ "$(page_at "$address") $(started web_1.0)" = "1.0 $web" ] || trouble "the page does not answer, or web was started again"
ok "a bad configuration is reported in journal and status, and the agent goes on with the previous one"

{ printf '%s\n' 'no key' '[pull' '[host]' 'name = ..' && cat "$T/good.conf"; } >"$HOST/agent.conf"
bad='the configuration is bad, and the agent goes on with the previous one: .*/agent.conf:1: this is neither \[section\] nor key = value'
expect agent status --json
json agent.configuration_trouble | grep -q "^$bad" || trouble "the status does not say it: $(json agent.configuration_trouble)"
expect agent once
expect_message "warning: $bad"
expect agent start web
expect_message "warning: $bad"
expect_exit 4 agent start nothing
expect_message "there is no service 'nothing' here"
expect_exit 2 agent plan
[ "$(page_at "$address") $(started web_1.0)" = "1.0 $web" ] || trouble "the page does not answer, or web was started again"
cp "$T/good.conf" "$HOST/agent.conf"
ok "while the configuration is bad, status, once and start still ask the running agent, and say so"

printf '%s\n' '[network]' 'bridge = lautta7' 'inbound = 2345/tcp' >>"$HOST/agent.conf"
reload
conf_trouble | grep -q "^'bridge' in \[network\] of the configuration changes only when the agent is started again" || trouble "the key that was not taken is not reported: $(conf_trouble)"
grep -q "warning: 'bridge' in \[network\]" "$T/agent.log" || trouble "the journal does not have it"
rules | grep -q 2345 || trouble "the port that was opened is not open"
[ "$(page_at "$address") $(started web_1.0)" = "1.0 $web" ] || trouble "the page does not answer, or web was started again"
cp "$T/good.conf" "$HOST/agent.conf"
conf depots "$T/nowhere"
reload
[ "$(conf_trouble)" = null ] || trouble "there is still trouble: $(conf_trouble)"
[ "$(of_status agent.last_pass.exit_code)" = 75 ] || trouble "the former depot was asked"
rules | grep -q 2345 && trouble "the port is still open"
cp "$T/good.conf" "$HOST/agent.conf"
reload
[ "$(of_status agent.last_pass.exit_code)" = 0 ] || trouble "the depot was not asked again"
[ "$(started web_1.0)" = "$web" ] || trouble "web was started again"
ok "SIGHUP reads the configuration again: depots and open ports change at once; keys that need a restart stay and are named"

wait_until 30 rests
web=$(started web_1.0)
end_agent
told 'STOPPING=1' || trouble "STOPPING=1 was not sent"
[ "$(domains)" = "db_9 web_1.0" ] || trouble "these run: $(domains)"
[ "$(page_at "$address")" = 1.0 ] || trouble "the page does not answer while no agent runs"
expect_exit 0 agent status
expect_output 'No agent runs here'
echo 'nonsense = 1' >>"$HOST/agent.conf"
for command in status once 'start web'; do
  # shellcheck disable=SC2086 # words
  expect_exit 2 agent $command
  expect_message 'agent.conf:[0-9]*: nonsense: there is no such key'
done
cp "$T/good.conf" "$HOST/agent.conf"
start_agent
wait_until 30 rests
[ "$(of_status 'agent.last_pass.steps | length')" = 0 ] || trouble "the new agent did something: $(of_status agent.last_pass.steps)"
runs web 1.0 || trouble "the new agent does not know web"
[ "$(page_at "$address") $(started web_1.0)" = "1.0 $web" ] || trouble "the page does not answer, or web was started again"
ok "SIGTERM ends the agent alone, and a new one takes over the running services"

# --- misbehaving clients

# client HOW: connect to the control socket and stay for a minute: silent, half, garbage (and leave) or deaf.
client() {
  "${PRIVATE[@]}" python3 - "$HOST/run/agent.sock" "$1" >"$T/client.$1" 2>&1 <<'PYTHON' &
import socket, sys, time
client = socket.socket(socket.AF_UNIX)
client.connect(sys.argv[1])
how = sys.argv[2]
if how == "half":
    client.sendall(b'{"command":"sta')
elif how == "deaf":
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    client.sendall(b'{"command":"status"}\n')
elif how == "garbage":
    try:
        client.sendall(b"\x00\xff{[" * 262144)
        print("was read", flush=True)
    except OSError as error:
        print("was cut off", flush=True)
    sys.exit()
print("is there", flush=True)
time.sleep(60)
PYTHON
  PIDS+=($!)
  wait_until 10 grep -q . "$T/client.$1"
}

for how in silent half deaf garbage; do
  client "$how"
  expect agent status --json
  [ "$(json agent.running) $(json services.web.state)" = "true running" ] || trouble "another answer beside a client that is $how"
done
grep -qx 'was cut off' "$T/client.garbage" || trouble "a megabyte of garbage: $(cat "$T/client.garbage")"
expect agent once
ok "clients that say nothing, half a line, garbage, or do not read keep no other from being answered"

crowd() { # what the socket says to somebody who is not root
  "${PRIVATE[@]}" python3 - "$HOST/run/agent.sock" <<'PYTHON'
import os, socket, sys
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
client = socket.socket(socket.AF_UNIX)
client.settimeout(5)
try:
    client.connect(sys.argv[1])
    client.sendall(b'{"command":"status"}\n')
    print("answer", client.recv(100))
except PermissionError:
    print("no way")
except OSError:
    print("answer b''")
PYTHON
}
chmod 711 "$T" "$HOST" "$HOST/run"
[ "$(crowd)" = "no way" ] || trouble "a user other than root may connect: $(crowd)"
chmod 666 "$HOST/run/agent.sock"
[ "$(crowd)" = "answer b''" ] || trouble "a user other than root is answered: $(crowd)"
expect agent status
ok "users other than root are refused, also where the socket's mode has been changed"
end_agent

# --- the timer

has_other_pass() { answers && [ "$(of_status agent.last_pass.started)" != "$1" ]; }
start_agent
wait_until 30 rests
conf interval 10s
kill -HUP "$DAEMON"
wait_until 30 rests
pass=$(of_status agent.last_pass.started)
wait_until 20 has_other_pass "$pass"
ok "passes come by themselves, in the interval of the configuration"
end_agent
(export LAUTTA_HOME=$T/stranger && make_depot "$T/foreign")
port=$(free_port)
conf depots "http://127.0.0.1:$port $T/foreign $T/depot"
conf interval 3600s
publish_container web 1.1
push_list 'web=1.1, db=9'
agent once --json >"$T/stdout" 2>"$T/stderr" || true
[ "$(json 'steps[] | select(.service == "web" and .step == "fetch") | .result' | tail -n 1)" = "done" ] || trouble "it was not fetched: $(json troubles)"
[ "$(page_at "$address")" = 1.1 ] || trouble "the page is not that of 1.1"
json 'troubles[]' | grep -q "^passed over: .*127.0.0.1:$port" || trouble "the silent depot is not reported"
json 'troubles[]' | grep -q "^passed over: .*$T/foreign" || trouble "the foreign depot is not reported"
ok "behind a silent depot and one of another signer the third serves, and both are reported"

# --- sizes in a plan

conf depots "$T/depot"
cp --sparse=always "$T/1.1-works.raw" "$T/1.2-works.raw"
publish_container web 1.2
push_list 'web=1.2, db=9'
expect agent plan --json
fetched=$(json 'steps[] | select(.step == "fetch" and .service == "web") | .bytes')
whole=$(($(stat -c %b "$T/1.2-works.raw") * 512))
if [ "${fetched:-0}" -le 0 ] || [ "${fetched:-0}" -ge $((whole / 2)) ]; then trouble "a fetch would bring $fetched bytes of $whole, of which all are here"; fi
json 'troubles[]' | grep -q 'whole image' && trouble "the plan knew no size"
expect_absent "$HOST/state/images/web_1.2.raw" "$HOST/state/images/web_1.2.raw.partial"
ok "a plan says how much a fetch would bring, given the seeds on this host"
