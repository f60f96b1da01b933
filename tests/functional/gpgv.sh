#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Who may sign what a depot says: every way in which gpgv's exit status misleads, with real keys.
# timeout: 180
. "$(dirname "$0")/lib.sh"

make_depot "$T/depot"
make_image "$T/a.raw" 1M
describe web 1.0 a.raw >"$T/web.yaml"
expect "$LAUTTA" publish "$T/web.yaml" --image "$T/a.raw" --depot "$T/depot"
IN_RELEASE=$T/depot/dists/stable/InRelease
RELEASE=$(gpg --homedir "$LAUTTA_HOME/gnupg" --with-colons --list-keys 'Lautta release key' | awk -F: '/^fpr/ {print $10; exit}')
cp "$IN_RELEASE" "$T/genuine"
gpgv -q --keyring "$KEYRING" -o "$T/text" "$T/genuine" 2>/dev/null

GNUPGHOME=$T/gnupg
export GNUPGHOME
mkdir -m 700 "$GNUPGHOME"
echo no-auto-check-trustdb >"$GNUPGHOME/gpg.conf"
gpg --batch -q --import "$KEYRING" 2>/dev/null
gpg --homedir "$LAUTTA_HOME/gnupg" --batch --export-secret-keys "$RELEASE" | gpg --batch -q --import 2>/dev/null

# new_key NAME [GPG-OPTION...]: an Ed25519 key that signs; its fingerprint is in $KEY, its public part in $T/NAME.pgp.
new_key() {
  gpg --batch -q --passphrase '' "${@:2}" --quick-generate-key "$1 test key" ed25519 sign "${EXPIRE:-never}" 2>/dev/null
  KEY=$(gpg --with-colons --list-keys "$1 test key" | awk -F: '/^fpr/ {print $10; exit}')
  gpg --batch --export "$KEY" >"$T/$1.pgp"
}

# sign KEY [GPG-OPTION...]: clear-sign standard input to standard output.
sign() { gpg --batch -q --no-tty "${@:2}" -u "$1" --digest-algo SHA512 --clear-sign -o - 2>/dev/null; }

STATE=0
# try CODE [PATTERN [OPTION...]]: what `lautta ls` says of the depot with the InRelease of standard input; each time with
# a state directory of its own.
try() {
  STATE=$((STATE + 1))
  cat >"$IN_RELEASE"
  expect_exit "$1" "$LAUTTA" ls --depot "$T/depot" --state "$T/state.$STATE" --keyring "${RING:-$KEYRING}" "${@:3}"
  [ -z "${2:-}" ] || expect_message "$2"
}

try 0 <"$T/genuine"
try 0 < <(sign "$RELEASE" <"$T/text")
ok "an InRelease signed by the release key is accepted"

gpg --batch --armor --export "$RELEASE" >"$T/armored.asc"
RING=$T/armored.asc try 0 <"$T/genuine"
new_key other
cat "$T/other.pgp" "$KEYRING" >"$T/both.pgp"
RING=$T/both.pgp try 0 <"$T/genuine"
ok "a keyring may be armored, and may hold more keys"

RING=$T/other.pgp try 3 "no good signature of a known key.*right keyring" <"$T/genuine"
RING=$T/absent.pgp try 4 "absent.pgp" <"$T/genuine"
echo nonsense >"$T/nonsense.pgp"
RING=$T/nonsense.pgp try 3 "no OpenPGP public key" <"$T/genuine"
ok "another, absent or senseless keyring is refused with its name"

try 3 "no good signature of a known key, only one of key" < <(sign "$KEY" <"$T/text")
ok "an InRelease forged with an unknown key is refused"

try 0 < <(sign "$RELEASE" -u "$KEY" <"$T/text")
try 0 < <(sign "$KEY" -u "$RELEASE" <"$T/text")
ok "a second signature of an unknown key does no harm"

try 3 "BADSIG" < <(sed 's/^Origin: .*/Origin: somebody else/' "$T/genuine")
try 3 "BADSIG" < <(sed 's/^Suite: stable/Suite: Stable/' "$T/genuine")
ok "a text changed after signing is refused, though gpgv writes its output"

RING=$T/both.pgp
try 3 "BADSIG" < <(sign "$RELEASE" -u "$KEY" <"$T/text" | sed 's/^Origin: .*/Origin: x/')
unset RING
ok "a bad signature among several is refused"

