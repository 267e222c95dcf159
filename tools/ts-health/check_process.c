/*
 * check_process: are the processes there, how many, how large, how busy, how
 * old.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/clk.h"
#include "core/io.h"
#include "core/num.h"
#include "host.h"
#include "kinds.h"
#include "procfs.h"
#include "re/re.h"

#define PROC_FILE_MAX	((size_t)4 << 20)
#define PIDS_MAX	((int64_t)1 << 30)
#define ANCESTORS_MAX	64

struct process_check {
	struct check check;
	struct str process, regex, pidfile, user;
	struct re *re;
	int64_t sample_ms;
	struct range count_warn, count_crit, rss_warn, rss_crit;
	struct range cpu_warn, cpu_crit, fds_warn, fds_crit;
	struct range threads_warn, threads_crit, age_warn, age_crit;
	struct range zombies_warn, zombies_crit;
};

#define T	struct process_check
static const struct yfield rows[] = {
	CHECK_ROWS,
	YROW("process", YT_STR, offsetof(T, process)),
	YROW("regex", YT_STR, offsetof(T, regex)),
	YROW("pidfile", YT_STR, offsetof(T, pidfile)),
	YROW("user", YT_STR, offsetof(T, user)),
	YROW("sample", YT_DURATION, offsetof(T, sample_ms), .dflt = "1s"),
	RANGE_ROW("count_warn", T, count_warn),
	RANGE_ROW("count_crit", T, count_crit),
	BYTES_ROW("rss_warn", T, rss_warn),
	BYTES_ROW("rss_crit", T, rss_crit),
	RANGE_ROW("cpu_warn", T, cpu_warn),
	RANGE_ROW("cpu_crit", T, cpu_crit),
	RANGE_ROW("fds_warn", T, fds_warn),
	RANGE_ROW("fds_crit", T, fds_crit),
	RANGE_ROW("threads_warn", T, threads_warn),
	RANGE_ROW("threads_crit", T, threads_crit),
	RANGE_ROW("age_warn", T, age_warn),
	RANGE_ROW("age_crit", T, age_crit),
	RANGE_ROW("zombies_warn", T, zombies_warn),
	RANGE_ROW("zombies_crit", T, zombies_crit),
};
KIND_FIELDS(process, T);
#undef T

static int
process_configure(struct check *c, struct arena *a, struct err *e)
{
	struct process_check *p = (struct process_check *)c;
	struct err why;

	if (p->process.n + p->regex.n + p->pidfile.n + p->user.n == 0)
		return ynode_err(c->node, e, "a process check needs process, "
		    "regex, pidfile or user");
	if (p->regex.n && (p->re = re_compile_in(a, p->regex, 0,
	    &why)) == NULL)
		return ynode_err(c->node, e, "regex: %s", why.msg);
	if (p->sample_ms <= 0 || p->sample_ms >= c->timeout_ms)
		return ynode_err(c->node, e, "'sample' must be shorter than "
		    "the timeout");
	if (!p->count_warn.set && !p->count_crit.set)
		(void)range_parse(STR("1:"), &p->count_crit, e);
	c->target = p->process.n ? p->process : p->regex.n ? p->regex :
	    p->pidfile.n ? p->pidfile : p->user;
	return 0;
}

/* ---- which ---- */

/* A look at all processes. */
struct look {
	const struct process_check *check;
	struct check_result *result;
	struct buf stat, text;
	int64_t pid;			/* of the pidfile; 0 = any */
	struct str uid;			/* p NULL = any */
	int64_t skip[ANCESTORS_MAX];	/* us, and whoever started us */
	size_t nskip;
};

/* One that matches. */
struct found {
	int64_t pid;
	struct proc_stat stat;		/* comm is not kept */
	double at_s;			/* monotonic */
};

struct founds {
	VEC(struct found) all;
};

/* False when the process has gone meanwhile. */
static bool
proc_file(const struct look *l, int64_t pid, const char *name, struct buf *b)
{
	char path[512];
	struct err e;

	buf_reset(b);
	(void)snprintf(path, sizeof(path), "%s/%lld/%s",
	    l->check->check.procfs, (long long)pid, name);
	return io_read_file(path, PROC_FILE_MAX, b, &e) == 0;
}

static struct str
base_name(struct str path)
{
	size_t n = path.n;

	while (n > 0 && path.p[n - 1] != '/')
		n--;
	return str_sub(path, n, path.n);
}

