#!/bin/bash
# timeout: 180
# SPDX-License-Identifier: LGPL-2.1-or-later
# The network and the firewall of a host, with connections that must and that must not pass: three containers on the
# host's bridge (web, db, app) and a machine of the site (10.77.0.2) behind the host's own interface (10.77.0.1).
. "$(dirname "$0")/lib.sh"

TOOL=$(dirname "$LAUTTA")/../tests/host-tool # of the sanitizers' build
[ -x "$TOOL" ] || TOOL=$ROOT/build/tests/host-tool
command -v libvirtd >/dev/null || skip_all "libvirtd is not installed"
start_private_libvirt
export GUARD=1 INBOUND=2222
host() { "${PRIVATE[@]}" "$TOOL" "$T/state" "$T/run" "$@"; }
on_host() { "${PRIVATE[@]}" "$@"; }
at_site() { "${PRIVATE[@]}" ip netns exec site "$@"; }
# In the network of a container, with the host's programs.
on() { # SERVICE COMMAND...
  local controller
  controller=$("${PRIVATE[@]}" virsh -q -c lxc:///system list | awk -v name="${1}_" 'index($2, name) == 1 { print $1 }')
  nsenter -t "$(pgrep -P "$controller")" -n -- "${@:2}"
}

# passes|refused WHERE... URL: WHERE is on_host, at_site or "on SERVICE".
fetch() { "${@:1:$#-1}" curl -s -o /dev/null --noproxy '*' --connect-timeout 1 -m 2 "${!#}"; }
passes() { fetch "$@" || trouble "no connection, but there should be one: $*"; }
refused() { ! fetch "$@" || trouble "a connection that must not be: $*"; }

make_container_image "$T/image.raw" 1.0
service() { # NAME NETWORK
  printf "service: %s\nversion: '1.0'\nkind: container\nimage: {file: image.raw}\nresources: {memory: 32M}\nnetwork: %s\n" \
    "$1" "$2" >"$T/$1.yaml"
}
service web '{address: 192.168.147.12, forward: [{host: 8080, guest: 80}]}'
service db '{address: 192.168.147.13, allow: [{from: web, port: 80}]}'
service app '{address: 192.168.147.14, allow: [{from: "*", port: 80}]}'
service deb.debian.org '{address: 192.168.147.17}'
service localhost '{address: 192.168.147.18}'
ALL=("$T/web.yaml" "$T/db.yaml" "$T/app.yaml")

on_host ip link add uplink type veth peer name eth0
on_host ip netns add site
on_host ip link set eth0 netns site
on_host ip addr add 10.77.0.1/24 dev uplink
on_host ip link set uplink up
at_site ip addr add 10.77.0.2/24 dev eth0
at_site ip link set lo up
at_site ip link set eth0 up
at_site ip route add 192.168.147.0/24 via 10.77.0.1
mkdir "$T/www"
echo hello >"$T/www/index.html"
serve_at() { "${@:2}" python3 -m http.server "$1" --directory "$T/www" >/dev/null 2>&1 & }
serve_at 8000 at_site
serve_at 2222 on_host
serve_at 2223 on_host
serve_at 81 on_host
wait_until 20 fetch at_site http://10.77.0.2:8000/
wait_until 20 fetch at_site http://10.77.0.1:2223/

expect host network "${ALL[@]}"
for name in web db app; do
  # shellcheck disable=SC2046
  expect host start "$T/$name.yaml" $(printf '%s\n' "${ALL[@]}" | grep -v "/$name.yaml")
done
for i in 12 13 14; do wait_until 20 fetch on_host "http://192.168.147.$i/"; done
ok "the host reaches its services"

passes at_site http://10.77.0.1:2222/
refused at_site http://10.77.0.1:2223/
refused at_site http://10.77.0.1:81/
expect at_site busybox ping -c 1 -W 2 10.77.0.1
ok "from outside, only open ports of the host answer, and pings"

passes at_site http://10.77.0.1:8080/
passes on_host http://127.0.0.1:8080/
passes on_host http://10.77.0.1:8080/
passes on_host http://192.168.147.1:8080/
ok "a forwarded port leads to its service, from outside and from the host itself"

for i in 12 13 14; do refused at_site "http://192.168.147.$i/"; done
ok "who routes to the services' network past the forwards gets nowhere"

passes on web http://192.168.147.13/
refused on app http://192.168.147.13/
refused on db http://192.168.147.12/
passes on web http://192.168.147.14/
passes on db http://192.168.147.14/
refused on web http://192.168.147.14:81/
ok "between services only what is allowed passes"

for i in web db app; do
  refused on "$i" http://192.168.147.1:81/
  refused on "$i" http://10.77.0.1:2222/
  refused on "$i" http://192.168.147.1:8080/
  expect on "$i" busybox ping -c 1 -W 2 192.168.147.1
done
ok "services do not reach the host, but for pings"

expect on web busybox nslookup db.lautta.internal 192.168.147.1
expect_output '192\.168\.147\.13'
ok "services find each other by name"

# answers NAME ADDRESS
answers() { on web busybox nslookup "$1" 192.168.147.1 | tail -n +3 | grep -q "$2"; }
expect host network "${ALL[@]}" "$T/deb.debian.org.yaml" "$T/localhost.yaml"
wait_until 10 answers deb.debian.org.lautta.internal 192.168.147.17
wait_until 10 answers localhost.lautta.internal 192.168.147.18
! answers deb.debian.org 192.168.147.17 || trouble "a service answers for deb.debian.org"
! answers localhost 192.168.147.18 || trouble "a service answers for localhost"
expect host network "${ALL[@]}"
ok "a service whose name is one of the outside, or of the host itself, is found below the services' domain alone"

passes on web http://10.77.0.2:8000/
ok "services reach the outside"
seen() { at_site python3 -c '
import socket, sys
s = socket.create_server(("10.77.0.2", 8001)); s.settimeout(10)
print(s.accept()[1][0])' >"$T/seen"; }
seen &
PIDS+=($!)
connected() { on web bash -c ': </dev/tcp/10.77.0.2/8001' 2>/dev/null; }
wait_until 10 connected
wait_until 10 grep -q . "$T/seen"
[ "$(cat "$T/seen")" = 10.77.0.1 ] || trouble "the outside saw $(cat "$T/seen")"
ok "under the host's address"

# Another address, another MAC, another's ARP: app tries to be web.
on app ip addr add 192.168.147.12/32 dev eth0
! on app curl -s -o /dev/null --interface 192.168.147.12 -m 2 http://192.168.147.13/ || trouble "a stolen address got through"
on app python3 - <<'PYTHON'
import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("eth0", 0))
def arp(mac, op, ip, to):
    s.send(b"\xff" * 6 + mac + b"\x08\x06\x00\x01\x08\x00\x06\x04" + op.to_bytes(2, "big") + mac + socket.inet_aton(ip) + b"\0" * 6 + socket.inet_aton(to))
mac = s.getsockname()[4]
for op in 1, 2:
    for to in "192.168.147.1", "192.168.147.12":
        arp(mac, op, "192.168.147.12", to)
web = bytes.fromhex("525400eb2f42")
arp(web, 2, "192.168.147.12", "192.168.147.1")
arp(web, 2, "192.168.147.14", "192.168.147.1")
PYTHON
on app ip addr del 192.168.147.12/32 dev eth0
expect on_host ip neigh show 192.168.147.12
expect_output '52:54:00:eb:2f:42'
expect on_host bridge fdb show br lautta0
expect_output '52:54:00:eb:2f:42 dev lautta-eb2f42 '
passes on_host http://192.168.147.12/
on app ip -6 addr add fd00::14/64 dev eth0 nodad 2>/dev/null || true
ok "a service cannot take another's address or MAC"

# app sends frames to the link-local groups with web's MAC as their source. The kernel hands some of these to the host
# before any rule sees them.
on app python3 - <<'PYTHON' &
import socket, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("eth0", 0))
end = time.monotonic() + 3
while time.monotonic() < end:
    for group in range(16):
        for protocol in b"\x88\xcc", b"\x88\x8e", b"\x08\x00":
            s.send(b"\x01\x80\xc2\x00\x00" + bytes([group]) + bytes.fromhex("525400eb2f42") + protocol + bytes(46))
    time.sleep(0.01)
