/*
 * check_disk: how full file systems are, as df tells: used / (used + what
 * others than root may still write).  Of given paths, or of all mounts.
 */
#include <stdlib.h>

#include "host_mounts.h"
#include "kinds.h"
#include "procfs.h"
#include "re/re.h"

struct disk_check {
	struct check check;
	struct ystrs path;
	bool all;
	struct str exclude_fstype, exclude_mount;
	struct mounts_filter filter;
	struct range warn, crit, avail_warn, avail_crit;
	struct range inodes_warn, inodes_crit;
	bool writable;
	struct { bool set; enum check_status status; } readonly;
	int64_t mount_timeout_ms;
};

#define T	struct disk_check
#define AT(f)	offsetof(T, f)
static const struct yfield rows[] = {
	CHECK_ROWS,
	YROW("path", YT_CUSTOM, AT(path), .decode = words_decode),
	YROW("exclude_fstype", YT_STR, AT(exclude_fstype)),
	YROW("exclude_mount", YT_STR, AT(exclude_mount)),
	RANGE_ROW("warn", T, warn),
	RANGE_ROW("crit", T, crit),
	BYTES_ROW("avail_warn", T, avail_warn),
	BYTES_ROW("avail_crit", T, avail_crit),
	RANGE_ROW("inodes_warn", T, inodes_warn),
	RANGE_ROW("inodes_crit", T, inodes_crit),
	YROW("readonly", YT_CUSTOM, AT(readonly),
	    .decode = check_decode_status),
	YROW("writable", YT_BOOL, AT(writable)),
	YROW("mount_timeout", YT_DURATION, AT(mount_timeout_ms),
	    .dflt = "5s"),
};
KIND_FIELDS(disk, T);
#undef AT
#undef T

static int
compile(const struct check *c, const char *key, struct str pattern,
    const struct re **out, struct arena *a, struct err *e)
{
	struct err why;

	if (pattern.n && (*out = re_compile_in(a, pattern, 0, &why)) == NULL)
		return ynode_err(ynode_get(c->node, key), e, "%s: %s", key,
		    why.msg);
	return 0;
}

static int
disk_configure(struct check *c, struct arena *a, struct err *e)
{
	static struct str root = { "/", 1 };
	struct disk_check *d = (struct disk_check *)c;
	size_t i;

	if (d->path.n == 0)
		d->path = (struct ystrs){ &root, 1 };
	d->all = d->path.n == 1 && str_eq(d->path.p[0], STR("all"));
	for (i = 0; i < d->path.n; i++)
		if (!d->all && !str_starts(d->path.p[i], STR("/")))
			return ynode_err(c->node, e, "'path' must begin with "
			    "'/', or be 'all'");
	if (d->writable && !d->readonly.set) {
		d->readonly.set = true;
		d->readonly.status = CHECK_FAIL;
	}
	/* Several that hang must leave time to tell. */
	if (d->mount_timeout_ms > c->timeout_ms / 4)
		d->mount_timeout_ms = c->timeout_ms / 4 + 1;
	c->target = d->path.n == 1 ? d->path.p[0] :
	    arena_printf(a, STR_FMT " and %zu more", STR_ARG(d->path.p[0]),
	    d->path.n - 1);
	if (compile(c, "exclude_fstype", d->exclude_fstype,
	    &d->filter.fstype, a, e) == -1)
		return -1;
	return compile(c, "exclude_mount", d->exclude_mount,
	    &d->filter.point, a, e);
}

/* ---- which ---- */

/*
 * One device may be mounted in many places; the first tells.  Not where its
 * size is another, by a quota.  What is free may change between two looks.
 */
static bool
seen_before(const struct mount *m, size_t i)
{
	size_t k;

	for (k = 0; k < i; k++)
		if (str_starts(m[i].device, STR("/")) &&
		    str_eq(m[k].device, m[i].device) &&
		    m[k].error == NULL && m[i].error == NULL &&
		    m[k].stat.f_blocks == m[i].stat.f_blocks &&
		    m[k].stat.f_frsize == m[i].stat.f_frsize)
			return true;
	return false;
}

/* Below rootfs, if there is one. */
static const char *
below_root(const struct disk_check *d, struct str path, struct arena *a)
{
	return strcmp(d->check.rootfs, "/") == 0 ? arena_cstr(a, path) :
	    arena_printf(a, "%s" STR_FMT, d->check.rootfs,
	    STR_ARG(path)).p;
}

/* The paths, asked as they are: a link may lead anywhere. */
static size_t
mounts_of_paths(const struct disk_check *d, struct arena *a,
    struct mount **out)
{
	size_t i;

	*out = ARENA_ARRAY(a, d->path.n, struct mount);
	for (i = 0; i < d->path.n; i++)
		(*out)[i] = (struct mount){ .point = d->path.p[i],
		    .path = below_root(d, d->path.p[i], a) };
	return d->path.n;
}

/*
 * The mount that each path is on.  A link is followed only once what it
 * leads to has answered: a dead file server hangs that, too.
 */
static void
name_mounts(const struct disk_check *d, struct str table, struct mount *m,
    struct arena *a)
{
	const struct re *none = re_compile_in(a, STR("^$"), 0, NULL);
	const struct mounts_filter nothing = { none, none };
	bool here = strcmp(d->check.rootfs, "/") == 0;
	const struct mount *on;
	struct mount *all;
	size_t i, n = mounts_select(table, "/", &nothing, a, &all);
	char *real;

