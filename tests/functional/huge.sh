#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# An image of 16 TiB with 1 GiB of data publishes and fetches, within the bounds of memory and of the index.
# timeout: 900
# asan: no
# slow
. "$(dirname "$0")/lib.sh"

# Files of 16 TiB are too long for ext4 by one block.
mount_disk 5G "$T/disk" xfs || skip_all "no xfs can be mounted here"
truncate -s 16T "$T/disk/huge.raw" 2>/dev/null || skip_all "the file system has no files of 16 TiB"

# 64 pieces of 16 MiB, a piece every 256 GiB, the last piece at the very end.
for ((i = 1; i <= 64; i++)); do
  random_bytes "huge.$i" $((16 << 20)) |
    dd of="$T/disk/huge.raw" bs=1M iflag=fullblock seek=$((i * 256 * 1024 - 16)) conv=notrunc status=none
done
describe huge 1 disk/huge.raw >"$T/huge.yaml"
make_depot "$T/depot"

within_memory() { # MIB COMMAND...: it succeeds; its peak, like that of its children, is below
  local peak
  expect /usr/bin/time -f %M -o "$T/peak" "${@:2}"
  peak=$(tail -n 1 "$T/peak")
  echo "# $3 needed $((peak / 1024)) MiB and $(json seconds) s"
  [ "$peak" -le $(($1 * 1024)) ] || trouble "$((peak / 1024)) MiB of memory are more than $1"
}

within_memory 256 "$LAUTTA" publish "$T/huge.yaml" --image "$T/disk/huge.raw" --depot "$T/depot" --json
ok "an image of 16 TiB with 1 GiB of data is published in 256 MiB of memory"

within_memory 192 "$LAUTTA" fetch huge --depot "$T/depot" --keyring "$KEYRING" -o "$T/disk/fetched.raw" --json
expect python3 "$ROOT/tests/functional/sparse-cmp.py" "$T/disk/huge.raw" "$T/disk/fetched.raw"
ok "the image is fetched in 192 MiB of memory, unchanged"

index=$(stat -c %s "$T/disk/fetched.raw.caibx")
echo "# the index has $index bytes"
[ "$index" -lt $((64 << 20)) ] || trouble "its index has $index bytes"
ok "its index is below 64 MiB"

used=$(($(stat -c '%b * %B' "$T/disk/fetched.raw")))
echo "# the fetched image takes $used bytes on disk"
[ "$used" -lt $((1100 << 20)) ] || trouble "it takes $used bytes on disk"
ok "its holes take no space"
