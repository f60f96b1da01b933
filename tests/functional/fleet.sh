#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A fleet, checked and pushed: signed lists in the depot, only for hosts whose list changes, and nothing from a bad fleet.
# timeout: 360
. "$(dirname "$0")/lib.sh"

# key N: a host's key, another for each N.
key() { printf 'SHA256:%s' "$(printf '%032d' "$1" | base64 | tr -d '=')"; }
# field HOST NAME: of its list.
field() { sed -n "s/^$2: //p" "$T/depot/lists/$1.list"; }
action() { jq -r ".hosts[] | select(.host == \"$1\") | .action" "$T/stdout"; }
publish() { # NAME VERSION
  describe "$1" "$2" a.raw >"$T/service.yaml"
  "$LAUTTA" publish "$T/service.yaml" --image "$T/a.raw" --depot "$T/depot" --quiet >"$T/publish.log" 2>&1 ||
    { sed 's/^/# /' "$T/publish.log" && false; }
}
push() { "$LAUTTA" fleet push "$T/fleet" --depot "$T/depot" "$@"; }
check() { "$LAUTTA" fleet check "$T/fleet" --depot "$T/depot" "$@"; }
library_1() { printf 'key: %s\ngroups: [library]\nmust-have: [%s]\n' "$(key 1)" "$1" >"$F/hosts/library-1.yaml"; } # WISHES
sums() { (cd "$T/depot" && find lists -type f -exec sha256sum {} + 2>/dev/null | sort); }
unchanged() { sums | diff "$T/sums" - >/dev/null || trouble "lists changed: $1"; }

make_image "$T/a.raw" 1M
make_depot "$T/depot"
publish web 1.0
publish web 1.1
publish db 9
F=$T/fleet
mkdir -p "$F"/{hosts,groups,services}
printf 'extends: [base]\nmust-have: [web=1.0]\n' >"$F/groups/library.yaml"
printf 'must-have: [openssh-server]\nmay-not-have: [telnetd]\n' >"$F/groups/base.yaml"
printf 'requires: [db]\n' >"$F/services/web.yaml"
for i in 1 2; do printf 'key: %s\ngroups: [library]\n' "$(key $i)" >"$F/hosts/library-$i.yaml"; done
printf 'key: %s\nmay-have: ["*"]\ninterval: 5m\nvalid: 3d\n' "$(key 3)" >"$F/hosts/office.example.org.yaml"

expect check
expect_output '^library-1  db 9, web 1\.0; 1 Debian package$'
expect_output '^The fleet is fine: 3 hosts\.$'
start_nginx "$T/depot"
expect "$LAUTTA" fleet check "$F" --depot "$URL" --json
[ "$(jq -r '.hosts | length' "$T/stdout")" = 3 ] || trouble "not three hosts"
expect_absent "$T/depot/lists"
ok "a fleet is checked against a depot, also over http, and nothing is signed"

expect push --dry-run
expect_output '^library-1  new  serial [0-9]+, valid until '
expect_output '^  web: must, service 1\.0$'
expect_output '^Lists: 3 new, .*; nothing was signed\.$'
expect_absent "$T/depot/lists"
ok "a dry run shows each host's difference and signs nothing"

expect push
for host in library-1 library-2 office.example.org; do
  gpgv --keyring "$LAUTTA_HOME/lists.pgp" "$T/depot/lists/$host.list" 2>/dev/null || trouble "$host: gpgv refuses it"
  [ "$(field $host Host)" = "$host" ] || trouble "$host: it is for another host"
done
[ "$(field library-2 Host-Key)" = "$(key 2)" ] || trouble "another key"
[ "$(field library-1 Must-Have)" = "db (= 9), openssh-server, web (= 1.0)" ] || trouble "another Must-Have"
[ "$(field library-1 May-Not-Have)" = telnetd ] || trouble "another May-Not-Have"
[ "$(field office.example.org May-Have), $(field office.example.org Interval)" = "*, 300s" ] || trouble "another May-Have or Interval"
grep -q "^ $(sha256sum <"$T/depot/pool/main/w/web/web_1.0_amd64.deb" | cut -d' ' -f1) web 1.0$" "$T/depot/lists/library-1.list" ||
  trouble "not the digest of the service package"