try 3 "line 1: it does not begin" < <(echo "Origin: unsigned"; cat "$T/genuine")
try 3 "text after the signature" < <(cat "$T/genuine"; echo "Origin: unsigned")
try 3 "text after the signature" < <(cat "$T/genuine" "$T/genuine")
try 3 "header other than 'Hash'" < <(sed 's/^Hash: SHA512$/&\nComment: Origin/' "$T/genuine")
try 3 "line 1" < <(sed 's/$/\r/' "$T/genuine")
try 3 "cut short" < <(head -n 12 "$T/genuine")
try 3 "cut short" </dev/null
ok "text outside the block is refused, before it, after it and in its headers"

try 3 "does not begin with a clear-signed" < <(gpg --batch -q -u "$RELEASE" --sign -o - <"$T/text")
try 3 "does not begin with a clear-signed" < <(gpg --batch -q -u "$RELEASE" --armor --sign -o - <"$T/text")
try 3 "does not begin with a clear-signed" < <(gpg --batch -q -u "$RELEASE" --armor --detach-sign -o - <"$T/text")
try 3 <"$T/text"
ok "a message with the text inside, binary or armored, and a plain text are refused"

{
  printf -- '-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n'
  cat "$T/text"
  printf '%s' "$(cat "$T/text")" | gpg --batch -q -u "$RELEASE" --digest-algo SHA512 --armor --detach-sign -o -
} >"$T/reframed"
try 3 <"$T/reframed"
{
  printf -- '-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n'
  cat "$T/text"
  printf '%s' "$(cat "$T/text")" | sed 's/$/\r/;$s/\r$//' | gpg --batch -q -u "$RELEASE" --digest-algo SHA512 --armor --detach-sign -o -
} >"$T/reframed"
gpgv --keyring "$KEYRING" --status-fd 1 "$T/reframed" 2>/dev/null | grep -q 'VALIDSIG.* 00 ' || trouble "gpgv finds no signature of class 00"
try 3 "no good signature" <"$T/reframed"
ok "a detached signature put around a text is refused, also one that fits the text"

# block COMMAND: the genuine text with the packets that COMMAND prints instead of its signature.
block() {
  sed '/^-----BEGIN PGP SIGNATURE/,$d' "$T/genuine"
  printf -- '-----BEGIN PGP SIGNATURE-----\n\n'
  "$@" | base64 -w 64
  printf -- '-----END PGP SIGNATURE-----\n'
}
signature() { gpg --dearmor <"$T/genuine.sig"; }
sed -n '/^-----BEGIN PGP SIGNATURE/,$p' "$T/genuine" >"$T/genuine.sig"
# endless GIB: a literal packet of so many GiB in three layers of compression, a few KiB of text.
endless() {
  python3 - "$1" <<'PYTHON'
import sys, zlib
def pack(parts):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return b"\xa3\x01" + b"".join(packer.compress(part) for part in parts) + packer.flush()
chunk = b"\xf8" + bytes(1 << 24)
packer = zlib.compressobj(9, zlib.DEFLATED, -15)
head = packer.compress(b"\xcb\xf8b\0" + bytes((1 << 24) - 2)) + packer.flush(zlib.Z_FULL_FLUSH)
again = packer.compress(chunk) + packer.flush(zlib.Z_FULL_FLUSH)
end = packer.compress(b"\0") + packer.flush()
layer = pack([b"\xa3\x01" + head + again * (int(sys.argv[1]) * 64) + end])
sys.stdout.buffer.write(pack([layer]))
PYTHON
}
# gpgv would need minutes for the message, or is ended after 10 s of computing; a busy machine gets 30 s.
refused_at_once() { # PATTERN: the message of standard input
  local start=${EPOCHREALTIME/./}
  try 3 "$1"
  [ $((${EPOCHREALTIME/./} - start)) -lt 30000000 ] || trouble "refused after $(((${EPOCHREALTIME/./} - start) / 1000)) ms only"
}
try 0 < <(block signature)
block endless 200 >"$T/endless"
[ "$(wc -c <"$T/endless")" -lt 20000 ] || trouble "the message has $(wc -c <"$T/endless") bytes"
refused_at_once "packet without a definite length" <"$T/endless"
both() { signature; endless 200; }
refused_at_once "packet without a definite length" < <(block both)
literal() { signature; printf '\xcb\x01b'; }
refused_at_once "packet of type 11" < <(block literal)
ok "a signature block that holds other packets is refused at once, also one that unfolds to 200 GiB"

