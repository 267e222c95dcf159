/*
 * redis_info: fields, figures, metrics.
 */
#include "redis_info.h"

#include <math.h>

#include "core/num.h"
#include "host.h"

bool
redis_info_field(struct str info, struct str name, struct str *value)
{
	struct str line, key;

	while (host_line(&info, &line)) {
		*value = str_cut(line, ':', &key);
		if (value->p != NULL && str_eq(key, name)) {
			*value = str_trim(*value);
			return true;
		}
	}
	*value = STR_NONE;
	return false;
}

double
redis_info_number(struct str info, struct str name)
{
	struct str v;
	double n;

	return redis_info_field(info, name, &v) && num_parse_double(v, &n) ?
	    n : NAN;
}

static double
number(struct str info, const char *name)
{
	return redis_info_number(info, str_of(name));
}

/* k=v,k=v: the value of a key as a number */
static double
part(struct str list, const char *name)
{
	struct str one, key, value;
	double v;

	while (list.p != NULL) {
		list = str_cut(list, ',', &one);
		value = str_cut(one, '=', &key);
		if (str_eq(key, str_of(name)) && num_parse_double(value, &v))
			return v;
	}
	return NAN;
}

/* slave0:ip=…,port=…,state=online,offset=…,lag=0: the next of them */
static bool
next_replica(struct str *info, struct str *list)
{
	struct str line, key;

	while (host_line(info, &line)) {
		*list = str_trim(str_cut(line, ':', &key));
		if (str_starts(key, STR("slave")) && key.n > 5 &&
		    key.p[5] >= '0' && key.p[5] <= '9' &&
		    str_find(*list, STR("offset=")) >= 0)
			return true;
	}
	return false;
}

/* The worst of its replicas, or the time since a replica heard anything. */
static double
lag_seconds(struct str info)
{
	struct str rest = info, list;
	double worst = number(info, "master_last_io_seconds_ago");

	if (worst < 0)
		worst = number(info, "master_link_down_since_seconds");
	while (next_replica(&rest, &list))
		worst = fmax(worst, part(list, "lag"));
	return worst < 0 ? NAN : worst;
}

static double
lag_bytes(struct str info)
{
	double own = number(info, "master_repl_offset"), worst = NAN;
	double read = number(info, "slave_read_repl_offset");
	struct str rest = info, list;

	if (!isnan(read))
		return read - number(info, "slave_repl_offset");
	while (next_replica(&rest, &list))
		worst = fmax(worst, own - part(list, "offset"));
	return worst;
}

bool
redis_info_derived(struct str info, struct str name, double *v)
{
	double a, b;

	*v = NAN;
	if (str_eq(name, STR("memory_percent"))) {
		a = number(info, "used_memory");
		b = number(info, "maxmemory");
		*v = b > 0 ? a * 100 / b : NAN;
	} else if (str_eq(name, STR("hit_rate"))) {
		a = number(info, "keyspace_hits");
		b = number(info, "keyspace_misses");
		*v = a + b > 0 ? a * 100 / (a + b) : NAN;
	} else if (str_eq(name, STR("replication_lag_bytes"))) {
		*v = lag_bytes(info);
	} else if (str_eq(name, STR("replication_lag_seconds"))) {
		*v = lag_seconds(info);
	} else {
		return false;
	}
	return true;
}

/* ---- metrics ---- */

static const struct { const char *field, *metric; } metrics[] = {
	{ "connected_clients", "redis_connected_clients" },
	{ "blocked_clients", "redis_blocked_clients" },
	{ "maxclients", "redis_config_maxclients" },
	{ "used_memory", "redis_memory_used_bytes" },
	{ "used_memory_rss", "redis_memory_used_rss_bytes" },
	{ "used_memory_peak", "redis_memory_used_peak_bytes" },
	{ "maxmemory", "redis_memory_max_bytes" },
	{ "mem_fragmentation_ratio", "redis_mem_fragmentation_ratio" },
	{ "uptime_in_seconds", "redis_uptime_in_seconds" },
	{ "connected_slaves", "redis_connected_slaves" },
	{ "rejected_connections", "redis_rejected_connections_total" },
	{ "total_connections_received", "redis_connections_received_total" },
	{ "evicted_keys", "redis_evicted_keys_total" },
	{ "expired_keys", "redis_expired_keys_total" },
	{ "keyspace_hits", "redis_keyspace_hits_total" },
	{ "keyspace_misses", "redis_keyspace_misses_total" },
	{ "total_commands_processed", "redis_commands_processed_total" },
	{ "total_net_input_bytes", "redis_net_input_bytes_total" },
	{ "total_net_output_bytes", "redis_net_output_bytes_total" },
	{ "instantaneous_ops_per_sec", "redis_instantaneous_ops_per_sec" },
	{ "loading", "redis_loading_dump_file" },
	{ "rdb_changes_since_last_save", "redis_rdb_changes_since_last_save" },
	{ "rdb_last_save_time", "redis_rdb_last_save_timestamp_seconds" },
	{ "master_repl_offset", "redis_master_repl_offset" },
	{ "slave_repl_offset", "redis_slave_repl_offset" },
	{ "master_last_io_seconds_ago", "redis_master_last_io_seconds_ago" },
	{ "used_cpu_sys", "redis_cpu_sys_seconds_total" },
	{ "used_cpu_user", "redis_cpu_user_seconds_total" },
};

