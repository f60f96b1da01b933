# shellcheck shell=bash disable=SC2154,SC2016 # ./demo and tools/demo/lib.sh set what is not set here; sed expands
# SPDX-License-Identifier: LGPL-2.1-or-later
# A whole site on one machine: publish a service, and watch a host install, update, roll back and remove it.
# The caller sets kind (machine or container) and acceleration (auto or tcg).

agent=${LAUTTA_AGENT:-$root/build/lautta-agent}
site=$work/site                           # what belongs to the host
page=http://192.168.147.1:8080/           # the host's own address in its private network, and the port it forwards
later=''                                  # builds the next version
site_runs=''

case $kind in
machine)
  service=web-demo patience_s=300 drivers=$'containers = none'
  mistake='an option keeps its kernel from its initrd, and so from its disk' break_it='$a cmdline: rdinit=/missing'
  ;;
container)
  service=web patience_s=60 drivers=$'machines = none'
  mistake='its health is looked for on a port where nobody listens' break_it='s|http://:80/|http://:81/|'
  ;;
esac
description=$work/$service/service.yaml

story_ends() {
  stop "$later"
  [ -z "$site_runs" ] || "$root/tools/private-libvirt" stop "$site/libvirt"
}

# Run a command on the host: in its network, with its libvirt.
on_host() { "$root/tools/private-libvirt" run "$site/libvirt" "$@"; }

host_agent() { on_host "$agent" "$@" --config "$site/agent.conf"; } # COMMAND [OPTION...]

page_shows() { # VERSION
  on_host curl -sf -m 2 "$page" -o "$work/page.html" 2>/dev/null && grep -q "version $1 " "$work/page.html"
}

show_page() { sed 's/^/    | /' "$work/page.html"; }

service_member() { # KEY: of the service in what the agent says of itself
  host_agent status --json >"$work/status.json"
  jq -r ".services[\"$service\"].$1 // empty" "$work/status.json"
}

is_healthy() { [ "$(service_member health)" = healthy ]; }

# Run one pass of the agent; its report is JSON.
make_pass() { timed host_agent once --json >"$work/once.json" 2>"$work/once.log"; }

of_steps() { # KEY: its sum over the steps of the last pass
  jq "[.steps[].$1] | add // 0" "$work/once.json"
}

say_steps() { # what the last pass did
  jq -r '.steps[] | "\(.step) \(.service) \(.version // ""): \(.error // .result)"' "$work/once.json" | sed 's/^/    /'
}

# Compile the host's list from the fleet directory; first with --dry-run, as an operator does.
push_fleet() { # MUST-HAVE
  mkdir -p "$work/fleet/hosts"
  cat >"$work/fleet/hosts/demo-1.yaml" <<YAML
key: $host_key
must-have: [$1]
YAML
  "$lautta" fleet push "$work/fleet" --depot "$depot" >"$work/push.log"
  sed 's/^/    /' "$work/push.log"
}

# Publish a later version from the same image; the page still shows the version of the image.
describe_version() { # VERSION SED-EXPRESSION...
  local directory=$work/$service-$1 change
  cp -r "$work/$service" "$directory"
  sed -i "s/^version: .*/version: $1/" "$directory/service.yaml"
  for change in "${@:2}"; do sed -i "$change" "$directory/service.yaml"; done
}

build_next_version() {
  local directory=$work/$service-1.1
  describe_version 1.1
  sed -i "s/1\.0/1.1/" "$directory/index.html"
  exec "$lautta" build "$directory/service.yaml" -o "$work/built-1.1.raw" --quiet --json >"$work/build-1.1.json" 2>"$work/build-1.1.log"
}

wait_for_build() {
  note "(waiting for the build of 1.1, which began in the background)"
  wait "$later" || { cat "$work/build-1.1.log" >&2 && return 1; }
  later=''
}

start_watching() {
  on_host "$root/tools/demo/watch-page" "$page" 'version ([0-9.]+) ' >"$work/watch.json" &
  watcher=$!
  started+=("$watcher")
}

stop_watching() {
  on_host pkill -TERM -f "$root/tools/demo/watch-page $page" || true
  wait "$watcher" || true
}

# Ask for the page every 50 ms while the agent follows a list.
make_watched_pass() { # MUST-HAVE
  local code=0
  start_watching
  push_fleet "$1"
  make_pass || code=$?
  stop_watching
  return "$code"
}

away() {
  jq -r '"longest time without the page: \(.longest_gap_ms) ms; \(.failed) of \(.requests) requests failed"' "$work/watch.json"
}

show_console() { # the end of what the last pass' broken machine said
  jq -r '[.steps[].console // empty] | last // ""' "$work/once.json" | tail -n 6 | sed 's/^/    | /'
}

# --- the story

