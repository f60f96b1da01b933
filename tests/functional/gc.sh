#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# gc: files that no version needs are removed, files that a version needs stay, and readers never miss a chunk.
# timeout: 240
. "$(dirname "$0")/lib.sh"

D=$T/depot
make_depot "$D"

# change FROM TO EVERY-MIB OFFSET: change a byte in each block of EVERY-MIB, so that chunks are new and a delta is small.
change() {
  python3 - "$@" <<'EOT'
import sys
image, out, every, offset = bytearray(open(sys.argv[1], "rb").read()), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
for at in range(offset, len(image), 65536):
    if (at >> 20) % every == 0:
        image[at] ^= 1
open(out, "wb").write(image)
EOT
}

make_image "$T/1.raw" 16M
change "$T/1.raw" "$T/2.raw" 8 0
change "$T/2.raw" "$T/3.raw" 4 2000
make_image "$T/4.raw" 8M 4
for version in 1 2 3 4; do
  describe web "$version" "$version.raw" >"$T/$version.yaml"
done
publish() { "$LAUTTA" publish "$T/$1.yaml" --image "$T/$1.raw" --depot "$D" --quiet; }
gc() { "$LAUTTA" gc --depot "$D" "$@"; }
tree() { (cd "$D" && find . -type f ! -name lock -exec sha256sum {} + | sort -k 2); }
packs() { (cd "$D" && find packs -name '*.pack' | sort); }
flip() { # FILE OFFSET: turn one bit
  local byte
  byte=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
  printf '%b' "\\x$(printf %x $((byte ^ 4)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# check VERSION...: these versions are listed, whole, and come back unchanged.
check() {
  local version
  expect "$LAUTTA" verify --depot "$D" --keyring "$KEYRING"
  for version in "$@"; do
    rm -rf "$T"/out*
    expect "$LAUTTA" fetch "web=$version" --depot "$D" --keyring "$KEYRING" -o "$T/out"
    expect_same "$T/$version.raw" "$T/out"
  done
}

expect gc
expect_output 'Nothing to do: 0 packs'
expect publish 1
expect publish 2
expect publish 3
before=$(tree)
expect gc
expect_output 'Nothing to do: 3 packs .* 0 B are dead'
[ "$before" = "$(tree)" ] || trouble "the depot changed"
ok "a depot whose files are all needed is left alone"

[ "$(find "$D/deltas" -name '*.delta' | wc -l)" = 3 ] || trouble "there are not three deltas: $(ls "$D/deltas")"
expect "$LAUTTA" remove web=2 --depot "$D"
before=$(tree)
expect gc --dry-run --json
[ "$(json deltas_removed)" = 2 ] || trouble "deltas: $(json deltas_removed)"
[ "$(json locators_written)" = 1 ] || trouble "locators: $(json locators_written)"
[ "$(json dry_run)" = true ] || trouble "dry_run: $(json dry_run)"
would_free=$(json bytes_freed)
[ "$before" = "$(tree)" ] || trouble "the depot changed"
ok "a dry run prints the plan and changes nothing"

size=$(du -sb "$D" | cut -f 1)
expect gc --json
[ "$(json bytes_freed)" = "$would_free" ] || trouble "it freed $(json bytes_freed) instead of $would_free"
freed=$((size - $(du -sb "$D" | cut -f 1)))
[ $((freed > would_free - 8192 && freed < would_free + 8192)) = 1 ] || trouble "freed $freed instead of $would_free"
[ "$(find "$D/deltas" -name '*.delta' | wc -l)" = 1 ] || trouble "deltas: $(ls "$D/deltas")"
check 1 3
expect gc
expect_output 'Nothing to do'
ok "deltas from and to a removed version are removed; the delta between the others stays"

# The chunks of version 3 lie in the packs of 1 and 3; of the first pack, an eighth or more is dead.
expect "$LAUTTA" remove web=1 --depot "$D"
old=$(packs)
expect gc --threshold 100
expect_output '^Done: 0 of'
[ "$old" = "$(packs)" ] || trouble "packs were compacted"
expect gc --threshold 0 --json
[ "$(json packs_compacted)" -ge 1 ] || trouble "compacted: $(json packs_compacted)"
[ "$old" != "$(packs)" ] || trouble "no pack was compacted"
expect_absent "$D/deltas"/*.delta
check 3
expect gc --threshold 0
expect_output 'Nothing to do: . packs .* 0 B are dead'
for list in "$D"/.lautta/chunks/*; do
  [ -e "$D/packs/$(basename "$list" .chunks).pack" ] || trouble "a chunk list of nothing: $list"
done
[ "$(find "$D/.lautta/chunks" -type f | wc -l)" = "$(packs | wc -l)" ] || trouble "chunk lists: $(ls "$D/.lautta/chunks")"
expect_absent "$D/.lautta/locators" "$D/.lautta/transaction"
ok "packs with dead weight above the threshold are compacted"

expect publish 2
expect publish 1
check 1 2 3
ok "versions can be published after a compaction"

# Every sort of file that no version and no locator names.
echo x >"$D/locators/gone_1_amd64.locator"
cp "$D/$(packs | head -n 1)" "$D/packs/$(printf '0%.0s' {1..64}).pack"
echo x >"$D/.lautta/chunks/$(printf '1%.0s' {1..64}).chunks"
mkdir -p "$D/deltas/own.delta"
echo x >"$D/deltas/$(printf '1%.0s' {1..64}).delta"
echo mine >"$D/packs/README"
expect gc
expect_absent "$D/locators/gone_1_amd64.locator" "$D"/.lautta/chunks/111* "$D"/deltas/111*
for path in packs/README deltas/own.delta; do
  [ -e "$D/$path" ] || trouble "a file of another user was removed: $path"
done
rm -r "$D/packs/README" "$D/deltas/own.delta"
check 1 2 3
expect gc
expect_output 'Nothing to do'
ok "leftovers are removed, other people's files stay"

# Locators can be made again from the indexes and the packs.
expect "$LAUTTA" remove web=3 --depot "$D"
expect publish 3
rm "$D/locators/web_1_amd64.locator"
truncate -s 10 "$D/locators/web_2_amd64.locator"
rm -f "$D"/deltas/*
expect gc --json
[ "$(json locators_written)" = 3 ] || trouble "locators: $(json locators_written)"
check 1 2 3
ok "a locator that is absent or damaged, or names an absent delta, is written again"

# Damage is not copied. Of the first pack, the first and the third quarter are dead.
rm -rf "$D"
make_depot "$D"
expect publish 1
pack=$(packs)
expect publish 2
expect "$LAUTTA" remove web=1 --depot "$D"
cp -a "$D" "$T/good"
for how in flip cut; do
  case $how in
  flip) flip "$D/$pack" $(($(stat -c %s "$D/$pack") * 3 / 8)) ;;
  cut) truncate -s 100 "$D/$pack" ;;
  esac
  before=$(tree)
  expect_exit 3 gc
  expect_message "nothing was changed, since '$pack' is damaged at [0-9]+: "
  [ "$before" = "$(tree)" ] || trouble "the depot changed"
  rm -rf "$D"
  cp -a "$T/good" "$D"
done
expect "$LAUTTA" verify --depot "$D" --keyring "$KEYRING" --json
dead=$(json dead_bytes)
expect gc --dry-run --json
[ "$dead" -gt 100000 ] || trouble "only $dead bytes are dead"
[ "$(json dead_bytes)" = "$dead" ] || trouble "verify says $dead bytes are dead, gc $(json dead_bytes)"
rm "$D/$pack"
expect_exit 3 gc
expect_message 'web 2 \(amd64\): chunk [0-9]+ is in no pack: .lautta verify. names'
rm -rf "$D"
cp -a "$T/good" "$D"
expect gc --json
[ "$(json packs_compacted)" = 1 ] || trouble "compacted: $(json packs_compacted)"
check 2
ok "a damaged pack is an error that names it and leaves all as it was"

# A locator of a Lautta without deltas ends where the deltas would begin.
python3 - "$D/locators/web_2_amd64.locator" <<'EOT'
import subprocess, sys
path = sys.argv[1]
plain = subprocess.run(["zstd", "-dqc", path], stdout=subprocess.PIPE, check=True).stdout
assert plain[-1] == 0
open(path + ".plain", "wb").write(plain[:-1])
subprocess.run(["zstd", "-qf", path + ".plain", "-o", path], check=True)
EOT
rm "$D"/locators/*.plain
expect gc
expect_output 'Nothing to do'
check 2
ok "a locator without the part of the deltas is valid"

if mount_disk 24M "$T/disk"; then
  cp -a "$T/good/." "$T/disk/depot"
  D=$T/disk/depot
  dd if=/dev/zero of="$T/disk/filler" bs=1024 count=$(($(df --output=avail -k "$T/disk" | tail -n 1) - 1500)) status=none
  before=$(tree)
  expect_exit 1 gc
  expect_message 'needs .* before it frees any, but the disk of .* has only .* free'
  [ "$before" = "$(tree)" ] || trouble "the depot changed"
  rm "$T/disk/filler"
  expect gc
  check 2
  D=$T/depot
  ok "gc on a full disk changes nothing, and reports how much it needs"
else
  skip "gc on a full disk changes nothing, and reports how much it needs" "no file system can be mounted here"
fi

# Another writer.
flock "$D/.lautta/lock" sleep 1 &
holder=$!
wait_until 5 sh -c "! flock -n '$D/.lautta/lock' true"
expect gc --dry-run
expect_message 'Waiting for another writer'
wait "$holder"
ok "gc waits for another writer"

expect_exit 2 gc --threshold 101
expect_exit 2 gc what
expect_exit 2 "$LAUTTA" gc
expect_exit 4 "$LAUTTA" gc --depot "$T/nowhere"
expect_exit 2 "$LAUTTA" gc --depot http://127.0.0.1/depot
ok "wrong usage is refused"

# A fetch under way: its packs are compacted away, or its delta is removed with the version of its seed.
rm -rf "$D"
make_depot "$D"
for version in 1 2 3; do expect publish "$version"; done
rm -rf "$T"/seed* "$T"/out*
expect "$LAUTTA" fetch web=2 --depot "$D" --keyring "$KEYRING" -o "$T/seed"
expect "$LAUTTA" remove web=1 --depot "$D"
cp -a "$D" "$T/three"
start_http_server "$D"

# during_fetch PATTERN OPTION...: the first answers to requests like PATTERN stop in their middle, until the reader asks
# again; meanwhile the depot is compacted.
during_fetch() {
  local fetcher
  printf '%s hang=100 times=4\n' "$1" >"$RULES"
  : >"$REQUESTS"
  "$LAUTTA" fetch web=3 --depot "$URL" --keyring "$KEYRING" -o "$T/out" --timeout 3 "${@:2}" >"$T/fetch.out" 2>&1 &
  fetcher=$!
  wait_until 20 test -e "$T/out.partial"
  sleep 0.5
  [ "$1" = 'packs/*' ] || expect "$LAUTTA" remove web=2 --depot "$D"
  expect gc --threshold 0
  wait "$fetcher" || trouble "fetch fails: $(cat "$T/fetch.out")"
  expect_same "$T/3.raw" "$T/out"
  [ "$(grep -c "${1%\*}.* 404 " "$REQUESTS")" -gt 0 ] || trouble "nothing was missed: $(cat "$REQUESTS")"
  rm -rf "$T"/out*
}

during_fetch 'packs/*'
ok "a fetch goes on with the new locator when its packs are compacted away"

rm -rf "${D:?}"/* "$D/.lautta"
cp -a "$T/three/." "$D"
during_fetch 'deltas/*' --seed "$T/seed"
ok "a fetch goes on by packs when its delta is removed"
