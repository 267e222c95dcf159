/*
 * health/proc/traps.jsonl: odd files of the kernel, and what they mean.
 */
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../tools/ts-health/cgroup.h"
#include "../../tools/ts-health/host_mounts.h"
#include "../../tools/ts-health/host.h"
#include "../../tools/ts-health/procfs.h"
#include "conf.h"
#include "core/io.h"
#include "core/num.h"
#include "json/tree.h"
#include "../unit/rmtree.h"

static struct arena arena;

/* The text of a case's file, p NULL without one. */
static struct str
file_of(const json_t *row, const char *path)
{
	return json_get_str(json_object_get(row, "files"), path);
}

static json_t *
number(double v)
{
	if (isnan(v))
		return json_null();
	return v == floor(v) && fabs(v) < 9e15 ? json_integer((json_int_t)v) :
	    json_real(v);
}

static json_t *
text(struct str s)
{
	return json_stringn(s.n ? s.p : "", s.n);
}

/* ---- one reader each: what the case's file says, as its `expect` has it ---- */

static json_t *
read_stat(const json_t *row)
{
	const char *path;
	json_t *v, *o = NULL;
	struct proc_stat p;
	char state[2] = { 0 };

	json_object_foreach(json_object_get(row, "files"), path, v) {
		int64_t pid = strtoll(path + 5, NULL, 10);

		if (!str_ends(str_of(path), STR("/stat")))
			return json_pack("{s:I, s:b}", "pid", (json_int_t)pid,
			    "skip", 1);
		if (!proc_stat_parse((struct str){ json_string_value(v),
		    json_string_length(v) }, &p))
			return json_null();
		state[0] = p.state;
		o = json_pack("{s:I, s:o, s:s, s:I, s:o, s:o, s:o, s:o, s:o, "
		    "s:o}", "pid", (json_int_t)pid, "comm", text(p.comm),
		    "state", state, "ppid", (json_int_t)p.ppid,
		    "utime_ticks", number(p.utime_ticks), "stime_ticks",
		    number(p.stime_ticks), "threads", number(p.threads),
		    "starttime_ticks", number(p.start_ticks), "vsize",
		    number(p.vsize), "rss_pages", number(p.rss_pages));
	}
	return o;
}

/* A number that `ts-health host` prints for a file. */
static double
host_value(int (*collect)(struct host *, struct err *), const char *dir,
    const char *metric)
{
	struct buf out = { 0 };
	struct host h = { .procfs = dir, .sysfs = dir, .rootfs = dir,
	    .format = &host_text, .out = &out };
	struct str all, line;
	struct err e;
	double v = NAN;

	(void)collect(&h, &e);
	for (all = buf_str(&out); host_line(&all, &line);)
		if (str_eq(host_word(&line), str_of(metric)))
			(void)host_number(host_word(&line), &v);
	buf_release(&out);
	arena_free(&h.arena);
	return v;
}

static json_t *
read_meminfo(const json_t *row, const char *dir)
{
	struct str proc = arena_printf(&arena, "%s/proc", dir);
	json_t *o = json_object();
	struct meminfo m;

	if (!meminfo_parse(file_of(row, "proc/meminfo"), &m))
		return o;
	(void)json_object_set_new(o, "total", number(m.total));
	(void)json_object_set_new(o, "available", m.estimated ? json_null() :
	    number(m.available));
	(void)json_object_set_new(o, "available_estimate",
	    number(m.available));
	(void)json_object_set_new(o, "swap_total", number(m.swap_total));
	(void)json_object_set_new(o, "swap_used_percent", number(
	    m.swap_total > 0 ? (m.swap_total - m.swap_free) * 100 /
	    m.swap_total : NAN));
	(void)json_object_set_new(o, "hugepages_total", number(host_value(
	    host_meminfo, proc.p, "node_memory_HugePages_Total")));
	return o;
}

static json_t *
read_cpus(const json_t *row)
{
	struct cpu_times *all, *later;
	size_t i, n;
	uint64_t id;
	json_t *ids = json_array();

	if (file_of(row, "proc/stat").p == NULL) {
		json_decref(ids);
		(void)cpu_times_parse(file_of(row, "proc/stat@0"), &arena,
		    &all);
		(void)cpu_times_parse(file_of(row, "proc/stat@1"), &arena,
		    &later);
		return json_pack("{s:f}", "cpu0_busy_percent",
		    cpu_share(all, later).busy);
	}
	n = cpu_times_parse(file_of(row, "proc/stat"), &arena, &all);
	for (i = 0; i < n; i++)
		if (num_parse_u64(str_sub(all[i].name, 3, all[i].name.n),
		    1 << 20, &id))
			(void)json_array_append_new(ids, number((double)id));
	return json_pack("{s:o}", "cpu_ids", ids);
}

