#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# False or absent deltas, seeds that differ from their index, full disks: the fetch still makes the right image, from
# packs if necessary, and reports that; or it fails with the right code, and the next call completes it.
# timeout: 400
. "$(dirname "$0")/lib.sh"
export LAUTTA_RETRY_BASE_MS=10

D=$T/depot
make_depot "$D"
make_image "$T/1.raw" 96M
for v in 2 3; do change_image "$T/$((v - 1)).raw" "$T/$v.raw" "$v"; done
for v in 1 2 3; do
  describe web $v $v.raw >"$T/$v.yaml"
  expect "$LAUTTA" publish "$T/$v.yaml" --image "$T/$v.raw" --depot "$D"
  [ $v != 2 ] || delta_1_2=$(cd "$D" && echo deltas/*.delta)
done
fetch() { "$LAUTTA" fetch "$@" --keyring "$KEYRING" --json; }
mkdir "$T/site"
expect fetch web=1 --depot "$D" -o "$T/site/1"
expect fetch web=2 --depot "$D" -o "$T/site/2" --seed "$T/site/1"
size=$(stat -c %s "$D/$delta_1_2")
start_http_server "$D"
ok "three versions are published, with deltas"

# update [OPTION...]: from version 1 to 2.
update() { fetch web=2 --depot "$URL" -o "$T/out/2" --seed "$T/site/1" "$@"; }

clear_output() {
  rm -rf "$T/out"
  mkdir "$T/out"
}

clear_output
expect update
whole=$(json bytes_delta)
[ "$(json note)" = null ] || trouble "$(json note)"

# attack RULE LOST: the image is right; LOST windows ("all", "some", or a number) came from packs, and the fetch reports it.
attack() {
  local before=$TROUBLE
  TROUBLE=0
  clear_output
  echo "deltas/* $1" >"$RULES"
  expect update
  expect_same "$T/2.raw" "$T/out/2"
  expect_absent "$T/out/2.partial"
  expect_message 'warning: .*delta.*falling back to packs: '
  [ "$(json note)" != null ] || trouble "there is no note"
  if [ "$2" = some ]; then
    [ "$(json windows_lost)" -gt 0 ] || trouble "no windows lost"
    [ "$(json bytes_delta)" -gt 0 ] || trouble "nothing by a delta"
    [ "$(json bytes_delta)" -lt "$whole" ] || trouble "all of $whole bytes by a delta"
  elif [ "$2" = all ]; then
    [ "$(json bytes_delta)" = 0 ] || trouble "$(json bytes_delta) bytes by a delta"
    [ "$(json windows_lost)" -gt 1 ] || trouble "$(json windows_lost) windows lost"
  else
    [ "$(json windows_lost)" = "$2" ] || trouble "$(json windows_lost) windows lost"
    [ "$(json bytes_delta)" -gt $((whole / 3)) ] || trouble "$(json bytes_delta) of $whole bytes by a delta"
  fi
  [ "$TROUBLE" = 0 ] || echo "# this was: $1"
  [ "$before" = 0 ] || TROUBLE=1
}

for at in 0 5 100 $((size / 2)) -1; do attack "flip=$at" 1; done
ok "a flipped bit costs one window"

attack truncate=0 all
attack truncate=1000 all
attack truncate=-1 1
attack "truncate=$((size / 2))" some
ok "the remaining part of a cut delta is used"

attack status=404 all
attack status=410 all
mv "$D/deltas" "$D/away"
attack '' all
expect fetch web=2 --depot "$D" -o "$T/out/again" --seed "$T/site/1"
expect_message 'falling back to packs'
expect_same "$T/2.raw" "$T/out/again"
mv "$D/away" "$D/deltas"
ok "a depot whose delta is absent serves packs"

for other in "$D"/deltas/*; do
  [ "$other" -ef "$D/$delta_1_2" ] || attack "file=deltas/$(basename "$other")" all
done
attack 'file=dists/stable/InRelease' all
ok "deltas of other versions are detected"

for how in shift short bare total multipart liar; do attack "ranges=$how" all; done
ok "another range than the requested one is not used"

attack_none() { # RULE: it does no harm
  clear_output
  echo "deltas/* $1" >"$RULES"
  expect update
  [ "$(json note)" = null ] || trouble "$(json note)"
  [ "$(json bytes_delta)" = "$whole" ] || trouble "$(json bytes_delta) of $whole bytes by a delta"
  expect_same "$T/2.raw" "$T/out/2"
}
for rule in ranges=none extend=1000 'close=100 times=1' "close=$((size / 2)) times=1" 'status=503 times=1'; do
  attack_none "$rule"
done
ok "harmless or passing faults do not keep a delta from serving"

# --- the depot vanishes in the middle of a delta: the fetch ends, and no byte is fetched twice

for rule in status=500 "close=$((size * 2 / 3))" 'status=403'; do
  clear_output
  echo "deltas/* $rule" >"$RULES"
  code=75
  [ "$rule" != status=403 ] || code=1
  : >"$REQUESTS"
  expect_exit $code update --retries 0
  expect_message 'deltas/'
  expect_absent "$T/out/2"
  ! grep -q ' packs/' "$REQUESTS" || trouble "packs were asked for"
  : >"$RULES"
  expect update
  expect_same "$T/2.raw" "$T/out/2"
  case $rule in close*) [ "$(json bytes_delta)" -lt "$whole" ] || trouble "all of $whole bytes again" ;; esac
done
ok "a depot that cannot be reached ends the fetch, and the next call goes on from there"

# --- seeds that differ from their index

: >"$RULES"
spoil() { # FILE OFFSET...
  local offset
  for offset in "${@:2}"; do printf spoilt | dd of="$1" bs=1 seek="$offset" conv=notrunc status=none; done
}
spoilt_seed() { # NAME: an image that changed after its index was made
  clear_output
  cp --sparse=always "$T/site/1" "$T/out/seed"
  cp "$T/site/1.caibx" "$T/out/seed.caibx"
}
seeded() { fetch web=2 --depot "$URL" -o "$T/out/2" --seed "$T/out/seed"; }

spoilt_seed
spoil "$T/out/seed" 4200000
expect seeded
expect_same "$T/2.raw" "$T/out/2"
expect_message "warning: .*windows of a delta cannot serve, falling back to packs: seed '.*/out/seed' differs from its index"
[ "$(json bytes_delta)" -gt 0 ] || trouble "nothing by a delta"
ok "if a seed is damaged in one place, the delta serves except for that window"

spoilt_seed
for ((i = 0; i < 96; i += 4)); do spoil "$T/out/seed" $((i * 1048576 + 4000)) $((i * 1048576 + 300000)) $((i * 1048576 + 600000)); done
: >"$REQUESTS"
expect seeded
expect_same "$T/2.raw" "$T/out/2"
expect_message 'differs from its index'
[ "$(json bytes_delta)" = 0 ] || trouble "$(json bytes_delta) bytes by a delta"
! grep -q ' deltas/' "$REQUESTS" || trouble "the delta was fetched in vain"
ok "if a seed is damaged everywhere, no byte of the delta is fetched"

spoilt_seed
truncate -s 40M "$T/out/seed"
expect seeded
expect_same "$T/2.raw" "$T/out/2"
ok "a shortened seed serves its remaining chunks"

clear_output
cp "$T/3.raw" "$T/out/seed"
cp "$T/site/1.caibx" "$T/out/seed.caibx"
expect seeded
expect_same "$T/2.raw" "$T/out/2"
expect_message 'differs from its index'
ok "a seed with the index of another version is detected"

# A seed that changes while the delta is being fetched: the server waits meanwhile.
spoilt_seed
echo 'deltas/* latency=4000' >"$RULES"
: >"$REQUESTS"
seeded >"$T/stdout" 2>"$T/stderr" &
pid=$!
wait_until 20 grep -q 'locators/' "$REQUESTS"
sleep 2.5
for ((i = 0; i < 96; i += 4)); do spoil "$T/out/seed" $((i * 1048576 + 4000)); done
wait "$pid" || trouble "exit code $?"
expect_same "$T/2.raw" "$T/out/2"
expect_message 'falling back to packs: delta [0-9a-f]{64}, window'
ok "a seed that changes while a delta is fetched is detected chunk by chunk"

# --- the disk

sentence="a disk that fills up while a delta is applied ends the fetch, and with room it goes on"
: >"$RULES"
if mount_disk 64M "$T/disk"; then
  clear_output
  echo 'deltas/* latency=4000' >"$RULES"
  : >"$REQUESTS"
  fetch web=2 --depot "$URL" -o "$T/disk/2" --seed "$T/site/1" >"$T/stdout" 2>"$T/stderr" &
  pid=$!
  wait_until 20 grep -q 'locators/' "$REQUESTS"
  sleep 2.5
  dd if=/dev/zero of="$T/disk/filler" bs=1M status=none 2>/dev/null || true
  code=0
  wait "$pid" || code=$?
  [ "$code" = 1 ] || trouble "exit code $code"
  expect_message '[Ss]pace'
  ! grep -q ' packs/' "$REQUESTS" || trouble "packs were asked for"
  rm "$T/disk/filler"
  : >"$RULES"
  expect fetch web=2 --depot "$URL" -o "$T/disk/2" --seed "$T/site/1"
  expect_same "$T/2.raw" "$T/disk/2"
  ok "$sentence"
else
  skip "$sentence" "no file system can be mounted here"
fi
