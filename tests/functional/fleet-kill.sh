#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# `lautta fleet push`, killed at the steps at which it changes something on disk: each list is that of before or the new one,
# whole, and the next push does the rest.
# timeout: 300
# asan: no
# slow
. "$(dirname "$0")/lib.sh"

command -v strace >/dev/null || skip_all "strace is not installed"
strace -qq -o /dev/null true 2>/dev/null || skip_all "this machine does not let strace trace"

export TMPDIR=$T/tmp
mkdir "$TMPDIR"
STEPS=rename,unlink,rmdir,mkdir,fsync,fchmod,chmod,ftruncate,utimensat
HOSTS=(a b c d)
key() { printf 'SHA256:%s' "$(printf '%032d' "$1" | base64 | tr -d '=')"; }
field() { sed -n "s/^$2: //p" "$T/depot/lists/$1.list"; }

make_depot "$T/depot"
mkdir -p "$T/fleet/hosts" "$T/fleet/groups"
for i in "${!HOSTS[@]}"; do printf 'key: %s\ngroups: [all]\n' "$(key "$i")" >"$T/fleet/hosts/${HOSTS[i]}.yaml"; done
echo 'must-have: [state-0]' >"$T/fleet/groups/all.yaml"
push() { "$LAUTTA" fleet push "$T/fleet" --depot "$T/depot" "$@"; }
expect push

# Every list is whole: signed, for its host, of this state or the one before, and its serial has not sunk.
declare -A serials
look() { # STATES
  local host state serial
  for host in "${HOSTS[@]}"; do
    [ -e "$T/depot/lists/$host.list" ] || { trouble "step $step: $host has no list" && continue; }
    gpgv --keyring "$LAUTTA_HOME/lists.pgp" "$T/depot/lists/$host.list" 2>/dev/null || trouble "step $step: the list of $host is not whole"
    state=$(field "$host" Must-Have)
    [[ " $* " == *" $state "* ]] || trouble "step $step: $host has '$state', not one of '$*'"
    serial=$(field "$host" Serial)
    [ "$serial" -ge "${serials[$host]:-0}" ] || trouble "step $step: the serial of $host sank"
    serials[$host]=$serial
  done
}

kills=0 previous=0
for ((step = 1 + RANDOM % 3; ; step += 3)); do
  echo "must-have: [state-$step]" >"$T/fleet/groups/all.yaml"
  code=0
  sh -c '"$@"; exit $?' sh strace -qq -o /dev/null -e "trace=$STEPS" -e "inject=$STEPS:signal=KILL:when=$step" \
    "$LAUTTA" fleet push "$T/fleet" --depot "$T/depot" >"$T/killed" 2>&1 || code=$?
  [ "$code" != 0 ] || break
  [ "$code" = 137 ] || trouble "exit code $code instead of a kill at step $step: $(cat "$T/killed")"
  kills=$((kills + 1))
  look "state-$previous" "state-$step" state-0
  expect push
  look "state-$step"
  expect_absent "$T/depot/.lautta/transaction"
  [ -z "$(find "$T/depot/.lautta/tmp" "$T/depot/lists" -mindepth 1 ! -name '*.list')" ] || trouble "step $step: something is left behind"
  previous=$step
done
look "state-$step"
[ "$kills" -gt 5 ] || trouble "only $kills kills: is the kill tried at all?"
echo "# $step steps, $kills kills"
ok "a push that is killed at any step leaves whole lists, and the next one does the rest"
