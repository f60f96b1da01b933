#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The packages of a host, in a Debian root of its own with the real apt and dpkg: they follow the list, and packages that
# the host needs stay.
# timeout: 600
. "$(dirname "$0")/lib.sh"

HOST=$ROOT/build/tests/apt-host
case $LAUTTA in */build-asan/*) HOST=$ROOT/build-asan/tests/apt-host ;; esac
R=$T/root
debian_root "$R"
ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0 # faketime is preloaded before it
export ASAN_OPTIONS POOL=$T/pool RECORD=$T/state/packages.json LOCK_TIMEOUT=60
KILLS=${KILLS:-8} RANDOM=${SEED:-4711}

# --- packages for it

# package NAME VERSION [FIELD...]: put a package into the repository that stands for Debian's. POSTINST: its script also
# runs this.
package() {
  local dir=$T/build-package
  rm -rf "$dir"
  mkdir -p "$dir/DEBIAN" "$dir/usr/share/$1" "$R/repo"
  echo "$2" >"$dir/usr/share/$1/version"
  {
    printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: test <test@localhost>\nDescription: of a test\n' "$1" "$2"
    [ $# -lt 3 ] || printf '%s\n' "${@:3}"
  } >"$dir/DEBIAN/control"
  # Slow enough that a kill can come between.
  printf '#!/bin/sh\nsleep 0.1\n' | tee "$dir/DEBIAN/postinst" >"$dir/DEBIAN/prerm"
  [ -z "${POSTINST:-}" ] || echo "$POSTINST" >>"$dir/DEBIAN/postinst"
  chmod 755 "$dir/DEBIAN/postinst" "$dir/DEBIAN/prerm"
  dpkg-deb --root-owner-group -Znone --build "$dir" "$R/repo/$1_$2_all.deb" >/dev/null
}

repository() { (cd "$R/repo" && apt-ftparchive packages . >Packages && apt-ftparchive release . >"$T/Release" && mv "$T/Release" Release); }

in_root() { chroot "$R" env DEBIAN_FRONTEND=noninteractive "$@"; }

by_hand() { # an administrator's apt-get
  expect in_root apt-get -qq -y -o Dpkg::Use-Pty=0 "$@"
}

# shellcheck disable=SC2016 # dpkg-query expands it
version_of() { in_root dpkg-query -W -f '${db:Status-Status} ${Version}' "$1" 2>/dev/null | sed -n 's/^installed //p'; }

expect_version() { # PACKAGE VERSION; "" for not there
  local version
  version=$(version_of "$1")
  [ "$version" = "$2" ] || trouble "'$1' is '$version' instead of '$2'"
}

# Packages that no case may take away.
expect_vital() {
  local name
  for name in ifupdown isc-dhcp-client apt dpkg base-files lautta-agent libvirt-daemon-system agent-tool; do
    [ -n "$(version_of "$name")" ] || trouble "'$name' is gone"
  done
  [ -z "$(in_root dpkg --audit)" ] || trouble "dpkg --audit: $(in_root dpkg --audit)"
}

# --- the depot and lists

make_depot "$T/depot"
make_image "$T/a.raw" 4M
mkdir "$POOL"
publish() { # NAME VERSION
  describe "$1" "$2" a.raw >"$T/$1.yaml"
  expect "$LAUTTA" publish "$T/$1.yaml" --image "$T/a.raw" --depot "$T/depot"
  cp "$T/depot/pool/main/${1:0:1}/$1/$1_$2_amd64.deb" "$POOL/"
}
publish web 1.0
publish web 1.1
publish access 2.1

# list SERIAL MUST-HAVE [MAY-HAVE [MAY-NOT-HAVE]]: write $T/list; services are written as NAME=VERSION.
list() {
  local must='' services='' one
  for one in $2; do
    must+=${must:+, }
    case $one in
    *=*)
      must+="${one%%=*} (= ${one#*=})"
      services+=" $(sha256sum <"$T/depot/pool/main/${one:0:1}/${one%%=*}/${one/=/_}_amd64.deb" | cut -d ' ' -f 1) ${one%%=*} ${one#*=}"$'\n'
      ;;
    *) must+=$one ;;
    esac
  done
  {
    printf 'Format: lautta-list/1\nHost: test\nHost-Key: SHA256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\nSerial: %s\n' "$1"
    printf 'Date: 2026-01-01T00:00:00Z\nValid-Until: 2099-01-01T00:00:00Z\nDepot-Date-Min: 2026-01-01T00:00:00Z\n'
    [ -z "$must" ] || echo "Must-Have: $must"
    [ -z "$services" ] || printf 'Services-SHA256:\n%s' "$services"
    [ -z "${3:-}" ] || echo "May-Have: $3"
    [ -z "${4:-}" ] || echo "May-Not-Have: $4"
  } >"$T/list"
}

apply() { # the list of these arguments
  list "$@"
  expect "$HOST" "$R" apply "$T/list"
}

expect_nothing() { [ ! -s "$T/stdout" ] || trouble "not silent: $(cat "$T/stdout")"; }

# --- the host as it was before the agent

package lautta-agent 0~stand-in 'Depends: libvirt-daemon-system, gpgv' 'Recommends: agent-tool'
package libvirt-daemon-system 0~stand-in
package agent-tool 1.0
package before 1.0
package editor 1.0 'Depends: editor-data'
package editor-data 1.0
package pager 1.0
package telnetd 1.0
package toolbox 1.0
package needs-toolbox 1.0 'Depends: toolbox'
package anti-net 1.0 'Conflicts: ifupdown'
for i in $(seq 12); do package "bulk$i" 1.0; done
repository
echo 'deb [trusted=yes] file:/repo ./' >"$R/etc/apt/sources.list"
rm -rf "$R"/etc/apt/sources.list.d/*
by_hand update
by_hand install lautta-agent before
[ -n "$(version_of agent-tool)" ] || trouble "no agent-tool"
expect_vital
ok "there is a host with a network, an agent and libvirt"

# --- installing, upgrading, removing

list 1 editor
expect "$HOST" "$R" plan "$T/list"
expect_output '^installed editor 1.0$'
expect_version editor ''
expect_absent "$RECORD"
ok "a plan says which packages would come, and changes nothing"

apply 1 editor
expect_output '^installed editor 1.0$'
expect_output '^installed editor-data 1.0$'
expect_version editor 1.0
apply 1 editor
expect_nothing
ok "a Must-Have package is installed, once"

package editor 2.0 'Depends: editor-data'
repository
expect "$HOST" "$R" apply "$T/list"
expect_nothing
apply 2 editor
expect_output '^upgraded editor 2.0$'
expect_version editor 2.0
ok "a new list is the time to look for newer versions"

package editor 3.0 'Depends: editor-data'
repository
python3 - "$RECORD" <<'PYTHON'
import hashlib, json, sys
path = sys.argv[1]
record = json.loads(open(path).read().rsplit("\nsha256 ", 1)[0])
record["looked-at"] -= 24 * 3600 + 1
text = json.dumps(record, indent=1, sort_keys=True) + "\n"
open(path, "w").write(text + "sha256 " + hashlib.sha256(text.encode()).hexdigest() + "\n")
PYTHON
expect "$HOST" "$R" apply "$T/list"
expect_output '^upgraded editor 3.0$'
ok "a day is the time to look for newer versions, too"

by_hand remove editor
expect "$HOST" "$R" apply "$T/list"
expect_output '^installed editor 3.0$'
expect_version editor 3.0
ok "a Must-Have package that somebody removed by hand comes back"

by_hand install toolbox
apply 3 pager
expect_output '^removed editor 3.0$'
expect_output '^removed editor-data 1.0$'
expect_version editor ''
expect_version pager 1.0
expect_version toolbox 1.0
expect_version before 1.0
expect_vital
ok "packages that the agent brought go with their entry, and packages that others brought stay"

# --- refused changes

apply 4 "pager anti-net nothing-of-that-name"
expect_output "^refused 'anti-net' is not installed: apt would have to remove .*ifupdown"
expect_output "^refused 'nothing-of-that-name' is not installed: .*Unable to locate package"
expect_version anti-net ''
expect_vital
apply 4 "pager anti-net nothing-of-that-name"
expect_output "^refused 'anti-net' is not installed"
ok "a package that would push the network out, or that no source has, is refused by name in each pass"

list 41 "pager anti-net $(seq -f 'nothing%g' -s ' ' 200)"
ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=execve -o "$T/strace" "$HOST" "$R" apply "$T/list" >"$T/stdout"
[ "$(grep -c "^refused 'nothing" "$T/stdout")" = 200 ] || trouble "not all of 200 are refused: $(wc -l <"$T/stdout")"
calls=$(grep -c 'execve("[^"]*/chroot".*= 0' "$T/strace" || true)
[ "$calls" -le 12 ] || trouble "200 packages that no source has cost $calls calls of apt"
expect_version pager 1.0
ok "hundreds of packages that no source has cost a few calls of apt"

