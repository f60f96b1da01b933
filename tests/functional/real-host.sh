#!/bin/bash
# long
# asan: no
# slow
# timeout: 3600
# SPDX-License-Identifier: LGPL-2.1-or-later
# A host as sites have it: a virtual Debian with its own kernel, systemd, control groups of version 2 and AppArmor, on which the
# packages are installed and the unit runs; through an update, a broken one, kills, reboots and the package's removal.
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"
BOOT=600 # seconds at most
R=$T/root
NAME=real-1

# --- the host: built, not installed, as nothing large must run emulated

build_packages "$T/packages" || { tail -n 30 "$T/build.log" | sed 's/^/# /'; exit 1; }
DEB=$(ls "$T"/packages/lautta-agent_*.deb)

field() { dpkg-deb -f "$DEB" "$1" | tr ',' '\n' | sed 's/[(|].*//; s/ //g' | sed '/^$/d'; }
PACKAGES=$(
  {
    printf '%s\n' systemd-sysv udev dbus linux-image-cloud-amd64 ifupdown isc-dhcp-client openssh-server apparmor procps nftables \
      systemd-container curl
    field Depends
    field Recommends
  } | sort -u | paste -sd,
)
base_root() { # the same for all versions of the agent: kept in build/
  local cache=$ROOT/build/real-host.tar
  (
    flock 9
    [ "$(cat "$cache.packages" 2>/dev/null)" != "$PACKAGES" ] || exit 0
    apt_sources >"$T/debian.sources.list"
    mmdebstrap --quiet --variant=minbase --include="$PACKAGES" --aptopt='Acquire::Languages "none"' \
      --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
      bookworm "$cache.new.tar" "$T/debian.sources.list" >"$T/base.log" 2>&1 || exit 1
    mv "$cache.new.tar" "$cache"
    echo "$PACKAGES" >"$cache.packages"
  ) 9>"$cache.lock" || skip_all "no Debian can be made from this machine's mirrors: $(tail -n 1 "$T/base.log")"
  mkdir "$R"
  tar -C "$R" --numeric-owner -xf "$cache"
}

install_agent() {
  cp "$DEB" "$R/agent.deb"
  expect chroot "$R" env DEBIAN_FRONTEND=noninteractive dpkg -i /agent.deb
  rm "$R/agent.deb"
  cp "$LAUTTA_HOME"/{root,release,lists}.pgp "$R/etc/lautta/trust/"
  sed -i "s|^#name = .*|name = $NAME|; s|^#depots = .*|depots = http://10.0.2.2:$PORT|; s|^#interval = .*|interval = 10s|
    s|^#check-interval = .*|check-interval = 5s|; s|^#memory-reserve = .*|memory-reserve = 256M|" "$R/etc/lautta/agent.conf"
  HOST_KEY=$(chroot "$R" lautta-agent key)
}

