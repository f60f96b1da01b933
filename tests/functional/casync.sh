#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Debian's casync reads our indexes, and our frames are chunks of a casync store.
# timeout: 120
. "$(dirname "$0")/lib.sh"

make_depot "$T/depot"
make_image "$T/a.raw" 24M
describe web 1.0 a.raw >"$T/web.yaml"
expect "$LAUTTA" publish "$T/web.yaml" --image "$T/a.raw" --depot "$T/depot"
expect "$LAUTTA" fetch web --depot "$T/depot" --keyring "$KEYRING" -o "$T/out"

# A store is nothing but the frames under other names; zero chunks are in no pack, so they are made here.
mkdir "$T/default.castr"
python3 - "$T/depot" "$T/default.castr" <<'EOF'
import glob, hashlib, os, subprocess, struct, sys
depot, store = sys.argv[1:]
def put(digest, frame):
    os.makedirs(f"{store}/{digest[:4]}", exist_ok=True)
    open(f"{store}/{digest[:4]}/{digest}.cacnk", "wb").write(frame)
for path in glob.glob(f"{depot}/packs/*.pack"):
    pack = open(path, "rb").read()
    entries = open(path.replace("/packs/", "/.lautta/chunks/")[:-5] + ".chunks", "rb").read()[8:-32]
    at = 0
    for i in range(0, len(entries), 36):
        size, = struct.unpack_from("<I", entries, i + 32)
        put(entries[i:i + 32].hex(), pack[at:at + size])
        at += size
    assert at == len(pack)
for power in range(13):
    zeros = bytes(4096 << power)
    put(hashlib.sha256(zeros).hexdigest(), subprocess.run(["zstd", "-qc"], input=zeros, stdout=subprocess.PIPE, check=True).stdout)
EOF

expect casync extract --store "$T/default.castr" "$T/out.caibx" "$T/by-casync"
expect_same "$T/a.raw" "$T/by-casync"
ok "casync extract rebuilds the image from our index and frames"

expect casync digest "$T/out.caibx" --store "$T/default.castr"
wanted=$(cat "$T/stdout")
expect casync digest "$T/a.raw" --store "$T/default.castr"
[ -n "$wanted" ] || trouble "casync digest says nothing"
ok "casync digest reads the index"
