# shellcheck shell=bash disable=SC2034,SC2154 # lib.sh sets and tests read its variables
# SPDX-License-Identifier: LGPL-2.1-or-later
# Ask the page of a service all the time, and say what answered.

# watch_page SERVICE: ask its page every 20 ms; each answer and its times go to $T/watched.
watch_page() {
  rm -f "$T/watched"
  "${PRIVATE[@]}" python3 - "$(service_address "$1")" >"$T/watched" 2>"$T/watcher.err" <<'PYTHON' &
import http.client, sys, time
while True:
    began = time.monotonic()
    try:
        connection = http.client.HTTPConnection(sys.argv[1], timeout=0.3)
        connection.request("GET", "/")
        text = connection.getresponse().read().decode().strip()
    except (OSError, http.client.HTTPException):
        text = "failed"
    print(f"{began:.3f} {time.monotonic():.3f} {text}", flush=True)
    time.sleep(max(0, 0.02 - (time.monotonic() - began)))
PYTHON
  WATCHER=$!
  PIDS+=("$WATCHER")
  wait_until 10 [ -s "$T/watched" ]
}

# watched: stop asking. Sets REQUESTS_MADE and REQUESTS_FAILED; GAP_MS, the longest time from one answer to the next;
# and SEEN, the versions that answered.
watched() {
  kill "$WATCHER" && wait "$WATCHER" 2>/dev/null || true
  REQUESTS_MADE=$(wc -l <"$T/watched")
  REQUESTS_FAILED=$(grep -c failed "$T/watched" || true)
  GAP_MS=$(awk '$3 != "failed" { if (last && $2 - last > gap) gap = $2 - last; last = $2 } END { printf "%d", gap * 1000 }' "$T/watched")
  SEEN=$(awk '$3 != "failed" { print $3 }' "$T/watched" | uniq | xargs)
}
