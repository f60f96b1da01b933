#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# export: Debian's casync rebuilds images from a store that Lautta writes.
# timeout: 180
. "$(dirname "$0")/lib.sh"

D=$T/depot
S=$T/store
make_depot "$D"
make_image "$T/a.raw" 24M
cp --sparse=always "$T/a.raw" "$T/b.raw"
random_bytes change 1048576 | dd of="$T/b.raw" bs=1M seek=5 conv=notrunc iflag=fullblock status=none
# A hole of 40 MiB, and a kernel and an initrd, of odd sizes.
truncate -s 64M "$T/b.raw"
random_bytes end 5000 >>"$T/b.raw"
random_bytes kernel 700001 >"$T/b.raw.kernel"
random_bytes initrd 300007 >"$T/b.raw.initrd"
describe web 1.0 a.raw >"$T/1.yaml"
describe web 1.1 b.raw | sed 's/firmware/kernel/; s/{file: b.raw}/{file: b.raw, kernel: b.raw.kernel, initrd: b.raw.initrd}/' >"$T/2.yaml"
expect "$LAUTTA" publish "$T/1.yaml" --image "$T/a.raw" --depot "$D"

export_to() { "$LAUTTA" export "$1" --castr "$2" --depot "$D" --keyring "$KEYRING" --json "${@:3}"; }
store_tree() { (cd "$1" && find . -type f -printf '%p %i %s %T@\n' | sort); }

expect export_to web=1.0 "$S"
[ "$(json chunks_added)" = "$(find "$S/default.castr" -name '*.cacnk' | wc -l)" ] || trouble "added: $(json chunks_added)"
[ "$(json bytes_added)" = "$(find "$S/default.castr" -name '*.cacnk' -printf '%s\n' | awk '{ sum += $1 } END { print sum }')" ] || trouble "bytes: $(json bytes_added)"
expect casync extract "$S/web.caibx" "$T/by-casync"
expect_same "$T/a.raw" "$T/by-casync"
rm "$T/by-casync"
ok "casync extract rebuilds the image from an exported store"

# The store is complete, and has nothing else.
[ "$(find "$S" -mindepth 1 -maxdepth 2 | sort | sed "s,$S/,," | grep -Ev '^default.castr/[0-9a-f]{4}$')" = "default.castr
web.caibx" ] || trouble "left behind: $(ls -A "$S" "$S/default.castr")"
python3 - "$S/default.castr" <<'EOT' || trouble "a chunk differs from its name"
import glob, hashlib, os, subprocess, sys
for path in glob.glob(sys.argv[1] + "/*/*"):
    content = subprocess.run(["zstd", "-dqc", path], stdout=subprocess.PIPE, check=True).stdout
    digest = hashlib.sha256(content).hexdigest()
    assert path.endswith(f"/{digest[:4]}/{digest}.cacnk"), path
EOT
ok "every file in the store is the frame of the chunk in its name, and there are no other files"

before=$(store_tree "$S/default.castr")
expect export_to web=1.0 "$S"
[ "$(json chunks_added)" = 0 ] || trouble "added: $(json chunks_added)"
[ "$before" = "$(store_tree "$S/default.castr")" ] || trouble "the store changed"
ok "chunks of the store are not written again"

expect "$LAUTTA" publish "$T/2.yaml" --image "$T/b.raw" --depot "$D"
start_nginx "$D"
expect "$LAUTTA" export web --castr "$S" --depot "$URL" --keyring "$KEYRING" --json
[ "$(json version)" = 1.1 ] || trouble "version: $(json version)"
[ "$(json chunks_added)" -lt $(($(json chunks) * 3 / 4)) ] || trouble "added $(json chunks_added) of $(json chunks)"
[ "$(json bytes_fetched)" -lt 4000000 ] || trouble "fetched: $(json bytes_fetched)"
for part in web:b.raw web.kernel:b.raw.kernel web.initrd:b.raw.initrd; do
  expect casync extract --store "$S/default.castr" "$S/${part%%:*}.caibx" "$T/by-casync"
  expect_same "$T/${part#*:}" "$T/by-casync"
  rm "$T/by-casync"
done
ok "a second version adds only its new chunks, from a web server too, with its kernel and initrd"

cp "$T/a.raw" "$T/seed.raw"
expect casync extract --seed "$T/seed.raw" "$S/web.caibx" "$T/by-casync"
expect_same "$T/b.raw" "$T/by-casync"
expect casync digest "$S/web.caibx" --store "$S/default.castr"
wanted=$(cat "$T/stdout")
expect casync digest "$S/web.caibx"
[ "${wanted:-none}" = "$(cat "$T/stdout")" ] || trouble "casync digest says '$wanted' and '$(cat "$T/stdout")'"
ok "casync extracts with a seed, and digests"

expect export_to web=1.0 "$S"
expect_absent "$S/web.kernel.caibx" "$S/web.initrd.caibx"
ok "indexes of a version that had more blobs do not stay"

if command -v desync >/dev/null; then
  expect desync --digest sha256 extract -s "$S/default.castr" "$S/web.caibx" "$T/by-desync"
  expect_same "$T/a.raw" "$T/by-desync"
  ok "desync extracts from the store"
else
  skip "desync extracts from the store" "desync is not installed"
fi

# Killed at different moments: visible files are whole, and the next call does the rest.
start_http_server "$D"
for bytes in 0 100000 1000000 3000000; do
  rm -rf "$T/killed"
  echo "packs/* hang=$bytes" >"$RULES"
  "$LAUTTA" export web --castr "$T/killed" --depot "$URL" --keyring "$KEYRING" >/dev/null 2>&1 &
  pid=$!
  wait_until 20 test -d "$T/killed/default.castr/.lautta-export"
  sleep 0.3
  kill -9 "$pid"
  wait "$pid" 2>/dev/null || true
  expect_absent "$T"/killed/*.caibx
  : >"$RULES"
  expect "$LAUTTA" export web --castr "$T/killed" --depot "$URL" --keyring "$KEYRING"
  expect_absent "$T/killed/default.castr/.lautta-export"
  rm -f "$T/by-casync"
  expect casync extract "$T/killed/web.caibx" "$T/by-casync"
  expect_same "$T/b.raw" "$T/by-casync"
done
ok "a killed call leaves no index, and the next call does the rest"

# Damage and absence.
echo 'packs/* flip=70000' >"$RULES"
expect_exit 3 "$LAUTTA" export web --castr "$T/bad" --depot "$URL" --keyring "$KEYRING"
expect_message 'chunks could not be fetched'
expect_absent "$T"/bad/*.caibx
: >"$RULES"
expect_exit 4 export_to none "$S"
expect_exit 4 export_to web=9 "$S"
expect_exit 2 "$LAUTTA" export web --depot "$D"
expect_exit 2 "$LAUTTA" export --castr "$S" --depot "$D"
expect_exit 2 "$LAUTTA" export ../web --castr "$S" --depot "$D"
ok "damaged chunks are not exported, and an absent version is named"

if mount_disk 4M "$T/small"; then
  expect_exit 1 export_to web "$T/small"
  expect_message 'still needs .*free'
  [ -z "$(find "$T/small" -type f)" ] || trouble "written: $(find "$T/small" -type f)"
  ok "export computes the need of disk before it writes anything"
else
  skip "export computes the need of disk before it writes anything" "no file system can be mounted here"
fi
