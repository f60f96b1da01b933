#!/bin/bash
# timeout: 180
# SPDX-License-Identifier: LGPL-2.1-or-later
# Containers as the host starts them, by libvirt's LXC driver: root, volumes, limits, console, health, and kills.
. "$(dirname "$0")/lib.sh"

TOOL=$(dirname "$LAUTTA")/../tests/host-tool # of the sanitizers' build
[ -x "$TOOL" ] || TOOL=$ROOT/build/tests/host-tool
command -v libvirtd >/dev/null || skip_all "libvirtd is not installed"
start_private_libvirt
STATE=$T/state RUN=$T/run
host() { "${PRIVATE[@]}" "$TOOL" "$STATE" "$RUN" "$@"; }
page_is() { [ "$("${PRIVATE[@]}" curl -s -m 2 http://192.168.147.12/)" = "$1" ]; }
# Run a command in the root and namespaces of the container of a service.
inside() { # SERVICE COMMAND...
  local controller
  controller=$("${PRIVATE[@]}" virsh -q -c lxc:///system list --all | awk -v name="${1}_" 'index($2, name) == 1 { print $1 }')
  nsenter -t "$(pgrep -P "$controller")" -m -n -p -r -w -- "${@:2}"
}
nothing_is_mounted() { ! "${PRIVATE[@]}" grep -q "$T/run" /proc/self/mountinfo; }

make_container_image "$T/web-1.raw" 1.0
make_container_image "$T/web-2.raw" 2.0
make_container_image "$T/broken.raw" 3.0 broken
make_container_image "$T/crash.raw" 4.0 crash
describe_container() { # VERSION IMAGE [ROOT]
  cat <<YAML
service: web
version: '$1'
kind: container
image: {file: $2}
resources: {memory: 64M, cpus: 1}
root: ${3:-keep}
volumes: [{name: data, size: 8M, at: /srv}]
network: {address: 192.168.147.12}
health: {http: "http://:80/", within: 5s}
YAML
}
describe_container 1.0 web-1.raw >"$T/1.yaml"
describe_container '2:2.0~rc1' web-2.raw reset >"$T/2.yaml"
describe_container 3.0 broken.raw >"$T/3.yaml"
describe_container 4.0 crash.raw >"$T/4.yaml"

expect host network "$T/1.yaml"
begin=${EPOCHREALTIME/[.,]/}
expect host start "$T/1.yaml"
wait_until 20 page_is 1.0
echo "# from start to the page: $(((${EPOCHREALTIME/[.,]/} - begin) / 1000)) ms"
expect host health "$T/1.yaml"
ok "a container starts from an image and answers"

expect host start "$T/1.yaml"
expect host list
expect_output '^web 1.0 runs$'
[ "$(wc -l <"$T/stdout")" = 1 ] || trouble "not one service: $(cat "$T/stdout")"
ok "starting a running version changes nothing"

expect host console web 1.0
expect_output 'ready 1.0'
expect inside web timeout 20 sh -c 'yes "many words" | head -c 1000000 >/dev/console; echo the last >/dev/console'
is_last() { host console web 1.0 | grep -q 'the last'; }
wait_until 10 is_last
[ "$(stat -c %s "$STATE/console/web_1.0.log")" -le 262144 ] || trouble "its file grows"
ok "its console is kept in a file of bounded size, and the container never waits for a reader"

expect inside web sh -c 'cat /proc/meminfo'
expect_output '^MemTotal: +65536 kB'
expect inside web sh -c 'grep CapBnd /proc/1/status'
expect_output '00000000a00435fb'
ok "its memory and its rights are limited"

expect inside web sh -c 'echo kept >/root/file; echo kept >/srv/file'
expect host stop-gently web
expect host list
[ ! -s "$T/stdout" ] || trouble "it still runs"
nothing_is_mounted || trouble "something is still mounted"
ok "a stopped container leaves no mount"

expect host start "$T/1.yaml"
wait_until 20 page_is 1.0
expect inside web cat /root/file
expect_output kept
expect inside web cat /srv/file
expect_output kept
ok "what it changed in its root and on its volume is there after a stop and a start"

expect_exit 1 host start "$T/2.yaml"
expect_message 'version 1.0 of it runs'
ok "two versions of a service do not run at once"

expect host stop web
expect host start "$T/2.yaml"
wait_until 20 page_is 2.0
expect_exit 1 inside web test -e /root/file
expect inside web cat /srv/file
expect_output kept
expect inside web sh -c 'echo lost >/root/file'
expect host stop web
expect host start "$T/2.yaml"
wait_until 20 page_is 2.0
expect_exit 1 inside web test -e /root/file
ok "another version has its own root and the same volume; 'root: reset' forgets what was changed"

# start_with SIZE DESCRIPTION: start the container again with a volume of that size.
start_with() {
  sed "s/size: 8M/size: $1/" "$2" >"$T/grown.yaml"
  expect host stop web
  expect host start "$T/grown.yaml"
  expect inside web cat /srv/file
  expect_output kept
}
volume=$STATE/volumes/web/data.raw
volume_kb() { inside web df -k /srv | awk 'END { print $2 }'; }
was_kb=$(volume_kb)
start_with 40M "$T/2.yaml"
[ "$(stat -c %s "$volume")" = $((40 << 20)) ] || trouble "its file has $(stat -c %s "$volume") bytes"
grown_kb=$(volume_kb)
[ "$grown_kb" -gt $((was_kb + 30000)) ] || trouble "it had $was_kb KiB and has $grown_kb"
expect host stop web
touch "$volume.growing" # a killed start got this far
truncate -s 100M "$volume"
start_with 100M "$T/2.yaml"
[ "$(volume_kb)" -gt $((grown_kb + 55000)) ] || trouble "it had $grown_kb KiB and has $(volume_kb)"
expect_absent "$volume.growing"
start_with 8M "$T/2.yaml"
[ "$(stat -c %s "$volume")" = $((100 << 20)) ] || trouble "it was made smaller"
kills=0 grown_mb=100
for ((i = 1; i <= 8; i++)); do
  expect host stop web
  grown_mb=$((grown_mb + 200))
  sed "s/size: 8M/size: ${grown_mb}M/" "$T/2.yaml" >"$T/grown.yaml"
  sh -c '"$@"; exit $?' sh timeout -s KILL "0.$(printf %02d $((i * 3)))" "${PRIVATE[@]}" "$TOOL" "$STATE" "$RUN" start "$T/grown.yaml" >"$T/killed" 2>&1 || kills=$((kills + 1))
  start_with "${grown_mb}M" "$T/2.yaml"
  [ "$(volume_kb)" -gt $((grown_mb * 900)) ] || trouble "the volume must have $grown_mb MB and has $(volume_kb) KiB"
done
echo "# $kills of 8 starts were killed"
[ "$kills" -gt 1 ] || trouble "only $kills starts were killed"
expect host stop web
PATH=$PATH:/sbin e2fsck -fn "$volume" >"$T/e2fsck" 2>&1 || trouble "the volume is not whole: $(tail -n 3 "$T/e2fsck" | xargs)"
expect host start "$T/2.yaml"
wait_until 20 page_is 2.0
ok "a volume grows with its description, also after a kill, keeps what is in it, and is never made smaller"

expect host stop web
expect host start "$T/3.yaml"
expect_exit 75 host health "$T/3.yaml"
expect_message 'no answer from http://192.168.147.12:80/'
expect host stop web
ok "a container that answers nothing is not healthy"

expect host start "$T/4.yaml"
gone() { host list >"$T/list" && [ ! -s "$T/list" ]; }
wait_until 20 gone
expect host stop web
nothing_is_mounted || trouble "something is still mounted"
ok "a container that ends by itself is not listed, and stopping it unmounts what it had"

touch "$STATE/volumes/web/data.raw.machine"
expect_exit 1 host start "$T/1.yaml"
expect_message "volume 'data': it has been written by a virtual machine"
nothing_is_mounted || trouble "something is still mounted"
rm "$STATE/volumes/web/data.raw.machine"
ok "a volume that a machine has written is not mounted"

truncate -s 16M "$T/disk.raw"
printf '\x55\xaa' | dd of="$T/disk.raw" bs=1 seek=510 conv=notrunc status=none
describe_container 5.0 disk.raw >"$T/5.yaml"
expect_exit 2 host start "$T/5.yaml"
expect_message 'is a disk with partitions'
ok "a disk with partitions is refused"

# Each round kills a start or a stop at a random moment; the next call must reach the wanted state.
KILLS=${KILLS:-15}
for ((i = 0; i < KILLS; i++)); do
  setsid "${PRIVATE[@]}" "$TOOL" "$STATE" "$RUN" start "$T/1.yaml" 2>/dev/null &
  pid=$!
  sleep "0.$((RANDOM % 4))$((RANDOM % 10))"
  kill -9 -- "-$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  expect host start "$T/1.yaml"
  wait_until 20 page_is 1.0
  expect inside web cat /srv/file
  expect_output kept
  setsid "${PRIVATE[@]}" "$TOOL" "$STATE" "$RUN" stop web 2>/dev/null &
  pid=$!
  sleep "0.$((RANDOM % 2))$((RANDOM % 10))"
  kill -9 -- "-$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  expect host stop web
  nothing_is_mounted || trouble "something is still mounted"
done
ok "a start or a stop that is killed is made good by the next"

expect host remove-root web
expect host remove-volumes web
expect_absent "$STATE/console/web_1.0.log" "$STATE/volumes/web" "$STATE/roots/web_1.0" "$STATE/roots/web_2:2.0~rc1"
expect host network-down
"${PRIVATE[@]}" ip link show lautta0 >"$T/link" 2>&1 && trouble "the bridge is still there"
[ -z "$("${PRIVATE[@]}" nft list ruleset)" ] || trouble "rules are still there"
ok "nothing is left of a service that was removed"

before=${LIBVIRTS[0]}
"$ROOT/tools/private-libvirt" stop "$before"
! grep -q "$T" /proc/self/mountinfo || trouble "something is mounted outside"
! losetup -a | grep -q "$T" || trouble "a loop device is left"
ok "the private libvirt leaves nothing behind"
