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
# in_container SCRIPT: run as the container's own root, with the rights and limits of its processes.
in_container() { "${PRIVATE[@]}" curl -s -m "${SECONDS_MAX:-20}" --data-binary "$1" http://192.168.147.12/cgi-bin/run; }
open_door() {
  inside sh -c 'mkdir -p /www/cgi-bin; printf "#!/bin/sh\necho\nexec sh 2>&1\n" >/www/cgi-bin/run; chmod 755 /www/cgi-bin/run'
  [ "$(in_container 'id -u')" = 0 ] || trouble "no command runs in the container"
}
# as_nobody DIRECTORY COMMAND...: run as the user nobody, beginning in a directory that root opened. setpriv keeps root's
# rights until its execve(), so a shell is between.
as_nobody() {
  (cd "$1" && exec setpriv --reuid nobody --regid nogroup --clear-groups sh -c 'exec "$@"' - "${@:2}") 2>&1
}
export -f as_nobody

# describe_web [LINE...]
describe_web() {
  printf '%s\n' 'service: web' "version: '1.0'" 'kind: container' 'image: {file: web.raw}' 'resources: {memory: 64M}' \
    'volumes: [{name: data, size: 8M, at: /srv}]' 'network: {address: 192.168.147.12}' "$@"
}
start_web() { # [LINE...]
  describe_web "$@" >"$T/web.yaml"
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
    expect_exit 1 "${PRIVATE[@]}" bash -c 'as_nobody / test -e "$1"' - "$path"
    said=$("${PRIVATE[@]}" bash -c 'as_nobody / "$1" -u' - "$path") || true
    [[ $said = *'Permission denied'* ]] || trouble "user nobody runs $path: $said"
  done
}
inside chmod 1777 /tmp
[ "$(setuid_files | wc -l)" -ge 4 ] || trouble "not where setuid files are looked for: $(setuid_files | xargs)"
expect_closed
expect_exit 1 "${PRIVATE[@]}" bash -c 'as_nobody / touch "$1"' - "$RUN/mounts/web_1.0/root/tmp/from-the-host"
expect_exit 1 inside test -e /tmp/from-the-host
ok "no user of the host reaches a file of a running container"

expect host stop web
[ "$(setuid_files | wc -l)" -ge 1 ] || [ -n "$(find "$STATE/roots/web_1.0" -name '*.raw')" ] || trouble "no root was kept"
expect_closed
ok "nor of one that is stopped"

chmod 755 "$STATE/roots" "$STATE/roots/web_1.0" "$RUN/mounts"
mkdir -p -m 755 "$RUN/mounts/web_1.0"
start_web
[ "$(stat -c %a "$STATE/roots/web_1.0" "$RUN/mounts/web_1.0" | xargs)" = '700 700' ] || trouble "others pass: $(stat -c '%a %n' "$STATE/roots/web_1.0" "$RUN/mounts/web_1.0")"
expect_closed
ok "directories that an earlier release left open are closed at the next start"

# --- each mount by itself, for who has come past the directories

# expect_no_setuid DIRECTORY: the file `suid` runs there, and not as root.
expect_no_setuid() {
  said=$("${PRIVATE[@]}" bash -c 'as_nobody "$1" ./suid -u' - "$1") || true
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
