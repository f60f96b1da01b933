#!/bin/bash
# timeout: 900
# asan: no
# SPDX-License-Identifier: LGPL-2.1-or-later
# Virtual machines as the host starts them, by libvirt's QEMU driver: root, volumes, swap, settings, the host's
# kernel, the site's network, console, health, end, and kills. Few boots, as one takes half a minute without KVM.
. "$(dirname "$0")/lib.sh"

TOOL=$(dirname "$LAUTTA")/../tests/host-tool # of the sanitizers' build
[ -x "$TOOL" ] || TOOL=$ROOT/build/tests/host-tool
command -v libvirtd >/dev/null || skip_all "libvirtd is not installed"
reflinks=no
! mount_disk 512M "$T/xfs" xfs || reflinks=yes # before it, so that it is seen there
mkdir -p "$T/xfs"
start_private_libvirt
STATE=$T/state RUN=$T/run
export MACHINES=1
host() { "${PRIVATE[@]}" "$TOOL" "$STATE" "$RUN" "$@"; }
page() { "${PRIVATE[@]}" curl -s -m 2 "http://192.168.147.12/$1"; }
state() { page state | sed -n "s/^$1 //p"; } # KEY
state_is() { [ "$(state "$1")" = "$2" ]; }   # KEY VALUE
expect_state() { state_is "$1" "$2" || trouble "$1 is not $2: $(page state | tr '\n' ',')"; }
qemu_pid() { cat "${LIBVIRTS[0]}/run/qemu/$1.pid"; } # DOMAIN
elapsed() { echo $(((${EPOCHREALTIME/[.,]/} - ${1/[.,]/}) / 1000)); }
expect_nothing_runs() {
  mkdir -p "$RUN"
  expect host list
  [ ! -s "$T/stdout" ] || trouble "it runs: $(cat "$T/stdout")"
  [ -z "$(find "$RUN" -type f)" ] || trouble "left in the run directory: $(find "$RUN" -type f | tr '\n' ' ')"
}
BOOT=180 # seconds at most

VOLUMES='data:/srv logs:/mnt' make_machine_image "$T/web.raw" 1.0
describe_machine() { # VERSION IMAGE [LINE...]
  printf "service: web\nversion: '%s'\nimage: {file: %s, kernel: %s.kernel, initrd: %s.initrd}\n" "$1" "$2" "$2" "$2"
  cat <<'YAML'
boot: kernel
resources: {memory: 128M, cpus: 1, swap: 16M}
volumes: [{name: data, size: 8M, at: /srv}, {name: logs, size: 8M, at: /mnt}]
health: {http: "http://:80/", within: 120s}
YAML
  printf '%s\n' "${@:3}"
}
describe_machine 1.0 web.raw 'network: {address: 192.168.147.12}' >"$T/1.yaml"
mkdir "$T/settings"
echo 'secret: yes' >"$T/settings/user-data"

# --- what cannot be

wrong() { # EXIT-CODE PATTERN [VARIABLE=VALUE...]: starting wrong.yaml
  expect_exit "$1" env "${@:3}" "${PRIVATE[@]}" "$TOOL" "$STATE" "$RUN" start "$T/wrong.yaml"
  expect_message "$2"
}
cp "$T/web.raw" "$T/alone.raw"
describe_machine 1.0 alone.raw >"$T/wrong.yaml"
wrong 2 "no kernel beside its image .*alone.raw.kernel.*boot: host-kernel"
describe_machine 1.0 web.raw 'network: {lan: yes}' >"$T/wrong.yaml"
wrong 2 "asks for 'network.lan', but this host has no bridge.*'lan' in .network. of agent.conf"
wrong 2 "there is no bridge 'none0'" LAN=none0
describe_machine 1.0 web.raw | sed 's/128M/900G/' >"$T/wrong.yaml"
wrong 2 'to have 966 GB of memory, and the whole host has'
describe_machine 1.0 web.raw | sed 's/128M/16M/' >"$T/wrong.yaml"
wrong 2 'at least 32M'
describe_machine 1.0 web.raw | sed 's/^boot:.*/boot: host-kernel/; s/, kernel: .*}/}/' >"$T/wrong.yaml"
wrong 2 "'$T/no-kernel' is not here: install linux-image" "KERNEL=$T/no-kernel"
truncate -s 16M "$T/disk.raw"
printf '\x55\xaa' | dd of="$T/disk.raw" bs=1 seek=510 conv=notrunc status=none
describe_machine 1.0 disk.raw >"$T/wrong.yaml"
wrong 2 "is a disk with partitions.*'boot: firmware'"
wrong 2 'runs no virtual machines: install libvirt-daemon-driver-qemu and qemu-system-x86' --unset=MACHINES
expect_nothing_runs
ok "a machine that cannot start is refused, naming the missing part"

