#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# verify and deltas: each sort of damage to a delta is found, and reported as a mere loss of time.
# timeout: 240
. "$(dirname "$0")/lib.sh"

D=$T/depot
make_depot "$D"
make_image "$T/1.raw" 48M
for v in 1 2 3; do
  [ "$v" = 1 ] || change_image "$T/$((v - 1)).raw" "$T/$v.raw" "$v"
  describe web $v $v.raw >"$T/$v.yaml"
  expect "$LAUTTA" publish "$T/$v.yaml" --image "$T/$v.raw" --depot "$D"
  expect "$LAUTTA" fetch web=$v --depot "$D" --keyring "$KEYRING" -o "$T/have.$v"
  [ "$v" != 2 ] || delta=$(cd "$D" && echo deltas/*.delta)
done
cp -a "$D" "$T/good"
size=$(stat -c %s "$D/$delta")

restore() { rm -rf "$D" && cp -a "$T/good" "$D"; }
verify() { "$LAUTTA" verify --depot "$D" --keyring "$KEYRING" "$@"; }
flip() { # FILE OFFSET: turn one bit
  local byte
  byte=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
  printf '%b' "\\x$(printf %x $((byte ^ 4)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# expect_damage FILE PATTERN: only that file is named, it breaks no version, and a host can still update.
expect_damage() {
  expect_exit 3 verify --json
  [ "$(json 'damaged | length')" = 1 ] || trouble "$(json damaged)"
  [ "$(json 'damaged[0].file')" = "$1" ] || trouble "file: $(json 'damaged[0].file')"
  [ "$(json 'damaged[0].breaks | length')" = 0 ] || trouble "breaks: $(json 'damaged[0].breaks')"
  json 'damaged[0].what' | grep -qE "versions do not need it, only updates take longer without: .*$2" || trouble "$(json damaged)"
  rm -rf "$T"/out*
  expect "$LAUTTA" fetch web=2 --depot "$D" --keyring "$KEYRING" -o "$T/out" --seed "$T/have.1"
  expect_same "$T/2.raw" "$T/out"
  restore
}

expect verify --json
[ "$(json deltas)" = 3 ] || trouble "deltas: $(json deltas)"
[ "$(json delta_bytes)" = "$(cat "$D"/deltas/* | wc -c)" ] || trouble "bytes: $(json delta_bytes)"
[ "$(json dead_bytes)" = 0 ] || trouble "dead: $(json dead_bytes)"
ok "good deltas are good"

for at in 0 100 $((size / 3)) $((size - 1)); do
  flip "$D/$delta" "$at"
  expect_damage "$delta" '.'
done
ok "a flipped bit is found"

rm "$D/$delta"
expect_damage "$delta" '.'
for left in 0 1000 $((size - 1)); do
  truncate -s "$left" "$D/$delta"
  expect_damage "$delta" '.'
done
echo more >>"$D/$delta"
expect_damage "$delta" 'longer than it should be'
ok "a delta that is absent, cut or too long is found"

# forge LOCATOR FROM TO: replace a digest in it, as an attacker would who can write to the depot, but not sign.
forge() {
  python3 - "$@" <<'EOT'
import subprocess, sys
path, old, new = sys.argv[1], bytes.fromhex(sys.argv[2]), bytes.fromhex(sys.argv[3])
plain = subprocess.run(["zstd", "-dqc", path], stdout=subprocess.PIPE, check=True).stdout
assert old in plain
open(path + ".plain", "wb").write(plain.replace(old, new))
subprocess.run(["zstd", "-qf", "--check", path + ".plain", "-o", path], check=True)
EOT
  rm "$1.plain"
}
index() { sha256sum "$T/have.$1.caibx" | cut -d' ' -f1; }
name() { basename "$1" .delta; }

# The bytes match the file's name, but are not a window: only decompressing shows that.
flip "$D/$delta" $((size / 2))
forged=$(sha256sum "$D/$delta" | cut -d' ' -f1)
mv "$D/$delta" "$D/deltas/$forged.delta"
forge "$D/locators/web_2_amd64.locator" "$(name "$delta")" "$forged"
expect_damage "deltas/$forged.delta" 'window [0-9]+: '
ok "a delta with a wrong content is found"

forge "$D/locators/web_2_amd64.locator" "$(index 1)" "$(index 3)"
expect_exit 3 verify
expect_output 'the delta from web 3 \(amd64\) to web 2 \(amd64\) is damaged; versions do not need it'
restore
forge "$D/locators/web_2_amd64.locator" "$(index 1)" "$(printf 'ab%.0s' {1..32})"
expect verify
flip "$D/$delta" 100
expect_damage "$delta" 'its digest differs from its name'
ok "a delta with a wrong source is found; without a published source its bytes are checked"

# A pack with a delta's source is damaged: only the pack counts as damaged.
pack=$(cd "$D" && find packs -size +1M | sort | head -n 1)
flip "$D/$pack" 5000
expect_exit 3 verify --json
[ "$(json 'damaged | map(.file) | join(" ")')" = "$pack" ] || trouble "$(json damaged)"
restore
ok "a damaged pack is not reported as a damaged delta"

start_nginx "$D"
expect "$LAUTTA" verify --depot "$URL" --keyring "$KEYRING" --json
[ "$(json deltas)" = 3 ] || trouble "deltas: $(json deltas)"
expect "$LAUTTA" remove web=3 --depot "$D"
expect verify --json
[ "$(json deltas)" = 1 ] || trouble "deltas: $(json deltas)"
ok "a depot on a web server is verified the same way"