[ $(($(date -d "$(field office.example.org Valid-Until)" +%s) - $(date -d "$(field office.example.org Date)" +%s))) = 259200 ] ||
  trouble "it is not valid for three days"
[ "$(date -d "$(field library-1 Depot-Date-Min)" +%s)" = "$(date -d "$(sed -n 's/^Date: //p' "$T/depot/dists/stable/InRelease")" +%s)" ] ||
  trouble "Depot-Date-Min is not the depot's date"
[ "$(stat -c %a "$T/depot/lists/library-1.list")" = 644 ] || trouble "a list is not for all to read"
ok "push signs a list for each host, with the digests of its service packages"

sums >"$T/sums"
expect push --json
[ "$(jq -r '.hosts[].action' "$T/stdout" | xargs)" = "kept kept kept" ] || trouble "something was signed"
unchanged "by a push without a change"
ok "what did not change is not signed again"

before=$(field library-1 Serial)
library_1 web=1.1
expect push
expect_output '^library-1  changed  serial'
expect_output '^  web: must, service 1\.0 -> must, service 1\.1$'
expect_output '^Lists: 0 new, 1 changed, 0 renewed, 2 kept, 0 removed\.$'
[ "$(field library-1 Serial)" -gt "$before" ] || trouble "the serial did not rise"
ok "only the host that changed gets a new list, with a higher serial"

for ((i = 0; i < 3; i++)); do
  before=$(field library-1 Serial)
  library_1 "web=1.1, package-$i"
  expect push --quiet
  [ "$(field library-1 Serial)" -gt "$before" ] || trouble "the serial did not rise"
  [ "$(stat -c %Y "$T/depot/lists/library-1.list")" = "$(field library-1 Serial)" ] || trouble "two lists of one second look alike"
done
ok "serials rise also within a second, and web servers tell the lists apart"

# --- what is refused changes nothing

sums >"$T/sums"
cp -a "$F" "$T/good"
# refused CODE PATTERN FILE TEXT: the fleet with that file is refused by check, by push and by a dry run.
refused() {
  rm -rf "$F"
  cp -a "$T/good" "$F"
  mkdir -p "$(dirname "$F/$3")"
  printf '%b' "$4" >"$F/$3"
  for command in check push 'push --dry-run'; do
    # shellcheck disable=SC2086
    expect_exit "$1" $command
    expect_message "^lautta fleet: fleet '.*/fleet': $2"
  done
  unchanged "by $3"
}
refused 2 "hosts/x.yaml:2: unknown key 'musthave', did you mean 'must-have'" hosts/x.yaml "key: $(key 7)\nmusthave: [web]\n"
refused 2 "hosts/x.yaml: the key is that of hosts/library-2.yaml" hosts/x.yaml "key: $(key 2)\n"
refused 2 "hosts/x.yaml:1: key: 'SHA256:x' is not a host's key: write SHA256:" hosts/x.yaml "key: SHA256:x\n"
refused 2 "hosts/x.yaml:2: there is no group 'libary': groups/libary.yaml is missing" hosts/x.yaml "key: $(key 7)\ngroups: [libary]\n"
refused 2 "groups/base.yaml:2: groups extend each other in a circle: groups/base.yaml:2 .*, groups/library.yaml:1" groups/base.yaml "valid: 2d\nextends: [library]\n"
refused 2 "hosts/x.yaml:2: 'vim' is in must-have, but hosts/x.yaml:3: it is in may-not-have" hosts/x.yaml "key: $(key 7)\nmust-have: [vim]\nmay-not-have: [vim]\n"
refused 2 "hosts/x.yaml:2: may-not-have: 'systemd' may not be named here" hosts/x.yaml "key: $(key 7)\nmay-not-have: [systemd]\n"
refused 4 "hosts/x.yaml:2: the depot has no 'web' version 3 for amd64.* it has: 1.1 \(amd64\), 1.0" hosts/x.yaml "key: $(key 7)\nmust-have: [web=3]\n"
refused 4 "hosts/x.yaml:2: the depot has no service 'wbe'" hosts/x.yaml "key: $(key 7)\nmust-have: [wbe=newest]\n"
refused 2 "hosts/X.yaml:1: 'X' is not a host's name: write 1 to 64" hosts/X.yaml "key: $(key 7)\n"
refused 2 "hosts/a_b.yaml:1: 'a_b' is not a host's name" hosts/a_b.yaml "key: $(key 7)\n"
refused 2 "hosts/x.yml:1: a file of this name has no meaning here: write NAME.yaml" hosts/x.yml "key: $(key 7)\n"
refused 2 "hosts/x.yaml:2: not YAML" hosts/x.yaml "{"
refused 2 "hosts/x.yaml:1: the file is empty" hosts/x.yaml ""
rm -rf "$F"
cp -a "$T/good" "$F"
touch "$F/hosts/.x.yaml.swp" "$F/hosts/x.yaml~" "$F/hosts/README" "$F/Makefile"
expect push
unchanged "by files that have no meaning"
rm -rf "$F"
cp -a "$T/good" "$F"
ok "a bad fleet changes nothing, and what is wrong is said with file and line"

