/*
 * kinds: one row each, in check_<kind>.c.
 */
#ifndef TS_HEALTH_KINDS_H
#define TS_HEALTH_KINDS_H

#include "check.h"

extern const struct check_kind check_cert, check_command, check_container,
    check_cpu, check_disk, check_dns, check_docker, check_file,
    check_heartbeat, check_http, check_icmp, check_load, check_memory,
    check_network, check_postgres, check_process, check_redis, check_system,
    check_tcp, check_unit;

/* Rows of a kind and its yfields: KIND_FIELDS(http, struct http_check). */
#define KIND_FIELDS(kind, type)						\
	static const struct yfields kind##_fields = {			\
		.name = #kind " check", .size = sizeof(type),		\
		.row = rows, .n = sizeof(rows) / sizeof(rows[0]),	\
	}

#define RANGE_ROW(key, type, field)					\
	YROW(key, YT_CUSTOM, offsetof(type, field), .decode = range_decode)

#define BYTES_ROW(key, type, field)					\
	YROW(key, YT_CUSTOM, offsetof(type, field),			\
	    .decode = range_bytes_decode)

/* The text of procfs/name; what cannot be read is said. */
bool	proc_text(const struct check *c, const char *name,
	    struct check_result *r, struct str *text);

#endif
