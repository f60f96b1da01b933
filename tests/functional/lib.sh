# shellcheck shell=bash disable=SC2034 # it sets what tests read
# SPDX-License-Identifier: LGPL-2.1-or-later
# What every functional test starts with. A test is a short script of this form:
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
# The expect functions note what went wrong and go on; `ok` then prints "not ok". Any other command that fails
# ends the script, which counts as a failure. Comments that ./check reads: "# timeout: SECONDS" (default 300),
# "# asan: no" (too slow for the sanitizer build), "# slow" (left out by --quick), "# long" (only with --long).
set -eu
umask 022

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
LAUTTA=${LAUTTA:-$ROOT/build/lautta}
case $LAUTTA in # of the same build
*/cli/lautta) LAUTTA_AGENT=${LAUTTA%/cli/lautta}/agent/lautta-agent ;;
*) LAUTTA_AGENT=${LAUTTA%/lautta}/lautta-agent ;;
esac
T=$(mktemp -d "${TMPDIR:-/tmp}/lautta-test.XXXXXX")
chmod 711 "$T" # QEMU runs as another user
export LAUTTA_HOME=$T/home
export no_proxy=127.0.0.1,localhost NO_PROXY=127.0.0.1,localhost
KEYRING=$LAUTTA_HOME/release.pgp
PIDS=()   # what end_test stops
MOUNTS=() # what end_test unmounts
LIBVIRTS=() # what end_test stops
COUNT=0   # results printed
TROUBLE=0 # expectations missed since the last result

# long_or MANY FEW: how often something random is tried, in ./check --long and otherwise.
long_or() { [ -n "${LONG:-}" ] && echo "$1" || echo "$2"; }

# --- results

# ok SENTENCE: the sentence holds, unless an expectation before it was missed.
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

skip_all() { # REASON: nothing in this script can be tried here
  skip "$(basename "$0" .sh)" "$1"
  exit 0
}

trouble() {
  TROUBLE=1
  printf '# %s\n' "$1"
}

# --- expectations

# expect COMMAND...: it succeeds. Its output is in $T/stdout and $T/stderr.
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

# json KEY: a member of the object that the last command printed with --json.
json() { jq -r ".$1" "$T/stdout"; }

# --- things to test with

# make_image FILE SIZE [SEED]: small and the same every time. One MiB in four is random, one text, two are holes;
# the last block is data. SIZE in M; another SEED is another image.
make_image() {
  local mib=${2%M} i
  rm -f "$1"
  truncate -s "$2" "$1"
  for ((i = 0; i < mib; i += 4)); do
    random_bytes "${3:-1}.$i" 1048576 | dd of="$1" bs=1M seek="$i" conv=notrunc iflag=fullblock status=none
    [ $((i + 1)) -ge "$mib" ] ||
      yes "line of seed ${3:-1} at $i" | dd of="$1" bs=1M count=1 seek="$((i + 1))" conv=notrunc iflag=fullblock status=none
  done
  random_bytes "${3:-1}.end" 4096 | dd of="$1" bs=4096 seek=$((mib * 256 - 1)) conv=notrunc iflag=fullblock status=none
}

# change_image FILE TO SEED: what an update makes of it. In each 32 KiB of its data some bytes are others, and in each
# MiB 32 KiB are new; holes stay.
change_image() {
  python3 - "$@" <<'PYTHON'
import os, random, shutil, subprocess, sys
source, target, seed = sys.argv[1:]
subprocess.run(["cp", "--sparse=always", source, target], check=True)
numbers = random.Random(seed)
with open(target, "r+b") as file:
    end = os.fstat(file.fileno()).st_size
    for at in range(0, end, 1 << 20):
        file.seek(at)
        if not any(file.read(4096)):
            continue
        for part in range(at, min(at + (1 << 20), end), 1 << 15):
            file.seek(part + numbers.randrange(1 << 14))
            file.write(numbers.randbytes(8 if part > at else 1 << 14))
PYTHON
}