/* The kernel cuts comm at 15 bytes, so argv[0] is looked at too. */
static bool
name_matches(struct look *l, int64_t pid, struct str comm)
{
	const struct process_check *p = l->check;
	struct str first, all;
	size_t i;

	if (p->process.n == 0 && p->re == NULL)
		return true;
	(void)proc_file(l, pid, "cmdline", &l->text);
	(void)str_cut(buf_str(&l->text), '\0', &first);
	if (p->process.n && !str_eq(comm, p->process) &&
	    !str_eq(base_name(first), p->process))
		return false;
	if (p->re == NULL)
		return true;
	for (i = 0; i < l->text.n; i++)
		if (l->text.p[i] == '\0')
			l->text.p[i] = ' ';
	all = str_trim(buf_str(&l->text));
	return re_match(p->re, all.n ? all : comm);
}

/* Uid: REAL EFFECTIVE … */
static bool
user_matches(struct look *l, int64_t pid)
{
	struct str rest, line;

	if (l->uid.p == NULL)
		return true;
	if (!proc_file(l, pid, "status", &l->text))
		return false;
	rest = buf_str(&l->text);
	while (host_line(&rest, &line)) {
		if (!str_starts(line, STR("Uid:")))
			continue;
		(void)host_word(&line);
		(void)host_word(&line);
		return str_eq(host_word(&line), l->uid);
	}
	return false;
}

/* Our own command line, and that of the shell, hold what is looked for. */
static bool
is_skipped(const struct look *l, int64_t pid)
{
	size_t i;

	for (i = 0; i < l->nskip; i++)
		if (l->skip[i] == pid && (i < 2 || l->check->re != NULL))
			return true;
	return false;
}

static void
find_ancestors(struct look *l)
{
	struct proc_stat st;
	int64_t pid = (int64_t)getppid();

	l->skip[l->nskip++] = (int64_t)getpid();
	while (pid > 1 && l->nskip < ANCESTORS_MAX) {
		l->skip[l->nskip++] = pid;
		if (!proc_file(l, pid, "stat", &l->stat) ||
		    !proc_stat_parse(buf_str(&l->stat), &st))
			break;
		pid = st.ppid;
	}
}

/* What is asked for once: the pid of the file, the number of the user. */
static bool
look_prepare(struct look *l)
{
	const struct process_check *p = l->check;
	struct check_result *r = l->result;
	struct passwd *pw;
	struct err e;
	uint64_t uid;

	find_ancestors(l);
	if (p->user.n) {
		pw = getpwnam(arena_cstr(r->arena, p->user));
		if (pw == NULL && !num_parse_u64(p->user, UINT32_MAX, &uid)) {
			check_say(r, CHECK_UNKNOWN, "there is no user '"
			    STR_FMT "'", STR_ARG(p->user));
			return false;
		}
		l->uid = pw == NULL ? p->user : arena_printf(r->arena, "%lu",
		    (unsigned long)pw->pw_uid);
	}
	if (p->pidfile.n == 0)
		return true;
	buf_reset(&l->text);
	if (io_read_file(arena_cstr(r->arena, p->pidfile), PROC_FILE_MAX,
	    &l->text, &e) == -1)
		check_say(r, CHECK_FAIL, "%s", e.msg);
	else if (!num_parse_i64(str_trim(buf_str(&l->text)), 1, PIDS_MAX,
	    &l->pid))
		check_say(r, CHECK_FAIL, "'" STR_FMT "' does not hold a "
		    "process id", STR_ARG(p->pidfile));
	return l->pid != 0;
}

static void
look_one(struct look *l, int64_t pid, struct founds *out)
{
	struct found f = { .pid = pid };

	if (!proc_file(l, pid, "stat", &l->stat) ||
	    !proc_stat_parse(buf_str(&l->stat), &f.stat) ||
	    is_skipped(l, pid) || !name_matches(l, pid, f.stat.comm) ||
	    !user_matches(l, pid))
		return;
	f.at_s = clk_mono_s();
	f.stat.comm = STR_NONE;
	vec_push(&out->all, f);
}

static bool
look_all(struct look *l, struct founds *out)
{
	struct dirent *d;
	int64_t pid;
	DIR *dir;

	if (l->pid) {
		look_one(l, l->pid, out);
		return true;
	}
	if ((dir = opendir(l->check->check.procfs)) == NULL) {
		check_say(l->result, CHECK_UNKNOWN, "cannot open '%s': %s",
		    l->check->check.procfs, strerror(errno));
		return false;
	}
	while ((d = readdir(dir)) != NULL)
		if (isdigit((unsigned char)d->d_name[0]) &&
		    num_parse_i64(str_of(d->d_name), 1, PIDS_MAX, &pid))
			look_one(l, pid, out);
	(void)closedir(dir);
	return true;
}

/* ---- what they are like ---- */

static void
measure_sizes(const struct process_check *p, const struct founds *f,
    struct check_result *r)
{
	double rss = 0, threads = 0, zombies = 0;
	size_t i;

