/*
 * ping: tell a dead-man switch (the healthchecks protocol) that a run began
 * and how it ended.  Each goes from a process of its own: it delays nothing
 * and fails nothing; one that did not arrive is a warning.
 */
#ifndef TS_MAINT_PING_H
#define TS_MAINT_PING_H

#include <sys/types.h>

#include "plan.h"

enum ping_event { PING_START, PING_SUCCESS, PING_FAIL };

/* Its process, 0 when there is none to wait for. */
pid_t	ping_send(const struct plan *p, enum ping_event ev, struct str rid,
	    struct str body);

/* Until it has ended. */
void	ping_wait(pid_t pid);

#endif
