/*
 * probe: a question with yes or no as its answer; for gates between steps and
 * for the conditions of tasks.
 *
 *	http: URL		answers 2xx
 *	tcp: HOST:PORT		a connection is made
 *	closed: HOST:PORT	none is made
 *	check: [KIND, TARGET, KEY=VALUE ...]	ts-health KIND TARGET is healthy
 *	command: [ARGV]		exits 0
 *	exists: PATH, missing: PATH
 *	disk_free: {path: PATH, min: 5GiB}
 *
 * http, tcp and check ask ts-health, found beside this program or in PATH.
 */
#ifndef TS_MAINT_PROBE_H
#define TS_MAINT_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "yaml/fields.h"

struct work;

struct probe {
	struct str http, tcp, closed, exists, missing;
	struct ystrs check, command;
	struct { struct str path; int64_t min; } disk_free;
	const struct ynode *node;
};

#define PROBE_ROWS(at)							\
	YROW("http", YT_STR, (at) + offsetof(struct probe, http)),	\
	YROW("tcp", YT_STR, (at) + offsetof(struct probe, tcp)),	\
	YROW("closed", YT_STR, (at) + offsetof(struct probe, closed)),	\
	YROW("check", YT_STRLIST, (at) + offsetof(struct probe, check)), \
	YROW("command", YT_STRLIST, (at) + offsetof(struct probe, command)), \
	YROW("exists", YT_STR, (at) + offsetof(struct probe, exists)),	\
	YROW("missing", YT_STR, (at) + offsetof(struct probe, missing)), \
	YROW("disk_free", YT_STRUCT, (at) + offsetof(struct probe,	\
	    disk_free), .sub = &disk_free_fields)

extern const struct yfields disk_free_fields;

/* Nothing is asked: always yes. */
bool	probe_empty(const struct probe *p);

/* What is asked, for people: "http http://127.0.0.1:8080/health". */
struct str	probe_text(const struct probe *p, struct arena *a);

/*
 * All that is asked must be so.  1 yes; 0 no, *why says what (in w's arena);
 * takes at most about timeout_ms.
 */
int	probe_ask(struct work *w, const struct probe *p, int64_t timeout_ms,
	    struct str *why);

/* ---- if: ---- */

struct condition {
	struct probe probe;
	struct str task;	/* of the same plan */
	struct ystrs status;	/* it must have one of these; none: ok */
	bool set;
};

/* YT_CUSTOM: into a struct condition. */
int	condition_decode(const struct ynode *n, void *field, struct arena *a,
	    struct err *e);

/* ---- gate: ---- */

/*
 * It must answer yes `successes` times in a row, and for min_up, within
 * timeout; asked every interval.
 */
struct gate {
	struct probe probe;
	int64_t timeout_ms, interval_ms, min_up_ms, successes;
	bool set;
};

int	gate_decode(const struct ynode *n, void *field, struct arena *a,
	    struct err *e);
struct str	gate_text(const struct gate *g, struct arena *a);

/* 1, or 0 with *why; 0 too when the task was told to end. */
int	gate_wait(struct work *w, const struct gate *g, struct str *why);

#endif
