# shellcheck shell=bash disable=SC2034,SC2154 # lib.sh sets and tests read its variables
# SPDX-License-Identifier: LGPL-2.1-or-later
# Debian for tests: a root of its own for apt and dpkg, our packages, the sources of this machine.

# debian_root DIR: unpack a small Debian for apt, dpkg and chroot, of the machine's release and from its mirrors.
# mmdebstrap makes it once; build/ keeps it. Skips the whole script without root or a mirror.
debian_root() {
  local cache=$ROOT/build/debian-root.tar
  [ "$(id -u)" = 0 ] || skip_all "only root can chroot"
  mkdir -p "$ROOT/build" "$1"
  (
    flock 9
    [ ! -e "$cache" ] || exit 0
    apt_sources >"$T/debian.sources.list"
    # shellcheck disable=SC1091,SC2016 # the hooks expand it
    mmdebstrap --quiet --variant=apt --include=ifupdown,isc-dhcp-client \
      --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
      --dpkgopt='path-exclude=/usr/share/locale/*' --customize-hook='printf "#!/bin/sh\nexit 101\n" >"$1/usr/sbin/policy-rc.d"' \
      --customize-hook='chmod 755 "$1/usr/sbin/policy-rc.d"; rm -f "$1"/etc/dpkg/dpkg.cfg.d/99mmdebstrap' \
      "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$cache.new.tar" "$T/debian.sources.list" >"$T/debian_root.log" 2>&1 || exit 1
    mv "$cache.new.tar" "$cache"
  ) 9>"$cache.lock" || skip_all "no Debian can be made from this machine's mirrors: $(tail -n 1 "$T/debian_root.log")"
  tar -C "$1" --numeric-owner -xf "$cache"
}

# lock_dpkg ROOT [FILE]: hold dpkg's lock (or the lock on FILE) below ROOT until LOCKER is killed.
lock_dpkg() {
  : >"$T/locked"
  python3 -c '
import fcntl, sys, time
lock = open(sys.argv[1], "r+")
fcntl.lockf(lock, fcntl.LOCK_EX)
print("locked", flush=True)
time.sleep(600)' "$1/${2:-var/lib/dpkg/lock-frontend}" >"$T/locked" &
  LOCKER=$!
  PIDS+=("$LOCKER")
  wait_until 20 grep -q locked "$T/locked"
}

# build_packages DIR: build the Debian packages of this tree in DIR; the output is in $T/build.log.
build_packages() {
  mkdir -p "$1/lautta"
  (cd "$ROOT" && git ls-files -z --cached --others --exclude-standard | tar -c --null --ignore-failed-read -T - 2>/dev/null) | tar -C "$1/lautta" -x
  (cd "$1/lautta" && DEB_BUILD_OPTIONS="nocheck noautodbgsym parallel=$(nproc)" nice dpkg-buildpackage -us -uc -b) >"$T/build.log" 2>&1
}

# apt_sources: print the machine's own Debian sources of its release, one a line.
apt_sources() {
  # shellcheck disable=SC2016,SC1091 # apt expands it
  apt-get indextargets --format 'deb $(REPO_URI) $(CODENAME) $(COMPONENT) $(CREATED_BY)' |
    awk -v code="$(. /etc/os-release && echo "$VERSION_CODENAME")" \
      '$5 == "Packages" && index($3, code) == 1 && $4 == "main" { print $1, $2, $3, $4 }' | sort -u
}
