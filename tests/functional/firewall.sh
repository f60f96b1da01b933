#!/bin/bash
# timeout: 180
# SPDX-License-Identifier: LGPL-2.1-or-later
# The network and the firewall of a host, with connections that must and that must not pass: three containers on the
# host's bridge (web, db, app), a machine of the site (10.77.0.2) at a bridge of the host (10.77.0.1), and another one
# (far) at that bridge (10.77.0.3) and at a second interface of the host (10.78.0.2).
. "$(dirname "$0")/lib.sh"

TOOL=$(dirname "$LAUTTA")/../tests/host-tool # of the sanitizers' build
[ -x "$TOOL" ] || TOOL=$ROOT/build/tests/host-tool
command -v libvirtd >/dev/null || skip_all "libvirtd is not installed"
start_private_libvirt
export GUARD=1 INBOUND="2222 $((1 << 16 | 9999))" # the second is a port of UDP
host() { "${PRIVATE[@]}" "$TOOL" "$T/state" "$T/run" "$@"; }
on_host() { "${PRIVATE[@]}" "$@"; }
at_site() { "${PRIVATE[@]}" ip netns exec site "$@"; }
at_far() { "${PRIVATE[@]}" ip netns exec far "$@"; }
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
service www.example.org '{address: 192.168.147.17}'
service localhost '{address: 192.168.147.18}'
ALL=("$T/web.yaml" "$T/db.yaml" "$T/app.yaml")

on_host ip link add uplink type bridge
on_host ip link set uplink up
on_host ip addr add 10.77.0.1/24 dev uplink
attach() { # NETNS DEVICE PORT: a device in the namespace, and its end on the host
  on_host ip link add "$3" type veth peer name "$2" netns "$1"
  on_host ip link set "$3" up
  on_host ip netns exec "$1" ip link set "$2" up
}
for i in site far; do
  on_host ip netns add $i
  on_host ip netns exec $i ip link set lo up
  attach $i eth0 to-$i
  on_host ip link set to-$i master uplink
done
attach far eth1 second
on_host ip addr add 10.78.0.1/24 dev second
at_site ip addr add 10.77.0.2/24 dev eth0
at_far ip addr add 10.77.0.3/24 dev eth0
at_far ip addr add 10.78.0.2/24 dev eth1
at_site ip route add 192.168.147.0/24 via 10.77.0.1
at_site ip route add 10.78.0.0/24 via 10.77.0.1
mkdir "$T/www"
echo hello >"$T/www/index.html"
serve_at() { "${@:2}" python3 -m http.server "$1" --directory "$T/www" >/dev/null 2>&1 & }
serve_at 8000 at_site
serve_at 8000 at_far
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
passes on_host http://127.0.0.1:81/
ok "from outside, only open ports of the host answer, and pings"

# heard LISTENER: it wrote "heard" within a second after all was sent; then it is ended.
heard() {
  local code=0 i
  for i in {1..20}; do
    grep -q heard "$T/listener" && break
    code=$i
    sleep 0.05
  done
  kill "$1" 2>/dev/null || true
  [ "$code" != 20 ]
}
# arrives WHERE... -- ADDRESS PORT SOURCE SOURCE_PORT: a UDP packet from WHERE arrives at that port on the host (or where
# LISTEN says).
arrives() {
  local to
  to=("${@: -4}")
  : >"$T/listener"
  ${LISTEN:-on_host} timeout 60 python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(socket.getaddrinfo(sys.argv[1], int(sys.argv[2]))[0][4]); print("ready", flush=True)
s.recv(2048); print("heard", flush=True)' "${to[@]:0:2}" >"$T/listener" 2>/dev/null &
  wait_until 20 grep -q ready "$T/listener"
  "${@:1:$#-5}" python3 -c '
import socket, sys
to, port, source, source_port = sys.argv[1:]
s = socket.socket(socket.AF_INET6 if ":" in to else socket.AF_INET, socket.SOCK_DGRAM)
s.bind(socket.getaddrinfo(source, int(source_port))[0][4])
s.sendto(bytes(28) + bytes.fromhex("525400ae4747") + bytes(300), socket.getaddrinfo(to, int(port))[0][4])' "${to[@]}"
  heard $!
}
at_site ip addr add 192.168.147.99/32 dev lo
on_host sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.uplink.rp_filter=0
arrives at_site -- 10.77.0.1 9999 10.77.0.2 1234 || trouble "an open port of UDP is closed"
! arrives at_site -- 10.77.0.1 9998 10.77.0.2 1234 || trouble "another one is open"
! arrives at_site -- 10.77.0.1 9999 192.168.147.99 1234 || trouble "the site speaks with an address of the services' network"
at_site ip addr del 192.168.147.99/32 dev lo
ok "nobody outside speaks with a service's address"

