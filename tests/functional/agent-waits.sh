#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A libvirtd that answers and never ends a call, as a helper of it has stopped: the agent waits for libvirtd, says so, goes
# on answering, and ends on SIGTERM.
# timeout: 480
# asan: no
# slow
# long
. "$(dirname "$0")/lib.sh"

# listen: write the agent's messages to systemd into $T/notified, one a line.
listen() {
  python3 - "$T/notify" >"$T/notified" <<'PYTHON' &
import socket, sys
server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
server.bind(sys.argv[1])
while True:
    print(server.recv(65536).decode().strip().replace("\n", " "), flush=True)
PYTHON
  PIDS+=($!)
  wait_until 10 [ -S "$T/notify" ]
}
fed() { grep -c WATCHDOG=1 "$T/notified" || true; }
is_fed_after() { [ "$(fed)" -gt "$1" ]; }

start_agent() {
  "${PRIVATE[@]}" env NOTIFY_SOCKET="$T/notify" WATCHDOG_USEC=9000000 LAUTTA_RESTART_BASE_MS=10 \
    "$LAUTTA_AGENT" run --config "$HOST/agent.conf" >"$T/agent.log" 2>&1 </dev/null &
  AGENT_PID=$!
  PIDS+=("$AGENT_PID")
}
end_agent() { # SECONDS: it ends within them
  local begin=$SECONDS code=0
  kill "$AGENT_PID"
  wait "$AGENT_PID" || code=$?
  echo "# the agent ended after $((SECONDS - begin)) s"
  [ "$code" = 0 ] || trouble "the agent ended with $code"
  [ $((SECONDS - begin)) -le "$1" ] || trouble "that is too long"
}
# Where no agent answers yet, the command asks libvirt.
of_status() { timeout 10 "${AGENT[@]}" status --config "$HOST/agent.conf" --json 2>/dev/null | jq -r "$1"; }
runs() { [ "$(of_status ".services[\"$1\"] | \"\(.version) \(.state)\"")" = "$2 running" ]; } # SERVICE VERSION
rests() { [ "$(of_status '.agent.passing')" = false ]; }
waits_for() { of_status '.agent.libvirt_trouble' | grep -q "to $1, and does not end that"; }

# libvirtd's helper that starts a container stops first where $T/stop exists; libvirtd waits for it.
make_helper() {
  local helper=/usr/lib/libvirt/libvirt_lxc
  cp "$helper" "$T/libvirt_lxc"
  printf '#!/bin/sh\n[ ! -e %s ] || { echo $$ >%s; kill -STOP $$; }\nexec %s "$@"\n' "$T/stop" "$T/stopped" "$T/libvirt_lxc" >"$T/helper"
  chmod 755 "$T/helper" "$T/libvirt_lxc"
  "${PRIVATE[@]}" mount --bind "$T/helper" "$helper"
}
hang() { rm -f "$T/stopped" && : >"$T/stop"; }
go_on() { rm "$T/stop" && kill -CONT "$(cat "$T/stopped")"; }

make_host
make_helper
publish_container web 1.0
publish_container db 9
push_list web=1.0
listen
start_agent
wait_until 60 runs web 1.0
wait_until 60 rests
address=$(service_address web)

hang
push_list 'web=1.0, db=9'
kill -HUP "$AGENT_PID"
wait_until 60 [ -s "$T/stopped" ]
expect agent status
expect_output '^Agent: makes a pass'
expect_output '^db +9 +starting '
[ "$(of_status '.agent.libvirt_trouble')" = null ] || trouble "there is trouble already"
wait_until 120 waits_for "start 'db_9' (LXC)"
expect agent status
expect_output "^! libvirt has been asked since 20.* to start 'db_9' \(LXC\), and does not end that"
wait_until 20 grep -q "warning: libvirt has been asked since .* to start 'db_9'" "$T/agent.log"
wait_until 30 is_fed_after "$(fed)"
[ "$(page_at "$address")" = 1.0 ] || trouble "the page does not answer"
[ "$(grep -c 'warning: libvirt' "$T/agent.log")" = 1 ] || trouble "it is said again and again: $(cat "$T/agent.log")"
ok "a pass that waits for libvirt is reported in status and journal, and the agent goes on answering"

end_agent 80
start_agent
passes() { [ "$(of_status '.agent.passing')" = true ]; }
wait_until 60 passes
end_agent 20
[ "$(page_at "$address")" = 1.0 ] || trouble "the page does not answer"
ok "SIGTERM ends an agent that waits for libvirt, in the middle of a step within a minute and else at once"

rm "$T/stop"
private_libvirt restart
start_agent
wait_until 120 runs db 9
wait_until 60 rests
runs web 1.0 || trouble "web does not run: $(of_status .services.web)"
[ "$(of_status '.agent.libvirt_trouble')" = null ] || trouble "there is still trouble"
ok "a restart of libvirtd ends the call that the agent waits for, and the next pass does the step"

hang
kill -KILL "$(pgrep -P "$("${PRIVATE[@]}" virsh -q -c lxc:///system domid web_1.0)" | head -n 1)"
wait_until 60 [ -s "$T/stopped" ]
rests || trouble "it makes a pass"
end_agent 85
go_on
start_agent
wait_until 120 runs web 1.0
wait_until 60 rests
end_agent 20
ok "SIGTERM ends an agent whose restart of a service waits for libvirt"
