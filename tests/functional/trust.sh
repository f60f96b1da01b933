#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# trust.list and the change of keys: a new release or list key, an old one withdrawn, a new root, and who is believed.
# timeout: 240
. "$(dirname "$0")/lib.sh"

KEY=SHA256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8
trust() { "$LAUTTA" trust "$@"; }
push() { trust push --depot "$T/depot" "$@"; }
# key ROLE: the fingerprint that signs.
key() { "$LAUTTA" trust show --json | jq -r ".$1[0]"; }
# A host knows what it was installed with: a root key, and nothing else.
follows() { expect trust show --depot "$T/depot" --keyring "$1" --json; }
signer() { gpgv --keyring "$LAUTTA_HOME/$1.pgp" --status-fd 1 "$2" 2>/dev/null | sed -n 's/.* VALIDSIG .* //p'; }
# sign_as TEXT KEY...: TEXT clear-signed by keys of our home.
sign_as() {
  local users=() one
  for one in "${@:2}"; do users+=(--local-user "$one"); done
  gpg --homedir "$LAUTTA_HOME/gnupg" --batch -q --digest-algo SHA512 "${users[@]}" --clear-sign --output - "$1" 2>/dev/null
}

make_image "$T/a.raw" 1M
make_depot "$T/depot"
publish() { "$LAUTTA" publish "$T/web.yaml" --image "$T/a.raw" --depot "$T/depot"; }
describe web 1.0 a.raw >"$T/web.yaml"
expect publish
mkdir -p "$T/fleet/hosts"
printf 'key: %s\nmust-have: [web]\n' "$KEY" >"$T/fleet/hosts/library-1.yaml"
fleet_push() { "$LAUTTA" fleet push "$T/fleet" --depot "$T/depot" "$@"; }
expect fleet_push
cp "$LAUTTA_HOME/root.pgp" "$T/root-1.pgp"
cp "$LAUTTA_HOME/release.pgp" "$T/release-1.pgp"

expect_exit 4 trust show --depot "$T/depot"
expect_message "has no trust.list; 'lautta trust push' makes it"
expect_message "trust.list"
expect push
follows "$T/root-1.pgp"
[ "$(json 'root[0]') $(json 'release[0]') $(json 'list[0]')" = "$(key root) $(key release) $(key list)" ] || trouble "other keys"
cp "$T/depot/trust.list" "$T/trust-1"
expect push
expect_output 'signed already'
expect_same "$T/depot/trust.list" "$T/trust-1"
make_depot "$T/second"
expect trust push --depot "$T/second"
expect_same "$T/second/trust.list" "$T/trust-1"
start_nginx "$T/depot"
expect trust show --depot "$URL" --keyring "$T/root-1.pgp"
expect_output "^release   $(key release)$"
ok "trust.list names the keys, is signed once for all depots, and a host reads it with the root key alone"

old=$(key release)
expect trust rotate release
new=$(key release)
[ "$new" != "$old" ] || trouble "the key is the old one"
expect trust show
expect_output "^release   $old  former, valid still$"
gpg --show-keys --with-colons "$LAUTTA_HOME/release.pgp" 2>/dev/null | grep -c '^pub' | grep -qx 2 || trouble "release.pgp has not both"
expect push
expect_output 'the depot is signed by the new release key'
[ "$(signer release "$T/depot/dists/stable/InRelease")" = "$new" ] || trouble "the depot is not signed by the new key"
follows "$T/root-1.pgp"
[ "$(json 'release | join(" ")')" = "$new $old" ] || trouble "not both release keys are valid"
expect "$LAUTTA" ls --depot "$T/depot"
expect_exit 3 "$LAUTTA" ls --depot "$T/depot" --keyring "$T/release-1.pgp"
describe web 1.1 a.raw >"$T/web.yaml"
expect publish
expect "$LAUTTA" verify --depot "$T/depot"
ok "a new release key signs the depot, and the old one stays valid"

[ "$(signer release "$T/second/dists/stable/InRelease")" = "$old" ] || trouble "another depot was touched"
expect "$LAUTTA" refresh --depot "$T/second" --valid 30d
[ "$(signer release "$T/second/dists/stable/InRelease")" = "$new" ] || trouble "refresh does not sign by the new key"
grep -q "^key=$new" "$T/second/.lautta/depot.conf" || trouble "depot.conf has the old key"
grep -q "^valid=.*" "$T/second/.lautta/depot.conf" || trouble "depot.conf lost the validity"
expect "$LAUTTA" refresh --depot "$T/second"
ok "whatever signs another depot next takes the new key"

