/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "identity.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "errors.h"
#include "files.h"
#include "names.h"
#include "paths.h"

enum { KEY_MAX_BYTES = 4096 };

G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO, BIO_free_all)

static char *fingerprint_of(const EVP_PKEY *key)
{
        uint8_t public_key[ED25519_BYTES];
        size_t size = sizeof public_key;
        bool good = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 &&
                    EVP_PKEY_get_raw_public_key(key, public_key, &size) == 1 && size == sizeof public_key;
        return good ? host_key_format(public_key) : NULL;
}

static bool check_private(const char *path, GError **error)
{
        struct stat st;
        if (lstat(path, &st) != 0)
                return fail_errno(error, "cannot look at the host's key '%s'", path);
        if ((st.st_mode & 077) == 0)
                return true;
        return fail(
                error, LAUTTA_ERROR_CORRUPT,
                "the host's key '%s' can be read by others than its owner: if nobody has, chmod 600 it; else move it away, and give the new key that this host then makes to the fleet",
                path);
}

/* Never ask for a password: the agent has no terminal. */
static int no_password(char *buffer, int size, int for_writing, void *user)
{
        (void)buffer, (void)size, (void)for_writing, (void)user;
        return -1;
}

static char *read_key(const char *path, GError **error)
{
        g_autoptr(GBytes) pem = file_read(path, KEY_MAX_BYTES, error);
        if (!pem)
                return NULL;
        g_autoptr(BIO) bio = BIO_new_mem_buf(g_bytes_get_data(pem, NULL), (int)g_bytes_get_size(pem));
        g_autoptr(EVP_PKEY) key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;
        char *fingerprint = key ? fingerprint_of(key) : NULL;
        ERR_clear_error();
        if (!fingerprint)
                fail(error, LAUTTA_ERROR_CORRUPT,
                     "the host's key '%s' is not an Ed25519 key in PEM form: put it back from a copy, or move it away, and give the new key that this host then makes to the fleet",
                     path);
        if (fingerprint && !check_private(path, error))
                g_clear_pointer(&fingerprint, g_free);
        return fingerprint;
}

static bool make_key(const char *path, GError **error)
{
        g_autoptr(EVP_PKEY) key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
        g_autoptr(BIO) bio = BIO_new(BIO_s_secmem());
        char *pem = NULL;
        if (!key || !bio || PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1)
                return fail(error, LAUTTA_ERROR_SYSTEM, "cannot make the host's key: %s",
                            ERR_error_string(ERR_get_error(), NULL));
        long size = BIO_get_mem_data(bio, &pem);
        return file_write_atomically(path, pem, (size_t)size, 0600, error);
}

/* Make the key unless another process has made it while this one waited for the lock. The lock is on the
 * directory, so that no lock file stays. */
static bool make_key_once(const char *directory, const char *path, GError **error)
{
        struct stat st;
        if (!directory_make(directory, 0755, error))
                return false;
        g_autofd lock = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (lock < 0 || flock(lock, LOCK_EX) != 0)
                return fail_errno(error, "cannot lock directory '%s'", directory);
        return lstat(path, &st) == 0 || make_key(path, error);
}

char *identity_load(const char *state_directory, GError **error)
{
        g_autoptr(GError) why = NULL;
        g_autofree char *path = paths_host_key(state_directory);
        char *fingerprint = read_key(path, &why);
        if (fingerprint || !error_is(why, LAUTTA_ERROR_NOT_FOUND)) {
                if (why)
                        g_propagate_error(error, g_steal_pointer(&why));
                return fingerprint;
        }
        return make_key_once(state_directory, path, error) ? read_key(path, error) : NULL;
}
