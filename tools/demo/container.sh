# shellcheck shell=bash disable=SC2154 # ./demo and tools/demo/lib.sh set what is not set here
# SPDX-License-Identifier: LGPL-2.1-or-later
# A whole site on one machine: publish a service, and watch a host get it, update it, go back, and lose it again.

agent=${LAUTTA_AGENT:-$root/build/lautta-agent}
site=$work/site                           # what belongs to the host
description=$work/web/service.yaml
page=http://192.168.147.1:8080/           # the host's own address in its private network, and the port it forwards
later=''                                  # builds the versions that come later
site_runs=''

story_ends() {
  stop "$later"
  [ -z "$site_runs" ] || "$root/tools/private-libvirt" stop "$site/libvirt"
}

# Run something where the host is: in its network, with its libvirt.
on_host() { "$root/tools/private-libvirt" run "$site/libvirt" "$@"; }

host_agent() { on_host "$agent" "$@" --config "$site/agent.conf"; } # COMMAND [OPTION...]

page_shows() { # VERSION
  on_host curl -sf -m 2 "$page" -o "$work/page.html" 2>/dev/null && grep -q "version $1 " "$work/page.html"
}

show_page() { sed 's/^/    | /' "$work/page.html"; }

service_member() { # KEY: of the service in what the agent says of itself
  host_agent status --json >"$work/status.json"
  jq -r ".services.web.$1 // empty" "$work/status.json"
}

# One pass of the agent; what it did comes as JSON.
make_pass() { timed host_agent once --json >"$work/once.json" 2>"$work/once.log"; }

of_steps() { # KEY: its sum over the steps of the last pass
  jq "[.steps[].$1] | add // 0" "$work/once.json"
}

say_steps() { # what the last pass did
  jq -r '.steps[] | "\(.step) \(.service) \(.version // ""): \(.error // .result)"' "$work/once.json" | sed 's/^/    /'
}

# The list of the host is compiled from this directory; --dry-run first, as one would.
push_fleet() { # MUST-HAVE
  mkdir -p "$work/fleet/hosts"
  cat >"$work/fleet/hosts/demo-1.yaml" <<YAML
key: $host_key
must-have: [$1]
YAML
  "$lautta" fleet push "$work/fleet" --depot "$depot" >"$work/push.log"
  sed 's/^/    /' "$work/push.log"
}

# Versions differ in their page, and the last one in a mistake: its web server listens on another port.
make_version() { # VERSION
  local directory=$work/web-$1
  cp -r "$work/web" "$directory"
  sed -i "s/1\.0/$1/" "$directory/service.yaml" "$directory/index.html"
  [ "$1" != 1.2 ] || sed -i 's|busybox killall|busybox true|; s|^::respawn:/usr/sbin/nginx.*|::respawn:/bin/busybox httpd -f -p 81 -h /var/www/html|' "$directory/inittab"
  "$lautta" build "$directory/service.yaml" -o "$work/built-$1.raw" --quiet --json >"$work/build-$1.json" 2>"$work/build-$1.log"
}

make_later_versions() {
  trap 'kill $(jobs -p) 2>/dev/null; exit 143' TERM
  make_version 1.1 &
  make_version 1.2 &
  wait
}

wait_for_build() { # VERSION
  note "(waiting for the build of $1, which began in the background)"
  wait_for 300 "$later" built_or_broken "$1" || [ -s "$work/build-$1.json" ] ||
    { cat "$work/build-$1.log" >&2 && return 1; }
}

built_or_broken() { [ -s "$work/build-$1.json" ]; }

start_watching() {
  on_host "$root/tools/demo/watch-page" "$page" 'version ([0-9.]+) ' >"$work/watch.json" &
  watcher=$!
  started+=("$watcher")
}

stop_watching() {
  on_host pkill -TERM -f "$root/tools/demo/watch-page $page" || true
  wait "$watcher" || true
}

# --- the story

say "Install what is missing from Debian, and build the programs."
install_and_build host
make_workplace
cp -r services/web "$work/web"
sed -i "s/suite: bookworm/suite: $(codename)/" "$description"

say "Build version 1.0 of the service: services/web/service.yaml names the Debian packages."
build_image "$description" 1.0
make_later_versions &
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
interval = 10s

[packages]
# apt of this machine is left alone
manage = no

[services]
machines = none
CONF
host_key=$(host_agent key)
note "$took s: the key that the host made for itself is $host_key"

say "Sign a list: the host demo-1 must have the service web."
push_fleet web=1.0

say "Start the agent. It has no open port; it pulls its list, fetches the image, and starts the service."
begin=$(now)
on_host "$agent" run --config "$site/agent.conf" >"$work/agent.log" 2>&1 &
started+=($!)
wait_for 60 $! page_shows 1.0
took=$(since "$begin")
show_page
cost "install 1.0" "from the start of the agent to the page"

say "Publish 1.1, and put it on the list. A page is asked for every 50 ms meanwhile."
wait_for_build 1.1
publish_image "$work/web-1.1/service.yaml" 1.1
start_watching
push_fleet web=1.1
make_pass
stop_watching
page_shows 1.1
say_steps
show_page
cost "update to 1.1" "$(megabytes "$(of_steps bytes_fetched)") fetched; the service was away for $(
  jq .longest_gap_ms "$work/watch.json") ms"

say "Publish 1.2, which is broken: its web server listens on a port where nobody looks."
wait_for_build 1.2
publish_image "$work/web-1.2/service.yaml" 1.2
push_fleet web=1.2
make_pass && note "the broken version was taken for good" && exit 1
say_steps
wait_for 20 $$ page_shows 1.1
show_page
[ "$(service_member 'bad[0].version')" = 1.2 ]
cost "way back from 1.2" "1.1 runs again; 1.2 is not tried again until a new list names it"

say "Take the service off the list."
push_fleet ''
make_pass
say_steps
left=$(find "$site/lib"/{images,services,roots} -mindepth 1 2>/dev/null)
[ -z "$left" ] || { note "left behind: $left" && exit 1; }
host_agent status | sed 's/^/    /'
cost "remove" "stopped, and its files are gone but for its volume, which only 'lautta-agent purge web' removes"

story_says_where_to_look() {
  cat <<'TEXT'

Where to look next: docs/agent.md for what the agent does and why, docs/host.md for the network and the firewall of a
host, docs/fleet.md for how lists are written, services/web/ for how a container is described; `lautta-agent --help`.
TEXT
}
