#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The demo: a machine from Debian packages is installed at a site, updated, brought back and removed.
# timeout: 1800
# asan: no
# slow
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/demo-story"
see_demo web-demo --tcg
