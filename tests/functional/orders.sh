#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Lists that a host refuses, each with its own message, whatever its clock says; and how the host follows a change of
# keys. Lists are pushed by the operator's program, or signed with its keys.
# timeout: 400
# asan: no (the library that sets the clock is preloaded, as the sanitizer is)
. "$(dirname "$0")/lib.sh"

command -v faketime >/dev/null || skip_all "faketime is not installed"

trust() { "$LAUTTA" trust "$@"; }
key() { trust show --json | jq -r ".$1[0]"; }
push() { "$LAUTTA" fleet push "$T/fleet" --depot "$T/depot" "$@"; }
sign_as() { # TEXT KEY
  gpg --homedir "$LAUTTA_HOME/gnupg" --batch -q --digest-algo SHA512 --local-user "$2" --clear-sign --output - "$1" 2>/dev/null
}
text_of() { gpg --batch -q --skip-verify --decrypt "$1" 2>/dev/null; }
# offer SED-SCRIPT [KEY]: change the list that was pushed, and sign it again.
offer() {
  sed "$1" "$T/text" >"$T/changed"
  sign_as "$T/changed" "${2:-$(key list)}" >"$T/depot/lists/library-1.list"
}
offer_pushed() { cp "$T/pushed" "$T/depot/lists/library-1.list"; }
take_pushed() {
  cp "$T/depot/lists/library-1.list" "$T/pushed"
  text_of "$T/pushed" >"$T/text"
  serial=$(sed -n 's/^Serial: //p' "$T/text")
}
# at TIME COMMAND...: run the command with another clock.
at() { DONT_FAKE_MONOTONIC=1 faketime -f "$1" "${@:2}"; }
pass_at() { at "$1" "$LAUTTA_AGENT" once --json --config "$CONF" >"$T/stdout" 2>"$T/stderr" || [ $? != 2 ]; }
expect_refused() { json 'refused[]' | grep -Eq -- "$1" || trouble "not refused like '$1': $(json refused)"; }

# refused PATTERN: the source's list is refused with that message now, and with a clock that is years off either way; the
# previous list stays.
refused() {
  local clock
  for clock in +0 -9y +30y; do
    pass_at "$clock"
    expect_serial "$serial"
    expect_refused "$1"
  done
}

make_image "$T/a.raw" 1M
make_depot "$T/depot"
describe web 1.0 a.raw >"$T/web.yaml"
publish() { "$LAUTTA" publish "$T/web.yaml" --image "$T/a.raw" --depot "$T/depot"; }
expect publish
cp -a "$T/depot" "$T/old-depot"
make_plain_host "$T/host" "depots = $T/depot"
mkdir -p "$T/fleet/hosts"
printf 'key: %s\nmust-have: [web]\n' "$HOST_KEY" >"$T/fleet/hosts/library-1.yaml"
expect push
expect trust push --depot "$T/depot"
take_pushed
pass_of
expect_serial "$serial"
[ "$(json 'refused | length')" = 0 ] || trouble "refused: $(json refused)"
[ "$(json list.may_install)" = true ] || trouble "nothing may be installed: $(json list.why_not)"
ok "a list that was pushed for this host is obeyed"

next="s/^Serial: .*/Serial: $((serial + 10))/"
sed 's/^Must-Have: web/Must-Have: wet/' "$T/pushed" >"$T/depot/lists/library-1.list"
refused 'a signature does not fit the text: it was changed'
ok "a list whose text was changed is refused"
offer "$next" "$(key release)"
refused 'no good signature of a known key|not one of the allowed keys'
ok "a list that the release key signed is refused"
offer "$next; s/^Host: .*/Host: library-2/"
refused "the list is for host 'library-2', and this is 'library-1'"
ok "the list of another host is refused"
offer "$next; s/^Host-Key: .*/Host-Key: SHA256:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8/"
refused "the list is for the host key SHA256:AAECA.*, and this host's is ${HOST_KEY//+/[+]}"
ok "a list for another host key is refused"
offer "s/^Serial: .*/Serial: $((serial - 1))/"
refused "serial $((serial - 1)) is lower than $serial"
ok "a lower serial is refused"
offer "\$a May-Not-Have: telnetd"
refused "serial $serial of the one before and says something else"
ok "the same serial with other content is refused"
offer "$next; s,^Format: .*,Format: lautta-list/2,"
refused "'lautta-list/2' needs a newer Lautta"
ok "a format that is not known is refused"
offer "$next; /^Host:/p"
refused "[Hh]ost.*twice|twice.*[Hh]ost|already"
ok "a field that is there twice is refused"
offer "$next; \$a May-Not-Have: libc6"
refused "libc6"
ok "a package that may not be named is refused"

# --- expiry and the clock