apply 5 "editor anti-net"
expect_version editor 3.0
expect_version pager ''
expect_vital
ok "a refused package keeps nothing else from being done"

apply 6 editor '' "isc-dhcp-client, before, agent-tool"
expect_output "^refused 'isc-dhcp-client' is not removed: "
expect_output "^refused 'before' is not removed: it was there before the agent"
expect_output "^refused 'agent-tool' is not removed: "
expect_vital
ok "a package that the network, the agent or the base needs is not removed, even if the list says so"

by_hand install telnetd needs-toolbox
apply 7 editor '' "telnetd, toolbox"
expect_output '^removed telnetd 1.0$'
expect_output "^refused 'toolbox' is not removed: 'needs-toolbox' needs it"
expect_version telnetd ''
expect_version toolbox 1.0
ok "a May-Not-Have package goes, unless something else would have to go with it"

apply 8 "$(seq -f 'bulk%g' -s ' ' 12)"
expect_version bulk12 1.0
apply 9 editor
expect_output '^refused nothing is removed: 12 packages would go, and max-removals is 10: bulk1, bulk10, '
expect_version bulk12 1.0
MAX_REMOVALS=12 apply 10 editor
expect_version bulk12 ''
expect_vital
ok "more than max-removals at once do not go"

# --- strict

