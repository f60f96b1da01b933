/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>

#include "errors.h"
#include "ext4.h"
#include "files.h"
#include "process.h"

enum { LARGE_JOURNAL_FROM = 512 << 20 };

/* Used instead of the machine's /etc/mke2fs.conf, which differs from release to release. */
static const char config[] = "[defaults]\n"
                             "\tbase_features = none\n"
                             "\tdefault_mntopts = acl,user_xattr\n"
                             "\tenable_periodic_fsck = 0\n"
                             "\tblocksize = 4096\n"
                             "\tinode_size = 256\n"
                             "\tinode_ratio = 8192\n";

static const char features[] =
        "none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file,huge_file,dir_nlink,extra_isize,metadata_csum";

static bool run_mke2fs(const char *path, const char *directory, uint64_t size_bytes, const char *uuid,
                       int64_t now_s, GError **error)
{
        g_autofree char *file = g_build_filename(directory, "mke2fs.conf", NULL);
        if (!file_write_atomically(file, config, sizeof config - 1, 0600, error))
                return false;
        g_autofree char *config_env = g_strconcat("MKE2FS_CONFIG=", file, NULL);
        g_autofree char *time_env = g_strdup_printf("E2FSPROGS_FAKE_TIME=%" G_GINT64_FORMAT, now_s);
        g_autofree char *extended = g_strdup_printf(
                "hash_seed=%s,root_owner=0:0,lazy_itable_init=1,lazy_journal_init=1,nodiscard", uuid);
        g_autofree char *journal = g_strdup_printf("size=%d", size_bytes >= LARGE_JOURNAL_FROM ? 16 : 4);
        g_autofree char *blocks = g_strdup_printf("%" G_GUINT64_FORMAT, size_bytes / 4096);
        const char *env[] = {config_env, time_env, NULL};
        const char *argv[] = {"mke2fs", "-q", "-F",       "-t", "ext4",  "-b", "4096", "-I", "256",    "-i",
                              "8192",   "-O", features,   "-U", uuid,    "-m", "1",    "-E", extended, "-J",
                              journal,  "-e", "continue", "-o", "Linux", path, blocks, NULL};
        Process process = {.argv = argv, .env = env};
        return process_run(&process, NULL, NULL, error);
}

bool ext4_make(const char *path, uint64_t size_bytes, const char *uuid, int64_t now_s, GError **error)
{
        g_autotempdir directory = directory_make_temporary(error);
        return directory && run_mke2fs(path, directory, size_bytes, uuid, now_s, error);
}