serial=$(sed -n 's/^Serial: //p' "$T/depot/trust.list")
expect trust withdraw release "$old"
expect push
follows "$T/root-1.pgp"
[ "$(json 'release | join(" ")')" = "$new" ] || trouble "the old release key is valid"
[ "$(json serial)" -gt "$serial" ] || trouble "the serial did not rise"
gpg --show-keys --with-colons "$LAUTTA_HOME/release.pgp" 2>/dev/null | grep -q "$old" && trouble "release.pgp has the old key"
cp -a "$T/depot" "$T/kept"
ok "a release key that is withdrawn is not valid any more"

old=$(key list)
expect trust rotate list
expect push
expect fleet_push --dry-run
expect_output '^library-1  changed'
expect fleet_push
expect fleet_push --json
[ "$(jq -r '.hosts[].action' "$T/stdout")" = kept ] || trouble "it was signed twice"
[ "$(signer lists "$T/depot/lists/library-1.list")" = "$(key list)" ] || trouble "the list is not signed by the new key"
ok "a new list key signs every list again"

serial=$(sed -n 's/^Serial: //p' "$T/depot/lists/library-1.list")
expect trust rotate list
expect trust withdraw list "$(trust show --json | jq -r '.list[1]')"
expect trust withdraw list "$old"
expect push
expect fleet_push
expect_output '^library-1  new'
[ "$(signer lists "$T/depot/lists/library-1.list")" = "$(key list)" ] || trouble "the list is not signed by the newest key"
[ "$(sed -n 's/^Serial: //p' "$T/depot/lists/library-1.list")" -gt "$serial" ] || trouble "the serial did not rise"
ok "lists of a withdrawn key are signed again, with higher serials"

# --- a new root

first=$(key root)
expect trust rotate root
second=$(key root)
expect push
cp "$LAUTTA_HOME/root.pgp" "$T/root-2.pgp"
gpg --show-keys --with-colons "$T/root-2.pgp" 2>/dev/null | grep -q "$first" && trouble "root.pgp has the old root"
follows "$T/root-1.pgp"
[ "$(json 'root[0]')" = "$second" ] || trouble "a host with the old root is not told the new one"
follows "$T/root-2.pgp"
expect trust rotate root
expect trust rotate release
expect push
follows "$T/root-1.pgp"
[ "$(json 'root[0]') $(json 'release[0]')" = "$(key root) $(key release)" ] || trouble "a host that missed a change cannot follow"
follows "$T/root-2.pgp"
expect trust show --depot "$T/depot"
ok "a new root is believed by hosts that know the old one, also if they missed one between"

third=$(key root)
cp "$T/depot/trust.list" "$T/good"
text=$T/text
gpgv --keyring "$LAUTTA_HOME/root.pgp" --output "$text" "$T/good" 2>/dev/null || [ -s "$text" ]
refused() { # PATTERN KEYRING
  expect_exit 3 trust show --depot "$T/depot" --keyring "$2"
  expect_message "trust.list.*$1"
  cp "$T/good" "$T/depot/trust.list"
}
sign_as "$text" "$third" >"$T/depot/trust.list"
refused "no good signature of a known key" "$T/root-1.pgp"
sign_as "$text" "$first" >"$T/depot/trust.list"
refused "new root key $third: .*no good signature" "$T/root-1.pgp"
sign_as "$text" "$first" "$second" >"$T/depot/trust.list"
refused "new root key $third: " "$T/root-1.pgp"
ok "a new root needs the signature of the old root and its own"

sign_as "$text" "$(key release)" >"$T/depot/trust.list"
refused "no good signature of a known key" "$LAUTTA_HOME/root.pgp"
sign_as "$text" "$(key release)" >"$T/depot/trust.list"
refused "new root key .*" "$LAUTTA_HOME/release.pgp"
sed 's/^Serial: /Serial: 1/' "$T/good" >"$T/depot/trust.list"
refused "BADSIG" "$LAUTTA_HOME/root.pgp"
{ cat "$T/good" && echo "Format: lautta-trust/1"; } >"$T/depot/trust.list"
refused "line" "$LAUTTA_HOME/root.pgp"
cp "$T/depot/lists/library-1.list" "$T/depot/trust.list"
expect_exit 3 trust show --depot "$T/depot" --keyring "$LAUTTA_HOME/lists.pgp"
expect_message "'lautta-list/1' is not the format of a trust.list"
cp "$T/good" "$T/depot/trust.list"
sed 's/^Valid-Until: .*/Valid-Until: 2026-01-01T00:00:00Z/; s/^Date: .*/Date: 2025-01-01T00:00:00Z/' "$text" >"$T/expired"
sign_as "$T/expired" "$third" >"$T/depot/trust.list"
refused "expired at 2026-01-01" "$LAUTTA_HOME/root.pgp"
sign_as "$T/expired" "$third" >"$T/depot/trust.list"
expect trust show --depot "$T/depot" --allow-expired
expect push
expect_same "$T/depot/trust.list" "$T/good"
ok "whatever is not signed by the root, or was changed, or has expired, is refused"