PYTHON
LIAR=$!
for i in 1 2 3 4 5 6 7 8; do
  sleep 0.1
  passes on_host http://192.168.147.12/
done
expect on_host bridge fdb show br lautta0
expect_output '52:54:00:eb:2f:42 dev lautta-eb2f42 '
wait "$LIAR" || trouble "the frames could not be sent"
ok "frames to link-local groups teach the bridge nothing"

# Replies to 127.0.0.1 are routed back by the host, but nobody may send there.
on web ip route add 127.0.0.2/32 via 192.168.147.1 2>/dev/null || true
on web sysctl -qw net.ipv4.conf.all.route_localnet=1
on web ip route del local 127.0.0.0/8 dev lo table local 2>/dev/null || true
on web ip route add 127.0.0.1/32 via 192.168.147.1 2>/dev/null || true
refused on web http://127.0.0.1:81/
ok "the host's loopback is out of reach"

# dhcp SERVICE CHADDR [DECLINE]: print the address that the service gets by DHCP for a client's MAC, or "nothing". With
# DECLINE, that address is then declined.
dhcp() {
  on "$1" python3 - "${@:2}" <<'PYTHON'
import os, random, socket, sys
chaddr = bytes.fromhex(sys.argv[1]); xid = random.randbytes(4)
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("eth0", 0x800)); s.settimeout(1.5)
mac = s.getsockname()[4]
def checksum(data):
    total = sum(int.from_bytes(data[i:i + 2], "big") for i in range(0, len(data), 2))
    while total >> 16: total = (total & 0xffff) + (total >> 16)
    return (~total & 0xffff).to_bytes(2, "big")
