#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# kill -9 at random moments of passes that install, update and remove: the next pass goes on from there, exactly one
# version runs, the records say which, and what lies in volumes is whole.
# timeout: 600
# slow
# asan: no
. "$(dirname "$0")/lib.sh"
KILLS=${KILLS:-100}

# kill_pass: begin a pass and kill it after a random part of LENGTH milliseconds, it alone. True if it was killed.
kill_pass() {
  local code=0 pid
  "${AGENT[@]}" once --config "$HOST/agent.conf" >"$T/stdout" 2>"$T/stderr" </dev/null &
  pid=$!
  sleep "$(awk -v part="$RANDOM" -v ms="$LENGTH" 'BEGIN { print part / 32768 * ms / 1000 }')"
  kill -9 "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || code=$?
  [ "$code" = 137 ]
}
record() { sed '/^sha256/d' "$HOST/state/state/services/web.json" | jq -r "$1 // \"-\""; }

inside() { # VERSION COMMANDS: in the container, whose id is the process that its init is a child of
  nsenter --target "$(pgrep -P "$("${PRIVATE[@]}" virsh -q -c lxc:///system domid "web_$1")" | head -n 1)" --mount --root --wd=/ /bin/sh -c "$2"
}

MARK= # what the service wrote into its volume when it first ran
# is_running VERSION: that one alone, with its page, its record and nothing half-way.
is_running() {
  [ "$(domains)" = "web_$1" ] || trouble "instead of web_$1 these run: $(domains)"
  [ "$(page_at "$(record .address)")" = "$1" ] || trouble "the page of $1 does not answer"
  [ "$(record '"\(.current) \(.candidate)"')" = "$1 null" ] || trouble "the record says $(record '"\(.current) \(.candidate)"')"
  [ "$(record '.bad | length')" = 0 ] || trouble "a kill made a version bad: $(record .bad)"
  [ -n "$MARK" ] || { MARK=$RANDOM$RANDOM && inside "$1" "echo $MARK >/srv/mark && sync"; }
  [ "$(inside "$1" 'cat /srv/mark')" = "$MARK" ] || trouble "the volume has lost what was in it"
}
is_gone() {
  [ -z "$(domains)" ] || trouble "these run: $(domains)"
  [ -z "$(find "$HOST/state"/{services,images,roots,state/services} -mindepth 1)" ] ||
    trouble "left behind: $(echo "$HOST/state"/{services,images,roots,state/services}/*)"
  [ -z "$("${PRIVATE[@]}" grep "$HOST" /proc/mounts)" ] || trouble "mounted: $("${PRIVATE[@]}" grep "$HOST" /proc/mounts)"
  PATH=$PATH:/sbin e2fsck -fn "$HOST/state/volumes/web/data.raw" >"$T/e2fsck" 2>&1 ||
    trouble "the volume is not whole: $(tail -n 3 "$T/e2fsck" | xargs)"
}

# converges WHAT CHECK...: kill passes one to three times, then let one come to its end.
HITS=0 TRIES=0
declare -A HITS_OF=() LENGTHS=([install]=700 [update]=900 [remove]=500)
converges() {
  local i
  LENGTH=${LENGTHS[$1]}
  for ((i = RANDOM % 3; i >= 0; i--)); do
    TRIES=$((TRIES + 1))
    if kill_pass; then
      HITS=$((HITS + 1)) HITS_OF[$1]=$((${HITS_OF[$1]:-0} + 1)) LENGTH=$((LENGTH * 21 / 20))
    else
      LENGTH=$((LENGTH * 9 / 10 + 5))
      break
    fi
  done
  LENGTHS[$1]=$LENGTH
  expect agent once
  "${@:2}"
  expect agent once --json
  [ "$(json 'steps | length')" = 0 ] || trouble "the pass after the next still does: $(json 'steps | tostring')"
}

make_host
VOLUME='volumes: [{name: data, size: 16M, at: /srv}]'
publish_container web 1.0 works "$VOLUME"
publish_container web 1.1 works "$VOLUME"

while [ "$HITS" -lt "$KILLS" ] && [ "$TROUBLE" = 0 ] && [ "$TRIES" -lt $((KILLS * 4)) ]; do
  push_list web=1.0
  converges install is_running 1.0
  push_list web=1.1
  converges update is_running 1.1
  push_list ''
  converges remove is_gone
done
echo "# $HITS kills in $TRIES passes: $(for i in install update remove; do printf '%s %s (of %s ms) ' "$i" "${HITS_OF[$i]:-0}" "${LENGTHS[$i]}"; done)"
[ "$HITS" -ge "$KILLS" ] || trouble "only $HITS passes were killed"
[ -s "$T/e2fsck" ] || trouble "no volume was looked at"
ok "a pass that is killed at any moment of an install, an update or a removal converges with the next"
