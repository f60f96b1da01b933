/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ssh_source.h"

#include <arpa/inet.h>
#include <string.h>

#include "errors.h"
#include "files.h"
#include "names.h"
#include "process.h"
#include "units.h"

enum { SECONDS_MAX = 90 };

void ssh_source_free(SshSource *source)
{
        if (!source)
                return;
        g_free(source->user);
        g_free(source->host);
        g_free(source->path);
        g_free(source);
}

static bool is_of(const char *text, const char *first, const char *others)
{
        return *text && strchr(first, *text) && !text[1 + strspn(text + 1, others)];
}

static bool user_is_valid(const char *user)
{
        return strlen(user) <= 32 &&
               is_of(user, "abcdefghijklmnopqrstuvwxyz_", "abcdefghijklmnopqrstuvwxyz0123456789_-");
}

/* True if no word can be an option and no character is special to a shell or rsync. */
static bool path_is_valid(const char *path)
{
        static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-/";
        return is_of(path, "/", plain) && !strstr(path, "//") && !strstr(path, "/.") && !strstr(path, "/-");
}

/* HOST, HOST:PORT, [IPv6] or [IPv6]:PORT. */
static bool read_host(SshSource *source, const char *text)
{
        struct in6_addr address;
        uint64_t port = 22;
        bool is_v6 = *text == '[';
        const char *end = is_v6 ? strchr(text, ']') : text + strcspn(text, ":");
        if (!end)
                return false;
        source->host = g_strndup(text + is_v6, (size_t)(end - text) - is_v6);
        end += is_v6;
        if (*end && (*end != ':' || !number_parse(end + 1, 1, UINT16_MAX, &port, NULL)))
                return false;
        source->port = (unsigned)port;
        return is_v6 ? inet_pton(AF_INET6, source->host, &address) == 1 : host_name_is_valid(source->host);
}

SshSource *ssh_source_parse(const char *url, GError **error)
{
        static const char scheme[] = "ssh://";
        g_autoptr(SshSource) source = g_new0(SshSource, 1);
        const char *rest = g_str_has_prefix(url, scheme) ? url + strlen(scheme) : "";
        const char *at = strchr(rest, '@');
        const char *slash = strchr(rest, '/');
        if (at && slash && at < slash) {
                g_autofree char *host = g_strndup(at + 1, (size_t)(slash - at - 1));
                source->user = g_strndup(rest, (size_t)(at - rest));
                source->path = g_strdup(slash);
                if (read_host(source, host) && user_is_valid(source->user) && path_is_valid(source->path))
                        return g_steal_pointer(&source);
        }
        fail(error, LAUTTA_ERROR_USAGE, "'%s' is not of the form ssh://USER@HOST[:PORT]/PATH", url);
        return NULL;
}

/* Returns: owned command for rsync's -e; rsync splits it at blanks, and the paths have none. */
static char *ssh_command(const SshSource *source, const char *key, const char *known_hosts)
{
        return g_strdup_printf(
                "ssh -F none -p %u -i %s -o IdentitiesOnly=yes -o IdentityAgent=none -o BatchMode=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile=%s -o GlobalKnownHostsFile=/dev/null -o ClearAllForwardings=yes -o ConnectTimeout=10 -o ServerAliveInterval=10 -o ServerAliveCountMax=2",
                source->port, key, known_hosts);
}

/* Add filters for exactly these files and the directories that lead there: absent files are no error. */
static void add_filters(GPtrArray *argv, const SshFile *files, size_t count)
{
        for (size_t i = 0; i < count; i++) {
                for (const char *slash = strchr(files[i].path, '/'); slash; slash = strchr(slash + 1, '/'))
                        g_ptr_array_add(argv,
                                        g_strdup_printf("--include=/%.*s", (int)(slash + 1 - files[i].path),
                                                        files[i].path));
                g_ptr_array_add(argv, g_strdup_printf("--include=/%s", files[i].path));
        }
        g_ptr_array_add(argv, g_strdup("--exclude=*"));
}

static void add_words(GPtrArray *argv, const char *const *words)
{
        for (; *words; words++)
                g_ptr_array_add(argv, g_strdup(*words));
}

static size_t longest_of(const SshFile *files, size_t count)
{
        size_t longest = 0;
        for (size_t i = 0; i < count; i++)
                longest = MAX(longest, files[i].max_bytes);
        return longest;
}

/* The server is not trusted: the sizes and times that it announces do not bound what it sends. */
static GPtrArray *make_argv(const SshSource *source, const char *ssh, const SshFile *files, size_t count,
                            const char *directory)
{
        static const char *const rsync[] = {"rsync", "--recursive", "--timeout=20", "-e", NULL};
        GPtrArray *argv = g_ptr_array_new_with_free_func(g_free);
        g_ptr_array_add(argv, g_strdup("timeout"));
        g_ptr_array_add(argv, g_strdup("--kill-after=5"));
        g_ptr_array_add(argv, g_strdup_printf("%d", SECONDS_MAX));
        g_ptr_array_add(argv, g_strdup("prlimit"));
        g_ptr_array_add(argv, g_strdup_printf("--fsize=%zu", longest_of(files, count) + 65536));
        add_words(argv, rsync);
        g_ptr_array_add(argv, g_strdup(ssh));
        g_ptr_array_add(argv, g_strdup_printf("--max-size=%zu", longest_of(files, count)));
        add_filters(argv, files, count);
        g_ptr_array_add(argv, g_strdup("--"));
        bool is_v6 = strchr(source->host, ':') != NULL;
        bool is_whole = g_str_has_suffix(source->path, "/");
        g_ptr_array_add(argv, g_strdup_printf("%s@%s%s%s:%s%s", source->user, is_v6 ? "[" : "", source->host,
                                              is_v6 ? "]" : "", source->path, is_whole ? "" : "/"));
        g_ptr_array_add(argv, g_strconcat(directory, "/", NULL));
        g_ptr_array_add(argv, NULL);
        return argv;
}

bool ssh_source_read(const SshSource *source, const char *key, const char *known_hosts, SshFile *files,
                     size_t count, GError **error)
{
        g_autotempdir directory = directory_make_temporary(error);
        if (!directory)
                return false;
        if (!process_exists("rsync") || !process_exists("ssh"))
                return fail(
                        error, LAUTTA_ERROR_NOT_FOUND,
                        "lists over ssh need the programs rsync and ssh: apt install rsync openssh-client");
        g_autofree char *ssh = ssh_command(source, key, known_hosts);
        g_autoptr(GPtrArray) argv = make_argv(source, ssh, files, count, directory);
        const char *const unset[] = {"RSYNC_RSH", "RSYNC_PASSWORD", "SSH_AUTH_SOCK", NULL};
        Process rsync = {.argv = (const char *const *)argv->pdata, .unset = unset};
        if (!process_run(&rsync, NULL, NULL, error)) {
                g_prefix_error(error, "rsync over ssh: ");
                return false;
        }
        for (size_t i = 0; i < count; i++) {
                g_autofree char *path = g_build_filename(directory, files[i].path, NULL);
                files[i].bytes = file_read(path, files[i].max_bytes, NULL);
        }
        return true;
}
