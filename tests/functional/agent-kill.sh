#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# kill -9 at random moments of passes that install, update (beside and exclusive), go back and remove. The next pass goes
# on from there: exactly one version runs, at its address and alone on the bridge; the records say which; the files in
# volumes are whole. Then kill -9 of libvirtd during updates.
# timeout: 900
# slow
# asan: no
. "$(dirname "$0")/lib.sh"
KILLS=${KILLS:-50}              # of the agent, for each of two services
LIBVIRT_KILLS=${LIBVIRT_KILLS:-$(long_or 60 12)}

# begin_pass: begin a pass of the agent in the background; sets PASS.
begin_pass() {
  "${AGENT[@]}" once --config "$HOST/agent.conf" >"$T/stdout" 2>"$T/stderr" </dev/null &
  PASS=$!
}
some_time() { sleep "$(awk -v part="$RANDOM" -v ms="$1" 'BEGIN { print part / 32768 * ms / 1000 }')"; } # MILLISECONDS at most
# kill_pass: begin a pass and kill that process alone, after a random part of LENGTH milliseconds. True if it was killed.
kill_pass() {
  local code=0
  begin_pass
  some_time "$LENGTH"
  kill -9 "$PASS" 2>/dev/null || true
  wait "$PASS" 2>/dev/null || code=$?
  [ "$code" = 137 ]
}
inside() { # VERSION COMMANDS: in the container, whose id is the process that its init is a child of
  nsenter --target "$(pgrep -P "$("${PRIVATE[@]}" virsh -q -c lxc:///system domid "${SERVICE}_$1")" | head -n 1)" --mount --root --wd=/ /bin/sh -c "$2"
}

is_good() { # VERSION: the same, and no version is bad
  is_alone "$1"
  [ "$(record '.bad | length')" = 0 ] || trouble "a kill made a version bad: $(record .bad)"
}
went_back() { # VERSION BAD
  is_alone "$1"
  [ "$(record '.bad | map(.version) | join(" ")')" = "$2" ] || trouble "bad are: $(record .bad)"
}
MARK= # what the service wrote into its volume when it first ran
keeps_volume() { # CHECK...
  "$@"
  [ -n "$MARK" ] || { MARK=$RANDOM$RANDOM && inside "$2" "echo $MARK >/srv/mark && sync"; }
  [ "$(inside "$2" 'cat /srv/mark')" = "$MARK" ] || trouble "the volume has lost its files"
}
is_gone() {
  [ -z "$(domains)$(interfaces)" ] || trouble "these run: $(domains), with $(interfaces)"
  [ -z "$(find "$HOST/state"/{services,images,roots,state/services} -mindepth 1)" ] ||
    trouble "left behind: $(echo "$HOST/state"/{services,images,roots,state/services}/*)"
  [ -z "$("${PRIVATE[@]}" grep "$HOST" /proc/mounts)" ] || trouble "mounted: $("${PRIVATE[@]}" grep "$HOST" /proc/mounts)"
}
is_gone_but_volume() {
  is_gone
  PATH=$PATH:/sbin e2fsck -fn "$HOST/state/volumes/web/data.raw" >"$T/e2fsck" 2>&1 ||
    trouble "the volume is not whole: $(tail -n 3 "$T/e2fsck" | xargs)"
}

# converges WHAT EXIT_CODE CHECK...: kill passes one to three times, let one come to its end, and expect the next one to
# have nothing to do.
HITS=0 TRIES=0
declare -A HITS_OF=() LENGTHS=([install]=700 [exclusive]=900 [beside]=1000 [back]=2800 [back-exclusive]=3500 [remove]=500)
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
  settles "${@:2}"
}
settles() { # EXIT_CODE CHECK...
  expect_exit "$1" agent once
  "${@:2}"
  expect_exit "$1" agent once --json
  [ "$(json 'steps | length')" = 0 ] || trouble "the pass after the next still does: $(json 'steps | tostring')"
}
# rounds_of WHAT...: make rounds until KILLS kills have hit.
rounds_of() {
  local what
  HITS=0 TRIES=0
  while [ "$HITS" -lt "$KILLS" ] && [ "$TROUBLE" = 0 ] && [ "$TRIES" -lt $((KILLS * 4)) ]; do "round_of_$SERVICE"; done
  echo "# $HITS kills in $TRIES passes: $(for what; do printf '%s %s (of %s ms) ' "$what" "${HITS_OF[$what]:-0}" "${LENGTHS[$what]}"; done)"
  [ "$HITS" -ge "$KILLS" ] || trouble "only $HITS passes were killed"
}

