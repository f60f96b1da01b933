#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Writers of a depot, killed at each step that changes the disk. After each kill a reader sees the old or the new state,
# whole, and the next writer leaves nothing behind.
# timeout: 600
# asan: no
# slow
. "$(dirname "$0")/lib.sh"

command -v strace >/dev/null || skip_all "strace is not installed"
strace -qq -o /dev/null true 2>/dev/null || skip_all "this machine does not let strace trace"

# Temporary directories too: the next process removes those of a killed process.
export TMPDIR=$T/tmp
mkdir "$TMPDIR"
STEPS=rename,renameat,unlink,unlinkat,rmdir,mkdir,mkdirat,fsync,fchmod,chmod,ftruncate
make_image "$T/a.raw" 1M
make_depot "$T/depot"

# record COMMAND...: run it to its end; $T/steps gets its steps, a line each: the system call, and its number among the
# calls of that kind.
record() {
  expect strace -qq -o "$T/strace" -e "trace=$STEPS" -e signal=none "$@"
  awk -F'(' '/^[a-z0-9]+\(/ { print $1, ++count[$1] }' "$T/strace" >"$T/steps"
  steps=$(wc -l <"$T/steps")
  [ "$steps" -gt 20 ] || trouble "only $steps steps: is anything traced?"
}

# kill_at STEP COMMAND...: kill -9 before that step; true if it came to its end instead. strace counts the calls of each
# kind apart.
kill_at() {
  local code=0 call number
  read -r call number < <(sed -n "$1p" "$T/steps")
  # The shell in between keeps the word "Killed" out of this test's output.
  sh -c '"$@"; exit $?' sh \
    strace -qq -o /dev/null -e "trace=$STEPS" -e "inject=$call:signal=KILL:when=$number" "${@:2}" >"$T/killed" 2>&1 || code=$?
  [ "$code" = 0 ] && return
  [ "$code" = 137 ] || trouble "exit code $code instead of a kill at step $1: $(cat "$T/killed")"
  kills=$((kills + 1))
  false
}

versions() { "$LAUTTA" ls --depot "$T/depot" --json | jq -r '.services[].version' | sort | xargs; }

# The leftover files in the depot: all files except those that the list of versions explains.
check_tree() { # VERSIONS
  expect "$LAUTTA" verify --depot "$T/depot"
  expect_absent "$T/depot/.lautta/transaction"
  find "$T/depot/.lautta/tmp" "$TMPDIR" -mindepth 1 >"$T/left"
  [ "$(find "$T/depot/pool" -name '*.deb' 2>/dev/null | sed 's/.*web_//;s/_amd64.deb//' | sort | xargs)" = "$1" ] || echo "pool" >>"$T/left"
  [ "$(find "$T/depot/locators" -type f 2>/dev/null | sed 's/.*web_//;s/_amd64.locator//' | sort | xargs)" = "$1" ] || echo "locators" >>"$T/left"
  find "$T/depot" -name '*.new' >>"$T/left"
  for name in Packages Packages.gz Packages.zst; do
    grep -q " main/binary-amd64/$name$" "$T/depot/dists/stable/InRelease" || echo "$name is not in InRelease" >>"$T/left"
    grep -q "$(sha256sum <"$T/depot/dists/stable/main/binary-amd64/$name" | cut -d' ' -f1) .* main/binary-amd64/$name$" \
      "$T/depot/dists/stable/InRelease" || echo "$name is of another state" >>"$T/left"
  done
  [ ! -s "$T/left" ] || trouble "left behind after step $step: $(xargs <"$T/left")"
}

# until_done STRIDE BEFORE AFTER COMMAND...: kill it at every STRIDE-th step, from a random one of the first on, so that
# many runs try them all; each time from the state BEFORE.
until_done() {
  local now stride=$1 step
  shift
  rm -rf "$T/before" "$T/after"
  cp -a "$T/depot" "$T/before"
  record "${@:3}"
  check_tree "$2"
  [ "$(versions)" = "$2" ] || trouble "the end is '$(versions)' instead of '$2'"
  mv "$T/depot" "$T/after"
  kills=0
  for ((step = 1 + RANDOM % stride; step <= steps; step += stride)); do
    rm -rf "$T/depot" "$LAUTTA_HOME/state"
    cp -a "$T/before" "$T/depot"
    kill_at "$step" "${@:3}" || true
    now=$(versions)
    [ "$now" = "$1" ] || [ "$now" = "$2" ] || trouble "a reader sees '$now' after a kill at step $step"
    expect "$LAUTTA" refresh --depot "$T/depot"
    check_tree "$now"
  done
  [ "$kills" -ge $((steps * 9 / (stride * 10))) ] || trouble "only $kills kills at $steps steps"
  rm -rf "$T/depot" "$LAUTTA_HOME/state"
  mv "$T/after" "$T/depot"
  echo "# $kills kills at $steps steps"
}

LAUTTA_HOME=$T/home-0 record "$LAUTTA" init "$T/new"
kills=0
for ((step = 1 + RANDOM % 4; step <= steps; step += 4)); do
  home=$T/home-$step # of its own, since an agent of the one that was killed may still be there
  rm -rf "$T/new"
  if LAUTTA_HOME=$home kill_at "$step" "$LAUTTA" init "$T/new"; then continue; fi
  LAUTTA_HOME=$home "$LAUTTA" init "$T/new" >"$T/stdout" 2>"$T/stderr" || grep -q 'is a depot already' "$T/stderr" ||
    trouble "step $step: $(cat "$T/stderr")"
  LAUTTA_HOME=$home expect "$LAUTTA" refresh --depot "$T/new"
  [ "$(gpg --homedir "$home/gnupg" --with-colons --list-secret-keys 2>/dev/null | grep -c '^sec')" = 3 ] || trouble "not three keys"
  gpgconf --homedir "$home/gnupg" --kill all
done
gpgconf --homedir "$T/home-0/gnupg" --kill all
[ "$kills" -ge $((steps / 5)) ] || trouble "only $kills kills at $steps steps"
echo "# $kills kills at $steps steps"
ok "init, killed at any step, goes on when it is called again"

describe web 1.0 a.raw >"$T/web.yaml"
until_done 4 "" "1.0" "$LAUTTA" publish "$T/web.yaml" --image "$T/a.raw" --depot "$T/depot"
ok "a first publication, killed at any step, is present as a whole or absent"

make_image "$T/b.raw" 2M 2
describe web 1.1 b.raw >"$T/web.yaml"
until_done 5 "1.0" "1.0 1.1" "$LAUTTA" publish "$T/web.yaml" --image "$T/b.raw" --depot "$T/depot"
ok "a second publication, killed at any step, is present as a whole or absent"

until_done 3 "1.0 1.1" "1.0 1.1" "$LAUTTA" refresh --depot "$T/depot"
ok "a refresh, killed at any step, changes nothing but dates"

until_done 4 "1.0 1.1" "1.1" "$LAUTTA" remove web=1.0 --depot "$T/depot"
ok "a removal, killed at any step, is done as a whole or not at all"
