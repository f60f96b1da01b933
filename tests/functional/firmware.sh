#!/bin/bash
# timeout: 900
# asan: no
# SPDX-License-Identifier: LGPL-2.1-or-later
# A disk of some other origin, published as qcow2, fetched, and started by BIOS and by UEFI as the host does it.
. "$(dirname "$0")/lib.sh"

TOOL=${TOOL:-$ROOT/build/tests/host-tool}
for tool in libvirtd mformat sfdisk syslinux; do
  command -v "$tool" >/dev/null || skip_all "$tool is not installed"
done
[ -d /usr/share/OVMF ] || skip_all "ovmf is not installed"
[ "$(dpkg --print-architecture)" = amd64 ] || skip_all "the boot loader of this test is for amd64"
start_private_libvirt
STATE=$T/state RUN=$T/run
export MACHINES=1
host() { "${PRIVATE[@]}" "$TOOL" "$STATE" "$RUN" "$@"; }
page() { "${PRIVATE[@]}" curl -s -m 2 "http://192.168.147.$1/$2"; }
state() { page "$1" state | sed -n "s/^$2 //p"; } # ADDRESS KEY
expect_state() { [ "$(state "$1" "$2")" = "$3" ] || trouble "$2 is not $3: $(page "$1" state | tr '\n' ',')"; }
BOOT=240 # seconds at most, for two at once

# --- the way there

make_disk_image "$T/disk.raw" 1.0
expect qemu-img convert -q -f raw -O qcow2 -c "$T/disk.raw" "$T/disk.qcow2"
describe router 7 disk.qcow2 >"$T/router.yaml"
make_depot "$T/depot"
expect "$LAUTTA" publish "$T/router.yaml" --depot "$T/depot"
expect "$LAUTTA" fetch router --depot "$T/depot" --keyring "$KEYRING" -o "$T/fetched.raw"
expect_same "$T/disk.raw" "$T/fetched.raw"
ok "a qcow2 disk arrives as the disk that it is an image of"

# --- both kinds of firmware, at once

describe_disk() { # SERVICE ADDRESS LINE...
  describe "$1" 7 fetched.raw
  printf 'resources: {swap: 16M}\nhealth: {http: "http://:80/"}\nnetwork: {address: 192.168.147.%s}\n' "$2"
  printf '%s\n' "${@:3}"
}
describe_disk router 12 'volumes: [{name: data, size: 8M, at: /srv}]' >"$T/bios.yaml"
describe_disk modern 13 'firmware: uefi' >"$T/uefi.yaml"
expect host network "$T/bios.yaml" "$T/uefi.yaml"
"${PRIVATE[@]}" mount -t tmpfs none /usr/share/qemu/firmware
expect_exit 2 host start "$T/uefi.yaml" "$T/bios.yaml"
expect_message "'firmware: uefi', which is not here: install ovmf"
"${PRIVATE[@]}" umount /usr/share/qemu/firmware
ok "a disk for UEFI needs its firmware, which is not part of QEMU"

begin=$SECONDS
expect host start "$T/bios.yaml" "$T/uefi.yaml"
expect host start "$T/uefi.yaml" "$T/bios.yaml"
wait_until $BOOT page 12 state >"$T/state.txt" || trouble "$(host console router 7 | tail -n 5)"
echo "# by BIOS after $((SECONDS - begin)) s"
expect_state 12 version 1.0
expect_state 12 swap-kb 16380
expect_state 12 volume-boots 1
expect host health "$T/bios.yaml" "$T/uefi.yaml"
ok "a disk starts by BIOS, with a volume and swap in addition"

wait_until $BOOT page 13 state >"$T/state.txt" || trouble "$(host console modern 7 | tail -n 5)"
echo "# by UEFI after $((SECONDS - begin)) s"
expect_state 13 version 1.0
expect host health "$T/uefi.yaml" "$T/bios.yaml"
expect host console modern 7
expect_output 'BdsDxe: starting .* "UEFI Misc Device"'
[ -n "$(find "$STATE/roots/modern_7" -name '*nvram*')" ] || trouble "no file for the variables of UEFI"
ok "the same disk starts by UEFI"

expect_same "$T/disk.raw" "$T/fetched.raw"
expect host stop-gently router
expect host console router 7
expect_output stopping
expect host stop modern
expect host list
[ ! -s "$T/stdout" ] || trouble "it runs: $(cat "$T/stdout")"
"$ROOT/tools/private-libvirt" stop "${LIBVIRTS[0]}"
ok "a disk with its own boot loader ends when asked to, and its image is as it was"
