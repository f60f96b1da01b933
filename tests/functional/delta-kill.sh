#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# kill -9 at random moments of a fetch by a delta (KILLS of them, SEED chooses), then run again: the same bytes, by the
# same delta, and nothing left behind.
# timeout: 900
# asan: no
# slow
. "$(dirname "$0")/lib.sh"

KILLS=${KILLS:-$(long_or 200 70)}
RANDOM=${SEED:-1}

D=$T/depot
make_depot "$D"
make_image "$T/1.raw" 96M
change_image "$T/1.raw" "$T/2.raw" 2
for v in 1 2; do
  describe web $v $v.raw >"$T/$v.yaml"
  expect "$LAUTTA" publish "$T/$v.yaml" --image "$T/$v.raw" --depot "$D"
done
mkdir "$T/seeds"
expect "$LAUTTA" fetch web=1 --depot "$D" --keyring "$KEYRING" -o "$T/seeds/1"

# Begin with only the output of version 1, as in an update in place.
before() {
  rm -rf "$T/site"
  mkdir "$T/site"
  cp --sparse=always "$T/seeds/1" "$T/site/web"
  cp "$T/seeds/1.caibx" "$T/site/web.caibx"
}
is_right() {
  expect_same "$T/site/web" "$T/2.raw"
  [ "$(cd "$T/site" && echo *)" = "web web.caibx" ] || trouble "left behind: $(ls -A "$T/site")"
  ! grep -q warning "$T/stderr" || trouble "$(cat "$T/stderr")"
}

start_nginx "$D"
log=$T/nginx-${URL##*:}/access.log
LAUTTA_ARGS=(fetch web=2 --depot "$URL" --keyring "$KEYRING" -o "$T/site/web")
rounds before is_right
ok "a fetch by a delta, killed at $KILLS moments and run again, gives the same bytes and leaves nothing else"

requests=$(grep -c 'GET /deltas/' "$log")
[ "$requests" -gt 50 ] || trouble "only $requests times a delta was read"
echo "# $requests times a delta was read, $(grep -c 'GET /packs/' "$log" || true) times a pack"
ok "the delta served, whenever the fetch was killed"
