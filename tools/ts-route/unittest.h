/*
 * unittest: test files of alertmanager.yml, played in virtual time.
 *	unittest_file.c		the file, decoded
 *	unittest.c		the verb: files and reports
 *	unittest_run.c		one test: alerts and silences over time
 */
#ifndef TS_ROUTE_UNITTEST_H
#define TS_ROUTE_UNITTEST_H

#include "session.h"

/* An alert that fires from `from` to `to` (0: on and on). */
struct ut_alert {
	struct ypairs labels, annotations;
	int64_t from_ms, to_ms;
	const struct ynode *node;
};

struct ut_silence {
	struct ystrs matchers;
	struct str comment;
	int64_t from_ms, to_ms;
	const struct ynode *node;
};

/* Where an alert is at a time. */
struct ut_state {
	int64_t at_ms;
	struct ypairs alert;
	struct ystrs receivers, groups;
	struct str is;
	const struct ynode *node;
};

struct ut_notification {
	int64_t at_ms;
	struct str receiver, group;
	const struct ynode *firing, *resolved;	/* lists of label maps */
	const struct ynode *node;
};

struct ut_test {
	struct str name;
	int64_t start_ms, until_ms;
	struct ylist alerts;		/* struct ut_alert */
	struct ylist silences;		/* struct ut_silence */
	struct ylist states;		/* struct ut_state */
	struct ylist notifications;	/* struct ut_notification */
	const struct ynode *node;
};

struct ut_file {
	const char *path;
	struct ylist tests;		/* struct ut_test */
};

/* NULL with *e: file:line:col. */
struct ut_file	*ut_file_load(const char *path, struct arena *a,
		    struct err *e);

/*
 * Play one test; what differs is appended to failures.  -1 with *e when the
 * test itself is wrong.
 */
int	ut_test_run(const struct route_tool *rt, const struct ut_test *t,
	    struct buf *failures, struct err *e);

/* The verb test with -f. */
int	unittest_files(struct tool *t, int argc, char **argv);

#endif
