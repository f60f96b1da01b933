#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Making keys and depots, and the right to write a depot: obstacles are named, and no foreign content gets signed.
# timeout: 180
. "$(dirname "$0")/lib.sh"

fingerprint_of() { gpg --homedir "$LAUTTA_HOME/gnupg" --with-colons --list-keys "$1" | awk -F: '/^fpr/ {print $10; exit}'; }
no_agent() { ! find "$1" -name 'S.gpg-agent' | grep -q . || trouble "a gpg-agent was left running in $1"; }

expect "$LAUTTA" init "$T/depot" --json
[ "$(json release_key)" = "$(fingerprint_of 'Lautta release key')" ] || trouble "another release key is reported"
[ "$(printf '%s\n' "$(json root_key)" "$(json list_key)" "$(json release_key)" | sort -u | wc -l)" = 3 ] || trouble "keys are shared"
[ "$(stat -c %a "$LAUTTA_HOME/gnupg")" = 700 ] || trouble "the keys are not private"
for name in root release lists; do
  gpg --show-keys --with-colons "$LAUTTA_HOME/$name.pgp" 2>/dev/null | grep -q '^pub:[^:]*:255:22:' || trouble "$name.pgp is no Ed25519 key"
  ! gpg --list-packets "$LAUTTA_HOME/$name.pgp" 2>/dev/null | grep -q 'secret key' || trouble "$name.pgp has a secret key"
done
no_agent "$LAUTTA_HOME"
ok "init makes three keys and a depot, and leaves no agent behind"

expect "$LAUTTA" ls --depot "$T/depot" --json
[ "$(json verified) $(json suite)" = "true stable" ] || trouble "the new depot is not verified"
until=$(date -u -d "$(json valid_until)" +%s) from=$(date -u -d "$(json date)" +%s)
[ $((until - from)) = $((365 * 86400)) ] || trouble "it is valid for $((until - from)) s"
ok "a new depot is signed for a year"

cp "$LAUTTA_HOME/keys.conf" "$T/keys.conf"
expect "$LAUTTA" init "$T/second" --origin 'Second depot' --suite next --valid 30d
expect_same "$LAUTTA_HOME/keys.conf" "$T/keys.conf"
expect "$LAUTTA" ls --depot "$T/second" --json
[ "$(json origin), $(json suite)" = "Second depot, next" ] || trouble "origin or suite is another"
start_nginx "$T/second"
expect_exit 4 "$LAUTTA" ls --depot "$URL"
expect_message "suite 'stable'"
expect "$LAUTTA" ls --depot "$URL" --suite next
ok "a second depot has the same keys, and its own origin, suite and validity"

expect_exit 1 "$LAUTTA" init "$T/depot"
expect_message "is a depot already.*lautta refresh"
mkdir -p "$T/foreign/pool"
expect_exit 1 "$LAUTTA" init "$T/foreign"
expect_message "'pool'.*choose another place"
touch "$T/file"
expect_exit 1 "$LAUTTA" init "$T/file"
expect_exit 2 "$LAUTTA" init
expect_exit 2 "$LAUTTA" init http://localhost/depot
expect_exit 2 "$LAUTTA" init "$T/x" --suite 'a/b'
expect_exit 2 "$LAUTTA" init "$T/x" --origin $'two\nlines'
expect_exit 2 "$LAUTTA" init "$T/x" --valid 1h30m
expect_exit 2 "$LAUTTA" init "$T/x" --valid 1s
expect_absent "$T/x"
ok "a depot is not made over another, over something else, or with senseless options"

rm "$T/second/dists/next/InRelease"
expect_exit 4 "$LAUTTA" refresh --depot "$T/second"
expect "$LAUTTA" init "$T/second" --suite next
expect "$LAUTTA" refresh --depot "$T/second"
ok "an init that was interrupted before the first signature goes on"

