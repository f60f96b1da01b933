#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Another user can write to a depot's tree, but has no key: no command of the operator deletes, overwrites, moves or
# opens to others a file outside of the depot.
# timeout: 300
. "$(dirname "$0")/lib.sh"

OUTSIDE=$T/outside
D=$T/depot
F=$T/fleet

publish() { # VERSION
  describe web "$1" a.raw >"$T/web.yaml"
  "$LAUTTA" publish "$T/web.yaml" --image "$T/$1.raw" --depot "$D" --quiet >"$T/publish.log"
}

# The files of the operator: a file of each name that a writer places or removes, none readable for others.
make_outside() {
  rm -rf "$OUTSIDE"
  mkdir -p "$OUTSIDE/tmp/publish" "$OUTSIDE/empty" "$OUTSIDE/web" "$OUTSIDE/by-hash/SHA256"
  local name
  for name in precious precious.deb x.pack x.chunks x.locator x.delta InRelease Packages lock depot.conf tmp/x \
    tmp/publish/x web/x.deb "by-hash/SHA256/$(printf '0%.0s' {1..64})"; do
    echo "the operator's own $name" >"$OUTSIDE/$name"
    chmod 600 "$OUTSIDE/$name"
    touch -d 2026-01-01 "$OUTSIDE/$name"
  done
}

# seen_outside: print everything about these files that an attack could change.
seen_outside() { (cd "$1" && find . -printf '%P %y %m %U %s %T@\n' | sort && find . -type f -exec sha256sum {} + | sort); }

# fresh: the depot as it was published, and the operator's files.
fresh() {
  rm -rf "$D" "$LAUTTA_HOME/state"
  cp -a "$T/clean" "$D"
  make_outside
}

# attack: note the files outside, then run every command that writes; any exit code is fine.
attack() {
  seen_outside "$OUTSIDE" >"$T/before"
  codes=
  local command
  for command in 'publish 1.2' "$LAUTTA refresh" "$LAUTTA gc" "$LAUTTA remove web=1.0" "$LAUTTA fleet push $F" "$LAUTTA trust push"; do
    case $command in publish*) ;; *) command+=" --depot $D" ;; esac
    local code=0
    $command >"$T/stdout" 2>>"$T/said" </dev/null || code=$?
    codes+=$code
    [ "$code" -lt 100 ] || trouble "exit code $code: $command"
  done
  seen_outside "$OUTSIDE" >"$T/after"
  diff "$T/before" "$T/after" >"$T/diff" || trouble "outside changed: $1: $(sed 's/^/#   /' "$T/diff")"
}

make_image "$T/1.0.raw" 1M
change_image "$T/1.0.raw" "$T/1.1.raw" 1
change_image "$T/1.1.raw" "$T/1.2.raw" 2
cp "$T/1.0.raw" "$T/a.raw"
make_depot "$D"
publish 1.0
publish 1.1
mkdir -p "$F/hosts"
printf 'key: SHA256:%s\nmust-have: [web=1.1]\n' "$(printf '%032d' 1 | base64 | tr -d '=')" >"$F/hosts/host-1.yaml"
expect "$LAUTTA" fleet push "$F" --depot "$D"
"$LAUTTA" trust push --depot "$D" >"$T/trust.log" 2>&1 || sed 's/^/# /' "$T/trust.log"
cp -a "$D" "$T/clean"

fresh
attack "nothing"
[ "$codes" = 000000 ] || trouble "without an attack the commands end with $codes: $(cat "$T/said")"
ok "all commands that write work on the depot that is attacked below"

# --- the state of another depot, by the same key

make_depot "$T/other"
expect "$LAUTTA" refresh --depot "$T/other"
fresh
rm -r "$D/dists"
cp -a "$T/other/dists" "$D/dists"
expect "$LAUTTA" ls --depot "$D"
for command in 'publish 1.2' "$LAUTTA refresh --depot $D" "$LAUTTA gc --depot $D" "$LAUTTA remove web=1.0 --depot $D"; do
  # shellcheck disable=SC2086
  expect_exit 3 $command
  expect_message "its InRelease is of another depot"