arrives at_site -- 10.77.0.1 68 10.77.0.2 67 || trouble "the host gets no answer by DHCP"
host_ll=$(on_host ip -6 -o addr show dev uplink scope link | sed -n 's/.*inet6 \(fe80[^/]*\).*/\1/p')
site_ll=$(at_site ip -6 -o addr show dev eth0 scope link | sed -n 's/.*inet6 \(fe80[^/]*\).*/\1/p')
wait_until 5 at_site busybox ping6 -c 1 -W 1 "$host_ll%eth0" >"$T/stdout" || trouble "no answer to a ping by IPv6"
dhcpv6() { # SOURCE_PORT
  on_host timeout 60 python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(socket.getaddrinfo(sys.argv[1], 546)[0][4]); print("ready", flush=True)
s.recv(2048); print("heard", flush=True)' "$host_ll%uplink" >"$T/listener" 2>/dev/null &
  wait_until 20 grep -q ready "$T/listener"
  at_site python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(socket.getaddrinfo(sys.argv[1], int(sys.argv[3]))[0][4])
s.sendto(b"x", socket.getaddrinfo(sys.argv[2], 546)[0][4])' "$site_ll%eth0" "$host_ll%eth0" "$1"
  heard $!
}
dhcpv6 547 || trouble "the host gets no answer by DHCPv6"
! dhcpv6 548 || trouble "any port leads to the host's DHCPv6 client"
ok "what the host needs for its own addresses arrives"

passes at_site http://10.77.0.3:8000/
passes at_site http://10.78.0.2:8000/
ok "the host bridges and routes for others as before"

passes at_site http://10.77.0.1:8080/
passes on_host http://127.0.0.1:8080/
passes on_host http://10.77.0.1:8080/
passes on_host http://192.168.147.1:8080/
ok "a forwarded port leads to its service, from outside and from the host itself"

for i in 12 13 14; do refused at_site "http://192.168.147.$i/"; done
ok "packets routed to the services' network past the forwards reach no service"

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
on web python3 - <<'PYTHON' || trouble "no answer of DNS by TCP"
import socket
s = socket.create_connection(("192.168.147.1", 53), 2)
question = bytes.fromhex("12340100000100000000000002646206") + b"lautta\x08internal\0\0\1\0\1"
s.sendall(len(question).to_bytes(2, "big") + question)
assert socket.inet_aton("192.168.147.13") in s.recv(512)
PYTHON
ok "services find each other by name"

# answers NAME ADDRESS
answers() { on web busybox nslookup "$1" 192.168.147.1 | tail -n +3 | grep -q "$2"; }
expect host network "${ALL[@]}" "$T/www.example.org.yaml" "$T/localhost.yaml"
wait_until 10 answers www.example.org.lautta.internal 192.168.147.17
wait_until 10 answers localhost.lautta.internal 192.168.147.18
! answers www.example.org 192.168.147.17 || trouble "a service answers for www.example.org"
! answers localhost 192.168.147.18 || trouble "a service answers for localhost"
expect host network "${ALL[@]}"
ok "a service whose name is also a name of the Internet or of the host is found only below the services' domain"

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
# A packet that belongs to no connection would leave without that.
at_site timeout 60 python3 -c '
import socket, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x800)); print("ready", flush=True)
while True:
    packet = s.recv(4096)
    if packet[12:15] == bytes([192, 168, 147]): print("heard", flush=True)' >"$T/listener" 2>/dev/null &
