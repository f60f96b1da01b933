#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# kill -9 at random moments of publish and of fetch (KILLS of each, SEED chooses them), then run again: the same
# bytes, and nothing left behind.
# timeout: 1500
# asan: no
# slow
. "$(dirname "$0")/lib.sh"

KILLS=${KILLS:-$(long_or 200 70)}
RANDOM=${SEED:-1}

make_image "$T/1.raw" 48M 1
make_image "$T/2.raw" 48M 1
make_image "$T/new.raw" 16M 2
dd if="$T/new.raw" of="$T/2.raw" bs=1M seek=11 conv=notrunc status=none
describe web 1 1.raw >"$T/1.yaml"
describe web 2 2.raw >"$T/2.yaml"
make_depot "$T/before"
expect "$LAUTTA" publish "$T/1.yaml" --image "$T/1.raw" --depot "$T/before"

# --- publish. Signed files have a date, and differ from run to run; all other files must not.

contents() {
  (cd "$1" && find . -type f ! -name InRelease ! -name lock -print0 | sort -z | xargs -0 sha256sum)
}
depot_before() {
  rm -rf "$T/depot" "$LAUTTA_HOME/state" # the newest date seen: going back is what it is there to refuse
  cp -a "$T/before" "$T/depot"
}
depot_is_right() {
  contents "$T/depot" >"$T/contents"
  [ -e "$T/reference" ] || cp "$T/contents" "$T/reference"
  diff "$T/reference" "$T/contents" >"$T/diff" || trouble "the depot differs: $(head -n 5 "$T/diff" | tr '\n' ' ')"
  expect "$LAUTTA" verify --depot "$T/depot" --keyring "$KEYRING"
}

LAUTTA_ARGS=(publish "$T/2.yaml" --image "$T/2.raw" --depot "$T/depot")
depot_before
expect "$LAUTTA" "${LAUTTA_ARGS[@]}"
depot_is_right
ok "a publication adds to a depot that is then verified"
rounds depot_before depot_is_right
ok "publish, killed at $KILLS moments and run again, leaves the same depot and nothing else"

# Readers while a writer is killed again and again: always the old or the new state.
depot_before
for ((i = 0; i < 10; i++)); do
  killed_run 300 || true
  expect "$LAUTTA" verify --depot "$T/depot" --keyring "$KEYRING"
  expect "$LAUTTA" fetch web=1 --depot "$T/depot" --keyring "$KEYRING" -o "$T/read.raw"
  expect_same "$T/read.raw" "$T/1.raw"
done
ok "a depot whose publisher was killed can be verified and read"

# --- fetch, over HTTP, with and without a seed

depot_before
LAUTTA_ARGS=(publish "$T/2.yaml" --image "$T/2.raw" --depot "$T/depot")
expect "$LAUTTA" "${LAUTTA_ARGS[@]}"
start_nginx "$T/depot"

nothing_fetched() {
  rm -rf "$T/site"
  mkdir "$T/site"
  ln "$T/1.raw" "$T/site/seed.raw"
}
fetch_is_right() {
  expect_same "$T/site/web.raw" "$T/2.raw"
  [ "$(cd "$T/site" && echo *)" = "seed.raw web.raw web.raw.caibx" ] || trouble "left behind: $(ls -A "$T/site")"
}

KILLS=$((KILLS / 2))
LAUTTA_ARGS=(fetch web --depot "$URL" --keyring "$KEYRING" -o "$T/site/web.raw")
rounds nothing_fetched fetch_is_right
ok "fetch, killed at $KILLS moments and run again, gives the same bytes and leaves nothing else"

expect "$LAUTTA" fetch web=1 --depot "$URL" --keyring "$KEYRING" -o "$T/1.raw"
nothing_fetched_with_seed() {
  nothing_fetched
  ln "$T/1.raw.caibx" "$T/site/seed.raw.caibx"
}
fetch_with_seed_is_right() {
  rm -f "$T/site/seed.raw.caibx"
  fetch_is_right
}
LAUTTA_ARGS=(fetch web --depot "$URL" --keyring "$KEYRING" -o "$T/site/web.raw" --seed "$T/site/seed.raw")
rounds nothing_fetched_with_seed fetch_with_seed_is_right
ok "the same with a seed"
