#!/bin/bash
# timeout: 400
# asan: no
# slow
# SPDX-License-Identifier: LGPL-2.1-or-later
# Two versions of a machine side by side: the candidate boots apart from the network, has its address by DHCP there, and
# the host switches to it and back while it is asked for its page. (beside.sh tries all else with containers.)
. "$(dirname "$0")/lib.sh"

TOOL=$ROOT/build/tests/host-tool
command -v libvirtd >/dev/null || skip_all "libvirtd is not installed"
start_private_libvirt
export MACHINES=1
BOOT=180 # seconds at most
host() { "${PRIVATE[@]}" "$TOOL" "$T/state" "$T/run" "$@"; }
page_is() { [ "$("${PRIVATE[@]}" curl -s -m 2 http://192.168.147.12/)" = "$1" ]; } # VERSION
expect_page() { page_is "$1" || trouble "the page at the service's address is not that of version $1"; }
ports() { "${PRIVATE[@]}" ls /sys/class/net/lautta0/brif | xargs; }
SLOT0=lautta-eb2f42 SLOT1=lauttb-eb2f42

for i in 1 2; do
  make_machine_image "$T/$i.raw" "$i"
  cat >"$T/$i.yaml" <<YAML
service: web
version: '$i'
image: {file: $i.raw, kernel: $i.raw.kernel, initrd: $i.raw.initrd}
boot: kernel
resources: {memory: 128M}
network: {address: 192.168.147.12, forward: [{host: 8080, guest: 80}]}
health: {http: "http://:80/", within: 120s}
YAML
done

begin=$SECONDS
expect host network "$T/1.yaml"
expect host start "$T/1.yaml"
expect host start-beside "$T/2.yaml"
[ "$(ports)" = "$SLOT0" ] || trouble "ports of the bridge: $(ports)"
wait_until $BOOT page_is 1
wait_until $BOOT host health-beside "$T/2.yaml" 2>"$T/stderr"
echo "# both answer after $((SECONDS - begin)) s"
grep -q 'lease of 192.168.147.12 obtained from 192.168.147.1' "$T/state/console/web_2.log" || trouble "no DHCP: $(cat "$T/state/console/web_2.log")"
expect_page 1
ok "a candidate boots apart from the network, takes its address there, and is healthy"

"${PRIVATE[@]}" "$ROOT/tests/functional/ask-often.py" 127.0.0.1 8080 >"$T/asked" &
WATCHER=$!
pages=1
for i in 2 1 2 1 2; do
  sleep 0.5 # many requests
  OTHER=$([ "$i" = 1 ] || echo web) expect host switch "$T/$i.yaml"
  pages="$pages $i"
done
sleep 0.5
private_libvirt restart
OTHER=web expect host network "$T/2.yaml"
[ "$(ports)" = "$SLOT1" ] || trouble "ports of the bridge: $(ports)"
expect host stop web 1
sleep 0.5
kill "$WATCHER"
wait "$WATCHER"
echo "# $(jq -r '"\(.requests) requests, \(.failed) failed \(.why), longest gap \(.longest_gap_ms) ms"' "$T/asked")"
[ "$(jq '.requests > 50' "$T/asked")" = true ] || trouble "too few were asked for"
[ "$(jq .failed "$T/asked")" = 0 ] || trouble "requests failed"
# How long a switch takes is for bench/: two guests without KVM and other tests share the processors here.
[ "$(jq '.longest_gap_ms < 5000' "$T/asked")" = true ] || trouble "a gap of five seconds"
[ "$(jq -r '.pages | join(" ")' "$T/asked")" = "$pages" ] || trouble "pages: $(jq -c .pages "$T/asked")"
OTHER=web expect host health "$T/2.yaml"
expect host list
[ "$(cat "$T/stdout")" = 'web 2 runs' ] || trouble "these run: $(cat "$T/stdout")"
ok "the host switches there and back, libvirtd is killed, the old version stops, and the service answers all the while"