static json_t *
read_mounts(const json_t *row)
{
	json_t *mounts = json_array(), *visible = json_array();
	struct mount *m;
	size_t i, n = mounts_parse(file_of(row, "proc/self/mountinfo"), "/",
	    &arena, &m);

	for (i = 0; i < n; i++) {
		(void)json_array_append_new(mounts, json_pack(
		    "{s:o, s:o, s:o, s:b}", "mountpoint", text(m[i].point),
		    "fstype", text(m[i].fstype), "source", text(m[i].device),
		    "ro", m[i].readonly));
		(void)json_array_append_new(visible, text(arena_printf(&arena,
		    STR_FMT " " STR_FMT, STR_ARG(m[i].point),
		    STR_ARG(m[i].fstype))));
	}
	return json_pack("{s:o, s:o}", "mounts", mounts, "visible", visible);
}

static json_t *
read_disks(const json_t *row, const char *dir)
{
	static const struct { const char *key, *metric; } rows[] = {
		{ "reads", "reads_completed_total" },
		{ "reads_merged", "reads_merged_total" },
		{ "read_bytes", "read_bytes_total" },
		{ "read_s", "read_time_seconds_total" },
		{ "writes", "writes_completed_total" },
		{ "writes_merged", "writes_merged_total" },
		{ "written_bytes", "written_bytes_total" },
		{ "write_s", "write_time_seconds_total" },
		{ "io_now", "io_now" }, { "io_s", "io_time_seconds_total" },
		{ "io_weighted_s", "io_time_weighted_seconds_total" },
	};
	struct str proc = arena_printf(&arena, "%s/proc", dir);
	json_t *o = json_object();
	const char *device;
	json_t *v;
	size_t i;

	json_object_foreach(json_object_get(row, "expect"), device, v) {
		json_t *one = json_object();

		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
			(void)json_object_set_new(one, rows[i].key, number(
			    host_value(host_diskstats, proc.p, arena_printf(
			    &arena, "node_disk_%s{device=\"%s\"}",
			    rows[i].metric, device).p)));
		(void)json_object_set_new(o, device, one);
	}
	return o;
}

static json_t *
read_network(const json_t *row)
{
	struct net_device *d;
	json_t *devices = json_object();
	size_t i, n = net_devices_parse(file_of(row, "proc/net/dev"), &arena,
	    &d);

	for (i = 0; i < n; i++)
		(void)json_object_set_new(devices, arena_cstr(&arena,
		    d[i].name), json_pack("{s:o, s:o, s:o, s:o}", "rx_bytes",
		    number(d[i].counter[NET_RX_BYTES]), "tx_bytes",
		    number(d[i].counter[NET_TX_BYTES]), "rx_errs",
		    number(d[i].counter[NET_RX_ERRS]), "rx_drop",
		    number(d[i].counter[NET_RX_DROP])));
	return json_pack("{s:o}", "devices", devices);
}

static json_t *
read_cgroup(const char *dir)
{
	struct str proc = arena_printf(&arena, "%s/proc", dir);
	struct str sys = arena_printf(&arena, "%s/sys", dir);
	struct cgroup g;
	struct err e;

	if (cgroup_read(proc.p, sys.p, dir, &arena, &g, &e) != 1)
		return json_null();
	return json_pack("{s:i, s:o, s:o, s:o, s:o, s:o}", "version",
	    g.version, "memory_limit", number(g.memory_limit), "memory_used",
	    number(g.memory_used), "cpu_limit", number(g.cpu_limit),
	    "cpu_usage_s", number(g.cpu_usage_s), "throttled_s",
	    number(g.throttled_s));
}

static double
psi(struct str s, const char *line, const char *word)
{
	double v;

	return psi_value(s, str_of(line), word, &v) ? v : NAN;
}

static json_t *
read_pressure(const json_t *row)
{
	struct str s = file_of(row, "proc/pressure/cpu");

	return json_pack("{s:{s:o, s:o, s:o}}", "cpu", "some_avg10",
	    number(psi(s, "some", "avg10")), "some_total_s",
	    number(psi(s, "some", "total") / 1e6), "full_avg10",
	    number(psi(s, "full", "avg10")));
}