expect_exit 2 "$LAUTTA" fleet
expect_message 'check or push'
expect_exit 2 "$LAUTTA" fleet pull "$F" --depot "$T/depot"
expect_exit 2 "$LAUTTA" fleet push "$F"
expect_exit 2 "$LAUTTA" fleet check "$F" --depot "$T/depot" --dry-run
expect_exit 2 push --host library-1
expect_message 'pkgsync'
expect_exit 2 "$LAUTTA" fleet push "$F" --depot "$URL"
expect_exit 2 "$LAUTTA" fleet push "$F" --depot "$URL" --dry-run
expect_message 'written in its own directory'
expect_exit 4 "$LAUTTA" fleet push "$T/nothing" --depot "$T/depot"
expect_message "fleet '.*nothing': there is no such directory"
mkdir "$T/empty"
expect_exit 2 "$LAUTTA" fleet push "$T/empty" --depot "$T/depot"
expect_message 'there is no host: write hosts/NAME.yaml'
expect_exit 4 "$LAUTTA" fleet push "$F" --depot "$T/empty"
unchanged "by wrong usage"
ok "wrong usage has an exit code of its own, and an empty fleet removes nothing"

# --- needs

# publish_needy NAME VERSION NEEDS
publish_needy() {
  { describe "$1" "$2" a.raw && echo "needs: [$3]"; } >"$T/service.yaml"
  expect "$LAUTTA" publish "$T/service.yaml" --image "$T/a.raw" --depot "$T/depot" --quiet
}
publish safe 1
publish_needy shop 1 safe
publish_needy till 1 shop
grep -q '^Lautta-Needs: safe$' "$T/depot/dists/stable/main/binary-amd64/Packages" || trouble "the depot does not say what shop needs"
refused 2 "hosts/x.yaml:2: 'shop' 1, which host 'x' must have, needs 'safe', which its list does not name: put 'safe'" hosts/x.yaml "key: $(key 7)\nmust-have: [till, shop]\n"
refused 2 "hosts/x.yaml:3: 'shop' 1, .* needs 'safe', which is in may-have at hosts/x.yaml:2" hosts/x.yaml "key: $(key 7)\nmay-have: [safe]\nmust-have: [shop]\n"
publish_needy safe 2 till
refused 2 "hosts/x.yaml:2: host 'x' must have services .* in a circle, .*: safe -> till -> shop -> safe: take one" hosts/x.yaml "key: $(key 7)\nmust-have: [till, shop, safe]\n"
printf '%b' "key: $(key 7)\nmust-have: [till, shop, safe=1]\n" >"$F/hosts/x.yaml"
expect check
rm -rf "$F"
cp -a "$T/good" "$F"
expect push
ok "a service whose needs the host does not have, and a circle of needs, are refused before anything is signed"

