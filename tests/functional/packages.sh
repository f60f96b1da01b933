#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The Debian packages: built from the tree, judged by lintian, installed in a clean Debian, at work there, and removed
# again without a trace.
# timeout: 600
# asan: no
. "$(dirname "$0")/lib.sh"

# --- what control and packages.txt say

agreement() {
  python3 - "$ROOT" <<'PYTHON'
import re, sys
root = sys.argv[1]
tagged = {}
for line in open(root + "/packages.txt"):
    if line.strip() and not line.startswith("#"):
        tags, names = line.split()
        for tag in tags.split(","):
            tagged.setdefault(tag, set()).add(names)
paragraphs = {}
for text in open(root + "/debian/control").read().split("\n\n"):
    fields = dict(re.findall(r"^([A-Za-z-]+):((?:.*)(?:\n[ \t].*)*)", text, re.M))
    paragraphs[fields.get("Package", "source").strip()] = fields

def names(package, *fields):
    found = set()
    for field in fields:
        for part in paragraphs[package].get(field, "").split(","):
            name = re.sub(r"\(.*\)", "", part).strip()
            if name and not name.startswith("${"):
                found.add("|".join(n.strip() for n in name.split("|")))
    return found

build_essential, essential = {"gcc", "libc6-dev", "make"}, {"gzip"}
def same(what, control, listed):
    for name in sorted(control ^ listed):
        print(f"{what}: '{name}' is only in {'debian/control' if name in control else 'packages.txt'}")

same("build", names("source", "Build-Depends") - {"debhelper-compat"}, tagged["build"] - build_essential)
same("run", names("lautta", "Depends"), tagged["run"] - essential)
host = names("lautta-agent", "Depends", "Recommends")
same("host", host - tagged["run"], tagged["host"])
PYTHON
}
agreement >"$T/agreement"
[ ! -s "$T/agreement" ] || trouble "$(cat "$T/agreement")"
ok "debian/control and packages.txt name the same packages"

# --- building

