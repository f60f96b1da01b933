#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The frame of the program: help, version, exit codes of wrong usage.
# timeout: 60
. "$(dirname "$0")/lib.sh"

expect "$LAUTTA" --help
for name in init build publish ls fetch verify remove refresh; do
  expect_output "^  $name "
done
ok "the help lists every command"

for name in init build publish ls fetch verify remove refresh; do
  expect "$LAUTTA" "$name" --help
  expect_output "lautta $name"
done
ok "every command has a help of its own"

expect "$LAUTTA" --version
expect_output '^lautta [0-9]+\.'
ok "the version is told"

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