static json_t *
read_swaps(const json_t *row)
{
	struct swap_area *all;
	json_t *out = json_array();
	size_t i, n = swaps_parse(file_of(row, "proc/swaps"), &arena, &all);

	for (i = 0; i < n; i++)
		(void)json_array_append_new(out, json_pack("{s:o, s:o, s:o}",
		    "file", text(all[i].file), "size", number(all[i].size),
		    "used", number(all[i].used)));
	return json_pack("{s:o}", "swaps", out);
}

static json_t *
read_uptime(const json_t *row)
{
	struct str s = file_of(row, "proc/uptime");
	double v = NAN;

	(void)host_number(host_word(&s), &v);
	return json_pack("{s:o}", "uptime_s", number(v));
}

/* ---- */

/* All that is wanted is there, and equal: numbers to their last digits. */
static bool
covers(const json_t *want, const json_t *got)
{
	const char *key;
	json_t *v;
	size_t i;

	if (json_is_object(want)) {
		json_object_foreach((json_t *)(uintptr_t)want, key, v)
			if (!covers(v, json_object_get(got, key)))
				return false;
		return json_is_object(got);
	}
	if (json_is_array(want)) {
		json_array_foreach(want, i, v)
			if (!covers(v, json_array_get(got, i)))
				return false;
		return json_array_size(want) == json_array_size(got);
	}
	if (json_is_number(want) && json_is_number(got))
		return fabs(json_number_value(want) -
		    json_number_value(got)) <=
		    fabs(json_number_value(want)) * 1e-7 + 1e-12;
	return got != NULL && json_equal(want, got);
}

static json_t *
read_case(const json_t *row, const char *dir)
{
	json_t *files = json_object_get(row, "files");
	const char *path = json_object_iter_key(json_object_iter(files));

	if (json_object_get(files, "proc/self/cgroup"))
		return read_cgroup(dir);
	if (json_object_get(files, "proc/meminfo"))
		return read_meminfo(row, dir);
	if (json_object_get(files, "proc/stat") ||
	    json_object_get(files, "proc/stat@0"))
		return read_cpus(row);
	if (json_object_get(files, "proc/self/mountinfo"))
		return read_mounts(row);
	if (json_object_get(files, "proc/diskstats"))
		return read_disks(row, dir);
	if (json_object_get(files, "proc/net/dev"))
		return read_network(row);
	if (json_object_get(files, "proc/pressure/cpu"))
		return read_pressure(row);
	if (json_object_get(files, "proc/swaps"))
		return read_swaps(row);
	if (json_object_get(files, "proc/uptime"))
		return read_uptime(row);
	return path && str_starts(str_of(path), STR("proc/")) ?
	    read_stat(row) : NULL;
}

static void
put_files(const json_t *row, const char *dir)
{
	const char *path;
	struct err e;
	json_t *v;

	json_object_foreach(json_object_get(row, "files"), path, v) {
		struct str full = arena_printf(&arena, "%s/%s", dir, path);
		char *folder = arena_cstr(&arena, full);

		*strrchr(folder, '/') = '\0';
		(void)io_make_dirs(folder, 0777, &e);
		(void)io_replace_file(full.p, (struct str){
		    json_string_value(v), json_string_length(v) }, &e);
	}
}

static void
trap_row(struct conf *c, const json_t *row, const char *name, void *arg)
{
	const json_t *want = json_object_get(row, "expect");
	struct str dir = arena_printf(&arena, "%s/%s", (const char *)arg,
	    name);
	struct buf a = { 0 }, b = { 0 };
	json_t *got;

	put_files(row, dir.p);
	got = read_case(row, dir.p);
	if (got == NULL) {
		conf_fail(c, name, STR("a reader"), STR("no such file known"));
	} else if (covers(want, got)) {
		conf_pass(c);
	} else {
		(void)json_put_tree(&a, want);
		(void)json_put_tree(&b, got);
		conf_fail(c, name, buf_str(&a), buf_str(&b));
	}
	json_decref(got);
	buf_release(&a);
	buf_release(&b);
}

int
main(int argc, char **argv)
{
	char dir[] = "/tmp/conf_health_proc.XXXXXX";
	struct conf c;
	int rc;

	conf_init(&c, argc, argv);
	if (mkdtemp(dir) == NULL)
		return 2;
	conf_jsonl(&c, "health/proc/traps.jsonl", trap_row, dir);
	rc = conf_finish(&c);
	if (rmtree(dir) == -1)
		rc = 2;
	arena_free(&arena);
	return rc;
}
