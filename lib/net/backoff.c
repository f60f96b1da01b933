/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "backoff.h"

#include "units.h"

unsigned backoff_base_ms(void)
{
        const char *text = g_getenv("LAUTTA_RETRY_BASE_MS");
        uint64_t base_ms = 0;
        if (!text || !number_parse(text, 1, BACKOFF_BASE_MS, &base_ms, NULL))
                return BACKOFF_BASE_MS;
        return (unsigned)base_ms;
}

unsigned backoff_delay_ms(unsigned base_ms, unsigned failures, double jitter, gint64 retry_after_s)
{
        unsigned delay_ms = MIN(base_ms, BACKOFF_CAP_MS);
        for (unsigned i = 1; i < failures && delay_ms < BACKOFF_CAP_MS; i++)
                delay_ms = MIN(delay_ms * 2, BACKOFF_CAP_MS);
        delay_ms = delay_ms / 2 + (unsigned)(jitter * delay_ms / 2);

        gint64 least_ms = CLAMP(retry_after_s, 0, BACKOFF_RETRY_AFTER_CAP_MS / 1000) * 1000;
        return MAX(delay_ms, (unsigned)least_ms);
}

static const struct {
        long status;
        LauttaErrorCode meaning;
        const char *text;
} statuses[] = {
        {400, LAUTTA_ERROR_SYSTEM, " Bad Request"},
        {401, LAUTTA_ERROR_SYSTEM, " Unauthorized"},
        {403, LAUTTA_ERROR_SYSTEM, " Forbidden"},
        {404, LAUTTA_ERROR_NOT_FOUND, " Not Found"},
        {407, LAUTTA_ERROR_SYSTEM, " Proxy Authentication Required"},
        {408, LAUTTA_ERROR_TRY_AGAIN, " Request Timeout"},
        {410, LAUTTA_ERROR_NOT_FOUND, " Gone"},
        {416, LAUTTA_ERROR_CORRUPT, " Range Not Satisfiable: the file is shorter than it should be"},
        {425, LAUTTA_ERROR_TRY_AGAIN, " Too Early"},
        {429, LAUTTA_ERROR_TRY_AGAIN, " Too Many Requests"},
        {500, LAUTTA_ERROR_TRY_AGAIN, " Internal Server Error"},
        {502, LAUTTA_ERROR_TRY_AGAIN, " Bad Gateway"},
        {503, LAUTTA_ERROR_TRY_AGAIN, " Service Unavailable"},
        {504, LAUTTA_ERROR_TRY_AGAIN, " Gateway Timeout"},
};

LauttaErrorCode http_status_meaning(long status)
{
        for (size_t i = 0; i < G_N_ELEMENTS(statuses); i++)
                if (statuses[i].status == status)
                        return statuses[i].meaning;
        return LAUTTA_ERROR_SYSTEM;
}

const char *http_status_text(long status)
{
        for (size_t i = 0; i < G_N_ELEMENTS(statuses); i++)
                if (statuses[i].status == status)
                        return statuses[i].text;
        return "";
}
