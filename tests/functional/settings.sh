#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Settings of services: from the fleet directory through push into the depot, named by digest in the lists.
# timeout: 240
. "$(dirname "$0")/lib.sh"

# key N: print a host's key, another for each N.
key() { printf 'SHA256:%s' "$(printf '%032d' "$1" | base64 | tr -d '=')"; }
serial() { sed -n 's/^Serial: //p' "$T/depot/lists/$1.list"; }
# digest HOST SERVICE: print the digest of the settings that the host's list names.
digest() { sed -n '/^Settings-SHA256:/,/^[^ ]*:/s/^ \([0-9a-f]\{64\}\) '"$2"'$/\1/p' "$T/depot/lists/$1.list"; }
# content HOST SERVICE FILE: print the file as the depot has it.
content() { jq -r ".files[\"$3\"]" "$T/depot/settings/$(digest "$1" "$2")" | base64 -d; }
push() { "$LAUTTA" fleet push "$T/fleet" --depot "$T/depot" "$@"; }
# set_file PATH TEXT: write a file below settings/ of the fleet.
set_file() { mkdir -p "$(dirname "$F/settings/$1")" && printf '%b' "$2" >"$F/settings/$1"; }
stored() { (cd "$T/depot/settings" && printf '%s\n' * | sort); }

make_image "$T/a.raw" 1M
make_depot "$T/depot"
for service in web db; do
  describe $service 1.0 a.raw >"$T/service.yaml"
  "$LAUTTA" publish "$T/service.yaml" --image "$T/a.raw" --depot "$T/depot" --quiet >"$T/publish.log" 2>&1
done
F=$T/fleet
mkdir -p "$F"/{hosts,groups}
echo 'must-have: [web]' >"$F/groups/library.yaml"
for i in 1 2; do printf 'key: %s\ngroups: [library]\n' "$(key $i)" >"$F/hosts/library-$i.yaml"; done
set_file library/web/user-data 'of all libraries\n'
set_file library/web/logo.png '\0377\0000\0001binary'
set_file library-1/web/user-data 'of library-1\n'
set_file library-1/db/user-data 'it waits for db\n'
touch "$F/settings/README" "$F/settings/library/web/.swp" "$F/settings/library/web/user-data~"

