#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# gc, killed at random moments (KILLS of them): the depot is whole for a reader at once, and the next gc comes to the
# same end as a gc without a kill. RANDOM_SEED in the environment repeats a run.
# timeout: 1200
# asan: no
# slow
. "$(dirname "$0")/lib.sh"

RANDOM_SEED=${RANDOM_SEED:-$$}
RANDOM=$RANDOM_SEED
echo "# RANDOM_SEED=$RANDOM_SEED"
KILLS=${KILLS:-$(long_or 200 70)}
D=$T/depot
export TMPDIR=$T/tmp
mkdir "$TMPDIR"
make_depot "$D"

# Three versions, each with a byte changed in every few MiB: shared packs, and deltas between all of them.
make_image "$T/1.raw" 8M
python3 - "$T" <<'EOT'
import sys
image = bytearray(open(f"{sys.argv[1]}/1.raw", "rb").read())
for version, changed, offset in ((2, (0,), 0), (3, (0, 4), 3000)):
    for mib in changed:
        for at in range(mib << 20, (mib + 1) << 20, 65536):
            image[at + offset] ^= 1
    open(f"{sys.argv[1]}/{version}.raw", "wb").write(image)
EOT
for version in 1 2 3; do
  describe web "$version" "$version.raw" >"$T/$version.yaml"
  expect "$LAUTTA" publish "$T/$version.yaml" --image "$T/$version.raw" --depot "$D"
done
expect "$LAUTTA" remove web=1 --depot "$D"
cp -a "$D" "$T/before"

gc() { "$LAUTTA" gc --depot "$D" --threshold 0 --quiet; }
# All files that gc writes or removes. The lock file is left out: it names the process that held it last.
content() { (cd "$D" && find . -type f ! -name lock ! -path './dists/*' -exec sha256sum {} + | sort -k 2; find . -type d ! -path './dists/*' | sort); }

started=$(date +%s%N)
expect gc
gc_us=$((($(date +%s%N) - started) / 1000))
expect_output 'Done: .* 2 deltas, .* packs compacted, [12] locators written'
content >"$T/wanted"
wanted_size=$(wc -l <"$T/wanted")
[ "$wanted_size" -gt 8 ] || trouble "the depot is empty: $(cat "$T/wanted")"
ok "gc has something to do"

STEPS=write,pwrite64,rename,renameat,renameat2,unlink,rmdir,mkdir,fsync,fchmod,chmod,ftruncate
steps=0
if command -v strace >/dev/null && strace -qq -o /dev/null true 2>/dev/null; then
  rm -rf "$D" && cp -a "$T/before" "$D"
  strace -qq -e "trace=$STEPS" -e signal=none -o "$T/strace" "$LAUTTA" gc --depot "$D" --threshold 0 --quiet >/dev/null
  steps=$(wc -l <"$T/strace")
  echo "# $steps steps that change something, $gc_us us"
fi

# Kill it at a random step, or after a random time. strace counts the calls of each kind apart.
kill_one() {
  local pid step call
  if [ "$steps" -gt 0 ] && [ $((RANDOM % 4)) != 0 ]; then
    step=$((1 + RANDOM % steps))
    call=$(sed -n "${step}s/(.*//p" "$T/strace")
    when="step $step, $call $(head -n "$step" "$T/strace" | grep -c "^$call(")"
    sh -c '"$@"; exit $?' sh strace -qq -o /dev/null -e "trace=$STEPS" -e "inject=$call:signal=KILL:when=${when##* }" \
      "$LAUTTA" gc --depot "$D" --threshold 0 --quiet >/dev/null 2>&1 || true
    return
  fi
  when="$(((RANDOM * 32768 + RANDOM) % gc_us)) us"
  "$LAUTTA" gc --depot "$D" --threshold 0 --quiet >/dev/null 2>&1 &
  pid=$!
  python3 -c "import time; time.sleep(${when% us} / 1e6)"
  kill -9 "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
}

early=0 midway=0 late=0
for ((i = 0; i < KILLS; i++)); do
  rm -rf "$D"
  cp -a "$T/before" "$D"
  kill_one
  if [ -e "$D/.lautta/transaction" ]; then
    midway=$((midway + 1))
  elif content | cmp -s - "$T/wanted"; then
    late=$((late + 1))
  else
    early=$((early + 1))
  fi
  # At once, before any writer repairs anything.
  expect "$LAUTTA" verify --depot "$D" --keyring "$KEYRING"
  version=$((2 + i % 2))
  rm -rf "$T"/out*
  expect "$LAUTTA" fetch "web=$version" --depot "$D" --keyring "$KEYRING" -o "$T/out"
  expect_same "$T/$version.raw" "$T/out"
  expect gc
  content >"$T/got"
  cmp -s "$T/got" "$T/wanted" || trouble "after a kill at $when: $(diff "$T/got" "$T/wanted")"
  [ "$TROUBLE" = 0 ] || { echo "# killed at $when"; break; }
done
echo "# killed $early times before it began to change something, $midway times midway, $late times at its end"
[ "$midway" -ge $((KILLS / 10)) ] || trouble "only $midway kills hit it midway"
ok "after a kill at any moment the depot is whole, and the next gc comes to the same end"
