/*
 * probe: checks that only wait for the network, many at a time in one process
 * with one loop.  A kind that offers `start` (check.h) is written for that;
 * everything else has a process of its own.
 */
#ifndef TS_HEALTH_PROBE_H
#define TS_HEALTH_PROBE_H

#include "check.h"
#include "net/http.h"
#include "net/loop.h"

/* What a shared process and a lonely one are told to look at. */
struct probe_order {
	const struct check *const *check;
	size_t n;
	size_t parallel;	/* of them at a time */
	int64_t life_ms;	/* between two signs of life, at most */
};

/* What a check may need beyond its own timeout to say that it ran out. */
#define PROBE_GRACE_MS	500

/*
 * One of them, as `start` gets it.  Afterwards, once, and at the check's
 * timeout at the latest, the kind calls done; from inside of start too.
 */
struct probe {
	struct loop *loop;
	struct http_client *client;
	const struct check *check;
	struct check_result *result;
	void	(*done)(struct probe *p);
};

/* The check may run beside others in one process. */
bool	probe_shares(const struct check *c);

/*
 * Run them all and write to fd, as each is known, "INDEX RESULT\n"
 * (result_json.h); and an empty line now and then, as a sign of life.
 */
void	probe_all(const struct probe_order *order, int fd);

/*
 * One of those that share, in this process: what probe_all would write of it
 * is put at the end of out, unless the check never ends.
 */
void	probe_here(const struct check *c, struct buf *out);

#endif
