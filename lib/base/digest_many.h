/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* digest_sha256_many() with an engine that the caller chooses: for tests and measurements. */
#pragma once

#include "digest.h"
#include "digest_lanes.h"

/* Digest side by side as long as `least` lanes (at least 1) are in use, then one by one. */
void digest_many_by(const DigestEngine *engine, unsigned least, const DigestPiece *pieces, size_t count);
