#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# `lautta-agent run`: exclusive updates with the way back, restarts, halted services, torn records, and restarts of the
# agent and of libvirt while services run on.
# timeout: 300
. "$(dirname "$0")/lib.sh"

start_agent() {
  LAUTTA_RESTART_BASE_MS=10 "${AGENT[@]}" run --config "$HOST/agent.conf" >"$T/agent.log" 2>&1 </dev/null &
  PIDS+=($!) AGENT_PID=$!
  wait_until 30 [ -S "$HOST/run/agent.sock" ]
}
stop_agent() {
  kill "$AGENT_PID"
  wait "$AGENT_PID" || trouble "the agent ended with $?"
  [ ! -e "$HOST/run/agent.sock" ] || trouble "its socket is left behind"
}
status() { agent status --json 2>/dev/null | jq -r "$1"; }
status_is() { [ "$(status "$1")" = "$2" ]; } # EXPRESSION VALUE
page_is() { [ "$(page_at "$(service_address "$1")")" = "$2" ]; } # SERVICE TEXT
init_of() { pgrep -P "$("${PRIVATE[@]}" virsh -q -c lxc:///system domid "$1")" | head -n 1; } # DOMAIN: the process
serial() { sed -n 's/^Serial: //p' "$T/depot/lists/demo-1.list"; }

make_host
publish_container web 1.0 works 'update: exclusive'
push_list web=1.0
start_agent
wait_until 30 status_is '.services.web | "\(.version) \(.state) \(.health)"' '1.0 running healthy'
page_is web 1.0 || trouble "the page does not answer"
status_is '.agent | "\(.running) \(.passing) \(.last_pass.exit_code)"' 'true false 0' || trouble "the agent's state: $(status .agent)"
[ "$(stat -c %a "$HOST/run/agent.sock")" = 600 ] || trouble "others may use the socket"
expect agent status
expect_output '^web +1\.0 +running +healthy '
ok "an agent makes a pass when it starts, and reports how its services are"

expect_exit 1 agent run
expect_message 'another lautta-agent is at work on this host'
expect agent once --json
[ "$(json exit_code)" = 0 ] || trouble "the agent made no pass"
ok "there is one agent a host, and 'once' asks it"

cat >"$T/clients.py" <<'PYTHON'
import json, socket, sys, time
path = sys.argv[1]
def connect():
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    return s
slow = [connect() for _ in range(40)]
for s in slow[:20]:
    s.send(b'{"command":')
def ask(line):
    s = connect()
    s.sendall(line)
    s.settimeout(5)
    answer = b""
    while True:
        part = s.recv(65536)
        if not part:
            return json.loads(answer)
        answer += part
began = time.monotonic()
assert ask(b'{"command":"status"}\n')["services"]["web"]["version"] == "1.0"
assert time.monotonic() - began < 2, "slow clients hold others up"
for line in (b'nonsense\n', b'[]\n', b'{}\n', b'{"command":1}\n', b'{"command":"x"}\n', b'x' * 5000 + b'\n', b'{"command":"purge"}\n',
             b'{"command":"start","service":"../x"}\n', b'{"command":"purge","service":"web"}\n'):
    assert ask(line)["ok"] is False, line
PYTHON
expect python3 "$T/clients.py" "$HOST/run/agent.sock"
ok "the control socket answers while others say nothing, and refuses a request that it does not understand"

# --- updates

publish_container web 1.1 works 'update: exclusive'
push_list web=1.1
address=$(service_address web)
"${PRIVATE[@]}" python3 - "$address" >"$T/gaps" 2>&1 <<'PYTHON' &
import sys, time, urllib.request
last, longest, end = time.monotonic(), 0, time.monotonic() + 60
while time.monotonic() < end:
    try:
        text = urllib.request.urlopen(f"http://{sys.argv[1]}/", timeout=0.2).read().decode().strip()
    except OSError:
        time.sleep(0.01)
        continue
    now = time.monotonic()
    longest, last = max(longest, now - last), now
    if text == "1.1":
        print(f"{longest:.2f}")
        break
    time.sleep(0.01)
PYTHON
watcher=$!
PIDS+=("$watcher")
kill -HUP "$AGENT_PID"
wait_until 60 page_is web 1.1
wait "$watcher" || trouble "nobody saw 1.1"
grep -Eq '^[0-9.]+$' "$T/gaps" || trouble "no gap was measured: $(head -n 3 "$T/gaps")"
[ "$(service_address web)" = "$address" ] || trouble "the address changed"
echo "# an update of a container: its page was away for $(cat "$T/gaps") s"
wait_until 10 status_is '.services.web | "\(.current) \(.previous) \(.candidate)"' '1.1 1.0 null'
ok "SIGHUP makes a pass, which updates a service at its address, and says how long it was away"

