/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "control.h"

#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "errors.h"

enum { CONTROL_PASSED_OVER_MAX_BYTES = 64 * 1024 };

struct Control {
        GSocketService *service;
        char *path;
        ControlHandler handler;
        void *user;
        guint clients;
};

struct ControlClient {
        Control *control;
        GSocketConnection *connection;
        char request[CONTROL_REQUEST_MAX_BYTES];
        size_t size;
        size_t passed_over; /* bytes of a request that is too long */
        guint timeout;
        char *answer;
};

static void client_free(ControlClient *client)
{
        if (client->timeout)
                g_source_remove(client->timeout);
        client->control->clients--;
        g_io_stream_close(G_IO_STREAM(client->connection), NULL, NULL);
        g_object_unref(client->connection);
        g_free(client->answer);
        g_free(client);
}

/* --- answers */

static void wrote(GObject *stream, GAsyncResult *result, void *user)
{
        g_output_stream_write_all_finish(G_OUTPUT_STREAM(stream), result, NULL, NULL);
        client_free(user);
}

/* A client that does not read its answer is let go. */
static gboolean give_up(void *user)
{
        ControlClient *client = user;
        client->timeout = 0;
        g_socket_shutdown(g_socket_connection_get_socket(client->connection), true, true, NULL);
        return G_SOURCE_REMOVE;
}

static void expect_soon(ControlClient *client)
{
        if (client->timeout)
                g_source_remove(client->timeout);
        client->timeout = g_timeout_add_seconds(CONTROL_REQUEST_TIMEOUT_S, give_up, client);
}

void control_answer(ControlClient *client, json_t *object)
{
        g_autofree char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
        json_decref(object);
        client->answer = g_strconcat(text ? text : "{\"ok\":false,\"error\":\"no answer\"}", "\n", NULL);
        expect_soon(client);
        g_output_stream_write_all_async(g_io_stream_get_output_stream(G_IO_STREAM(client->connection)),
                                        client->answer, strlen(client->answer), G_PRIORITY_DEFAULT, NULL,
                                        wrote, client);
}

void control_answer_error(ControlClient *client, const GError *error)
{
        control_answer(client, json_pack("{s:b, s:s, s:s}", "ok", 0, "code", error_name(error_code(error)),
                                         "error", error->message));
}

/* --- requests */

static void refuse(ControlClient *client, const char *why)
{
        g_autoptr(GError) error = g_error_new(LAUTTA_ERROR, LAUTTA_ERROR_USAGE, "%s", why);
        control_answer_error(client, error);
}

static void handle(ControlClient *client, size_t size)
{
        g_autoptr(json_t) request = json_loadb(client->request, size, JSON_REJECT_DUPLICATES, NULL);
        const char *command = json_string_value(json_object_get(request, "command"));
        g_source_remove(client->timeout);
        client->timeout = 0;
        if (command)
                client->control->handler(client->control->user, command, request, client);
        else
                refuse(client, "write one line: a JSON object with \"command\"");
}

static void read_more(ControlClient *client);

/* Read a request that is too long to its end, or the answer would not arrive. */
static void pass_over(ControlClient *client, const char *end)
{
        client->passed_over += client->size;
        client->size = 0;
        if (end)
                refuse(client, "the request is too long");
        else if (client->passed_over > CONTROL_PASSED_OVER_MAX_BYTES)
                client_free(client);
        else
                read_more(client);
}

static void have_read(GObject *stream, GAsyncResult *result, void *user)
{
        ControlClient *client = user;
        gssize n = g_input_stream_read_finish(G_INPUT_STREAM(stream), result, NULL);
        if (n <= 0) {
                client_free(client);
                return;
        }
        client->size += (size_t)n;
        const char *end = memchr(client->request, '\n', client->size);
        if (client->passed_over || (!end && client->size == sizeof client->request))
                pass_over(client, end);
        else if (end)
                handle(client, (size_t)(end - client->request));
        else
                read_more(client);
}

static void read_more(ControlClient *client)
{
        g_input_stream_read_async(g_io_stream_get_input_stream(G_IO_STREAM(client->connection)),
                                  client->request + client->size, sizeof client->request - client->size,
                                  G_PRIORITY_DEFAULT, NULL, have_read, client);
}

/* The mode of the socket keeps other users out; this check holds even where somebody has changed the mode. */
static bool is_trusted(GSocketConnection *connection)
{
        struct ucred peer;
        socklen_t size = sizeof peer;
        int fd = g_socket_get_fd(g_socket_connection_get_socket(connection));
        return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
               (peer.uid == 0 || peer.uid == geteuid());
}

static gboolean accept_client(GSocketService *service, GSocketConnection *connection, GObject *source,
                              void *user)
{
        Control *control = user;
        if (control->clients >= CONTROL_CLIENTS_MAX || !is_trusted(connection))
                return true;
        ControlClient *client = g_new0(ControlClient, 1);
        client->control = control;
        client->connection = g_object_ref(connection);
        control->clients++;
        expect_soon(client);
        read_more(client);
        return true;
}

/* --- listening */

static bool listen_at(Control *control, GError **error)
{
        g_autoptr(GSocketAddress) address = g_unix_socket_address_new(control->path);
        g_autoptr(GError) why = NULL;
        unlink(control->path);
        mode_t mask = umask(0177);
        bool good = g_socket_listener_add_address(G_SOCKET_LISTENER(control->service), address,
                                                  G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL,
                                                  &why);
        umask(mask);
        return good ||
               fail(error, LAUTTA_ERROR_SYSTEM, "cannot listen at '%s': %s", control->path, why->message);
}

Control *control_new(const char *path, ControlHandler handler, void *user, GError **error)
{
        g_autoptr(Control) control = g_new0(Control, 1);
        control->path = g_strdup(path);
        control->handler = handler;
        control->user = user;
        control->service = g_socket_service_new();
        if (!listen_at(control, error))
                return NULL;
        g_signal_connect(control->service, "incoming", G_CALLBACK(accept_client), control);
        g_socket_service_start(control->service);
        return g_steal_pointer(&control);
}

void control_free(Control *control)
{
        if (!control)
                return;
        g_socket_service_stop(control->service);
        g_socket_listener_close(G_SOCKET_LISTENER(control->service));
        g_object_unref(control->service);
        unlink(control->path);
        g_free(control->path);
        g_free(control);
}
