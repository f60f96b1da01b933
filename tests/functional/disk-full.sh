#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The disk is full in each phase of init, build, publish and fetch: the command reports it, loses nothing and leaves
# nothing behind. When there is room again, the same command succeeds.
# timeout: 600
# asan: no
. "$(dirname "$0")/lib.sh"

disk=$T/disk
mount_disk 96M "$disk" || skip_all "no file system can be mounted here"

free_kib() { df --output=avail -k "$disk" | tail -n 1; }

# Fill the disk except for that many KiB.
leave() {
  rm -f "$disk/filler"
  dd if=/dev/zero of="$disk/filler" bs=1024 count=$(($(free_kib) - $1)) status=none 2>/dev/null || true
}

# Fail with exit code 1 and a message that names the cause.
expect_full() {
  expect_exit 1 "$@"
  expect_message '[Ss]pace|is full|free'
}

make_image "$T/1.raw" 16M 1
make_image "$T/2.raw" 64M 2
describe web 1 1.raw >"$T/1.yaml"
describe web 2 2.raw >"$T/2.yaml"
mkdir "$disk/tmp"

# --- init

leave 4
expect_full env LAUTTA_HOME="$disk/home" "$LAUTTA" init "$disk/depot"
rm "$disk/filler"
expect env LAUTTA_HOME="$disk/home" "$LAUTTA" init "$disk/depot"
ok "init on a full disk fails, and succeeds when there is room"

# --- build

qemu-img convert -f raw -O qcow2 "$T/2.raw" "$T/2.qcow2"
describe web 2 2.qcow2 >"$T/qcow2.yaml"
for kib in 0 64 8192; do
  leave $kib
  expect_full "$LAUTTA" build "$T/qcow2.yaml" -o "$disk/built.raw"
  [ -z "$(find "$disk" -maxdepth 1 -name '*built*')" ] || trouble "left behind: $(ls "$disk")"
done
rm "$disk/filler"
expect "$LAUTTA" build "$T/qcow2.yaml" -o "$disk/built.raw"
expect_same "$disk/built.raw" "$T/2.raw"
rm -f "$disk"/built.raw*
ok "build on a full disk fails without leaving anything, and succeeds when there is room"

# --- publish, with ever more room, so that the disk is full in every phase

rm -rf "$disk/depot"
rm -rf "${disk:?}/home"
make_depot "$disk/depot"
expect "$LAUTTA" publish "$T/1.yaml" --image "$T/1.raw" --depot "$disk/depot"
before=$(cd "$disk/depot" && find . -type f | sort | sha256sum)
failed=0
needs=$(($(stat -c '%b * 512 / 1024' "$T/2.raw")))
for kib in 0 4 8 16 32 64 1024 $((needs / 4)) $((needs / 2)) $(seq $((needs / 2)) 16 $((needs / 2 + 512))); do
  leave "$kib"
  code=0
  "$LAUTTA" publish "$T/2.yaml" --image "$T/2.raw" --depot "$disk/depot" >"$T/stdout" 2>"$T/stderr" || code=$?
  [ "$code" != 0 ] || break
  failed=$((failed + 1))
  [ "$code" = 1 ] || trouble "with $kib KiB free the exit code is $code: $(cat "$T/stderr")"
  expect_message '[Ss]pace|is full|free'
  expect "$LAUTTA" verify --depot "$disk/depot" --keyring "$KEYRING"
done
echo "# publish failed with $failed different amounts of room, and needs about $kib KiB"
[ "$failed" -ge 7 ] || trouble "publish needs less room than this test thinks"
ok "publish on a full disk fails, and leaves a depot that is verified"

rm "$disk/filler"
[ "$code" != 0 ] || expect "$LAUTTA" remove web=2 --depot "$disk/depot"
expect "$LAUTTA" publish "$T/1.yaml" --image "$T/1.raw" --depot "$disk/depot"
[ "$code" = 0 ] || [ "$before" = "$(cd "$disk/depot" && find . -type f | sort | sha256sum)" ] ||
  trouble "left behind: $(cd "$disk/depot" && find . -type f | sort)"
ok "the next publish removes the files of a failed publish"

expect "$LAUTTA" publish "$T/2.yaml" --image "$T/2.raw" --depot "$disk/depot"
cp -a "$disk/depot" "$T/depot"
rm -rf "$disk/depot"
ok "publish succeeds when there is room"

# --- fetch

start_nginx "$T/depot"
leave 1024
fetch=("$LAUTTA" fetch web=2 --depot "$URL" --keyring "$KEYRING" -o "$disk/out.raw")
expect_full "${fetch[@]}"
! grep -q 'GET /packs/' "$T"/nginx-*/access.log || trouble "packs were read although the need can be computed before"
[ -z "$(find "$disk" -maxdepth 1 -name 'out.raw' -size +0)" ] || trouble "there is an image"
ok "fetch computes the need of disk before the first byte of content"

leave 16
expect_full env TMPDIR="$disk/tmp" "${fetch[@]}"
expect_absent "$disk"/tmp/*
ok "fetch with a full temporary directory fails and leaves nothing there"

# Another process fills the disk meanwhile: the server is slow enough for that.
rm "$disk/filler"
start_http_server "$T/depot"
echo 'packs/* rate=4000000' >"$RULES"
fetch=("$LAUTTA" fetch web=2 --depot "$URL" --keyring "$KEYRING" -o "$disk/out.raw")
"${fetch[@]}" >"$T/stdout" 2>"$T/stderr" &
pid=$!
part_is_there() { [ "$(free_kib)" -lt 84000 ]; }
wait_until 60 part_is_there
leave 0
code=0
wait "$pid" || code=$?
[ "$code" = 1 ] || trouble "exit code $code"
expect_message '[Ss]pace|is full|free'
ok "fetch fails when another process fills the disk"

rm "$disk/filler"
: >"$RULES"
expect "${fetch[@]}"
expect_same "$disk/out.raw" "$T/2.raw"
[ "$(cd "$disk" && echo out*)" = "out.raw out.raw.caibx" ] || trouble "left behind: $(ls "$disk")"
ok "the interrupted fetch goes on when there is room"
