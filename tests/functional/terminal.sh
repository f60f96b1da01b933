#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Texts of a depot that nobody verified reach a terminal without anything that the terminal obeys.
# timeout: 120
. "$(dirname "$0")/lib.sh"

D=$T/depot
TITLE=$'\033]0;owned\007' CLEAR=$'\033[2J' CSI8=$'\302\233' DELETE=$'\177' RAW=$'\233'

# obeyed FILE: it has a byte that a terminal obeys, other than the end of a line: C0 but tab and newline, DEL, or C1,
# alone or as UTF-8.
obeyed() {
  python3 - "$1" <<'PYTHON'
import sys
data = open(sys.argv[1], "rb").read()
text = data.decode("utf-8", "surrogateescape")
sys.exit(not any(ord(c) < 32 and c not in "\n\t" or 127 <= ord(c) < 160 or 0xDC80 <= ord(c) < 0xE000 for c in text))
PYTHON
}
check() { # SENTENCE: of the last command's two outputs
  local file
  for file in stdout stderr; do
    ! obeyed "$T/$file" || trouble "$1: $file has $(od -An -c "$T/$file" | grep -E '033|233|177|007' | head -n 3)"
  done
}

# forge: sign nothing, but make InRelease fit what lies in main/.
forge() {
  local dist=$D/dists/stable release=$D/dists/stable/InRelease path
  sed -n '1,/^SHA256:/p' "$T/InRelease" | sed 's/^Acquire-By-Hash: yes/Acquire-By-Hash: no/' >"$release"
  for path in main/binary-amd64/Packages main/binary-arm64/Packages; do
    rm -f "$dist/$path".*
    printf ' %s %s %s\n' "$(sha256sum <"$dist/$path" | cut -d' ' -f1)" "$(stat -c %s "$dist/$path")" "$path" >>"$release"
  done
  sed -n '/^-----BEGIN PGP SIGNATURE/,$p' "$T/InRelease" >>"$release"
}

make_image "$T/a.raw" 1M
make_depot "$D"
describe web 1.0 a.raw >"$T/web.yaml"
expect "$LAUTTA" publish "$T/web.yaml" --image "$T/a.raw" --depot "$D"
cp "$D/dists/stable/InRelease" "$T/InRelease"
cp "$D/dists/stable/main/binary-amd64/Packages" "$T/Packages"
for text in "$TITLE" "$CLEAR" "$CSI8" "$DELETE" "ä$RAW"; do
  printf '%s' "$text" >"$T/text"
  obeyed "$T/text" || trouble "the test passes over what a terminal obeys: $(od -An -c "$T/text")"
done
printf 'ä\n\t' >"$T/text"
! obeyed "$T/text" || trouble "the test takes plain text for what a terminal obeys"

sed -i "s/^Description: .*/Description: Seite ä${TITLE}${CLEAR}${CSI8}31m${DELETE}${RAW}end/" "$D/dists/stable/main/binary-amd64/Packages"
forge
expect "$LAUTTA" ls --unverified --depot "$D"
check "ls"
expect_output '^web .*Seite ä.*end'
expect "$LAUTTA" ls --unverified --depot "$D" --json
check "ls --json"
[ "$(json 'services[0].summary' | head -c 10)" = "Seite ä"$'\033]' ] || trouble "JSON does not keep the text"
if command -v script >/dev/null; then
  # The terminal itself adds CR to each newline.
  expect script -qec "'$LAUTTA' ls --unverified --depot '$D'" /dev/null
  tr -d '\r' <"$T/stdout" >"$T/seen" && mv "$T/seen" "$T/stdout"
  expect_output 'Seite ä.*end'
  check "ls on a terminal"
fi
ok "the summary of a package is shown without control characters, and whole in JSON"

for field in "Version: 1$TITLE" "Filename: pool/$CLEAR.deb" "Package: we$CSI8" "Size: 1$DELETE" "Lautta-Format: $RAW" "Lautta-Needs: a$TITLE"; do
  sed "/^${field%%:*}:/d; 1i $field" "$T/Packages" >"$D/dists/stable/main/binary-amd64/Packages"
  forge
  code=0
  "$LAUTTA" ls --unverified --depot "$D" >"$T/stdout" 2>"$T/stderr" || code=$?
  [ "$code" = 3 ] || trouble "${field%%:*} is taken: exit code $code"
  check "an error about ${field%%:*}"
done
cp "$T/Packages" "$D/dists/stable/main/binary-amd64/Packages"
for field in Suite Origin Date Valid-Until Architectures; do
  forge
  sed -i "s/^$field: .*/$field: x$TITLE$CSI8/; s/^Codename: .*/Codename: y$CLEAR/" "$D/dists/stable/InRelease"
  "$LAUTTA" ls --unverified --depot "$D" >"$T/stdout" 2>"$T/stderr" || true
  check "$field of InRelease"
done
ok "an error that quotes a field of a depot has no control characters"

rm -r "$D"
make_depot "$D"
printf '%s' "somebody$TITLE$CSI8$RAW" >"$D/.lautta/lock"
flock "$D/.lautta/lock" sleep 1 &
wait_until 10 sh -c "! flock -n '$D/.lautta/lock' true"
expect "$LAUTTA" refresh --depot "$D"
expect_message "Waiting for another writer .*somebody"
check "who holds the lock"
wait $!
ok "the name of another writer is shown without control characters"
