/*
 * task_disk: how full file systems are, how fast they fill, and when they
 * will be full.
 *
 *	paths: [/]		none: every file system of a disk
 *	warn: 80, crit: 85	percent, as df tells it
 *	inodes_warn: 90
 *	days_warn: 7		full within so many days
 *	top: 10, below: [PATH]	the largest directories there
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/dur.h"
#include "core/io.h"
#include "kinds.h"
#include "walk.h"

#define HISTORY_MAX	400	/* points of a file system */
#define TOP_MAX		1000

struct disk_task {
	struct task task;
	struct ystrs paths, below;
	double warn, crit, inodes_warn, days_warn;
	int64_t top;
};

#define AT(f)	offsetof(struct disk_task, f)
static const struct yfield rows[] = {
	TASK_ROWS,
	YROW("paths", YT_STRLIST, AT(paths)),
	YROW("warn", YT_DOUBLE, AT(warn), .dflt = "80"),
	YROW("crit", YT_DOUBLE, AT(crit), .dflt = "85"),
	YROW("inodes_warn", YT_DOUBLE, AT(inodes_warn), .dflt = "90"),
	YROW("days_warn", YT_DOUBLE, AT(days_warn), .dflt = "7"),
	YROW("top", YT_INT, AT(top), .dflt = "10"),
	YROW("below", YT_STRLIST, AT(below)),
};
TASK_FIELDS(disk, struct disk_task);
#undef AT

static int
disk_configure(struct task *task, struct arena *a, struct err *e)
{
	const struct disk_task *t = (const struct disk_task *)task;

	(void)a;
	if (t->top < 0 || t->top > TOP_MAX)
		return ynode_err(task->node, e, "'top' is from 0 to %d",
		    TOP_MAX);
	if (t->crit < t->warn)
		return ynode_err(task->node, e, "'crit' is less than 'warn'");
	return 0;
}

/* ---- which file systems ---- */

/* \040 is a blank (proc(5)). */
static struct str
unescape(struct arena *a, struct str s)
{
	char *out = arena_raw(a, s.n + 1);
	size_t i, n = 0;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 3 < s.n) {
			out[n++] = (char)((s.p[i + 1] & 7) << 6 |
			    (s.p[i + 2] & 7) << 3 | (s.p[i + 3] & 7));
			i += 3;
		} else {
			out[n++] = s.p[i];
		}
	}
	return (struct str){ out, n };
}

/* id parent dev root POINT options ... - TYPE SOURCE: those of a device. */
static void
add_mounts(struct work *w)
{
	struct buf text = { 0 };
	struct str line, rest, word, point = STR_NONE, tail, type, seen;
	struct err none;
	struct buf devs = { 0 };
	ptrdiff_t at;
	int i;

	if (io_read_file("/proc/self/mountinfo", (size_t)16 << 20, &text,
	    &none) == -1)
		return;
	for (rest = buf_str(&text); rest.n;) {
		rest = str_cut(rest, '\n', &line);
		if ((at = str_find(line, STR(" - "))) < 0)
			continue;
		tail = str_cut(str_sub(line, (size_t)at + 3, line.n), ' ',
		    &type);
		seen = STR_NONE;
		for (i = 0; i < 5; i++) {
			line = str_cut(line, ' ', &word);
			if (i == 2)
				seen = arena_printf(w->arena, " " STR_FMT " ",
				    STR_ARG(word));
			point = word;
		}
		/* Of several places of one device the first. */
		if (tail.n == 0 || tail.p[0] != '/' ||
		    str_eq(type, STR("squashfs")) ||
		    str_eq(type, STR("iso9660")) ||
		    str_find(buf_str(&devs), seen) >= 0)
			continue;
		(void)buf_put(&devs, seen);
		(void)work_step(w, (struct step){ .action = "measure",
		    .what = unescape(w->arena, point), .reads = true });
	}
	buf_release(&text);
	buf_release(&devs);
}