apply 11 editor '*'
STRICT=1 apply 12 editor '*'
expect_nothing
STRICT=1 apply 13 editor 'needs-*'
expect_nothing
expect_version toolbox 1.0
ok "strict takes no May-Have package away, nor anything that such a package needs"

STRICT=1 apply 14 editor
expect_output '^removed needs-toolbox 1.0$'
expect_output '^removed toolbox 1.0$'
expect_version editor 3.0
expect_version before 1.0
expect_vital
ok "strict takes away packages that no field names, and leaves the host alive"

# --- service packages

services() { [ "$("$HOST" "$R" unpacked | sed 's/^unpacked //' | paste -sd ' ')" = "$1" ] || trouble "unpacked: $("$HOST" "$R" unpacked)"; }

expect "$HOST" "$R" commit web=1.0
expect_version web 1.0
services web
expect "$HOST" "$R" commit web=1.1 access=2.1
expect_version web 1.1
services 'access web'
expect "$HOST" "$R" commit web=1.0 access=2.1
expect_version web 1.0
apply 17 "editor web=1.0 access=2.1"
expect_version editor 3.0
ok "services go up and down in version as they are asked to, and other packages stay"

expect_exit 1 "$HOST" "$R" commit editor-
expect_message "'editor' is a package of this host, and no service"
expect_exit 75 "$HOST" "$R" commit web=7.0
expect_message "no depot has 'web_7.0_amd64.deb'"
expect "$HOST" "$R" commit web=1.0 access-
expect_version access ''
services web
expect_vital
[ -z "$(ls "$R/var/cache/lautta/apt")" ] || trouble "left behind: $(ls "$R/var/cache/lautta/apt")"
ok "a commit removes nothing but services, says if a version is nowhere, and leaves no file"

# --- services that a person can install

by_hand remove web
list 18 "editor web=1.1 access=2.1"
expect "$HOST" "$R" offer "$T/list"
expect_nothing
by_hand upgrade
expect_version web ''
by_hand install web access
expect_version web 1.1
expect_version access 2.1
ok "a person installs by name the services that the list names, in the listed version"

list 19 "editor web=1.0 access=2.1"
expect "$HOST" "$R" offer "$T/list"
by_hand update
by_hand upgrade
by_hand dist-upgrade
expect_version web 1.1
[ "$(cd "$R/var/cache/lautta/apt" && echo *)" = "Packages web_1.0.deb" ] || trouble "offered: $(ls "$R/var/cache/lautta/apt")"
expect "$HOST" "$R" commit web=1.0
expect_version web 1.0
ok "apt moves no service to another version by itself, neither up nor down"

publish access 7.0
rm "$POOL/access_7.0_amd64.deb"
list 20 "editor web=1.0 access=7.0"
expect_exit 75 "$HOST" "$R" offer "$T/list"
expect_message "'access' 7.0 cannot be installed by apt: no depot has"
by_hand update
by_hand upgrade
expect_version access 2.1
ok "a service whose package cannot be taken is reported"

