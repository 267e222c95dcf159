/*
 * check_system: the machine as a whole in one line: processors, memory,
 * disks, network, processes by name.  Its data have the names of the guide's
 * ResourceMonitor.
 */
#include <ctype.h>
#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/clk.h"
#include "core/dur.h"
#include "core/utf8.h"
#include "host.h"
#include "host_mounts.h"
#include "json/write.h"
#include "kinds.h"
#include "procfs.h"

#define PROCESSES_MAX	1000

struct system_check {
	struct check check;
	struct str processes;
	int64_t sample_ms, mount_timeout_ms;
	struct range cpu_warn, cpu_crit, memory_warn, memory_crit;
	struct range swap_warn, swap_crit, disk_warn, disk_crit;
	struct range load_warn, load_crit;
};

#define T	struct system_check
static const struct yfield rows[] = {
	CHECK_ROWS,
	YROW("processes", YT_STR, offsetof(T, processes),
	    .dflt = "truststram"),
	YROW("sample", YT_DURATION, offsetof(T, sample_ms), .dflt = "1s"),
	YROW("mount_timeout", YT_DURATION, offsetof(T, mount_timeout_ms),
	    .dflt = "2s"),
	RANGE_ROW("cpu_warn", T, cpu_warn),
	RANGE_ROW("cpu_crit", T, cpu_crit),
	RANGE_ROW("memory_warn", T, memory_warn),
	RANGE_ROW("memory_crit", T, memory_crit),
	RANGE_ROW("swap_warn", T, swap_warn),
	RANGE_ROW("swap_crit", T, swap_crit),
	RANGE_ROW("disk_warn", T, disk_warn),
	RANGE_ROW("disk_crit", T, disk_crit),
	RANGE_ROW("load_warn", T, load_warn),
	RANGE_ROW("load_crit", T, load_crit),
};
KIND_FIELDS(system, T);
#undef T

static int
system_configure(struct check *c, struct arena *a, struct err *e)
{
	const struct system_check *s = (const struct system_check *)c;

	(void)a;
	if (s->sample_ms <= 0 || s->sample_ms >= c->timeout_ms)
		return ynode_err(c->node, e, "'sample' must be shorter than "
		    "the timeout");
	return 0;
}

/* ---- what is looked at twice ---- */

struct process {
	int64_t pid;
	struct str name;
	double ticks, start_ticks, rss;
};

struct look {
	struct cpu_times *cpu;
	size_t ncpu, nprocess;
	struct process *process;
	double at_s;
};

/* The whole name: the kernel cuts it at 15 bytes, argv[0] has all of it. */
static struct str
full_name(const struct check *c, const char *pid, struct str comm,
    struct arena *a)
{
	struct str path = arena_printf(a, "%s/cmdline", pid), text, first;
	struct err e;
	size_t n;

	if (comm.n < 15 || proc_read(c->procfs, path.p, a, &text, &e) != 1)
		return comm;
	(void)str_cut(text, '\0', &first);
	for (n = first.n; n > 0 && first.p[n - 1] != '/'; n--)
		continue;
	first = str_sub(first, n, first.n);
	return str_starts(first, comm) ? first : comm;
}

static void
look_at_processes(const struct system_check *s, struct arena *a,
    struct look *out)
{
	const struct check *c = &s->check;
	DIR *dir = opendir(c->procfs);
	struct proc_stat stat;
	struct dirent *d;
	struct str path, text, name;
	struct err e;

	out->process = ARENA_ARRAY(a, PROCESSES_MAX, struct process);
	while (dir != NULL && s->processes.n && (d = readdir(dir)) != NULL &&
	    out->nprocess < PROCESSES_MAX) {
		if (!isdigit((unsigned char)d->d_name[0]))
			continue;
		path = arena_printf(a, "%s/stat", d->d_name);
		/* One that went meanwhile is no error. */
		if (proc_read(c->procfs, path.p, a, &text, &e) != 1 ||
		    !proc_stat_parse(text, &stat))
			continue;
		name = full_name(c, d->d_name, stat.comm, a);
		if (!proc_named(name, s->processes))
			continue;
		out->process[out->nprocess++] = (struct process){
		    strtoll(d->d_name, NULL, 10), name,
		    stat.utime_ticks + stat.stime_ticks, stat.start_ticks,
		    stat.rss_pages * (double)sysconf(_SC_PAGESIZE) };
	}
	if (dir != NULL)
		(void)closedir(dir);
}

