#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A libvirtd that hangs: passes end with that as the reason, services run on, the agent goes on answering, and steps that
# were begun are done when libvirtd goes on. Each wait for libvirtd lasts half a minute.
# timeout: 420
# slow
# long
. "$(dirname "$0")/lib.sh"

libvirtd() { kill "-$1" "$(cat "${LIBVIRTS[0]}/run/libvirtd.pid")"; } # SIGNAL
hang() { libvirtd STOP; }
go_on() { libvirtd CONT; }
candidate_is() { [ "$(record .candidate)" = "$1" ]; }
init_of() { pgrep -P "$("${PRIVATE[@]}" virsh -q -c lxc:///system domid "$1")" | head -n 1; } # DOMAIN: the process

make_host
publish_container web 1.0
publish_container web 1.1
publish_container web 1.2
push_list web=1.0
expect agent once
address=$(service_address web)
init=$(init_of web_1.0)

hang
begin=$SECONDS
expect_exit 75 agent once
expect_message "libvirtd does not answer at 'lxc:///system'.*systemctl restart libvirtd"
echo "# a pass gave up after $((SECONDS - begin)) s"
[ $((SECONDS - begin)) -lt 60 ] || trouble "that is too long"
[ "$(page_at "$address")" = 1.0 ] || trouble "the page does not answer"
go_on
expect agent once
[ "$(init_of web_1.0)" = "$init" ] || trouble "the service was started again"
ok "a pass that finds libvirtd hanging ends with 75 and says so, and the next one after it goes on is good"

push_list web=1.1
agent once >"$T/stdout" 2>"$T/stderr" &
PASS=$!
PIDS+=("$PASS")
wait_until 60 candidate_is 1.1
hang
begin=$SECONDS code=0
wait "$PASS" || code=$?
echo "# a pass that updates gave up after $((SECONDS - begin)) s"
[ "$code" = 75 ] || { trouble "it ended with $code"; sed 's/^/#   /' "$T/stderr"; }
[ $((SECONDS - begin)) -lt 100 ] || trouble "that is too long"
page=$(page_at "$address")
[[ $page = 1.[01] ]] || trouble "the page does not answer: '$page'"
go_on
expect agent once
is_alone 1.1
ok "an update during which libvirtd hangs is not held against the new version, and made by the next pass"

"${AGENT[@]}" run --config "$HOST/agent.conf" >"$T/agent.log" 2>&1 </dev/null &
AGENT_PID=$!
PIDS+=("$AGENT_PID")
rests() { agent status --json 2>/dev/null | jq -e '.agent.running and (.agent.passing | not)' >/dev/null; }
wait_until 60 rests
hang
push_list web=1.2
begin=$SECONDS
expect_exit 75 agent once
echo "# the agent that runs gave up after $((SECONDS - begin)) s"
expect agent status
expect_output '^Last pass: .*, with troubles'
expect_output '^web +1\.1 +running '
[ "$(page_at "$address")" = 1.1 ] || trouble "the page does not answer"
go_on
expect agent once
is_alone 1.2
wait_until 60 rests
kill "$AGENT_PID"
wait "$AGENT_PID" || trouble "the agent ended with $?"
ok "an agent that runs answers while libvirtd hangs, and goes on when that does"
