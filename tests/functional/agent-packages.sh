#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A host whose agent manages its packages, with the real apt in a Debian root of its own and a real libvirt. Services run
# as their packages are installed or removed, by the agent or by hand, and the other packages follow the list.
# timeout: 300
# asan: no
. "$(dirname "$0")/lib.sh"

R=$T/root
debian_root "$R"

# package NAME VERSION [FIELD...]: put a package into the repository that stands for Debian's.
package() {
  local dir=$T/build-package
  rm -rf "$dir"
  mkdir -p "$dir/DEBIAN" "$R/repo"
  printf '%s\n' "Package: $1" "Version: $2" 'Architecture: all' 'Maintainer: test <test@localhost>' 'Description: of a test' "${@:3}" \
    >"$dir/DEBIAN/control"
  dpkg-deb --root-owner-group -Znone --build "$dir" "$R/repo/$1_$2_all.deb" >/dev/null
}

repository() { (cd "$R/repo" && apt-ftparchive packages . >Packages && apt-ftparchive release . >"$T/Release" && mv "$T/Release" Release); }
in_root() { "${PRIVATE[@]}" chroot "$R" env DEBIAN_FRONTEND=noninteractive "$@"; }
# install_file NAME VERSION: an administrator installs a service package that the list does not name.
install_file() {
  cp "$T/depot/pool/main/${1:0:1}/$1/$1_$2_amd64.deb" "$R/service.deb"
  by_hand install /service.deb
}

by_hand() { expect in_root apt-get -qq -y -o Dpkg::Use-Pty=0 "$@"; } # an administrator's apt-get

# expect_version PACKAGE VERSION: dpkg has that version; "": it does not have the package
expect_version() {
  local version
  # shellcheck disable=SC2016 # dpkg-query expands it
  version=$(chroot "$R" dpkg-query -W -f '${db:Status-Status} ${Version}' "$1" 2>/dev/null | sed -n 's/^installed //p')
  [ "$version" = "$2" ] || trouble "dpkg's '$1' is '$version' instead of '$2'"
}
expect_domains() { [ "$(domains)" = "$1" ] || trouble "these run: '$(domains)' instead of '$1'"; }
expect_page() { [ "$(page_at "$(service_address "$1")")" = "$2" ] || trouble "the page of '$1' is not '$2' but '$(page_at "$(service_address "$1")")'"; }
expect_silent() { # a pass that has nothing to do
  expect agent once --json
  jq -e '[.steps, .packages.installed, .packages.upgraded, .packages.removed, .troubles] | flatten | length == 0' "$T/stdout" >"$T/jq" ||
    trouble "a second pass does or tells: $(jq -c '[.steps, .packages, .troubles]' "$T/stdout")"
}
expect_vital() {
  local name
  for name in ifupdown isc-dhcp-client apt base-files lautta-agent before; do
    chroot "$R" dpkg-query -W "$name" >/dev/null 2>&1 || trouble "'$name' is gone"
  done
  [ -z "$(chroot "$R" dpkg --audit)" ] || trouble "dpkg --audit: $(chroot "$R" dpkg --audit)"
}

# --- the host as it was before its first list

make_host
PORT=$(free_port)
"${PRIVATE[@]}" "$ROOT/tools/serve" "$T/depot" "$PORT" "$T/nginx" &
PIDS+=($!)
wait_until 20 "${PRIVATE[@]}" bash -c ": <>/dev/tcp/127.0.0.1/$PORT" 2>/dev/null
sed -i "s|^depots = .*|depots = http://127.0.0.1:$PORT|; s|^manage = .*|manage = yes\nroot = $R\nlock-timeout = 1s|" "$HOST/agent.conf"

