/*
 * check_file: files by pattern: are there any, how old is the newest, how
 * large, how many.  "The newest backup is older than a day" means that it
 * did not run.
 */
#include <errno.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>

#include "core/clk.h"
#include "core/io.h"
#include "kinds.h"
#include "re/re.h"

#define CONTENT_MAX	((size_t)16 << 20)

struct file_check {
	struct check check;
	struct str path, regex;
	struct re *re;
	bool absent;
	int64_t age_warn_ms, age_crit_ms;
	struct range size_warn, size_crit, count_warn, count_crit;
};

#define T	struct file_check
static const struct yfield rows[] = {
	CHECK_ROWS,
	YROW("path", YT_STR, offsetof(T, path), .flags = YF_REQUIRED),
	YROW("absent", YT_BOOL, offsetof(T, absent)),
	YROW("regex", YT_STR, offsetof(T, regex)),
	YROW("age_warn", YT_DURATION, offsetof(T, age_warn_ms)),
	YROW("age_crit", YT_DURATION, offsetof(T, age_crit_ms)),
	BYTES_ROW("size_warn", T, size_warn),
	BYTES_ROW("size_crit", T, size_crit),
	RANGE_ROW("count_warn", T, count_warn),
	RANGE_ROW("count_crit", T, count_crit),
};
KIND_FIELDS(file, T);
#undef T

static int
file_configure(struct check *c, struct arena *a, struct err *e)
{
	struct file_check *f = (struct file_check *)c;
	struct err why;

	if (f->path.n == 0)
		return ynode_err(c->node, e, "'path' is empty");
	if (f->regex.n && (f->re = re_compile_in(a, f->regex, 0,
	    &why)) == NULL)
		return ynode_err(c->node, e, "regex: %s", why.msg);
	c->target = f->path;
	return 0;
}

/* The newest of them; what vanishes meanwhile does not count. */
static const char *
newest(const glob_t *g, struct stat *best)
{
	const char *path = NULL;
	struct stat st;
	size_t i;

	for (i = 0; i < g->gl_pathc; i++)
		if (stat(g->gl_pathv[i], &st) == 0 && (path == NULL ||
		    st.st_mtime > best->st_mtime)) {
			path = g->gl_pathv[i];
			*best = st;
		}
	return path;
}

static void
check_age(const struct file_check *f, const char *path, double age,
    struct check_result *r)
{
	static const struct range none;

	check_measure(r, STR("age"), age, "s", &none, &none, "age");
	if (f->age_crit_ms && age * 1000 > (double)f->age_crit_ms)
		check_say(r, CHECK_FAIL, "'%s' is %.0f seconds old", path,
		    age);
	if (f->age_warn_ms && age * 1000 > (double)f->age_warn_ms)
		check_say(r, CHECK_WARN, "'%s' is %.0f seconds old", path,
		    age);
}

static void
check_content(const struct file_check *f, const char *path,
    struct check_result *r)
{
	struct buf b = { 0 };
	struct err e;

	if (f->re == NULL)
		return;
	if (io_read_file(path, CONTENT_MAX, &b, &e) == -1)
		check_say(r, CHECK_FAIL, "%s", e.msg);
	else if (!re_match(f->re, buf_str(&b)))
		check_say(r, CHECK_FAIL, "'%s' does not match '" STR_FMT "'",
		    path, STR_ARG(f->regex));
	buf_release(&b);
}

static void
check_newest(const struct file_check *f, const glob_t *g,
    struct check_result *r)
{
	struct clk wall = { .kind = CLK_WALL };
	struct stat st;
	const char *path = newest(g, &st);

	if (path == NULL) {
		check_say(r, CHECK_FAIL, "no file '" STR_FMT "'",
		    STR_ARG(f->path));
		return;
	}
	check_age(f, path, (double)clk_now(&wall) / 1000 -
	    (double)st.st_mtime, r);
	check_measure(r, STR("size"), (double)st.st_size, "B", &f->size_warn,
	    &f->size_crit, "size");
	check_content(f, path, r);
	check_note(r, "%zu files, the newest '%s' of %lld bytes",
	    g->gl_pathc, path, (long long)st.st_size);
}

static void
file_run(const struct check *c, struct check_result *r)
{
	const struct file_check *f = (const struct file_check *)c;
	glob_t g = { 0 };
	int rc = glob(arena_cstr(r->arena, f->path), 0, NULL, &g);

	if (rc != 0 && rc != GLOB_NOMATCH) {
		check_say(r, CHECK_UNKNOWN, "cannot look for '" STR_FMT
		    "': %s", STR_ARG(f->path), strerror(errno));
		return;
	}
	check_measure(r, STR("count"), (double)g.gl_pathc, "",
	    &f->count_warn, &f->count_crit, "count");
	if (!f->absent)
		check_newest(f, &g, r);
	else if (g.gl_pathc > 0)
		check_say(r, CHECK_FAIL, "'%s' is there", g.gl_pathv[0]);
	globfree(&g);
}

const struct check_kind check_file = {
	.name = "file", .operand = "path", .fields = &file_fields,
	.configure = file_configure, .run = file_run,
};
