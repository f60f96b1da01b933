#!/bin/bash
# timeout: 300
# SPDX-License-Identifier: LGPL-2.1-or-later
# Two versions of a service side by side on a host: what the candidate reaches (nothing), how the host switches to it
# and back while it is asked for its page all the time, and what kills of libvirtd and of the switch itself leave.
. "$(dirname "$0")/lib.sh"

TOOL=$(dirname "$LAUTTA")/../tests/host-tool # of the sanitizers' build
[ -x "$TOOL" ] || TOOL=$ROOT/build/tests/host-tool
command -v libvirtd >/dev/null || skip_all "libvirtd is not installed"
start_private_libvirt
host() { "${PRIVATE[@]}" "$TOOL" "$T/state" "$T/run" "$@"; }
on_host() { "${PRIVATE[@]}" "$@"; }
at_site() { "${PRIVATE[@]}" ip netns exec site "$@"; }
# In the network of a container, with the host's programs.
on() { # DOMAIN COMMAND...
  nsenter -t "$(pgrep -P "$(on_host virsh -q -c lxc:///system domid "$1")" | head -n 1)" -n -- "${@:2}"
}

fetch() { "${@:1:$#-1}" curl -s -o /dev/null --noproxy '*' --connect-timeout 1 -m 2 "${!#}"; }
page_is() { [ "$(on_host curl -s -m 2 http://192.168.147.12/)" = "$1" ]; } # VERSION
expect_page() { page_is "$1" || trouble "the page at the service's address is not that of version $1"; }
gateway() { on "$1" ip neigh show 192.168.147.1 | sed -n 's/.*lladdr \([0-9a-f:]*\).*/\1/p'; } # DOMAIN
bridge_mac() { on_host cat /sys/class/net/lautta0/address; }
ports() { on_host bridge link | sed -n 's/.* \(laut[a-z]*-[0-9a-f]*\)@\{0,1\}.* master lautta0 .*/\1/p' | sort | xargs; }
# The DHCP servers for candidates of this network: other tests have theirs.
servers() { pgrep --ns "$(cat "${LIBVIRTS[0]}/pid")" --nslist net -f -- '--interface=lautt[ab]-' || true; }
SLOT0=lautta-eb2f42 SLOT1=lauttb-eb2f42 DB=lautta-694ef9

service() { # FILE NAME VERSION NETWORK
  printf "service: %s\nversion: '%s'\nkind: container\nimage: {file: %s.raw}\nresources: {memory: 32M}\nnetwork: %s\n" \
    "$2" "$3" "$3" "$4" >"$T/$1.yaml"
  echo 'health: {http: "http://:80/", within: 5s}' >>"$T/$1.yaml"
}
for i in 1 2; do
  make_container_image "$T/$i.raw" "$i"
  service "web$i" web "$i" '{address: 192.168.147.12, forward: [{host: 8080, guest: 80}]}'
done
service db db 1 '{address: 192.168.147.13, allow: [{from: "*", port: 80}]}'
ALL=("$T/web1.yaml" "$T/db.yaml")
BESIDE=("$T/web2.yaml" "$T/db.yaml")

# A machine of the site (10.77.0.2) behind the host's own interface (10.77.0.1).
on_host ip link add uplink type veth peer name eth0
on_host ip netns add site
on_host ip link set eth0 netns site
on_host ip addr add 10.77.0.1/24 dev uplink
on_host ip link set uplink up
at_site ip addr add 10.77.0.2/24 dev eth0
at_site ip link set lo up
at_site ip link set eth0 up
at_site ip route add default via 10.77.0.1
mkdir "$T/www"
echo hello >"$T/www/index.html"
serve_at() { "${@:2}" python3 -m http.server "$1" --directory "$T/www" >/dev/null 2>&1 & }
serve_at 8000 at_site
serve_at 81 on_host
wait_until 20 fetch at_site http://10.77.0.2:8000/
wait_until 20 fetch on_host http://127.0.0.1:81/

expect host network "${ALL[@]}"
expect host start "${ALL[@]}"
expect host start "$T/db.yaml" "$T/web1.yaml"
wait_until 20 page_is 1
wait_until 20 fetch on_host http://192.168.147.13/
expect_exit 75 host health-beside "${ALL[@]}"
expect host start-beside "${BESIDE[@]}"
wait_until 20 host health-beside "${BESIDE[@]}" 2>"$T/stderr"
[ "$(ports)" = "$DB $SLOT0" ] || trouble "ports of the bridge: $(ports)"
wait_until 20 grep -q 'lease of 192.168.147.12 obtained' "$T/state/console/web_2.log"
expect host health "${ALL[@]}"
expect_page 1
[ "$(gateway web_2)" = "$(bridge_mac)" ] || trouble "the candidate's gateway is $(gateway web_2)"
ok "a candidate is checked, and has its address by DHCP, next to the version that serves"

# try DOMAIN: print what it can connect to, of all that there is.
try() {
  local url
  for url in 192.168.147.13 10.77.0.2:8000 192.168.147.1:81 10.77.0.1:81 192.168.147.1:8080 10.77.0.1:8080; do
    on "$1" curl -s -o /dev/null --noproxy '*' -m 2 "http://$url/" && echo "$url" &
  done
  ask_name "$1" && echo name &
  on "$1" busybox ping -c 1 -W 2 192.168.147.1 >/dev/null && echo ping &
  wait
}
# A question from port 5353, which makes an entry in the kernel's table of connections.
ask_name() {
  on "$1" python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("192.168.147.12", 5353)); s.settimeout(2)
s.sendto(bytes.fromhex("12340100000100000000000002646206") + b"lautta\x08internal\0\0\1\0\1", ("192.168.147.1", 53))
s.recv(512)' 2>/dev/null
}
no_way_out() {
  local found
  found=$(try web_2 | xargs)
  [ -z "$found" ] || trouble "a candidate can connect to: $found"
}
[ "$(try web_1 | sort | xargs)" = '10.77.0.2:8000 192.168.147.13 name ping' ] || trouble "the running version can connect to: $(try web_1)"
no_way_out
on web_2 ip route add 127.0.0.1/32 via 192.168.147.1 2>/dev/null || true
on web_2 sysctl -qw net.ipv4.conf.all.route_localnet=1
on web_2 ip addr add 192.168.147.13/32 dev eth0
! on web_2 curl -s -o /dev/null --interface 192.168.147.13 -m 1 http://192.168.147.1:81/ || trouble "another's address helped it"
on web_2 ip addr del 192.168.147.13/32 dev eth0
GUARD=1 INBOUND=81 expect host network "${ALL[@]}"
no_way_out
expect host network "${ALL[@]}"
ok "a candidate reaches no service, nothing at the site, and nothing of the host"

