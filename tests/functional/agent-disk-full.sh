#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The disk of a host is full when an update begins. The new version is never recorded as bad, the active version answers,
# and the same list is followed when there is room again. The full disk holds the whole state, or the roots alone, so
# that records can still be written.
# timeout: 300
. "$(dirname "$0")/lib.sh"

if ! mount_disk 128M "$T/disk" || ! mount_disk 96M "$T/roots"; then skip_all "no file system can be mounted here"; fi
make_host
sed -i "s|^state = .*|state = $T/disk/state|" "$HOST/agent.conf" # for the agent, a path without a link
rm -rf "$HOST/state"
ln -s "$T/disk/state" "$HOST/state"
HOST_KEY=$("$LAUTTA_AGENT" key --config "$HOST/agent.conf")

free_kib() { df --output=avail -k "$1" | tail -n 1; } # DISK
leave() { # KIB DISK: leave so many KiB free
  rm -f "$2/filler"
  dd if=/dev/zero of="$2/filler" bs=1024 count=$(($(free_kib "$2") - $1)) status=none 2>/dev/null || true
}
update_error() { json 'steps[] | select(.step == "update") | .error'; }

# updates_on_full DISK: update $SERVICE to 1.1 with ever more room on DISK, until that works.
updates_on_full() {
  local kib failed=0
  push_list "$SERVICE=1.1"
  for kib in 0 4 8 12 16 20 24 32; do
    rm -rf "$HOST/state/roots/${SERVICE}_1.1"
    leave "$kib" "$1"
    agent once --json >"$T/stdout" 2>"$T/stderr" || true
    [ "$(record '.bad | length')" = 0 ] || trouble "with $kib KiB free, 1.1 is bad: $(update_error)"
    [ "$(update_error)" = null ] || [ -z "$(update_error)" ] || failed=$((failed + 1))
    case $(page_at "$(record .address)") in
    1.0) ;;
    1.1) break ;;
    *) trouble "with $kib KiB free nothing answers: $(update_error)" ;;
    esac
  done
  echo "# $SERVICE: $failed updates failed, up to $kib KiB"
  [ "$failed" -ge 2 ] || trouble "the disk was not full: $(cat "$T/stdout")"
  ok "an update ($SERVICE) on a full disk of $2 never makes the version bad, and the active version answers"
  rm -f "$1/filler"
  expect agent once
  is_alone 1.1
  ok "the same list is followed when there is room again ($SERVICE, $2)"
}

# Each version runs once, so that its image and description are here, and only its root has to be made.
for SERVICE in exclusive beside; do
  publish_container "$SERVICE" 1.0 works "update: $SERVICE"
  publish_container "$SERVICE" 1.1 works "update: $SERVICE"
done
for SERVICE in exclusive beside; do
  for version in 1.0 1.1 1.0; do
    push_list "$SERVICE=$version"
    expect agent once
  done
  is_alone 1.0
  updates_on_full "$T/disk" "the state"
done

push_list ''
expect agent once
rmdir "$T/disk/state/roots"
ln -s "$T/roots" "$T/disk/state/roots"
for SERVICE in exclusive beside; do
  for version in 1.0 1.1 1.0; do
    push_list "$SERVICE=$version"
    expect agent once
  done
  updates_on_full "$T/roots" "the roots"
done
