#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Lists by rsync over ssh, from a real sshd whose key is restricted by rrsync; and what that key cannot do.
# timeout: 180
. "$(dirname "$0")/lib.sh"

sshd=$(PATH=$PATH:/usr/sbin command -v sshd) || skip_all "sshd is not installed"
command -v rrsync >/dev/null || skip_all "rrsync is not installed"
[ "$(id -u)" = 0 ] || skip_all "sshd wants root"

make_image "$T/a.raw" 1M
make_depot "$T/depot"
describe web 1.0 a.raw >"$T/web.yaml"
expect "$LAUTTA" publish "$T/web.yaml" --image "$T/a.raw" --depot "$T/depot"
mkdir -p "$T/ssh" "$T/fleet/hosts" "$T/secret"
echo secret >"$T/secret/file"

# start_sshd: on loopback, with a host key, users' keys and a configuration of its own; sets PORT.
start_sshd() {
  PORT=$(free_port)
  ssh-keygen -q -t ed25519 -N '' -f "$T/ssh/host_key"
  ssh-keygen -q -t ed25519 -N '' -f "$T/ssh/key"
  ssh-keygen -q -t ed25519 -N '' -f "$T/ssh/other_key"
  echo "restrict,command=\"$(command -v rrsync) -ro $T/depot\" $(cat "$T/ssh/key.pub")" >"$T/ssh/authorized_keys"
  echo "[127.0.0.1]:$PORT $(cut -d ' ' -f 1,2 "$T/ssh/host_key.pub")" >"$T/ssh/known_hosts"
  printf '%s\n' "Port $PORT" "ListenAddress 127.0.0.1" "HostKey $T/ssh/host_key" "PidFile none" "UsePAM no" \
    "AuthorizedKeysFile $T/ssh/authorized_keys" "StrictModes no" "PasswordAuthentication no" \
    "KbdInteractiveAuthentication no" "PermitRootLogin prohibit-password" >"$T/ssh/sshd_config"
  [ -d /run/sshd ] || { mkdir /run/sshd; OURS=/run/sshd; } # sshd does not start without it
  "$sshd" -D -f "$T/ssh/sshd_config" -E "$T/ssh/log" &
  PIDS+=($!)
  wait_until 20 port_answers "$PORT"
}

start_sshd
ME=$(id -un)
options=(-F none -p "$PORT" -i "$T/ssh/key" -o IdentitiesOnly=yes -o BatchMode=yes -o "UserKnownHostsFile=$T/ssh/known_hosts")
make_plain_host "$T/host" "lists = ssh://$ME@127.0.0.1:$PORT/" "ssh-key = $T/ssh/key" "ssh-known-hosts = $T/ssh/known_hosts"

pass_of
[ "$(json list)" = null ] || trouble "a list out of nowhere"
[ "$(json 'refused | length')" = 0 ] || trouble "something was refused: $(json refused)"
! grep -q 'no source of lists answered' "$T/stdout" || trouble "a source without a list is an answer: $(cat "$T/stdout")"
ok "a depot without lists is no error over ssh"

printf 'key: %s\n' "$HOST_KEY" >"$T/fleet/hosts/library-1.yaml"
expect "$LAUTTA" fleet push "$T/fleet" --depot "$T/depot"
expect "$LAUTTA" trust push --depot "$T/depot"
serial=$(sed -n 's/^Serial: //p' "$T/depot/lists/library-1.list")
pass_of
expect_serial "$serial"
[ "$(json list.source)" = "ssh://$ME@127.0.0.1:$PORT/" ] || trouble "source: $(json list.source)"
[ -e "$T/host/lib/lists/trust" ] || trouble "trust.list was not kept"
ok "list and trust.list come by rsync over ssh"

touch "$T/depot/lists/"{library-2.list,other}
sed -i "s|^lists = .*|lists = ssh://$ME@127.0.0.1:$PORT/lists/..|" "$CONF"
expect_exit 2 "$LAUTTA_AGENT" once --config "$CONF"
sed -i "s|^lists = .*|lists = ssh://$ME@127.0.0.1:$PORT/|" "$CONF"
ok "a path that leads out is refused before anything is asked"

