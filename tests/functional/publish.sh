#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Publishing: the stored files, the refused calls, and the states that readers see meanwhile.
# timeout: 240
. "$(dirname "$0")/lib.sh"

D=$T/depot
make_depot "$D"
make_image "$T/a.raw" 32M
cp --sparse=always "$T/a.raw" "$T/b.raw"
random_bytes change 65536 | dd of="$T/b.raw" bs=4096 seek=20 conv=notrunc status=none
describe web 1.0 a.raw >"$T/1.yaml"
describe web 1.1 b.raw >"$T/2.yaml"

publish() { "$LAUTTA" publish "$@" --depot "$D" --json; }

expect publish "$T/1.yaml" --image "$T/a.raw"
first_packed=$(json packed_bytes)
[ "$(json bytes)" = $((32 << 20)) ] || trouble "wrong size: $(json bytes)"
[ "$(json new_chunks)" -gt 100 ] || trouble "few new chunks: $(json new_chunks)"
ok "a first version brings all of its chunks"

expect publish "$T/2.yaml" --image "$T/b.raw"
[ "$(json new_bytes)" -le $((1 << 20)) ] || trouble "new bytes: $(json new_bytes)"
[ "$(json packed_bytes)" -lt $((first_packed / 5)) ] || trouble "packed: $(json packed_bytes) after $first_packed"
ok "the next version brings only what changed"

describe copy 1.0 a.raw >"$T/copy.yaml"
expect publish "$T/copy.yaml" --image "$T/a.raw"
[ "$(json new_chunks)" = 0 ] || trouble "new chunks: $(json new_chunks)"
ok "another service with the same content brings no chunks"

before=$(find "$D" -type f ! -name lock -exec sha256sum {} + | sort)
expect publish "$T/1.yaml" --image "$T/a.raw"
[ "$(json was_there)" = true ] || trouble "was_there: $(json was_there)"
[ "$before" = "$(find "$D" -type f ! -name lock -exec sha256sum {} + | sort)" ] || trouble "the depot changed"
ok "the same version again changes nothing"

expect_exit 1 publish "$T/1.yaml" --image "$T/b.raw"
expect_message "version 1.0 of 'web' is published with another image"
cp "$T/1.yaml" "$T/1b.yaml"
echo 'summary: Another' >>"$T/1b.yaml"
expect_exit 1 publish "$T/1b.yaml" --image "$T/a.raw"
expect_message 'another description'
[ "$before" = "$(find "$D" -type f ! -name lock -exec sha256sum {} + | sort)" ] || trouble "the depot changed"
ok "the same version with other content is refused, and the attempt leaves nothing"

expect_exit 4 publish "$T/1.yaml" --image "$T/none.raw"
expect_message "none.raw"
printf 'service: kern\nversion: 1\narchitecture: amd64\nboot: kernel\nimage: {file: a.raw, kernel: vmlinux}\n' >"$T/k.yaml"
expect_exit 4 publish "$T/k.yaml" --image "$T/a.raw"
expect_message "a.raw.kernel.*boot: kernel"
expect_exit 4 "$LAUTTA" publish "$T/1.yaml" --image "$T/a.raw" --depot "$T/nowhere"
expect_exit 2 "$LAUTTA" publish "$T/1.yaml" --image "$T/a.raw"
ok "a missing file is named"

make_image "$T/c.raw" 64M 3
describe web 2.0 c.raw >"$T/3.yaml"
describe web 2.1 c.raw >"$T/4.yaml"
publish "$T/3.yaml" --image "$T/c.raw" >"$T/3.out" 2>&1 &
one=$!
publish "$T/4.yaml" --image "$T/c.raw" >"$T/4.out" 2>&1 &
two=$!
wait "$one" || trouble "the first failed: $(cat "$T/3.out")"
wait "$two" || trouble "the second failed: $(cat "$T/4.out")"
expect "$LAUTTA" ls --depot "$D" --keyring "$KEYRING" --json
for version in 1.0 1.1 2.0 2.1; do
  expect_output "\"version\": \"$version\""
done
ok "of two publishers at once, one waits"

# A reader in a loop while versions are published: every state that it sees is whole.
for i in 1 2 3 4 5 6; do
  describe loop "$i" a.raw >"$T/loop-$i.yaml"