# --- earlier lists

mv "$F/hosts/library-2.yaml" "$T/library-2.yaml"
expect push --dry-run
expect_output '^library-2  removed '
unchanged "by a dry run"
serial=$(field library-2 Serial)
expect push
expect_absent "$T/depot/lists/library-2.list"
mv "$T/library-2.yaml" "$F/hosts/library-2.yaml"
expect push --json
[ "$(action library-2)" = new ] || trouble "it is not new"
[ "$(field library-2 Serial)" -gt "$serial" ] || trouble "it did not come back with a higher serial"
ok "a host that leaves the fleet has no list any more, and comes back with a higher serial"

cp "$T/depot/lists/library-1.list" "$T/old.list"
library_1 web=1.1
expect push
new=$(field library-1 Serial)
cp "$T/old.list" "$T/depot/lists/library-1.list"
library_1 'web=1.1, package-2'
expect push --json
[ "$(action library-1)" = renewed ] || trouble "a list that was set back stays"
[ "$(field library-1 Serial)" -gt "$new" ] || trouble "its serial is not above all"
ok "a list that somebody set back is signed again, with a serial above all that were seen"

echo "not a list" >"$T/depot/lists/library-1.list"
cp "$T/depot/lists/library-2.list" "$T/depot/lists/office.example.org.list"
cp "$T/depot/lists/library-2.list" "$T/depot/lists/stranger.list"
expect push
expect_output '^  the published file is no list of this operator and is replaced: .*library-1.list: line 1'
expect_output "^  the published file .* is the list of host 'library-2'"
[ "$(field library-1 Host) $(field office.example.org Host)" = "library-1 office.example.org" ] || trouble "a foreign file stays"
rm "$T/depot/lists/stranger.list"
ok "what is no list of ours is replaced, and said"

sed -i 's/^valid:.*/valid: 60s/' "$F/hosts/office.example.org.yaml"
expect push --json
[ "$(action office.example.org)" = renewed ] || trouble "another validity does not count"
ok "a list is renewed when the time for which it is valid changes"

# --- pkgsync's files

mkdir "$T/reading-room"
printf '# services\nweb\n\n openssh-server \n' >"$T/reading-room/musthave"
printf '*\n' >"$T/reading-room/mayhave"
printf 'telnetd\n' >"$T/reading-room/maynothave"
expect_exit 2 "$LAUTTA" fleet push "$T/reading-room" --depot "$T/depot"
expect_message "host 'reading-room' has no key: put what 'lautta-agent key' prints there into a file host-key"
sums >"$T/sums"
expect "$LAUTTA" fleet push "$T/reading-room" --depot "$T/depot" --host-key "$(key 8)"
[ "$(field reading-room Must-Have), $(field reading-room May-Have), $(field reading-room May-Not-Have)" = "openssh-server, web (= 1.1), *, telnetd" ] ||
  trouble "another list"
rm "$T/depot/lists/reading-room.list"
unchanged "of other hosts"
key 8 >"$T/reading-room/host-key"
expect "$LAUTTA" fleet push "$T/reading-room" --depot "$T/depot" --host desk.example.org
[ "$(field desk.example.org Host-Key)" = "$(key 8)" ] || trouble "another key"
expect_exit 2 "$LAUTTA" fleet push "$T/reading-room" --depot "$T/depot" --host '../x'
mv "$T/reading-room" "$F/hosts/reading-room"
expect push
expect_output '^desk.example.org  removed'
expect_output '^reading-room  new'
ok "pkgsync's files do as a source, for one host and as part of a fleet"

# --- keys

mv "$LAUTTA_HOME/gnupg" "$T/gnupg"
mkdir -m 700 "$LAUTTA_HOME/gnupg"
sums >"$T/sums"
expect push
library_1 web=1.0
expect_exit 1 push
expect_message "cannot sign with key"
unchanged "without a key"
rm -rf "$LAUTTA_HOME/gnupg"
mv "$T/gnupg" "$LAUTTA_HOME/gnupg"
expect push
ok "without the secret list key nothing is signed, and nothing that needs none fails"