offer_pushed
pass_at -9y
expect_serial "$serial"
[ "$(json list.may_install)" = true ] || trouble "a clock that lags blocks: $(json list.why_not)"
pass_at +30y
expect_serial "$serial"
[ "$(json list.may_install)" = false ] || trouble "30 years later the list still installs"
json list.why_not | grep -q 'expired at .* keeps running, and nothing is installed' || trouble "why: $(json list.why_not)"
pass_of
[ "$(json list.may_install)" = true ] || trouble "the clock is right again, and it still blocks: $(json list.why_not)"
ok "a clock that lags by years opens and blocks nothing; a clock that is ahead lets lists expire until it is right again"

short=$(date -u -d '-1 hour' +%Y-%m-%dT%H:%M:%SZ)
offer "$next; s/^Date: .*/Date: 2026-01-01T00:00:00Z/; s/^Valid-Until: .*/Valid-Until: $short/"
pass_of
expect_serial $((serial + 10))
[ "$(json list.may_install)" = false ] || trouble "an expired list installs"
pass_at -9y
[ "$(json list.may_install)" = false ] || trouble "an expired list installs when the clock lags"
ok "an expired list is in force and installs nothing, also when the clock lags behind the dates that were seen"

# --- the operator's clock

for command in "publish $T/web.yaml --image $T/a.raw" refresh "fleet push $T/fleet"; do
  # shellcheck disable=SC2086
  expect_exit 1 at +91d "$LAUTTA" $command --depot "$T/depot"
  expect_message 'clock says .* more than 90 days past .* set the clock, or say --clock-is-right'
done
cp -a "$T/depot" "$T/copy"
cp -a "$LAUTTA_HOME" "$T/home-2"
LAUTTA_HOME=$T/home-2 expect at +91d "$LAUTTA" refresh --depot "$T/copy" --clock-is-right
ok "by a clock that is far ahead of all dates known, nothing is signed unless the operator insists"

# --- depots

next_second() { local now=$EPOCHSECONDS; wait_until 5 test_later "$now"; }
test_later() { [ "$EPOCHSECONDS" -gt "$1" ]; }
next_second
describe web 1.1 a.raw >"$T/web.yaml"
expect publish
printf 'key: %s\nmust-have: [web, vim]\n' "$HOST_KEY" >"$T/fleet/hosts/library-1.yaml"
next_second
offer_pushed
expect push
take_pushed
offer "s/^Serial: .*/Serial: $((serial + 20))/; s/^Depot-Date-Min: .*/Depot-Date-Min: $(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%SZ)/"
pass_of
expect_serial $((serial + 20))
grep -q 'the depot was signed at .*, and the list asks for one of .* or later' "$T/stdout" || trouble "nothing of the depot's age: $(cat "$T/stdout")"
ok "a depot that is older than the list allows is reported and not used"

# --- keys

first=$(key list)
serial=$((serial + 20))
cp "$T/changed" "$T/text"
offer "s/^Serial: .*/Serial: 9007199254740992/"
pass_of
expect_serial 9007199254740992
expect trust rotate list
expect trust withdraw list "$first"
expect trust rotate release
expect trust push --depot "$T/depot"
serial=9007199254740992
pass_of
expect_serial "$serial"
[ "$(json list.may_install)" = false ] || trouble "the list of a withdrawn key installs"
expect_refused "no good signature of a known key|not one of the allowed keys"
ok "once its key is withdrawn, a list keeps running services and installs nothing, and lists that the key signs are refused"
rm "$T/depot/lists/library-1.list"
rm -rf "$LAUTTA_HOME/state"
expect push
take_pushed
pass_of
expect_serial "$serial"
[ "$serial" != 9007199254740992 ] || trouble "the serial is still the leaked one"
[ "$(json list.may_install)" = true ] || trouble "nothing may be installed: $(json list.why_not)"
ok "the greatest serial that a leaked key signed blocks nothing any more"

root=$(key root)
expect trust rotate root
expect trust push --depot "$T/depot"
pass_of
expect trust withdraw root "$root"
expect trust push --depot "$T/depot"
pass_of
[ "$(json 'refused | length')" = 0 ] || trouble "refused: $(json refused)"
pass_of
[ "$(json 'refused | length')" = 0 ] || trouble "refused: $(json refused)"
text_of "$T/depot/trust.list" | sed 's/^Serial: .*/Serial: 9007199254740992/' >"$T/forged"
cp "$T/depot/trust.list" "$T/trust.list"
sign_as "$T/forged" "$root" >"$T/depot/trust.list"
refused "no good signature of a known key|not one of the allowed keys"
cp "$T/trust.list" "$T/depot/trust.list"
pass_of
[ "$(json 'refused | length')" = 0 ] || trouble "refused: $(json refused)"
ok "a new root key is followed, and the withdrawn one refused"
