/*
 * service: services of a service manager, started and stopped with gates; for
 * the kinds service, deploy and rollback.
 *
 *	backend: auto | systemd | runit | command
 *	dir: /etc/service		runit: where the services stand
 *	wait: 30s			how long one may take to start or stop
 *	services:
 *	  - redis
 *	  - {name: api, gate: {http: URL}, stop_gate: {closed: HOST:PORT}}
 *	  - {name: x, start: [ARGV], stop: [ARGV], status: [ARGV]}
 */
#ifndef TS_MAINT_SERVICE_H
#define TS_MAINT_SERVICE_H

#include "task.h"

struct service {
	struct str name;
	struct gate gate, stop_gate;
	struct ystrs start, stop, status, reload;	/* command */
};

struct services;

/* A service manager is one row in service.c. */
struct service_backend {
	const char *name;
	/* 1 up, 0 down, -1 with *e */
	int	(*is_up)(struct work *w, const struct services *s,
		    const struct service *one, struct err *e);
	/* how: "start", "stop", "reload" */
	int	(*act)(struct work *w, const struct services *s,
		    const struct service *one, const char *how,
		    struct err *e);
};

struct services {
	struct str backend_word, dir;
	const struct ynode *list_node;
	int64_t wait_ms;
	struct service *p;
	size_t n;
	const struct service_backend *backend;
};

#define SERVICES_ROWS(at)						\
	YROW("backend", YT_STR, (at) + offsetof(struct services,	\
	    backend_word), .dflt = "auto"),				\
	YROW("dir", YT_STR, (at) + offsetof(struct services, dir),	\
	    .dflt = "/etc/service"),					\
	YROW("wait", YT_DURATION, (at) + offsetof(struct services, wait_ms), \
	    .dflt = "30s"),						\
	YROW("services", YT_RAW, (at) + offsetof(struct services,	\
	    list_node))

/* The list and the manager. */
int	services_configure(struct services *s, const struct ynode *n,
	    struct arena *a, struct err *e);

int	service_is_up(struct work *w, const struct services *s,
	    const struct service *one, struct err *e);

/*
 * Bring it up, or down, and wait for its gate (stop_gate).  Nothing is done
 * when it is so already; the gate is asked all the same.  0, or -1 with *e.
 */
int	service_set(struct work *w, const struct services *s,
	    const struct service *one, bool up, struct err *e);
int	service_restart(struct work *w, const struct services *s,
	    const struct service *one, struct err *e);
int	service_reload(struct work *w, const struct services *s,
	    const struct service *one, struct err *e);

/*
 * As it was before: up with its gate holding (restarted once when that does
 * not), or down.
 */
int	service_restore(struct work *w, const struct services *s,
	    const struct service *one, bool up, struct err *e);

#endif
