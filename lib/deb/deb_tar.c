/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "deb_tar.h"

#include <stdint.h>
#include <string.h>

#include "errors.h"

enum { BLOCK_BYTES = 512, TYPE_FILE = '0', TYPE_DIRECTORY = '5', TYPE_LONG_NAME = 'L' };

/* A header as GNU tar writes it. */
typedef struct {
        char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8];
        char type;
        char link[100], magic[8], user[32], group[32], major[8], minor[8], rest[167];
} Header;

G_STATIC_ASSERT(sizeof(Header) == BLOCK_BYTES);

typedef struct {
        Span rest;
        char name[DEB_TAR_NAME_MAX + 1]; /* long name for the next entry, or "" */
        DebTarVisit visit;
        void *user;
} Walk;

/* Reads an octal number that fills its field up to the NUL or blank at its end. */
static bool read_number(const char *field, size_t size, uint64_t *number)
{
        *number = 0;
        size_t i = 0;
        for (; i < size && field[i] >= '0' && field[i] <= '7'; i++)
                *number = *number << 3 | (uint64_t)(field[i] - '0');
        return i > 0 && i < size && (field[i] == '\0' || field[i] == ' ');
}

/* True if the checksum is the sum of all bytes, with its own bytes counted as blanks. */
static bool checksum_is_right(const Header *header)
{
        const uint8_t *bytes = (const uint8_t *)header;
        uint64_t sum = 0, said = 0;
        for (size_t i = 0; i < BLOCK_BYTES; i++) {
                bool is_own = i >= offsetof(Header, checksum) && i < offsetof(Header, type);
                sum += is_own ? ' ' : bytes[i];
        }
        return read_number(header->checksum, sizeof header->checksum, &said) && said == sum;
}

static bool is_zero(Span span)
{
        return span.size == 0 || (span.text[0] == 0 && memcmp(span.text, span.text + 1, span.size - 1) == 0);
}

/* Cuts `size` bytes and their padding to a whole block off the rest. */
static bool take(Walk *walk, uint64_t size, Span *content)
{
        if (size > walk->rest.size)
                return false;
        size_t whole = ((size_t)size + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
        if (whole > walk->rest.size)
                return false;
        *content = (Span){walk->rest.text, (size_t)size};
        walk->rest = (Span){walk->rest.text + whole, walk->rest.size - whole};
        return true;
}

static bool malformed(GError **error)
{
        return fail(error, LAUTTA_ERROR_CORRUPT, "it is no tar file as dpkg-deb writes it");
}

static bool take_long_name(Walk *walk, Span content, GError **error)
{
        if (*walk->name || content.size < 2 || content.size > sizeof walk->name ||
            strnlen(content.text, content.size) != content.size - 1)
                return malformed(error);
        memcpy(walk->name, content.text, content.size);
        return true;
}

/* Sets the entry's name. A directory's name must end in a slash, a file's must not. */
static bool settle_name(Walk *walk, const Header *header, bool is_directory, GError **error)
{
        if (!*walk->name)
                memcpy(walk->name, header->name, sizeof header->name);
        size_t length = strlen(walk->name);
        if (length < 2 || strncmp(walk->name, "./", 2) != 0 ||
            (walk->name[length - 1] == '/') != is_directory)
                return malformed(error);
        if (is_directory && length > 2)
                walk->name[length - 1] = '\0';
        return true;
}

static bool refuse_type(Walk *walk, const Header *header, GError **error)
{
        if (!*walk->name)
                memcpy(walk->name, header->name, sizeof header->name);
        g_autofree char *name = g_utf8_make_valid(walk->name, -1);
        return fail(error, LAUTTA_ERROR_CORRUPT, "its '%s' is neither a regular file nor a directory", name);
}

static bool visit_entry(Walk *walk, const Header *header, Span content, GError **error)
{
        uint64_t mode = 0, uid = 0, gid = 0;
        bool is_directory = header->type == TYPE_DIRECTORY;
        if (!is_directory && header->type != TYPE_FILE)
                return refuse_type(walk, header, error);
        if (!read_number(header->mode, sizeof header->mode, &mode) ||
            !read_number(header->uid, sizeof header->uid, &uid) ||
            !read_number(header->gid, sizeof header->gid, &gid) || (is_directory && content.size > 0))
                return malformed(error);
        if (!settle_name(walk, header, is_directory, error))
                return false;
        if (uid != 0 || gid != 0)
                return fail(error, LAUTTA_ERROR_CORRUPT, "its '%s' is not owned by root", walk->name);
        DebTarEntry entry = {walk->name, is_directory, (unsigned)(mode & 07777), content};
        if (!walk->visit(&entry, walk->user, error))
                return false;
        memset(walk->name, 0, sizeof walk->name);
        return true;
}

bool deb_tar_walk(GBytes *tar, DebTarVisit visit, void *user, GError **error)
{
        Walk walk = {.rest = span_of(tar), .visit = visit, .user = user};
        while (walk.rest.size >= BLOCK_BYTES && !is_zero((Span){walk.rest.text, BLOCK_BYTES})) {
                Header header;
                Span block = {0}, content = {0};
                uint64_t size = 0;
                if (!take(&walk, BLOCK_BYTES, &block))
                        return malformed(error);
                memcpy(&header, block.text, sizeof header);
                if (memcmp(header.magic, "ustar  ", sizeof header.magic) != 0 ||
                    !checksum_is_right(&header) || !read_number(header.size, sizeof header.size, &size) ||
                    !take(&walk, size, &content))
                        return malformed(error);
                if (!(header.type == TYPE_LONG_NAME ? take_long_name(&walk, content, error)
                                                    : visit_entry(&walk, &header, content, error)))
                        return false;
        }
        /* No bytes that another reader could take for an entry may follow. */
        return (walk.rest.size >= BLOCK_BYTES && is_zero(walk.rest) && !*walk.name) || malformed(error);
}
