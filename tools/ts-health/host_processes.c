/*
 * processes: how many there are, in which state, and those of a name under
 * the names of process-exporter.  Reads every process, so it is off unless
 * asked for.
 */
#include "host.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/vec.h"
#include "procfs.h"

/* Processes of one name. */
struct group {
	struct str name;
	double procs, threads, user, system, rss, vsize, oldest;
};

struct counts {
	double state[128];
	double pids, threads;
	VEC(struct group) groups;
};

static struct group *
group_of(struct counts *c, struct str name, struct arena *a)
{
	size_t i;

	for (i = 0; i < c->groups.n; i++)
		if (str_eq(c->groups.p[i].name, name))
			return &c->groups.p[i];
	vec_push(&c->groups, (struct group){ .name = arena_str(a, name) });
	return &c->groups.p[c->groups.n - 1];
}

static void
count(struct host *h, struct counts *c, struct str text)
{
	double tick = (double)sysconf(_SC_CLK_TCK);
	struct proc_stat p;
	struct group *g;

	if (!proc_stat_parse(text, &p))
		return;
	c->pids++;
	c->threads += p.threads;
	c->state[p.state & 127]++;
	if (h->processes == NULL ||
	    !proc_named(p.comm, str_of(h->processes)))
		return;
	g = group_of(c, p.comm, &h->arena);
	g->procs++;
	g->threads += p.threads;
	g->user += p.utime_ticks / tick;
	g->system += p.stime_ticks / tick;
	g->rss += p.rss_pages * (double)sysconf(_SC_PAGESIZE);
	g->vsize += p.vsize;
}

static int
count_all(struct host *h, struct counts *c, struct err *e)
{
	DIR *dir = opendir(h->procfs);
	struct str path, text;
	struct dirent *d;
	struct err gone;

	if (dir == NULL)
		return err_sys(e, "cannot open '%s'", h->procfs);
	while ((d = readdir(dir)) != NULL) {
		if (!isdigit((unsigned char)d->d_name[0]))
			continue;
		path = arena_printf(&h->arena, "%s/stat", d->d_name);
		if (host_read_proc(h, path.p, &text, &gone) == 1)
			count(h, c, text);
	}
	(void)closedir(dir);
	return 1;
}

static void
put_limit(struct host *h, const char *file, const char *name,
    const char *help)
{
	struct str text;
	struct err e;
	double v;

	if (host_read_proc(h, file, &text, &e) == 1 &&
	    host_number(str_trim(text), &v))
		host_single(h, name, "gauge", help, v);
}

static void
put_groups(struct host *h, const struct counts *c)
{
	static const struct {
		const char *name, *type, *label, *value_of, *help;
		size_t at;
	} rows[] = {
		{ "namedprocess_namegroup_num_procs", "gauge", NULL, NULL,
		    "number of processes in this group",
		    offsetof(struct group, procs) },
		{ "namedprocess_namegroup_num_threads", "gauge", NULL, NULL,
		    "Number of threads", offsetof(struct group, threads) },
		{ "namedprocess_namegroup_cpu_seconds_total", "counter",
		    "mode", "system", "Cpu user usage in seconds",
		    offsetof(struct group, system) },
		{ "namedprocess_namegroup_cpu_seconds_total", "counter",
		    "mode", "user", "Cpu user usage in seconds",
		    offsetof(struct group, user) },
		{ "namedprocess_namegroup_memory_bytes", "gauge", "memtype",
		    "resident", "number of bytes of memory in use",
		    offsetof(struct group, rss) },
		{ "namedprocess_namegroup_memory_bytes", "gauge", "memtype",
		    "virtual", "number of bytes of memory in use",
		    offsetof(struct group, vsize) },
	};
	struct host_label l[2] = { { STR("groupname"), STR_NONE } };
	size_t i, k;
	double v;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (i == 0 || strcmp(rows[i].name, rows[i - 1].name) != 0)
			host_family(h, str_of(rows[i].name), rows[i].type,
			    str_of(rows[i].help));
		for (k = 0; k < c->groups.n; k++) {
			l[0].value = c->groups.p[k].name;
			l[1] = (struct host_label){ str_of(rows[i].label),
			    str_of(rows[i].value_of) };
			memcpy(&v, (const char *)&c->groups.p[k] + rows[i].at,
			    sizeof(v));
			host_sample(h, v, l, rows[i].label ? 2 : 1);
		}
	}
}

int
host_processes(struct host *h, struct err *e)
{
	struct counts c = { 0 };
	char state[2] = { 0 };
	int rc = count_all(h, &c, e), i;

	if (rc == 1) {
		put_limit(h, "sys/kernel/pid_max",
		    "node_processes_max_processes",
		    "Number of max PIDs limit");
		put_limit(h, "sys/kernel/threads-max",
		    "node_processes_max_threads",
		    "Limit of threads in the system");
		host_single(h, "node_processes_pids", "gauge",
		    "Number of PIDs", c.pids);
		host_family(h, STR("node_processes_state"), "gauge",
		    STR("Number of processes in each state."));
		for (i = 0; i < 128; i++)
			if (c.state[i] > 0) {
				state[0] = (char)i;
				host_sample1(h, c.state[i], "state",
				    arena_str(&h->arena, str_of(state)));
			}
		host_single(h, "node_processes_threads", "gauge",
		    "Allocated threads in system", c.threads);
		put_groups(h, &c);
	}
	vec_release(&c.groups);
	return rc;
}
