/*
 * pg_query: what PostgreSQL is asked about itself, by the version of the
 * server: columns came, went and changed their names.
 */
#ifndef TS_HEALTH_PG_QUERY_H
#define TS_HEALTH_PG_QUERY_H

#include <stdbool.h>

enum pg_role { PG_ANY, PG_PRIMARY, PG_STANDBY };

struct pg_query {
	const char *name;
	int min, max;		/* server_version_num, both included */
	enum pg_role on;
	/* One letter a parameter: t = bytes of a statement's text,
	   s = seconds that it must have lasted at least, m and l =
	   the timeouts of a statement and of a lock in ms */
	const char *params;
	const char *sql;
};

extern const struct pg_query pg_queries[];
extern const unsigned pg_nqueries;

/* The first of that name for the version; NULL = nothing to ask. */
const struct pg_query	*pg_query_find(const char *name, int version,
			    bool standby);

#endif
