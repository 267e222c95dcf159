/*
 * stamps: reading and writing what jobs tell.
 */
#include "stamps.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/dur.h"
#include "core/io.h"
#include "core/num.h"
#include "json/tree.h"
#include "json/write.h"

/* Runs that are told of at the same time; of more the oldest is forgotten. */
#define RUNS_MAX	64

struct open_run {
	struct str rid;
	int64_t began_ms, word_ms;
};

struct reading {
	struct stamps *out;
	struct arena arena;
	struct open_run run[RUNS_MAX];
	size_t n;
};

static bool
instant(const json_t *o, int64_t *ms)
{
	const json_t *ts = json_object_get(o, "ts");
	double v;

	if (json_is_string(ts))
		return time_parse(json_get_str(o, "ts"), ms);
	v = json_number_value(ts);
	if (!json_is_number(ts) || !(v > 0 && v < 1e11))
		return false;
	*ms = (int64_t)(v * 1000);
	return true;
}

/* Of that id, or when either tells none, the newest. */
static struct open_run *
run_find(struct reading *r, struct str rid)
{
	size_t i = r->n;

	while (i-- > 0)
		if (rid.n == 0 || r->run[i].rid.n == 0 ||
		    str_eq(r->run[i].rid, rid))
			return &r->run[i];
	return NULL;
}

static void
run_start(struct reading *r, struct str rid, int64_t ms)
{
	if (r->n == RUNS_MAX)
		memmove(r->run, r->run + 1, --r->n * sizeof(*r->run));
	r->run[r->n++] = (struct open_run){ arena_str(&r->arena, rid), ms,
	    ms };
}

static void
run_end(struct reading *r, struct str rid, int64_t ms)
{
	struct open_run *run = run_find(r, rid);
	size_t i;

	r->out->ran_ms = -1;
	if (run == NULL)
		return;
	r->out->ran_ms = ms - run->began_ms;
	i = (size_t)(run - r->run);
	memmove(run, run + 1, (--r->n - i) * sizeof(*run));
}

/* False when it is no stamp. */
static bool
take(struct reading *r, const json_t *o)
{
	struct str event = json_get_str(o, "event");
	struct str rid = json_get_str(o, "rid");
	const json_t *code = json_object_get(o, "exit");
	struct stamps *s = r->out;
	struct open_run *run;
	int64_t ms;

	if (!instant(o, &ms))
		return false;
	if (str_eq(event, STR("start"))) {
		run_start(r, rid, ms);
	} else if (str_eq(event, STR("alive"))) {
		if ((run = run_find(r, rid)) != NULL)
			run->word_ms = ms;
	} else if (str_eq(event, STR("success")) ||
	    str_eq(event, STR("fail"))) {
		run_end(r, rid, ms);
		s->exit = json_is_integer(code) ? json_integer_value(code) :
		    -1;
		s->failed = str_eq(event, STR("fail")) || s->exit > 0;
		if (!s->failed)
			vec_push(&s->success, ms);
	} else {
		return str_eq(event, STR("log"));
	}
	s->last_ms = ms;
	return true;
}

void
stamps_read(struct str text, struct str job, struct stamps *out)
{
	struct reading r = { .out = out };
	struct str line;
	struct err e;
	json_t *o;
	size_t i;

	*out = (struct stamps){ .exit = -1, .ran_ms = -1 };
	while (text.p != NULL) {
		text = str_cut(text, '\n', &line);
		if (str_trim(line).n == 0)
			continue;
		o = json_tree(line, &e);
		if (!json_is_object(o) || ((job.n == 0 ||
		    str_eq(json_get_str(o, "job"), job)) && !take(&r, o)))
			out->bad++;
		json_decref(o);
	}
	for (i = 0; i < r.n; i++)
		if (out->open_ms == 0 || r.run[i].word_ms < out->open_ms)
			out->open_ms = r.run[i].word_ms;
	arena_free(&r.arena);
}

void
stamps_release(struct stamps *s)
{
	vec_release(&s->success);
}