static bool
look(const struct system_check *s, struct check_result *r, struct look *out)
{
	struct str text;

	*out = (struct look){ .at_s = clk_mono_s() };
	if (!proc_text(&s->check, "stat", r, &text))
		return false;
	out->ncpu = cpu_times_parse(text, r->arena, &out->cpu);
	look_at_processes(s, r->arena, out);
	if (out->ncpu == 0)
		check_say(r, CHECK_UNKNOWN, "no cpu line in stat");
	return out->ncpu > 0;
}

/* ---- the parts of the line ---- */

/* One digit behind the point is as good as two looks are. */
static void
put_percent(struct jw *w, const char *key, double v)
{
	jw_key(w, str_of(key));
	jw_num(w, round(v * 10) / 10);
}

static void
put_bytes(struct jw *w, const char *key, double v)
{
	jw_key(w, str_of(key));
	jw_num(w, v);
}

static void
put_cpu(const struct system_check *s, const struct look *a,
    const struct look *b, struct jw *w, struct check_result *r)
{
	struct str text, word;
	double busy = cpu_share(&a->cpu[0], &b->cpu[0]).busy, load[3];
	size_t i, n = b->ncpu > 1 ? b->ncpu - 1 : 1;

	check_measure(r, STR("cpu"), busy, "%", &s->cpu_warn, &s->cpu_crit,
	    "CPU usage");
	jw_key(w, STR("cpu"));
	jw_obj(w);
	put_percent(w, "overall", busy);
	jw_key(w, STR("per_core"));
	jw_arr(w);
	for (i = 1; i < b->ncpu && i < a->ncpu; i++)
		jw_num(w, round(cpu_share(&a->cpu[i], &b->cpu[i]).busy * 10) /
		    10);
	jw_arr_end(w);
	jw_key(w, STR("load_average"));
	jw_arr(w);
	if (proc_text(&s->check, "loadavg", r, &text))
		for (i = 0; i < 3; i++) {
			word = host_word(&text);
			if (host_number(word, &load[i]))
				jw_num(w, load[i]);
			if (i == 0)
				check_measure(r, STR("load1"), load[0] /
				    (double)n, "", &s->load_warn,
				    &s->load_crit, "load per processor");
		}
	jw_arr_end(w);
	jw_obj_end(w);
}

static double
percent(double a, double b)
{
	return b > 0 ? a * 100 / b : 0;
}

static bool
put_memory(const struct system_check *s, struct jw *w,
    struct check_result *r, double *total)
{
	struct meminfo m;
	struct str text;
	double used, swap;

	if (!proc_text(&s->check, "meminfo", r, &text))
		return false;
	if (!meminfo_parse(text, &m)) {
		check_say(r, CHECK_UNKNOWN, "meminfo lacks MemTotal");
		return false;
	}
	*total = m.total;
	used = m.total - m.available;
	swap = m.swap_total - m.swap_free;
	check_measure(r, STR("memory"), percent(used, m.total), "%",
	    &s->memory_warn, &s->memory_crit, "memory usage");
	if (m.swap_total > 0)
		check_measure(r, STR("swap"), percent(swap, m.swap_total),
		    "%", &s->swap_warn, &s->swap_crit, "swap usage");
	jw_key(w, STR("memory"));
	jw_obj(w);
	put_bytes(w, "total", m.total);
	put_bytes(w, "available", m.available);
	put_percent(w, "percent", percent(used, m.total));
	put_bytes(w, "used", used);
	put_bytes(w, "free", m.free);
	put_bytes(w, "swap_total", m.swap_total);
	put_bytes(w, "swap_used", swap);
	put_percent(w, "swap_percent", percent(swap, m.swap_total));
	jw_obj_end(w);
	return true;
}

static void
put_disk(const struct system_check *s, const struct mount *m, struct jw *w,
    struct check_result *r)
{
	double unit = (double)m->stat.f_frsize;
	double size = (double)m->stat.f_blocks * unit;
	double free = (double)m->stat.f_bavail * unit;
	double used = size - (double)m->stat.f_bfree * unit;
	struct str label = arena_printf(r->arena, "disk_" STR_FMT,
	    STR_ARG(m->point));
	struct str what = arena_printf(r->arena, "usage of " STR_FMT,
	    STR_ARG(m->point));

	if (m->error == NULL && size == 0)
		return;		/* no place of its own: proc and such */
	jw_key(w, m->point);
	jw_obj(w);
	if (m->error != NULL) {
		check_say(r, CHECK_FAIL, STR_FMT ": %s", STR_ARG(m->point),
		    m->error);
		jw_key(w, STR("error"));
		jw_str(w, str_of(m->error));
	} else {
		check_measure(r, label, percent(used, used + free), "%",
		    &s->disk_warn, &s->disk_crit, what.p);
		put_bytes(w, "total", size);
		put_bytes(w, "used", used);
		put_bytes(w, "free", free);
		put_percent(w, "percent", percent(used, used + free));
	}
	jw_obj_end(w);
}

