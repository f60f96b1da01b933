#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The demo with a container: install, both kinds of update, way back and removal, by the real agent and libvirt.
# timeout: 900
# asan: no
# slow
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/demo-story"
see_demo web --container
