/*
 * redis_info: what INFO of a Redis server tells.
 */
#ifndef TS_HEALTH_REDIS_INFO_H
#define TS_HEALTH_REDIS_INFO_H

#include "check.h"
#include "json/write.h"

/* The value of a field; false when this server does not tell it. */
bool	redis_info_field(struct str info, struct str name, struct str *value);

/* NaN when it is absent or no number. */
double	redis_info_number(struct str info, struct str name);

/*
 * A figure made of some fields: memory_percent, hit_rate,
 * replication_lag_bytes, replication_lag_seconds; NaN when there is nothing to
 * be a share of (no maxmemory).  False when name is none of them.
 */
bool	redis_info_derived(struct str info, struct str name, double *v);

/* The numbers under redis_exporter's names. */
void	redis_info_metrics(struct str info, struct check_result *r);

/*
 * The parts of data for people: server, clients, memory, stats, replication,
 * replicas, keyspace; each field that the server tells.
 */
void	redis_info_data(struct str info, struct jw *w);

#endif