# A gpgv that computes for ever is a stand-in: no message is known that makes the real one do so.
mkdir "$T/slow"
printf '#!/bin/sh\nwhile :; do :; done\n' >"$T/slow/gpgv"
chmod 755 "$T/slow/gpgv"
PATH=$T/slow:$PATH try 3 "gpgv.* used more than the 10 s of processor time" <"$T/genuine"
ok "a gpgv that does not come to an end is stopped"

gpg --batch -q --faked-system-time 20200101T000000 --passphrase '' \
  --quick-generate-key 'expired test key' ed25519 sign 1y 2>/dev/null
EXPIRED=$(gpg --with-colons --list-keys 'expired test key' | awk -F: '/^fpr/ {print $10; exit}')
gpg --batch --export "$EXPIRED" >"$T/expired.pgp"
cat "$T/expired.pgp" "$KEYRING" >"$T/both.pgp"
sign "$EXPIRED" --faked-system-time 20200201T000000 <"$T/text" >"$T/by-expired"
gpgv --keyring "$T/expired.pgp" "$T/by-expired" 2>/dev/null || trouble "gpgv's exit status tells of an expired key now"
RING=$T/expired.pgp try 3 "expired.*EXPKEYSIG" <"$T/by-expired"
RING=$T/both.pgp try 3 "EXPKEYSIG" <"$T/by-expired"
ok "an expired key is refused, though gpgv's exit status is 0"

sign "$RELEASE" --default-sig-expire 1d --faked-system-time "$(date -u -d 'now - 3 days' +%Y%m%dT%H%M%S)" \
  --ignore-time-conflict --ignore-valid-from <"$T/text" >"$T/expiring"
try 3 "a signature has expired" <"$T/expiring"
ok "an expired signature is refused"

gpg --batch -q --faked-system-time 20400101T000000 --passphrase '' \
  --quick-generate-key 'future test key' ed25519 sign never 2>/dev/null
FUTURE=$(gpg --with-colons --list-keys 'future test key' | awk -F: '/^fpr/ {print $10; exit}')
gpg --batch --export "$FUTURE" >"$T/future.pgp"
sign "$FUTURE" --faked-system-time 20400201T000000 <"$T/text" >"$T/by-future"
! gpgv --keyring "$T/future.pgp" "$T/by-future" 2>/dev/null || trouble "gpgv accepts keys from the future now"
RING=$T/future.pgp try 0 <"$T/by-future"
ok "a key that is newer than a clock which lags is accepted"

new_key revoked
sign "$KEY" <"$T/text" >"$T/by-revoked"
RING=$T/revoked.pgp try 0 <"$T/by-revoked"
sed 's/^:---/---/' "$GNUPGHOME/openpgp-revocs.d/$KEY.rev" | gpg --batch -q --import 2>/dev/null
gpg --batch --export "$KEY" >"$T/revoked.pgp"
RING=$T/revoked.pgp try 3 "revoked.*REVKEYSIG" <"$T/by-revoked"
ok "a revoked key is refused"

try 3 "second paragraph" < <({ cat "$T/text"; printf '\nOrigin: second\n'; } | sign "$RELEASE")
try 3 "field 'oriGIN' occurs twice" < <({ cat "$T/text"; echo 'oriGIN: again'; } | sign "$RELEASE")
try 3 "InRelease:[0-9]+: expected" < <({ cat "$T/text"; echo 'no field'; } | sign "$RELEASE")
try 3 "'Valid-Until' is missing" < <(grep -v '^Valid-Until' "$T/text" | sign "$RELEASE")
try 3 "is missing" < <(echo 'Origin: x' | sign "$RELEASE")
try 3 "not allowed" < <(sed 's,main/binary-amd64/Packages$,../../../etc/passwd,' "$T/text" | sign "$RELEASE")
ok "a signed text that is not one good paragraph is refused with its line or field"

try 3 "it is of suite 'next', not 'stable'" < <(sed 's/^Suite: .*/Suite: next/;s/^Codename: .*/Codename: next/' "$T/text" | sign "$RELEASE")
ok "another suite of the same key is not taken for the one asked for"

