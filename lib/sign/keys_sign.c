/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The part of keys.h that signs. */
#include <string.h>

#include "errors.h"
#include "keys_private.h"

/* Finds the home of the secret part of `fingerprint`: as keys.conf says, or else by searching both homes. */
static bool find_home(const char *fingerprint, GpgWhich *where, GError **error)
{
        g_autoptr(GKeyFile) conf = keys_load_conf(error);
        if (!conf)
                return false;
        if (keys_conf_is_empty(conf)) {
                g_autoptr(GpgHome) own = gpg_open(GPG_OWN, error);
                g_autofree char *found = own ? keys_take(own, fingerprint, where, error) : NULL;
                return found != NULL;
        }
        *where = keys_home_of(conf, fingerprint);
        return true;
}

struct KeySigner {
        GpgHome *home;
        GStrv fingerprints;
};

KeySigner *key_signer_open(const char *const *fingerprints, GError **error)
{
        GpgWhich where = GPG_OWN, other = GPG_OWN;
        if (!find_home(fingerprints[0], &where, error))
                return NULL;
        for (const char *const *more = fingerprints; *more; more++) {
                if (!find_home(*more, &other, error))
                        return NULL;
                if (other != where) {
                        fail(error, LAUTTA_ERROR_CONFLICT,
                             "keys %s and %s lie in two GnuPG homes, and one text cannot be signed from both: import the secret key into $LAUTTA_HOME/gnupg",
                             fingerprints[0], *more);
                        return NULL;
                }
        }
        g_autoptr(KeySigner) signer = g_new0(KeySigner, 1);
        signer->fingerprints = g_strdupv((GStrv)fingerprints);
        signer->home = gpg_open(where, error);
        return signer->home ? g_steal_pointer(&signer) : NULL;
}

void key_signer_free(KeySigner *signer)
{
        if (!signer)
                return;
        g_clear_pointer(&signer->home, gpg_close);
        g_strfreev(signer->fingerprints);
        g_free(signer);
}

GBytes *key_signer_sign(KeySigner *signer, GBytes *text, GError **error)
{
        g_autoptr(GPtrArray) arguments = g_ptr_array_new();
        static const char *const before[] = {"--digest-algo", "SHA512"};
        static const char *const after[] = {"--clear-sign", "--output", "-", NULL};
        for (size_t i = 0; i < G_N_ELEMENTS(before); i++)
                g_ptr_array_add(arguments, (char *)before[i]);
        for (char **fingerprint = signer->fingerprints; *fingerprint; fingerprint++) {
                g_ptr_array_add(arguments, (char *)"--local-user");
                g_ptr_array_add(arguments, *fingerprint);
        }
        for (size_t i = 0; i < G_N_ELEMENTS(after); i++)
                g_ptr_array_add(arguments, (char *)after[i]);
        GBytes *message = gpg_run(signer->home, (const char *const *)arguments->pdata, text, error);
        if (!message) {
                g_autofree char *names = g_strjoinv(", ", signer->fingerprints);
                g_prefix_error(error, "cannot sign with key %s: ", names);
        }
        return message;
}

GBytes *keys_sign(const char *fingerprint, GBytes *text, GError **error)
{
        const char *const fingerprints[] = {fingerprint, NULL};
        g_autoptr(KeySigner) signer = key_signer_open(fingerprints, error);
        return signer ? key_signer_sign(signer, text, error) : NULL;
}
