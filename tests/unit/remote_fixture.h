/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the tests of lib/net: files to read, servers to read them from, and a sink that keeps the
 * received bytes. */
#pragma once

#include <gio/gio.h>

#include "remote.h"

enum { DATA_BYTES = 300000, PATIENT_MS = 20000, STALL_MS = 400, RETRIES = 3, DEADLINE_S = 15 };

extern char
        *server_url; /* of the misbehaving server, which serves the work place; files are in depot/ there */
extern GBytes *data; /* the content of depot/data: DATA_BYTES of noise */
extern const RemoteRange ranges[4]; /* all of it, in overlapping pieces; ranges[3] is the whole */

/* Run the tests of `add_tests` in a temporary work place, with the server up and no proxy in the environment. */
int run_tests(int argc, char **argv, void (*add_tests)(void));

/* Returns: owned path of a file in the work place. */
char *in_workplace(const char *name);
void write_file(const char *name, const void *bytes, size_t size);

/* From now on the server follows these rules (tests/functional/http-server.py); its log is emptied. */
void behave(const char *rules);
char *read_log(const char *name);
unsigned count_in(const char *text, const char *part);

/* Wait until the server's log has `count` lines; it must not have more. */
void assert_requests(unsigned count);

/* Each returns an owned remote that gives a try up after `stall_ms`: STALL_MS in tests of silence, else
 * PATIENT_MS, so that a busy machine causes no failure. `ca_name` is a file in the work place, or NULL. */
Remote *open_with(const char *location, const char *ca_name, unsigned stall_ms);
Remote *open_location(const char *location); /* with PATIENT_MS */
Remote *open_server(unsigned stall_ms);      /* the misbehaving server */

typedef struct {
        GByteArray *bytes[4];
        GError *why[4];
        unsigned block_ms; /* the first piece takes this long */
        size_t stop_after; /* fail with NO_SPACE after so many bytes of a range; 0: never */
} Catch;

void catch_begin(Catch *catch);
bool catch_data(void *user, size_t range, const uint8_t *bytes, size_t size, GError **error);
void catch_end(Catch *catch);

void assert_is_range(const GByteArray *bytes, const RemoteRange *range);
void assert_all_ranges_come(Remote *remote);
void assert_data_is_read(Remote *remote);

/* Fetch one range that must fail without delivering a wrong byte. Returns: the error; `received` may be NULL. */
GError *lose_range(Remote *remote, const RemoteRange *range, size_t *received);

/* Check that the message contains `text`. */
void assert_names(const GError *error, const char *text);

/* Start a further server. Returns: owned URL. nginx listens on loopback, "127.0.0.1:PORT", with HTTP/2 if
 * with TLS (the certificate is tls.pem in the work place), and logs to nginx/access.log. */
char *start_server(const char *const *options, GSubprocess **process);
char *start_nginx(bool with_tls, GSubprocess **process);
void stop(GSubprocess *process);