printf 'Types: deb\nURIs: http://127.0.0.1:1/\nSuites: stable\nComponents: main\nSigned-By: /etc/apt/keyrings/lautta.pgp\n' >"$R/etc/apt/sources.list.d/lautta.sources"
mkdir -p "$R/etc/apt/keyrings"
touch "$R/etc/apt/keyrings/lautta.pgp" "$R/etc/apt/keyrings/lautta-ca.pem" "$R/etc/apt/apt.conf.d/lautta"
list 21 "editor web=1.0 access=2.1"
expect "$HOST" "$R" offer "$T/list"
expect_absent "$R/etc/apt/keyrings/lautta.pgp" "$R/etc/apt/keyrings/lautta-ca.pem" "$R/etc/apt/apt.conf.d/lautta"
by_hand update
in_root apt-get indextargets | grep -q '^Site: 127' && trouble "apt still reads a depot"
ok "files by which an older agent gave depots and keys to apt are removed"

# --- names that are Debian's

publish isc-dhcp-client 99.0
publish before 99.0
expect_exit 1 "$HOST" "$R" commit isc-dhcp-client=99.0
expect_message "'isc-dhcp-client' is a Debian package of this host"
[ -e "$R/sbin/dhclient" ] || trouble "dhclient is gone"
list 21 "before=99.0 web=1.0"
expect "$HOST" "$R" offer "$T/list"
expect_exit 1 "$HOST" "$R" commit before=99.0
by_hand update
by_hand dist-upgrade
by_hand install before
expect_version before 1.0
[ -e "$R/usr/share/before/version" ] || trouble "a file of the Debian package is gone"
! grep -q before "$R/etc/apt/preferences.d/lautta" || trouble "Debian's package is pinned away"
expect_vital
list 21 "isc-dhcp-client=99.0 web=1.0"
expect_exit 3 "$HOST" "$R" offer "$T/list"
expect_message "'isc-dhcp-client' may not be named: a service cannot take its place"
ok "a service never takes the place of a Debian package that is installed, by the agent or by hand"

library=$(dpkg -L libfaketime | grep '/libfaketime.so.1$')
mkdir -p "$R$(dirname "$library")"
cp "$library" "$R$library"
mkdir -p "$R/dev/shm"
echo 'APT::Sandbox::User "root";' >"$R/etc/apt/apt.conf.d/faketime" # what it shares, another user cannot read
expect env NO_FAKE_STAT=1 faketime 2020-01-01 "$HOST" "$R" commit web=1.1
expect_version web 1.1
list 22 "editor web=1.0 access=2.1"
expect env NO_FAKE_STAT=1 faketime 2020-01-01 "$HOST" "$R" apply "$T/list"
expect env NO_FAKE_STAT=1 faketime 2020-01-01 "$HOST" "$R" offer "$T/list"
rm "$R/etc/apt/apt.conf.d/faketime"
ok "a clock that is years behind does not keep apt from service packages"

# --- other programs at work

lock_dpkg "$R"
LOCK_TIMEOUT=1 expect_exit 75 "$HOST" "$R" commit web=1.0
expect_message "process $LOCKER has dpkg's lock"
list 189 "editor pager"
LOCK_TIMEOUT=1 expect_exit 75 "$HOST" "$R" apply "$T/list"
"$HOST" "$R" apply "$T/list" >"$T/waited" 2>&1 &
WAITER=$!
kill "$LOCKER"
code=0
wait "$WAITER" || code=$?
[ "$code" = 0 ] || trouble "waiting for the lock: $(cat "$T/waited")"
expect_version pager 1.0
lock_dpkg "$R" var/lib/apt/lists/lock
list 190 "editor pager"
LOCK_TIMEOUT=1 "$HOST" "$R" apply "$T/list" >"$T/stdout" 2>"$T/stderr" || true
grep -q "process $LOCKER has apt's lock" "$T/stdout" "$T/stderr" || trouble "the lock on apt's lists is not reported: $(cat "$T/stdout" "$T/stderr")"
list 191 "editor pager"
"$HOST" "$R" apply "$T/list" >"$T/waited" 2>&1 &
WAITER=$!
kill "$LOCKER"
code=0
wait "$WAITER" || code=$?
grep -q refused "$T/waited" && code=1
[ "$code" = 0 ] || trouble "waiting for the lock on apt's lists: $(cat "$T/waited")"
ok "the lock of another program is waited for, as long as the configuration says"

