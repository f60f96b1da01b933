# shellcheck shell=bash disable=SC2154 # ./demo and tools/demo/lib.sh set what is not set here
# SPDX-License-Identifier: LGPL-2.1-or-later
# Build a service, publish it, change it, publish again, fetch both over HTTP, boot what was fetched, show the page.

description=$work/web-demo/service.yaml
machine=''

story_ends() { stop "$machine"; }

fetch() { # VERSION OPTION...
  timed "$lautta" fetch "web-demo=$1" --depot "$url" --keyring "$work/site/release.pgp" \
    -o "$work/site/web-$1.raw" "${@:2}" --json >"$work/fetch.json"
  cost "fetch $1${2:+, seed at hand}" "$(megabytes "$(member "$work/fetch.json" bytes_fetched)") fetched in $(
    member "$work/fetch.json" requests) requests, $(megabytes "$(member "$work/fetch.json" bytes_reused)") reused"
  for part in '' .kernel .initrd; do
    cmp "$work/built-$1.raw$part" "$work/site/web-$1.raw$part"
  done
  echo "    image, kernel and initrd are bit for bit what was built"
}

port_answers() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Start the fetched machine and wait for its page; false if it does not come. snapshot: the image stays as it is.
power_on() { # VERSION ACCELERATOR SECONDS
  local image=$work/site/web-$1.raw port
  port=$(free_port)
  qemu-system-x86_64 -M pc -accel "$2" -cpu max -smp 1 -m 256 -nodefaults -display none -no-reboot \
    -serial "file:$work/console-$1.log" -netdev "user,id=net,hostfwd=tcp:127.0.0.1:$port-:80" \
    -device virtio-net-pci,netdev=net,romfile= -drive "if=virtio,format=raw,file=$image,snapshot=on" \
    -kernel "$image.kernel" -initrd "$image.initrd" \
    -append 'root=/dev/vda ro console=ttyS0 panic=-1 no_timer_check quiet' </dev/null >"$work/qemu-$1.log" 2>&1 &
  machine=$!
  wait_for "$3" "$machine" page_or_trouble "http://127.0.0.1:$port/" "$1"
  [ -s "$work/page-$1.html" ]
}

page_or_trouble() { # URL VERSION
  curl -sf -m 5 -o "$work/page-$2.html" "$1" || grep -q 'KVM internal error' "$work/qemu-$2.log"
}

accelerators=(tcg)
[ ! -w /dev/kvm ] || accelerators=(kvm tcg)

boot() { # VERSION
  local accelerator
  for accelerator in "${accelerators[@]}"; do
    if timed power_on "$1" "$accelerator" "$([ "$accelerator" = kvm ] && echo 60 || echo 300)"; then
      sed 's/^/    | /' "$work/page-$1.html"
      cost "boot $1" "from power on to the page, with ${accelerator^^}"
      grep -q "version $1 " "$work/page-$1.html" || { echo "this is not the page of version $1" >&2 && return 1; }
      stop "$machine" && machine=
      return
    fi
    stop "$machine" && machine=
    [ "$accelerator" = tcg ] || echo "    KVM does not work here; trying without it, which is slower"
    accelerators=(tcg)
  done
  tail -v -n 30 "$work/qemu-$1.log"
  tail -v -n 30 "$work/console-$1.log"
  echo "the machine did not show its page" >&2
  return 1
}

# --- the story

[ "$(dpkg --print-architecture)" = amd64 ] || { echo "this demo boots amd64 machines and needs an amd64 host" >&2 && exit 1; }

say "Install what is missing from Debian, and build the program."
install_and_build
make_workplace
mkdir -p "$work/site"
cp -r services/web-demo "$work/web-demo"
sed -i "s/suite: bookworm/suite: $(codename)/" "$description"

say "Build version 1.0 of the service: services/web-demo/service.yaml names the Debian packages."
build_image "$description" 1.0

say "Make a depot, and the keys that sign what it carries."
timed "$lautta" init "$depot" --origin "Lautta demo" >"$work/init.log"
echo "    $took s: $depot, keys in \$LAUTTA_HOME"

say "Publish it: cut into chunks, compressed, signed. Nothing but static files comes out."
publish_image "$description" 1.0

say "Change the page, call it version 1.1, and build and publish that too."
sed -i 's/1\.0/1.1/' "$description" "$work/web-demo/index.html"
build_image "$description" 1.1
publish_image "$description" 1.1

say "What is in the depot now:"
"$lautta" ls --depot "$depot" | sed 's/^/    /'

say "Play a remote site, that has only the public key: fetch 1.0 from a web server."
port=$(free_port)
url=http://127.0.0.1:$port
cp "$LAUTTA_HOME/release.pgp" "$work/site/"
tools/serve "$depot" "$port" "$work/nginx" &
started+=($!)
wait_for 20 $! port_answers "$port"
fetch 1.0

say "Fetch 1.1, with 1.0 as a seed: only what changed travels."
fetch 1.1 --seed "$work/site/web-1.0.raw"

say "Boot each fetched image in QEMU, and look at the page that it serves."
boot 1.0
boot 1.1

story_says_where_to_look() {
  cat <<'TEXT'

Where to look next: ./demo --container for a whole site; README.md for a tour by hand, `man -l man/lautta.1` for the
commands, docs/architecture.md for how it works, services/web-demo/ for how a service is described.
TEXT
}
