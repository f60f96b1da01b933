#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Fetching: bit for bit, from seeds, resumed, and the messages of failures.
# timeout: 240
. "$(dirname "$0")/lib.sh"

D=$T/depot
make_depot "$D"
make_image "$T/a.raw" 48M
cp --sparse=always "$T/a.raw" "$T/b.raw"
random_bytes change 1048576 | dd of="$T/b.raw" bs=1M seek=5 conv=notrunc iflag=fullblock status=none
random_bytes kernel 300000 >"$T/vmlinux"
random_bytes initrd 500000 >"$T/initrd"
for v in a b; do
  printf 'service: web\nversion: %s\narchitecture: amd64\nboot: kernel\nimage: {file: %s.raw, kernel: vmlinux, initrd: initrd}\n' \
    "$([ $v = a ] && echo 1.0 || echo 1.1)" "$v" >"$T/$v.yaml"
  cp "$T/vmlinux" "$T/$v.raw.kernel"
  cp "$T/initrd" "$T/$v.raw.initrd"
  expect "$LAUTTA" publish "$T/$v.yaml" --image "$T/$v.raw" --depot "$D"
done
ok "two versions with kernel and initrd are published"

fetch() { "$LAUTTA" fetch "$@" --keyring "$KEYRING" --json; }

same_as() { # NAME OUTPUT
  expect_same "$T/$1.raw" "$2"
  expect_same "$T/$1.raw.kernel" "$2.kernel"
  expect_same "$T/$1.raw.initrd" "$2.initrd"
  expect_absent "$2.partial" "$2.kernel.partial" "$2.initrd.partial"
}

start_nginx "$D"
for from in "$D" "file://$D" "$URL"; do
  rm -rf "$T/out" && mkdir "$T/out"
  expect fetch web=1.0 --depot "$from" -o "$T/out/a"
  same_as a "$T/out/a"
done
[ "$(stat -c %b "$T/out/a")" -lt $((48 * 2048 * 2 / 3)) ] || trouble "not sparse: $(stat -c %b "$T/out/a") blocks"
ok "a directory, a stick and a web server give the same bytes, sparse"

expect fetch web --depot "$URL" -o "$T/out/b" --seed "$T/out/a"
[ "$(json version)" = 1.1 ] || trouble "version $(json version)"
same_as b "$T/out/b"
[ "$(json bytes_fetched)" -lt 2000000 ] || trouble "fetched $(json bytes_fetched)"
[ "$(json bytes_reused)" -gt 20000000 ] || trouble "reused $(json bytes_reused)"
[ "$(json requests)" -le 6 ] || trouble "$(json requests) requests"
ok "without a version the newest comes, and a seed leaves only the change to fetch"

cp "$T/a.raw" "$T/bare"
expect fetch web=1.1 --depot "$URL" -o "$T/out/b2" --seed "$T/bare"
same_as b "$T/out/b2"
[ "$(json bytes_fetched)" -lt 3000000 ] || trouble "fetched $(json bytes_fetched)"
ok "a seed without an index is cut again"

cp "$T/out/a.caibx" "$T/liar.caibx"
random_bytes liar 1000000 >"$T/liar"
expect fetch web=1.0 --depot "$URL" -o "$T/out/a2" --seed "$T/liar"
same_as a "$T/out/a2"
expect_exit 4 fetch web=1.0 --depot "$URL" -o "$T/out/a3" --seed "$T/none"
expect_message "none"
ok "a seed that differs from its index only serves less; an absent seed is named"

expect fetch web=1.1 --depot "$URL" -o "$T/out/a2"
same_as b "$T/out/a2"
[ "$(json bytes_fetched)" -lt 2000000 ] || trouble "fetched $(json bytes_fetched)"
expect fetch web=1.1 --depot "$URL" -o "$T/out/a2"
[ "$(json was_there)" = true ] || trouble "was_there $(json was_there)"
ok "the output itself is a seed for its next version, and is left alone when it is complete"

