#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Fetching by deltas: few bytes, few requests, with any seeds, and never more than planned.
# timeout: 300
. "$(dirname "$0")/lib.sh"

D=$T/depot
make_depot "$D"
make_image "$T/1.raw" 96M
random_bytes kernel 3000000 >"$T/1.raw.kernel"
random_bytes initrd 2000000 >"$T/1.raw.initrd"
for v in 2 3; do
  for blob in '' .kernel .initrd; do change_image "$T/$((v - 1)).raw$blob" "$T/$v.raw$blob" "$v"; done
done
for v in 1 2 3; do
  printf 'service: web\nversion: %s\narchitecture: amd64\nboot: kernel\nimage: {file: %s.raw, kernel: %s.raw.kernel, initrd: %s.raw.initrd}\n' \
    $v $v $v $v >"$T/$v.yaml"
  expect "$LAUTTA" publish "$T/$v.yaml" --image "$T/$v.raw" --depot "$D" --deltas 1
done
[ "$(find "$D/deltas" -name '*.delta' | wc -l)" = 2 ] || trouble "deltas: $(ls "$D/deltas")"
ok "three versions and two deltas are published"

fetch() { "$LAUTTA" fetch "$@" --keyring "$KEYRING" --json; }

# Fetch to $T/out/web after --plan, whose numbers must be true and which must leave no trace.
fetch_as_planned() {
  local before key
  before=$(state_of_outputs)
  expect fetch "$@" -o "$T/out/web" --plan
  [ "$(json plan)" = true ] || trouble "no plan"
  cp "$T/stdout" "$T/plan"
  [ "$before" = "$(state_of_outputs)" ] || trouble "the plan changed something: $before, then $(state_of_outputs)"
  expect fetch "$@" -o "$T/out/web"
  for key in bytes_fetched requests bytes_reused bytes_delta was_there note windows_lost; do
    [ "$(jq ".$key" "$T/plan")" = "$(json "$key")" ] || trouble "$key: planned $(jq ".$key" "$T/plan"), then $(json "$key")"
  done
}

state_of_outputs() {
  find "$T/out" -type f -printf '%P %s %b %T@ %C@\n' | sort
}

