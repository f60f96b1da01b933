/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "names.h"

#include <string.h>

#include "digest.h"
#include "errors.h"

static const char key_prefix[] = "SHA256:";

/* Essential packages of Debian 12 and 13, their pre-dependencies, and the packages that the agent needs. */
static const char *const vital[] = {
        "apt",
        "base-files",
        "base-passwd",
        "bash",
        "bsdutils",
        "ca-certificates",
        "coreutils",
        "dash",
        "debconf",
        "debian-archive-keyring",
        "debianutils",
        "diffutils",
        "dpkg",
        "e2fsprogs",
        "findutils",
        "gcc-12-base",
        "gcc-14-base",
        "gpgv",
        "grep",
        "grub-common",
        "gzip",
        "hostname",
        "init",
        "init-system-helpers",
        "initramfs-tools",
        "iproute2",
        "kmod",
        "lautta-agent",
        "libc-bin",
        "libc6",
        "libpam-modules",
        "libpam-runtime",
        "libpam0g",
        "libvirt-daemon",
        "libvirt-daemon-system",
        "login",
        "login.defs",
        "mount",
        "ncurses-base",
        "ncurses-bin",
        "nftables",
        "openssl",
        "passwd",
        "perl-base",
        "sed",
        "sysvinit-utils",
        "systemd",
        "systemd-sysv",
        "tar",
        "udev",
        "util-linux",
        "zlib1g",
};

/* Prefixes of kernels, boot loaders and other packages with a version in the name. */
static const char *const vital_prefixes[] = {"grub-", "linux-image-", "shim-", "systemd-boot"};

/* Packages that give a Debian host its network; "*" at the end matches anything. */
static const char *const of_network[] = {
        "bridge-utils",    "connman",   "dhcpcd",          "dhcpcd-base",   "dhcpcd5",
        "firmware-*",      "ifenslave", "ifupdown",        "ifupdown-ng",   "ifupdown2",
        "isc-dhcp-client", "iwd",       "modemmanager",    "netplan.io",    "network-manager",
        "openresolv",      "ppp",       "pppoeconf",       "resolvconf",    "systemd-resolved",
        "udhcpc",          "vlan",      "wireguard-tools", "wpasupplicant",
};

/* Packages that services run on. */
static const char *const of_machines[] = {
        "dnsmasq-base", "libvirt-daemon*", "libvirt0", "qemu-system-x86", "qemu-system-arm", "qemu-utils",
};

/* Packages for access from outside: they may be removed, but no service may take their names. */
static const char *const of_access[] = {"openssh-*", "qemu-*", "rsync", "ssh", "sudo", "unattended-upgrades"};

static bool matches(const char *const *patterns, size_t count, const char *name)
{
        for (size_t i = 0; i < count; i++) {
                size_t length = strcspn(patterns[i], "*");
                bool open = patterns[i][length] == '*';
                if (strncmp(patterns[i], name, length) == 0 && (open || !name[length]))
                        return true;
        }
        return false;
}

static bool label_is_valid(const char *label)
{
        size_t length = strspn(label, "abcdefghijklmnopqrstuvwxyz0123456789-");
        return length > 0 && !label[length] && label[0] != '-' && label[length - 1] != '-';
}

bool host_name_is_valid(const char *name)
{
        if (strlen(name) > HOST_NAME_MAX_CHARS)
                return false;
        g_auto(GStrv) labels = g_strsplit(name, ".", -1);
        bool good = *labels != NULL;
        for (char **label = labels; *label; label++)
                good = good && label_is_valid(*label);
        return good;
}

bool host_key_is_valid(const char *key)
{
        if (strlen(key) != HOST_KEY_CHARS || !g_str_has_prefix(key, key_prefix))
                return false;
        const char *digits = key + strlen(key_prefix);
        g_autofree char *padded = g_strconcat(digits, "=", NULL);
        gsize size = 0;
        g_autofree guchar *bytes = g_base64_decode(padded, &size);
        g_autofree char *again = size == DIGEST_BYTES ? g_base64_encode(bytes, size) : NULL;
        return g_strcmp0(again, padded) == 0;
}

char *host_key_format(const uint8_t public_key[ED25519_BYTES])
{
        /* The bytes before the key in a SubjectPublicKeyInfo of RFC 8410. */
        static const uint8_t head[] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                       0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
        uint8_t der[sizeof head + ED25519_BYTES];
        uint8_t digest[DIGEST_BYTES];
        memcpy(der, head, sizeof head);
        memcpy(der + sizeof head, public_key, ED25519_BYTES);
        digest_sha256(der, sizeof der, digest);
        g_autofree char *base64 = g_base64_encode(digest, sizeof digest);
        base64[strcspn(base64, "=")] = '\0';
        return g_strconcat(key_prefix, base64, NULL);
}

bool check_host_name(const char *text, GError **error)
{
        return host_name_is_valid(text) ||
               fail(error, LAUTTA_ERROR_USAGE,
                    "'%s' is not a host's name: write 1 to %d of a-z, 0-9, '-' and '.', with letters or digits at both ends and around each dot",
                    text, HOST_NAME_MAX_CHARS);
}

bool check_host_key(const char *text, GError **error)
{
        return host_key_is_valid(text) ||
               fail(error, LAUTTA_ERROR_USAGE,
                    "'%s' is not a host's key: write SHA256: and 43 characters, as 'lautta-agent key' prints it",
                    text);
}

bool package_is_vital(const char *name)
{
        for (size_t i = 0; i < G_N_ELEMENTS(vital); i++)
                if (strcmp(vital[i], name) == 0)
                        return true;
        for (size_t i = 0; i < G_N_ELEMENTS(vital_prefixes); i++)
                if (g_str_has_prefix(name, vital_prefixes[i]))
                        return true;
        return false;
}

bool package_is_of_network(const char *name)
{
        return matches(of_network, G_N_ELEMENTS(of_network), name);
}

bool package_carries_services(const char *name)
{
        return matches(of_machines, G_N_ELEMENTS(of_machines), name);
}

bool package_is_reserved(const char *name)
{
        return package_is_vital(name) || package_is_of_network(name) || package_carries_services(name) ||
               matches(of_access, G_N_ELEMENTS(of_access), name);
}
