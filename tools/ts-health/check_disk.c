/*
 * check_disk: how full a file system is, as df tells: used / (used + what
 * others than root may still write).
 */
#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include "kinds.h"

struct disk_check {
	struct check check;
	struct str path;
	struct range warn, crit, inodes_warn, inodes_crit;
	bool writable;
};

#define T	struct disk_check
static const struct yfield rows[] = {
	CHECK_ROWS,
	YROW("path", YT_STR, offsetof(T, path), .dflt = "/"),
	RANGE_ROW("warn", T, warn),
	RANGE_ROW("crit", T, crit),
	RANGE_ROW("inodes_warn", T, inodes_warn),
	RANGE_ROW("inodes_crit", T, inodes_crit),
	YROW("writable", YT_BOOL, offsetof(T, writable)),
};
KIND_FIELDS(disk, T);
#undef T

static int
disk_configure(struct check *c, struct arena *a, struct err *e)
{
	(void)a;
	(void)e;
	c->target = ((struct disk_check *)c)->path;
	return 0;
}

static double
percent(double used, double rest)
{
	return used + rest > 0 ? used * 100 / (used + rest) : 0;
}

static void
measure(const struct disk_check *d, const struct statvfs *s,
    struct check_result *r)
{
	double unit = (double)s->f_frsize;
	double size = (double)s->f_blocks * unit;
	double free = (double)s->f_bfree * unit;
	double avail = (double)s->f_bavail * unit;
	double used = percent(size - free, avail);

	check_measure(r, STR("used"), used, "%", &d->warn, &d->crit,
	    "disk usage");
	check_metric(r, "node_filesystem_size_bytes", size);
	check_metric(r, "node_filesystem_free_bytes", free);
	check_metric(r, "node_filesystem_avail_bytes", avail);
	/* btrfs and vfat make inodes as they need them, and tell 0. */
	if (s->f_files)
		check_measure(r, STR("inodes"), percent((double)(s->f_files -
		    s->f_ffree), (double)s->f_favail), "%", &d->inodes_warn,
		    &d->inodes_crit, "inode usage");
	if (d->writable && (s->f_flag & ST_RDONLY))
		check_say(r, CHECK_FAIL, "'" STR_FMT "' is read-only",
		    STR_ARG(d->path));
	check_note(r, "%.1f%% used, %.1f GiB available", used,
	    avail / (1 << 30));
}

static void
disk_run(const struct check *c, struct check_result *r)
{
	const struct disk_check *d = (const struct disk_check *)c;
	const char *root = strcmp(c->rootfs, "/") == 0 ? "" : c->rootfs;
	struct str path = arena_printf(r->arena, "%s" STR_FMT, root,
	    STR_ARG(d->path));
	struct statvfs s;

	if (statvfs(arena_cstr(r->arena, path), &s) == -1)
		check_say(r, CHECK_FAIL, "cannot look at '" STR_FMT "': %s",
		    STR_ARG(d->path), strerror(errno));
	else
		measure(d, &s, r);
}

const struct check_kind check_disk = {
	.name = "disk", .operand = "path", .fields = &disk_fields,
	.configure = disk_configure, .run = disk_run,
};