mkdir -p "$T/empty"
in_root apt-get clean
mv "$R/repo" "$T/repo-away"
mkdir "$R/repo"
list 192 "editor toolbox"
code=0
"$HOST" "$R" apply "$T/list" >"$T/stdout" 2>"$T/stderr" || code=$?
cat "$T/stdout" "$T/stderr" >"$T/said"
grep -Eq 'refused|fetch' "$T/said" || trouble "an absent source is not reported"
expect_version editor 3.0
rmdir "$R/repo" && mv "$T/repo-away" "$R/repo"
apply 193 "editor toolbox"
expect_version toolbox 1.0
expect_version pager ''
ok "sources that are away are reported, and tried again"

# --- killed

# As systemd does when the agent's package restarts it: the agent ends, and its child processes go on.
# shellcheck disable=SC2016 # the script expands it
POSTINST='kill -9 "$(cat /agent.pid)"; sleep 0.5; echo more >&2; echo more' package lautta-agent 1~stand-in \
  'Depends: libvirt-daemon-system, gpgv' 'Recommends: agent-tool'
repository
list 194 "editor toolbox lautta-agent"
"$HOST" "$R" apply "$T/list" >"$T/killed" 2>&1 &
echo "$!" >"$R/agent.pid"
code=0
wait "$!" || code=$?
[ "$code" = 137 ] || trouble "the agent was not killed by its own upgrade, but ended with $code: $(cat "$T/killed")"
is_upgraded() { [ "$(version_of lautta-agent)" = 1~stand-in ]; }
wait_until 60 is_upgraded
expect_vital
expect "$HOST" "$R" apply "$T/list"
expect_nothing
ok "an upgrade of the agent comes to its end without the agent that began the upgrade"

in_root apt-get clean
hits=0 tries=0
while [ "$hits" -lt "$KILLS" ] && [ "$tries" -lt $((KILLS * 6)) ] && [ "$TROUBLE" = 0 ]; do
  if [ $((tries % 2)) = 0 ]; then wanted="editor pager bulk1 bulk2" gone=toolbox web=1.0; else wanted="editor toolbox" gone=pager web=1.1; fi
  list $((200 + tries)) "$wanted web=$web"
  # shellcheck disable=SC2016 # the inner shell expands it
  setsid bash -c '"$1" "$2" commit "web=$4" && exec "$1" "$2" apply "$3"' bash "$HOST" "$R" "$T/list" "$web" >"$T/killed" 2>&1 </dev/null &
  child=$!
  sleep "$(awk -v r="$RANDOM" 'BEGIN { print 0.1 + r / 32768 * 1.6 }')"
  # Kill the agent alone, whose apt-get then goes on, or with its children.
  if [ $((RANDOM % 3)) = 0 ]; then target=$child; else target=-$child; fi
  ! kill -9 -- "$target" 2>/dev/null || hits=$((hits + 1))
  wait "$child" 2>/dev/null || true
  expect "$HOST" "$R" commit "web=$web"
  expect "$HOST" "$R" apply "$T/list"
  for i in $wanted; do [ -n "$(version_of "$i")" ] || trouble "'$i' is not there after kill $tries: $(cat "$T/stdout")"; done
  expect_version "$gone" ''
  expect_version web "$web"
  expect_vital
  tries=$((tries + 1))
done
echo "# $hits kills in $tries tries"
[ "$hits" -ge "$KILLS" ] || trouble "only $hits of $tries runs were killed before their end"
ok "after kill -9 at random moments, the next call converges, and knows which packages the agent brought"

# The state of a package whose unpacking was killed, and whose file is gone.
in_root sed -i '/^Package: web$/,/^$/ s/^Status: .*/Status: install reinstreq half-installed/' /var/lib/dpkg/status
rm -f "$R"/var/cache/lautta/apt/*
expect "$HOST" "$R" commit web=1.1
expect_version web 1.1
expect_vital
ok "a service package that was unpacked by half is installed again where its file is gone"

"$HOST" "$R" apply "$T/list" >"$T/stdout"
"$HOST" "$R" apply "$T/list" >"$T/stdout"
expect_nothing
TIMEFORMAT='# a pass with nothing to do: %U + %S s of CPU'
time "$HOST" "$R" apply "$T/list" >/dev/null
ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=execve -o "$T/strace" "$HOST" "$R" apply "$T/list"
[ "$(grep -c execve "$T/strace")" = 1 ] || trouble "it ran programs: $(grep execve "$T/strace")"
ok "a pass with nothing to do runs no program"
