#!/bin/bash
# timeout: 120
# SPDX-License-Identifier: LGPL-2.1-or-later
# A host whose kernel cannot limit processes (no control group `pids`) still runs containers, and reports the missing limit.
. "$(dirname "$0")/lib.sh"

on_host() { "${PRIVATE[@]}" "$@"; }
note() { json 'troubles | map(select(contains("the processes of containers have no limit"))) | join(" ")'; }
group=/sys/fs/cgroup/pids

make_host
on_host mountpoint -q "$group" || skip_all "the controller 'pids' of this machine cannot be taken away: it is in a hierarchy with others"
publish_container web 1.0
push_list web=1.0
expect agent once --json
[ -z "$(note)" ] || trouble "with the control group it says: $(note)"
[ "$(on_host cat "$group/lautta-containers/web_1.0/pids.max")" -gt 0 ] || trouble "the container has no limit"
ok "a container has a limit of processes where the kernel can set one, and the report says nothing of it"

for _ in 1 2; do # the private libvirt has a group of its own over the whole hierarchy
  ! on_host test -e "$group/cgroup.procs" || on_host umount -l "$group"
done
expect agent once --json
[[ "$(note)" = *"no control group 'pids'"* ]] || trouble "the report says: $(cat "$T/stdout")"
grep -q 'the processes of containers have no limit' "$T/stderr" || trouble "the journal does not say so"
publish_container web 1.1
push_list web=1.1
expect agent once --json
[ "$(page_at "$(service_address web)")" = 1.1 ] || trouble "the container does not run"
agent status >"$T/status" || true
grep -q "^! .*no control group 'pids'" "$T/status" || trouble "the status says: $(cat "$T/status")"
ok "a host without that control group starts containers, and report and status name the missing limit"

# No container starts after this: libvirt looks for hierarchies only when it starts.
on_host mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified
on_host grep -qw pids /sys/fs/cgroup/unified/cgroup.controllers && trouble "the controller 'pids' is in version 2"
expect agent once --json
[[ "$(note)" = *"no control group 'pids'"* ]] || trouble "the report says: $(cat "$T/stdout")"
ok "a hierarchy of version 2 without that controller is reported as well"