# --- the first start: an overlay, volumes that a container has had, swap, settings

expect host network "$T/1.yaml"
AS_CONTAINER=1 expect host start "$T/1.yaml"
wait_until 30 state_is volume-boots 1
expect host stop web
begin=$EPOCHREALTIME
SETTINGS=$T/settings expect host start "$T/1.yaml"
started=$(elapsed "$begin")
wait_until $BOOT page state >"$T/state.txt"
echo "# started within $started ms, answers after $(elapsed "$begin") ms"
expect_state version 1.0
expect_state swap-kb 16380
[ "$(state memory-kb)" -lt 131072 ] || trouble "its memory is not limited: $(state memory-kb)"
expect host health "$T/1.yaml"
expect host list
expect_output '^web 1.0 runs$'
expect host start "$T/1.yaml"
[ "$(state root-boots)" = 1 ] || trouble "it was started again"
ok "a machine starts, takes its address, and is healthy"

expect_state volume-boots 2
[ -e "$STATE/volumes/web/data.raw.machine" ] || trouble "no mark on the volume"
[ -e "$STATE/roots/web_1.0/root.qcow2" ] || trouble "its root is no overlay"
expect_same "$T/settings/user-data" <(page user-data)
[ "$(stat -c %a "$RUN/mounts/web_1.0/settings.iso")" = 600 ] || trouble "others may read its settings"
expect host console web 1.0
expect_output 'starting 1.0'
expect_output 'volume logs:/mnt is there'
expect_output 'ready 1.0'
ok "it has its volumes, also one that a container had, its swap and its settings, and its console is kept from the first line on"

# expect_private: nobody but root and QEMU reads a file of a version, or lists a directory.
expect_private() {
  local open
  open=$(find "$STATE/roots" "$STATE/volumes" "$STATE/console" "$RUN" -mindepth 1 \
    \( -type f -perm /077 -o -type d -perm /066 \) -printf '%m %p\n')
  [ -z "$open" ] || trouble "open to others: $open"
}
[ "$(find "$STATE/roots" "$STATE/volumes" "$RUN" -type f | wc -l)" -ge 5 ] || trouble "not where its files are looked for"
expect_absent "$STATE/roots/web_1.0/upper"
expect_private
ok "no other user reads its root, volumes, swap, settings or console"

# --- libvirt and QEMU are killed

before=$(qemu_pid web_1.0)
private_libvirt kill
page index.html >/dev/null || trouble "it ended with libvirt"
expect_exit 75 host list
private_libvirt restart
expect host start "$T/1.yaml"
expect host list
expect_output '^web 1.0 runs$'
[ "$(qemu_pid web_1.0)" = "$before" ] || trouble "it was started again"
ok "it runs on when libvirt is killed, and is found again"

kill -KILL "$before"
gone() { host list >"$T/list" && [ ! -s "$T/list" ]; }
wait_until 30 gone
sed 's/name: logs, size: 8M/name: logs, size: 24M/' "$T/1.yaml" >"$T/grown.yaml"
chmod 644 "$STATE/roots/web_1.0/root.qcow2" # as an earlier release left it
expect host start "$T/grown.yaml"
wait_until $BOOT page state >"$T/state.txt"
"${PRIVATE[@]}" virsh -c qemu:///system domblkinfo web_1.0 vdc >"$T/disk.txt"
grep -Eq "^Capacity: +$((24 << 20))$" "$T/disk.txt" || trouble "the volume that was to grow: $(xargs <"$T/disk.txt")"
expect_state root-boots 2
expect_state volume-boots 3
[ "$(ps -o user:20= -p "$(qemu_pid web_1.0)")" = libvirt-qemu ] || trouble "QEMU runs as $(ps -o user:20= -p "$(qemu_pid web_1.0)")"
expect_private
ok "it is gone when QEMU is killed, and starts again with its root and its volumes, one of them grown"