static int
disk_plan(struct work *w, struct err *e)
{
	const struct disk_task *t = (const struct disk_task *)w->task;
	size_t i;

	(void)e;
	for (i = 0; i < t->paths.n; i++)
		(void)work_step(w, (struct step){ .action = "measure",
		    .what = t->paths.p[i], .reads = true });
	if (t->paths.n == 0)
		add_mounts(w);
	for (i = 0; t->top && i < t->below.n; i++)
		(void)work_step(w, (struct step){ .action = "add-up",
		    .what = t->below.p[i], .reads = true });
	return 0;
}

/* ---- growth: a least-squares line through what was seen ---- */

static json_t *
history_of(struct work *w, const char *mount)
{
	json_t *old = json_object_get(json_object_get(w->memory, "used"),
	    mount), *all, *h;

	if (w->keep == NULL)
		w->keep = json_pack("{s:{}}", "used");
	all = json_object_get(w->keep, "used");
	h = json_is_array(old) ? json_deep_copy(old) : json_array();
	while (json_array_size(h) >= HISTORY_MAX)
		(void)json_array_remove(h, 0);
	(void)json_object_set_new(all, mount, h);
	return h;
}

/* Bytes a day; NaN when what was seen lies within less than an hour. */
static double
slope(const json_t *h)
{
	double st = 0, su = 0, stt = 0, stu = 0, n = 0, t = 0, u, t0 = 0, d;
	json_t *p;
	size_t i;

	json_array_foreach(h, i, p) {
		t = json_number_value(json_array_get(p, 0));
		u = json_number_value(json_array_get(p, 1));
		if (i == 0)
			t0 = t;
		t = (t - t0) / (double)DUR_DAY;
		st += t;
		su += u;
		stt += t * t;
		stu += t * u;
		n++;
	}
	d = n * stt - st * st;
	return t < 1.0 / 24 || d <= 0 ? NAN : (n * stu - st * su) / d;
}

static void
judge(struct work *w, const struct disk_task *t, struct str mount,
    double percent, double inodes, double days)
{
	if (percent >= t->crit)
		work_say(w, TASK_FAILED, STR_FMT " is %.1f %% full",
		    STR_ARG(mount), percent);
	else if (percent >= t->warn)
		work_say(w, TASK_WARNING, STR_FMT " is %.1f %% full",
		    STR_ARG(mount), percent);
	if (inodes >= t->inodes_warn)
		work_say(w, TASK_WARNING, STR_FMT " has %.1f %% of its "
		    "inodes in use", STR_ARG(mount), inodes);
	if (!isnan(days) && days < t->days_warn)
		work_say(w, TASK_WARNING, STR_FMT " is full in %.1f days",
		    STR_ARG(mount), days);
}

static double
share(double used, double rest)
{
	return used + rest > 0 ? used * 100 / (used + rest) : 0;
}

static void
set_number(json_t *o, const char *key, double v)
{
	(void)json_object_set_new(o, key, isnan(v) ? json_null() :
	    json_real(v));
}

static enum step_end
measure(struct work *w, const struct disk_task *t, struct str mount,
    struct err *e)
{
	const char *path = arena_cstr(w->arena, mount);
	double used, avail, percent, inodes = 0, grows, days = NAN;
	json_t *h, *o, *all;
	struct statvfs s;

	if (statvfs(path, &s) == -1) {
		err_sys(e, "cannot look at it");
		return STEP_FAILED;
	}
	used = (double)(s.f_blocks - s.f_bfree) * (double)s.f_frsize;
	avail = (double)s.f_bavail * (double)s.f_frsize;
	percent = share(used, avail);
	if (s.f_files)
		inodes = share((double)(s.f_files - s.f_ffree),
		    (double)s.f_favail);
	h = history_of(w, path);
	(void)json_array_append_new(h, json_pack("[I,f]",
	    (json_int_t)w->now_ms, used));
	grows = slope(h);
	if (grows > 0)
		days = avail / grows;
	o = json_object();
	(void)json_object_set_new(o, "mount", json_string(path));
	set_number(o, "size", (double)s.f_blocks * (double)s.f_frsize);
	set_number(o, "used", used);
	set_number(o, "avail", avail);
	set_number(o, "percent", round(percent * 10) / 10);
	set_number(o, "inodes_percent", round(inodes * 10) / 10);
	set_number(o, "growth_per_day", round(grows));
	set_number(o, "days_until_full", round(days * 10) / 10);
	if ((all = json_object_get(w->data, "mounts")) == NULL) {
		all = json_array();
		(void)json_object_set_new(w->data, "mounts", all);
	}
	(void)json_array_append_new(all, o);
	judge(w, t, mount, percent, inodes, days);
	return STEP_DONE;
}