ask_name web_1 || trouble "the running version has no answer"
! ask_name web_2 || trouble "a candidate went on with a connection of the running version"
ask_name web_1 || trouble "the running version has no answer any more"
ok "nor by a connection that the running version has opened"

# watch_begin, watch_end: ask from the host and from the site.
watch_begin() {
  "${PRIVATE[@]}" "$ROOT/tests/functional/ask-often.py" 127.0.0.1 8080 >"$T/asked.host" &
  WATCHERS=($!)
  "${PRIVATE[@]}" ip netns exec site "$ROOT/tests/functional/ask-often.py" 10.77.0.1 8080 >"$T/asked.site" &
  WATCHERS+=($!)
}
watch_end() { # PAGES...: what the page was, one after the other
  local from report
  kill "${WATCHERS[@]}"
  wait "${WATCHERS[@]}"
  for from in host site; do
    report=$(cat "$T/asked.$from")
    echo "# from the $from: $(jq -r '"\(.requests) requests, \(.failed) failed \(.why), longest gap \(.longest_gap_ms) ms"' <<<"$report")"
    [ "$(jq '.requests > 20' <<<"$report")" = true ] || trouble "too few were asked for"
    [ "$(jq .failed <<<"$report")" = 0 ] || trouble "requests failed"
    [ "$(jq '.longest_gap_ms < 1000' <<<"$report")" = true ] || trouble "a gap of a second"
    [ "$(jq -r '.pages | join(" ")' <<<"$report")" = "$*" ] || trouble "pages: $(jq -c .pages <<<"$report")"
  done
}
asked() { sleep 0.3; } # long enough for many requests between two switches

# A connection that is open while the host switches, and DHCP: a client that asks again for what it has.
on_host timeout 120 python3 -c '
import socket, sys
c = socket.create_connection(("192.168.147.12", 80)); print("open", flush=True)
sys.stdin.readline()
c.sendall(b"GET / HTTP/1.0\r\n\r\n"); print(c.makefile().read(), flush=True)' >"$T/open" < <(
  wait_until 20 [ -e "$T/go" ]
  echo
) &
OPEN=$!
PIDS+=("$OPEN")
wait_until 20 grep -q open "$T/open"
# shellcheck disable=SC2016
printf '#!/bin/sh\necho "$1 $ip $serverid" >>%s\n' "$T/leases" >"$T/lease"
chmod +x "$T/lease"
on web_2 busybox udhcpc -f -i eth0 -s "$T/lease" -x 0x3d:ff0102030405 -p "$T/udhcpc.pid" >"$T/udhcpc.log" 2>&1 &
wait_until 20 grep -qs 'bound 192.168.147.12 192.168.147.1' "$T/leases"

mac=$(gateway web_1)
watch_begin
for i in 1 2 3 4 5; do
  asked
  OTHER=web expect host switch "${BESIDE[@]}"
  asked
  [ "$(ports)" = "$DB $SLOT0 $SLOT1" ] || trouble "ports of the bridge: $(ports)"
  expect host switch "${ALL[@]}"
done
asked
OTHER=web expect host switch "${BESIDE[@]}"
asked
watch_end 1 2 1 2 1 2 1 2 1 2 1 2
expect_page 2
OTHER=web expect host health "${BESIDE[@]}"
[ "$(gateway web_2)" = "$mac" ] || trouble "the gateway was $mac and is $(gateway web_2)"
ok "the host switches there and back, and no request fails"

