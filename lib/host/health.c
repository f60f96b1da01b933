/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "instance.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "errors.h"
#include "files.h"

enum { BODY_MAX_BYTES = 65536 };

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CURL, curl_easy_cleanup)

/* Counts the body and ignores its content; the status decides about a service whose body never ends. */
static size_t count_body(char *data, size_t size, size_t number, void *counter)
{
        size_t *total = counter;
        *total += size * number;
        return *total > BODY_MAX_BYTES ? 0 : size * number;
}

/* Binds the socket to `device`. A socket that is not bound would reach whatever service answers at that address
 * elsewhere. */
static bool bind_to(int fd, const char *device)
{
        return !device ||
               setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device) + 1) == 0;
}

static int prepare_socket(void *device, curl_socket_t fd, curlsocktype purpose)
{
        return bind_to(fd, device) ? CURL_SOCKOPT_OK : CURL_SOCKOPT_ERROR;
}

static bool ask_http(const char *url, const char *device, unsigned timeout_ms, GError **error)
{
        g_autoptr(CURL) curl = curl_easy_init();
        size_t body_bytes = 0;
        long status = 0;
        if (!curl)
                return fail(error, LAUTTA_ERROR_SYSTEM, "curl does not start");
        curl_easy_setopt(curl, CURLOPT_URL, url);
        curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
        curl_easy_setopt(curl, CURLOPT_PROXY, "");
        curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
        curl_easy_setopt(curl, CURLOPT_USERAGENT, "lautta-agent");
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, count_body);
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body_bytes);
        curl_easy_setopt(curl, CURLOPT_SOCKOPTFUNCTION, prepare_socket);
        curl_easy_setopt(curl, CURLOPT_SOCKOPTDATA, (void *)device);
        CURLcode code = curl_easy_perform(curl);
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && body_bytes > BODY_MAX_BYTES))
                return fail(error, LAUTTA_ERROR_TRY_AGAIN, "no answer from %s: %s", url,
                            curl_easy_strerror(code));
        if (status < 200 || status >= 400)
                return fail(error, LAUTTA_ERROR_TRY_AGAIN, "%s answers with status %ld", url, status);
        return true;
}

static bool check_http(const char *target, const char *address, const char *device, unsigned timeout_ms,
                       GError **error)
{
        const char *rest = target + strlen("http://");
        g_autofree char *url = g_strconcat("http://", address, rest, NULL);
        return ask_http(url, device, timeout_ms, error);
}

static bool wait_connected(int fd, unsigned timeout_ms)
{
        struct pollfd poller = {fd, POLLOUT, 0};
        int why = 0;
        socklen_t size = sizeof why;
        int ready = poll(&poller, 1, (int)timeout_ms);
        if (ready == 0)
                errno = ETIMEDOUT;
        else if (ready > 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &size) == 0)
                errno = why;
        return ready > 0 && errno == 0;
}

static bool check_tcp(const char *target, const char *address, const char *device, unsigned timeout_ms,
                      GError **error)
{
        struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(target + 1))};
        g_autofd fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0 || inet_pton(AF_INET, address, &peer.sin_addr) != 1)
                return fail_errno(error, "cannot check %s%s", address, target);
        if (!bind_to(fd, device))
                return fail(error, LAUTTA_ERROR_TRY_AGAIN, "no connection to %s%s through '%s': %s", address,
                            target, device, g_strerror(errno));
        if (connect(fd, (struct sockaddr *)&peer, sizeof peer) == 0)
                return true;
        if (errno == EINPROGRESS && wait_connected(fd, timeout_ms))
                return true;
        return fail(error, LAUTTA_ERROR_TRY_AGAIN, "no connection to %s%s: %s", address, target,
                    g_strerror(errno));
}

bool instance_health(const ServiceDescription *description, const char *address, const char *device,
                     unsigned timeout_ms, GError **error)
{
        switch (description->health) {
        case HEALTH_HTTP:
                return check_http(description->health_target, address, device, timeout_ms, error);
        case HEALTH_TCP:
                return check_tcp(description->health_target, address, device, timeout_ms, error);
        default:
                return true;
        }
}
