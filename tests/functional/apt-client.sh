#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Real apt reads a depot: no warning, several versions of a service, download, install, upgrade, remove.
# timeout: 180
. "$(dirname "$0")/lib.sh"

make_depot "$T/depot" --origin "Libraries of Espoo"
make_image "$T/a.raw" 8M
publish() { # NAME VERSION
  describe "$1" "$2" a.raw >"$T/$1.yaml"
  expect "$LAUTTA" publish "$T/$1.yaml" --image "$T/a.raw" --depot "$T/depot"
}
publish web 1.0
publish web '1:0.9~rc1+b-2'
publish access 2.1

# apt in a root directory of its own, with a dpkg of its own.
mkdir -p "$T/apt"/{etc/apt/apt.conf.d,etc/apt/preferences.d,etc/apt/sources.list.d,var/lib/apt/lists/partial,var/cache/apt/archives/partial,var/log/apt} \
  "$T/root/var/lib/dpkg"/{info,updates}
: >"$T/root/var/lib/dpkg/status"
cat >"$T/apt.conf" <<CONF
Dir "$T/apt";
Dir::State::status "$T/root/var/lib/dpkg/status";
Dir::Log "$T/apt/var/log/apt";
APT::Architecture "amd64";
APT::Architectures { "amd64"; };
APT::Sandbox::User "root";
APT::Install-Recommends "false";
Acquire::http::Proxy "DIRECT";
Acquire::Languages "none";
DPkg::Options { "--root=$T/root"; "--force-not-root"; };
CONF
export APT_CONFIG=$T/apt.conf

source_line() { echo "deb [signed-by=$KEYRING] $1 stable main" >"$T/apt/etc/apt/sources.list"; }

installed() { dpkg-query --admindir="$T/root/var/lib/dpkg" -W -f "\${$1}" "$2"; } # FIELD PACKAGE

# update: apt-get update, in which any warning or error is trouble.
update() {
  expect apt-get update
  ! grep -E '^[WEN]:' "$T/stdout" "$T/stderr" >"$T/warnings" || trouble "$(cat "$T/warnings")"
}

start_nginx "$T/depot"
source_line "$URL"
update
expect_output "^(Get|Ign):.*$URL"
grep -q 'by-hash/SHA256' "$T"/nginx-*/access.log || trouble "apt did not ask by hash"
ok "apt-get update over http warns of nothing, and reads by hash"

expect apt-cache madison web
expect_output '1:0.9~rc1\+b-2 .*stable/main amd64 Packages'
expect_output ' 1.0 .*stable/main amd64 Packages'
expect apt-cache policy access
expect_output 'Candidate: 2.1'
expect_output "$URL stable/main amd64 Packages"
expect apt-cache policy
expect_output 'o=Libraries of Espoo'
ok "every version of every service is there for apt, with the depot's origin"

mkdir "$T/got"
(cd "$T/got" && expect apt-get download web=1.0 && [ "$TROUBLE" = 0 ]) || trouble "apt-get download failed"
expect_same "$T/got/web_1.0_amd64.deb" "$T/depot/pool/main/w/web/web_1.0_amd64.deb"
ok "apt downloads the service package that was published"

# A stand-in for the agent, which a service package depends on.
mkdir -p "$T/agent/DEBIAN"
printf 'Package: lautta-agent\nVersion: 0~stand-in\nArchitecture: all\nMaintainer: test <test@localhost>\nDescription: stand-in of a test\n' \
  >"$T/agent/DEBIAN/control"
expect dpkg-deb --root-owner-group --build "$T/agent" "$T/lautta-agent.deb"

expect_exit 100 apt-get install -y web=1.0
expect_output 'Depends: lautta-agent'
ok "a service package depends on the agent"

expect dpkg --root="$T/root" --install "$T/lautta-agent.deb"
expect apt-get install -y web=1.0 access
SERVICES=$T/root/usr/share/lautta/services
expect_same "$SERVICES/web/service.yaml" <(describe web 1.0 a.raw)
[ -s "$SERVICES/web/image.caibx" ] || trouble "no index is installed"
[ "$(stat -c '%a %U' "$SERVICES/web/image.caibx")" = "644 root" ] || trouble "the index has wrong modes"
ok "apt-get install puts description and index where the agent looks"

publish web '1:1.1'
source_line "file:$T/depot"
update
ok "apt-get update from a directory warns of nothing"

expect apt-get dist-upgrade -y
expect installed Version web
expect_output '^1:1.1$'
ok "a newer version is an upgrade"

expect apt-get remove -y web
expect_absent "$SERVICES/web"
[ -d "$SERVICES/access" ] || trouble "another service went as well"
expect installed Status access
expect_output 'install ok installed'
ok "apt-get remove takes a service away whole"

source_line "$URL"
expect "$LAUTTA" refresh --depot "$T/depot"
update
expect "$LAUTTA" remove web=1.0 --depot "$T/depot"
update
expect apt-cache madison web
! grep -q ' 1\.0 ' "$T/stdout" || trouble "the removed version is still listed"
expect_output ' 1:1.1 '
ok "apt follows a refresh and a removal"

sed -i 's/^Label: .*/Label: forged/' "$T/depot/dists/stable/InRelease"
rm -rf "$T/apt/var/lib/apt/lists"
code=0
apt-get update >"$T/stdout" 2>&1 || code=$?
[ "$code" != 0 ] || grep -Eq '^[WE]:' "$T/stdout" || trouble "apt took a forged InRelease"
ok "apt refuses a forged InRelease"
