/*
 * check_process: are the processes there, how many, how large.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/io.h"
#include "core/num.h"
#include "host.h"
#include "kinds.h"
#include "re/re.h"

#define PROC_FILE_MAX	((size_t)4 << 20)

struct process_check {
	struct check check;
	struct str process, regex;
	struct re *re;
	struct range count_warn, count_crit, rss_warn, rss_crit;
};

#define T	struct process_check
static const struct yfield rows[] = {
	CHECK_ROWS,
	YROW("process", YT_STR, offsetof(T, process)),
	YROW("regex", YT_STR, offsetof(T, regex)),
	RANGE_ROW("count_warn", T, count_warn),
	RANGE_ROW("count_crit", T, count_crit),
	BYTES_ROW("rss_warn", T, rss_warn),
	BYTES_ROW("rss_crit", T, rss_crit),
};
KIND_FIELDS(process, T);
#undef T

static int
process_configure(struct check *c, struct arena *a, struct err *e)
{
	struct process_check *p = (struct process_check *)c;
	struct err why;

	if ((p->process.n == 0) == (p->regex.n == 0))
		return ynode_err(c->node, e, "a process check needs either "
		    "process or regex");
	if (p->regex.n && (p->re = re_compile_in(a, p->regex, 0,
	    &why)) == NULL)
		return ynode_err(c->node, e, "regex: %s", why.msg);
	if (!p->count_warn.set && !p->count_crit.set)
		(void)range_parse(STR("1:"), &p->count_crit, e);
	c->target = p->process.n ? p->process : p->regex;
	return 0;
}

/* False when the process has gone meanwhile. */
static bool
proc_file(const struct check *c, const char *pid, const char *name,
    struct buf *b)
{
	char path[512];
	struct err e;

	buf_reset(b);
	(void)snprintf(path, sizeof(path), "%s/%s/%s", c->procfs, pid, name);
	return io_read_file(path, PROC_FILE_MAX, b, &e) == 0;
}

/* pid (comm) …: comm may hold anything, so its end is the last ')'. */
static struct str
comm_of(struct str stat, struct str *rest)
{
	ptrdiff_t from = str_find_char(stat, '(');
	size_t to = stat.n;

	while (to > 0 && stat.p[to - 1] != ')')
		to--;
	if (from < 0 || to < (size_t)from + 2)
		return STR_NONE;
	*rest = str_sub(stat, to, stat.n);
	return str_sub(stat, (size_t)from + 1, to - 1);
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
matches(const struct process_check *p, struct str comm, struct buf *cmdline)
{
	struct str first;
	size_t i;

	(void)str_cut(buf_str(cmdline), '\0', &first);
	if (p->re == NULL)
		return str_eq(comm, p->process) ||
		    str_eq(base_name(first), p->process);
	for (i = 0; i < cmdline->n; i++)
		if (cmdline->p[i] == '\0')
			cmdline->p[i] = ' ';
	return re_match(p->re, cmdline->n ? str_trim(buf_str(cmdline)) :
	    comm);
}

/* Field 24 of stat: pages; the state is field 3. */
static double
rss_of(struct str rest)
{
	double pages;
	int i;

	for (i = 3; i < 24; i++)
		(void)host_word(&rest);
	return host_number(host_word(&rest), &pages) ?
	    pages * (double)sysconf(_SC_PAGESIZE) : 0;
}

static void
process_run(const struct check *c, struct check_result *r)
{
	const struct process_check *p = (const struct process_check *)c;
	struct buf stat = { 0 }, cmdline = { 0 };
	struct str comm, rest;
	struct dirent *d;
	double count = 0, rss = 0;
	long self = (long)getpid(), parent = (long)getppid(), pid;
	DIR *dir = opendir(c->procfs);

	if (dir == NULL) {
		check_say(r, CHECK_UNKNOWN, "cannot open '%s': %s",
		    c->procfs, strerror(errno));
		return;
	}
	while ((d = readdir(dir)) != NULL) {
		if (!isdigit((unsigned char)d->d_name[0]) ||
		    !proc_file(c, d->d_name, "stat", &stat) ||
		    !proc_file(c, d->d_name, "cmdline", &cmdline))
			continue;
		pid = strtol(d->d_name, NULL, 10);
		comm = comm_of(buf_str(&stat), &rest);
		/* Our own command line holds what is looked for. */
		if (pid == self || pid == parent || comm.p == NULL ||
		    !matches(p, comm, &cmdline))
			continue;
		count++;
		rss += rss_of(rest);
	}
	(void)closedir(dir);
	check_measure(r, STR("count"), count, "", &p->count_warn,
	    &p->count_crit, "number of processes");
	check_measure(r, STR("rss"), rss, "B", &p->rss_warn, &p->rss_crit,
	    "resident memory");
	check_note(r, "%.0f processes, %.1f MiB", count, rss / (1 << 20));
}

const struct check_kind check_process = {
	.name = "process", .operand = "process", .fields = &process_fields,
	.configure = process_configure, .run = process_run,
};
