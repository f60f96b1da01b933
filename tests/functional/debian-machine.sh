#!/bin/bash
# timeout: 2400
# asan: no
# slow
# SPDX-License-Identifier: LGPL-2.1-or-later
# A Debian with systemd, built by `lautta build` and run as a machine: address, volume, swap, health, and its end.
. "$(dirname "$0")/lib.sh"

TOOL=$ROOT/build/tests/host-tool
[ -x "$TOOL" ] || skip_all "tests/host-tool is not built"
command -v libvirtd >/dev/null || skip_all "libvirtd is not installed"
start_private_libvirt
export MACHINES=1
host() { "${PRIVATE[@]}" "$TOOL" "$T/state" "$T/run" "$@"; }
page() { "${PRIVATE[@]}" curl -s -m 5 "http://192.168.147.12/$1"; }
elapsed() { echo $(((${EPOCHREALTIME/[.,]/} - ${1/[.,]/}) / 1000)); }
BOOT=600 # seconds at most

cat >"$T/web.yaml" <<YAML
service: web.test
version: 1.0
image:
  build:
    suite: bookworm
    packages: [linux-image-cloud-$(dpkg --print-architecture), systemd-sysv, udev, dbus, nginx-light, qemu-guest-agent]
    size: 1G
    copy:
      - {from: all.network, to: /etc/systemd/network/all.network}
      - {from: state.service, to: /etc/systemd/system/state.service}
      - {from: state.sh, to: /usr/local/bin/state}
    customize: [setup.sh]
resources: {memory: 256M, swap: 32M}
volumes: [{name: data, size: 64M, at: /srv/data}]
network: {address: 192.168.147.12}
health: {http: "http://:80/state", within: 5m}
YAML
printf '[Match]\nName=e*\n[Network]\nDHCP=ipv4\nLinkLocalAddressing=no\n' >"$T/all.network"
cat >"$T/state.service" <<'UNIT'
[Service]
Type=oneshot
ExecStart=/usr/local/bin/state
[Install]
WantedBy=multi-user.target
UNIT
cat >"$T/state.sh" <<'SCRIPT'
#!/bin/sh
set -e
echo boot >>/srv/data/boots
until grep -q partition /proc/swaps; do sleep 1; done
{
  echo "volume $(awk '$2 == "/srv/data" { print $1, $3 }' /proc/mounts)"
  echo "boots $(wc -l </srv/data/boots)"
  echo "swap-kb $(awk '$1 == "SwapTotal:" { print $2 }' /proc/meminfo)"
  echo "name $(hostname)"
} >/var/www/html/state.new
mv /var/www/html/state.new /var/www/html/state
SCRIPT
cat >"$T/setup.sh" <<'SCRIPT'
#!/bin/sh
set -e
chmod 755 /usr/local/bin/state
systemctl enable systemd-networkd state
SCRIPT
chmod +x "$T/state.sh"

begin=$EPOCHREALTIME
expect "$LAUTTA" build "$T/web.yaml" -o "$T/web.raw" --quiet
echo "# built within $(elapsed "$begin") ms"
expect e2fsck -fn "$T/web.raw"
# What runs is described by the same file, but that its image is there.
sed '/^image:/,/^resources:/{/^resources:/!d}' "$T/web.yaml" >"$T/run.yaml"
printf 'boot: kernel\nimage: {file: web.raw, kernel: web.raw.kernel, initrd: web.raw.initrd}\n' >>"$T/run.yaml"
expect host network "$T/run.yaml"
begin=$EPOCHREALTIME
expect host start "$T/run.yaml"
healthy() { host health "$T/run.yaml" 2>/dev/null; }
wait_until $BOOT healthy || { host console web.test 1.0; exit 1; }
echo "# healthy after $(elapsed "$begin") ms"
page state >"$T/stdout"
expect_output '^volume /dev/vdb ext4$'
expect_output '^boots 1$'
expect_output '^swap-kb 32764$'
expect_output '^name web-test$'
asks_for_login() { host console web.test 1.0 2>/dev/null | grep -q 'web-test login:'; }
wait_until $BOOT asks_for_login || { host console web.test 1.0 | sed 's/^/# /'; trouble "nobody is asked for a name on its console"; }
ok "a Debian with systemd has its address, its volume, its swap and its name"

guest_agent_answers() { "${PRIVATE[@]}" virsh -q -c qemu:///system qemu-agent-command web.test_1.0 '{"execute": "guest-ping"}' >/dev/null 2>&1; }
wait_until $BOOT guest_agent_answers || trouble "its guest agent does not answer"
ok "its guest agent answers"

begin=$EPOCHREALTIME
GRACE_MS=240000 expect host stop-gently web.test
echo "# it ended within $(elapsed "$begin") ms"
[ "$(elapsed "$begin")" -lt 239000 ] || trouble "it did not end when asked to"
expect host console web.test 1.0
expect_output 'Power down|reboot: Power'
expect e2fsck -fn "$T/state/volumes/web.test/data.raw"
ok "it ends when asked to, and leaves its volume whole"