begin=$EPOCHREALTIME
expect host stop-gently web
[ "$(elapsed "$begin")" -lt 9500 ] || trouble "it did not end when asked to"
expect host console web 1.0
expect_output 'stopping'
expect_nothing_runs
for volume in data logs; do expect e2fsck -fn "$STATE/volumes/web/$volume.raw"; done
ok "it ends when asked to, and leaves whole volumes"

AS_CONTAINER=1 expect_exit 1 host start "$T/1.yaml"
expect_message "volume 'data': it has been written by a virtual machine"
ok "no container gets a volume that a machine has had"

# --- a start that is killed

KILLS=${KILLS:-4}
for ((i = 0; i < KILLS; i++)); do
  setsid "${PRIVATE[@]}" "$TOOL" "$STATE" "$RUN" start "$T/1.yaml" 2>/dev/null &
  pid=$!
  sleep "0.$((RANDOM % 8))$((RANDOM % 10))"
  kill -9 -- "-$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  expect host start "$T/1.yaml"
  expect host list
  [ "$(cat "$T/stdout")" = "web 1.0 runs" ] || trouble "after a kill: $(cat "$T/stdout")"
  expect host stop web
done
expect_nothing_runs
ok "a start that is killed is made good by the next"

# --- reflinks, the host's kernel, the site's network, a root that forgets

STATE=$T/xfs/state
cp --sparse=always "$T/web.raw" "$T/xfs/web.raw"
kernel=$("$ROOT/tests/functional/machine-image" --kernel)
export KERNEL MODULES LAN=lan0
KERNEL=$(echo "$kernel"/boot/vmlinuz-*) MODULES=$(echo "$kernel"/lib/modules/*)
"${PRIVATE[@]}" ip link add lan0 type bridge
describe_machine '2:2.0~rc1' xfs/web.raw 'network: {address: 192.168.147.12, lan: yes}' 'root: reset' |
  sed 's/^boot:.*/boot: host-kernel/; s/, kernel: .*}/}/' >"$T/2.yaml"
expect host start "$T/2.yaml"
wait_until $BOOT page state >"$T/state.txt"
expect_state kernel "$(basename "$MODULES")"
[ "$(state modules)" = "$(find "$MODULES" -name '*.ko*' | wc -l)" ] || trouble "modules: $(state modules)"
expect_state volume-boots 1
ok "the host's kernel boots a root, with all its modules"

"${PRIVATE[@]}" bridge link show | grep -q ': lauttl-.* master lan0 ' || trouble "no interface in the site's network: $("${PRIVATE[@]}" bridge link show)"
ok "a service for the site's network has an interface on its bridge"

root=$STATE/roots/web_2:2.0~rc1/root.raw
expect host stop-gently web
if [ "$reflinks" = yes ]; then
  ! cmp -s "$T/web.raw" "$root" || trouble "nothing was written to the root"
  expect host start "$T/2.yaml"
  expect_same "$T/web.raw" "$root" # the kernel has not come so far yet
  expect host stop web
  expect_same "$T/web.raw" "$T/xfs/web.raw"
  ok "a root is a reflink of the image where the file system has them, and new at each start with 'root: reset'"
else
  skip "a root is a reflink of the image" "this machine mounts no XFS"
fi

made=$(stat -c %i "$STATE"/host-kernel/*/modules.raw)
touch "$MODULES/modules.dep"
expect host start "$T/2.yaml"
[ "$(stat -c %i "$STATE"/host-kernel/*/modules.raw)" != "$made" ] || trouble "not made again"
expect host stop web
ok "the files made of the host's kernel are made again when it changes"

expect host remove-root web
expect host remove-volumes web
expect_absent "$STATE/volumes/web" "$STATE/roots/web_2:2.0~rc1" "$STATE/console/web_2:2.0~rc1.log"
"$ROOT/tools/private-libvirt" stop "${LIBVIRTS[0]}"
ok "nothing is left of a service that was removed"