build_packages "$T/packages" || { trouble "dpkg-buildpackage:"; tail -n 30 "$T/build.log" | sed 's/^/#   /'; }
mapfile -t DEBS < <(ls "$T"/packages/*.deb)
[ "${#DEBS[@]}" = 2 ] || trouble "packages: ${DEBS[*]}"
ok "dpkg-buildpackage makes the packages"
[ "${#DEBS[@]}" = 2 ] || exit 1

expect lintian --allow-root --fail-on error,warning "${DEBS[@]}"
ok "lintian finds nothing that is not explained"

# --- installing

R=$T/root
debian_root "$R"
CACHE=$ROOT/build/debian-packages
mkdir -p "$CACHE" "$R/repo" "$R/var/cache/apt/archives"
cp "${DEBS[@]}" "$R/repo"
(cd "$R/repo" && apt-ftparchive packages . >Packages && apt-ftparchive release . >"$T/Release" && mv "$T/Release" .)
rm -f "$R"/etc/apt/sources.list.d/*
{ apt_sources; echo 'deb [trusted=yes] file:/repo ./'; } >"$R/etc/apt/sources.list"
cp /etc/resolv.conf /etc/hosts "$R/etc/"
cp -l "$CACHE"/*.deb "$R/var/cache/apt/archives/" 2>/dev/null || cp "$CACHE"/*.deb "$R/var/cache/apt/archives/" 2>/dev/null || true
in_root() { chroot "$R" env DEBIAN_FRONTEND=noninteractive "$@"; }
apt_get() { in_root apt-get -qq -y -o Dpkg::Use-Pty=0 -o APT::Keep-Downloaded-Packages=true --no-install-recommends "$@"; }
apt_get update >"$T/update" 2>&1 || skip_all "this machine's mirrors do not answer: $(tail -n 1 "$T/update")"
find "$R" -xdev -iname '*lautta*' ! -path "$R/repo/*" ! -path "$R/var/lib/apt/*" >"$T/before"

expect apt_get install lautta lautta-agent
# What was downloaded, for the next time; another test may be at it, too.
(cd "$R/var/cache/apt/archives" && find . -maxdepth 1 -name '*.deb' ! -name 'lautta*' -exec sh -c 'for f; do [ -e "$0/$f" ] || { cp "$f" "$0/$f.$$" && mv "$0/$f.$$" "$0/$f"; }; done' "$CACHE" {} +)
expect in_root lautta --version
expect_output "^lautta $(dpkg-parsechangelog -l "$ROOT/debian/changelog" -SVersion)$"
expect in_root lautta-agent --help
expect_output 'key'
[ -d "$R/etc/lautta/trust" ] || trouble "no /etc/lautta/trust"
[ -z "$(ls -A "$R/etc/lautta/trust")" ] || trouble "/etc/lautta/trust is not empty"
# shellcheck disable=SC2016 # dpkg-query expands it
[ ! -e "$ROOT/agent/agent.conf" ] || in_root dpkg-query -W -f '${Conffiles}' lautta-agent | grep -q '/etc/lautta/agent.conf' ||
  trouble "agent.conf is no configuration file"
[ -z "$(in_root dpkg --audit)" ] || trouble "$(in_root dpkg --audit)"
ok "both packages are installed in a clean Debian, and their programs run there"

# --- the trigger. No systemd runs here: the calls of systemctl are written to a file instead.

mkdir -p "$R/run/systemd/system"
in_root dpkg-divert --quiet --local --rename --add /usr/bin/systemctl 2>/dev/null || true
printf '#!/bin/sh\necho "$*" >>/systemctl.log\n' >"$R/usr/bin/systemctl"
chmod 755 "$R/usr/bin/systemctl"
expect_reload() {
  [ "$(grep -c -- '^--no-block reload lautta-agent.service$' "$R/systemctl.log" 2>/dev/null)" = 1 ] ||
    trouble "systemctl was asked: $(cat "$R/systemctl.log" 2>/dev/null)"
  rm -f "$R/systemctl.log"
}
make_depot "$T/depot"
make_image "$T/a.raw" 4M
for version in 1.0 1.1; do
  describe web "$version" a.raw >"$T/web.yaml"
  expect "$LAUTTA" publish "$T/web.yaml" --image "$T/a.raw" --depot "$T/depot"
  cp "$T/depot/pool/main/w/web/web_${version}_amd64.deb" "$R/repo/"
done
expect apt_get install /repo/web_1.0_amd64.deb
expect_reload
ok "installing a service package tells the agent"
expect apt_get install /repo/web_1.1_amd64.deb
expect_reload
ok "upgrading it does, too"
expect apt_get remove web
expect_reload
ok "and removing it"

printf '#!/bin/sh\nexit 1\n' >"$R/usr/bin/systemctl"
expect apt_get install /repo/web_1.0_amd64.deb
rm -r "$R/run/systemd/system"
expect apt_get remove web
ok "without an agent that runs, and without systemd, packages come and go as well"
in_root sh -c 'rm -f /usr/bin/systemctl; dpkg-divert --quiet --local --rename --remove /usr/bin/systemctl' 2>/dev/null || true

# --- and gone

expect in_root lautta-agent key
mkdir -p "$R/var/lib/lautta/state" "$R/var/lib/lautta/volumes/web" "$R/etc/apt/preferences.d" "$R/var/cache/lautta/apt"
touch "$R/var/cache/lautta/apt/Packages" "$R/var/lib/lautta/state/report.json" "$R/var/lib/lautta/volumes/web/data.raw" "$R/etc/apt/preferences.d/lautta"
expect apt_get purge lautta lautta-agent
[ -e "$R/var/lib/lautta/volumes/web/data.raw" ] || trouble "purge took a volume"
[ ! -e "$R/var/lib/lautta/state" ] || trouble "the agent's state is left"
ok "a purge takes all but the volumes of services"

expect apt_get install lautta-agent
rm -r "$R/var/lib/lautta/volumes/web"
expect apt_get purge lautta-agent
find "$R" -xdev -iname '*lautta*' ! -path "$R/repo/*" ! -path "$R/var/lib/apt/*" ! -path "$R/var/cache/apt/*" >"$T/after"
expect_same "$T/before" "$T/after"
ok "nothing is left behind"
