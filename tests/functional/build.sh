#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A real service from Debian packages, built twice under different circumstances: the same bytes, and a correct image.
# And a script that fails.
# timeout: 900
# asan: no
# slow
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root"
mkdir -p "$T/tree/lib/systemd/system" "$T/tree/srv/empty" "$T/one" "$T/two"
echo '[Unit]' >"$T/tree/lib/systemd/system/page.service"
echo "a name" >"$T/tree/srv/it's a \$(name)"
ln -s /etc/hostname "$T/tree/srv/link"
chmod 600 "$T/tree/srv/it's a \$(name)"
cat >"$T/setup.sh" <<'S'
#!/bin/sh
set -e
useradd --create-home keeper
echo "$LAUTTA_SERVICE $LAUTTA_VERSION $(umask) ${TZ-no zone}" >/srv/made
S
cat >"$T/web.yaml" <<'Y'
service: web.test
version: 1.0
image:
  build:
    suite: bookworm
    packages: [busybox, linux-image-cloud-amd64, openssh-server]
    size: 1G
    copy: [{from: tree, to: /}]
    customize: [setup.sh]
Y
sed -i "s/cloud-amd64/cloud-$(dpkg --print-architecture)/" "$T/web.yaml"

# What differs: the directory, the file system under it, the user's umask, time zone, environment, host name; and from
# the second build on, packages come from the cache.
first() { env TMPDIR="$T/one" "$LAUTTA" build "$T/web.yaml" -o "$T/one/web.raw" --json; }
second() {
  (
    umask 077
    unshare --uts sh -c 'hostname elsewhere && exec "$@"' sh \
      env TMPDIR="$T/two" TZ=Asia/Tokyo FOO=bar "$LAUTTA" build "$T/two/web.yaml" -o "$T/two/web.raw" --json
  )
}

expect first
[ "$(json packages)" -gt 90 ] || trouble "packages: $(json packages)"
[ "$(json bytes)" = 1073741824 ] || trouble "bytes: $(json bytes)"
[ "$(json disk_bytes)" -lt 700000000 ] || trouble "on disk: $(json disk_bytes)"
ok "an image is built from packages, sparse"

mount -t tmpfs -o size=3G tmpfs "$T/two" && MOUNTS+=("$T/two")
cp -r "$T/web.yaml" "$T/setup.sh" "$T/tree" "$T/two/"
expect second
for part in '' .kernel .initrd .packages; do
  expect_same "$T/one/web.raw$part" "$T/two/web.raw$part"
done
ok "elsewhere, on another file system, the same bytes come out"

image=$T/one/web.raw
cat_file() { debugfs -R "cat \"$1\"" "$image" 2>/dev/null; }
list() { debugfs -R "ls -p \"$1\"" "$image" 2>/dev/null | cut -d/ -f6; }
expect e2fsck -fn "$image"
ok "e2fsck finds nothing to complain about"

file_begins() { [ "$(head -c "${#2}" "$1" | tr '\177' E)" = "$2" ] || trouble "$1 begins otherwise"; }
[ "$(dpkg --print-architecture)" != amd64 ] || file_begins "$image.kernel" EELF
file_begins "$image.initrd" 07070
kernel=$(list /boot | grep '^vmlinuz-')
cat_file "/boot/$kernel" | cmp - "$image.kernel" || trouble "the kernel in the image is another"
cat_file "/boot/initrd.img-${kernel#vmlinuz-}" | cmp - "$image.initrd" || trouble "the initrd in the image is another"
grep -aq 'TRAILER!!!' "$image.initrd" || trouble "the initrd has no end"
ok "kernel and initrd lie beside the image and in it, uncompressed"

[ -z "$(cat_file /etc/machine-id)" ] || trouble "machine-id: $(cat_file /etc/machine-id)"
list /etc/ssh | grep -q sshd_config || trouble "no /etc/ssh/sshd_config"
! list /etc/ssh | grep ssh_host_ || trouble "host keys are in the image"
cat_file /etc/systemd/system/ssh.service.d/lautta-host-keys.conf | grep -q 'ssh-keygen -A' || trouble "nothing makes host keys"
[ "$(cat_file /etc/hostname)" = web-test ] || trouble "host name: $(cat_file /etc/hostname)"
! list /etc | grep -E '^(resolv.conf|passwd-|shadow-)$' || trouble "the builder's files are in the image"
[ -z "$(cat_file /var/log/dpkg.log)" ] || trouble "the build's log is in the image"
! list /var/lib/apt/lists | grep '[a-z]' || trouble "package lists are in the image"
! list /etc/apt | grep '^sources.list$' || trouble "the builder's apt sources are in the image"
ok "what is each machine's own, or the builder's, is not in the image"

[ "$(cat_file /srv/made)" = 'web.test 1.0 0022 no zone' ] || trouble "the script saw: $(cat_file /srv/made)"
cat_file /etc/passwd | grep -q '^keeper:' || trouble "the script's user is missing"
[ "$(cat_file "/srv/it's a \$(name)")" = 'a name' ] || trouble "a file with a name full of signs is missing"
debugfs -R 'stat /lib' "$image" 2>/dev/null | grep -q 'Type: symlink' || trouble "/lib is no symlink any more"
cat_file /usr/lib/systemd/system/page.service | grep -q Unit || trouble "a file below a symlink is missing"
list /srv | grep -q '^empty$' || trouble "an empty directory is missing"
ok "files are copied in and scripts run"

printf '#!/bin/sh\necho all is lost >&2\nexit 3\n' >"$T/bad.sh"
cat >"$T/bad.yaml" <<'Y'
service: web.test
version: 1.0
boot: host-kernel
image: {build: {variant: essential, suite: bookworm, size: 512M, customize: [bad.sh]}}
Y
expect_exit 1 "$LAUTTA" build "$T/bad.yaml" -o "$T/bad.raw"
expect_message "script 'bad.sh' failed"
expect_message 'all is lost'
expect_absent "$T/bad.raw"
ok "a script that fails is named, with its last words"
