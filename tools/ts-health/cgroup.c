/*
 * cgroup: finding the hierarchy of a controller, and reading up to its root.
 */
#include "cgroup.h"

#include <math.h>
#include <string.h>

#include "host.h"
#include "procfs.h"

/* Version 1 says "no limit" with the largest number of whole pages. */
#define V1_NO_LIMIT	9.2e18
#define DEPTH_MAX	64

struct place {
	int version;		/* 0: not found */
	const char *mount;	/* where the hierarchy is, to open */
	struct str path;	/* below it, "" or "/a/b" */
};

struct reader {
	const char *procfs, *sysfs, *rootfs;
	struct arena *arena;
	struct str cgroup, mountinfo;
};

/* In a list with commas. */
static bool
listed(struct str list, struct str word)
{
	struct str one;

	while (list.p != NULL) {
		list = str_cut(list, ',', &one);
		if (str_eq(one, word))
			return true;
	}
	return false;
}

/* hierarchy:controllers:path; version 2 is 0::path */
static bool
find_path(const struct reader *r, struct str controller, struct str *path)
{
	struct str text = r->cgroup, line, id, names;

	while (host_line(&text, &line)) {
		line = str_cut(line, ':', &id);
		*path = str_cut(line, ':', &names);
		if (path->p == NULL)
			continue;
		if (controller.n ? listed(names, controller) :
		    names.n == 0 && str_eq(id, STR("0")))
			return true;
	}
	return false;
}

/* Where a mount of the host is for us. */
static const char *
below(const struct reader *r, struct str point)
{
	struct arena *a = r->arena;
	struct str s;

	if (str_starts(point, STR("/sys/")))
		s = arena_printf(a, "%s" STR_FMT, r->sysfs,
		    STR_ARG(str_sub(point, 4, point.n)));
	else
		s = arena_printf(a, "%s" STR_FMT, strcmp(r->rootfs, "/") ?
		    r->rootfs : "", STR_ARG(point));
	return s.p;
}

/*
 * id parent major:minor root point options … - fstype source superoptions.
 * Of the hierarchy with the controller, or that of version 2.
 */
static bool
find_mount(const struct reader *r, struct str controller, struct str *root,
    const char **mount)
{
	struct str text = r->mountinfo, line, point, word;

	while (host_line(&text, &line)) {
		(void)host_word(&line);
		(void)host_word(&line);
		(void)host_word(&line);
		*root = proc_unescape(host_word(&line), r->arena);
		point = proc_unescape(host_word(&line), r->arena);
		while ((word = host_word(&line)).n &&
		    !str_eq(word, STR("-")))
			continue;
		word = host_word(&line);
		(void)host_word(&line);
		if (controller.n ? str_eq(word, STR("cgroup")) &&
		    listed(host_word(&line), controller) :
		    str_eq(word, STR("cgroup2"))) {
			*mount = below(r, point);
			return true;
		}
	}
	return false;
}

/*
 * What is mounted may itself be a part of the tree (a container without a
 * namespace of its own): the path is then taken below that part.
 */
static bool
find_in(const struct reader *r, struct str controller, int version,
    struct place *out)
{
	struct str path, root;

	if (!find_path(r, controller, &path) ||
	    !find_mount(r, controller, &root, &out->mount))
		return false;
	if (root.n > 1 && str_starts(path, root))
		path = str_sub(path, root.n, path.n);
	if (str_find(path, STR("..")) >= 0)
		path = STR_NONE;	/* above what we may see */
	while (path.n && path.p[path.n - 1] == '/')
		path.n--;
	out->path = path;
	out->version = version;
	return true;
}

static struct place
find(const struct reader *r, struct str controller)
{
	struct place p = { 0 };

	if (!find_in(r, controller, 1, &p))
		(void)find_in(r, STR_NONE, 2, &p);
	return p;
}

static bool
read_file(const struct reader *r, const struct place *p, struct str path,
    const char *name, struct str *text)
{
	struct str full = arena_printf(r->arena, STR_FMT "/%s",
	    STR_ARG(path), name);
	struct err e;

	return proc_read(p->mount, full.p, r->arena, text, &e) == 1;
}

/* The first word of a file as a number; NaN: none, or "max". */
static double
read_number(const struct reader *r, const struct place *p, struct str path,
    const char *name)
{
	struct str text;
	double v;

	return read_file(r, p, path, name, &text) &&
	    host_number(str_trim(text), &v) ? v : NAN;
}