make_host
VOLUME='volumes: [{name: data, size: 16M, at: /srv}]'

SERVICE=web
round_of_web() {
  push_list web=1.0
  converges install 0 keeps_volume is_good 1.0
  push_list web=1.1
  converges exclusive 0 keeps_volume is_good 1.1
  push_list web=1.2
  converges back-exclusive 1 keeps_volume went_back 1.1 1.2
  push_list ''
  converges remove 0 is_gone_but_volume
}
publish_container web 1.0 works "$VOLUME"
publish_container web 1.1 works "$VOLUME"
WITHIN=2s publish_container web 1.2 broken "$VOLUME"
rounds_of install exclusive back-exclusive remove
[ -s "$T/e2fsck" ] || trouble "no volume was looked at"
ok "a pass that is killed at any moment of an install, an exclusive update, its way back or a removal converges with the next"

SERVICE=front
round_of_front() {
  push_list front=1.0
  converges install 0 is_good 1.0
  push_list front=1.1
  converges beside 0 is_good 1.1
  push_list front=1.0
  converges beside 0 is_good 1.0
  push_list front=1.2
  converges back 1 went_back 1.0 1.2
  push_list front=1.1
  converges beside 0 went_back 1.1 1.2
  push_list ''
  converges remove 0 is_gone
}
publish_container front 1.0
publish_container front 1.1
WITHIN=2s publish_container front 1.2 broken
rounds_of install beside back remove
ok "a pass that is killed at any moment of a beside update, or of its way back, converges with the next"

# --- libvirtd

# survives_libvirtd WHAT CHECK...: kill libvirtd during a pass, and start another libvirtd.
survives_libvirtd() {
  begin_pass
  some_time $((LENGTHS[$1] * 3 / 4))
  private_libvirt restart
  wait "$PASS" || true
  local killed
  killed=$(cat "$T/stderr")
  settles 0 "${@:2}"
  [ "$TROUBLE" = 0 ] || trouble "the pass in which libvirtd was killed said: $killed"
}
publish_container web 1.3 works "$VOLUME"
for ((i = 0; i < LIBVIRT_KILLS && TROUBLE == 0; i += 4)); do
  SERVICE=front
  push_list front=1.0
  survives_libvirtd install is_good 1.0
  push_list front=1.1
  survives_libvirtd beside is_good 1.1
  push_list front=1.0
  survives_libvirtd beside is_good 1.0
  push_list ''
  expect agent once
  SERVICE=web
  push_list web=1.1
  expect agent once
  push_list web=1.3
  survives_libvirtd exclusive keeps_volume is_good 1.3
  push_list ''
  expect agent once
  is_gone_but_volume
done
ok "an update in which libvirtd is killed is ended by the next pass after libvirtd has come back"

# A libvirtd that is killed while it makes a container may leave both ends of its interface in the host.
leave_interface() { "${PRIVATE[@]}" ip link add "$1" type veth peer name left0; }
SERVICE=front
push_list front=1.0
expect agent once
expected=$(interfaces)
push_list ''
expect agent once
leave_interface "$expected"
push_list front=1.0
settles 0 is_good 1.0
leave_interface "lauttb-${expected#lautt?-}"
push_list front=1.1
settles 0 is_good 1.1
! "${PRIVATE[@]}" ip -br link show | grep -q left0 || trouble "its other end is left behind"
ok "an interface that an interrupted start left behind does not hinder the next start"

private_libvirt kill
rm "${LIBVIRTS[0]}/run/network/lautta0.xml" # as if that had not been written yet
private_libvirt restart
[ -z "$("${PRIVATE[@]}" virsh -q -c lxc:///system net-list --name | xargs)" ] || trouble "libvirt has not lost the network"
[ -n "$(in_network 'dnsmasq/lautta0.conf')" ] || trouble "its DHCP server has ended with it"
settles 0 is_good 1.1
[ "$(in_network 'dnsmasq/lautta0.conf' | wc -l)" -le 2 ] || trouble "more than one DHCP server: $(in_network 'dnsmasq/lautta0.conf')"
ok "a network that libvirt has made and not recorded is made again, and the services in it answer"
