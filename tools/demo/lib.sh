# shellcheck shell=bash disable=SC2034,SC2154 # the stories read what is set here, and ./demo sets what is read
# SPDX-License-Identifier: LGPL-2.1-or-later
# Shared by both stories of ./demo: output, costs, waiting, and stopping the processes that they started.
# The caller sets root (of the tree) and work (a directory of its own).

depot=$work/depot
export LAUTTA_HOME=$work/home no_proxy=127.0.0.1,localhost NO_PROXY=127.0.0.1,localhost
lautta=${LAUTTA:-$root/build/lautta} # a program that is built already, or the one that we build
started=()                           # processes that we started

stop() { # PID, of a process that we started
  [ -n "${1:-}" ] || return 0
  kill "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

clean_up() {
  local code=$? pid
  trap - EXIT INT TERM HUP
  set +e
  for pid in "${started[@]}"; do stop "$pid"; done
  ! declare -F story_ends >/dev/null || story_ends
  find "$LAUTTA_HOME" -name S.gpg-agent -printf '%h\n' 2>/dev/null |
    while read -r directory; do gpgconf --homedir "$directory" --kill gpg-agent; done
  case $code in
  0 | 130) ;;
  *) echo "The demo failed. The messages are above; ./demo --keep DIR keeps what is there to look at." ;;
  esac
  [ -n "$keep" ] || rm -rf --one-file-system "$work"
  exit "$code"
}

# --- output and costs

step=0
summary=()

say() {
  step=$((step + 1))
  printf '\n[%d] %s\n' "$step" "$*"
}

note() { printf '    %s\n' "$*"; }

now() { echo "${EPOCHREALTIME/[.,]/}"; } # microseconds

# since MICROSECONDS: print the seconds since that time
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f", (b - a) / 1e6 }'; }

# Run a command and note its seconds in $took.
took=
timed() {
  local begin code=0
  begin=$(now)
  "$@" || code=$?
  took=$(since "$begin")
  return "$code"
}

cost() { # WHAT TEXT: a line now, and one in the summary
  note "$took s: $2"
  summary+=("$(printf '%-28s %7s s   %s' "$1" "$took" "$2")")
}

megabytes() { awk -v n="$1" 'BEGIN { if (n < 1e6) printf "%.1f kB", n / 1e3; else printf "%.1f MB", n / 1e6 }'; }

member() { # FILE KEY: of the JSON object that a command printed
  jq -r ".$2 // 0" "$1"
}

# --- waiting

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# wait_for SECONDS PID COMMAND...: wait until the command succeeds, as long as the process lives.
wait_for() {
  local end=$((SECONDS + $1))
  until "${@:3}"; do
    if [ "$SECONDS" -ge "$end" ] || ! kill -0 "$2" 2>/dev/null; then return 1; fi
    sleep 0.2
  done
}

# --- the beginning of both stories

codename() {
  # shellcheck source=/dev/null
  (. /etc/os-release && echo "$VERSION_CODENAME")
}

install_and_build() { # TAG...
  timed tools/install-packages build run demo "$@"
  [ -n "${LAUTTA:-}" ] || timed make --no-print-directory build
  note "$took s: $lautta"
}

# build/demo-cache keeps the Debian packages of a build for the next demo.
make_workplace() {
  trap clean_up EXIT
  trap 'exit 130' INT TERM HUP
  rm -rf --one-file-system "$root/build/demo"
  mkdir -p "$work" "$LAUTTA_HOME" "$root/build/demo-cache"
  ln -s "$root/build/demo-cache" "$LAUTTA_HOME/cache"
}

build_image() { # DESCRIPTION VERSION
  timed "$lautta" build "$1" -o "$work/built-$2.raw" --quiet --json >"$work/build-$2.json"
  cost "build $2" "an image of $(megabytes "$(member "$work/build-$2.json" bytes)"), $(
    megabytes "$(member "$work/build-$2.json" disk_bytes)") of it on disk"
}

publish_image() { # DESCRIPTION VERSION
  timed "$lautta" publish "$1" --image "$work/built-$2.raw" --depot "$depot" --json >"$work/publish.json"
  cost "publish $2" "$(member "$work/publish.json" chunks) chunks, $(member "$work/publish.json" new_chunks) new: $(
    megabytes "$(member "$work/publish.json" packed_bytes)") added to the depot"
}