random_bytes() { # SEED BYTES
  openssl enc -aes-128-ctr -pass "pass:$1" -nosalt -pbkdf2 -iter 1 -in /dev/zero 2>/dev/null | head -c "$2" || true
}

# describe NAME VERSION IMAGE: the smallest description of a service, on standard output.
describe() { printf 'service: %s\nversion: %s\narchitecture: amd64\nboot: firmware\nimage: {file: %s}\n' "$@"; }

# make_depot DIR [OPTION...]
make_depot() {
  "$LAUTTA" init "$@" >"$T/init.log" 2>&1 || { sed 's/^/# /' "$T/init.log"; return 1; }
}

# debian_root DIR: a small Debian of its own for apt, dpkg and chroot, of the machine's release and from its mirrors;
# made once and kept in build/. Skips the whole script where that cannot be: not root, or no mirror.
debian_root() {
  local cache=$ROOT/build/debian-root.tar
  [ "$(id -u)" = 0 ] || skip_all "only root can chroot"
  mkdir -p "$ROOT/build" "$1"
  (
    flock 9
    [ ! -e "$cache" ] || exit 0
    apt_sources >"$T/debian.sources.list"
    # shellcheck disable=SC1091,SC2016 # the hooks expand it
    mmdebstrap --quiet --variant=apt --include=ifupdown,isc-dhcp-client \
      --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
      --dpkgopt='path-exclude=/usr/share/locale/*' --customize-hook='printf "#!/bin/sh\nexit 101\n" >"$1/usr/sbin/policy-rc.d"' \
      --customize-hook='chmod 755 "$1/usr/sbin/policy-rc.d"; rm -f "$1"/etc/dpkg/dpkg.cfg.d/99mmdebstrap' \
      "$(. /etc/os-release && echo "$VERSION_CODENAME")" "$cache.new.tar" "$T/debian.sources.list" >"$T/debian_root.log" 2>&1 || exit 1
    mv "$cache.new.tar" "$cache"
  ) 9>"$cache.lock" || skip_all "no Debian can be made from this machine's mirrors: $(tail -n 1 "$T/debian_root.log")"
  tar -C "$1" --numeric-owner -xf "$cache"
}

# lock_dpkg ROOT [FILE]: somebody has dpkg's lock there, or that on FILE, until LOCKER is killed.
lock_dpkg() {
  : >"$T/locked"
  python3 -c '
import fcntl, sys, time
lock = open(sys.argv[1], "r+")
fcntl.lockf(lock, fcntl.LOCK_EX)
print("locked", flush=True)
time.sleep(600)' "$1/${2:-var/lib/dpkg/lock-frontend}" >"$T/locked" &
  LOCKER=$!
  PIDS+=("$LOCKER")
  wait_until 20 grep -q locked "$T/locked"
}

# build_packages DIR: our Debian packages of what is in the tree; what was said is in $T/build.log.
build_packages() {
  mkdir -p "$1/lautta"
  (cd "$ROOT" && git ls-files -z --cached --others --exclude-standard | tar -c --null --ignore-failed-read -T - 2>/dev/null) | tar -C "$1/lautta" -x
  (cd "$1/lautta" && DEB_BUILD_OPTIONS="nocheck noautodbgsym parallel=$(nproc)" nice dpkg-buildpackage -us -uc -b) >"$T/build.log" 2>&1
}

# The machine's own Debian sources of its release, one a line.
apt_sources() {
  # shellcheck disable=SC2016,SC1091 # apt expands it
  apt-get indextargets --format 'deb $(REPO_URI) $(CODENAME) $(COMPONENT) $(CREATED_BY)' |
    awk -v code="$(. /etc/os-release && echo "$VERSION_CODENAME")" \
      '$5 == "Packages" && index($3, code) == 1 && $4 == "main" { print $1, $2, $3, $4 }' | sort -u
}