expect trust withdraw root "$first"
expect trust withdraw root "$second"
expect trust rotate list
expect push
follows "$LAUTTA_HOME/root.pgp"
expect_exit 3 trust show --depot "$T/depot" --keyring "$T/root-1.pgp"
ok "a root that is withdrawn signs no longer"

# --- keys that exist, and wrong usage

export GNUPGHOME=$T/gnupg
mkdir -m 700 "$GNUPGHOME"
gpg --batch -q --passphrase '' --quick-generate-key mine ed25519 sign never 2>/dev/null
MINE=$(gpg --with-colons --list-keys mine 2>/dev/null | awk -F: '/^fpr/ {print $10; exit}')
before=$(key list)
expect trust rotate list "$MINE"
[ "$(key list)" = "$MINE" ] || trouble "it is not taken"
expect push
expect fleet_push
[ "$(signer lists "$T/depot/lists/library-1.list")" = "$MINE" ] || trouble "it does not sign"
expect trust rotate list "$before"
[ "$(trust show --json | jq -r '.list[1]')" = "$MINE" ] || trouble "it is not a former key"
expect trust push --depot "$T/depot"
expect fleet_push
expect trust withdraw list "$MINE"
expect trust rotate root "$MINE"
expect_exit 1 trust push --depot "$T/depot"
expect_message "lie in two GnuPG homes"
expect trust rotate root "$third"
expect trust withdraw root "$MINE"
expect push
gpgconf --kill all
unset GNUPGHOME
ok "existing keys can be taken, and a former key can come back"

cp "$LAUTTA_HOME/keys.conf" "$T/keys.conf"
expect_exit 2 trust
expect_message "rotate ROLE"
expect_exit 2 trust rotate
expect_exit 2 trust rotate hub
expect_message "'hub' is not one of: root, release, list"
expect_exit 2 trust rotate list 1234
expect_message "40 hex digits"
expect_exit 4 trust rotate list 0123456789012345678901234567890123456789
expect_exit 1 trust rotate list "$(key release)"
expect_message "is a release key"
expect_exit 1 trust rotate list "$(key list)"
expect_message "is the list key already"
expect_exit 1 trust withdraw list "$(key list)"
expect_message "that signs: put another in its place with 'lautta trust rotate list'"
expect_exit 4 trust withdraw list 0123456789012345678901234567890123456789
expect_message "lautta trust show"
expect_exit 2 trust withdraw list
expect_exit 2 push --valid 1s
expect_exit 2 trust push --depot "$URL"
expect_exit 2 trust push
expect_same "$LAUTTA_HOME/keys.conf" "$T/keys.conf"
ok "wrong usage changes no key"

# --- who writes

expect trust rotate release
former=$(trust show --json | jq -r '.release[1]')
expect trust withdraw release "$former"
expect_exit 1 "$LAUTTA" refresh --depot "$T/depot"
expect_message "signed with key $former, but the release key of .* is .*lautta trust rotate release $former"
current=$(key release)
expect trust rotate release "$former"
expect trust rotate release "$current"
expect push
expect trust withdraw release "$former"
expect push
expect publish
ok "a depot whose key was withdrawn too early can be taken up again"

rm -rf "$T/depot"
cp -a "$T/kept" "$T/depot"
expect_exit 3 "$LAUTTA" refresh --depot "$T/depot"
expect_message "a newer one of .* has been seen"
ok "an old state signed by a former key is not signed again"

expect trust push --depot "$T/second"
cp "$T/trust-1" "$T/second/trust.list"
mv "$LAUTTA_HOME/gnupg" "$T/own"
mkdir -m 700 "$LAUTTA_HOME/gnupg"
expect trust push --depot "$T/second"
expect trust show --depot "$T/second"
rm -rf "$LAUTTA_HOME/gnupg"
mv "$T/own" "$LAUTTA_HOME/gnupg"
ok "a trust.list that is signed goes into another depot without the root key"
