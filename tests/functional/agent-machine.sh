#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The agent with virtual machines: a beside update, an exclusive one, and the way back of both. Each boot takes
# half a minute without KVM. (machine.sh and agent-machine-kill.sh kill QEMU.)
# timeout: 1500
# slow
# asan: no
. "$(dirname "$0")/lib.sh"
export VIRT=qemu
BOOT=180 # seconds at most

# publish_machine VERSION works|broken WITHIN [LINE...]
publish_machine() {
  [ -e "$T/$1-$2.raw" ] || make_machine_image "$T/$1-$2.raw" "$1" "$2"
  cat >"$T/service.yaml" <<YAML
service: web
version: $1
image: {file: $1-$2.raw, kernel: $1-$2.raw.kernel, initrd: $1-$2.raw.initrd}
boot: kernel
resources: {memory: 96M, cpus: 1}
health: {http: "http://:80/", within: $3}
YAML
  printf '%s\n' "${@:4}" >>"$T/service.yaml"
  "$LAUTTA" publish "$T/service.yaml" --image "$T/$1-$2.raw" --depot "$T/depot" --quiet >"$T/publish.log" 2>&1 || { sed 's/^/# /' "$T/publish.log" && false; }
}
state() { "${PRIVATE[@]}" curl -s --max-time 5 "http://$(record .address)/state" | sed -n "s/^$1 //p"; } # KEY: what the guest says
step() { jq -r '.steps[] | select(.step == "'"$1"'") | '"$2" "$T/stdout"; } # STEP EXPRESSION: of the last pass's report
qemu() { cat "${LIBVIRTS[0]}/run/qemu/web_$1.pid"; }                     # VERSION
ms() { step "$1" '.seconds * 1000 | round'; }
VOLUME='volumes: [{name: data, size: 8M, at: /srv}]'

make_host
sed -i 's|^machines = none|machines = qemu:///system\ncontainers = none|' "$HOST/agent.conf"
publish_machine 1.0 works ${BOOT}s
mkdir -p "$FLEET/settings/demo-1/web"
echo 'of the list' >"$FLEET/settings/demo-1/web/user-data"
push_list web=1.0
expect agent once --json
is_alone 1.0
given() { "${PRIVATE[@]}" curl -s --max-time 5 "http://$(record .address)/user-data"; }
[ "$(given)" = 'of the list' ] || trouble "its settings are: $(given)"
echo "# a machine is up within $(ms start) ms"
kill -0 "$(qemu 1.0)" || trouble "no QEMU runs"
memory_mib=$(awk '/^VmRSS|^VmSwap/ { sum += $2 } END { print int(sum / 1024) }' "/proc/$(qemu 1.0)/status")
echo "# its QEMU has $memory_mib MiB, $((memory_mib - 96)) beside the memory of the guest if that used all of it"
ok "a machine is installed, started with the settings that the list names, and checked"

publish_machine 1.1 works ${BOOT}s
push_list web=1.1
watch_page web
expect agent once --json
watched
[ "$(step update .result)" = "done" ] || trouble "$(json steps)"
echo "# beside: $(ms update) ms, away for $(step update '.down_seconds * 1000 | round') ms as the agent says; $REQUESTS_FAILED of $REQUESTS_MADE requests failed, longest gap $GAP_MS ms"
[ "$SEEN" = '1.0 1.1' ] || trouble "seen: $SEEN"
[ "$GAP_MS" -le 2000 ] || trouble "the longest gap is $GAP_MS ms"
awk -v s="$(step update .down_seconds)" 'BEGIN { exit !(s < 1) }' || trouble "it was away for $(step update .down_seconds) s"
is_alone 1.1
[ "$(given)" = 'of the list' ] || trouble "the settings of the new version are: $(given)"
ok "a machine is updated beside the old version, which serves until the ports are switched"

publish_machine 1.2 broken 20s
push_list web=1.2
watch_page web
expect_exit 1 agent once --json
watched
step update .error | grep -q "'web' 1.2 is not healthy within 20 s: .*; 'web' 1.1 goes on running" || trouble "$(json steps)"
[ "$(step update .down_seconds)" = 0 ] || trouble "it was away for $(step update .down_seconds) s"
[ "$SEEN" = 1.1 ] || trouble "seen: $SEEN"
is_alone 1.1
ok "a machine that does not become healthy is never heard"

publish_machine 2.0 works ${BOOT}s "$VOLUME"
push_list web=2.0
expect agent once --json
[ "$(step update .result)" = "done" ] || trouble "$(json steps)"
echo "# exclusive: $(ms update) ms, away for $(step update '.down_seconds * 1000 | round') ms"
awk -v s="$(step update .down_seconds)" 'BEGIN { exit !(s > 1) }' || trouble "it was away for $(step update .down_seconds) s only"
is_alone 2.0
[ "$(state volume-boots)" = 1 ] || trouble "its volume has seen $(state volume-boots) boots"
ok "a machine that has a volume is updated after the old one has stopped"

publish_machine 2.1 broken 15s "$VOLUME"
push_list web=2.1
expect_exit 1 agent once --json
step update .error | grep -q "'web' 2.1 is not healthy within 15 s: .*; 'web' 2.0 runs again" || trouble "$(json steps)"
is_alone 2.0
[ "$(state volume-boots || echo 0)" -ge 2 ] || trouble "its volume has seen $(state volume-boots) boots"
[ "$(state root-boots)" = 2 ] || trouble "its root has seen $(state root-boots) boots"
ok "the way back starts the old machine again, with its root and its volume"

push_list ''
expect agent once
[ -z "$(domains)$(interfaces)" ] || trouble "left behind: $(domains) $(interfaces)"
PATH=$PATH:/sbin e2fsck -fn "$HOST/state/volumes/web/data.raw" >"$T/e2fsck" 2>&1 || trouble "the volume is not whole: $(tail -n 3 "$T/e2fsck" | xargs)"
ok "a machine that nobody wants is asked to end, and leaves a whole volume"
