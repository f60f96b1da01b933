/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tidy.h"

/* Shell patterns over whole paths; a star also matches slashes. Only rules that end in "/" and a star apply
 * to directories, like to the files in them. */
static const struct {
        const char *pattern;
        Tidy rule;
} rules[] = {
        /* of the build alone */
        {"dev/*", TIDY_DROP},
        {"proc/*", TIDY_DROP},
        {"sys/*", TIDY_DROP},
        {"run/*", TIDY_DROP},
        {"tmp/*", TIDY_DROP},
        {"var/tmp/*", TIDY_DROP},
        {"etc/resolv.conf", TIDY_DROP},
        {"etc/apt/sources.list", TIDY_DROP},
        {"etc/apt/sources.list.d/0000*", TIDY_DROP},
        {"etc/apt/apt.conf.d/99mmdebstrap", TIDY_DROP},
        {"etc/dpkg/dpkg.cfg.d/99mmdebstrap", TIDY_DROP},
        /* caches and backups */
        {"var/cache/apt/archives/*", TIDY_DROP},
        {"var/cache/apt/*.bin", TIDY_DROP},
        {"var/lib/apt/lists/*", TIDY_DROP},
        {"var/cache/ldconfig/aux-cache", TIDY_DROP},
        {"var/cache/debconf/*-old", TIDY_DROP},
        {"var/lib/dpkg/*-old", TIDY_DROP},
        {"etc/passwd-", TIDY_DROP},
        {"etc/group-", TIDY_DROP},
        {"etc/shadow-", TIDY_DROP},
        {"etc/gshadow-", TIDY_DROP},
        {"etc/subuid-", TIDY_DROP},
        {"etc/subgid-", TIDY_DROP},
        {"var/log/*", TIDY_EMPTY},
        /* each machine's own */
        {"etc/machine-id", TIDY_EMPTY},
        {"var/lib/dbus/machine-id", TIDY_DROP},
        {"etc/ssh/ssh_host_*_key", TIDY_DROP},
        {"etc/ssh/ssh_host_*_key.pub", TIDY_DROP},
        {"var/lib/systemd/random-seed", TIDY_DROP},
        {"var/lib/systemd/credential.secret", TIDY_DROP},
        {"var/lib/urandom/random-seed", TIDY_DROP},
        /* large and compressed */
        {"boot/vmlinuz-*", TIDY_KERNEL},
        {"boot/vmlinux-*", TIDY_KERNEL},
        {"boot/initrd.img-*", TIDY_INITRD},
};

Tidy tidy_rule(const char *path, bool directory)
{
        for (size_t i = 0; i < G_N_ELEMENTS(rules); i++) {
                if (!g_pattern_match_simple(rules[i].pattern, path))
                        continue;
                if (!directory)
                        return rules[i].rule;
                return rules[i].rule == TIDY_DROP ? TIDY_DROP : TIDY_KEEP;
        }
        return TIDY_KEEP;
}
