/*
 * docker: the Engine API of Docker and Podman over its socket, and what its
 * answers mean.
 */
#ifndef TS_HEALTH_DOCKER_H
#define TS_HEALTH_DOCKER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "check_status.h"
#include "core/arena.h"
#include "core/err.h"
#include "net/http.h"

#define DOCKER_SOCKET		"/var/run/docker.sock"
#define DOCKER_CONTAINERS_MAX	1000

/* ---- what answers mean ---- */

/*
 * .State of an inspected container: running is well, unless its health check
 * says otherwise; none is needed.  *health is that of the check, p NULL
 * without one (Podman then says ""); *why for people.
 */
enum check_status	docker_state(const json_t *state, bool exit_ok,
			    struct arena *a, struct str *health,
			    struct str *why);

/* NaN: not told, or not known. */
struct docker_usage {
	double cpu_percent;	/* of one processor, as `docker stats` has it */
	double memory_usage;	/* bytes, with page cache */
	double memory_used, memory_limit;	/* without */
	double cpu_s;
	double rx, tx, read, written;	/* bytes */
	double pids;
};

/*
 * One answer of …/stats, and the cpu_stats of one before (NULL: none).
 * The CPU share is that of docker's CLI: the container's time by that of all
 * processors, times their number.  cgroup 1 counts the page cache of the
 * children too (total_inactive_file).
 */
struct docker_usage	docker_usage(const json_t *stats, const json_t *before);

/*
 * The CPU share from two answers by the time between them.  Podman needs it:
 * its system_cpu_usage is what all processors have worked, without idling,
 * so by docker's formula one busy container has them all.
 */
double	docker_cpu_by_time(const json_t *now, const json_t *before);

/* ---- asking ---- */

struct docker {
	struct str socket;	/* a path; or empty */
	struct str base;	/* http://docker, or http(s)://host:port */
	struct http_config config;
	int64_t until_ms;	/* monotonic: for all of it */
	struct arena *arena;
	struct str prefix;	/* "/v1.41", or nothing */
	bool podman;		/* docker_hello: what answers is Podman */
};

/*
 * unix:///path, tcp://host:port, http(s)://host:port, or a path.  False when
 * it is neither.
 */
bool	docker_address(struct str s, struct docker *d);

/*
 * Which version of the API both speak; 0, or -1 with *e (ERR_SYS when we may
 * not open the socket).
 */
int	docker_hello(struct docker *d, struct err *e);

/*
 * Ask for all paths at once; got[i] is the answer as a tree that the caller
 * owns, or NULL with why[i].  status 404 and such are errors with the
 * engine's own message.
 */
void	docker_get(struct docker *d, const struct str *path, size_t n,
	    json_t **got, struct err *why);

#endif
