/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes the plan's view of a version from its stored description and images. */
#pragma once

#include "agent.h"
#include "list.h"
#include "plan.h"

/* Returns: owned; `list` may be NULL. */
PlanVersion *plan_input_version(const Agent *agent, const Stored *stored, const List *list);

/* plan_input_version() of a version whose description may be lost; the result is then little more than a name. */
PlanVersion *plan_input_load_version(const Agent *agent, const char *service, const char *version,
                                     const List *list);