/* KEY VALUE lines */
static double
read_key(const struct reader *r, const struct place *p, const char *name,
    const char *key)
{
	struct str text, line;
	double v;

	if (read_file(r, p, p->path, name, &text))
		while (host_line(&text, &line))
			if (str_eq(host_word(&line), str_of(key)) &&
			    host_number(host_word(&line), &v))
				return v;
	return NAN;
}

/* QUOTA PERIOD, or max PERIOD */
static double
cpu_limit_at(const struct reader *r, const struct place *p, struct str path)
{
	double quota, period;
	struct str text;

	if (p->version == 1) {
		quota = read_number(r, p, path, "cpu.cfs_quota_us");
		period = read_number(r, p, path, "cpu.cfs_period_us");
		return quota > 0 && period > 0 ? quota / period : NAN;
	}
	if (!read_file(r, p, path, "cpu.max", &text))
		return NAN;
	text = str_trim(text);
	return host_number(host_word(&text), &quota) &&
	    host_number(host_word(&text), &period) && period > 0 ?
	    quota / period : NAN;
}

static double
memory_limit_at(const struct reader *r, const struct place *p,
    struct str path)
{
	double v = read_number(r, p, path, p->version == 1 ?
	    "memory.limit_in_bytes" : "memory.max");

	return v < V1_NO_LIMIT ? v : NAN;
}

typedef double limit_fn(const struct reader *r, const struct place *p,
    struct str path);

/* fmin takes the number where the other is NaN. */
static double
smallest(const struct reader *r, const struct place *p, limit_fn *limit)
{
	struct str path = p->path;
	double v = limit(r, p, path);
	int depth;

	for (depth = 0; path.n && depth < DEPTH_MAX; depth++) {
		while (path.n && path.p[--path.n] != '/')
			continue;
		v = fmin(v, limit(r, p, path));
	}
	return v;
}

static void
read_memory(const struct reader *r, struct cgroup *out)
{
	struct place p = find(r, STR("memory"));
	bool one = p.version == 1;
	double inactive;

	out->version = p.version;
	out->path = p.path.n ? p.path : STR("/");
	if (p.version == 0)
		return;
	out->memory_limit = smallest(r, &p, memory_limit_at);
	out->memory_current = read_number(r, &p, p.path, one ?
	    "memory.usage_in_bytes" : "memory.current");
	inactive = read_key(r, &p, "memory.stat", one ?
	    "total_inactive_file" : "inactive_file");
	out->memory_used = isnan(inactive) ? out->memory_current :
	    fmax(out->memory_current - inactive, 0);
	if (isnan(out->memory_current))
		out->memory_used = NAN;
}

static void
read_cpu(const struct reader *r, struct cgroup *out)
{
	struct place p = find(r, STR("cpu")), acct;

	if (p.version == 0)
		return;
	out->cpu_limit = smallest(r, &p, cpu_limit_at);
	out->periods = read_key(r, &p, "cpu.stat", "nr_periods");
	out->throttled_periods = read_key(r, &p, "cpu.stat", "nr_throttled");
	if (p.version == 2) {
		out->cpu_usage_s = read_key(r, &p, "cpu.stat",
		    "usage_usec") / 1e6;
		out->throttled_s = read_key(r, &p, "cpu.stat",
		    "throttled_usec") / 1e6;
		return;
	}
	out->throttled_s = read_key(r, &p, "cpu.stat", "throttled_time") /
	    1e9;
	acct = find(r, STR("cpuacct"));
	if (acct.version == 1)
		out->cpu_usage_s = read_number(r, &acct, acct.path,
		    "cpuacct.usage") / 1e9;
}

int
cgroup_read(const char *procfs, const char *sysfs, const char *rootfs,
    struct arena *a, struct cgroup *out, struct err *e)
{
	struct reader r = { procfs, sysfs, rootfs, a, STR_NONE, STR_NONE };
	int rc;

	*out = (struct cgroup){ .memory_limit = NAN, .memory_current = NAN,
	    .memory_used = NAN, .cpu_limit = NAN, .cpu_usage_s = NAN,
	    .periods = NAN, .throttled_periods = NAN, .throttled_s = NAN };
	if ((rc = proc_read(procfs, "self/cgroup", a, &r.cgroup, e)) != 1 ||
	    (rc = proc_read(procfs, "self/mountinfo", a, &r.mountinfo,
	    e)) != 1)
		return rc;
	read_memory(&r, out);
	read_cpu(&r, out);
	return 1;
}
