#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Fetching over failing networks and from false servers, each fault for each file of a depot: the right bytes, or the
# right exit code, the file's name and no output; and then the next call completes.
# timeout: 300
. "$(dirname "$0")/lib.sh"
export LAUTTA_RETRY_BASE_MS=10

D=$T/www/depot
make_depot "$D"
make_image "$T/a.raw" 32M
make_image "$T/b.raw" 32M 2
describe web 1.0 a.raw >"$T/a.yaml"
describe web 1.1 b.raw >"$T/b.yaml"
expect "$LAUTTA" publish "$T/a.yaml" --image "$T/a.raw" --depot "$D"
cp -a "$D/dists" "$T/www/before"
pack_a=$(cd "$D" && echo packs/*.pack)
expect "$LAUTTA" publish "$T/b.yaml" --image "$T/b.raw" --depot "$D"
pack_b=$(cd "$D" && find packs -name '*.pack' ! -path "$pack_a")
LAUTTA_HOME=$T/stranger make_depot "$T/www/foreign"
start_http_server "$T/www"
SERVER=$URL/depot
ok "two versions are published, and a stranger's depot"

release='depot/dists/stable/InRelease'
packages='depot/dists/*/by-hash/*'
package='depot/pool/*'
locator='depot/locators/*'
pack='depot/packs/*'

# The name that a message must have for each file.
declare -A name=([$release]=InRelease [$packages]='by-hash|Packages' [$package]='web_1\.0_amd64\.deb'
  [$locator]='web_1\.0_amd64\.locator' [$pack]='pack(s/| )[0-9a-f]{64}')

fetch() { "$LAUTTA" fetch web=1.0 --keyring "$KEYRING" --json --timeout "$PATIENCE" --retries 1 "$@"; }

# Seconds of silence that a fetch accepts: few where the server must fall silent, else enough for a busy machine.
PATIENCE=30
behave() { # FILES RULE
  case $2 in hang* | drip*) PATIENCE=1 ;; *) PATIENCE=30 ;; esac
  echo "$1 $2" >"$RULES"
}

# attack FILES RULE CODE: with code 0 the bytes are right; else the file is named, nothing comes out, and the
# next call to an honest server completes.
attack() {
  local before=$TROUBLE
  TROUBLE=0
  rm -rf "$T/out"
  mkdir "$T/out"
  behave "$1" "$2"
  expect_exit "$3" fetch --depot "$SERVER" -o "$T/out/a"
  if [ "$3" != 0 ]; then
    expect_message "${name[$1]}"
    expect_absent "$T/out/a" "$T/out/a.caibx"
    behave '' ''
    expect fetch --depot "$SERVER" -o "$T/out/a"
  fi
  expect_same "$T/a.raw" "$T/out/a"
  expect_absent "$T/out/a.partial"
  [ "$TROUBLE" = 0 ] || echo "# this was: $1 $2"
  [ "$before" = 0 ] || TROUBLE=1
}

# attacks RULE RELEASE PACKAGES PACKAGE LOCATOR PACK: the exit code for each file.
attacks() {
  attack "$release" "$1" "$2"
  attack "$packages" "$1" "$3"
  attack "$package" "$1" "$4"
  attack "$locator" "$1" "$5"
  attack "$pack" "$1" "$6"
}

# --- wrong bytes

for offset in 300 -40; do attacks flip=$offset 3 3 3 3 3; done
ok "a flipped bit is found, wherever it is"

attacks truncate=0 3 3 3 3 3
attacks truncate=-20 3 3 3 3 3
ok "a file cut short is found"

# Of the package and the packs only the signed number of bytes is requested: bytes after them are not read.
attacks extend=1000000 3 3 0 3 0
attacks endless 3 3 0 3 0
ok "a file that is too long is found, or its tail is not even read"

attacks status=404 4 4 4 4 4
ok "a file that is absent is not found, by name"

attack "$release" file=foreign/dists/stable/InRelease 3
attack "$release" file=before/stable/InRelease 3
attack "$packages" "file=before/stable/main/binary-amd64/Packages" 3
attack "$package" file=depot/pool/main/w/web/web_1.1_amd64.deb 3
attack "$locator" file=depot/locators/web_1.1_amd64.locator 3
attack "$pack" "file=depot/$pack_b" 3
ok "a file of another version, or of a stranger, is refused"

# --- wrong answers

attacks ranges=none 0 0 0 0 0
ok "a server without ranges is read through"

for how in shift short bare total multipart liar; do attacks ranges=$how 0 0 3 0 3; done
ok "another range than the requested one is refused"

attacks length=10 3 3 3 3 3
attacks length=-10 3 3 3 3 3
ok "a body that is not as long as its header says is refused"

attacks redirect=self 1 1 1 1 1
attacks redirect=file:///etc/passwd 1 1 1 1 1
attacks headers=endless 1 1 1 1 1
attacks status=403 1 1 1 1 1
ok "redirects in circles, out of the web, endless headers and refusals end at once"

# --- failures that may pass

attacks 'status=503 times=1' 0 0 0 0 0
attack "$release" 'status=429 retry-after=1 times=1' 0
attack "$pack" 'status=429 retry-after=1 times=1' 0
attacks 'close=0 times=1' 0 0 0 0 0
attacks 'close=100 times=1' 0 0 0 0 0
attacks 'reset=100 times=1' 0 0 0 0 0
attacks 'hang=100 times=1' 0 0 0 0 0
attack "$locator" 'hang=header times=1' 0
attack "$pack" 'hang=header times=1' 0
attacks 'latency=100 rate=20000000' 0 0 0 0 0
attack "$pack" close=1000000 0
ok "a passing failure is tried again"

attacks status=500 75 75 75 75 75
attacks close=0 75 75 75 75 75
attacks hang=0 75 75 75 75 75
attack "$release" drip=0.3 75
attack "$pack" drip=0.3 75
ok "a lasting failure is left for a later call"

# --- going on

# resume RULE CODE BYTES: after the attack on the packs the next call transfers at most BYTES; the rest of the image was
# present already.
resume() {
  rm -rf "$T/out"
  mkdir "$T/out"
  behave "$pack" "$1"
  expect_exit "$2" fetch --depot "$SERVER" -o "$T/out/a" --retries 0
  behave '' ''
  expect fetch --depot "$SERVER" -o "$T/out/a"
  expect_same "$T/a.raw" "$T/out/a"
  [ "$(json bytes_fetched)" -le "$3" ] || trouble "after $1: $(json bytes_fetched) bytes fetched"
}

size=$(stat -c %s "$D/$pack_a")
loss=$((300000 + 20000)) # a chunk, or the gap to it, and the signed files
resume flip=4000000 3 $loss
resume flip=100 3 $loss
resume truncate=-100000 3 $((100000 + loss))
resume truncate=-100000 3 $((100000 + loss))
resume close=5000000 75 $((size - 5000000 + 2 * loss))
resume hang=5000000 75 $((size - 5000000 + 2 * loss))
ok "bytes that were fetched before a failure are not fetched again"

# --- kinds of locations

from() { # LOCATION [OPTION...]
  rm -rf "$T/out"
  mkdir "$T/out"
  expect fetch --depot "$1" -o "$T/out/a" "${@:2}"
  expect_same "$T/a.raw" "$T/out/a"
}

behave '' ''
from "$D"
from "file://$D"
from "file://localhost${D/depot/%64epot}"
from "$SERVER/"
start_nginx "$D"
from "$URL"
[ "$(json requests)" -le 8 ] || trouble "$(json requests) requests"
ok "a directory, file URLs, http"

PLAIN=$URL
start_nginx "$D" tls
SECURE=$URL
log=$T/nginx-${URL##*:}/access.log
from "$URL" --cacert "$CA"
[ "$(grep -c 'HTTP/2.0" 20' "$log")" = "$(json requests)" ] || trouble "not all over HTTP/2: $(cat "$log")"
ok "https, over HTTP/2"

expect_exit 1 fetch --depot "$URL" -o "$T/out/b"
expect_message 'InRelease.*certificate'
expect_exit 1 fetch --depot "https://localhost:${URL##*:}" -o "$T/out/b" --cacert "$KEYRING"
expect_absent "$T/out/b"
ok "a certificate that is not trusted is final"

start_http_server "$T/www"
through_proxy() { # LOCATION LINE [OPTION...]: its log has a line that begins like this
  unset no_proxy NO_PROXY
  export http_proxy=$URL https_proxy=$URL
  from "$1" "${@:3}"
  grep -q "^$2" "$REQUESTS" || trouble "not through the proxy"
  [ "$TROUBLE" = 0 ]
}
(through_proxy "$PLAIN" "GET $PLAIN/dists/stable/InRelease ") || TROUBLE=1
(through_proxy "$SECURE" "CONNECT ${SECURE#https://} " --cacert "$CA") || TROUBLE=1
ok "http and https through a proxy from the environment"