printf x | dd of="$T/out/a2" bs=1 seek=3000000 conv=notrunc status=none
expect fetch web=1.1 --depot "$URL" -o "$T/out/a2"
same_as b "$T/out/a2"
ok "an altered output is repaired"

# Cut off on the web server, in each pack after two MB, and finished from a stick.
start_http_server "$D"
echo 'packs/* close=2000000' >"$RULES"
LAUTTA_RETRY_BASE_MS=10 expect_exit 75 fetch web=1.0 --depot "$URL" -o "$T/out/c" --retries 0
expect_message 'packs/'
expect_absent "$T/out/c"
cp -a "$D" "$T/stick"
expect fetch web=1.0 --depot "file://$T/stick" -o "$T/out/c"
same_as a "$T/out/c"
[ "$(json bytes_reused)" -gt 1500000 ] || trouble "reused $(json bytes_reused)"
ok "a fetch that one depot could not finish is finished from another"

expect_exit 4 fetch nothing --depot "$T/stick" -o "$T/out/n"
expect_message "no service 'nothing'"
expect_exit 4 fetch web=9.9 --depot "$T/stick" -o "$T/out/n"
expect_message "9.9.*it has 1.1.*1.0"
expect_exit 2 fetch 'we/b' --depot "$T/stick" -o "$T/out/n"
expect_exit 2 fetch 'web=../1' --depot "$T/stick" -o "$T/out/n"
expect_exit 2 fetch '' --depot "$T/stick" -o "$T/out/n"
expect_exit 2 fetch web --depot "$T/stick"
for output in '' "$T/out" "$T/new/" /dev/null; do
  expect_exit 2 fetch web --depot "$T/stick" -o "$output"
  expect_message "cannot be the image"
done
expect_exit 2 fetch web --depot ftp://127.0.0.1/ -o "$T/out/n"
expect_exit 4 fetch web --depot "$T/nowhere" -o "$T/out/n"
expect_exit 75 fetch web --depot http://127.0.0.1:9/ --retries 0 -o "$T/out/n"
expect_exit 4 fetch web --depot "$T/stick" -o "$T/no/such/directory/x"
expect_message "no/such/directory"
expect_absent "$T/out/n" "$T/out/n.partial"
ok "wrong calls get a message that names the fault"

flock "$T/out/d.partial" sleep 5 &
locker=$!
wait_until 5 test -e "$T/out/d.partial"
sleep 0.2
expect_exit 1 fetch web=1.0 --depot "$T/stick" -o "$T/out/d"
expect_message "another call is fetching"
kill "$locker"
ok "two fetches to one output do not mix"

# The same key signs both suites; a mirror puts one suite in the place of the other.
make_depot "$T/testing" --suite testing
expect "$LAUTTA" publish "$T/a.yaml" --image "$T/a.raw" --depot "$T/testing"
mv "$T/testing/dists/testing" "$T/testing/dists/stable"
expect_exit 3 fetch web=1.0 --depot "file://$T/testing" --suite stable -o "$T/out/s"
expect_message "it is of suite 'testing', not 'stable'"
expect_absent "$T/out/s"
ok "another suite of the same key is not accepted as the wanted suite"

sentence="where the file system can, blocks are shared with the seed"
if mount_disk 400M "$T/reflink" xfs; then
  cp --sparse=always "$T/a.raw" "$T/reflink/a"
  cp "$T/out/a.caibx" "$T/reflink/a.caibx"
  expect fetch web=1.1 --depot "$T/stick" -o "$T/reflink/b" --seed "$T/reflink/a"
  same_as b "$T/reflink/b"
  [ "$(json bytes_cloned)" -gt 20000000 ] || trouble "cloned $(json bytes_cloned)"
  expect_same "$T/a.raw" "$T/reflink/a"
  ok "$sentence"
else
  skip "$sentence" "no xfs can be mounted here"
fi