set_up() { # what an installer does
  ssh-keygen -q -t ed25519 -N '' -f "$T/key"
  install -d -m 700 "$R/root/.ssh"
  cp "$T/key.pub" "$R/root/.ssh/authorized_keys"
  echo "$NAME" >"$R/etc/hostname"
  echo "127.0.0.1 localhost $NAME" >"$R/etc/hosts"
  echo '/dev/vda / ext4 rw 0 1' >"$R/etc/fstab"
  printf 'auto lo eth0\niface lo inet loopback\niface eth0 inet dhcp\n' >"$R/etc/network/interfaces"
  chroot "$R" systemctl --quiet mask e2scrub_reap.service apt-daily.timer apt-daily-upgrade.timer
  mkdir -p "$R/var/log/journal"
  rm -f "$R"/etc/apt/sources.list "$R"/etc/apt/sources.list.d/* # no other packages are asked of it
  rm -f "$R/etc/resolv.conf"
}

make_disk() {
  cp "$R"/boot/vmlinuz-* "$T/vmlinuz"
  cp "$R"/boot/initrd.img-* "$T/initrd"
  truncate -s 4G "$T/disk.raw"
  PATH=$PATH:/sbin mke2fs -q -t ext4 -d "$R" -F "$T/disk.raw" >/dev/null
  rm -rf --one-file-system "$R"
}

# boot: sets QEMU. From outside its ports 22, 80 and 9999 are SSH, WEB and OTHER.
boot() {
  SSH=$(free_port) WEB=$(free_port) OTHER=$(free_port)
  qemu-system-x86_64 -accel tcg,thread=multi -cpu max -smp 2 -m 2048 -display none -monitor none -serial "file:$T/console.log" \
    -kernel "$T/vmlinuz" -initrd "$T/initrd" -append 'root=/dev/vda ro console=ttyS0 net.ifnames=0 mitigations=off' \
    -drive "file=$T/disk.raw,format=raw,if=virtio,cache=unsafe" -device virtio-rng-pci -nic \
    "user,model=virtio-net-pci,hostfwd=tcp:127.0.0.1:$SSH-:22,hostfwd=tcp:127.0.0.1:$WEB-:80,hostfwd=tcp:127.0.0.1:$OTHER-:9999" &
  QEMU=$!
  PIDS+=("$QEMU")
  wait_until $BOOT answers || { tail -n 40 "$T/console.log" | sed 's/^/# /'; exit 1; }
}
guest() { # one connection for all, as each costs seconds of an emulated processor
  timeout 180 ssh -q -F none -p "$SSH" -i "$T/key" -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ConnectTimeout=20 \
    -o ServerAliveInterval=15 -o ControlMaster=auto -o ControlPath="$T/ssh" -o ControlPersist=600 root@127.0.0.1 "$@" </dev/null
}
answers() { kill -0 "$QEMU" && [ "$(guest cat /proc/sys/kernel/random/boot_id 2>/dev/null)" != "${BOOTED:-}" ] && guest true 2>/dev/null; }
status() { guest lautta-agent status --json >"$T/status" 2>/dev/null && jq -r "$1" "$T/status"; }
# The page is asked from outside first: a guest that is asked all the time has no processor left for what is waited for.
is_healthy() { serves "$1" && [ "$(status '.services.web | "\(.version) \(.state) \(.health)"')" = "$1 running healthy" ]; }
page() { curl -s -m 10 "http://127.0.0.1:$WEB/"; }
serves() { [ "$(page)" = "$1" ]; }
container_id() { guest virsh -q -c lxc:///system dominfo "web_$1" 2>/dev/null | awk '$1 == "UUID:" { print $2 }'; }
of_unit() { guest systemctl show -P "$1" "${2:-lautta-agent}"; }
push() { # WISHES
  printf 'key: %s\nmust-have: [%s]\n' "$HOST_KEY" "$1" >"$T/fleet/hosts/$NAME.yaml"
  expect "$LAUTTA" fleet push "$T/fleet" --depot "$T/depot" --quiet
}
expect_journal() { # no error of the agent, of libvirt or AppArmor since this boot
  guest journalctl -q -b --no-pager -o short -p err -u lautta-agent -u libvirtd >"$T/errors" || true
  guest journalctl -q -b --no-pager -k -g "'apparmor=.DENIED'" >>"$T/errors" || true
  # What libvirtd says where a client leaves, or an interface has gone with its container.
  grep -Ev "End of file while reading data|error destroying network device" "$T/errors" >"$T/unexpected" || true
  [ ! -s "$T/unexpected" ] || { trouble "the journal has:"; head -n 20 "$T/unexpected" | sed 's/^/#   /'; }
}
expect_same_container() { # VERSION ID
  [ "$(container_id "$1")" = "$2" ] || trouble "the container of $1 is another one"
  serves "$1" || trouble "$1 does not serve but '$(page)'"
}

[ -e "$T/depot" ] || make_depot "$T/depot"
mkdir -p "$T/fleet/hosts"
start_nginx "$T/depot"
PORT=${URL##*:}
base_root
install_agent
set_up
make_disk
WITHIN=3m
for version in '1.0 works' '1.1 works' '1.2 crash'; do
  # shellcheck disable=SC2086 # two words
  publish_container web $version 'network: {forward: [{host: 80, guest: 80}]}'
done
push web=1.0
begin=$SECONDS
boot
echo "# the host answers after $((SECONDS - begin)) s"

# --- what a host does by itself

wait_until $BOOT is_healthy 1.0
echo "# the service is healthy after $((SECONDS - begin)) s"
wait_until 60 serves 1.0
[ "$(of_unit ActiveState) $(of_unit NRestarts)" = "active 0" ] || trouble "the unit is $(of_unit ActiveState), started again $(of_unit NRestarts) times"
[ "$(guest stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] || trouble "control groups are not those of version 2"
guest cat /sys/module/apparmor/parameters/enabled | grep -q Y || trouble "AppArmor is off"
expect_journal
ok "a Debian that has just been installed starts, and runs what its list names"

# shellcheck disable=SC2016 # the guest expands it
guest 'cat /sys/fs/cgroup$(cut -d: -f3 /proc/$(pgrep -o -x libvirt_lxc)/cgroup)/memory.max' >"$T/limit" || true
[ "$(cat "$T/limit")" = $((32 << 20)) ] || trouble "the limit of its memory is '$(cat "$T/limit")'"
# shellcheck disable=SC2016
guest 'group=/sys/fs/cgroup$(cut -d: -f3 /proc/$(pgrep -o -x libvirt_lxc)/cgroup); cat $group/pids.max $(dirname $group)/pids.max' >"$T/limit" || true
[ "$(xargs <"$T/limit")" = '4096 4096' ] || trouble "the limits of its processes, in libvirt's group and systemd's, are '$(xargs <"$T/limit")'"
[ "$(status '.agent.last_pass.troubles | length')" = 0 ] || trouble "the report says: $(status .agent.last_pass.troubles)"
ok "its memory and its processes are limited by a control group"

# shellcheck disable=SC2016
guest 'grep -q " /sys/fs/cgroup ro," /proc/$(pgrep -P $(pgrep -o -x libvirt_lxc) | head -n 1)/mountinfo' || trouble "a container writes the host's control groups"
ok "a container only reads control groups"

# udev sets no MAC in the moment before libvirt does: 1 is a random MAC of the kernel, 3 one that a program has set.
expect guest 'ip link add vnet90 type veth peer name lautta-000000 && udevadm settle'
[ "$(guest cat /sys/class/net/vnet90/addr_assign_type /sys/class/net/lautta-000000/addr_assign_type | xargs)" = '1 1' ] ||
  trouble "udev sets the MAC of a container's interface"
guest ip link del vnet90
ok "udev leaves the MAC of a container's interface to libvirt"

expect guest systemd-run -q --unit=other busybox httpd -f -p 9999 -h /etc
heard_inside() { [ "$(guest curl -s -m 10 http://127.0.0.1:9999/hostname)" = "$NAME" ]; }
wait_until 60 heard_inside
[ -z "$(curl -s -m 20 "http://127.0.0.1:$OTHER/hostname")" ] || trouble "a port of the host that nothing opens answers"
guest systemctl stop other
ok "from outside no port of it answers but what is meant"

guest systemd-analyze security --no-pager lautta-agent | tail -n 1 | sed 's/^/# /'

# --- updates

push web=1.1
wait_until $BOOT is_healthy 1.1
wait_until 60 serves 1.1
expect_journal
ok "an update beside what runs"

push web=1.2
fell_back() { [ "$(status '.services.web.bad | length')" = 1 ] && is_healthy 1.1; }
wait_until $BOOT fell_back
serves 1.1 || trouble "it serves '$(page)'"
push web=1.1
ok "a broken version, and the way back"

# --- systemd's hand

id=$(container_id 1.1)
expect guest systemctl restart lautta-agent
wait_until 120 is_healthy 1.1
expect_same_container 1.1 "$id"
ok "restart of the unit leaves the service as it runs"

expect guest systemctl kill -s KILL lautta-agent
came_back() { [ "$(of_unit NRestarts) $(of_unit ActiveState)" = "1 active" ] && is_healthy 1.1; }
wait_until 120 came_back
expect_same_container 1.1 "$id"
ok "an agent that is killed is started again, and the service runs on"

expect guest systemctl stop libvirtd.service
expect_same_container 1.1 "$id"
libvirt_answers() { guest virsh -q -c lxc:///system list --name | grep -qx web_1.1; }
wait_until 60 libvirt_answers
wait_until 120 is_healthy 1.1
expect_same_container 1.1 "$id"
ok "libvirtd that is stopped comes by its socket, and the service runs on"

# --- the host goes down

reboot_guest() {
  BOOTED=$(guest cat /proc/sys/kernel/random/boot_id)
  guest systemctl reboot || true
  wait_until $BOOT answers || { tail -n 40 "$T/console.log" | sed 's/^/# /'; exit 1; }
}
mv "$T/depot" "$T/away"
begin=$SECONDS
reboot_guest
wait_until $BOOT is_healthy 1.1
wait_until 60 serves 1.1
echo "# healthy again $((SECONDS - begin)) s after the reboot was asked for"
expect_journal
mv "$T/away" "$T/depot"
ok "after a reboot the service runs again, without a depot"

# --- the package goes

expect guest apt-get remove -qq -y lautta-agent
[ -z "$(guest virsh -q -c lxc:///system list --name)" ] || trouble "something runs"
! guest nft list tables | grep -q lautta || trouble "the firewall stands: $(guest nft list tables)"
[ -z "$(guest 'grep lautta /proc/mounts; ls /sys/class/net | grep lautt')" ] || trouble "mounts or interfaces are left"
expect guest test -e /var/lib/lautta/images/web_1.1.raw
ok "when the package is removed its services end, and what they hold stays"

expect guest apt-get purge -qq -y lautta-agent
expect guest '! test -e /var/lib/lautta && ! test -e /etc/lautta && ! test -e /run/lautta'
ok "a purge leaves nothing"
