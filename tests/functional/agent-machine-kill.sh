#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# kill -9 of the agent, of libvirtd and of QEMU at random moments of updates of virtual machines: after the next pass
# exactly one version runs, at its address and alone on the bridge, and the volume is whole. KILLS (50) takes an hour
# without KVM.
# timeout: 10800
# long
# asan: no
. "$(dirname "$0")/lib.sh"
export VIRT=qemu
KILLS=${KILLS:-50}

publish_machine() { # SERVICE VERSION [LINE...]
  [ -e "$T/$2.raw" ] || make_machine_image "$T/$2.raw" "$2"
  cat >"$T/service.yaml" <<YAML
service: $1
version: $2
image: {file: $2.raw, kernel: $2.raw.kernel, initrd: $2.raw.initrd}
boot: kernel
resources: {memory: 96M, cpus: 1}
health: {http: "http://:80/", within: 180s}
YAML
  printf '%s\n' "${@:3}" >>"$T/service.yaml"
  "$LAUTTA" publish "$T/service.yaml" --image "$T/$2.raw" --depot "$T/depot" --quiet >"$T/publish.log" 2>&1 || { sed 's/^/# /' "$T/publish.log" && false; }
}
volume_boots() { "${PRIVATE[@]}" curl -s --max-time 5 "http://$(record .address)/state" | sed -n 's/^volume-boots //p'; }
some_time() { sleep "$(awk -v part="$RANDOM" -v s="$1" 'BEGIN { print part / 32768 * s }')"; } # SECONDS at most

kill_agent() { kill -9 "$PASS" 2>/dev/null || true; }
kill_libvirtd() { private_libvirt restart; }
kill_qemu() { # one of those that run
  local pids
  mapfile -t pids < <(cat "${LIBVIRTS[0]}"/run/qemu/*.pid 2>/dev/null)
  [ "${#pids[@]}" = 0 ] || kill -9 "${pids[RANDOM % ${#pids[@]}]}" 2>/dev/null || true
}

# A version whose QEMU was killed while it was a candidate may have become bad by that: the next list asks for it again.
settles() { # VERSION
  push_list "$SERVICE=$1" "may-have: [x$RANDOM]"
  expect agent once
  is_alone "$1"
  expect agent once --json
  [ "$(json 'steps | length')" = 0 ] || trouble "the pass after the next still does: $(json 'steps | tostring')"
}

HITS=0
declare -A HITS_OF=()
SPAN=40 # seconds that an update takes, about
# round WHAT VERSION: kill one of these in the middle of an update to VERSION.
round() {
  local begin=$SECONDS
  push_list "$SERVICE=$2"
  "${AGENT[@]}" once --config "$HOST/agent.conf" >"$T/stdout" 2>"$T/stderr" </dev/null &
  PASS=$!
  some_time "$SPAN"
  if ! kill -0 "$PASS" 2>/dev/null; then
    SPAN=$((SPAN * 4 / 5 + 1))
    wait "$PASS" || true
    return 0
  fi
  "kill_$1"
  wait "$PASS" 2>/dev/null || true
  HITS=$((HITS + 1)) HITS_OF[$SERVICE $1]=$((${HITS_OF[$SERVICE $1]:-0} + 1))
  settles "$2"
  [ "$SERVICE" != db ] || { [ "$(volume_boots)" -gt "$BOOTS" ] && BOOTS=$(volume_boots); } || trouble "the volume has forgotten: $(volume_boots) boots after $BOOTS"
  echo "# $SERVICE $2, $1 killed: $((SECONDS - begin)) s"
}
tell() {
  local what
  echo "# $HITS kills: $(for what in "${!HITS_OF[@]}"; do printf '%s %s, ' "$what" "${HITS_OF[$what]}"; done)"
}
# rounds_of SERVICE: updates to and fro, until half of all kills have hit.
rounds_of() {
  local version=1.1 what=(agent libvirtd qemu) i=0 until=$((HITS + (KILLS + 1) / 2))
  SERVICE=$1
  push_list "$SERVICE=1.0"
  expect agent once
  is_alone 1.0
  while [ "$HITS" -lt "$until" ] && [ "$TROUBLE" = 0 ] && [ "$i" -lt $((KILLS * 3)) ]; do
    round "${what[i % 3]}" "$version"
    i=$((i + 1))
    if [ "$version" = 1.1 ]; then version=1.0; else version=1.1; fi
  done
  tell
  [ "$HITS" -ge "$until" ] || trouble "only $HITS kills hit"
  push_list ''
  expect agent once
  [ -z "$(domains)$(interfaces)" ] || trouble "left behind: $(domains) $(interfaces)"
}

make_host
sed -i 's|^machines = none|machines = qemu:///system\ncontainers = none|' "$HOST/agent.conf"
for version in 1.0 1.1; do
  publish_machine front "$version"
  publish_machine db "$version" 'volumes: [{name: data, size: 8M, at: /srv}]'
done
rounds_of front
ok "whatever is killed in a beside update, the next pass leaves one machine at its place"
BOOTS=0
rounds_of db
PATH=$PATH:/sbin e2fsck -fn "$HOST/state/volumes/db/data.raw" >"$T/e2fsck" 2>&1 || trouble "the volume is not whole: $(tail -n 3 "$T/e2fsck" | xargs)"
ok "whatever is killed in an update with a volume, the next pass leaves one machine at its place, and the volume is whole"