LAUTTA_HOME=$T/interrupted
export LAUTTA_HOME
expect "$LAUTTA" init "$T/d1"
cp -a "$LAUTTA_HOME" "$T/whole"
release=$(fingerprint_of 'Lautta release key')
rm "$LAUTTA_HOME"/*.pgp "$LAUTTA_HOME/keys.conf"
expect "$LAUTTA" init "$T/d2"
[ "$release" = "$(json release_key <"$T/stdout" 2>/dev/null || fingerprint_of 'Lautta release key')" ] || trouble "another key"
[ "$(gpg --homedir "$LAUTTA_HOME/gnupg" --with-colons --list-secret-keys | grep -c '^sec')" = 3 ] || trouble "keys were made twice"
expect_same "$LAUTTA_HOME/keys.conf" "$T/whole/keys.conf"
ok "keys that an interrupted init made are taken up"

for i in 1 2; do "$LAUTTA" init "$T/both" >"$T/both.$i" 2>&1 & pids[i]=$!; done
codes=
for i in 1 2; do wait "${pids[i]}" && codes+=0 || codes+=$?; done
case $codes in 01 | 10) ;; *) trouble "two inits at once ended with $codes" ;; esac
expect "$LAUTTA" ls --depot "$T/both"
ok "of two inits at once one makes the depot, and the other reports that"

LAUTTA_HOME=$T/$(printf 'long-%.0s' {1..24})/home
expect "$LAUTTA" init "$T/long"
expect "$LAUTTA" refresh --depot "$T/long"
no_agent "$LAUTTA_HOME"
ok "a home whose path is too long for a socket works"

LAUTTA_HOME="$T/with blank ä"
expect "$LAUTTA" init "$T/blank depot %41 ä"
expect "$LAUTTA" refresh --depot "$T/blank depot %41 ä"
expect "$LAUTTA" ls --depot "$T/blank depot %41 ä"
ok "homes and depots may have blanks and letters beyond ASCII in their names"

# --- keys that exist already

export GNUPGHOME=$T/gnupg
mkdir -m 700 "$GNUPGHOME"
gpg --batch -q --passphrase '' --quick-generate-key 'mine' ed25519 sign never 2>/dev/null
MINE=$(gpg --with-colons --list-keys mine 2>/dev/null | awk -F: '/^fpr/ {print $10; exit}')
LAUTTA_HOME=$T/taken
expect "$LAUTTA" init "$T/taken-depot" --release-key "$(echo "$MINE" | tr A-F a-f | sed 's/..../& /g')" --json
[ "$(json release_key)" = "$MINE" ] || trouble "another release key"
expect "$LAUTTA" refresh --depot "$T/taken-depot"
expect "$LAUTTA" ls --depot "$T/taken-depot" --json
[ "$(json signer)" = "$MINE" ] || trouble "another signer"
ok "a key of the user's own GnuPG home can be the release key"

expect_exit 1 "$LAUTTA" init "$T/other-depot" --release-key "$(fingerprint_of 'Lautta list key')"
expect_message "release key of .* is $MINE already"
expect_exit 2 "$LAUTTA" init "$T/other-depot" --release-key 1234
expect_message "40 hex digits"
LAUTTA_HOME=$T/none
expect_exit 4 "$LAUTTA" init "$T/other-depot" --list-key 0123456789012345678901234567890123456789
expect_message "list key: .*neither"
gpg --batch -q --faked-system-time 20200101T000000 --passphrase '' --quick-generate-key 'old' ed25519 sign 1y 2>/dev/null
OLD=$(gpg --with-colons --list-keys old 2>/dev/null | awk -F: '/^fpr/ {print $10; exit}')
expect_exit 3 "$LAUTTA" init "$T/other-depot" --root-key "$OLD"
expect_message "has expired"
expect_absent "$T/other-depot"
ok "a changed, unknown, malformed or expired key is refused"
gpgconf --kill all
unset GNUPGHOME

# --- the right to write

export LAUTTA_HOME=$T/home
make_image "$T/a.raw" 2M
describe web 1.0 a.raw >"$T/web.yaml"
publish() { "$LAUTTA" publish "$T/web.yaml" --image "$T/a.raw" --depot "$T/depot"; }
expect publish
LAUTTA_HOME=$T/interrupted
expect_exit 1 "$LAUTTA" refresh --depot "$T/depot"
expect_message "signed with key .*, but the release key of .* is"
LAUTTA_HOME=$T/empty
expect_exit 4 "$LAUTTA" refresh --depot "$T/depot"
expect_message "no root key in .*lautta init"
LAUTTA_HOME=$T/home
expect_exit 4 "$LAUTTA" refresh --depot "$T/nowhere"
expect_exit 2 "$LAUTTA" refresh --depot http://localhost/depot
expect_exit 2 "$LAUTTA" refresh
ok "only the operator whose release key it has writes a depot, and only where it lies"

cp -a "$T/depot" "$T/kept"
mkdir -p "$T/evil/DEBIAN"
printf 'Package: evil\nVersion: 1\nArchitecture: amd64\nMaintainer: x <x@x>\nDescription: x\n' >"$T/evil/DEBIAN/control"
expect dpkg-deb --build "$T/evil" "$T/depot/pool/main/w/web/evil_1_amd64.deb"
expect dpkg-deb --build "$T/evil" "$T/depot/pool/main/w/web/web_1.1_amd64.deb"
expect "$LAUTTA" refresh --depot "$T/depot"
! grep -q evil "$T"/depot/dists/stable/main/binary-amd64/Packages || trouble "a foreign package was signed"
describe web 1.1 a.raw >"$T/web.yaml"
expect_exit 1 publish
expect_message "in the way: .*never published"
ok "a package that another user put into pool/ is never signed"

rm -rf "$T/depot"
cp -a "$T/kept" "$T/depot"
expect_exit 3 "$LAUTTA" refresh --depot "$T/depot"
expect_message "a newer one of .* has been seen"
expect_exit 3 publish
ok "an older state that another user put back is not signed again"

rm "$T"/home/state/depot-*
expect "$LAUTTA" refresh --depot "$T/depot"
BY_HASH=$T/depot/dists/stable/main/binary-amd64/by-hash/SHA256
grep -l '^Package: web' "$BY_HASH"/* | while read -r file; do sed -i 's/^Version: 1.0/Version: 9.9/' "$file"; done
for file in "$BY_HASH"/*; do : >"$file"; done
expect_exit 3 "$LAUTTA" refresh --depot "$T/depot"
ok "changed package lists are not signed"

# --- one writer at a time

rm -rf "$T/depot" "$T/home/state"
expect "$LAUTTA" init "$T/depot"
expect publish
exec 9<>"$T/depot/.lautta/lock"
flock 9
"$LAUTTA" refresh --depot "$T/depot" >"$T/waited" 2>"$T/waiting" 9>&- &
waiter=$!
wait_until 20 grep -q 'Waiting for another writer' "$T/waiting"
grep -Eq "'lautta publish', process [0-9]+ of .* at .*, since 2" "$T/waiting" || trouble "it does not name the holder: $(cat "$T/waiting")"
kill -0 "$waiter" || trouble "it did not wait"
exec 9>&-
wait "$waiter" || trouble "it failed after waiting"
ok "a second writer waits, and names the holder of the lock"

for i in 1 2 3 4 5 6; do
  describe web "2.$i" a.raw >"$T/web-$i.yaml"
  "$LAUTTA" publish "$T/web-$i.yaml" --image "$T/a.raw" --depot "$T/depot" >"$T/log.$i" 2>&1 &
  pids[i]=$!
done
for i in 1 2 3 4 5 6; do wait "${pids[i]}" || trouble "publisher $i failed: $(cat "$T/log.$i")"; done
expect "$LAUTTA" ls --depot "$T/depot" --json
[ "$(json 'services | length')" = 7 ] || trouble "$(json 'services | length') versions instead of 7"
expect "$LAUTTA" verify --depot "$T/depot"
ok "six publishers at once each publish"

dates=
for i in 1 2 3 4; do
  expect "$LAUTTA" refresh --depot "$T/depot" --json
  dates+="$(json date)"$'\n'
  [ "$(stat -c %Y "$T/depot/dists/stable/InRelease")" = "$(date -d "$(json date)" +%s)" ] || trouble "the file has another date"
done
[ "$(printf %s "$dates" | sort -u)" = "$(printf '%s' "$dates")" ] || trouble "dates do not increase: $dates"
ok "states that are signed within one second still differ, for web servers too"

expect "$LAUTTA" refresh --depot "$T/depot" --valid 60d --json
[ $(($(date -d "$(json valid_until)" +%s) - $(date -d "$(json date)" +%s))) = $((60 * 86400)) ] || trouble "not 60 days"
expect "$LAUTTA" refresh --depot "$T/depot" --json
[ $(($(date -d "$(json valid_until)" +%s) - $(date -d "$(json date)" +%s))) = $((60 * 86400)) ] || trouble "forgotten"
ok "refresh can set how long signatures are valid from now on"

expect_exit 4 "$LAUTTA" remove web=7 --depot "$T/depot"
expect_exit 4 "$LAUTTA" remove web=2.1 --architecture arm64 --depot "$T/depot"
expect_exit 2 "$LAUTTA" remove web --depot "$T/depot"
expect "$LAUTTA" remove web=2.1 --depot "$T/depot" --json
[ "$(json 'architectures[0]')" = amd64 ] || trouble "the architecture is not reported"
expect_absent "$T/depot/pool/main/w/web/web_2.1_amd64.deb" "$T/depot/locators/web_2.1_amd64.locator"
expect_exit 4 "$LAUTTA" remove web=2.1 --depot "$T/depot"
expect "$LAUTTA" verify --depot "$T/depot"
ok "a removed version is no longer listed, and its package and locator are gone"

(umask 077 && expect "$LAUTTA" init "$T/masked" && expect "$LAUTTA" publish "$T/web.yaml" --image "$T/a.raw" --depot "$T/masked" &&
  [ "$TROUBLE" = 0 ]) || trouble "cannot publish with umask 077"
chmod 755 "$T/masked"
find "$T/masked" -path "$T/masked/.lautta" -prune -o \( -type d ! -perm 755 -o -type f ! -perm 644 \) -print >"$T/unreadable"
[ ! -s "$T/unreadable" ] || trouble "not readable for a web server: $(cat "$T/unreadable")"
[ "$(stat -c %a "$T/masked/.lautta")" = 700 ] || trouble "the operator's part is not private"
ok "a web server can read published files, whatever the umask"

if mount_disk 8M "$T/small"; then
  expect "$LAUTTA" init "$T/small/depot"
  expect "$LAUTTA" publish "$T/web.yaml" --image "$T/a.raw" --depot "$T/small/depot"
  for left in 0 4 8 12 24; do # KiB; refresh runs full at another step with each
    head -c 8M /dev/zero >"$T/small/filler" 2>/dev/null || true
    truncate -s "-${left}K" "$T/small/filler"
    sync -f "$T/small"
    code=0
    "$LAUTTA" refresh --depot "$T/small/depot" >"$T/stdout" 2>"$T/stderr" || code=$?
    [ "$code" = 0 ] || [ "$code" = 1 ] || trouble "exit code $code on a full disk: $(cat "$T/stderr")"
    [ "$code" = 0 ] || expect_message "No space left"
    expect "$LAUTTA" ls --depot "$T/small/depot" --json
    [ "$(json 'services | length')" = 1 ] || trouble "a reader does not see the previous state"
    echo "# with $left KiB left: exit code $code"
    rm "$T/small/filler"
  done
  expect "$LAUTTA" refresh --depot "$T/small/depot"
  expect "$LAUTTA" verify --depot "$T/small/depot"
  ok "a writer on a full disk reports it, leaves the previous state, and goes on when there is space"
else
  skip "a writer on a full disk leaves the previous state" "no file system can be mounted here"
fi

touch -d '3 days ago' "$BY_HASH"/*
before=$(find "$BY_HASH" -type f | wc -l)
expect "$LAUTTA" remove web=2.2 --depot "$T/depot"
after=$(find "$BY_HASH" -type f | wc -l)
[ "$after" = 6 ] || trouble "$before by-hash files before, $after after; 3 new and 3 of the state before are due"
ok "by-hash files are removed after a day, but never those of the previous state"