WITHIN=3s publish_container web 1.2 broken 'update: exclusive'
push_list web=1.2
expect_exit 1 agent once --json
[ "$(json 'steps[] | select(.step == "update") | .error' | grep -c "'web' 1.2 is not healthy within 3 s: .*; 'web' 1.1 runs again")" = 1 ] ||
  trouble "another error: $(json 'steps')"
json 'steps[] | select(.step == "update") | .console' | grep -q 'ready 1.2' || trouble "its console is not in the report: $(json 'steps')"
page_is web 1.1 || trouble "1.1 is not back"
status_is '.services.web | "\(.current) \(.candidate) \(.bad[0].version) \(.bad[0].serial)"' "1.1 null 1.2 $(serial)" ||
  trouble "the record: $(status .services.web)"
expect_exit 1 agent once --json
[ "$(json 'steps | length')" = 0 ] || trouble "it is tried again: $(json steps)"
[ "$(domains)" = web_1.1 ] || trouble "these run: $(domains)"
before=$(serial)
push_list web=1.2 'may-have: [vim]'
[ "$(serial)" -gt "$before" ] || trouble "the serial did not rise"
expect_exit 1 agent once --json
[ "$(json '|[.steps[] | select(.step == "update") | .result] | first')" = failed ] || trouble "a higher serial does not try it again"
page_is web 1.1 || trouble "1.1 is not back"
push_list web=1.1
expect agent once
ok "a version that does not become healthy goes back, and is not tried again before a list with a higher serial"

# --- services that come down

pkill -KILL -P "$(init_of web_1.1)" httpd
wait_until 30 status_is '.services.web | "\(.restarts) \(.state) \(.health)"' '1 running healthy'
page_is web 1.1 || trouble "it was not started again"
ok "a service that is unhealthy three checks in a row is started again"

something_runs() { [ -n "$(domains)" ]; }
for ((i = 1; i < 9; i++)); do
  wait_until 30 something_runs
  kill -KILL "$(init_of web_1.1)"
  wait_until 30 status_is '.services.web | "\(.restarts) \(.state)"' "$((i + 1)) running"
done
kill -KILL "$(init_of web_1.1)"
wait_until 30 status_is .services.web.state halted
status .services.web.error | grep -q "came down 10 times within an hour.*lautta-agent start web" || trouble "$(status .services.web.error)"
agent once >"$T/stdout" 2>"$T/stderr" || true
[ -z "$(domains)" ] || trouble "a halted service is started again"
expect agent start web
page_is web 1.1 || trouble "start does not start it"
status_is '.services.web | "\(.restarts) \(.state)"' '0 running' || trouble "it is still: $(status .services.web)"
ok "a service that comes down ten times within an hour is halted until somebody starts it"

# --- restarts of the agent and of libvirt, and torn records

before=$(init_of web_1.1)
stop_agent
page_is web 1.1 || trouble "the service ended with the agent"
truncate -s 100 "$HOST/state/state/services/web.json"
expect agent once
expect_message "the record of 'web' is not whole, and lies in .*web.torn"
[ "$(sed '/^sha256/d' "$HOST/state/state/services/web.json" | jq -r .current)" = 1.1 ] || trouble "the record is not made again"
page_is web 1.1 || trouble "the record has lost the address"
start_agent
wait_until 30 status_is '.services.web | "\(.version) \(.state) \(.health)"' '1.1 running healthy'
[ "$(init_of web_1.1)" = "$before" ] || trouble "the service was started again"
kill -KILL "$AGENT_PID"
wait "$AGENT_PID" 2>/dev/null || true
start_agent
wait_until 30 status_is '.services.web | "\(.version) \(.state) \(.health)"' '1.1 running healthy'
[ "$(init_of web_1.1)" = "$before" ] || trouble "the service was started again"
ok "services run on when the agent ends or is killed, and a torn record is put aside and made again"

private_libvirt kill
page_is web 1.1 || trouble "the service ended with libvirt"
expect_exit 75 agent once
expect_message 'libvirt'
private_libvirt restart
expect agent once
[ "$(init_of web_1.1)" = "$before" ] || trouble "the service was started again"
wait_until 30 status_is '.services.web | "\(.version) \(.state) \(.health)"' '1.1 running healthy'
ok "services run on when libvirt is killed, and the agent finds it again"

push_list ''
kill -HUP "$AGENT_PID"
wait_until 30 status_is '.services | length' 0
[ -z "$(domains)" ] || trouble "these run: $(domains)"
stop_agent
ok "the last service goes, and the agent ends on SIGTERM"