# make_container_image FILE VERSION [works|broken|crash]: it serves a page with VERSION on port 80.
make_container_image() { "$ROOT/tests/functional/container-image" "$@"; }

# make_machine_image FILE VERSION [works|broken|crash]: the same as a machine, with FILE.kernel and FILE.initrd.
# make_disk_image: the same as a disk with partitions and a boot loader. Both skip the whole script where apt has no kernel.
make_machine_image() { make_with_kernel machine-image "$@"; }
make_disk_image() { make_with_kernel disk-image "$@"; }
make_with_kernel() {
  local code=0
  "$ROOT/tests/functional/$1" "${@:2}" >"$T/make.log" 2>&1 || code=$?
  [ "$code" != 4 ] || skip_all "no kernel from this machine's mirrors: $(tail -n 1 "$T/make.log")"
  [ "$code" = 0 ] || { sed 's/^/# /' "$T/make.log" && false; }
}

# --- a host

# start_private_libvirt: a libvirt in namespaces of its own; "${PRIVATE[@]}" COMMAND... runs there.
start_private_libvirt() {
  [ "$(id -u)" = 0 ] || skip_all "needs root for namespaces"
  LIBVIRTS+=("$T/libvirt.${#LIBVIRTS[@]}")
  "$ROOT/tools/private-libvirt" start "${LIBVIRTS[-1]}"
  PRIVATE=("$ROOT/tools/private-libvirt" run "${LIBVIRTS[-1]}")
}

# private_libvirt ACTION: kill or restart; of the first one that was started.
private_libvirt() { "$ROOT/tools/private-libvirt" "$1" "${LIBVIRTS[0]}"; }

# make_host: a depot, a fleet of one host, and that host in a private libvirt, with no apt: sets AGENT (the program
# with its configuration, as an array that runs there), HOST (its directory) and FLEET.
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

# describe_container NAME VERSION IMAGE [LINE...]: a description of it, on standard output.
describe_container() {
  printf 'service: %s\nversion: %s\narchitecture: amd64\nkind: container\nimage: {file: %s}\nresources: {memory: 32M}\n' "${@:1:3}"
  printf '%s\n' "${@:4}"
}

# publish_container NAME VERSION [works|broken|crash] [LINE...]: with a check of its page, WITHIN some seconds (20s), and
# what LINEs say beside.
publish_container() {
  [ -e "$T/$2-${3:-works}.raw" ] || make_container_image "$T/$2-${3:-works}.raw" "$2" "${3:-works}"
  describe_container "$1" "$2" "$2-${3:-works}.raw" 'health: {http: "http://:80/", within: '"${WITHIN:-20s}}" "${@:4}" >"$T/service.yaml"
  "$LAUTTA" publish "$T/service.yaml" --image "$T/$2-${3:-works}.raw" --depot "$T/depot" --quiet >"$T/publish.log" 2>&1 ||
    { sed 's/^/# /' "$T/publish.log" && false; }
}

# push_list WISHES [LINE...]: the host's list becomes that.
push_list() {
  { printf 'key: %s\nmust-have: [%s]\n' "$HOST_KEY" "$1" && printf '%s\n' "${@:2}"; } >"$FLEET/hosts/demo-1.yaml"
  "$LAUTTA" fleet push "$FLEET" --depot "$T/depot" --quiet >"$T/push.log" 2>&1 || { sed 's/^/# /' "$T/push.log" && false; }
}

service_address() { jq -r '.services["'"$1"'"].address // empty' <(agent status --json 2>/dev/null); } # NAME
page_at() { "${PRIVATE[@]}" curl -s --max-time 5 "http://$1/"; } # ADDRESS
domains() { "${PRIVATE[@]}" virsh -q -c "${VIRT:-lxc}:///system" list --name | sed '/^$/d' | sort | xargs; } # with VIRT=qemu machines

