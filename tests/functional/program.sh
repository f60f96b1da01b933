#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The frame of the program: help, version, exit codes of wrong usage.
# timeout: 60
. "$(dirname "$0")/lib.sh"

names="init build publish ls fetch export verify remove gc refresh fleet trust"

expect "$LAUTTA" --help
for name in $names; do
  expect_output "^  $name "
done
ok "the help lists every command"

for name in $names; do
  expect "$LAUTTA" "$name" --help
  expect_output "lautta $name"
  expect_output "^  --json "
  expect test -e "$ROOT/man/lautta-$name.1"
done
ok "every command has a help and a man page of its own"

for name in ls fetch export verify fleet trust; do
  expect "$LAUTTA" "$name" --help
  for option in depot keyring suite state allow-expired cacert timeout retries; do
    expect_output "^  (-[dk], )?--${option}[= ]"
  done
done
ok "every command that reads a depot takes the same options for that"

# complete WORD...: what the completion offers for the last word.
complete_words() {
  COMP_WORDS=(lautta "$@") COMP_CWORD=$#
  # shellcheck source=../../completions/lautta
  (complete() { :; } && . "$ROOT/completions/lautta" && _lautta "$LAUTTA" "${*: -1}" "${COMP_WORDS[$# - 1]}" &&
    printf '%s\n' "${COMPREPLY[@]}")
}
for name in $names; do
  expect complete_words "${name%?}"
  expect_output "^$name\$"
  expect complete_words "$name" --js
  expect_output '^--json$'
done
expect complete_words fetch --key
expect_output '^--keyring$'
ok "the completion knows every command and its options"

expect "$LAUTTA" --version
expect_output '^lautta [0-9]+\.'
ok "--version prints the version"

expect_exit 2 "$LAUTTA"
expect_exit 2 "$LAUTTA" sink
expect_message "no command 'sink'"
expect_exit 2 "$LAUTTA" ls --nonsense
expect_message "nonsense.*lautta ls --help"
ok "wrong usage is exit code 2 and says where help is"

# shellcheck disable=SC2016 # the inner shell expands it
expect_exit 1 sh -c '"$0" --version >/dev/full' "$LAUTTA"
ok "a result that cannot be printed is a failure"

expect_exit 2 "$ROOT/demo" --keep
expect_message '^--keep needs a directory'
expect_exit 2 "$ROOT/demo" --keep "$T"
expect_message 'exists already'
expect_exit 2 "$ROOT/demo" --nonsense
expect_message '^Usage: '
expect_exit 2 "$ROOT/check" --nonsense
expect_message '^Usage: '
ok "the demo and the tests refuse what they do not know, before they do anything"