int
stamps_load(const char *path, struct arena *a, struct str *text,
    struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc = -1;
	struct buf b = { 0 };
	struct stat st;
	struct str line;
	off_t from = 0;

	if (fd == -1 || fstat(fd, &st) == -1) {
		(void)err_sys(e, "cannot open '%s'", path);
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		(void)err_set(e, ERR_SYS, "'%s' is no regular file", path);
		goto out;
	}
	b.max = 2 * STAMPS_MAX;
	if (st.st_size > (off_t)STAMPS_MAX)
		from = lseek(fd, st.st_size - (off_t)STAMPS_MAX, SEEK_SET);
	if (io_read_all(fd, &b, e) == -1)
		goto out;
	*text = arena_str(a, buf_str(&b));
	if (from > 0)
		*text = str_cut(*text, '\n', &line);
	rc = 0;
out:
	if (fd != -1)
		(void)close(fd);
	buf_release(&b);
	return rc;
}

/* ---- writing ---- */

/*
 * The file at path, locked; it may have been replaced by the time that the
 * lock is ours.
 */
static int
open_locked(const char *path, struct err *e)
{
	struct stat mine, there;
	int fd;

	for (;;) {
		fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
		if (fd == -1)
			return err_sys(e, "cannot open '%s'", path);
		while (flock(fd, LOCK_EX) == -1 && errno == EINTR)
			continue;
		if (fstat(fd, &mine) == 0 && stat(path, &there) == 0 &&
		    mine.st_ino == there.st_ino && mine.st_dev == there.st_dev)
			return fd;
		(void)close(fd);
	}
}

/* Whoever wrote before us may have been killed at it. */
static bool
is_torn(int fd, const struct stat *st)
{
	char last;

	return st->st_size > 0 &&
	    pread(fd, &last, 1, st->st_size - 1) == 1 && last != '\n';
}

/* With the last lines alone, when there are too many. */
static int
append_or_replace(const char *path, int fd, struct str line, struct err *e)
{
	struct arena a = { 0 };
	struct stat st;
	struct str kept;
	int rc = -1;

	if (fstat(fd, &st) == -1)
		return err_sys(e, "cannot look at '%s'", path);
	if (is_torn(fd, &st))
		(void)io_write_all(fd, STR("\n"));
	if (st.st_size < (off_t)(4 * STAMPS_MAX))
		return io_write_all(fd, line) == 0 ? 0 :
		    err_sys(e, "cannot write '%s'", path);
	if (stamps_load(path, &a, &kept, e) == 0)
		rc = io_replace_file(path, arena_printf(&a, STR_FMT STR_FMT,
		    STR_ARG(kept), STR_ARG(line)), e);
	arena_free(&a);
	return rc;
}

int
stamps_append(const char *path, struct str job, struct str event,
    struct str rid, int64_t now_ms, struct err *e)
{
	static const char *const events[] = { "start", "success", "fail",
	    "alive" };
	struct buf b = { 0 }, time = { 0 };
	struct jw w = { .out = &b };
	bool known = false, code;
	int64_t status;
	size_t i;
	int fd, rc;

	for (i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		known |= str_eq(event, str_of(events[i]));
	code = !known && num_parse_i64(event, 0, 255, &status);
	if (!known && !code)
		return err_set(e, ERR_CONFIG, "'" STR_FMT "' is not start, "
		    "success, fail, alive or an exit status", STR_ARG(event));
	jw_obj(&w);
	jw_key(&w, STR("job"));
	jw_str(&w, job);
	jw_key(&w, STR("event"));
	jw_str(&w, known ? event : status ? STR("fail") : STR("success"));
	jw_key(&w, STR("ts"));
	time_print_rfc3339(&time, now_ms);
	jw_str(&w, buf_str(&time));
	if (rid.n) {
		jw_key(&w, STR("rid"));
		jw_str(&w, rid);
	}
	if (code) {
		jw_key(&w, STR("exit"));
		jw_int(&w, status);
	}
	jw_obj_end(&w);
	(void)buf_putc(&b, '\n');
	if ((fd = open_locked(path, e)) == -1) {
		rc = -1;
	} else {
		rc = append_or_replace(path, fd, buf_str(&b), e);
		(void)close(fd);
	}
	buf_release(&b);
	buf_release(&time);
	return rc;
}
