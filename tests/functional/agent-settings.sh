#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The settings that a list names, on a host: their form in a service, restarts for new ones, services that wait for them,
# and the files in the state directory.
# timeout: 300
. "$(dirname "$0")/lib.sh"

init_of() { pgrep -P "$("${PRIVATE[@]}" virsh -q -c lxc:///system domid "$1")" | head -n 1; } # DOMAIN: the process
given() { cat "/proc/$(init_of "$1")/root/run/credentials/lautta/$2"; }                       # DOMAIN FILE: as the container sees it
# digest SERVICE: print the digest of the settings that the host's list names.
digest() { sed -n '/^Settings-SHA256:/,/^[^ ]*:/s/^ \([0-9a-f]\{64\}\) '"$1"'$/\1/p' "$T/depot/lists/demo-1.list"; }
set_file() { mkdir -p "$(dirname "$FLEET/settings/demo-1/$1")" && printf '%b' "$2" >"$FLEET/settings/demo-1/$1"; } # PATH TEXT
steps() { jq -r '[.steps[] | "\(.step) \(.service)"] | join(", ")' "$T/stdout"; }
once() { # [CODE]
  expect_exit "${1:-0}" agent once --json
}
file_of() { echo "$HOST/state/settings/$1/$(digest "$1")"; } # SERVICE: the file as it came

make_host
publish_container web 1.0
set_file web/user-data 'first\n'
set_file web/logo.png '\0377\0000binary'
push_list web=1.0
once
[ "$(steps)" = "fetch web, start web" ] || trouble "other steps: $(steps)"
[ "$(given web_1.0 user-data)" = first ] || trouble "the container has other settings"
given web_1.0 logo.png | cmp - "$FLEET/settings/demo-1/web/logo.png" || trouble "binary content differs"
grep -Eq ' /run/credentials/lautta ro[, ]' "/proc/$(init_of web_1.0)/mountinfo" ||
  trouble "the container may write its settings"
[ "$(stat -c %a "$HOST/state/settings" "$(file_of web)" "$(file_of web).files" "$(file_of web).files/user-data" | xargs)" = '700 600 700 600' ] ||
  trouble "other users may read the kept settings"
once
[ "$(steps)" = "" ] || trouble "a pass without anything new did: $(steps)"
ok "a service starts with the settings that the list names, kept in private"

old=$(file_of web) init=$(init_of web_1.0)
cp -a "$T/depot/lists" "$T/depot/settings" "$T/host/"
set_file web/user-data 'second\n'
push_list web=1.0
once
[ "$(steps)" = "stop web, start web" ] || trouble "other steps: $(steps)"
[ "$(given web_1.0 user-data)" = second ] || trouble "it has the previous settings"
[ "$(init_of web_1.0)" != "$init" ] || trouble "it was not started again"
init=$(init_of web_1.0)
once
[ "$(steps)" = "" ] || trouble "then it did: $(steps)"
expect_absent "$old" "$old.files"
agent status --json >"$T/stdout" 2>/dev/null
[ "$(json services.web.settings)" = "$(digest web)" ] || trouble "status says other settings"
ok "a service whose settings change is started again with the new ones, and the old ones go"

cp -a "$T/depot/lists" "$T/new-lists"
cp -a "$HOST/lists/." "$T/depot/lists/"
cp -a "$HOST/settings/." "$T/depot/settings/"
once 3
[ "$(init_of web_1.0) $(given web_1.0 user-data)" = "$init second" ] || trouble "a mirror has set the settings back"
cp -a "$T/new-lists/." "$T/depot/lists/"
once
ok "a mirror that offers an older list and older settings is refused"

# --- settings that are not available

publish_container db 2.0
publish_container web 1.1
set_file web/user-data 'third\n'
set_file db/user-data 'of db\n'
push_list 'web=1.1, db=2.0'
mv "$T/depot/settings" "$T/settings"
once 75
[ "$(steps)" = "" ] || trouble "without settings it did: $(steps)"
for service in web db; do
  jq -r '.troubles[]' "$T/stdout" | grep -q "the settings that the list names for '$service' are not available yet" || trouble "the missing settings of $service are not reported"
