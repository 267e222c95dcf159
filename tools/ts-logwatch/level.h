/*
 * level: the many spellings of a severity, and one normal form.
 */
#ifndef TS_LOGWATCH_LEVEL_H
#define TS_LOGWATCH_LEVEL_H

#include "core/str.h"

struct level {
	const char *name;	/* fatal error warn notice info debug trace */
	int rank;		/* 0 fatal .. 6 trace */
	int syslog;		/* severity, 0 .. 7 */
	int otlp;		/* severityNumber */
};

/*
 * Any spelling, any case, in brackets or not; syslog's words, glog's letters,
 * PostgreSQL's and Java's names, the numbers of pino and bunyan (10 … 60).
 * NULL: it names no level.
 */
const struct level	*level_find(struct str text);

/* By syslog severity 0 .. 7. */
const struct level	*level_of_syslog(int severity);

#endif