# The old version has connected from the same port, which the kernel takes for the same connection.
on web_1 python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("192.168.147.12", 68)); s.sendto(b"x", ("192.168.147.1", 67))'
touch "$T/go"
wait "$OPEN" || true
grep -qx 1 "$T/open" || trouble "no answer by a connection of version 1: $(cat "$T/open")"
kill -USR1 "$(cat "$T/udhcpc.pid")"
wait_until 20 grep -q 'renew 192.168.147.12 192.168.147.1' "$T/leases" || trouble "DHCP: $(cat "$T/udhcpc.log")"
ok "a connection that is open stays with the version that it began with; what DHCP gave is renewed"

# What an interrupted update leaves is put right by applying the network: here version 2 is active.
LIBVIRT=${LIBVIRTS[0]}
expect_apart() { # PORTS DOMAINS: and the page is that of version 2
  [ "$(ports)" = "$1" ] || trouble "ports of the bridge: $(ports)"
  expect_page 2
}
with_2() { OTHER=web expect host "$1" "${BESIDE[@]}"; }
with_2 network
expect_apart "$DB $SLOT1"
watch_begin
asked
private_libvirt restart
# It puts every interface on the bridge that its domain names.
wait_until 20 on_host grep -q . "/sys/class/net/$SLOT0/brport/isolated"
asked
expect_apart "$DB $SLOT0 $SLOT1"
for i in web_1 web_2; do on "$i" busybox arping -q -c 2 -w 1 -I eth0 192.168.147.1 || true; done
asked
with_2 network
asked
expect_apart "$DB $SLOT1"
watch_end 2
ok "a libvirtd that was killed and started again lets the same interfaces send as before"

expect host network-down
[ -z "$(ports)" ] || trouble "ports of the bridge: $(ports)"
with_2 network
expect_apart "$DB $SLOT1"
ok "a network that is made again has the running services on it"

KILLS=${KILLS:-10}
for ((i = 0; i < KILLS; i++)); do
  if ((i % 2)); then what=("${BESIDE[@]}") other=web; else what=("${ALL[@]}") other=; fi
  OTHER=$other "${PRIVATE[@]}" "$TOOL" "$T/state" "$T/run" switch "${what[@]}" >"$T/switch" 2>&1 &
  pid=$!
  sleep "0.0$((RANDOM % 10))"
  kill -9 "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  if ((RANDOM % 2)); then
    with_2 network
    expect_apart "$DB $SLOT1"
  else
    expect host network "${ALL[@]}"
    expect_page 1
    [ "$(ports)" = "$DB $SLOT0" ] || trouble "ports of the bridge: $(ports)"
  fi
done
ok "a switch that is killed anywhere is made whole by applying either side"

expect host network "${ALL[@]}"
[ -z "$(servers)" ] || trouble "a DHCP server for candidates is left: $(servers)"
one_server() { [ "$(servers | wc -w)" = 1 ]; } # on its way to the background it is two for a moment
bridges_server() { on_host cat "$LIBVIRT/run/network/lautta0.pid"; }
before=$(bridges_server)
expect host start-beside "${BESIDE[@]}"
wait_until 10 one_server
first=$(servers)
expect host start-beside "${BESIDE[@]}"
[ "$(servers)" = "$first" ] || trouble "it was started again: $first, $(servers)"
kill -9 "$first"
expect host start-beside "${BESIDE[@]}"
wait_until 10 one_server
sed -i 's/192\.168\.147\.12/192.168.147.22/' "$T/web2.yaml"
expect host start-beside "${BESIDE[@]}"
wait_until 10 one_server
tr '\0' ' ' <"/proc/$(servers)/cmdline" >"$T/stdout"
expect_output '52:54:00:eb:2f:42,set:index-[0-9]*,192.168.147.22,web'
leases() { grep -c 'lease of 192.168.147.22 obtained' "$T/state/console/web_2.log" || true; }
old_leases=$(leases) first=$(servers)
has_new_lease() { [ "$(leases)" -gt "$old_leases" ]; }
expect on_host virsh -q -c lxc:///system destroy web_2
[ "$(servers)" = "$first" ] || trouble "its DHCP server ended with it"
expect host start-beside "${BESIDE[@]}"
wait_until 20 has_new_lease || trouble "the next candidate gets no address"
one_server || trouble "DHCP servers: $(servers)"
expect host candidate-end
[ -z "$(servers)" ] || trouble "a DHCP server for candidates is left: $(servers)"
{ [ "$(bridges_server)" = "$before" ] && kill -0 "$before"; } || trouble "libvirt's DHCP server is gone"
ok "there is one DHCP server for a candidate while there is one, whatever was killed"

expect host stop web 2
expect host start-beside "${BESIDE[@]}"
expect host stop web 2
expect host network "${ALL[@]}"
expect_page 1
[ -z "$(servers)" ] || trouble "a DHCP server for candidates is left: $(servers)"
expect_exit 1 on_host ip link show "$SLOT1"
expect host network-down
ok "a candidate that is stopped leaves nothing"
