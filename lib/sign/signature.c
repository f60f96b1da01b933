/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "signature.h"

#include <string.h>

#include "deb822.h"
#include "errors.h"
#include "files.h"
#include "process.h"
#include "signature_memory.h"

enum {
        STATUS_MAX_BYTES = 256 * 1024,
        FINGERPRINT_MIN_CHARS = 40,
        FINGERPRINT_MAX_CHARS = 64,
        GPGV_CPU_SECONDS = 10, /* milliseconds suffice for the largest message with the most signatures */
        GPGV_SECONDS = 60,
};

/* Status words of gpgv that refuse the message, whatever the other lines are. */
static const struct {
        const char *keyword;
        const char *meaning;
} refusals[] = {
        {"BADSIG", "a signature does not fit the text: it was changed"},
        {"EXPSIG", "a signature has expired"},
        {"SIGEXPIRED", "a signature has expired"},
        {"EXPKEYSIG", "the key that signed it has expired"},
        {"REVKEYSIG", "the key that signed it has been revoked"},
        {"NODATA", "gpgv finds no signature in it"},
        {"UNEXPECTED", "gpgv finds unexpected data in it"},
        {"BADARMOR", "its armor is damaged"},
};

/* The state of one signature, which a NEWSIG line begins. */
typedef struct {
        const char *const *pinned;
        bool good;
        char *unknown;      /* id of a key that is not in the keyring */
        char *other_signer; /* valid, but not pinned */
        char *signer;       /* valid and pinned */
} Verdict;

static void verdict_clear(Verdict *verdict)
{
        g_free(verdict->unknown);
        g_free(verdict->other_signer);
        g_free(verdict->signer);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Verdict, verdict_clear)

static bool is_fingerprint(const char *text)
{
        size_t length = strspn(text, "0123456789ABCDEF");
        return !text[length] && (length == FINGERPRINT_MIN_CHARS || length == FINGERPRINT_MAX_CHARS);
}

static bool is_pinned(const char *const *pinned, const char *fingerprint)
{
        if (!pinned || !*pinned)
                return true;
        for (; *pinned; pinned++)
                if (g_ascii_strcasecmp(*pinned, fingerprint) == 0)
                        return true;
        return false;
}

/* Reads VALIDSIG FPR DATE TIMESTAMP EXPIRES VERSION RESERVED PUBKEY-ALGORITHM HASH-ALGORITHM CLASS PRIMARY-FPR. Only a
 * signature over text (class 01) counts, so a signature over a file does not pass as one over a message. */
static void take_valid(Verdict *verdict, Span rest)
{
        g_autofree char *text = span_dup(rest);
        g_auto(GStrv) words = g_strsplit(g_strstrip(text), " ", -1);
        bool complete = g_strv_length(words) >= 10 && strcmp(words[8], "01") == 0 && is_fingerprint(words[9]);
        if (!complete || !verdict->good)
                return;
        char **place = is_pinned(verdict->pinned, words[9]) ? &verdict->signer : &verdict->other_signer;
        if (!*place)
                *place = g_strdup(words[9]);
}

static bool take_line(Verdict *verdict, Span line, GError **error)
{
        static const char prefix[] = "[GNUPG:] ";
        const size_t length = strlen(prefix);
        if (line.size < length || memcmp(line.text, prefix, length) != 0)
                return true;
        Span keyword = {0};
        line = (Span){line.text + length, line.size - length};
        span_next_word(&line, &keyword);
        for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++)
                if (span_is(keyword, refusals[i].keyword))
                        return fail(error, LAUTTA_ERROR_UNTRUSTED, "%s (%s)", refusals[i].meaning,
                                    refusals[i].keyword);
        if (span_is(keyword, "NEWSIG")) {
                verdict->good = false;
        } else if (span_is(keyword, "GOODSIG")) {
                verdict->good = true;
        } else if (span_is(keyword, "VALIDSIG")) {
                take_valid(verdict, line);
                verdict->good = false;
        } else if (span_is(keyword, "ERRSIG") || span_is(keyword, "NO_PUBKEY")) {
                verdict->good = false;
                Span id = {0};
                if (!verdict->unknown && span_next_word(&line, &id))
                        verdict->unknown = span_dup(id);
        }
        return true;
}

