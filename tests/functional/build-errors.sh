#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Builds that are refused, the leftovers of failed and killed ones, and disk files of every format.
# A script stands in for mmdebstrap, to save time: build.sh runs the real one.
# timeout: 120
. "$(dirname "$0")/lib.sh"

export TMPDIR=$T/tmp
mkdir -p "$T/bin" "$T/tmp" "$T/root/boot" "$T/root/etc" "$T/root/var/lib/dpkg"

# --- descriptions

printf 'service: web\nversion: 1\nimage: {build: {size: 12Q}}\n' >"$T/bad.yaml"
expect_exit 2 "$LAUTTA" build "$T/bad.yaml" -o "$T/out.raw"
expect_message "^lautta build: $T/bad.yaml:3: image.build.size: '12Q' is not a size"
expect_exit 4 "$LAUTTA" build "$T/absent.yaml" -o "$T/out.raw"
expect_exit 2 "$LAUTTA" build "$T/bad.yaml"
expect_message '-o IMAGE'
expect_exit 2 "$LAUTTA" build -o "$T/out.raw"
make_image "$T/disk.raw" 8M
describe web 1.0 disk.raw >"$T/raw.yaml"
expect_exit 4 "$LAUTTA" build "$T/raw.yaml" -o "$T/absent/out.raw"
expect_exit 2 "$LAUTTA" build "$T/raw.yaml" -o "$T/root"
expect_message 'not a file'
ok "wrong usage and a wrong description are exit code 2, with file and line"

# --- disk files

expect "$LAUTTA" build "$T/raw.yaml" -o "$T/out.raw" --json
expect_same "$T/disk.raw" "$T/out.raw"
[ "$(json bytes)" = 8388608 ] || trouble "bytes: $(json bytes)"
[ "$(stat -c %b "$T/out.raw")" -le "$(stat -c %b "$T/disk.raw")" ] || trouble "holes were filled"
ok "a raw disk file is copied with its holes"

for format in qcow2 vmdk vdi; do
  qemu-img convert -f raw -O "$format" "$T/disk.raw" "$T/disk.$format"
  describe web 1.0 "disk.$format" >"$T/$format.yaml"
  expect "$LAUTTA" build "$T/$format.yaml" -o "$T/$format.out"
  expect_same "$T/disk.raw" "$T/$format.out"
done
ok "qcow2, vmdk and vdi become the same raw image"

qemu-img create -q -f qcow2 -b "$T/disk.raw" -F raw "$T/backed.qcow2"
qemu-img create -q -f qcow2 -o "data_file=$T/data.raw,data_file_raw=on" "$T/data.qcow2" 8M
qemu-img convert -f raw -O vmdk -o subformat=twoGbMaxExtentSparse "$T/disk.raw" "$T/split.vmdk"
qemu-img create -q -f vmdk -o subformat=monolithicFlat "$T/flat.vmdk" 8M
[ "$(stat -c %s "$T/flat.vmdk")" -lt 512 ] || trouble "the descriptor is longer than a sector: another case is tested"
mkfifo "$T/pipe.raw"
for name in backed.qcow2 data.qcow2 split.vmdk flat.vmdk pipe.raw; do
  describe web 1.0 "$name" >"$T/refused.yaml"
  expect_exit 2 "$LAUTTA" build "$T/refused.yaml" -o "$T/refused.out"
  expect_message "$name.*(cannot be used|not a regular file)"
done
expect_absent "$T/refused.out" "$T/refused.out.partial"
ok "an image that would read other files of this machine is refused"

describe web 1.0 absent.raw >"$T/absent.yaml"
expect_exit 4 "$LAUTTA" build "$T/absent.yaml" -o "$T/absent.out"
expect_message "absent.raw"
ok "a disk file that is not there is named"

printf '\177ELF and more' >"$T/vmlinux"
printf '070701nonsense' >"$T/initrd"
printf 'service: web\nversion: 1\nboot: kernel\nimage: {file: disk.raw, kernel: vmlinux}\n' >"$T/kernel.yaml"
expect "$LAUTTA" build "$T/kernel.yaml" -o "$T/kernel.out"
expect_same "$T/vmlinux" "$T/kernel.out.kernel"
expect "$LAUTTA" build "$T/raw.yaml" -o "$T/kernel.out"
expect_absent "$T/kernel.out.kernel"
printf 'service: web\nversion: 1\nboot: kernel\nimage: {file: disk.raw, kernel: vmlinux, initrd: initrd}\n' >"$T/kernel.yaml"
expect_exit 3 "$LAUTTA" build "$T/kernel.yaml" -o "$T/initrd.out"
expect_message "initrd"
expect_absent "$T"/initrd.out*
ok "a disk file may bring its kernel, and one of an earlier build does not stay"

# --- what comes out of a bootstrap

# The next mmdebstrap writes the tar file of $T/root, after the commands given.
stand_in() {
  cat >"$T/bin/mmdebstrap" <<STUB
#!/bin/bash
for last; do case \$last in */root.tar) tar=\$last ;; --logfile=*) exec 2>"\${last#*=}" ;; esac; done
$1
tar --sort=name --owner=0 --group=0 --format=pax -C "$T/root" -cf "\$tar" .
STUB
  chmod +x "$T/bin/mmdebstrap"
}
export PATH=$T/bin:$PATH
printf 'Package: base\nStatus: install ok installed\nVersion: 1:2\nArchitecture: all\n\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 1\nArchitecture: all\n' \
  >"$T/root/var/lib/dpkg/status"
echo 0123456789abcdef >"$T/root/etc/machine-id"
case $(dpkg --print-architecture) in arm64) foreign=amd64 ;; *) foreign=arm64 ;; esac