done
[ "$(find "$D/packs" "$D/locators" -type f | wc -l)" = "$(find "$T/clean/packs" "$T/clean/locators" -type f | wc -l)" ] || trouble "files are gone"
ok "a writer refuses the InRelease of another depot of the same key"

# --- symlinks that lead out

levels=(pool pool/main pool/main/w pool/main/w/web packs locators deltas lists dists dists/stable dists/stable/main
  dists/stable/main/binary-amd64 dists/stable/main/binary-amd64/by-hash dists/stable/main/binary-amd64/by-hash/SHA256
  .lautta .lautta/tmp .lautta/chunks .lautta/locators)
for level in "${levels[@]}"; do
  # The directory outside has the content that the depot needs, so that commands get as far as possible.
  fresh
  [ ! -e "$D/$level" ] || { cp -a "$D/$level/." "$OUTSIDE/" && rm -rf "${D:?}/$level"; }
  ln -s "$OUTSIDE" "$D/$level"
  attack "$level with all content"
  fresh
  rm -rf "${D:?}/$level"
  ln -s "$OUTSIDE" "$D/$level"
  attack "$level without content"
done
ok "a symlink in the place of any directory of a depot leads no writer out of it"

for file in .lautta/lock .lautta/transaction .lautta/depot.conf dists/stable/InRelease dists/stable/main/binary-amd64/Packages trust.list lists/host-1.list; do
  for kind in -s ''; do
    fresh
    rm -f "$D/$file"
    # shellcheck disable=SC2086
    ln $kind "$OUTSIDE/precious" "$D/$file"
    attack "$file (ln $kind)"
  done
done
ok "a link in the place of any file of a depot changes no file outside"

fresh
mkdir "$T/elsewhere"
mv "$D/locators" "$T/elsewhere/locators"
ln -s "$T/elsewhere/locators" "$D/locators"
expect_exit 1 publish 1.2
expect_message "locators.*symlink.*remove it"
[ -z "$(find "$T/elsewhere" -name '*1.2*')" ] || trouble "a new file was written through the symlink"
ok "a writer that meets a symlink names its path"

# --- forged journals

# forge TEXT: write TEXT as the journal that the attacker leaves.
forge() { printf '%s\n' lautta-transaction/1\ "$1" "${@:2}" >"$D/.lautta/transaction"; }

fresh
ln -s "$OUTSIDE" "$D/pool/l"
for journal in 'compact pool/l/precious.deb' 'replace pool/l/precious.deb' 'compact pool/l/web/x.deb'; do
  # shellcheck disable=SC2086
  forge $journal
  attack "journal $journal"
done
forge add pool/l/precious.deb pool/l/web/x.deb
attack "journal of an addition"
expect_exit 1 "$LAUTTA" refresh --depot "$D"
expect_message "'.*/pool/l.*symlink.*remove it"
ok "a forged journal removes no file outside of the depot"

for journal in 'compact pool/l/precious' 'compact packs/../precious.pack' 'compact lists/host-1.list' 'replace .lautta/depot.conf' \
  'replace dists/stable/InRelease' 'compact locators/web/x.locator' 'compact deltas/x' 'compact trust.list'; do
  fresh
  # shellcheck disable=SC2086
  forge $journal
  expect_exit 3 "$LAUTTA" refresh --depot "$D"
  expect_message "\.lautta/transaction' was not written by 'lautta': find out who can write to the depot, then remove that file: line 2"
done
rm "$D/.lautta/transaction"
expect "$LAUTTA" refresh --depot "$D"
ok "a journal of files that no transaction has is refused, with advice"

if [ "$(id -u)" = 0 ]; then
  fresh
  forge compact locators/web_1.0_amd64.locator
  chown 12345 "$D/.lautta/transaction"
  expect_exit 3 "$LAUTTA" refresh --depot "$D"
  expect_message "belongs to user 12345.*user 0"
  [ -e "$D/locators/web_1.0_amd64.locator" ] || trouble "it was obeyed"
  chown 0 "$D/.lautta/transaction"
  expect "$LAUTTA" refresh --depot "$D"
  expect_absent "$D/locators/web_1.0_amd64.locator"
  ok "a journal of another user is refused"
else
  skip "a journal of another user is refused" "only root can make a file of another user"
fi
