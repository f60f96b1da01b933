/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The client's side of control.h. */
#include <gio/gio.h>
#include <gio/gunixsocketaddress.h>
#include <string.h>

#include "control.h"
#include "errors.h"

enum { ANSWER_MAX_BYTES = 16 * 1024 * 1024, READ_BYTES = 65536 };

static GSocketConnection *connect_to(const char *path, unsigned timeout_s, GError **error)
{
        g_autoptr(GSocketClient) client = g_socket_client_new();
        g_autoptr(GSocketAddress) address = g_unix_socket_address_new(path);
        g_autoptr(GError) why = NULL;
        g_socket_client_set_timeout(client, timeout_s);
        GSocketConnection *connection =
                g_socket_client_connect(client, G_SOCKET_CONNECTABLE(address), NULL, &why);
        if (!connection && g_error_matches(why, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED))
                fail(error, LAUTTA_ERROR_SYSTEM, "cannot ask the agent: '%s': %s", path, why->message);
        else if (!connection)
                fail(error, LAUTTA_ERROR_NOT_FOUND, "no lautta-agent runs: '%s': %s", path, why->message);
        return connection;
}

static bool send_request(GSocketConnection *connection, json_t *request, GError **error)
{
        g_autofree char *text = json_dumps(request, JSON_COMPACT);
        g_autofree char *line = g_strconcat(text, "\n", NULL);
        g_autoptr(GError) why = NULL;
        return g_output_stream_write_all(g_io_stream_get_output_stream(G_IO_STREAM(connection)), line,
                                         strlen(line), NULL, NULL, &why) ||
               fail(error, LAUTTA_ERROR_TRY_AGAIN, "the agent does not listen: %s", why->message);
}

static GByteArray *read_answer(GSocketConnection *connection, GError **error)
{
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        g_autofree char *buffer = g_malloc(READ_BYTES);
        g_autoptr(GError) why = NULL;
        GInputStream *stream = g_io_stream_get_input_stream(G_IO_STREAM(connection));
        gssize n = 0;
        while ((n = g_input_stream_read(stream, buffer, READ_BYTES, NULL, &why)) > 0 &&
               bytes->len < ANSWER_MAX_BYTES)
                g_byte_array_append(bytes, (const guint8 *)buffer, (guint)n);
        if (n == 0 && bytes->len)
                return g_steal_pointer(&bytes);
        fail(error, LAUTTA_ERROR_TRY_AGAIN, "the agent does not answer: %s", why ? why->message : "it ended");
        return NULL;
}

json_t *control_ask(const char *path, json_t *request, unsigned timeout_s, GError **error)
{
        g_autoptr(GSocketConnection) connection = connect_to(path, timeout_s, error);
        if (!connection || !send_request(connection, request, error))
                return NULL;
        g_autoptr(GByteArray) bytes = read_answer(connection, error);
        if (!bytes)
                return NULL;
        g_autoptr(json_t) answer = json_loadb((const char *)bytes->data, bytes->len, 0, NULL);
        if (json_is_true(json_object_get(answer, "ok")))
                return g_steal_pointer(&answer);
        const char *message = json_string_value(json_object_get(answer, "error"));
        LauttaErrorCode code = LAUTTA_ERROR_SYSTEM; /* older agents sent a number */
        error_from_name(json_string_value(json_object_get(answer, "code")), &code);
        fail(error, code, "%s", message ? message : "the agent's answer is not JSON");
        return NULL;
}
