# shellcheck shell=bash disable=SC2034,SC2154 # lib.sh sets and tests read its variables
# SPDX-License-Identifier: LGPL-2.1-or-later
# Depots, images and descriptions to test with.

# make_image FILE SIZE [SEED]: make a small image, the same each time. One MiB in four is random, one is text, two are
# holes; the last block is data. SIZE is in M; another SEED makes another image.
make_image() {
  local mib=${2%M} i
  rm -f "$1"
  truncate -s "$2" "$1"
  for ((i = 0; i < mib; i += 4)); do
    random_bytes "${3:-1}.$i" 1048576 | dd of="$1" bs=1M seek="$i" conv=notrunc iflag=fullblock status=none
    [ $((i + 1)) -ge "$mib" ] ||
      yes "line of seed ${3:-1} at $i" | dd of="$1" bs=1M count=1 seek="$((i + 1))" conv=notrunc iflag=fullblock status=none
  done
  random_bytes "${3:-1}.end" 4096 | dd of="$1" bs=4096 seek=$((mib * 256 - 1)) conv=notrunc iflag=fullblock status=none
}

# change_image FILE TO SEED: copy FILE to TO with the changes of an update. In each 32 KiB of data some bytes differ,
# and in each MiB 32 KiB are new; holes stay.
change_image() {
  python3 - "$@" <<'PYTHON'
import os, random, shutil, subprocess, sys
source, target, seed = sys.argv[1:]
subprocess.run(["cp", "--sparse=always", source, target], check=True)
numbers = random.Random(seed)
with open(target, "r+b") as file:
    end = os.fstat(file.fileno()).st_size
    for at in range(0, end, 1 << 20):
        file.seek(at)
        if not any(file.read(4096)):
            continue
        for part in range(at, min(at + (1 << 20), end), 1 << 15):
            file.seek(part + numbers.randrange(1 << 14))
            file.write(numbers.randbytes(8 if part > at else 1 << 14))
PYTHON
}

random_bytes() { # SEED BYTES
  openssl enc -aes-128-ctr -pass "pass:$1" -nosalt -pbkdf2 -iter 1 -in /dev/zero 2>/dev/null | head -c "$2" || true
}

# describe NAME VERSION IMAGE: print the smallest description of a service.
describe() { printf 'service: %s\nversion: %s\narchitecture: amd64\nboot: firmware\nimage: {file: %s}\n' "$@"; }

# make_depot DIR [OPTION...]
make_depot() {
  "$LAUTTA" init "$@" >"$T/init.log" 2>&1 || { sed 's/^/# /' "$T/init.log"; return 1; }
}

make_disk_image() { make_with_kernel disk-image "$@"; }
make_with_kernel() {
  local code=0
  "$ROOT/tests/functional/$1" "${@:2}" >"$T/make.log" 2>&1 || code=$?
  [ "$code" != 4 ] || skip_all "no kernel from this machine's mirrors: $(tail -n 1 "$T/make.log")"
  [ "$code" = 0 ] || { sed 's/^/# /' "$T/make.log" && false; }
}