done
(
  for i in 1 2 3 4 5 6; do
    publish "$T/loop-$i.yaml" --image "$T/a.raw" >/dev/null || exit 1
  done
  touch "$T/published"
) &
writer=$!
reads=0
until [ -e "$T/published" ] || [ "$reads" = 500 ]; do
  expect "$LAUTTA" ls --depot "$D" --keyring "$KEYRING" --json
  reads=$((reads + 1))
done
wait "$writer" || trouble "the writer failed"
[ "$reads" -gt 3 ] || trouble "only $reads reads"
ok "a reader sees the old or the new state, whole, while versions are published"

# A process that cuts the image while it is read.
make_image "$T/shrinks.raw" 128M 4
describe shrinks 1 shrinks.raw >"$T/s.yaml"
reads_image() { find /proc/"$writer"/fd -lname "$T/shrinks.raw" 2>/dev/null | grep -q .; }
"$LAUTTA" publish "$T/s.yaml" --image "$T/shrinks.raw" --depot "$D" >"$T/stdout" 2>"$T/stderr" &
writer=$!
wait_until 20 reads_image
truncate -s 1M "$T/shrinks.raw"
wait "$writer" && trouble "it was published"
expect_message "changed while it was read|shrank while it was read"
expect "$LAUTTA" verify --depot "$D"
ok "an image that shrinks while it is read is refused"

truncate -s 0 "$T/empty.raw"
describe empty 1 empty.raw >"$T/e.yaml"
expect publish "$T/e.yaml" --image "$T/empty.raw"
expect "$LAUTTA" fetch empty --depot "$D" --keyring "$KEYRING" -o "$T/empty.out"
expect_same "$T/empty.raw" "$T/empty.out"
head -c 100001 "$T/a.raw" >"$T/odd.raw"
describe odd 1 odd.raw >"$T/o.yaml"
expect publish "$T/o.yaml" --image "$T/odd.raw"
expect "$LAUTTA" fetch odd --depot "$D" --keyring "$KEYRING" -o "$T/odd.out"
expect_same "$T/odd.raw" "$T/odd.out"
ok "an empty image and an image of an odd size come back unchanged"

expect "$LAUTTA" remove web=1.0 --depot "$D"
expect_exit 4 "$LAUTTA" fetch web=1.0 --depot "$D" --keyring "$KEYRING" -o "$T/gone"
expect "$LAUTTA" fetch web=1.1 --depot "$D" --keyring "$KEYRING" -o "$T/stays"
expect_same "$T/b.raw" "$T/stays"
expect "$LAUTTA" verify --depot "$D"
ok "a removed version takes nothing from the other versions"

# The same bytes are changed twice: two deltas of the same bytes, which take different chunks from their sources.
raise_bytes() { # FROM TO MIB...
  python3 - "$@" <<'EOT'
import sys
image = bytearray(open(sys.argv[1], "rb").read())
for mib in map(int, sys.argv[3:]):
    for at in range(mib << 20, (mib + 1) << 20, 65536):
        image[at] = (image[at] + 1) % 256
open(sys.argv[2], "wb").write(image)
EOT
}
raise_bytes "$T/a.raw" "$T/t2.raw" 0 8
raise_bytes "$T/t2.raw" "$T/t3.raw" 0 4 8 12
for i in 2 3; do describe twins "$i" "t$i.raw" >"$T/t$i.yaml"; done
describe twins 1 a.raw >"$T/t1.yaml"
expect publish "$T/t1.yaml" --image "$T/a.raw"
expect publish "$T/t2.yaml" --image "$T/t2.raw"
expect publish "$T/t3.yaml" --image "$T/t3.raw"
expect "$LAUTTA" verify --depot "$D"
ok "deltas from two versions that happen to be the same file are one file"

# On a machine whose apt knows no packages there is no warning.
if apt-cache show tzdata >"$T/known" 2>&1; then
  describe tzdata 1.0 a.raw >"$T/tzdata.yaml"
  expect publish "$T/tzdata.yaml" --image "$T/a.raw"
  expect_message "warning: Debian has a package 'tzdata': a host where it is installed refuses the service"
  mkdir -p "$T/fleet/hosts"
  printf 'key: SHA256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\nmust-have: [tzdata, copy]\n' >"$T/fleet/hosts/library-1.yaml"
  expect "$LAUTTA" fleet push "$T/fleet" --depot "$D"
  expect_message "warning: Debian has a package 'tzdata'"
  ! grep "'copy'" "$T/stderr" || trouble "it warns of a name that no Debian package has"
  ok "a service with the name of a Debian package is published and listed with a warning"
fi
