/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Any bytes as gpgv's status lines: accepted only with all required keywords and without a forbidden one. */
#include <stdint.h>
#include <string.h>

#include "signature.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char fingerprint[] = "DA8DFFC937C3396F09352FC627CCD8409967F333";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        g_autofree char *status = g_strndup((const char *)data, size);
        const char *const pinned[] = {fingerprint, NULL};
        g_autofree char *signer = NULL;
        if (signature_judge(status, pinned, &signer, NULL)) {
                g_assert(g_ascii_strcasecmp(signer, fingerprint) == 0);
                g_assert(strstr(status, "[GNUPG:] ") && strstr(status, "GOODSIG") &&
                         strstr(status, "VALIDSIG"));
                g_assert(!strstr(status, "\n[GNUPG:] BADSIG ") && !strstr(status, "\n[GNUPG:] EXPKEYSIG "));
                g_assert(!strstr(status, "\n[GNUPG:] REVKEYSIG ") && !strstr(status, "\n[GNUPG:] EXPSIG "));
        }
        return 0;
}
