/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a host does next, as a pure function of what it must have (Want) and what it has (Have). A plan is
 * about services; the Debian packages of the host itself are left to lib/apt. */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "description.h"

typedef struct {
        char *name;
        uint64_t size_bytes;
} PlanVolume;

/* The files of one version on the disk: image, description, roots. */
typedef struct {
        char *version;
        uint64_t disk_bytes; /* that STEP_FORGET gives back for sure; 0: unknown */
} PlanKept;

/* One version of a service: the part of its description that a plan depends on. */
typedef struct {
        char *service;
        char *version;
        ServiceKind kind;
        bool as_container;     /* it is a container, or the list allows it to run as one */
        uint64_t memory_bytes; /* of the host, while it runs; without swap */
        uint64_t disk_bytes;   /* at most, that fetching and starting it adds to the disk: image, kernel,
                                * initrd, swap, root. Files that are already here do not count */
        uint64_t fetch_bytes;  /* that a fetch transfers, as far as known; 0 if `fetched` */
        bool fetched;          /* image, kernel and initrd are here, whole */
        bool exclusive;        /* its description forbids another version next to it */
        unsigned priority;     /* 0 to 100; where the host has too little, the greater one starts */
        GStrv needs;           /* services that must run before it starts; never NULL */
        GStrv after;           /* services that start before it if they are wanted; never NULL */
        GPtrArray *volumes;    /* PlanVolume */
        GArray *host_ports;    /* uint32_t: (protocol << 16) | port of the host, forwarded to it */
        char *address;         /* IPv4 address that it must have, or NULL */
} PlanVersion;

PlanVersion *plan_version_new(const char *service, const char *version);
void plan_version_add_volume(PlanVersion *version, const char *name, uint64_t size_bytes);
void plan_version_free(PlanVersion *version);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PlanVersion, plan_version_free)

/* What the list asks for, and the service packages that were installed by hand. */
typedef struct {
        int64_t serial;        /* of the list in force; 0: none */
        bool may_install;      /* false: the list has expired, or no depot is new enough: change nothing */
        const char *why_not;   /* reason if `may_install` is false; borrowed */
        GPtrArray *services;   /* PlanVersion, each service once */
        GPtrArray *left_alone; /* char *: services that are not wanted, but may stay as they are */
} Want;

Want *want_new(void);
void want_free(Want *want);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Want, want_free)

/* A version that did not come up here. Only a list with a higher serial tries it again. */
typedef struct {
        char *version;
        int64_t serial; /* of the list that asked for it */
} BadVersion;

/* Free a BadVersion; for arrays that own them. */
void bad_version_free(void *version);

/* The state of one service, from its record and from libvirt. */
typedef struct {
        char *service;
        PlanVersion *current;   /* the version that is to run; NULL: none has ever come up */
        PlanVersion *previous;  /* the version before it, kept for the way back; or NULL */
        PlanVersion *candidate; /* a start of it or an update to it was begun and has not ended; or NULL */
        char *running;          /* the version that runs, whole or half started; NULL: none. If two run, the
                                 * current one */
        char *beside;           /* the second of two running versions, left by a killed update; or NULL */
        bool other_settings;    /* `running` was started with other settings than it must have now */
        bool halted;            /* it crashed too often and is not restarted automatically */
        GPtrArray *bad;         /* BadVersion */
        GPtrArray *volumes;     /* PlanVolume: the volumes on this host */
        GPtrArray *versions;    /* PlanKept: every version with files on the disk */
} HaveService;

typedef struct {
        GPtrArray *services;   /* HaveService, each service once */
        uint64_t memory_bytes; /* for all services together */
        uint64_t disk_free_bytes;
        bool runs_containers; /* the host's libvirt has that driver, as in the next */
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
        STEP_FETCH,  /* fetch and check `version`; the running version goes on */
        STEP_STOP,   /* stop the service: another one takes its place, or its own STEP_START follows */
        STEP_START,  /* start `version`, or find it running, and check its health. `version` becomes the
                      * current one; another current version becomes the previous one. No other one may run */
        STEP_UPDATE, /* replace `from` by `version`; if `version` fails, start `from` again (the way back).
                      * Stops the running version. `from` becomes the previous version */
        STEP_RETURN, /* end an interrupted update to `version`: stop `version`, which is no candidate any
                      * more. `from` goes on or is started again */
        STEP_REMOVE, /* stop the service and remove its versions and its record; volumes stay */
        STEP_FORGET, /* remove the files of `version`, which is not current, previous, candidate or wanted */
} StepKind;

typedef struct {
        StepKind kind;
        char *service;
        char *version;  /* NULL for STEP_STOP and STEP_REMOVE */
        char *from;     /* of STEP_UPDATE (NULL: the way back is not on the disk) and STEP_RETURN */
        uint64_t bytes; /* of STEP_FETCH: the transfer, as far as known */
        bool beside; /* of STEP_UPDATE: `from` runs until `version` is healthy, unless an earlier step failed
                         * to start `from`. Neither is exclusive; memory holds both at this step */
        GStrv depends; /* services; the step is skipped if an earlier step of one of them failed or was
                         * skipped. Never NULL */
        bool may_fail; /* a failure is reported, and no later step is skipped for it */
        char *why;     /* half a sentence for people */
} Step;

/* A wish that the plan cannot fulfil, and what to do about it. */
typedef struct {
        char *service;
        char *message;
        bool blocks; /* the host will not match its list; false: it will, and this is only reported */
} Problem;

typedef struct {
        GPtrArray *
                steps; /* Step, to be done in this order. After a failed or skipped step the later ones of its
                              * service are skipped, and those that name the service in `depends` */
        GPtrArray *problems; /* Problem, sorted by service */
} Plan;

/* Returns: owned empty plan. */
Plan *plan_new(void);
void plan_free(Plan *plan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Plan, plan_free)

/* Make the plan; pure. The rules are in docs/agent.md, "The plan". Returns: owned; it borrows nothing.
 *
 * When all steps are done, the next plan has no steps, whatever `have` was. When only some are done, the next
 * plan does the rest. Three things may take one pass more: disk that only this plan frees, memory that was
 * held for a running service which in the end has to stop, and a running version that made way and was not
 * the current one. A wanted service that runs is stopped only if another one takes its place. */
Plan *plan_make(const Want *want, const Have *have);

/* Returns: constant "fetch", "stop", "start", "update", "return", "remove", "forget". */
const char *step_name(StepKind kind);