# record EXPRESSION: of the record of $SERVICE (web).
record() { sed '/^sha256/d' "$HOST/state/state/services/${SERVICE:-web}.json" | jq -r "$1 // \"-\""; }
in_network() { pgrep -af --ns "$(cat "${LIBVIRTS[0]}/pid")" --nslist net -- "$1" || true; } # PATTERN: programs of the host with such arguments
interfaces() { "${PRIVATE[@]}" ls /sys/class/net | grep '^laut.*-' | xargs; }
ports() { "${PRIVATE[@]}" ls /sys/class/net/lautta0/brif 2>/dev/null | xargs; }

# is_alone VERSION: that one of $SERVICE (web) runs and nothing else, with its page, alone on the bridge, and its record
# has nothing half-way.
is_alone() {
  [ "$(domains)" = "${SERVICE:-web}_$1" ] || trouble "instead of ${SERVICE:-web}_$1 these run: $(domains)"
  [ "$(page_at "$(record .address)")" = "$1" ] || trouble "the page of $1 does not answer"
  [ "$(record '"\(.current) \(.candidate)"')" = "$1 null" ] || trouble "the record says $(record '"\(.current) \(.candidate)"')"
  [ "$(interfaces | wc -w)" = 1 ] || trouble "interfaces of services: $(interfaces)"
  [[ " $(ports) " = *" $(interfaces) "* ]] || trouble "on the bridge: $(ports), and not $(interfaces)"
  [ -z "$(in_network '--interface=laut.*-')" ] || trouble "left behind: $(in_network '--interface=laut.*-')"
}

# watch_page SERVICE: ask its page every 20 ms; what it answers, and when, goes to $T/watched.
watch_page() {
  rm -f "$T/watched"
  "${PRIVATE[@]}" python3 - "$(service_address "$1")" >"$T/watched" 2>"$T/watcher.err" <<'PYTHON' &
import http.client, sys, time
while True:
    began = time.monotonic()
    try:
        connection = http.client.HTTPConnection(sys.argv[1], timeout=0.3)
        connection.request("GET", "/")
        text = connection.getresponse().read().decode().strip()
    except (OSError, http.client.HTTPException):
        text = "failed"
    print(f"{began:.3f} {time.monotonic():.3f} {text}", flush=True)
    time.sleep(max(0, 0.02 - (time.monotonic() - began)))
PYTHON
  WATCHER=$!
  PIDS+=("$WATCHER")
  wait_until 10 [ -s "$T/watched" ]
}

# watched: sets REQUESTS_FAILED of REQUESTS_MADE; GAP_MS, the longest time from one answer to the next; and SEEN, the
# versions that answered.
watched() {
  kill "$WATCHER" && wait "$WATCHER" 2>/dev/null || true
  REQUESTS_MADE=$(wc -l <"$T/watched")
  REQUESTS_FAILED=$(grep -c failed "$T/watched" || true)
  GAP_MS=$(awk '$3 != "failed" { if (last && $2 - last > gap) gap = $2 - last; last = $2 } END { printf "%d", gap * 1000 }' "$T/watched")
  SEEN=$(awk '$3 != "failed" { print $3 }' "$T/watched" | uniq | xargs)
}

# make_plain_host DIR [LINE...]: a host "library-1" that knows our public keys, runs no services and leaves apt alone; LINEs go
# into [pull] of its configuration. Sets CONF and HOST_KEY.
make_plain_host() {
  CONF=$1/agent.conf
  mkdir -p "$1/trust"
  cp "$LAUTTA_HOME"/{root,release,lists}.pgp "$1/trust/"
  printf '%s\n' "[host]" "name = library-1" "state = $1/lib" "run = $1/run" "trust = $1/trust" \
    "[packages]" "manage = no" "[services]" "containers = none" "machines = none" "[pull]" "${@:2}" >"$CONF"
  HOST_KEY=$("$LAUTTA_AGENT" key --config "$CONF")
}

