#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A host with a real libvirt: the services of its list, and no others, are fetched, started and removed again.
# timeout: 240
. "$(dirname "$0")/lib.sh"

state() { (cd "$HOST/state" && find . -type f -exec sha256sum {} + | sort); }
steps() { jq -r '.steps[] | "\(.step) \(.service) \(.version // "-") \(.result)"' "$HOST/state/state/report.json" | grep -v '^sha256' | xargs; }
left() { # what a service leaves on the host
  "${PRIVATE[@]}" virsh -q -c lxc:///system list --name | sed '/^$/d'
  "${PRIVATE[@]}" virsh -q -c lxc:///system net-list --name | sed '/^$/d'
  "${PRIVATE[@]}" nft list tables
  "${PRIVATE[@]}" ip -o link | grep -E 'lautta0|: lt' || true
  "${PRIVATE[@]}" grep "$HOST" /proc/mounts || true
  find "$HOST/state"/{services,images,roots,console,state/services} -mindepth 1 2>/dev/null || true
}
# resign FILE EXPRESSION: change the text of the list FILE by sed, and sign it with the real list key.
resign() {
  gpg --homedir "$LAUTTA_HOME/gnupg" --quiet --decrypt "$1" 2>/dev/null | sed -E "$2" >"$T/text"
  gpg --homedir "$LAUTTA_HOME/gnupg" --quiet --batch --yes --local-user "$(gpg --show-keys --with-colons "$LAUTTA_HOME/lists.pgp" |
    awk -F: '$1 == "fpr" { print $10; exit }')!" --clearsign --output "$1" "$T/text"
}

make_host
publish_container web 1.0 works 'volumes: [{name: data, size: 16M, at: /srv}]'
publish_container db 9

expect_exit 0 agent status
expect_output 'No agent runs here'
expect_exit 4 agent purge web --yes
expect_message "'web' has no volumes here"
ok "a host without a list has no services, and says so"

push_list web=1.0
state >"$T/before"
expect agent plan
expect_output '^fetch +web 1\.0 +[0-9.]+ MB'
expect_output '^start +web 1\.0'
state | diff "$T/before" - >"$T/diff" || trouble "plan changes something: $(cat "$T/diff")"
[ -z "$(left)" ] || trouble "plan leaves something: $(left)"
ok "plan shows what a pass would do, with sizes, and does nothing"

expect agent once
expect_message 'start web 1\.0: done'
address=$(service_address web)
[ "$(page_at "$address")" = 1.0 ] || trouble "the page is not that of 1.0 but '$(page_at "$address")'"
[ "$(domains)" = web_1.0 ] || trouble "these run: $(domains)"
expect agent status --json
[ "$(json 'services.web | "\(.version) \(.state)"')" = "1.0 running" ] || trouble "another state"
ok "a service that the list names is fetched and started, and its page answers"

expect agent once --json
[ "$(json 'steps | length') $(json exit_code)" = "0 0" ] || trouble "a second pass does something"
[ "$(page_at "$address")" = 1.0 ] || trouble "the page does not answer"
ok "a second pass has nothing to do"

push_list 'web=1.0, db=9'
expect agent once
[ "$(domains)" = "db_9 web_1.0" ] || trouble "these run: $(domains)"
[ "$(service_address web)" = "$address" ] || trouble "another service changed the address"
[ "$(page_at "$(service_address db)")" = 9 ] || trouble "db does not answer"
ok "a second service comes in addition to the first, which keeps its address"

# --- refused lists and packages change nothing

cp "$T/depot/lists/demo-1.list" "$T/good.list"
push_list 'db=9'
resign "$T/depot/lists/demo-1.list" 's/^Date: .*/Date: 2020-01-01T00:00:00Z/; s/^Valid-Until: .*/Valid-Until: 2020-01-02T00:00:00Z/'
expect_exit 3 agent once
expect_message 'the list expired at 2020-01-02'
[ "$(domains)" = "db_9 web_1.0" ] || trouble "these run: $(domains)"
publish_container web 1.1
push_list 'web=1.1, db=9'
resign "$T/depot/lists/demo-1.list" 's/^Date: .*/Date: 2020-01-01T00:00:00Z/; s/^Valid-Until: .*/Valid-Until: 2020-01-02T00:00:00Z/'
expect_exit 3 agent once
expect_message 'web 1\.1: it is not here, and the list in force installs nothing new'
[ "$(domains)" = "db_9 web_1.0" ] || trouble "these run: $(domains)"
[ "$(page_at "$address")" = 1.0 ] || trouble "the page does not answer"
expect_absent "$HOST/state/services/web/1.1" "$HOST/state/images/web_1.1.raw"
ok "an expired list keeps everything running, and installs nothing"

echo "nonsense" >"$T/depot/lists/demo-1.list"
expect_exit 3 agent once
expect_message 'refused: '
[ "$(domains)" = "db_9 web_1.0" ] || trouble "these run: $(domains)"
ok "a list that is refused changes nothing, and the exit code tells"

