/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The control socket of a running agent: /run/lautta/agent.sock, for root alone. A client sends one line, a
 * JSON object with "command", and gets one line back, an object with "ok"; then the connection ends. */
#pragma once

#include <glib.h>
#include <stdbool.h>

#include "record.h"

enum { CONTROL_REQUEST_MAX_BYTES = 4096, CONTROL_CLIENTS_MAX = 64, CONTROL_REQUEST_TIMEOUT_S = 10 };

typedef struct Control Control;

/* One request that waits for its answer. */
typedef struct ControlClient ControlClient;

/* Called on the thread of the main loop. The answer may come later, even if the client has gone meanwhile. */
typedef void (*ControlHandler)(void *user, const char *command, const json_t *request, ControlClient *client);

/* Listen at `path`, in place of a socket that a killed agent left there; served by the default main context.
 * Errors: SYSTEM. */
Control *control_new(const char *path, ControlHandler handler, void *user, GError **error);
void control_free(Control *control);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Control, control_free)

/* Answer with `object` (taken over), exactly once. */
void control_answer(ControlClient *client, json_t *object);
void control_answer_error(ControlClient *client, const GError *error);

/* The client's side: ask the agent that listens at `path`, and wait up to `timeout_s` (0: for ever). Returns:
 * owned answer. Errors: NOT_FOUND if no agent runs, TRY_AGAIN if it does not answer; the error of its answer. */
json_t *control_ask(const char *path, json_t *request, unsigned timeout_s, GError **error);