# pass_of: one pass of the host of CONF; the report is in $T/stdout, whatever its exit code.
pass_of() { "$LAUTTA_AGENT" once --json --config "$CONF" >"$T/stdout" 2>"$T/stderr" || [ $? != 2 ]; }

expect_serial() { # SERIAL: of the list in force
  local serial
  serial=$(json 'list.serial')
  [ "$serial" = "$1" ] || { trouble "the list in force is $serial, not $1:"; sed 's/^/#   /' "$T/stdout"; }
}

# --- servers

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# start_nginx DIR [tls]: serve DIR on loopback; sets URL (and CA, the certificate to trust); access log in
# $T/nginx-PORT/access.log. With tls also HTTP/2.
start_nginx() {
  local port prefix tls=()
  port=$(free_port)
  prefix=$T/nginx-$port
  mkdir -p "$prefix"
  URL=http://127.0.0.1:$port
  if [ "${2:-}" = tls ]; then
    CA=$prefix/ca.pem
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
      -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' -keyout "$prefix/key.pem" -out "$CA" 2>/dev/null
    tls=("$CA" "$prefix/key.pem")
    URL=https://127.0.0.1:$port
  fi
  "$ROOT/tools/serve" "$1" "$port" "$prefix" "${tls[@]}" &
  PIDS+=($!)
  wait_until 20 port_answers "$port"
}

# start_http_server DIR [OPTION...]: the misbehaving server (see the head of http-server.py); sets URL, RULES (a file
# that the test writes) and REQUESTS (the log).
start_http_server() {
  local name=$T/http-$RANDOM
  RULES=$name.rules REQUESTS=$name.log
  : >"$RULES"
  python3 "$ROOT/tests/functional/http-server.py" "$@" --rules "$RULES" --log "$REQUESTS" >"$name.port" 2>"$name.err" &
  PIDS+=($!)
  wait_until 20 grep -qs . "$name.port"
  URL=$(head -n 1 "$name.port")
}

port_answers() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# wait_until SECONDS COMMAND...: poll until it succeeds; fails the script at the deadline.
wait_until() {
  local end=$((SECONDS + $1))
  until "${@:2}"; do
    [ "$SECONDS" -lt "$end" ] || { echo "# waited ${1} s in vain for: ${*:2}"; return 1; }
    sleep 0.05
  done
}

# mount_disk SIZE DIR [ext4|xfs]: a small file system of its own, of which root has no more than others; false where
# this machine refuses.
mount_disk() {
  local file=$T/disk.${#MOUNTS[@]} options=
  mkdir -p "$2"
  truncate -s "$1" "$file"
  [ "${3:-ext4}" != ext4 ] || options='-m 0'
  # shellcheck disable=SC2086
  PATH=$PATH:/sbin "mkfs.${3:-ext4}" -q $options "$file" >/dev/null 2>&1 && mount -o loop "$file" "$2" 2>/dev/null || return 1
  MOUNTS+=("$2")
}

# --- kills: set KILLS and RANDOM before

LAUTTA_ARGS=()

# Run $LAUTTA with LAUTTA_ARGS, and kill it after a random part of $1 milliseconds: it alone, or with its children.
# True if it was killed, false if it had come to its end.
killed_run() {
  local code=0 pid part=$RANDOM alone=$((RANDOM % 2))
  setsid "$LAUTTA" "${LAUTTA_ARGS[@]}" >"$T/stdout" 2>"$T/stderr" </dev/null &
  pid=$!
  sleep "$(awk -v part="$part" -v ms="$1" 'BEGIN { print part / 32768 * ms / 1000 }')"
  if [ "$alone" = 1 ]; then kill -9 "$pid" 2>/dev/null || true; else kill -9 -- "-$pid" 2>/dev/null || true; fi
  wait "$pid" 2>/dev/null || code=$?
  [ "$code" = 137 ]
}

# rounds RESET CHECK: kill once to four times over, then let it finish, until KILLS have hit.
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
      # The machine is not always as busy as it was when the length of a run was measured.
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