# What who holds the list key alone is given: that, and the public files.
export_list_key() { gpg --homedir "$LAUTTA_HOME/gnupg" --batch -q --export-secret-keys "$("$LAUTTA" trust show --json | jq -r '.list[0]')"; }
L=$T/list-home
mkdir -p "$L" "$F/settings/library-1/web"
cp "$LAUTTA_HOME"/{root,release,lists}.pgp "$L/"
apt_files() { (cd "$T/depot" && find dists pool .lautta/depot.conf -printf '%p %T@\n' -type f -exec sha256sum {} \; | sort); }
apt_files >"$T/apt-files"
echo 'of the place' >"$F/settings/library-1/web/user-data"
library_1 'web=1.0, package-4'
expect_exit 4 env LAUTTA_HOME="$L" "$LAUTTA" fleet push "$F" --depot "$T/depot"
expect_message "lists must be signed by the list key: cannot sign with key [0-9A-F]{40}: neither .* has its secret part"
export_list_key | gpg --homedir "$L/gnupg" --batch -q --import 2>"$T/import.log"
expect env LAUTTA_HOME="$L" "$LAUTTA" fleet push "$F" --depot "$T/depot"
expect_output '^library-1  changed  '
gpgv --keyring "$LAUTTA_HOME/lists.pgp" "$T/depot/lists/library-1.list" 2>/dev/null || trouble "gpgv refuses it"
[ -e "$T/depot/settings/$(sed -n '/^Settings-SHA256:/,/^ /s/^ \(.*\) web$/\1/p' "$T/depot/lists/library-1.list")" ] || trouble "its settings are not there"
apt_files | diff "$T/apt-files" - >"$T/diff" || trouble "the packages' part of the depot changed: $(cat "$T/diff")"
expect push --json
[ "$(jq -r '.hosts[].action' "$T/stdout" | sort -u)" = kept ] || trouble "who has all keys does not agree"
ok "who holds the list key alone pushes lists and settings, and nothing else of the depot changes"

library_1 'web=1.0, package-5'
mkdir -m 700 "$T/user-gnupg"
export_list_key | gpg --homedir "$T/user-gnupg" --batch -q --import 2>"$T/import.log"
rm -r "$L/gnupg"
expect env LAUTTA_HOME="$L" GNUPGHOME="$T/user-gnupg" "$LAUTTA" fleet push "$F" --depot "$T/depot"
expect_output '^library-1  changed  '
gpgconf --homedir "$T/user-gnupg" --kill all
ok "the list key may lie in the user's own GnuPG home"

cp "$T/depot/dists/stable/InRelease" "$T/InRelease"
by_list_key() { expect_exit "$1" env LAUTTA_HOME="$L" "$LAUTTA" "${@:2}"; }
by_list_key 4 refresh --depot "$T/depot"
expect_message "InRelease must be signed by the release key: cannot sign with key"
by_list_key 4 trust push --depot "$T/depot"
expect_message "trust.list must be signed by the root key: cannot sign with key"
by_list_key 1 trust rotate list
expect_message "there is no '.*/keys.conf', only public keys"
by_list_key 1 init "$T/third"
expect_message "'.*/root.pgp' is of a root key whose secret part is not here"
expect_absent "$T/third" "$L/keys.conf"
expect_same "$T/InRelease" "$T/depot/dists/stable/InRelease"
expect "$LAUTTA" trust rotate release
expect "$LAUTTA" trust push --depot "$T/depot"
library_1 web=1.0
by_list_key 1 fleet push "$F" --depot "$T/depot"
expect_message "is signed with key [0-9A-F]{40}, which release.pgp in '.*/list-home' does not have: copy that file again"
cp "$LAUTTA_HOME/release.pgp" "$L/"
export_list_key | gpg --homedir "$L/gnupg" --batch -q --import 2>"$T/import.log"
expect env LAUTTA_HOME="$L" "$LAUTTA" fleet push "$F" --depot "$T/depot"
rm -r "$F/settings"
expect push --quiet
ok "what needs another key says which, and a new release key is known by its public file"

