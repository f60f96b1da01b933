#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Updates of containers by the strategy `beside`: a client that asks all the time hardly notices; a version that does not
# come up is never seen; and the cases in which the agent stops the old version first instead.
# timeout: 300
. "$(dirname "$0")/lib.sh"

update() { jq -r '.steps[] | select(.step == "update") | '"$1" "$T/stdout"; } # EXPRESSION: of the last pass's report

make_host
publish_container web 1.0
push_list web=1.0
expect agent once --json
is_alone 1.0

# passes_unnoticed FROM TO: update; a client that asks all the time hardly notices.
passes_unnoticed() {
  watch_page web
  expect agent once --json
  [ "$(update .result)" = "done" ] || trouble "$(json steps)"
  watched
  echo "# beside: away for $(update '.down_seconds * 1000 | round') ms as the agent says; $REQUESTS_FAILED of $REQUESTS_MADE requests failed, longest gap $GAP_MS ms"
  [ "$SEEN" = "$1 $2" ] || trouble "seen: $SEEN"
  [ "$REQUESTS_FAILED" -le 2 ] || trouble "$REQUESTS_FAILED requests failed"
  [ "$GAP_MS" -le 1000 ] || trouble "the longest gap is $GAP_MS ms"
  is_alone "$2"
}

publish_container web 1.1
push_list web=1.1
passes_unnoticed 1.0 1.1
publish_container web 1.2 works 'network: {forward: [{host: 8080, guest: 80}]}'
push_list web=1.2
passes_unnoticed 1.1 1.2
[ "$("${PRIVATE[@]}" curl -s --max-time 5 http://127.0.0.1:8080/)" = 1.2 ] || trouble "its new port of the host does not answer"
ok "beside updates go unnoticed by a client that asks all the time, and open the ports of the new version"

WITHIN=4s publish_container web 1.3 broken
push_list web=1.3
watch_page web
expect_exit 1 agent once --json
watched
update .error | grep -q "'web' 1.3 is not healthy within 4 s: .*; 'web' 1.2 goes on running" || trouble "$(json steps)"
update .console | grep -q 'ready 1.3' || trouble "its console is not in the report: $(json steps)"
[ "$(update .down_seconds)" = 0 ] || trouble "it was away for $(update .down_seconds) s"
[ "$SEEN $REQUESTS_FAILED" = '1.2 0' ] || trouble "seen: $SEEN, and $REQUESTS_FAILED requests failed"
[ "$(record .bad[0].version)" = 1.3 ] || trouble "bad: $(record .bad)"
is_alone 1.2
expect_exit 1 agent once --json
[ "$(json 'steps | length')" = 0 ] || trouble "it is tried again: $(json steps)"
ok "a version that does not become healthy is never heard, and the previous version never away"

# --- exclusive updates

# passes_exclusively VERSION: update; the old version is stopped first, for longer than a switch takes.
passes_exclusively() {
  expect agent once --json
  [ "$(update .result)" = "done" ] || trouble "$(json steps)"
  awk -v s="$(update .down_seconds)" 'BEGIN { exit !(s > 0.2) }' || trouble "it was away for $(update .down_seconds) s only"
  is_alone "$1"
}
publish_container web 1.4 works 'update: exclusive'
push_list web=1.4
passes_exclusively 1.4
publish_container web 1.5 works 'volumes: [{name: data, size: 16M, at: /srv}]'
push_list web=1.5
passes_exclusively 1.5
ok "a service that says so, or has a volume, is updated by stopping the old version first"

memory_mib=$(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo)
sed -i "s/^memory-reserve.*/memory-reserve = $((memory_mib - 80))M/" "$HOST/agent.conf"
publish_container web 2.0
push_list web=2.0
passes_exclusively 2.0
publish_container web 2.1
push_list web=2.1
passes_unnoticed 2.0 2.1
sed -i "s/^memory-reserve.*/memory-reserve = $((memory_mib - 60))M/" "$HOST/agent.conf"
publish_container web 2.2
push_list web=2.2
passes_exclusively 2.2
ok "where memory does not hold both versions, the old one is stopped first"

push_list ''
expect agent once
[ -z "$(domains)$(interfaces)" ] || trouble "left behind: $(domains) $(interfaces)"
ok "nothing is left of a service that nobody wants any more"