expect "$LAUTTA" fleet check "$F" --depot "$T/depot"
expect push --dry-run
expect_output '^  web: settings: none -> [0-9a-f]{12}$'
expect_absent "$T/depot/settings" "$T/depot/lists"
expect push
[ "$(content library-1 web user-data)" = 'of library-1' ] || trouble "library-1 has other settings"
[ "$(content library-2 web user-data)" = 'of all libraries' ] || trouble "library-2 has other settings"
content library-1 web logo.png | cmp - "$F/settings/library/web/logo.png" || trouble "binary content differs"
[ "$(jq -r '.files | keys | join(" ")' "$T/depot/settings/$(digest library-1 web)")" = 'logo.png user-data' ] || trouble "other files"
[ "$(jq -r '.host, .service' "$T/depot/settings/$(digest library-1 web)" | xargs)" = 'library-1 web' ] || trouble "it is not of library-1"
for file in "$T"/depot/settings/*; do
  [ "$(sha256sum <"$file" | cut -d' ' -f1)" = "$(basename "$file")" ] || trouble "a name is not the digest"
  [ "$(stat -c %a "$file")" = 644 ] || trouble "it is not for all to read"
done
[ "$(stored | wc -l)" = 2 ] || trouble "more settings than the lists name: $(stored)"
[ -z "$(digest library-1 db)" ] || trouble "the list names settings of a service that it does not"
ok "settings are put into the depot by their digest, and named in the lists, the nearer file first"

old=$(digest library-1 web)
before=$(serial library-1) other=$(serial library-2)
set_file library-1/web/user-data 'new of library-1\n'
expect push --dry-run
expect_output "^  web: settings: ${old:0:12} -> [0-9a-f]{12}$"
[ "$(digest library-1 web)" = "$old" ] || trouble "a dry run changed the list"
expect push
expect_output '^library-1  changed  serial'
expect_output '^Lists: 0 new, 1 changed, 0 renewed, 1 kept, 0 removed\.$'
[ "$(serial library-1)" -gt "$before" ] || trouble "the serial did not rise"
[ "$(serial library-2)" = "$other" ] || trouble "the other host has a new list"
[ "$(content library-1 web user-data)" = 'new of library-1' ] || trouble "not the new settings"
expect_absent "$T/depot/settings/$old"
expect push
expect_output '^Lists: 0 new, 0 changed, 0 renewed, 2 kept, 0 removed\.$'
ok "a change of settings alone is a new list for that host, and settings that no list names are removed"

file=$T/depot/settings/$(digest library-1 web)
echo torn >"$file"
rm "$T/depot/settings/$(digest library-2 web)"
expect push
[ "$(content library-1 web user-data), $(content library-2 web user-data)" = 'new of library-1, of all libraries' ] ||
  trouble "torn or missing settings stay so"
ok "a push replaces settings that are torn or missing in the depot, though no list changes"

touch "$T/depot/settings/$old"
cp "$T/depot/lists/library-2.list" "$T/depot/lists/stranger.list"
expect push
[ -e "$T/depot/settings/$old" ] || trouble "something was removed that an unknown list may name"
rm "$T/depot/lists/stranger.list"
expect push
expect_absent "$T/depot/settings/$old"
ok "while a list cannot be read, no settings are removed"

# --- refused settings

cp -a "$F" "$T/good"
sums() { (cd "$T/depot" && find lists settings -type f -exec sha256sum {} + | sort); }
sums >"$T/sums"
# refused CODE PATTERN: a push of the fleet as it is now is refused.
refused() {
  for command in "check $F" "push $F" "push $F --dry-run"; do
    # shellcheck disable=SC2086
    expect_exit "$1" "$LAUTTA" fleet $command --depot "$T/depot"
    expect_message "$2"
  done
  sums | diff "$T/sums" - || trouble "a refused fleet changed the depot: $2"
  rm -rf "$F"
  cp -a "$T/good" "$F"
}
set_file libary/web/user-data x
refused 2 "settings/libary/web/user-data:1: there is no host and no group 'libary'"
set_file library/wbe/user-data x
refused 4 "settings/library/wbe/user-data: the depot has no service 'wbe'"
set_file 'library/web/user data' x
refused 2 "settings/library/web/user data:1: 'user data' is not a name"
set_file library/user-data x
refused 2 "settings/library/user-data: it is a file, where only directories may be"
set_file library/web/sub/user-data x
refused 2 "settings/library/web/sub: it is a directory, where only files may be"
ln -s /etc/passwd "$F/settings/library/web/passwd"
refused 2 "settings/library/web/passwd: it is a symbolic link, where only files may be"
ln -s web "$F/settings/library/db"
refused 2 "settings/library/db: it is a symbolic link, where only directories may be"
mkfifo "$F/settings/library/web/fifo"
refused 2 "settings/library/web/fifo: it is no regular file"
head -c 65537 /dev/zero >"$F/settings/library/web/long"
refused 2 "settings/library/web/long:1: 'long' is longer than 65536 bytes"
for i in 1 2 3 4 5; do head -c 60000 /dev/zero >"$F/settings/library/web/long$i"; done
refused 2 "settings of 'web' on host 'library-[12]': the files are longer than 262144 bytes together"
ok "settings for no service, odd files and texts that are too long are refused, with the path"

# --- kills

if command -v strace >/dev/null && strace -qq -o /dev/null true 2>/dev/null; then
  STEPS=rename,unlink,mkdir,fsync,chmod,utimensat
  kills=0
  for ((step = 1 + RANDOM % 2; ; step += 2)); do
    code=0
    set_file library-1/web/user-data "state $step\n"
    # the leak checker traces, too
    ASAN_OPTIONS=detect_leaks=0 sh -c '"$@"; exit $?' sh strace -qq -o /dev/null -e "trace=$STEPS" -e "inject=$STEPS:signal=KILL:when=$step" \
      "$LAUTTA" fleet push "$F" --depot "$T/depot" >"$T/killed" 2>&1 || code=$?
    [ "$code" = 0 ] || [ "$code" = 137 ] || { trouble "exit code $code: $(cat "$T/killed")" && break; }
    for host in library-1 library-2; do
      file=$T/depot/settings/$(digest $host web)
      [ "$(sha256sum <"$file" | cut -d' ' -f1)" = "$(digest $host web)" ] || trouble "step $step: $host has a list without its settings"
    done
    [ "$code" != 0 ] || break
    kills=$((kills + 1))
    gpgconf --homedir "$LAUTTA_HOME/gnupg" --kill all # an agent that the killed one left
    expect push
    [ "$(content library-1 web user-data)" = "state $step" ] || trouble "step $step: the next push does not do the rest"
    [ "$(stored | wc -l)" = 2 ] || trouble "step $step: settings are left behind"
  done
  [ "$kills" -gt 5 ] || trouble "only $kills kills: is the kill tried at all?"
  echo "# $step steps, $kills kills"
  ok "at each step of a push that is killed, every list has its settings, and the next push does the rest"
else
  skip "a push that is killed leaves every list with its settings" "strace cannot trace here"
fi

rm -r "$F/settings"
expect push
expect_output "^  web: settings: [0-9a-f]{12} -> none$"
expect_absent "$T"/depot/settings/*
expect "$LAUTTA" gc --depot "$T/depot"
expect "$LAUTTA" verify --depot "$T/depot" --keyring "$KEYRING"
ok "without settings, none are left in the depot"
