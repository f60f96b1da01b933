#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The benchmark runs on a pair of a few megabytes, with Lautta and casync. The test checks that the numbers exist, not
# their values: times depend on the machine.
# timeout: 120
# asan: no
. "$(dirname "$0")/lib.sh"

expect "$ROOT/bench/run" --lautta "$LAUTTA" --pair tiny --only lautta,casync --repeat 1 --cache "$T/cache" --json "$T/bench.json"
expect_output '^\| publish v1, wall \| tiny \|'
ok "bench/run measures a pair and prints a table"

holds() { # FILTER of jq that gives true
  [ "$(jq -r "$1" "$T/bench.json")" = true ] || trouble "not so: $1"
}
holds '[.results[] | has("skipped")] | any | not'
for work in 'publish v1' 'publish v2' 'first fetch' 'update' 'update over HTTP'; do
  for tool in lautta casync; do
    holds "[.results[] | select(.tool == \"$tool\" and .work == \"$work\")] | length == 1 and all(.wall_s > 0 and .rss_bytes > 0)"
  done
done
holds '[.results[] | select(.work == "update over HTTP") | .bytes > 500000 and .bytes < 3000000 and .requests > 2] | all'
holds '[.targets[] | select(.what == "bytes v1 to v2") | .ratio > 0.3 and .ratio < 3] == [true]'
holds '.machine.cores > 0 and .pairs.tiny.v1.bytes == 33554432'
ok "its JSON has every piece of work, with times, memory, bytes and requests"

[ -z "$(ls -d "$T"/cache/work.* 2>/dev/null)" ] || trouble "left behind: $(ls -d "$T"/cache/work.*)"
expect "$ROOT/bench/run" --list
expect_output '^casync '
expect_exit 2 "$ROOT/bench/run" --only nonsense
expect_message 'no such task: nonsense'
ok "bench/run removes its files, and lists its tasks"
