#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# `lautta fleet push` and `lautta trust`, killed at the steps at which they change something on disk: each list is the
# previous or the new one, whole; each key in use is valid; and the next call does the rest.
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

# kill_at STEP COMMAND...: kill -9 before that step; true if it came to its end instead, a good or a bad one.
kill_at() {
  local code=0
  sh -c '"$@"; exit $?' sh strace -qq -o /dev/null -e "trace=$STEPS" -e "inject=$STEPS:signal=KILL:when=$1" \
    "${@:2}" >"$T/killed" 2>&1 || code=$?
  [ "$code" != 0 ] || return 0
  [ "$code" = 137 ] || { trouble "exit code $code instead of a kill at step $1: $(cat "$T/killed")"; return 0; }
  kills=$((kills + 1))
  # an agent that the killed one left has the keys' directory in use
  gpgconf --homedir "$LAUTTA_HOME/gnupg" --kill all
  false
}

kills=0 previous=0
for ((step = 1 + RANDOM % 3; ; step += 3)); do
  echo "must-have: [state-$step]" >"$T/fleet/groups/all.yaml"
  if kill_at "$step" "$LAUTTA" fleet push "$T/fleet" --depot "$T/depot"; then break; fi
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

# --- the change of a release key

trust() { "$LAUTTA" trust "$@"; }
key() { "$LAUTTA" trust show --json | jq -r '.release[0]'; }
# A reader with the operator's release.pgp and one with the keys of trust.list both find what they trust.
readable() {
  expect "$LAUTTA" ls --depot "$T/depot"
  [ ! -e "$T/depot/trust.list" ] || expect trust show --depot "$T/depot" --keyring "$LAUTTA_HOME/root.pgp"
}

expect trust push --depot "$T/depot"
kills=0
for ((step = 1; ; step++)); do
  before=$(key)
  if kill_at "$step" "$LAUTTA" trust rotate release; then break; fi
  readable
  expect trust push --depot "$T/depot"
  readable
  [ "$(key)" = "$before" ] || expect trust withdraw release "$before"
done
echo "# rotate: $step steps, $kills kills"
ok "a change of a key that is killed at any step is done as a whole or not at all"

kills=0
for ((step = 1 + RANDOM % 3; ; step += 3)); do
  expect trust rotate release
  if kill_at "$step" "$LAUTTA" trust push --depot "$T/depot"; then break; fi
  readable
  expect trust push --depot "$T/depot"
  [ "$("$LAUTTA" ls --depot "$T/depot" --json | jq -r .signer)" = "$(key)" ] || trouble "step $step: the depot has the old key"
  [ "$(trust show --depot "$T/depot" --json | jq -r '.release[0]')" = "$(key)" ] || trouble "step $step: trust.list has the old key"
  expect trust withdraw release "$(trust show --json | jq -r '.release[1]')"
  expect trust push --depot "$T/depot"
  readable
  expect "$LAUTTA" refresh --depot "$T/depot"
done
[ "$kills" -gt 5 ] || trouble "only $kills kills: is the kill tried at all?"
echo "# trust push: $step steps, $kills kills"
ok "a push of new keys that is killed at any step leaves a depot that can be read, and the next one does the rest"
