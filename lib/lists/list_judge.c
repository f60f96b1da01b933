/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "list_judge.h"

#include <string.h>

#include "errors.h"
#include "units.h"

static ListVerdict judge_owner(const List *list, const ListCircumstances *here, GError **error)
{
        if (strcmp(list->host, here->host) != 0) {
                fail(error, LAUTTA_ERROR_UNTRUSTED, "the list is for host '%s', and this is '%s'", list->host,
                     here->host);
                return LIST_OF_OTHER_HOST;
        }
        if (strcmp(list->host_key, here->host_key) != 0) {
                fail(error, LAUTTA_ERROR_UNTRUSTED,
                     "the list is for the host key %s, and this host's is %s: after a new installation, give the new key to the fleet",
                     list->host_key, here->host_key);
                return LIST_OF_OTHER_KEY;
        }
        return LIST_OBEY;
}

static ListVerdict judge_serial(const List *list, const uint8_t sha256[DIGEST_BYTES],
                                const ListCircumstances *here, GError **error)
{
        if (list->serial < here->seen_serial) {
                fail(error, LAUTTA_ERROR_UNTRUSTED,
                     "the list's serial %" G_GINT64_FORMAT " is lower than %" G_GINT64_FORMAT
                     ", which was seen: this copy of it is out of date or was set back",
                     list->serial, here->seen_serial);
                return LIST_SERIAL_LOWER;
        }
        if (list->serial == here->seen_serial && memcmp(sha256, here->seen_sha256, DIGEST_BYTES) != 0) {
                fail(error, LAUTTA_ERROR_UNTRUSTED,
                     "the list has the serial %" G_GINT64_FORMAT
                     " of the one before and says something else: push the fleet again",
                     list->serial);
                return LIST_SERIAL_REUSED;
        }
        return LIST_OBEY;
}

static ListVerdict judge_dates(const List *list, const ListCircumstances *here, GError **error)
{
        int64_t time = MAX(here->now, MAX(here->newest_date, list->date));
        if (time > list->valid_until) {
                g_autofree char *until = time_format(list->valid_until);
                g_autofree char *is = time_format(time);
                fail(error, LAUTTA_ERROR_UNTRUSTED,
                     "the list expired at %s, and it is %s: what runs keeps running, and nothing is installed",
                     until, is);
                return LIST_EXPIRED;
        }
        if (here->depot_date && here->depot_date < list->depot_date_min) {
                g_autofree char *date = time_format(here->depot_date);
                g_autofree char *min = time_format(list->depot_date_min);
                fail(error, LAUTTA_ERROR_UNTRUSTED,
                     "the depot was signed at %s, and the list asks for one of %s or later: this copy of it is out of date, and nothing is installed from it",
                     date, min);
                return LIST_DEPOT_TOO_OLD;
        }
        return LIST_OBEY;
}

ListVerdict list_judge(const List *list, const uint8_t sha256[DIGEST_BYTES],
                       const ListCircumstances *circumstances, GError **error)
{
        ListVerdict verdict = judge_owner(list, circumstances, error);
        if (verdict == LIST_OBEY)
                verdict = judge_serial(list, sha256, circumstances, error);
        return verdict == LIST_OBEY ? judge_dates(list, circumstances, error) : verdict;
}
