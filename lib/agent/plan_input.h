/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From what lies here of a version to what a plan has to know of it. */
#pragma once

#include "agent.h"
#include "list.h"
#include "plan.h"

/* Returns: owned; `list` may be NULL. */
PlanVersion *plan_input_version(const Agent *agent, const Stored *stored, const List *list);

/* The same of a version whose description may be lost; then there is little more than its name. */
PlanVersion *plan_input_load_version(const Agent *agent, const char *service, const char *version,
                                     const List *list);