stand_in ''
printf 'service: web\nversion: 1\nimage: {build: {size: 64M}}\n' >"$T/web.yaml"
expect_exit 2 "$LAUTTA" build "$T/web.yaml" -o "$T/web.raw"
expect_message "no kernel among the packages: add linux-image-cloud-.* or write 'boot: host-kernel'"
expect_absent "$T/web.raw" "$T/web.raw.partial"
ok "boot: kernel without a kernel says what to add"

printf 'service: web\nversion: 1\nboot: host-kernel\nimage: {build: {size: 64M}}\n' >"$T/web.yaml"
expect "$LAUTTA" build "$T/web.yaml" -o "$T/web.raw"
expect e2fsck -fn "$T/web.raw"
[ "$(cat "$T/web.raw.packages")" = 'base 1:2 all' ] || trouble "packages: $(cat "$T/web.raw.packages")"
[ -z "$(debugfs -R 'cat etc/machine-id' "$T/web.raw" 2>/dev/null)" ] || trouble "the machine-id is in the image"
ok "the image has no machine-id, and the packages are listed beside it"

random_bytes big 80000000 >"$T/root/big"
expect_exit 2 "$LAUTTA" build "$T/web.yaml" -o "$T/small.raw"
expect_message 'image.build.size is too small'
random_bytes big 64000000 >"$T/root/big"
expect_exit 2 "$LAUTTA" build "$T/web.yaml" -o "$T/small.raw"
expect_message 'image.build.size is too small'
expect_absent "$T"/small.raw "$T"/small.raw.partial
rm "$T/root/big"
ok "an image too small for its files names the key, whether that is seen before or while it is written"

stand_in 'echo "E: no such package" >&2; exit 1'
expect_exit 1 "$LAUTTA" build "$T/web.yaml" -o "$T/failed.raw"
expect_message 'E: no such package'
grep -q 'E: no such package' "$T/failed.raw.log" || trouble "no log"
stand_in ''
expect "$LAUTTA" build "$T/web.yaml" -o "$T/failed.raw"
expect_absent "$T/failed.raw.log"
ok "a failed build shows the last words and keeps the log until it succeeds"

printf 'service: web\nversion: 1\nboot: host-kernel\nimage: {build: {size: 64M, customize: [absent.sh]}}\n' >"$T/script.yaml"
expect_exit 4 "$LAUTTA" build "$T/script.yaml" -o "$T/script.raw"
expect_message 'image.build.customize\[0\].*absent.sh'
printf 'service: web\nversion: 1\nboot: host-kernel\nimage: {build: {size: 64M, copy: [{from: none, to: /x}]}}\n' >"$T/script.yaml"
expect_exit 4 "$LAUTTA" build "$T/script.yaml" -o "$T/script.raw"
expect_message 'image.build.copy\[0\].*none'
ok "a script or a file that is not there is named with its key"

if [ -e /proc/sys/fs/binfmt_misc/qemu-aarch64 ] || [ -e /proc/sys/fs/binfmt_misc/qemu-x86_64 ]; then
  skip "building for a foreign architecture says which packages are missing" "they are installed here"
else
  printf 'service: web\nversion: 1\narchitecture: %s\nboot: host-kernel\nimage: {build: {}}\n' "$foreign" >"$T/foreign.yaml"
  expect_exit 4 "$LAUTTA" build "$T/foreign.yaml" -o "$T/foreign.raw"
  expect_message "cannot run programs for $foreign: install .*qemu-user-static"
  ok "building for a foreign architecture says which packages are missing"
fi

# --- killed, and at the same time

stand_in "echo \$\$ >$T/stub.pid; while [ ! -e $T/go ]; do sleep 0.1; done"
"$LAUTTA" build "$T/web.yaml" -o "$T/killed.raw" >/dev/null 2>&1 &
builder=$!
PIDS+=("$builder")
wait_until 20 test -s "$T/stub.pid"
expect_exit 1 "$LAUTTA" build "$T/web.yaml" -o "$T/killed.raw"
expect_message 'another build of .*killed.raw'
ok "a second build of the same image is refused"

kill -9 "$builder"
{ wait "$builder" || true; } 2>/dev/null
kill "$(cat "$T/stub.pid")" 2>/dev/null || true
expect_absent "$T/killed.raw"
touch "$T/killed.raw.partial" "$T/killed.raw.kernel.partial"
stand_in ''
expect "$LAUTTA" build "$T/web.yaml" -o "$T/killed.raw"
expect_same "$T/web.raw" "$T/killed.raw"
expect_absent "$T"/killed.raw*.partial "$T"/tmp/lautta-build-*
ok "a killed build leaves no image, and the next one cleans up"

# --- a full disk

if mount_disk 24M "$T/little"; then
  random_bytes big 40000000 >"$T/root/big"
  expect_exit 1 "$LAUTTA" build "$T/web.yaml" -o "$T/little/web.raw"
  expect_message 'needs about .* MB'
  rm "$T/root/big"
  expect_absent "$T"/little/web.raw*
  cp "$T/disk.raw" "$T/full.raw"
  random_bytes full 30000000 >"$T/full.raw"
  qemu-img convert -f raw -O qcow2 "$T/full.raw" "$T/full.qcow2"
  for name in full.raw full.qcow2; do
    describe web 1.0 "$name" >"$T/full.yaml"
    expect_exit 1 "$LAUTTA" build "$T/full.yaml" -o "$T/little/full.raw"
    expect_message '[Nn]o space|needs'
    expect_absent "$T"/little/full.raw*
  done
  ok "a disk that is too small is reported, and nothing half-written stays on it"
else
  skip "a disk that is too small is reported, and nothing half-written stays on it" "no loop mounts here"
fi
