# shellcheck shell=bash disable=SC2034,SC2154 # lib.sh sets and tests read its variables
# SPDX-License-Identifier: LGPL-2.1-or-later
# Kill the program at random moments. A test sets KILLS and RANDOM before it calls rounds.

LAUTTA_ARGS=()

# killed_run MS: run $LAUTTA with LAUTTA_ARGS and kill it, alone or with its children, after a random part of MS. True
# if the kill came before its end.
killed_run() {
  local code=0 pid part=$RANDOM alone=$((RANDOM % 2))
  setsid "$LAUTTA" "${LAUTTA_ARGS[@]}" >"$T/stdout" 2>"$T/stderr" </dev/null &
  pid=$!
  sleep "$(awk -v part="$part" -v ms="$1" 'BEGIN { print part / 32768 * ms / 1000 }')"
  if [ "$alone" = 1 ]; then kill -9 "$pid" 2>/dev/null || true; else kill -9 -- "-$pid" 2>/dev/null || true; fi
  wait "$pid" 2>/dev/null || code=$?
  [ "$code" = 137 ]
}

# rounds RESET CHECK: kill the program one to four times, then let it finish and check, until KILLS kills have hit.
rounds() {
  local hits=0 tries=0 i length begin
  "$1"
  begin=${EPOCHREALTIME/[.,]/}
  expect "$LAUTTA" "${LAUTTA_ARGS[@]}"
  length=$(((${EPOCHREALTIME/[.,]/} - begin) / 1000))
  while [ "$hits" -lt "$KILLS" ] && [ "$TROUBLE" = 0 ] && [ "$tries" -lt $((KILLS * 5)) ]; do
    "$1"
    for ((i = RANDOM % 4; i >= 0; i--)); do
      tries=$((tries + 1))
      # The machine may be more or less busy than when the length of a run was measured.
      if killed_run "$length"; then
        hits=$((hits + 1)) length=$((length * 21 / 20))
      else
        length=$((length * 9 / 10 + 5))
      fi
    done
    expect "$LAUTTA" "${LAUTTA_ARGS[@]}"
    "$2"
  done
  echo "# $hits kills in $tries tries, the last within $length ms"
  [ "$hits" -ge "$KILLS" ] || trouble "only $hits of $tries runs were killed before their end"
}
