#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What a host makes of several sources of lists, of which the first is hostile, stale or slow.
# timeout: 240
. "$(dirname "$0")/lib.sh"

trust() { "$LAUTTA" trust "$@"; }
key() { trust show --json | jq -r ".$1[0]"; }
push() { "$LAUTTA" fleet push "$T/fleet" --depot "$T/depot" "$@"; }
sign_as() { # TEXT KEY
  gpg --homedir "$LAUTTA_HOME/gnupg" --batch -q --digest-algo SHA512 --local-user "$2" --clear-sign --output - "$1" 2>/dev/null
}
serial_of() { sed -n 's/^Serial: //p' "$1/lists/library-1.list"; }
expect_source() { [ "$(json list.source)" = "$1" ] || trouble "the list is from $(json list.source), not $1"; }

make_image "$T/a.raw" 1M
make_depot "$T/depot"
describe web 1.0 a.raw >"$T/web.yaml"
expect "$LAUTTA" publish "$T/web.yaml" --image "$T/a.raw" --depot "$T/depot"
mkdir -p "$T/fleet/hosts" "$T/first"
make_plain_host "$T/host" "lists = $T/first $T/depot" "depots = $T/depot"
printf 'key: %s\nmust-have: [web]\n' "$HOST_KEY" >"$T/fleet/hosts/library-1.yaml"
expect push
expect trust push --depot "$T/depot"

# --- a message that kills gpgv: none is known, so a stand-in dies of one with a mark

mkdir "$T/bin"
cat >"$T/bin/gpgv" <<STAND_IN
#!/bin/sh
for message; do :; done
! grep -q X-Deadly "\$message" || kill -SEGV \$\$
exec $(command -v gpgv) "\$@"
STAND_IN
chmod 755 "$T/bin/gpgv"
cp -a "$T/depot/." "$T/first"
sed -i 's/^Must-Have: /X-Deadly: yes\n&/' "$T/first/lists/library-1.list"
PATH=$T/bin:$PATH pass_of
expect_serial "$(serial_of "$T/depot")"
expect_source "$T/depot"
json 'refused[]' | grep -q "^$T/first: .*gpgv.* was ended by signal 11" || trouble "not refused: $(json refused)"
ok "a message that kills gpgv is refused, and the next source is asked"
cp "$T/depot/lists/library-1.list" "$T/first/lists/"
sed -i 's/^Root-Key: /X-Deadly: yes\n&/' "$T/first/trust.list"
rm -rf "$T/host/lib/lists" "$T/host/lib/state"
PATH=$T/bin:$PATH pass_of
expect_serial "$(serial_of "$T/depot")"
json 'refused[]' | grep -q "^$T/first: .*gpgv.* was ended by signal 11" || trouble "not refused: $(json refused)"
ok "the same holds for a trust.list"

# --- the first source is hostile, stale or slow

cp -a "$T/depot/." "$T/first"
rm -rf "$T/host/lib/lists" "$T/host/lib/state"
leaked=$(key list)
expect trust rotate list
expect trust withdraw list "$leaked"
expect trust push --depot "$T/depot"
expect push
gpg --batch -q --skip-verify --decrypt "$T/first/lists/library-1.list" 2>/dev/null |
  sed "s/^Serial: .*/Serial: $(($(serial_of "$T/depot") + 1000))/" >"$T/evil"
sign_as "$T/evil" "$leaked" >"$T/first/lists/library-1.list"
pass_of
expect_serial "$(serial_of "$T/depot")"
expect_source "$T/depot"
json 'refused[]' | grep -q "^$T/first: .*library-1.list" || trouble "the evil list is not refused: $(json refused)"
ok "a withdrawn list key is not obeyed though a hostile source that offers the former trust.list is the first"

cp -a "$T/depot/." "$T/first"
printf 'key: %s\nmust-have: [web]\nmay-have: [vim]\n' "$HOST_KEY" >"$T/fleet/hosts/library-1.yaml"
expect push
pass_of
expect_serial "$(serial_of "$T/depot")"
expect_source "$T/depot"
[ "$(json 'refused | length')" = 0 ] || trouble "a stale mirror is called refused: $(json refused)"
ok "a stale first source does not keep a host on its list"

start_http_server "$T/first"
echo '* drip=5' >"$RULES"
sed -i "s,^lists = .*,lists = $URL $T/depot," "$CONF"
printf 'key: %s\nmust-have: [web]\nmay-have: [gimp]\n' "$HOST_KEY" >"$T/fleet/hosts/library-1.yaml"
expect push
start=$SECONDS
pass_of
expect_serial "$(serial_of "$T/depot")"
[ $((SECONDS - start)) -lt 40 ] || trouble "the pass took $((SECONDS - start)) s"
ok "a source that drips does not hold a pass"
rm -rf "$T/depot/lists" "$T/host/lib"
start=$SECONDS
pass_of
[ $((SECONDS - start)) -lt 90 ] || trouble "the pass took $((SECONDS - start)) s"
[ $((SECONDS - start)) -ge 25 ] || trouble "the pass took $((SECONDS - start)) s only"
ok "a source that drips is given up also where no other has a list"