	for (i = 0; i < f->all.n; i++) {
		rss += f->all.p[i].stat.rss_pages *
		    (double)sysconf(_SC_PAGESIZE);
		threads += f->all.p[i].stat.threads;
		zombies += f->all.p[i].stat.state == 'Z';
	}
	check_measure(r, STR("count"), (double)f->all.n, "", &p->count_warn,
	    &p->count_crit, "number of processes");
	check_measure(r, STR("rss"), rss, "B", &p->rss_warn, &p->rss_crit,
	    "resident memory");
	check_measure(r, STR("threads"), threads, "", &p->threads_warn,
	    &p->threads_crit, "number of threads");
	check_measure(r, STR("zombies"), zombies, "", &p->zombies_warn,
	    &p->zombies_crit, "number of zombies");
	check_note(r, "%zu processes, %.1f MiB", f->all.n, rss / (1 << 20));
}

/* Of the one that started last: a restart shows. */
static void
measure_age(const struct look *l, const struct founds *f)
{
	const struct process_check *p = l->check;
	double tick = (double)sysconf(_SC_CLK_TCK), up, last = 0;
	struct str text;
	struct err e;
	size_t i;

	if (f->all.n == 0 || proc_read(p->check.procfs, "uptime",
	    l->result->arena, &text, &e) != 1 ||
	    !host_number(host_word(&text), &up))
		return;
	for (i = 0; i < f->all.n; i++)
		last = fmax(last, f->all.p[i].stat.start_ticks / tick);
	check_measure(l->result, STR("age"), floor(fmax(up - last, 0)), "s",
	    &p->age_warn, &p->age_crit, "age of the youngest process");
}

/* How many descriptors; -1 when that is not ours to see. */
static int
count_fds(const struct look *l, int64_t pid)
{
	char path[512];
	struct dirent *d;
	DIR *dir;
	int n = 0;

	(void)snprintf(path, sizeof(path), "%s/%lld/fd",
	    l->check->check.procfs, (long long)pid);
	if ((dir = opendir(path)) == NULL)
		return -1;
	while ((d = readdir(dir)) != NULL)
		n += d->d_name[0] != '.';
	(void)closedir(dir);
	return n;
}

/* Of the one that has most: it is the first to meet its limit. */
static void
measure_fds(const struct look *l, const struct founds *f)
{
	const struct process_check *p = l->check;
	int n, most = -1;
	size_t i;

	if (!p->fds_warn.set && !p->fds_crit.set)
		return;
	for (i = 0; i < f->all.n; i++)
		if ((n = count_fds(l, f->all.p[i].pid)) > most)
			most = n;
	if (most >= 0)
		check_measure(l->result, STR("fds"), most, "", &p->fds_warn,
		    &p->fds_crit, "number of open files");
	else if (f->all.n)
		check_say(l->result, CHECK_UNKNOWN, "not allowed to count "
		    "the open files of process %lld",
		    (long long)f->all.p[0].pid);
}

/* What those used that were there both times; percent of one processor. */
static void
measure_cpu(struct look *l, const struct founds *before)
{
	const struct process_check *p = l->check;
	struct timespec t = { p->sample_ms / 1000,
	    p->sample_ms % 1000 * 1000000 };
	double tick = (double)sysconf(_SC_CLK_TCK), used = 0;
	const struct found *a, *b;
	struct founds after = { 0 };
	size_t i, k;

	if (!p->cpu_warn.set && !p->cpu_crit.set)
		return;
	(void)nanosleep(&t, NULL);
	for (i = 0; i < before->all.n; i++)
		look_one(l, before->all.p[i].pid, &after);
	for (i = k = 0; i < after.all.n; i++) {
		b = &after.all.p[i];
		while (before->all.p[k].pid != b->pid)
			k++;
		a = &before->all.p[k];
		if (a->stat.start_ticks == b->stat.start_ticks)
			used += (b->stat.utime_ticks + b->stat.stime_ticks -
			    a->stat.utime_ticks - a->stat.stime_ticks) /
			    tick / (b->at_s - a->at_s) * 100;
	}
	check_measure(l->result, STR("cpu"), used, "%", &p->cpu_warn,
	    &p->cpu_crit, "CPU usage");
	vec_release(&after.all);
}

static void
process_run(const struct check *c, struct check_result *r)
{
	const struct process_check *p = (const struct process_check *)c;
	struct look l = { .check = p, .result = r };
	struct founds f = { 0 };

	if (look_prepare(&l) && look_all(&l, &f)) {
		measure_sizes(p, &f, r);
		measure_age(&l, &f);
		measure_fds(&l, &f);
		measure_cpu(&l, &f);
	}
	vec_release(&f.all);
	buf_release(&l.stat);
	buf_release(&l.text);
}

const struct check_kind check_process = {
	.name = "process", .operand = "process", .fields = &process_fields,
	.configure = process_configure, .run = process_run,
};
