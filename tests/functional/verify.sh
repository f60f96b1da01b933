#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# verify: each kind of file, damaged in each way, is named, with the versions that it breaks.
# timeout: 240
. "$(dirname "$0")/lib.sh"

D=$T/depot
make_depot "$D"
make_image "$T/a.raw" 12M
cp --sparse=always "$T/a.raw" "$T/b.raw"
random_bytes change 1048576 | dd of="$T/b.raw" bs=1M seek=5 conv=notrunc iflag=fullblock status=none
describe web 1.0 a.raw >"$T/1.yaml"
describe web 1.1 b.raw >"$T/2.yaml"
expect "$LAUTTA" publish "$T/1.yaml" --image "$T/a.raw" --depot "$D"
old_pack=$(cd "$D" && echo packs/*.pack)
expect "$LAUTTA" publish "$T/2.yaml" --image "$T/b.raw" --depot "$D"
new_pack=$(cd "$D" && find packs -name '*.pack' ! -path "$old_pack")
cp -a "$D" "$T/good"

restore() { rm -rf "$D" && cp -a "$T/good" "$D"; }
verify() { "$LAUTTA" verify --depot "$D" --keyring "$KEYRING"; }
flip() { # FILE OFFSET: turn one bit
  local byte
  byte=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
  printf '%b' "\\x$(printf %x $((byte ^ 4)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# damage HOW FILE
damage() {
  case $1 in
  flipped) flip "$2" $(($(stat -c %s "$2") / 2)) ;;
  cut) truncate -s -100 "$2" ;;
  absent) rm "$2" ;;
  esac
}

expect verify
expect_output "2 versions, 2 packs .* all good"
ok "a good depot is good"

for how in flipped cut absent; do
  damage $how "$D/$old_pack"
  expect_exit 3 verify
  expect_output "^damaged: $old_pack: "
  expect_output '^  breaks web 1.0 \(amd64\)'
  restore
  damage $how "$D/$new_pack"
  expect_exit 3 verify
  expect_output "^damaged: $new_pack: "
  expect_output '^  breaks web 1.1 \(amd64\)'
  grep -q 'breaks web 1.0' "$T/stdout" && trouble "version 1.0 does not need it"
  restore
  ok "a pack that is $how is named, with the versions that need it"
done

for how in flipped cut absent; do
  for file in pool/main/w/web/web_1.0_amd64.deb locators/web_1.0_amd64.locator; do
    damage $how "$D/$file"
    expect_exit 3 verify
    expect_output "^damaged: $file: "
    expect_output '^  breaks web 1.0 \(amd64\)'
    restore
  done
  ok "a service package and a locator that are $how are named"
done

for how in flipped cut absent; do
  damage $how "$D/dists/stable/main/binary-amd64/Packages.gz"
  expect_exit 3 verify
  expect_output "^damaged: dists/stable/main/binary-amd64/Packages.gz: "
  restore
done
ok "an index file that only apt reads is checked, too"

echo more >>"$D/$new_pack"
expect_exit 3 verify
expect_output "^damaged: $new_pack: .*longer"
restore
ok "a pack that is too long is named"

cp "$D/locators/web_1.1_amd64.locator" "$D/locators/web_1.0_amd64.locator"
expect_exit 3 verify
expect_output '^damaged: locators/web_1.0_amd64.locator: '
restore
cp "$D/pool/main/w/web/web_1.1_amd64.deb" "$D/pool/main/w/web/web_1.0_amd64.deb"
expect_exit 3 verify
expect_output '^damaged: pool/main/w/web/web_1.0_amd64.deb: '
restore
ok "files that were replaced by those of another version are named"

flip "$D/dists/stable/InRelease" 200
expect_exit 3 verify
expect_message "InRelease"
restore
start_nginx "$D"
expect "$LAUTTA" verify --depot "$URL" --keyring "$KEYRING" --json
[ "$(json 'damaged | length')" = 0 ] || trouble "$(json damaged)"
damage flipped "$D/$old_pack"
expect_exit 3 "$LAUTTA" verify --depot "$URL" --keyring "$KEYRING" --json
[ "$(json 'damaged[0].file')" = "$old_pack" ] || trouble "$(cat "$T/stdout")"
ok "a depot on a web server is verified the same way"