wait_until 20 grep -q ready "$T/listener"
on web python3 - <<'PYTHON'
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
def checksum(data):
    total = sum(int.from_bytes(data[i:i + 2], "big") for i in range(0, len(data), 2))
    while total >> 16: total = (total & 0xffff) + (total >> 16)
    return (~total & 0xffff).to_bytes(2, "big")
for flags in 4, 3, 0:
    head = (4321).to_bytes(2, "big") + (8000).to_bytes(2, "big") + bytes(8) + bytes([0x50, flags, 0, 0])
    ends = socket.inet_aton("192.168.147.12") + socket.inet_aton("10.77.0.2") + b"\0\6\0\x14"
    s.sendto(head + checksum(ends + head + bytes(4)) + bytes(2), ("10.77.0.2", 0))
PYTHON
! heard $! || trouble "the outside saw a service's address"
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

# A packet to the host's 127.0.0.1, of the only kind that the host takes from services for any of its addresses.
on_host timeout 60 python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", 67)); print("ready", flush=True)
s.recv(2048); print("heard", flush=True)' >"$T/listener" 2>/dev/null &
wait_until 20 grep -q ready "$T/listener"
on app python3 - "$(on_host cat /sys/class/net/lautta0/address)" <<'PYTHON'
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("eth0", 0))
mac = s.getsockname()[4]
def checksum(data):
    total = sum(int.from_bytes(data[i:i + 2], "big") for i in range(0, len(data), 2))
    while total >> 16: total = (total & 0xffff) + (total >> 16)
    return (~total & 0xffff).to_bytes(2, "big")
message = bytes(28) + mac + bytes(266)
udp = b"\0\x44\0\x43" + (8 + len(message)).to_bytes(2, "big") + b"\0\0" + message
head = b"\x45\0" + (20 + len(udp)).to_bytes(2, "big") + b"\0\0\0\0\x40\x11"
ends = socket.inet_aton("192.168.147.14") + socket.inet_aton("127.0.0.1")
s.send(bytes.fromhex(sys.argv[1].replace(":", "")) + mac + b"\x08\0" + head + checksum(head + b"\0\0" + ends) + ends + udp)
PYTHON
! heard $! || trouble "a service reaches the host's 127.0.0.1"
ok "the host's loopback is out of reach"

# Each of these is held twice: once the first guard is off, the second still holds.
for i in app db; do
  on_host bridge link set dev "$([ $i = app ] && echo lautta-ae4747 || echo lautta-694ef9)" isolated off
done
on_host sysctl -qw net.bridge.bridge-nf-call-iptables=0 2>/dev/null || true # a third guard, where the kernel has it
on app ip neigh replace 192.168.147.13 lladdr 52:54:00:69:4e:f9 dev eth0
on db ip neigh replace 192.168.147.14 lladdr 52:54:00:ae:47:47 dev eth0
refused on app http://192.168.147.13/
on db ip neigh del 192.168.147.14 dev eth0
on app ip neigh del 192.168.147.13 dev eth0
expect host network "${ALL[@]}"
ok "ports of the bridge send nothing to each other, even if they are not isolated"

on_host nft delete table bridge lautta
on_host sysctl -qw net.ipv6.conf.lautta0.disable_ipv6=0 net.ipv6.conf.all.forwarding=1
on_host ip -6 addr add fd00::1/64 dev lautta0 nodad
on_host ip -6 addr add fd77::1/64 dev uplink nodad
at_site ip -6 addr add fd77::2/64 dev eth0 nodad
on app sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0
on app ip -6 addr replace fd00::14/64 dev eth0 nodad
on app ip -6 neigh replace fd00::1 lladdr "$(on_host cat /sys/class/net/lautta0/address)" dev eth0
on app ip -6 route replace default via fd00::1
LISTEN=at_site
! arrives on app -- fd77::2 9999 fd00::14 1234 || trouble "a service reaches the outside by IPv6"
unset LISTEN
on_host sysctl -qw net.ipv6.conf.all.forwarding=0 net.ipv6.conf.lautta0.disable_ipv6=1
expect host network "${ALL[@]}"
ok "services have no IPv6, even if the bridge lets it through"

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
ok "a connection that is no longer allowed does not pass"

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