expect_exit 1 ssh "${options[@]}" "$ME@127.0.0.1" id
! grep -q uid= "$T/stdout" || trouble "a command ran"
expect_exit 1 ssh -T "${options[@]}" "$ME@127.0.0.1"
rsh="ssh ${options[*]}"
echo evil >"$T/evil"
"${RSYNC:-rsync}" -e "$rsh" "$T/evil" "$ME@127.0.0.1:/evil" >"$T/stdout" 2>"$T/stderr" && trouble "rsync could write"
expect_message 'read-only|not allowed|sending to'
expect_absent "$T/depot/evil" /evil
for path in "$T/secret/file" "/../secret/file" "../secret/file"; do
  rm -f "$T/got"
  rsync -e "$rsh" "$ME@127.0.0.1:$path" "$T/got" >"$T/stdout" 2>"$T/stderr" && trouble "rsync could read $path"
  expect_absent "$T/got"
done
ln -s ../secret "$T/depot/out"
rsync -rL -e "$rsh" "$ME@127.0.0.1:/out/file" "$T/got" >"$T/stdout" 2>"$T/stderr" && trouble "rsync could follow a link out"
expect_absent "$T/got"
rm "$T/depot/out"
# What the port says in clear is the sign that forwarding worked; without it, nothing comes back.
timeout 10 ssh "${options[@]}" -W "127.0.0.1:$PORT" "$ME@127.0.0.1" >"$T/stdout" 2>"$T/stderr" </dev/null && trouble "it forwards"
! grep -q SSH- "$T/stdout" || trouble "it forwards"
rsync -e "$rsh" "$ME@127.0.0.1:/lists/library-1.list" "$T/got" >"$T/stdout" 2>"$T/stderr" || trouble "the same key cannot read a list"
expect_same "$T/got" "$T/depot/lists/library-1.list"
ok "the key reads below its directory, and has no shell, writes nothing, forwards nothing and sees no other directory"

sed -i "s|ed25519 .*|ed25519 $(cut -d ' ' -f 2 "$T/ssh/other_key.pub")|" "$T/ssh/known_hosts"
pass_of
expect_serial "$serial"
grep -q 'no source of lists answered\|Host key verification failed' "$T/stdout" || trouble "nothing is said of the server's key"
[ "$(json list.source)" = null ] || trouble "another server was believed"
: >"$T/ssh/known_hosts"
pass_of
[ "$(json list.source)" = null ] || trouble "an unknown server was believed"
echo "[127.0.0.1]:$PORT $(cut -d ' ' -f 1,2 "$T/ssh/host_key.pub")" >"$T/ssh/known_hosts"
pass_of
[ "$(json list.source)" != null ] || trouble "the right server is not believed: $(cat "$T/stdout")"
ok "a server with another key than the known one, or an unknown one, is not believed"

cp "$T/depot/lists/library-1.list" "$T/list"
truncate -s 32M "$T/depot/lists/library-1.list"
pass_of
expect_serial "$serial"
[ "$(json 'refused | length')" = 0 ] || trouble "it was taken: $(json refused)"
cp "$T/list" "$T/depot/lists/library-1.list"
cp "$T/list" "$T/depot/trust.list"
pass_of
expect_serial "$serial"
[ "$(json 'refused | length')" = 1 ] || trouble "a list as trust.list was not refused: $(cat "$T/stdout")"
ok "what is too long is left there, and what comes over ssh is judged like anything else"

# A port that takes connections and says nothing, before a directory that has the list.
python3 -c 'import socket, sys, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(); print(s.getsockname()[1], flush=True); time.sleep(600)' >"$T/mute" &
PIDS+=($!)
wait_until 20 grep -qs . "$T/mute"
sed -i "s|^lists = .*|lists = ssh://$ME@127.0.0.1:$(cat "$T/mute")/ $T/stick*|" "$CONF"
mkdir -p "$T/stick-1/lists"
cp "$T/list" "$T/stick-1/lists/library-1.list"
begin=$SECONDS
pass_of
[ "$(json list.source)" = "$T/stick-1" ] || trouble "the next source was not read: $(cat "$T/stdout")"
[ $((SECONDS - begin)) -lt 60 ] || trouble "it took $((SECONDS - begin)) s"
ok "a server that says nothing is passed over for the next source"

[ -z "${OURS:-}" ] || rmdir "$OURS"
