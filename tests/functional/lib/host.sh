# shellcheck shell=bash disable=SC2034,SC2154 # lib.sh sets and tests read its variables
# SPDX-License-Identifier: LGPL-2.1-or-later
# A host in a private libvirt: its agent, its list, and what runs there.

# make_container_image FILE VERSION [works|broken|crash]: make an image that serves a page with VERSION on port 80.
make_container_image() { "$ROOT/tests/functional/container-image" "$@"; }

# make_machine_image FILE VERSION [works|broken|crash]: the same for a machine, with FILE.kernel and FILE.initrd.
# make_disk_image: the same as a disk with partitions and a boot loader. Both skip the whole script where apt has no kernel.
make_machine_image() { make_with_kernel machine-image "$@"; }

# start_private_libvirt: start a libvirt in namespaces of its own; "${PRIVATE[@]}" COMMAND... runs there.
start_private_libvirt() {
  [ "$(id -u)" = 0 ] || skip_all "needs root for namespaces"
  LIBVIRTS+=("$T/libvirt.${#LIBVIRTS[@]}")
  "$ROOT/tools/private-libvirt" start "${LIBVIRTS[-1]}"
  PRIVATE=("$ROOT/tools/private-libvirt" run "${LIBVIRTS[-1]}")
}

# private_libvirt kill|restart: act on the first libvirt that was started.
private_libvirt() { "$ROOT/tools/private-libvirt" "$1" "${LIBVIRTS[0]}"; }

# make_host: make a depot, a fleet of one host, and that host in a private libvirt, without apt. Sets AGENT (an array
# that runs the agent there), HOST (the host's directory), HOST_KEY and FLEET.
make_host() {
  HOST=$T/host FLEET=$T/fleet
  mkdir -p "$HOST/trust" "$FLEET/hosts"
  [ -e "$T/depot" ] || make_depot "$T/depot"
  cp "$LAUTTA_HOME"/{root,release,lists}.pgp "$HOST/trust/"
  host_conf >"$HOST/agent.conf"
  start_private_libvirt
  AGENT=("${PRIVATE[@]}" "$LAUTTA_AGENT")
  HOST_KEY=$("$LAUTTA_AGENT" key --config "$HOST/agent.conf")
}

host_conf() {
  cat <<CONF
[host]
name = demo-1
state = $HOST/state
run = $HOST/run
trust = $HOST/trust
memory-reserve = 64M
[pull]
depots = $T/depot
interval = 3600s
[packages]
manage = no
[services]
machines = none
check-interval = 1s
stop-grace = 5s
CONF
}

agent() { "${AGENT[@]}" "$1" --config "$HOST/agent.conf" "${@:2}"; } # COMMAND [OPTION...]

# describe_container NAME VERSION IMAGE [LINE...]: print the description of a container.
describe_container() {
  printf 'service: %s\nversion: %s\narchitecture: amd64\nkind: container\nimage: {file: %s}\nresources: {memory: 32M}\n' "${@:1:3}"
  printf '%s\n' "${@:4}"
}

# publish_container NAME VERSION [works|broken|crash] [LINE...]: publish a container whose page is checked WITHIN some
# seconds (20s); LINEs are added to its description.
publish_container() {
  [ -e "$T/$2-${3:-works}.raw" ] || make_container_image "$T/$2-${3:-works}.raw" "$2" "${3:-works}"
  describe_container "$1" "$2" "$2-${3:-works}.raw" 'health: {http: "http://:80/", within: '"${WITHIN:-20s}}" "${@:4}" >"$T/service.yaml"
  "$LAUTTA" publish "$T/service.yaml" --image "$T/$2-${3:-works}.raw" --depot "$T/depot" --quiet >"$T/publish.log" 2>&1 ||
    { sed 's/^/# /' "$T/publish.log" && false; }
}

# push_list MUST-HAVE [LINE...]: push the host's list with these entries; LINEs are added to the host's file.
push_list() {
  { printf 'key: %s\nmust-have: [%s]\n' "$HOST_KEY" "$1" && printf '%s\n' "${@:2}"; } >"$FLEET/hosts/demo-1.yaml"
  "$LAUTTA" fleet push "$FLEET" --depot "$T/depot" --quiet >"$T/push.log" 2>&1 || { sed 's/^/# /' "$T/push.log" && false; }
}

service_address() { jq -r '.services["'"$1"'"].address // empty' <(agent status --json 2>/dev/null); } # NAME
page_at() { "${PRIVATE[@]}" curl -s --max-time 5 "http://$1/"; } # ADDRESS
domains() { "${PRIVATE[@]}" virsh -q -c "${VIRT:-lxc}:///system" list --name | sed '/^$/d' | sort | xargs; } # with VIRT=qemu machines

# record EXPRESSION: print a jq expression of the record of $SERVICE (web).
record() { sed '/^sha256/d' "$HOST/state/state/services/${SERVICE:-web}.json" | jq -r "$1 // \"-\""; }
in_network() { pgrep -af --ns "$(cat "${LIBVIRTS[0]}/pid")" --nslist net -- "$1" || true; } # PATTERN: programs of the host with such arguments
interfaces() { "${PRIVATE[@]}" ls /sys/class/net | grep '^laut.*-' | xargs; }
ports() { "${PRIVATE[@]}" ls /sys/class/net/lautta0/brif 2>/dev/null | xargs; }

# is_alone VERSION: expect that this version of $SERVICE (web) runs alone: its page answers, it alone is on the bridge,
# and its record names no candidate.
is_alone() {
  [ "$(domains)" = "${SERVICE:-web}_$1" ] || trouble "instead of ${SERVICE:-web}_$1 these run: $(domains)"
  [ "$(page_at "$(record .address)")" = "$1" ] || trouble "the page of $1 does not answer"
  [ "$(record '"\(.current) \(.candidate)"')" = "$1 null" ] || trouble "the record says $(record '"\(.current) \(.candidate)"')"
  [ "$(interfaces | wc -w)" = 1 ] || trouble "interfaces of services: $(interfaces)"
  [[ " $(ports) " = *" $(interfaces) "* ]] || trouble "on the bridge: $(ports), and not $(interfaces)"
  [ -z "$(in_network '--interface=laut.*-')" ] || trouble "left behind: $(in_network '--interface=laut.*-')"
}

# make_plain_host DIR [LINE...]: make a host "library-1" that knows our public keys, runs no services and leaves apt
# alone; LINEs go into [pull] of its configuration. Sets CONF and HOST_KEY.
make_plain_host() {
  CONF=$1/agent.conf
  mkdir -p "$1/trust"
  cp "$LAUTTA_HOME"/{root,release,lists}.pgp "$1/trust/"
  printf '%s\n' "[host]" "name = library-1" "state = $1/lib" "run = $1/run" "trust = $1/trust" \
    "[packages]" "manage = no" "[services]" "containers = none" "machines = none" "[pull]" "${@:2}" >"$CONF"
  HOST_KEY=$("$LAUTTA_AGENT" key --config "$CONF")
}

# pass_of: run one pass of the host of CONF; the report is in $T/stdout, whatever the exit code.
pass_of() { "$LAUTTA_AGENT" once --json --config "$CONF" >"$T/stdout" 2>"$T/stderr" || [ $? != 2 ]; }

expect_serial() { # SERIAL: the list in force has it
  local serial
  serial=$(json 'list.serial')
  [ "$serial" = "$1" ] || { trouble "the list in force is $serial, not $1:"; sed 's/^/#   /' "$T/stdout"; }
}