static void
put_disks(const struct system_check *s, struct jw *w, struct check_result *r)
{
	struct mount *m;
	struct str text;
	size_t i, n;

	jw_key(w, STR("disk"));
	jw_obj(w);
	if (proc_text(&s->check, "self/mountinfo", r, &text)) {
		n = mounts_parse(text, s->check.rootfs, r->arena, &m);
		mounts_stat(m, n, s->mount_timeout_ms, statvfs);
		for (i = 0; i < n; i++)
			put_disk(s, &m[i], w, r);
	}
	jw_obj_end(w);
}

/* psutil's sum over all devices, loopback too. */
static void
put_network(const struct system_check *s, struct jw *w,
    struct check_result *r)
{
	static const struct {
		const char *key;
		enum net_counter c;
	} sums[] = {
		{ "bytes_sent", NET_TX_BYTES }, { "bytes_recv", NET_RX_BYTES },
		{ "packets_sent", NET_TX_PACKETS },
		{ "packets_recv", NET_RX_PACKETS },
	};
	struct net_device *d;
	struct str text;
	size_t i, k, n;
	double v;

	if (!proc_text(&s->check, "net/dev", r, &text))
		return;
	n = net_devices_parse(text, r->arena, &d);
	jw_key(w, STR("network"));
	jw_obj(w);
	for (k = 0; k < sizeof(sums) / sizeof(sums[0]); k++) {
		for (v = 0, i = 0; i < n; i++)
			v += d[i].counter[sums[k].c];
		put_bytes(w, sums[k].key, v);
	}
	jw_obj_end(w);
}

/* The same process as before, not a later one with its number. */
static double
process_cpu(const struct look *a, const struct look *b,
    const struct process *p)
{
	double seconds = b->at_s - a->at_s;
	size_t i;

	for (i = 0; i < a->nprocess; i++)
		if (a->process[i].pid == p->pid &&
		    a->process[i].start_ticks == p->start_ticks)
			return (p->ticks - a->process[i].ticks) * 100 /
			    (double)sysconf(_SC_CLK_TCK) / seconds;
	return 0;
}

static void
put_processes(const struct look *a, const struct look *b, double total,
    struct jw *w)
{
	const struct process *p;
	size_t i;

	jw_key(w, STR("processes"));
	jw_arr(w);
	for (i = 0; i < b->nprocess; i++) {
		p = &b->process[i];
		jw_obj(w);
		jw_key(w, STR("pid"));
		jw_int(w, p->pid);
		jw_key(w, STR("name"));
		jw_str(w, p->name);
		put_percent(w, "cpu_percent", process_cpu(a, b, p));
		jw_key(w, STR("memory_percent"));
		jw_num(w, round(percent(p->rss, total) * 1000) / 1000);
		jw_obj_end(w);
	}
	jw_arr_end(w);
}

static void
put_time(struct jw *w)
{
	struct clk wall = { .kind = CLK_WALL };
	struct buf b = { 0 };

	time_print_rfc3339(&b, clk_now(&wall));
	jw_key(w, STR("timestamp"));
	jw_str(w, buf_str(&b));
	buf_release(&b);
}

static void
system_run(const struct check *c, struct check_result *r)
{
	const struct system_check *s = (const struct system_check *)c;
	struct timespec t = { s->sample_ms / 1000,
	    s->sample_ms % 1000 * 1000000 };
	struct buf b = { .max = CHECK_DATA_MAX };
	struct jw w = { .out = &b };
	struct look before, now;
	double total = 0;

	if (!look(s, r, &before))
		return;
	(void)nanosleep(&t, NULL);
	if (!look(s, r, &now))
		return;
	jw_obj(&w);
	put_time(&w);
	put_cpu(s, &before, &now, &w, r);
	if (put_memory(s, &w, r, &total)) {
		put_disks(s, &w, r);
		put_network(s, &w, r);
		put_processes(&before, &now, total, &w);
	}
	jw_obj_end(&w);
	r->data = arena_str(r->arena, buf_str(&b));
	buf_release(&b);
	check_note(r, "%.1f%% CPU, %zu processes named '" STR_FMT "'",
	    cpu_share(&before.cpu[0], &now.cpu[0]).busy, now.nprocess,
	    STR_ARG(s->processes));
}

const struct check_kind check_system = {
	.name = "system", .history = true, .fields = &system_fields,
	.configure = system_configure, .run = system_run,
};
