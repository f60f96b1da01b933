# shellcheck shell=bash disable=SC2034 # it sets what tests read
# SPDX-License-Identifier: LGPL-2.1-or-later
# Every functional test sources this file first. It holds results, expectations and the clean-up; depots, hosts,
# servers, kills and a Debian root are in lib/. A test is a short script of this form:
#
#     #!/bin/bash
#     # timeout: 60
#     . "$(dirname "$0")/lib.sh"
#     make_depot "$T/depot"
#     make_image "$T/a.raw" 8M
#     describe web 1.0 a.raw >"$T/web.yaml"
#     expect "$LAUTTA" publish "$T/web.yaml" --image "$T/a.raw" --depot "$T/depot"
#     start_nginx "$T/depot"
#     expect_exit 4 "$LAUTTA" fetch nothing --depot "$URL" --keyring "$KEYRING" -o "$T/out"
#     expect_message "nothing"
#     ok "a service that the depot does not have is not found"
#
# The expect functions print a missed expectation and return 0; the next `ok` then prints "not ok". Any other
# command that fails ends the script, and that counts as a failure. ./check reads these comments:
# "# timeout: SECONDS" (default 300), "# asan: no" (too slow for the sanitizer build), "# slow" (left out by
# --quick), "# long" (run with --long alone).
set -eu
umask 022

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
LAUTTA=${LAUTTA:-$ROOT/build/lautta}
case $LAUTTA in # the agent of the same build
*/cli/lautta) LAUTTA_AGENT=${LAUTTA%/cli/lautta}/agent/lautta-agent ;;
*) LAUTTA_AGENT=${LAUTTA%/lautta}/lautta-agent ;;
esac
T=$(mktemp -d "${TMPDIR:-/tmp}/lautta-test.XXXXXX")
chmod 711 "$T" # QEMU runs as another user
export LAUTTA_HOME=$T/home
export no_proxy=127.0.0.1,localhost NO_PROXY=127.0.0.1,localhost
KEYRING=$LAUTTA_HOME/release.pgp
PIDS=()     # processes that end_test stops
MOUNTS=()   # directories that end_test unmounts
LIBVIRTS=() # private libvirts that end_test stops
COUNT=0     # results printed
TROUBLE=0   # 1: an expectation was missed since the last result

# long_or MANY FEW: print the number of random tries: MANY in ./check --long, else FEW.
long_or() { [ -n "${LONG:-}" ] && echo "$1" || echo "$2"; }

# --- results

# ok SENTENCE: print that the sentence holds, or does not if an expectation was missed since the last result.
ok() {
  [ "$TROUBLE" = 0 ] || { not_ok "$1"; return; }
  COUNT=$((COUNT + 1))
  echo "ok - $1"
}

not_ok() {
  COUNT=$((COUNT + 1))
  TROUBLE=0
  echo "not ok - $1"
}

skip() { # SENTENCE REASON
  COUNT=$((COUNT + 1))
  TROUBLE=0
  echo "ok - $1 # SKIP $2"
}

skip_all() { # REASON: this machine can run nothing of the script
  skip "$(basename "$0" .sh)" "$1"
  exit 0
}

trouble() {
  TROUBLE=1
  printf '# %s\n' "$1"
}

# --- expectations

# expect COMMAND...: the command succeeds. Its output is in $T/stdout and $T/stderr.
expect() { expect_exit 0 "$@"; }

# expect_exit CODE COMMAND...
expect_exit() {
  local code=0
  "${@:2}" >"$T/stdout" 2>"$T/stderr" </dev/null || code=$?
  [ "$code" = "$1" ] && return
  trouble "exit code $code instead of $1: ${*:2}"
  tail -n 15 "$T/stdout" "$T/stderr" | sed 's/^/#   /'
}

# expect_message PATTERN: the last command's standard error matches the extended regular expression.
expect_message() {
  grep -Eq -- "$1" "$T/stderr" && return
  trouble "no message like '$1' but:"
  tail -n 15 "$T/stderr" | sed 's/^/#   /'
}

# expect_output PATTERN: the same for standard output.
expect_output() {
  grep -Eq -- "$1" "$T/stdout" && return
  trouble "no output like '$1' but:"
  tail -n 15 "$T/stdout" | sed 's/^/#   /'
}

expect_same() { # FILE FILE: bit for bit
  cmp -- "$1" "$2" >"$T/cmp" 2>&1 || trouble "$(cat "$T/cmp")"
}

expect_absent() { # PATH...
  local path
  for path in "$@"; do
    [ ! -e "$path" ] || trouble "left behind: $path"
  done
}

# json KEY: print a member of the object that the last command printed with --json.
json() { jq -r ".$1" "$T/stdout"; }

# --- waiting, and small disks

# wait_until SECONDS COMMAND...: poll until it succeeds; fails the script at the deadline.
wait_until() {
  local end=$((SECONDS + $1))
  until "${@:2}"; do
    [ "$SECONDS" -lt "$end" ] || { echo "# waited ${1} s in vain for: ${*:2}"; return 1; }
    sleep 0.05
  done
}

# mount_disk SIZE DIR [ext4|xfs]: mount a new, small file system without blocks reserved for root; false where this
# machine refuses.
mount_disk() {
  local file=$T/disk.${#MOUNTS[@]} options=
  mkdir -p "$2"
  truncate -s "$1" "$file"
  [ "${3:-ext4}" != ext4 ] || options='-m 0'
  # shellcheck disable=SC2086
  PATH=$PATH:/sbin "mkfs.${3:-ext4}" -q $options "$file" >/dev/null 2>&1 && mount -o loop "$file" "$2" 2>/dev/null || return 1
  MOUNTS+=("$2")
}

# --- the parts, each one idea

. "$ROOT/tests/functional/lib/debian.sh"
. "$ROOT/tests/functional/lib/depot.sh"
. "$ROOT/tests/functional/lib/host.sh"
. "$ROOT/tests/functional/lib/kills.sh"
. "$ROOT/tests/functional/lib/server.sh"
. "$ROOT/tests/functional/lib/watch.sh"

# --- the end

end_test() {
  local code=$? i
  set +e
  for i in "${PIDS[@]}"; do kill "$i" 2>/dev/null; done
  for i in "${PIDS[@]}"; do wait "$i" 2>/dev/null; done
  for i in "${LIBVIRTS[@]}"; do "$ROOT/tools/private-libvirt" stop "$i"; done
  for i in "${MOUNTS[@]}"; do umount "$i" || umount -l "$i"; done
  [ ! -d "$LAUTTA_HOME" ] || find "$LAUTTA_HOME" -name 'S.gpg-agent' -printf '%h\n' |
    while read -r i; do gpgconf --homedir "$i" --kill gpg-agent; done
  rm -rf --one-file-system "$T"
  if [ "$code" != 0 ]; then
    echo "not ok - $(basename "$0" .sh) runs to its end (exit code $code)"
  elif [ "$COUNT" = 0 ] || [ "$TROUBLE" != 0 ]; then
    echo "not ok - $(basename "$0" .sh) says a result after its last expectation"
  fi
}
trap end_test EXIT
trap 'exit 143' TERM INT HUP
