#!/bin/bash
# timeout: 240
# SPDX-License-Identifier: LGPL-2.1-or-later
# What root in a container can do to its host, and what users of the host can do with the files of a container.
. "$(dirname "$0")/lib.sh"

TOOL=$(dirname "$LAUTTA")/../tests/host-tool # of the sanitizers' build
[ -x "$TOOL" ] || TOOL=$ROOT/build/tests/host-tool
command -v libvirtd >/dev/null || skip_all "libvirtd is not installed"
PATH=$PATH:/usr/sbin:/sbin
start_private_libvirt
STATE=$T/state RUN=$T/run
host() { "${PRIVATE[@]}" "$TOOL" "$STATE" "$RUN" "$@"; }
page_is() { [ "$("${PRIVATE[@]}" curl -s -m 2 http://192.168.147.12/)" = "$1" ]; }
init_of() { # SERVICE: print the process of the container's init
  local controller
  controller=$("${PRIVATE[@]}" virsh -q -c lxc:///system list --all | awk -v name="${1}_" 'index($2, name) == 1 { print $1 }')
  pgrep -P "$controller"
}
# inside COMMAND...: run as root of the host in the namespaces of the container.
inside() { nsenter -t "$(init_of web)" -m -n -p -r -w -- "$@"; }
# in_container [SCRIPT]: run the script, or standard input, as the container's own root, with the rights and limits of
# its processes.
in_container() { "${PRIVATE[@]}" curl -s -m "${SECONDS_MAX:-20}" --data-binary "${1:-@-}" http://192.168.147.12/cgi-bin/run; }
open_door() {
  inside sh -c 'mkdir -p /www/cgi-bin; printf "#!/bin/sh\necho\nexec sh 2>&1\n" >/www/cgi-bin/run; chmod 755 /www/cgi-bin/run'
  [ "$(in_container 'id -u')" = 0 ] || trouble "no command runs in the container"
}
# as_nobody DIRECTORY COMMAND...: run as the user nobody, beginning in a directory that root opened. setpriv keeps root's
# rights until its execve(), so a shell is between.
as_nobody() { "${PRIVATE[@]}" "$T/as-nobody" "$@"; }
cat >"$T/as-nobody" <<'SCRIPT'
#!/bin/sh
cd "$1" && shift && exec setpriv --reuid nobody --regid nogroup --clear-groups sh -c 'exec "$@"' - "$@" 2>&1
SCRIPT
chmod 755 "$T/as-nobody"

describe_web() {
  printf '%s\n' 'service: web' "version: '1.0'" 'kind: container' 'image: {file: web.raw}' 'resources: {memory: 64M, disk: 32M, processes: 40}' \
    'volumes: [{name: data, size: 8M, at: /srv}]' 'network: {address: 192.168.147.12}'
}
start_web() {
  expect host stop web
  expect host start "$T/web.yaml"
  wait_until 20 page_is 1.0
  open_door
}

# Its image has a file that is setuid root, and a device.
make_container_image "$T/web.raw" 1.0
cp "$(command -v id)" "$T/id"
printf '%s\n' "write $T/id suid" 'sif suid mode 0104755' 'sif suid uid 0' 'mknod zero c 1 5' 'sif zero mode 020666' >"$T/debugfs"
debugfs -w -f "$T/debugfs" "$T/web.raw" >"$T/debugfs.log" 2>&1
cp "$T/web.raw" "$T/published.raw"
describe_web >"$T/web.yaml"
expect host network "$T/web.yaml"
start_web

# --- users of the host

inside sh -c 'cat >/tmp/suid && chmod 4755 /tmp/suid' <"$T/id"
inside sh -c 'cat >/srv/suid && chmod 4755 /srv/suid' <"$T/id"
setuid_files() { "${PRIVATE[@]}" find "$STATE" "$RUN" -name suid -perm -4000; }
# expect_closed: no path leads user nobody to a setuid file of the container or into its /tmp.
expect_closed() {
  local path
  for path in $(setuid_files); do
    expect_exit 1 as_nobody / test -e "$path"
    said=$(as_nobody / "$path" -u) || true
    [[ $said = *'Permission denied'* ]] || trouble "user nobody runs $path: $said"
  done
}
inside chmod 1777 /tmp
[ "$(setuid_files | wc -l)" -ge 4 ] || trouble "not where setuid files are looked for: $(setuid_files | xargs)"
expect_closed
expect_exit 1 as_nobody / touch "$RUN/mounts/web_1.0/root/tmp/from-the-host"
expect_exit 1 inside test -e /tmp/from-the-host
ok "no user of the host reaches a file of a running container"

expect host stop web
[ "$(stat -c %a "$STATE/roots/web_1.0" "$STATE/roots/web_1.0/changes.raw" | xargs)" = '700 600' ] || trouble "its root is open to others"
expect_closed
ok "nor of one that is stopped"

chmod 755 "$STATE/roots" "$STATE/roots/web_1.0" "$RUN/mounts"
mkdir "$RUN/mounts/web_1.0"
start_web
[ "$(stat -c %a "$STATE/roots/web_1.0" "$RUN/mounts/web_1.0" | xargs)" = '700 700' ] || trouble "others pass: $(stat -c '%a %n' "$STATE/roots/web_1.0" "$RUN/mounts/web_1.0")"
expect_closed
ok "directories that an earlier release left open are closed at the next start"

# --- each mount by itself, for who has come past the directories

# expect_no_setuid DIRECTORY: the file `suid` runs there, and not as root.
expect_no_setuid() {
  said=$(as_nobody "$1" ./suid -u) || true
  [ "$said" = 65534 ] || trouble "setuid in $1: $said"
}
# expect_no_device DIRECTORY: the device `zero` does not open there.
expect_no_device() {
  said=$("${PRIVATE[@]}" head -c 1 "$1/zero" 2>&1 | tr -d '\0') || true
  [[ $said = *'Permission denied'* ]] || trouble "a device in $1 opens: $said"
}
mounted=$RUN/mounts/web_1.0
expect_no_setuid "$mounted/image"
expect_no_setuid "$mounted/volumes/data"
"${PRIVATE[@]}" mknod "$mounted/volumes/data/zero" c 1 5
for directory in image root volumes/data; do expect_no_device "$mounted/$directory"; done
said=$(in_container 'head -c 1 /zero; head -c 1 /srv/zero')
[ "$(grep -c 'Permission denied' <<<"$said")" = 2 ] || trouble "a device in the container opens: $said"
[ "$(in_container 'busybox mknod /tmp/null c 1 3')" = 'mknod: /tmp/null: Operation not permitted' ] || trouble "a device was made"
ok "setuid files and devices have no effect in an image and a volume, nor devices in a root"

said=$("${PRIVATE[@]}" touch "$mounted/image/written" 2>&1) || true
[[ $said = *'Read-only file system'* ]] || trouble "the image takes writes: $said"
expect host stop web
expect_same "$T/published.raw" "$T/web.raw"
ok "an image is never written to"

# --- the kernel's files

start_web
# expect_refused COMMAND...: the container's root gets no further than an error.
expect_refused() {
  local command
  for command in "$@"; do
    said=$(in_container "$command && echo it works")
    [[ $said != *'it works'* ]] || trouble "the container's root does: $command"
  done
}
was=$(cat /proc/irq/default_smp_affinity 2>/dev/null || true)
expect_refused 'echo 1 >/proc/irq/default_smp_affinity' 'echo h >/proc/sysrq-trigger' 'echo 1 >/proc/sys/kernel/sysrq' \
  'echo 1 >/sys/kernel/uevent_helper' 'mkdir /proc/bus/x' 'head -c 64 /proc/kcore | grep -q .' 'grep -q . /proc/timer_list' \
  'grep -q . /proc/keys' 'head -c 8 /proc/kpageflags | grep -q .' 'ls -A /proc/scsi | grep -q .' 'ls -A /sys/firmware | grep -q .'
[ "$(cat /proc/irq/default_smp_affinity 2>/dev/null || true)" = "$was" ] || trouble "the host's interrupts were moved"
for path in irq sysrq-trigger bus fs; do
  [ ! -e "/proc/$path" ] || [[ $(in_container "grep ' /proc/$path ' /proc/mounts") = *' ro,'* ]] || trouble "/proc/$path takes writes"
done
ok "root in a container writes no file of the kernel that is the host's, and reads no memory of it"

# Not what is a process's own or the own network's, nor systemd's own tree of control groups, in which there is no limit.
writable=$(SECONDS_MAX=60 in_container <<'SCRIPT' | grep -v '^sh: ' || true
find /proc \( -path "/proc/[0-9]*" -o -path /proc/sys/net \) -prune -o -type f -perm /222 -print >/tmp/files
find /sys -path /sys/fs/cgroup/systemd -prune -o -type f -perm /222 -print >>/tmp/files
while read -r path; do true >>"$path" && echo "$path"; done </tmp/files 2>/dev/null
SCRIPT
)
[ "$(in_container 'grep -c . /tmp/files')" -gt 100 ] || trouble "not where files are looked for"
[ -z "$writable" ] || trouble "these may be written: $(head -n 20 <<<"$writable")"
ok "no other file of /proc or /sys is open for writing"

expect_refused 'umount /proc/irq' 'umount -l /proc/sysrq-trigger' 'mount -o remount,bind,rw /proc/irq' 'mount -t proc proc /mnt' \
  'mount -t sysfs sysfs /mnt' 'mount --bind /proc /mnt' 'mount -o remount,rw /sys' \
  'unshare -U -r -m sh -c "umount /proc/irq"' 'unshare -U -r -m sh -c "mount -o remount,bind,rw /proc/irq"' \
  'unshare -U -r -p -f -m sh -c "mount -t proc proc /mnt && echo 1 >/mnt/irq/default_smp_affinity"'
ok "nor does it get them back by a mount, also in a user namespace of its own"

# --- processes and disk

SECONDS_MAX=5 in_container >"$T/forks" <<'SCRIPT' || true
i=0
while [ $i -lt 100 ]; do sleep 1000 & i=$((i + 1)); done
SCRIPT
grep -q "can't fork" "$T/forks" || trouble "100 processes were made: $(head -n 3 "$T/forks")"
group=$("${PRIVATE[@]}" sh -c 'ls -d /sys/fs/cgroup/pids/lautta-containers/web_1.0 2>/dev/null') # version 1
count_processes() { pgrep -c --ns "$(init_of web)" --nslist pid .; }
[ "$(count_processes)" -le 40 ] || trouble "it has $(count_processes) processes"
[ "$(count_processes)" -ge 30 ] || trouble "it has no more than $(count_processes) processes"
[ -z "$group" ] || [ "$("${PRIVATE[@]}" cat "$group/pids.max")" = 40 ] || trouble "its group has no limit"
start_web
SECONDS_MAX=5 in_container 'bomb() { bomb & bomb & sleep 20; }; bomb' >"$T/bomb" &
bomb=$! most=0
while kill -0 "$bomb" 2>/dev/null; do
  now=$(count_processes)
  [ "$now" -le "$most" ] || most=$now
  sleep 0.05
done
echo "# a fork bomb came to $most processes"
[[ $most -ge 8 && $most -le 40 ]] || trouble "a fork bomb came to $most processes"
expect host stop web
[ -z "$group" ] || "${PRIVATE[@]}" test ! -e "$group" || trouble "its group is left"
ok "a container has as many processes as its description says, and a fork bomb no more"

start_web
if [ -n "$group" ]; then
  init=$(init_of web)
  echo "$init" | "${PRIVATE[@]}" tee /sys/fs/cgroup/pids/cgroup.procs >/dev/null
  echo max | "${PRIVATE[@]}" tee "$group/pids.max" >/dev/null
  expect host list
  [ "$("${PRIVATE[@]}" cat "$group/pids.max")" = 40 ] || trouble "its group has no limit"
  "${PRIVATE[@]}" grep -qx "$init" "$group/cgroup.procs" || trouble "its init is not in its group"
  ok "a container that a killed start left without a limit has it when it is next looked at"
else
  skip "a container that a killed start left without a limit has it when it is next looked at" "its group is libvirt's own"
fi

used_mb() { du -sm "$STATE/roots" | cut -f 1; }
said=$(in_container 'dd if=/dev/zero of=/fill bs=1M count=100 2>&1; sync')
[[ $said = *'No space left on device'* ]] || trouble "100 MB went into a root of 32: $said"
[ "$(used_mb)" -le 33 ] || trouble "its root takes $(used_mb) MB of the host"
page_is 1.0 || trouble "it does not serve with a full root"
in_container 'rm /fill; sync' >/dev/null
is_small() { [ "$(used_mb)" -le 16 ]; }
wait_until 10 is_small
said=$(in_container 'mkdir /many; cd /many; seq 1000000 | xargs mkdir 2>&1 | head -n 1')
[[ $said = *'No space left on device'* ]] || trouble "it makes files without end: $said"
ok "what a container writes to its root fills that and not the host, and what it removes is given back"

in_container 'rm -rf /many; echo kept >/root/kept' >/dev/null
sed -i 's/disk: 32M/disk: 64M/' "$T/web.yaml"
expect host stop web
expect host start "$T/web.yaml"
wait_until 20 page_is 1.0
[ "$(in_container 'df -m / | tail -n 1' | awk '{ print $2 }')" -gt 45 ] || trouble "its root did not grow: $(in_container 'df -m /')"
[ "$(in_container 'cat /root/kept')" = kept ] || trouble "its changes were lost"
ok "a root grows with its description, and keeps what is in it"

# --- changes that an earlier release kept in a directory of the host

expect host stop web
expect host remove-root web
install -d "$STATE/roots/web_1.0"/{upper/root,upper/www,work/work}
chmod 755 "$STATE/roots/web_1.0"
echo old >"$STATE/roots/web_1.0/upper/root/old"
echo 1.0 >"$STATE/roots/web_1.0/upper/www/index.html"
chown 1234:1235 "$STATE/roots/web_1.0/upper/root/old"
mknod "$STATE/roots/web_1.0/upper/suid" c 0 0 # a file of the image that was removed
setfattr -n trusted.overlay.opaque -v y "$STATE/roots/web_1.0/upper/www" 2>/dev/null || true
start_web
[ "$(in_container 'stat -c %u:%g /root/old; cat /root/old; ls /suid 2>/dev/null' | xargs)" = '1234:1235 old' ] ||
  trouble "its changes were lost: $(in_container 'ls -ln /root /')"
expect_absent "$STATE/roots/web_1.0"/{upper,work,old}
ok "changes that an earlier release kept are there after an update of Lautta, as they were"