done
[ "$(init_of web_1.0) $(given web_1.0 user-data)" = "$init second" ] || trouble "the running version did not go on"
[ "$(domains)" = web_1.0 ] || trouble "other domains: $(domains)"
ok "without its settings a service is not started for the first time nor updated; a running one goes on; this is reported"

cp -a "$T/settings" "$T/depot/settings"
for service in web db; do
  file=$T/depot/settings/$(digest $service)
  sed 's/lautta-settings/lautta-sEttings/' "$file" >"$T/forged"
  cp "$T/forged" "$file"
done
once 3
[ "$(init_of web_1.0) $(given web_1.0 user-data) $(domains)" = "$init second web_1.0" ] || trouble "forged settings count"
for service in web db; do head -c 20 "$T/settings/$(digest $service)" >"$T/depot/settings/$(digest $service)"; done
once 3
[ "$(init_of web_1.0) $(given web_1.0 user-data) $(domains)" = "$init second web_1.0" ] || trouble "torn settings count"
cp "$T/settings/$(digest web)" "$T/depot/settings/$(digest db)" # those of another service
once 3
[ "$(domains)" = web_1.0 ] || trouble "settings of another service count"
ok "forged and torn settings, and those of another host, are refused"

rm -rf "$T/depot/settings"
mkdir -p "$T/media"
cp -a "$T/depot" "$T/media/stick"
cp -a "$T/settings" "$T/media/stick/settings"
sed -i "s|^depots = .*|depots = $T/media/*|" "$HOST/agent.conf"
once
[ "$(domains)" = 'db_2.0 web_1.1' ] || trouble "other domains: $(domains)"
[ "$(given db_2.0 user-data), $(given web_1.1 user-data)" = 'of db, third' ] || trouble "other settings"
ok "a stick brings the settings, and the services that waited for them go on"

# --- damage, and kills

sed -i "s|^depots = .*|depots = $T/depot|" "$HOST/agent.conf"
cp -a "$T/settings" "$T/depot/settings"
init=$(init_of web_1.1)
echo torn >"$(file_of web)"
echo changed >"$(file_of db).files/user-data"
once
expect_same "$(file_of web)" "$T/depot/settings/$(digest web)"
[ "$(init_of web_1.1)" = "$init" ] || trouble "it was started again for nothing"
"${PRIVATE[@]}" virsh -q -c lxc:///system destroy db_2.0 >/dev/null
once
[ "$(given db_2.0 user-data)" = 'of db' ] || trouble "a start takes settings that somebody has changed"
ok "torn settings come again from a depot, and a start never uses anything that is not in the file"

kills=0
for i in 1 2 3 4 5 6; do
  set_file web/user-data "state $i\n"
  push_list 'web=1.1, db=2.0'
  code=0
  sh -c '"$@"; exit $?' sh "${PRIVATE[@]}" timeout -s KILL "0.$((i * 2 + RANDOM % 3))" "$LAUTTA_AGENT" once --config "$HOST/agent.conf" >"$T/killed" 2>&1 || code=$?
  [ "$code" = 0 ] || kills=$((kills + 1))
  once
  [ "$(given web_1.1 user-data)" = "state $i" ] || trouble "after a kill it has other settings: $(given web_1.1 user-data)"
  [ "$(domains)" = 'db_2.0 web_1.1' ] || trouble "other domains: $(domains)"
done
[ "$kills" -gt 1 ] || trouble "only $kills kills: is the kill tried at all?"
echo "# $kills kills"
once
[ "$(find "$HOST/state/settings" -mindepth 2 -maxdepth 2 | wc -l)" = 4 ] || trouble "left behind: $(find "$HOST/state/settings" -mindepth 2 -maxdepth 2)"
ok "an agent that is killed while settings change ends with the new ones"

rm -r "$FLEET/settings/demo-1/web"
push_list web=1.1
once
[ "$(domains)" = web_1.1 ] || trouble "other domains: $(domains)"
[ ! -e "/proc/$(init_of web_1.1)/root/run/credentials/lautta/user-data" ] || trouble "it has settings that nobody gives it"
once
expect_absent "$HOST/state/settings/web" "$HOST/state/settings/db"
ok "settings that are not listed any more go, and so do those of a service that is removed"