push_list 'web=1.1, db=9'
sha256=$(sha256sum <"$T/depot/pool/main/w/web/web_1.1_amd64.deb" | cut -d' ' -f1)
"$LAUTTA" remove web=1.1 --depot "$T/depot" --quiet --force 2>"$T/remove.log"
make_container_image "$T/1.1-works.raw" "1.1 of somebody else"
publish_container web 1.1
[ "$sha256" != "$(sha256sum <"$T/depot/pool/main/w/web/web_1.1_amd64.deb" | cut -d' ' -f1)" ] || trouble "the package is the same"
expect_exit 3 agent once
expect_message "the service package of 'web' 1\.1 in depot .* is not the one that the list means"
[ "$(domains)" = "db_9 web_1.0" ] || trouble "these run: $(domains)"
[ "$(page_at "$address")" = 1.0 ] || trouble "the page does not answer"
expect_absent "$HOST/state/services/web/1.1" "$HOST/state/images/web_1.1.raw"
ok "a service package whose digest is not the list's is refused, and the previous version runs on"

push_list 'web=1.1, db=9'
cp "$T/depot/pool/main/w/web/web_1.1_amd64.deb" "$T/good.deb"
printf 'x' | dd of="$T/depot/pool/main/w/web/web_1.1_amd64.deb" bs=1 seek=200 conv=notrunc status=none
expect_exit 3 agent once
expect_message 'web_1\.1_amd64\.deb'
cp "$T/good.deb" "$T/depot/pool/main/w/web/web_1.1_amd64.deb"
cp -a "$T/depot" "$T/good-depot"
for pack in "$T"/depot/packs/*.pack; do
  [ "$(stat -c %s "$pack")" -lt 100 ] || python3 -c 'import sys; f = open(sys.argv[1], "r+b"); b = bytearray(f.read()); b[20:] = bytes(x ^ 1 for x in b[20:]); f.seek(0); f.write(b)' "$pack"
done
find "$T/depot" -name '*.delta*' -type f -delete
code=0
agent once >"$T/stdout" 2>"$T/stderr" || code=$?
[ "$code" != 0 ] || trouble "a depot whose packs lie serves"
expect_message 'fetch web 1\.1: failed'
[ "$(domains)" = "db_9 web_1.0" ] || trouble "these run: $(domains)"
expect_absent "$HOST/state/images/web_1.1.raw"
rm -rf "$T/depot"
mv "$T/good-depot" "$T/depot"
expect agent once
[ "$(page_at "$address")" = "1.1 of somebody else" ] || trouble "the package that the list means now does not run"
ok "a package and packs that were tampered with start nothing, and the next good depot goes on"

# --- another service package under a version that is known here

# republish VERSION TEXT: replace the service package of web VERSION by one whose page says TEXT.
republish() {
  "$LAUTTA" remove "web=$1" --depot "$T/depot" --quiet --force 2>"$T/remove.log"
  make_container_image "$T/$1-works.raw" "$2"
  publish_container web "$1"
}

republish 1.1 "1.1 of a third"
push_list 'web=1.1, db=9'
expect_exit 3 agent once
expect_message "the list means another service package of 'web' 1\.1 than the one that is in use here"
[ "$(page_at "$address")" = "1.1 of somebody else" ] || trouble "the version that is in use was replaced"
ok "a list that means another package of the version in use is refused, and that version runs on"

[ -e "$HOST/state/services/web/1.0/service.yaml" ] || trouble "no description of 1.0 is left here"
republish 1.0 "1.0 of somebody else"
push_list 'web=1.0, db=9'
expect agent once
[ "$(page_at "$address")" = "1.0 of somebody else" ] || trouble "the description that was kept was taken for the list's"
ok "a description kept here is replaced where the list means another package of that version"

# --- removal

push_list db=9
expect_exit 1 agent purge web --yes
expect_message "'web' is still wanted here, by the list"
expect agent once
expect_message 'remove web: done'
[ "$(domains)" = db_9 ] || trouble "these run: $(domains)"
left | grep -q web && trouble "left behind: $(left | grep web | xargs)"
[ -e "$HOST/state/volumes/web/data.raw" ] || trouble "its volume is gone"
[ "$(page_at "$(service_address db)")" = 9 ] || trouble "db does not answer"
ok "a service that is not listed any more goes with all but its volumes, and the others run on"

expect_exit 2 agent purge web
expect_message 'with --yes'
expect agent purge web --yes
expect_message "web: volume 'data', [0-9.]+ "
expect_absent "$HOST/state/volumes/web"
expect_exit 4 agent purge web --yes
ok "purge removes the volumes of a service that is gone, after asking"

push_list ''
expect agent once
[ -z "$(left)" ] || trouble "left behind: $(left)"
ok "with the last service nothing is left: no domain, network, firewall, mount or file"

echo torn >"$HOST/run/network"
sed 's|^\[services\]|&\ncontainers = none|' "$HOST/agent.conf" >"$T/none.conf"
expect "${AGENT[@]}" once --config "$T/none.conf"
rm "$HOST/run/network"
ok "a host whose list names no service any more makes its passes without libvirt"
