#!/bin/bash
# timeout: 240
# SPDX-License-Identifier: LGPL-2.1-or-later
# Other programs change what the agent has set in the kernel: its nftables tables, parameters of the kernel, an option
# of its bridge. The next pass sets it again and reports it, and so does a running agent between passes.
. "$(dirname "$0")/lib.sh"

on_host() { "${PRIVATE[@]}" "$@"; }
host_state() { # what the kernel holds
  on_host nft -s list ruleset
  on_host sh -c 'cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/lautta0/proxy_arp_pvlan /sys/class/net/lautta0/bridge/no_linklocal_learn'
}
is_whole() { host_state 2>/dev/null | cmp -s - "$T/whole"; }
note() { json 'troubles | map(select(startswith("another program changed the network"))) | join(" ")'; }

make_host
publish_container web 1.0
push_list web=1.0
expect agent once
host_state >"$T/whole"
grep -q 'chain from_services' "$T/whole" || trouble "the firewall is not set"
expect agent once --json
[ -z "$(note)" ] || trouble "without a change it says: $(note)"
is_whole || trouble "a pass with nothing to do changes something"
ok "a pass with nothing to do leaves the network alone"

# mends NAMES COMMAND...: after the command, the next pass sets all again and names the changed parts.
mends() {
  expect on_host "${@:2}"
  ! is_whole || trouble "this changes nothing: ${*:2}"
  expect agent once --json
  [[ "$(note)" = *"($1): it is set again" ]] || trouble "after ${*:2} the report says: $(note)"
  is_whole || trouble "not set again after: ${*:2}"
  [ "$(page_at "$(service_address web)")" = 1.0 ] || trouble "no page after: ${*:2}"
}
mends 'table inet lautta, table bridge lautta' nft flush ruleset
grep -q 'another program changed the network' "$T/stderr" || trouble "the journal does not say so"
ok "a pass sets the firewall again after another program flushed nftables, and reports it"

mends 'table inet lautta' nft delete table inet lautta
mends 'table bridge lautta' nft delete table bridge lautta
mends 'table inet lautta' nft flush chain inet lautta between_services
mends 'table bridge lautta' nft flush chain bridge lautta between_ports
mends 'table inet lautta' nft insert rule inet lautta input accept
on_host nft delete chain bridge lautta between_ports
expect agent once --json
is_whole || trouble "a chain is missing"
ok "a pass sets the firewall again where a table, a chain or a rule alone was changed"

mends ipv4/ip_forward sysctl -qw net.ipv4.ip_forward=0
mends ipv4/conf/lautta0/proxy_arp_pvlan sysctl -qw net.ipv4.conf.lautta0.proxy_arp_pvlan=0
mends lautta0/bridge/no_linklocal_learn ip link set lautta0 type bridge no_linklocal_learn 0
ok "a pass sets a parameter of the kernel, or an option of the bridge, again"

# Between passes, which are an hour apart.
"${AGENT[@]}" run --config "$HOST/agent.conf" >"$T/run.log" 2>&1 &
PIDS+=($!)
rests() { agent status --json 2>/dev/null | jq -e '.agent.running and (.agent.passing | not) and .services.web.state == "running"' >"$T/rests"; }
wait_until 20 rests
is_whole || trouble "the agent changed something"
on_host nft flush ruleset
wait_until 20 is_whole
wait_until 5 grep -q 'another program changed the network of this host (table inet lautta, table bridge lautta)' "$T/run.log"
ok "a running agent sets the firewall again between its passes"