package lautta-agent 0~stand-in 'Depends: gpgv'
package before 1.0
package editor 1.0 'Depends: editor-data'
package editor-data 1.0
package pager 1.0
package toolbox 1.0
repository
echo 'deb [trusted=yes] file:/repo ./' >"$R/etc/apt/sources.list"
rm -rf "$R"/etc/apt/sources.list.d/*
by_hand update
by_hand install lautta-agent before

publish_container web 1.0
publish_container web 1.1
publish_container web 1.2 crash
publish_container db 9
publish_container db 10

# --- services and packages that the list names

push_list 'web=1.0, editor'
expect agent plan
expect_output '^start +web 1\.0'
expect_output 'editor 1\.0'
expect_version web ''
expect_version editor ''
expect agent once
expect_version web 1.0
expect_version editor 1.0
expect_version editor-data 1.0
expect_domains web_1.0
expect_page web 1.0
expect_silent
ok "a service is committed by apt and runs, and the Debian package in the same list is installed"

push_list 'web=1.1, editor'
expect agent once
expect_version web 1.1
expect_domains web_1.1
expect_page web 1.1
expect_silent
ok "after an update that came up, dpkg has the new version"

push_list 'web=1.2, editor'
expect_exit 1 agent once
expect_message "'web' 1\.1 (runs again|goes on running)"
expect_version web 1.1
expect_domains web_1.1
expect_page web 1.1
expect_exit 1 agent once
expect_version web 1.1
expect_domains web_1.1
ok "after an update that did not come up, the previous version runs on, and is dpkg's"

# --- packages that an administrator installs

push_list 'web=1.1, editor' 'may-have: ["d*", toolbox]'
expect agent once
by_hand install toolbox
install_file db 9
expect_version db 9
expect_domains web_1.1
expect agent once
expect_domains 'db_9 web_1.1'
expect_page db 9
expect_silent
ok "a service that somebody installs by hand, as the list allows, runs"

install_file db 10
cp -a "$T/depot" "$T/whole-depot"
rm -r "$T/depot/packs"
find "$T/depot" -name '*.delta*' -type f -delete
code=0
agent once >"$T/stdout" 2>"$T/stderr" || code=$?
[ "$code" != 0 ] || trouble "an image came from nowhere"
expect_domains 'db_9 web_1.1'
expect_version db 10
rm -r "$T/depot"
mv "$T/whole-depot" "$T/depot"
expect agent once
expect_domains 'db_10 web_1.1'
expect_version db 10
expect_silent
ok "its update by hand is made as soon as its image is available"

by_hand remove db
expect agent once
expect_domains web_1.1
expect_absent "$HOST/state/services/db" "$HOST/state/images/db_9.raw" "$HOST/state/images/db_10.raw" "$HOST/state/state/services/db.json"
expect_version toolbox 1.0
ok "a service goes with its files when somebody removes its package"

push_list 'web=1.1, editor' 'may-have: [db, toolbox]'
expect agent once
by_hand install db
expect_version db 10
expect agent once
expect_domains 'db_10 web_1.1'
expect_version db 10
push_list 'web=1.1, editor' 'may-have: [toolbox]'
expect agent once
expect_domains web_1.1
expect_version db ''
expect_silent
ok "where May-Have names a version, that version runs; a service that is no longer allowed goes"

by_hand remove web
expect agent once
expect_version web 1.1
expect_domains web_1.1
ok "a service that the list names comes back to dpkg when somebody removes it, and runs on"

push_list 'web=1.1, editor'
expect agent once
install_file db 9
expect agent once
expect_message "'db' is installed, but the list does not allow it"
expect_version db 9
expect_domains web_1.1
expect_absent "$HOST/state/services/db" "$HOST/state/images/db_9.raw"
ok "a service that the list does not allow is reported and does not run"

push_list 'web=1.1, editor' 'may-not-have: [db]'
expect agent once
expect_version db ''
expect_silent
ok "a service that the list rules out is removed"

# --- other programs at work

lock_dpkg "$R"
push_list 'web=1.0, db=9, editor, pager'
expect_exit 75 agent once
expect_message "process $LOCKER has dpkg's lock"
expect_domains web_1.1
expect_page web 1.1
"${PRIVATE[@]}" virsh -q -c lxc:///system destroy web_1.1 >/dev/null
expect_exit 75 agent once
expect_domains web_1.1
expect_version web 1.1
kill "$LOCKER"
expect agent once
expect_domains 'db_9 web_1.0'
expect_version web 1.0
expect_version db 9
expect_version pager 1.0
expect_silent
ok "while another process has dpkg's lock, services run on and are started again, and the next pass converges"

publish_container web 1.3
push_list 'web=1.3, db=9, editor, pager'
lock_dpkg "$R"
expect_exit 75 agent once
kill "$LOCKER"
mv "$T/depot/pool/main/w/web/web_1.3_amd64.deb" "$T/away.deb"
expect_exit 75 agent once
expect_message 'service packages: '
expect_domains 'db_9 web_1.0'
expect_page web 1.0
expect_version web 1.0
expect_vital
mv "$T/away.deb" "$T/depot/pool/main/w/web/web_1.3_amd64.deb"
expect agent once
expect_domains 'db_9 web_1.3'
expect_version web 1.3
expect_silent
ok "while a service package cannot be fetched services run on, and the next pass converges"

in_root apt-mark -qq hold web
push_list 'web=1.1, db=10, editor, pager'
expect_exit 1 agent once
expect_domains 'db_10 web_1.3'
expect_version web 1.3
expect_version db 10
in_root apt-mark -qq unhold web
expect agent once
expect_domains 'db_10 web_1.1'
push_list 'web=1.3, db=9, editor, pager'
expect agent once
expect_domains 'db_9 web_1.3'
expect_silent
ok "a service package that apt refuses keeps no other back"

# --- packages that go

lock_dpkg "$R"
push_list 'web=1.3, editor, pager' 'may-have: ["*"]'
expect_exit 75 agent once
expect_domains web_1.3
expect_version db 9
kill "$LOCKER"
expect agent once
expect_domains web_1.3
expect_version db ''
expect_silent
ok "a service that the list names no more does not come back as somebody's own, if apt was busy when it went"

push_list 'web=1.3, db=9, editor, pager'
expect agent once
expect_domains 'db_9 web_1.3'
push_list 'web=1.3, pager' 'may-not-have: [isc-dhcp-client, toolbox]'
expect_exit 1 agent once
expect_message "'isc-dhcp-client' is not removed: "
expect_domains web_1.3
expect_version db ''
expect_version editor ''
expect_version editor-data ''
expect_version toolbox ''
expect_version pager 1.0
expect_absent "$HOST/state/services/db" "$HOST/state/images/db_9.raw" "$HOST/state/state/services/db.json"
expect_vital
expect_exit 1 agent once
expect_message "'isc-dhcp-client' is not removed: "
ok "the removal of a vital package is refused in each pass, and all else is done"

push_list ''
by_hand install toolbox
expect agent once
expect_domains ''
expect_version web ''
expect_version pager ''
expect_version toolbox 1.0
expect_vital
[ -z "$(find "$HOST/state"/{services,images,roots,console,state/services} -mindepth 1 2>/dev/null)" ] || trouble "files are left behind"
expect_silent
ok "a service that the list names no more goes with its service package; packages that others installed stay"

# --- a depot with forged content

# forge KEY [DEB...]: put these packages into the depot, and sign its new metadata with that key of ours.
forge() {
  local key=$1 arch=$T/depot/dists/stable/main/binary-amd64 deb
  for deb in "${@:2}"; do
    mkdir -p "$T/depot/pool/main/f"
    cp "$deb" "$T/depot/pool/main/f/"
    (cd "$T/depot" && apt-ftparchive packages pool/main/f) >"$T/forged"
  done
  python3 - "$T" "$arch" <<'PYTHON'
import gzip, hashlib, os, re, subprocess, sys
top, arch = sys.argv[1:]
text = open(arch + "/Packages").read()
forged = open(top + "/forged").read() if os.path.exists(top + "/forged") else ""
names = {(p.split("\n")[0], re.search(r"^Version: .*", p, re.M).group(0)) for p in forged.strip().split("\n\n") if p}
kept = [p for p in text.strip().split("\n\n") if p and (p.split("\n")[0], re.search(r"^Version: .*", p, re.M).group(0)) not in names]
open(arch + "/Packages", "w").write("\n\n".join(kept + ([forged.strip()] if forged else [])) + "\n\n")
subprocess.run(["sh", "-c", "gzip -9nkf Packages && zstd -qf Packages -o Packages.zst"], cwd=arch, check=True)
release = open(top + "/depot/dists/stable/InRelease").read().split("\n-----BEGIN PGP SIGNATURE")[0].split("\n\n", 1)[1]
def line(match):
    data = open(top + "/depot/dists/stable/" + match.group(3), "rb").read()
    digest = hashlib.sha256(data).hexdigest()
    by_hash = os.path.dirname(top + "/depot/dists/stable/" + match.group(3)) + "/by-hash/SHA256/"
    os.makedirs(by_hash, exist_ok=True)
    open(by_hash + digest, "wb").write(data)
    return f" {digest} {len(data)} {match.group(3)}"
release = re.sub(r"^ ([0-9a-f]{64}) +([0-9]+) (\S+)$", line, release, flags=re.M)
open(top + "/release", "w").write(re.sub(r"^- ", "", release, flags=re.M) + "\n")
PYTHON
  gpg --homedir "$LAUTTA_HOME/gnupg" --batch -q --digest-algo SHA512 --local-user "$key!" --clear-sign --output - "$T/release" \
    >"$T/InRelease" 2>"$T/gpg.log" || { cat "$T/gpg.log" && false; }
  mv "$T/InRelease" "$T/depot/dists/stable/InRelease"
}
primary() { gpg --show-keys --with-colons "$LAUTTA_HOME/$1.pgp" 2>/dev/null | awk -F: '$1 == "fpr" { print $10; exit }'; } # ROLE
expect_no_script() { expect_absent "$R/root-was-here"; }

# evil NAME VERSION [FIELD...]: $T/NAME_VERSION.deb, the script of which runs as root.
evil() {
  local dir=$T/evil
  rm -rf "$dir"
  mkdir -p "$dir/DEBIAN"
  printf '%s\n' "Package: $1" "Version: $2" 'Architecture: amd64' 'Maintainer: test <test@localhost>' 'Description: of a test' "${@:3}" \
    >"$dir/DEBIAN/control"
  printf '#!/bin/sh\ntouch /root-was-here\n' >"$dir/DEBIAN/postinst"
  chmod 755 "$dir/DEBIAN/postinst"
  [ ! -e "$T/service" ] || cp -r "$T/service/usr" "$dir/"
  dpkg-deb --root-owner-group -Znone --build "$dir" "$T/$1_$2_amd64.deb" >/dev/null
}

package tzdata 1.0
repository
by_hand update
push_list 'tzdata'
expect agent once
expect_version tzdata 1.0
evil tzdata 9999
forge "$(primary release)" "$T/tzdata_9999_amd64.deb"
push_list 'tzdata, pager'
expect agent once
expect_version pager 1.0
by_hand update
by_hand upgrade
expect_version tzdata 1.0
expect_no_script
ok "a Debian package that a depot has is installed neither by the agent nor by a person's upgrade"

publish_container web 2.0
push_list 'web=2.0, tzdata'
dpkg-deb -x "$T/depot/pool/main/w/web/web_2.0_amd64.deb" "$T/service"
evil web 2.0 'Depends: lautta-agent' 'Section: misc' 'Priority: optional' 'Lautta-Format: 1' 'Lautta-Image-Size: 4194304'
cp -a "$T/depot" "$T/honest"
forge "$(primary release)" "$T/web_2.0_amd64.deb"
expect_exit 3 agent once
expect_message "is not the one that the list means"
expect_version web ''
by_hand update
code=0
in_root apt-get -qq -y install web >"$T/stdout" 2>&1 || code=$?
[ "$code" = 100 ] || trouble "apt found a web: $(cat "$T/stdout")"
expect_no_script
ok "a service package whose digest is not the list's is not unpacked, by the agent or by a person's apt install"

push_list 'tzdata' 'may-have: [web]'
code=0
agent once >"$T/stdout" 2>"$T/stderr" || code=$?
by_hand update
in_root apt-get -qq -y install web >"$T/stdout" 2>&1 || true
expect_version web ''
expect_no_script
ok "nor is a service package that has the list's digest, and a script"

rm -rf "$T/depot"
mv "$T/honest" "$T/depot"
forge "$(primary lists)"
code=0
agent once >"$T/stdout" 2>"$T/stderr" || code=$?
[ "$code" != 0 ] || trouble "the agent took a depot that the list key signed"
by_hand update
expect in_root apt-cache policy
! grep -q "$PORT" "$T/stdout" || trouble "apt reads the depot"
expect_absent "$R/etc/apt/keyrings/lautta.pgp"
[ -z "$(in_root grep -rl 'BEGIN PGP\|Signed-By' /etc/apt/sources.list.d /etc/apt/keyrings 2>/dev/null)" ] || trouble "apt has a key of ours"
ok "apt believes no key of a fleet: neither the list key nor any other opens a depot to it"