/* db0:keys=1,expires=0,avg_ttl=0 */
static bool
next_db(struct str *info, struct str *name, struct str *list)
{
	struct str line;

	while (host_line(info, &line)) {
		*list = str_trim(str_cut(line, ':', name));
		if (str_starts(*name, STR("db")) &&
		    str_starts(*list, STR("keys=")))
			return true;
	}
	return false;
}

static void
put_instance(struct str info, struct check_result *r)
{
	struct check_label l[2] = { { STR("redis_version"), STR_NONE },
	    { STR("role"), STR_NONE } };
	struct str v;

	if (redis_info_field(info, STR("redis_version"), &v))
		l[0].value = arena_str(r->arena, v);
	if (redis_info_field(info, STR("role"), &v))
		l[1].value = arena_str(r->arena, v);
	check_metric_labels(r, "redis_instance_info", l, 2, 1);
	if (redis_info_field(info, STR("master_link_status"), &v))
		check_metric(r, "redis_master_link_up", str_eq(v, STR("up")));
}

void
redis_info_metrics(struct str info, struct check_result *r)
{
	struct str rest, name, list, address;
	double v;
	size_t i;

	for (i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
		if (!isnan(v = number(info, metrics[i].field)))
			check_metric(r, metrics[i].metric, v);
	put_instance(info, r);
	for (rest = info; next_db(&rest, &name, &list);) {
		name = arena_str(r->arena, name);
		check_metric1(r, "redis_db_keys", "db", name,
		    part(list, "keys"));
		check_metric1(r, "redis_db_keys_expiring", "db", name,
		    part(list, "expires"));
	}
	for (rest = info; next_replica(&rest, &list);) {
		(void)str_cut(list, ',', &address);
		check_metric1(r, "redis_connected_slave_lag_seconds",
		    "slave_ip", arena_str(r->arena, str_sub(address, 3,
		    address.n)), part(list, "lag"));
	}
}

/* ---- data ---- */

static const struct {
	const char *part;
	const char *field[12];
} parts[] = {
	{ "server", { "redis_version", "redis_mode", "os", "process_id",
	    "tcp_port", "uptime_in_seconds", "role", "loading" } },
	{ "clients", { "connected_clients", "maxclients", "blocked_clients",
	    "rejected_connections", "total_connections_received" } },
	{ "memory", { "used_memory", "used_memory_rss", "used_memory_peak",
	    "maxmemory", "maxmemory_policy", "mem_fragmentation_ratio",
	    "evicted_keys", "expired_keys" } },
	{ "stats", { "total_commands_processed",
	    "instantaneous_ops_per_sec", "keyspace_hits", "keyspace_misses",
	    "total_net_input_bytes", "total_net_output_bytes",
	    "used_cpu_sys", "used_cpu_user" } },
	{ "persistence", { "rdb_last_save_time",
	    "rdb_changes_since_last_save", "rdb_last_bgsave_status",
	    "aof_enabled", "aof_last_write_status" } },
	{ "replication", { "role", "connected_slaves", "master_host",
	    "master_port", "master_link_status",
	    "master_last_io_seconds_ago", "master_repl_offset",
	    "slave_repl_offset", "slave_read_only" } },
};

static void
put_value(struct jw *w, struct str key, struct str value)
{
	double v;

	jw_key(w, key);
	if (num_parse_double(value, &v))
		jw_num(w, v);
	else
		jw_str(w, value);
}

/* A row of k=v,k=v under a name of its own. */
static void
put_list(struct jw *w, const char *key, struct str name, struct str list)
{
	struct str one, k, v;

	jw_obj(w);
	if (key != NULL)
		put_value(w, str_of(key), name);
	while (list.p != NULL) {
		list = str_cut(list, ',', &one);
		v = str_cut(one, '=', &k);
		if (v.p != NULL)
			put_value(w, k, v);
	}
	jw_obj_end(w);
}

void
redis_info_data(struct str info, struct jw *w)
{
	struct str rest, name, list, v;
	size_t i, k;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		jw_key(w, str_of(parts[i].part));
		jw_obj(w);
		for (k = 0; k < 12 && parts[i].field[k] != NULL; k++)
			if (redis_info_field(info, str_of(parts[i].field[k]),
			    &v))
				put_value(w, str_of(parts[i].field[k]), v);
		jw_obj_end(w);
	}
	jw_key(w, STR("replicas"));
	jw_arr(w);
	for (rest = info; next_replica(&rest, &list);)
		put_list(w, NULL, STR_NONE, list);
	jw_arr_end(w);
	jw_key(w, STR("keyspace"));
	jw_arr(w);
	for (rest = info; next_db(&rest, &name, &list);)
		put_list(w, "db", name, list);
	jw_arr_end(w);
}
