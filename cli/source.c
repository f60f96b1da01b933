/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source.h"

#include <stdio.h>
#include <sys/stat.h>

#include "errors.h"
#include "freshness.h"
#include "home.h"
#include "output.h"

SourceOptions source_options = {.retries = -1};

const GOptionEntry source_entries[] = {
        {"depot", 'd', 0, G_OPTION_ARG_STRING, &source_options.depot,
         "The depot: a directory, or a file, http or https URL", "DEPOT|URL"},
        {"keyring", 'k', 0, G_OPTION_ARG_FILENAME, &source_options.keyring,
         "Public keys that may sign (default: $LAUTTA_HOME/release.pgp)", "FILE"},
        {"suite", 0, 0, G_OPTION_ARG_STRING, &source_options.suite, "The depot's suite (default: stable)",
         "NAME"},
        {"state", 0, 0, G_OPTION_ARG_FILENAME, &source_options.state,
         "Where the newest date seen is kept (default: $LAUTTA_HOME/state)", "DIR"},
        {"allow-expired", 0, 0, G_OPTION_ARG_NONE, &source_options.allow_expired,
         "Accept a depot whose Valid-Until has passed", NULL},
        {"cacert", 0, 0, G_OPTION_ARG_FILENAME, &source_options.ca_file,
         "Trust these CAs for https instead of the system's", "FILE"},
        {"timeout", 0, 0, G_OPTION_ARG_INT, &source_options.timeout_s,
         "Give up a try after this many seconds without a byte (default: 30)", "SECONDS"},
        {"retries", 0, 0, G_OPTION_ARG_INT, &source_options.retries,
         "Further tries after a failed one (default: 6)", "N"},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
};

static const char *keyring_or_default(void)
{
        static char *ours;
        if (source_options.keyring)
                return source_options.keyring;
        if (!ours)
                ours = home_path("release.pgp");
        return g_file_test(ours, G_FILE_TEST_EXISTS) ? ours : NULL;
}

Remote *source_open(DepotOptions *options, GError **error)
{
        const SourceOptions *given = &source_options;
        if (!given->depot) {
                fail(error, LAUTTA_ERROR_USAGE, "give --depot DEPOT|URL");
                return NULL;
        }
        if (given->timeout_s < 0 || given->timeout_s > 86400 || given->retries < -1 ||
            given->retries > 1000) {
                fail(error, LAUTTA_ERROR_USAGE, "--timeout takes up to 86400 seconds, --retries 0 to 1000");
                return NULL;
        }
        *options = (DepotOptions){
                .suite = given->suite,
                .keyring = keyring_or_default(),
                .state_directory = given->state,
                .allow_expired = given->allow_expired,
        };
        RemoteOptions remote_options = {
                .ca_file = given->ca_file,
                .stall_timeout_ms = (unsigned)given->timeout_s * 1000,
                .retries = given->retries < 0    ? 0
                           : given->retries == 0 ? REMOTE_NO_RETRY
                                                 : (unsigned)given->retries,
        };
        return remote_open(given->depot, &remote_options, error);
}

static void say_waiting(const char *holder, void *user)
{
        output_note("Waiting for another writer of depot '%s': %s\n", (const char *)user, holder);
}

Repository *source_open_to_write(const char *depot, GError **error)
{
        if (!depot) {
                fail(error, LAUTTA_ERROR_USAGE, "name the depot with --depot");
                return NULL;
        }
        /* Published files are for everybody to read; private files have explicit modes. */
        umask(022);
        g_autoptr(Repository) repository = repository_open(depot, error);
        if (!repository || !repository_lock(repository, say_waiting, (void *)depot, error))
                return NULL;
        return g_steal_pointer(&repository);
}

gboolean source_clock_is_right;

bool source_check_clock(const Repository *repository, GError **error)
{
        g_autofree char *state = home_path("state");
        int64_t newest = MAX(repository_dates(repository).date, freshness_newest(state));
        return source_clock_is_right ||
               freshness_check_clock(g_get_real_time() / G_USEC_PER_SEC, newest, error);
}

Repository *source_open_to_sign(const char *depot, GError **error)
{
        g_autoptr(Repository) repository = source_open_to_write(depot, error);
        return repository && source_check_clock(repository, error) ? g_steal_pointer(&repository) : NULL;
}