def send(kind, options=b""):
    client = b"\x3d\x07\xff" + random.randbytes(6) # another client each time
    bootp = b"\1\1\6\0" + xid + b"\0\0\x80\0" + bytes(16) + chaddr + bytes(10 + 192) + b"\x63\x82\x53\x63\x35\1" + bytes([kind]) + client + options + b"\xff"
    udp = b"\0\x44\0\x43" + (8 + len(bootp)).to_bytes(2, "big") + b"\0\0" + bootp
    ip = b"\x45\0" + (20 + len(udp)).to_bytes(2, "big") + b"\0\0\0\0\x40\x11"
    ends = SOURCE + b"\xff\xff\xff\xff"
    s.send(b"\xff" * 6 + mac + b"\x08\0" + ip + checksum(ip + b"\0\0" + ends) + ends + udp)
def answer():
    try:
        while True:
            frame = s.recv(4096)
            if frame[12:14] == b"\x08\0" and frame[34:38] == b"\0\x43\0\x44" and frame[46:50] == xid:
                return frame[58:62]
    except TimeoutError:
        return None
SOURCE = socket.inet_aton(os.environ.get("SOURCE", "0.0.0.0"))
send(1)
offer = answer()
print(socket.inet_ntoa(offer) if offer else "nothing")
if offer:
    server = b"\x36\4" + socket.inet_aton("192.168.147.1")
    send(4 if "DECLINE" in sys.argv else 3, b"\x32\4" + offer + server)
PYTHON
}
APP=525400ae4747 # app
[ "$(dhcp app "$APP")" = 192.168.147.14 ] || trouble "a service gets no address by DHCP"
for i in 0.0.0.0 192.168.147.14; do
  [ "$(SOURCE=$i dhcp app 525400eb2f42)" = nothing ] || trouble "app asks for web by DHCP, from $i"
  [ "$(SOURCE=$i dhcp app 525400000001)" = nothing ] || trouble "app asks for a client that is not there, from $i"
done
dhcp app "$APP" DECLINE >/dev/null
[ "$(dhcp app "$APP")" = nothing ] || trouble "who declines the reserved address gets another"
ok "by DHCP a service gets its own address and no other"

# A connection that is open while everything is applied again, and another service comes.
service more '{address: 192.168.147.15}'
# shellcheck disable=SC2094 # one waits for what the other writes
on web python3 -c '
import socket, sys, time
c = socket.create_connection(("192.168.147.13", 80)); print("open", flush=True)
sys.stdin.readline()
c.sendall(b"GET / HTTP/1.0\r\n\r\n"); print(c.recv(4096).decode(), flush=True)' >"$T/open" < <(
  wait_until 20 grep -q open "$T/open"
  host network "${ALL[@]}"
  host network "${ALL[@]}" "$T/more.yaml"
  echo
) || trouble "the connection broke"
grep -q '200 OK' "$T/open" || trouble "no answer on it: $(cat "$T/open")"
passes at_site http://10.77.0.1:8080/
refused on app http://192.168.147.13/
expect on web busybox nslookup more.lautta.internal 192.168.147.1
ok "applying again breaks no open connection"

expect host network "${ALL[@]}"
on_host nft list ruleset >"$T/rules.1"
expect host network "${ALL[@]}"
on_host nft list ruleset >"$T/rules.2"
expect_same "$T/rules.1" "$T/rules.2"
expect on_host nft list tables
[ "$(sort "$T/stdout" | tr '\n' ' ')" = 'table bridge lautta table inet lautta ' ] || trouble "tables: $(cat "$T/stdout")"
ok "applying twice changes nothing"

service db '{address: 192.168.147.13}'
expect host network "${ALL[@]}"
refused on web http://192.168.147.13/
ok "what is no longer allowed does not pass"

# A forward of 2222, which the host keeps: a service that runs loses the forward, a start is refused.
service greedy '{address: 192.168.147.16, forward: [{host: 2222, guest: 80}, {host: 2224, guest: 80}]}'
INBOUND='' expect host start "$T/greedy.yaml" "${ALL[@]}"
INBOUND='' expect host network "${ALL[@]}" "$T/greedy.yaml"
wait_until 20 fetch on_host http://192.168.147.16/
page_at_2222() { at_site curl -s --noproxy '*' -m 2 http://10.77.0.1:2222/; }
[ "$(page_at_2222)" = 1.0 ] || trouble "without 'inbound', the port does not lead to the service"
expect host network "${ALL[@]}" "$T/greedy.yaml"
[ "$(page_at_2222)" = hello ] || trouble "the host's own port leads to $(page_at_2222)"
passes at_site http://10.77.0.1:2224/
expect host stop greedy 1.0
expect_exit 1 host start "$T/greedy.yaml" "${ALL[@]}"
expect_message "service 'greedy': it forwards the host's TCP port 2222, which 'inbound' of agent.conf keeps"
ok "a service takes no port that the host keeps for itself"

unset GUARD
expect host network "${ALL[@]}"
passes at_site http://10.77.0.1:2223/
refused on web http://192.168.147.1:81/
ok "a host that leaves its inbound traffic alone still guards itself against its services"