/* ---- the largest directories ---- */

struct dir_size {
	struct str path;
	int64_t bytes;
};

struct sums {
	struct work *w;
	VEC(struct dir_size) dirs;
	VEC(int64_t) open;	/* of the directories that we are in */
};

static int
on_entry(void *arg, const struct walk_entry *en)
{
	struct sums *s = arg;
	int64_t bytes = (int64_t)en->st.st_blocks * 512;

	if (work_stopping(s->w))
		return WALK_STOP;
	if (S_ISDIR(en->st.st_mode) && !en->after) {
		vec_push(&s->open, bytes);
	} else if (en->after) {
		bytes = s->open.p[--s->open.n];
		vec_push(&s->dirs, (struct dir_size){
		    arena_str(s->w->arena, en->rel), bytes });
		if (s->open.n)
			s->open.p[s->open.n - 1] += bytes;
	} else if (s->open.n) {
		/* A file of several names is shared out among them. */
		s->open.p[s->open.n - 1] += en->st.st_nlink > 1 ?
		    bytes / (int64_t)en->st.st_nlink : bytes;
	}
	return WALK_ON;
}

/* A directory that was not entered has nothing behind it. */
static void
on_skipped(void *arg, struct str rel, const char *why)
{
	struct sums *s = arg;

	(void)rel;
	(void)why;
	if (s->open.n)
		s->open.n--;
}

static int
largest_first(const void *a, const void *b)
{
	const struct dir_size *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return str_cmp(x->path, y->path);
}

static enum step_end
add_up(struct work *w, const struct disk_task *t, struct str below,
    struct err *e)
{
	struct sums s = { .w = w };
	int fd = walk_open(arena_cstr(w->arena, below), e);
	json_t *all = json_array();
	size_t i;

	if (fd == -1)
		return STEP_FAILED;
	(void)walk(fd, 0, on_entry, on_skipped, &s);
	(void)close(fd);
	if (s.dirs.n)
		qsort(s.dirs.p, s.dirs.n, sizeof(*s.dirs.p), largest_first);
	for (i = 0; i < s.dirs.n && i < (size_t)t->top; i++)
		(void)json_array_append_new(all, json_pack("{s:s%, s:I}",
		    "path", s.dirs.p[i].path.p, s.dirs.p[i].path.n, "bytes",
		    (json_int_t)s.dirs.p[i].bytes));
	(void)json_object_set_new(w->data, arena_printf(w->arena,
	    "largest in " STR_FMT, STR_ARG(below)).p, all);
	vec_release(&s.dirs);
	vec_release(&s.open);
	return STEP_DONE;
}

static enum step_end
disk_apply(struct work *w, struct step *s, struct err *e)
{
	const struct disk_task *t = (const struct disk_task *)w->task;

	return strcmp(s->action, "measure") == 0 ? measure(w, t, s->what, e) :
	    add_up(w, t, s->what, e);
}

static void
disk_finish(struct work *w)
{
	json_t *all = json_object_get(w->data, "mounts"), *o, *fullest = NULL;
	double most = -1, percent;
	size_t i;

	json_array_foreach(all, i, o) {
		percent = json_number_value(json_object_get(o, "percent"));
		if (percent > most) {
			most = percent;
			fullest = o;
		}
	}
	if (fullest != NULL)
		work_note(w, "%zu file systems; fullest is %s, %.1f %%",
		    json_array_size(all), json_string_value(
		    json_object_get(fullest, "mount")), most);
}

const struct task_kind task_disk = {
	.name = "disk", .about = "how full, how fast, and when full",
	.fields = &disk_fields, .go_on = true,
	.configure = disk_configure, .plan = disk_plan, .apply = disk_apply,
	.finish = disk_finish,
};
