/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a host does next: a pure function of what it shall have and what it has. It knows services; the Debian
 * packages of the host itself are apt's matter (lib/apt). */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "description.h"

typedef struct {
        char *name;
        uint64_t size_bytes;
} PlanVolume;

/* What lies on the disk of one version: image, description, roots. */
typedef struct {
        char *version;
        uint64_t disk_bytes; /* that forgetting it is sure to give back; 0 if nobody knows */
} PlanKept;

/* One version of a service: what its description says that a plan has to know. */
typedef struct {
        char *service;
        char *version;
        ServiceKind kind;
        bool as_container;     /* it is a container, or the list allows that it runs as one */
        uint64_t memory_bytes; /* that it takes of the host while it runs, swap left out */
        uint64_t disk_bytes;   /* that fetching and starting it takes yet, at most: of image, kernel, initrd,
                                * swap, root. What lies here already is not counted */
        uint64_t fetch_bytes;  /* that a fetch would bring, as far as is known; 0 with `fetched` */
        bool fetched;          /* image, kernel and initrd lie here, whole */
        bool exclusive;        /* no other version of it may run beside it, as its description says */
        unsigned priority;     /* 0 to 100; with too little of the host, the greater starts */
        GStrv needs;           /* services that must run before it starts; never NULL, as in the next */
        GStrv after;           /* services that start before it where they are wanted at all */
        GPtrArray *volumes;    /* PlanVolume */
        GArray *host_ports;    /* uint32_t: (protocol << 16) | port, that it wants forwarded */
        char *address;         /* IPv4 that it insists on, or NULL */
} PlanVersion;

PlanVersion *plan_version_new(const char *service, const char *version);
void plan_version_add_volume(PlanVersion *version, const char *name, uint64_t size_bytes);
void plan_version_free(PlanVersion *version);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PlanVersion, plan_version_free)

/* What the list, and who installed packages by hand, ask for. */
typedef struct {
        int64_t serial;        /* of the list in force; 0: none */
        bool may_install;      /* false: expired or no depot that is new enough: keep all as it is */
        const char *why_not;   /* then; borrowed */
        GPtrArray *services;   /* PlanVersion, each service once */
        GPtrArray *left_alone; /* char *: services that are not wanted, but may stay as they are */
} Want;

Want *want_new(void);
void want_free(Want *want);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Want, want_free)

/* A version that did not come up here. It may be tried again by a list with a higher serial. */
typedef struct {
        char *version;
        int64_t serial; /* of the list that asked for it */
} BadVersion;

/* For arrays that own theirs. */
void bad_version_free(void *version);

/* What the records and libvirt say of one service. */
typedef struct {
        char *service;
        PlanVersion *current;   /* the version that is meant to run; NULL: none has ever come up */
        PlanVersion *previous;  /* the one before it, kept for the way back; or NULL */
        PlanVersion *candidate; /* a start or update to it was begun and has not ended; or NULL */
        char *running;          /* the version that runs now, whole or half-way; NULL: none. Of two, the
                                 * current one */
        char *beside;           /* the other of two that run, which an update was killed between; or NULL */
        bool other_settings;    /* `running` was started with others than it shall have now */
        bool halted;            /* it crashed too often and is not to be started again by itself */
        GPtrArray *bad;         /* BadVersion */
        GPtrArray *volumes;     /* PlanVolume: that exist */
        GPtrArray *versions;    /* PlanKept: all of which anything lies on the disk */
} HaveService;

typedef struct {
        GPtrArray *services;   /* HaveService, each service once */
        uint64_t memory_bytes; /* for all services together */
        uint64_t disk_free_bytes;
        bool runs_containers; /* what the host's libvirt can do */
        bool runs_machines;
} Have;

HaveService *have_service_new(const char *service);
void have_service_add_version(HaveService *service, const char *version, uint64_t disk_bytes);
void have_service_add_bad(HaveService *service, const char *version, int64_t serial);
void have_service_add_volume(HaveService *service, const char *name, uint64_t size_bytes);
Have *have_new(void);
void have_free(Have *have);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Have, have_free)

typedef enum {
        STEP_FETCH, /* bring `version` here, checked; what runs is not touched */
        STEP_STOP, /* stop what runs of the service: another one takes its place, or its STEP_START follows */
        STEP_START,  /* start `version`, or find that it runs already, and check its health. It becomes the
                      * current one; what was that before, if another, the previous one. No other one runs */
        STEP_UPDATE, /* from `from` to `version`: with the way back, which starts `from` again. Stops what
                      * runs. Then `from` is the previous one */
        STEP_RETURN, /* an update to `version` was interrupted, and it is not wanted any more, or it was left
                      * running beside `from`: it is stopped, `from` runs or is started again, and it is no
                      * candidate any more */
        STEP_REMOVE, /* stop it and remove all of it but its volumes, its record too */
        STEP_FORGET, /* remove what lies here of `version`: not current, previous, candidate, or wanted */
} StepKind;

typedef struct {
        StepKind kind;
        char *service;
        char *version;  /* NULL for STEP_STOP and STEP_REMOVE */
        char *from;     /* of STEP_UPDATE: NULL if the version before is not here any more; of STEP_RETURN */
        uint64_t bytes; /* of STEP_FETCH: that it brings, as far as is known */
        bool beside;    /* of STEP_UPDATE: `from` runs, unless this plan has tried to start it and failed, and
                         * goes    on running until `version` is healthy: neither is exclusive, and memory
                         * suffices    for    both at that point of the plan */
        GStrv depends;  /* services: it is left out if an earlier step of one of them failed or was left out.
                         * Never NULL */
        bool may_fail;  /* its failure is told, and leaves out nothing */
        char *why;      /* half a sentence for people */
} Step;

/* What cannot be done, and what to do about it. */
typedef struct {
        char *service;
        char *message;
        bool blocks; /* what the list wants is not brought about; false: it is, and this is only told */
} Problem;

typedef struct {
        GPtrArray *steps; /* Step, in the order to do them. If one fails or is left out, the later ones of its
                           * service are left out, and those that name that in `depends`. Others go on */
        GPtrArray *problems; /* Problem, sorted by service */
} Plan;

/* Returns: owned plan of nothing. */
Plan *plan_new(void);
void plan_free(Plan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Plan, plan_free)

/* Pure; the rules are in docs/agent.md, "The plan". What comes out points to nothing of what went in. Doing
 * the steps and planning anew gives no step, whatever `have` was; and so does going on after some of them.
 * One more pass may follow for what waited for disk that is free only after them, or for memory that was held
 * for a running service which in the end has to stop; and where something made way that ran without being the
 * current version: only then does that come back. Nothing that runs and is wanted is stopped unless
 * something takes its place. */
Plan *plan_make(const Want *want, const Have *have);

/* Returns: constant "fetch", "stop", "start", "update", "return", "remove", "forget". */
const char *step_name(StepKind kind);