is_version() { # NUMBER
  local blob
  for blob in '' .kernel .initrd; do expect_same "$T/$1.raw$blob" "$T/out/web$blob"; done
  expect_absent "$T"/out/*.partial
}

clear_output() {
  rm -rf "$T/out"
  mkdir "$T/out"
}

start_nginx "$D"
log=$T/nginx-${URL##*:}/access.log
clear_output
fetch_as_planned web=1 --depot "$URL"
is_version 1
[ "$(json bytes_delta)" = 0 ] || trouble "$(json bytes_delta) bytes by a delta"
cp -a "$T/out" "$T/site1"
ok "a first fetch is by packs"

fetch_as_planned web=2 --depot "$URL"
is_version 2
by_delta=$(json bytes_fetched)
[ "$(json bytes_delta)" -gt 20000000 ] || trouble "only $(json bytes_delta) bytes by a delta"
ok "the current output is the source of a delta to its next version"

clear_output
: >"$log"
expect fetch web=2 --depot "$URL" -o "$T/out/web" --seed "$T/site1/web"
is_version 2
[ "$(grep -c 'GET ' "$log")" -le 5 ] || trouble "requests: $(cat "$log")"
[ "$(grep -c 'GET ' "$log")" = "$(json requests)" ] || trouble "$(json requests) requests counted"
! grep -q 'GET /packs/' "$log" || trouble "packs were read"
cp -a "$T/out" "$T/site2"
ok "an update is by a delta alone, in five requests"

LAUTTA_HOME=$T/home2 make_depot "$T/packs-only"
for v in 1 2; do
  expect env LAUTTA_HOME="$T/home2" "$LAUTTA" publish "$T/$v.yaml" --image "$T/$v.raw" --depot "$T/packs-only" --deltas 0
done
clear_output
expect "$LAUTTA" fetch web=2 --depot "$T/packs-only" --keyring "$T/home2/release.pgp" -o "$T/out/web" --seed "$T/site1/web" --json
is_version 2
echo "# by a delta $by_delta bytes, by packs $(json bytes_fetched)"
[ "$by_delta" -lt $(($(json bytes_fetched) / 2)) ] || trouble "$by_delta bytes by a delta, $(json bytes_fetched) by packs"
ok "the same by packs takes more than twice the bytes"

for from in "$D" "file://$D"; do
  clear_output
  fetch_as_planned web=2 --depot "$from" --seed "$T/site1/web"
  is_version 2
  [ "$(json bytes_delta)" -gt 20000000 ] || trouble "only $(json bytes_delta) bytes by a delta"
done
ok "a directory and a stick serve deltas as planned, too"

clear_output
mkdir "$T/bare"
cp "$T"/site1/web "$T"/site1/web.kernel "$T"/site1/web.initrd "$T/bare"
fetch_as_planned web=2 --depot "$URL" --seed "$T/bare/web"
is_version 2
[ "$(json bytes_delta)" -gt 20000000 ] || trouble "only $(json bytes_delta) bytes by a delta"
ok "a seed without an index serves a delta"

# --- the choice of a delta

clear_output
fetch_as_planned web=3 --depot "$URL" --seed "$T/site1/web"
is_version 3
[ "$(json bytes_delta)" = 0 ] || trouble "$(json bytes_delta) bytes by a delta"
[ "$(json note)" = null ] || trouble "$(json note)"
ok "from a version that is the source of no delta, packs serve"

clear_output
fetch_as_planned web=3 --depot "$URL" --seed "$T/site1/web" --seed "$T/site2/web"
is_version 3
[ "$(json bytes_delta)" -gt 20000000 ] || trouble "only $(json bytes_delta) bytes by a delta"
ok "of several seeds, the source of a delta is found"

# Half of the new version is present: its kernel, and most of its image.
clear_output
cp "$T/3.raw" "$T/half"
dd if="$T/2.raw" of="$T/half" bs=1M seek=60 skip=60 conv=notrunc status=none
fetch_as_planned web=3 --depot "$URL" --seed "$T/half" --seed "$T/site2/web"
is_version 3
[ "$(json bytes_delta)" -gt 0 ] || trouble "nothing by a delta"
[ "$(json bytes_fetched)" -lt "$by_delta" ] || trouble "fetched $(json bytes_fetched)"
ok "only those windows are fetched that bring something"

# All chunks but one are present: a window is larger than the missing chunk.
clear_output
cp "$T/3.raw" "$T/half"
printf x | dd of="$T/half" bs=1M seek=4 conv=notrunc status=none
cp "$T/3.raw.kernel" "$T/half.kernel"
cp "$T/3.raw.initrd" "$T/half.initrd"
fetch_as_planned web=3 --depot "$D" --seed "$T/half" --seed "$T/site2/web"
is_version 3
[ "$(json bytes_delta)" = 0 ] || trouble "$(json bytes_delta) bytes by a delta"
[ "$(json bytes_fetched)" -lt 300000 ] || trouble "fetched $(json bytes_fetched)"
rm "$T"/half.*
ok "for one chunk no whole window is fetched"

# --- the plan

clear_output
start_http_server "$D"
echo 'deltas/* close=500000' >"$RULES"
LAUTTA_RETRY_BASE_MS=10 expect_exit 75 fetch web=3 --depot "$URL" -o "$T/out/web" --seed "$T/site2/web" --retries 0
expect_absent "$T/out/web"
: >"$RULES"
fetch_as_planned web=3 --depot "$URL" --seed "$T/site2/web"
is_version 3
fetch_as_planned web=3 --depot "$URL"
[ "$(json was_there)" = true ] || trouble "was_there $(json was_there)"
ok "an interrupted fetch, and a fetch to a partly present output, go on as planned"

expect "$LAUTTA" fetch web=2 --depot "$URL" --keyring "$KEYRING" -o "$T/out/new" --seed "$T/site1/web" --plan
expect_output 'takes .* to fetch, in 5 requests'
expect_output '^  delta +.*B for .* of content'
expect_output '^  seeds +0 B for '
ok "a plan can be read"

# --- the limit

clear_output
: >"$REQUESTS"
needed=$(fetch web=2 --depot "$URL" -o "$T/out/web" --seed "$T/site1/web" --plan | jq .bytes_fetched)
expect_exit 75 fetch web=2 --depot "$URL" -o "$T/out/web" --seed "$T/site1/web" --max-bytes $((needed - 1))
expect_message "takes $needed bytes in all, more than the $((needed - 1)) allowed"
! grep -q 'deltas/' "$REQUESTS" || trouble "more was fetched: $(cat "$REQUESTS")"
[ -e "$T/out/web.partial" ] || trouble "the partial file is gone"
expect fetch web=2 --depot "$URL" -o "$T/out/web" --seed "$T/site1/web" --max-bytes "$needed"
is_version 2
[ "$(json bytes_fetched)" = "$needed" ] || trouble "fetched $(json bytes_fetched) instead of $needed"
ok "a limit that is too low is reported, and a sufficient limit is kept"

clear_output
for limit in 1 2000 10000; do
  for from in "$D" "$URL"; do
    : >"$REQUESTS"
    expect_exit 75 fetch web=2 --depot "$from" -o "$T/out/web" --seed "$T/site1/web" --max-bytes $limit
    expect_message "takes [0-9]+ bytes in all, more than the $limit allowed"
    [ "$(awk '{ sum += $5 } END { print sum + 0 }' "$REQUESTS")" -le $((limit + 70000)) ] || trouble "sent: $(cat "$REQUESTS")"
  done
done
expect_exit 2 fetch web=2 --depot "$URL" -o "$T/out/web" --max-bytes much
expect_message 'max-bytes.*much'
ok "metadata counts, too"

# A server without ranges sends a pack from its beginning for each requested range.
needed=$(fetch web=1 --depot "$URL" -o "$T/out/web" --plan | jq .bytes_fetched)
echo 'packs/* ranges=none' >"$RULES"
expect_exit 75 fetch web=1 --depot "$URL" -o "$T/out/web" --max-bytes $((needed + 100))
expect_message "more than the $((needed + 100)) allowed"
expect_absent "$T/out/web"
ok "a limit holds whatever goes wrong on the way"