dated() { # DAYS FROM NOW, DAYS VALID
  sed "s/^Date:.*/Date: $(LC_ALL=C date -u -d "now + $1 days" '+%a, %d %b %Y %T UTC')/
       s/^Valid-Until:.*/Valid-Until: $(LC_ALL=C date -u -d "now + $1 days + $2 days" '+%a, %d %b %Y %T UTC')/" "$T/text" |
    sign "$RELEASE"
}
try 3 "expired at .*lautta refresh" < <(dated -20 10)
try 0 "" --allow-expired < <(dated -20 10)
ok "an expired depot is refused, and can be looked at with --allow-expired"

try 0 < <(dated 20 10)
ok "a depot from the future is accepted: the clock may lag"

seen() { # CODE PATTERN [OPTION...]: always the same state directory
  cat >"$IN_RELEASE"
  expect_exit "$1" "$LAUTTA" ls --depot "$T/depot" --state "$T/seen" --keyring "$KEYRING" "${@:3}"
  [ -z "$2" ] || expect_message "$2"
}
dated -1 365 >"$T/yesterday"
dated -2 365 >"$T/before"
seen 0 '' <"$T/before"
seen 0 '' <"$T/yesterday"
seen 3 "a newer one of .* has been seen" <"$T/before"
seen 3 "a newer one" --allow-expired <"$T/before"
seen 0 '' <"$T/yesterday"
expect "$LAUTTA" ls --depot "$T/depot" --state "$T/another" --keyring "$KEYRING"
ok "an older state of a depot than was seen before is refused, also with --allow-expired"

cp -a "$T/depot" "$T/mirror"
cp "$T/before" "$T/mirror/dists/stable/InRelease"
expect_exit 3 "$LAUTTA" ls --depot "$T/mirror" --state "$T/seen" --keyring "$KEYRING"
expect_message "a newer one"
start_nginx "$T/mirror"
expect_exit 3 "$LAUTTA" ls --depot "$URL" --state "$T/seen" --keyring "$KEYRING"
expect_message "a newer one"
ok "a mirror that stayed behind is noticed, wherever it is"

RECORD=$(ls "$T"/seen/depot-*)
head -c 30 "$RECORD" >"$T/torn"
cp "$T/torn" "$RECORD"
seen 3 "record of the newest depot seen is damaged.*delete '$RECORD'" <"$T/genuine"
cmp -s "$T/torn" "$RECORD" || trouble "the torn record was replaced"
ok "a torn record of the newest date is reported with what to do, and not believed"

cp "$T/genuine" "$IN_RELEASE"
BY_HASH=$T/depot/dists/stable/main/binary-amd64/by-hash/SHA256
PACKED=$BY_HASH/$(awk '$3 == "main/binary-amd64/Packages.zst" {print $1}' "$T/text")
cp "$PACKED" "$T/packed"
look() { expect_exit "$1" "$LAUTTA" ls --depot "$T/depot" --state "$T/look" --keyring "$KEYRING"; expect_message "$2"; }
printf '\001' | dd of="$PACKED" bs=1 seek=3 conv=notrunc status=none
look 3 "Packages.zst.*size and digest"
head -c 5 "$T/packed" >"$PACKED"
look 3 "Packages.zst.*size and digest"
{ cat "$T/packed"; echo; } >"$PACKED"
look 3 "Packages.zst"
rm "$PACKED"
look 4 "by-hash"
cp "$T/packed" "$PACKED"
expect "$LAUTTA" ls --depot "$T/depot" --state "$T/look" --keyring "$KEYRING"
ok "a Packages file with a flipped bit, cut short, longer or absent is refused"

mv "$LAUTTA_HOME/release.pgp" "$T/kept.pgp"
expect "$LAUTTA" ls --depot "$T/depot"
expect_message "nothing of this is verified"
mv "$T/kept.pgp" "$LAUTTA_HOME/release.pgp"
sed 's/^Origin: .*/Origin: forged/' "$T/genuine" >"$IN_RELEASE"
expect_exit 3 "$LAUTTA" ls --depot "$T/depot" --state "$T/look"
expect "$LAUTTA" ls --depot "$T/depot" --unverified
expect_message "nothing of this is verified"
expect_exit 2 "$LAUTTA" ls --depot "$T/depot" --unverified --keyring "$KEYRING"
ok "without a key, or when asked, ls lists with a clear warning that nothing is verified"
gpgconf --kill all