	for (i = 0; i < d->path.n; i++) {
		real = here && m[i].error == NULL ? realpath(m[i].path,
		    NULL) : NULL;
		on = mounts_find(all, n, real ? str_of(real) : d->path.p[i]);
		free(real);
		if (on == NULL)
			continue;
		m[i].device = on->device;
		m[i].fstype = on->fstype;
		m[i].point = on->point;
		m[i].readonly = on->readonly;
		m[i].failed = on->failed;
	}
}

/* ---- what they are like ---- */

static double
percent(double used, double rest)
{
	return used + rest > 0 ? used * 100 / (used + rest) : 0;
}

static void
put_metric(const struct mount *m, const char *name, double v,
    struct check_result *r)
{
	const struct check_label l[] = {
		{ STR("device"), m->device }, { STR("fstype"), m->fstype },
		{ STR("mountpoint"), m->point },
	};

	check_metric_labels(r, name, l, m->device.n ? 3 : 0, v);
}

/* "disk usage", or of several "disk usage of /data". */
static void
measure(const struct disk_check *d, struct str which, const char *label,
    const char *what, double v, const char *uom, const struct range *warn,
    const struct range *crit, struct check_result *r)
{
	struct str name = str_of(label);
	bool several = d->all || d->path.n > 1;

	if (several) {
		name = arena_printf(r->arena, "%s_" STR_FMT, label,
		    STR_ARG(which));
		what = arena_printf(r->arena, "%s of " STR_FMT, what,
		    STR_ARG(which)).p;
	}
	check_measure(r, name, v, uom, warn, crit, what);
}

static double
look_at(const struct disk_check *d, const struct mount *m, struct str which,
    struct check_result *r)
{
	const struct statvfs *s = &m->stat;
	double unit = (double)s->f_frsize;
	double size = (double)s->f_blocks * unit;
	double free = (double)s->f_bfree * unit;
	double avail = (double)s->f_bavail * unit;
	double used = percent(size - free, avail);
	bool readonly = m->readonly || (s->f_flag & ST_RDONLY);

	measure(d, which, "used", "disk usage", used, "%", &d->warn,
	    &d->crit, r);
	measure(d, which, "available", "available space", avail, "B",
	    &d->avail_warn, &d->avail_crit, r);
	/* btrfs and vfat make inodes as they need them, and tell 0. */
	if (s->f_files)
		measure(d, which, "inodes", "inode usage",
		    percent((double)(s->f_files - s->f_ffree),
		    (double)s->f_favail), "%", &d->inodes_warn,
		    &d->inodes_crit, r);
	if (m->failed)
		check_say(r, CHECK_FAIL, "'" STR_FMT "' was made read-only "
		    "after an error", STR_ARG(which));
	else if (readonly && d->readonly.set)
		check_say(r, d->readonly.status, "'" STR_FMT "' is read-only",
		    STR_ARG(which));
	put_metric(m, "node_filesystem_size_bytes", size, r);
	put_metric(m, "node_filesystem_free_bytes", free, r);
	put_metric(m, "node_filesystem_avail_bytes", avail, r);
	put_metric(m, "node_filesystem_readonly", readonly, r);
	return used;
}

static void
disk_run(const struct check *c, struct check_result *r)
{
	const struct disk_check *d = (const struct disk_check *)c;
	struct mount *m, *fullest = NULL;
	struct str table = STR_NONE, which;
	double used, most = -1;
	size_t i, n, looked = 0;
	struct err e;

	if (!d->all)	/* can do without */
		(void)proc_read(c->procfs, "self/mountinfo", r->arena, &table,
		    &e);
	else if (!proc_text(c, "self/mountinfo", r, &table))
		return;
	n = d->all ? mounts_select(table, c->rootfs, &d->filter, r->arena,
	    &m) : mounts_of_paths(d, r->arena, &m);
	mounts_stat(m, n, d->mount_timeout_ms, statvfs);
	if (!d->all)
		name_mounts(d, table, m, r->arena);
	for (i = 0; i < n; i++) {
		which = d->all ? m[i].point : d->path.p[i];
		if (m[i].error != NULL) {
			check_say(r, m[i].denied ? CHECK_UNKNOWN : CHECK_FAIL,
			    "cannot look at '" STR_FMT "': %s",
			    STR_ARG(which), m[i].error);
			put_metric(&m[i], "node_filesystem_device_error", 1,
			    r);
			continue;
		}
		/* proc and such have no blocks */
		if (d->all && (m[i].stat.f_blocks == 0 || seen_before(m, i)))
			continue;
		looked++;
		used = look_at(d, &m[i], which, r);
		if (used > most) {
			most = used;
			fullest = &m[i];
		}
	}
	if (looked == 0)
		check_say(r, CHECK_UNKNOWN, "there is no file system to look "
		    "at");
	else if (looked == 1)
		check_note(r, "%.1f%% used, %.1f GiB available", most,
		    (double)fullest->stat.f_bavail *
		    (double)fullest->stat.f_frsize / (1 << 30));
	else
		check_note(r, "%zu file systems, the fullest " STR_FMT
		    " with %.1f%%", looked, STR_ARG(d->all ? fullest->point :
		    d->path.p[fullest - m]), most);
}

const struct check_kind check_disk = {
	.name = "disk", .operand = "path", .fields = &disk_fields,
	.configure = disk_configure, .run = disk_run,
};
