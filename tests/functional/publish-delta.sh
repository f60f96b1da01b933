#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The deltas that a publication makes, and those that it leaves out.
# timeout: 240
. "$(dirname "$0")/lib.sh"

D=$T/depot
make_depot "$D"
make_image "$T/1.raw" 24M
for v in 2 3 4 5 10; do change_image "$T/1.raw" "$T/$v.raw" "$v"; done
publish() { # VERSION [OPTION...]
  describe web "$1" "$1.raw" >"$T/$1.yaml"
  "$LAUTTA" publish "$T/$1.yaml" --image "$T/$1.raw" --depot "$D" --json "${@:2}"
}
deltas() { find "$D/deltas" -name '*.delta' 2>/dev/null | wc -l; }
froms() { json 'deltas | map(.from) | join(" ")'; }

expect publish 1
[ "$(json 'deltas | length')" = 0 ] || trouble "deltas from nothing: $(froms)"
expect publish 2
[ "$(froms)" = 1 ] || trouble "deltas from: $(froms)"
[ "$(json 'deltas[0].kept')" = true ] || trouble "not kept: $(json 'deltas[0].why_not')"
[ "$(json 'deltas[0].bytes')" -lt $(($(json 'deltas[0].packed_bytes') / 5)) ] || trouble "it is large: $(json 'deltas[0].bytes')"
[ "$(deltas)" = 1 ] || trouble "$(deltas) files"
ok "the second version brings a delta from the first, much smaller than its chunks"

expect publish 3
expect publish 5
expect publish 10
[ "$(froms)" = "5 3 2" ] || trouble "deltas from: $(froms)"
expect publish 4 --deltas 2
[ "$(froms)" = "3 2" ] || trouble "deltas from: $(froms)"
ok "deltas are made from the newest versions that are older: three, or the requested number"

before=$(deltas)
cp "$T/10.raw" "$T/11.raw"
expect publish 11 --deltas 1
[ "$(json 'deltas[0].why_not')" = "nothing is new" ] || trouble "why not: $(json 'deltas[0].why_not')"
[ "$(deltas)" = "$before" ] || trouble "a delta was made"
expect publish 11
[ "$(json was_there)" = true ] || trouble "it was not there"
random_bytes other 9000000 >"$T/12.raw"
expect publish 12 --deltas 2
[ "$(json 'deltas[0].kept')" = false ] || trouble "a delta that saves nothing is kept"
[ "$(json 'deltas[0].why_not')" = "it saves too little" ] || trouble "why not: $(json 'deltas[0].why_not')"
[ "$(json 'deltas[1].why_not')" = "the same delta would serve" ] || trouble "why not: $(json 'deltas[1].why_not')"
[ "$(deltas)" = "$before" ] || trouble "a file is left of it"
cp "$T/11.raw" "$T/13.raw"
expect publish 13 --deltas 0
[ "$(json 'deltas | length')" = 0 ] || trouble "deltas: $(froms)"
ok "a delta that does not pay is not kept"

describe web 14 13.raw | sed 's/amd64/arm64/' >"$T/arm.yaml"
expect "$LAUTTA" publish "$T/arm.yaml" --image "$T/12.raw" --depot "$D" --json
[ "$(json 'deltas | length')" = 0 ] || trouble "deltas from another architecture: $(froms)"
expect "$LAUTTA" remove web=14 --depot "$D"
ok "deltas are made within one architecture only"

for value in -1 33 x; do
  expect_exit 2 publish 13 --deltas "$value"
done
ok "a senseless number of deltas is refused"

# The chunks of version 5 are the dictionary for the next version; their pack is lost.
for pack in "$D"/packs/*.pack; do truncate -s -30000 "$pack"; done
change_image "$T/13.raw" "$T/14.raw" 14
expect publish 14 --deltas 1
[ "$(json 'deltas[0].kept')" = false ] || trouble "a delta from damaged chunks"
json 'deltas[0].why_not' | grep -q 'packs/.*\.pack' || trouble "why not: $(json 'deltas[0].why_not')"
ok "a damaged old pack costs the delta, not the publication, and is named"

make_depot "$T/s/depot"
for v in 1 2; do expect "$LAUTTA" publish "$T/$v.yaml" --image "$T/$v.raw" --depot "$T/s/depot" --small-deltas --json; done
[ "$(json 'deltas[0].kept')" = true ] || trouble "no delta: $(json 'deltas[0].why_not')"
expect "$LAUTTA" verify --depot "$T/s/depot"
ok "deltas may be made with more effort"