# --- versions that lists pin stay

remove() { "$LAUTTA" remove "$1" --depot "$T/depot" "${@:2}"; }
# expect_listed NAME VERSION ARCHITECTURES: the depot has that version for these, with blanks between.
expect_listed() {
  local there
  there=$("$LAUTTA" ls --depot "$T/depot" --json | jq -r --arg s "$1" --arg v "$2" '[.services[] | select(.service == $s and .version == $v).architecture] | sort | join(" ")')
  [ "$there" = "$3" ] || trouble "the depot has '$1' $2 for '$there', not '$3'"
}
describe web 1.0 a.raw | sed 's/amd64/arm64/' >"$T/service.yaml"
expect "$LAUTTA" publish "$T/service.yaml" --image "$T/a.raw" --depot "$T/depot" --quiet
library_1 web=1.1
for i in 1 2 3; do printf 'key: %s\ngroups: [library]\n' "$(key 1$i)" >"$F/hosts/room-$i.yaml"; done
expect push --quiet
expect_exit 1 remove web=1.0
expect_message "'web' version 1\.0 is pinned by the list of library-2, room-1, room-2 and 1 more: push the fleet without that version .*--force"
expect "$LAUTTA" gc --depot "$T/depot"
expect_listed web 1.0 "amd64 arm64"
expect "$LAUTTA" verify --depot "$T/depot"
expect remove web=1.0 --architecture arm64
expect_listed web 1.0 amd64
expect remove safe=2 --json
[ "$(json 'pinned_by | length')" = 0 ] || trouble "it is said to be pinned"
ok "a version that lists pin is not removed, and what no list pins is"

cp "$T/depot/lists/room-1.list" "$T/old.list"
sed -i 's/^Interval:.*//; s/^Serial: ./Serial: 2/' "$T/depot/lists/room-1.list"
expect_exit 1 remove shop=1
expect_message "'shop' version 1 may be pinned by lists that cannot be read: room-1: its list: .*: push the fleet"
expect_exit 1 remove web=1.0
expect_message "pinned by the list of library-2, room-2, room-3; nor can these lists be read: room-1: "
cp "$T/depot/lists/room-2.list" "$T/depot/lists/room-1.list"
expect_exit 1 remove shop=1
expect_message "room-1: its list is that of host 'room-2'"
rm "$T/depot/lists/room-1.list"
ln -s nowhere "$T/depot/lists/room-1.list"
expect_exit 1 remove shop=1
rm "$T/depot/lists/room-1.list"
cp "$T/old.list" "$T/depot/lists/room-1.list"
mv "$LAUTTA_HOME/lists.pgp" "$T/lists.pgp"
expect_exit 1 remove shop=1
expect_message "may be pinned by lists that cannot be read: library-1: .*lists\.pgp.* and 4 more: "
mv "$T/lists.pgp" "$LAUTTA_HOME/lists.pgp"
expect_listed shop 1 amd64
ok "a list that cannot be read or verified may pin anything: nothing is removed then"

expect remove web=1.0 --force --json
expect_message "warning: 'web' version 1\.0 is pinned by the list of library-2, room-1, room-2 and 1 more; removing it all the same"
[ "$(json 'pinned_by | join(" ")')" = "library-2 room-1 room-2 room-3" ] || trouble "pinned by: $(json pinned_by)"
expect_listed web 1.0 ''
expect_exit 4 push
sed -i 's/web=1.0/web=1.1/' "$F/groups/library.yaml"
publish web 1.2
expect push --quiet
expect_exit 1 remove web=1.1
sed -i 's/web=1.1/web=1.2/' "$F/groups/library.yaml" "$F"/hosts/*.yaml
rm -r "$F/hosts/reading-room"
expect push --quiet
expect remove web=1.1
expect_output "^Removed 'web' version 1\.1"
ok "--force removes it with a warning; without, the fleet is pushed first"