bool signature_judge(const char *status, const char *const *pinned, char **fingerprint, GError **error)
{
        g_auto(Verdict) verdict = {.pinned = pinned};
        Span rest = {status, strlen(status)};
        Span line = {0};
        while (span_next_line(&rest, &line))
                if (!take_line(&verdict, line, error))
                        return false;
        if (!verdict.signer && verdict.other_signer)
                return fail(error, LAUTTA_ERROR_UNTRUSTED,
                            "the key %s that signed it is not one of the allowed keys", verdict.other_signer);
        if (!verdict.signer)
                return fail(error, LAUTTA_ERROR_UNTRUSTED,
                            "it has no good signature of a known key%s%s; is this the right keyring?",
                            verdict.unknown ? ", only one of key " : "",
                            verdict.unknown ? verdict.unknown : "");
        if (fingerprint)
                *fingerprint = g_steal_pointer(&verdict.signer);
        return true;
}

/* Returns: owned binary form. */
static GBytes *read_keyring(const char *keyring, GError **error)
{
        g_autoptr(GBytes) bytes = file_read(keyring, SIGNATURE_KEYRING_MAX_BYTES, error);
        GBytes *binary = bytes ? signature_dearmor(bytes, error) : NULL;
        if (!binary)
                g_prefix_error(error, "keyring '%s': ", keyring);
        return binary;
}

static bool write_bytes(const char *path, GBytes *bytes, GError **error)
{
        return file_write_atomically(path, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), 0600,
                                     error);
}

/* Runs gpgv on separate files in `directory`. Returns: owned status text; gpgv's exit status says nothing reliable. */
static char *run_gpgv(const char *directory, GBytes *message, GBytes *keyring, const char *output,
                      GError **error)
{
        g_autofree char *keys = g_build_filename(directory, "keys.gpg", NULL);
        g_autofree char *input = g_build_filename(directory, "message.asc", NULL);
        if (!write_bytes(keys, keyring, error) || !write_bytes(input, message, error))
                return NULL;
        const char *const argv[] = {"gpgv",
                                    "--homedir",
                                    directory,
                                    "--keyring",
                                    keys,
                                    "--status-fd",
                                    "1",
                                    "--ignore-time-conflict",
                                    "--weak-digest",
                                    "SHA1",
                                    "--output",
                                    output,
                                    input,
                                    NULL};
        const char *const unset[] = {"GNUPGHOME", NULL};
        Process gpgv = {.argv = argv,
                        .unset = unset,
                        .max_output_bytes = STATUS_MAX_BYTES,
                        .max_seconds = GPGV_SECONDS,
                        .max_cpu_seconds = GPGV_CPU_SECONDS,
                        .foreign_input = true};
        g_autoptr(GBytes) status = NULL;
        int exit_status = 0;
        if (!process_run(&gpgv, &status, &exit_status, error))
                return NULL;
        return span_dup(span_of(status));
}

/* Runs gpgv; its answer is judged later. `text` stays NULL if gpgv finds no signed text in the message. Errors: those
 * that keep gpgv from answering. */
static bool ask_gpgv(GBytes *message, GBytes *keyring, char **status, GBytes **text, GError **error)
{
        g_autotempdir directory = directory_make_temporary(error);
        if (!directory)
                return false;
        g_autofree char *output = g_build_filename(directory, "text", NULL);
        *status = run_gpgv(directory, message, keyring, output, error);
        if (!*status || !g_file_test(output, G_FILE_TEST_EXISTS))
                return *status != NULL;
        *text = file_read(output, SIGNATURE_MESSAGE_MAX_BYTES, error);
        return *text != NULL;
}

GBytes *signature_open(GBytes *message, const char *keyring, const char *const *pinned, char **fingerprint,
                       GError **error)
{
        if (!signature_check_form(message, error))
                return NULL;
        g_autoptr(GBytes) keys = read_keyring(keyring, error);
        g_autoptr(GBytes) text = NULL;
        g_autofree char *status = NULL;
        g_autofree char *signer = NULL;
        uint8_t key[DIGEST_BYTES];
        if (!keys)
                return NULL;
        signature_memory_key(message, keys, key);
        bool known = signature_recall(key, &status, &text);
        if (!known && !ask_gpgv(message, keys, &status, &text, error))
                return NULL;
        if (!signature_judge(status, pinned, &signer, error))
                return NULL;
        if (!text) {
                fail(error, LAUTTA_ERROR_UNTRUSTED, "gpgv gave no text for it");
                return NULL;
        }
        if (!known)
                signature_remember(key, status, text);
        if (fingerprint)
                *fingerprint = g_steal_pointer(&signer);
        return g_steal_pointer(&text);
}