[ "$kind" = container ] || [ "$(dpkg --print-architecture)" = amd64 ] ||
  { echo "this demo runs amd64 machines and needs an amd64 host" >&2 && exit 1; }

say "Install what is missing from Debian, and build the programs."
install_and_build host
make_workplace
cp -r "services/$service" "$work/$service"
sed -i "s/suite: bookworm/suite: $(codename)/" "$description"

say "Build version 1.0 of the service: services/$service/service.yaml names the Debian packages."
build_image "$description" 1.0
build_next_version &
later=$!

say "Make a depot and its keys, and publish: plain files, served by nginx."
"$lautta" init "$depot" --origin "Lautta demo" >"$work/init.log"
"$lautta" trust push --depot "$depot" >>"$work/init.log"
publish_image "$description" 1.0

say "Play a site: a host with a network and a libvirt of its own, that knows the public keys and nothing else."
mkdir -p "$site/trust"
cp "$LAUTTA_HOME"/{root,release,lists}.pgp "$site/trust/"
timed "$root/tools/private-libvirt" start "$site/libvirt"
site_runs=yes
on_host "$root/tools/serve" "$depot" 127.0.0.1:8000 "$work/nginx" &
started+=($!)
cat >"$site/agent.conf" <<CONF
[host]
name = demo-1
state = $site/lib
run = $site/run
trust = $site/trust

[pull]
lists = http://127.0.0.1:8000
depots = http://127.0.0.1:8000
# the story asks for each pass, so that the report is about what it has just changed
interval = 1h

[packages]
# the apt of this machine stays as it is
manage = no

[services]
$drivers
acceleration = $acceleration
CONF
host_key=$(host_agent key)
note "$took s: the key that the host made for itself is $host_key"

say "Sign a list: the host demo-1 must have the service $service."
push_fleet "$service=1.0"

say "Start the agent. It has no open port; it pulls its list, fetches the image, and starts the service as a $kind."
begin=$(now)
on_host "$agent" run --config "$site/agent.conf" >"$work/agent.log" 2>&1 &
started+=($!)
wait_for "$patience_s" $! page_shows 1.0 || { tail -n 20 "$work/agent.log" "$site"/lib/console/*.log && exit 1; }
took=$(since "$begin")
show_page
wait_for 60 $! is_healthy || { host_agent status && exit 1; }
cost "install 1.0" "from the start of the agent to the page"

say "Publish 1.1, and put it on the list. It is started beside 1.0, checked, and takes its place."
wait_for_build
publish_image "$work/$service-1.1/service.yaml" 1.1
make_watched_pass "$service=1.1"
page_shows 1.1
say_steps
show_page
cost "update to 1.1, side by side" "$(megabytes "$(of_steps bytes_fetched)") fetched; $(away)"

say "Publish 1.2, which is broken: $mistake."
describe_version 1.2 "$break_it"
cp --reflink=auto "$work/built-1.1.raw" "$work/built-1.2.raw"
for part in kernel initrd; do
  [ ! -e "$work/built-1.1.raw.$part" ] || cp --reflink=auto "$work/built-1.1.raw.$part" "$work/built-1.2.raw.$part"
done
publish_image "$work/$service-1.2/service.yaml" 1.2
! make_watched_pass "$service=1.2" || { note "the broken version was taken for good" && exit 1; }
say_steps
show_console
page_shows 1.1
[ "$(service_member 'bad[0].version')" = 1.2 ]
cost "way back from 1.2" "$(away); 1.2 is not tried again until a new list names it"

say "Publish 1.3, which has a volume: no other version may use that meanwhile, so 1.1 is stopped first."
describe_version 1.3 '$a volumes: [{name: data, size: 64M, at: /srv}]'
timed "$lautta" publish "$work/$service-1.3/service.yaml" --image "$work/built-1.2.raw" --depot "$depot" >"$work/publish.log"
make_watched_pass "$service=1.3"
say_steps
cost "update to 1.3, one at a time" "$(away)"

say "Take the service off the list."
push_fleet ''
make_pass
say_steps
left=$(find "$site/lib"/{images,services,roots} -mindepth 1 2>/dev/null)
[ -z "$left" ] || { note "left behind: $left" && exit 1; }
host_agent status | sed 's/^/    /'
cost "remove" "stopped, and its files are gone but for its volume, which only 'lautta-agent purge $service' removes"

story_says_where_to_look() {
  cat <<TEXT

Where to look next: README.md for a tour by hand, docs/agent.md for what the agent does and why, docs/host.md for the
network, the firewall and the $kind; docs/fleet.md for how lists are written; services/$service/ for how a service is
described; \`man -l man/lautta.1\` and \`man -l man/lautta-agent.8\` for the commands.
TEXT
}
