#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The demo of a whole site: install, update, way back and removal of a container, by the real agent and libvirt.
# timeout: 900
# asan: no
# slow
. "$(dirname "$0")/lib.sh"

expect env LAUTTA="$LAUTTA" LAUTTA_AGENT="$(dirname "$LAUTTA")/lautta-agent" "$ROOT/demo" --container --keep "$T/kept"
grep -E '^ +(build|publish|install|update|way back|remove) ' "$T/stdout" | sed 's/^/#/'
expect_output 'in version 1\.0 of its service'
expect_output 'in version 1\.1 of its service'
expect_output '^ *install 1\.0 +[0-9.]+ s'
expect_output '^ *update to 1\.1 +[0-9.]+ s .* fetched; the service was away for [0-9]+ ms'
ok "a service is installed and updated on a host"

expect_output '^ *way back from 1\.2 +[0-9.]+ s'
ok "a broken version does not stay"

expect_output '^ *remove +[0-9.]+ s'
for place in images roots services; do
  [ -z "$(find "$T/kept/site/lib/$place" -mindepth 1 2>/dev/null)" ] || trouble "left in $place: $(ls "$T/kept/site/lib/$place")"
done
[ -s "$T/kept/site/lib/volumes/web/data.raw" ] || trouble "the volume is not there any more"
ok "what is taken off the list goes, but for its volume"

! grep -q "$T/kept" /proc/mounts || trouble "still mounted: $(grep "$T/kept" /proc/mounts)"
! pgrep -f "$T/kept" >"$T/left" || trouble "still runs: $(cat "$T/left")"
[ ! -e "$T/kept/site/libvirt/name" ] || trouble "the libvirt of the site was not stopped"
ok "nothing of the site runs or is mounted when the demo has ended"
