#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The demo: a real service from Debian packages, built, published, fetched over HTTP and booted, twice.
# timeout: 1500
# asan: no
# slow
. "$(dirname "$0")/lib.sh"

expect env LAUTTA="$LAUTTA" "$ROOT/demo" --keep "$T/kept"
expect_output '^ *fetch 1\.1, seed at hand .* fetched in [0-9]+ requests'
grep -E '^ +(build|publish|fetch|boot) ' "$T/stdout" | sed 's/^/#/'
ok "a service is built, published, fetched and booted, and so is its next version"

expect "$LAUTTA" verify --depot "$T/kept/depot" --keyring "$T/kept/home/release.pgp"
ok "the depot that it leaves is verified"
