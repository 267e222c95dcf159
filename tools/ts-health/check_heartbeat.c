/*
 * check_heartbeat: a job touches a file when it has done its work, or tells
 * of its runs there (stamps.h); no word in time means that it did not run.
 */
#include "heartbeat.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "core/clk.h"
#include "core/dur.h"
#include "core/num.h"
#include "kinds.h"
#include "stamps.h"

/* How long a job that is due at a time may take, unless told. */
#define WHEN_GRACE_MS	DUR_HOUR

/* 3/1h: more than three within an hour are too many. */
static int
decode_too_often(const struct ynode *n, void *field, struct arena *a,
    struct err *e)
{
	struct { int64_t n, within_ms; } *out = field;
	struct str head, rest = STR_NONE;

	(void)a;
	if (n->kind == Y_SCALAR)
		rest = str_cut(n->scalar, '/', &head);
	if (rest.p == NULL || !num_parse_i64(head, 1, 1000, &out->n) ||
	    !dur_parse(rest, &out->within_ms) || out->within_ms == 0)
		return ynode_err(n, e, "expected NUMBER/DURATION (3/1h)");
	return 0;
}

#define T	struct heartbeat_check
#define AT(f)	offsetof(T, f)
static const struct yfield rows[] = {
	CHECK_ROWS,
	YROW("stamp", YT_STR, AT(stamp), .flags = YF_REQUIRED),
	YROW("job", YT_STR, AT(job)),
	YROW("every", YT_DURATION, AT(every_ms)),
	YROW("when", YT_CUSTOM, AT(when), .decode = words_decode),
	YROW("timezone", YT_STR, AT(timezone)),
	YROW("grace", YT_DURATION, AT(grace_ms)),
	YROW("run_timeout", YT_DURATION, AT(run_timeout_ms)),
	YROW("too_early", YT_DURATION, AT(too_early_ms)),
	YROW("too_short", YT_DURATION, AT(too_short_ms)),
	YROW("too_often", YT_CUSTOM, AT(too_often),
	    .decode = decode_too_often),
	YROW("skew", YT_DURATION, AT(skew_ms), .dflt = "60s"),
};
KIND_FIELDS(heartbeat, T);
#undef AT
#undef T

static int
heartbeat_configure(struct check *c, struct arena *a, struct err *e)
{
	struct heartbeat_check *h = (struct heartbeat_check *)c;
	struct err why;
	size_t i;
	int got;

	if ((h->every_ms > 0) == (h->when.n > 0))
		return ynode_err(c->node, e, "a heartbeat check needs either "
		    "every or when");
	if (h->when.n > HEARTBEAT_TIMES_MAX)
		return ynode_err(c->node, e, "more than %d times",
		    HEARTBEAT_TIMES_MAX);
	for (i = 0; i < h->when.n; i++) {
		got = calendar_parse_any(h->when.p[i], h->timezone,
		    &h->at[h->nat], a, &why);
		if (got == -1)
			return ynode_err(ynode_get(c->node, "when"), e,
			    "when: %s", why.msg);
		h->nat += (size_t)got;
	}
	if (h->when.n && ynode_get(c->node, "grace") == NULL)
		h->grace_ms = WHEN_GRACE_MS;
	h->path = arena_cstr(a, h->stamp);
	c->target = h->stamp;
	return 0;
}

/* ---- what is told ---- */

/* 1 it is known, 0 it was said that it is not. */
static bool
load(const struct heartbeat_check *h, struct stamps *s,
    struct check_result *r)
{
	struct stat st;
	struct str text;
	struct err e;

	*s = (struct stamps){ .exit = -1, .ran_ms = -1 };
	if (stat(h->path, &st) == -1) {
		check_say(r, errno == EACCES ? CHECK_UNKNOWN : CHECK_FAIL,
		    errno == ENOENT ? "no heartbeat yet"
		    "%s%s" : "cannot look at '%s': %s", errno == ENOENT ? "" :
		    h->path, errno == ENOENT ? "" : strerror(errno));
		return false;
	}
	if (!S_ISREG(st.st_mode)) {
		text = STR_NONE;
	} else if (stamps_load(h->path, r->arena, &text, &e) == -1) {
		check_say(r, CHECK_UNKNOWN, "%s", e.msg);
		return false;
	}
	if (!str_starts(str_trim(text), STR("{"))) {
		s->last_ms = (int64_t)st.st_mtim.tv_sec * 1000 +
		    st.st_mtim.tv_nsec / 1000000;
		vec_push(&s->success, s->last_ms);
		return true;
	}
	stamps_read(text, h->job, s);
	if (s->last_ms)
		return true;
	if (s->bad)
		check_say(r, CHECK_UNKNOWN, "'%s' holds no stamps", h->path);
	else
		check_say(r, CHECK_FAIL, "no heartbeat yet");
	return false;
}

/* When word was due after one at ms. */
static int64_t
due_after(const struct heartbeat_check *h, int64_t ms)
{
	int64_t first = INT64_MAX, at;
	size_t i;

	if (h->every_ms)
		return ms + h->every_ms;
	/* By another clock the job may have been a little early. */
	for (i = 0; i < h->nat; i++) {
		at = calendar_next(h->at[i], ms + h->skew_ms,
		    CALENDAR_GAP_AFTER);
		first = at < first ? at : first;
	}
	return first;
}

static double
seconds(int64_t ms)
{
	return floor((double)ms / 1000);
}

/* ---- the verdict ---- */

static void
judge_runs(const struct heartbeat_check *h, const struct stamps *s,
    int64_t now, struct check_result *r)
{
	if (s->failed && s->exit >= 0)
		check_say(r, CHECK_FAIL, "the last run failed with status "
		    "%lld", (long long)s->exit);
	else if (s->failed)
		check_say(r, CHECK_FAIL, "the last run failed");
	if (h->run_timeout_ms && s->open_ms &&
	    now - s->open_ms > h->run_timeout_ms)
		check_say(r, CHECK_FAIL, "a run has not ended for %.0f "
		    "seconds", seconds(now - s->open_ms));
	if (h->too_short_ms && !s->failed && s->ran_ms >= 0 &&
	    s->ran_ms < h->too_short_ms)
		check_say(r, CHECK_WARN, "the last run took only %.3g "
		    "seconds", (double)s->ran_ms / 1000);
	if (s->last_ms > now + h->skew_ms)
		check_say(r, CHECK_WARN, "the last stamp is %.0f seconds in "
		    "the future", seconds(s->last_ms - now));
}

static void
judge_rate(const struct heartbeat_check *h, const struct stamps *s,
    int64_t now, struct check_result *r)
{
	size_t n = s->success.n, i;
	const int64_t *at = s->success.p;
	int64_t recent = 0;

	if (h->too_early_ms && n > 1 && at[n - 1] - at[n - 2] <
	    h->too_early_ms)
		check_say(r, CHECK_WARN, "the last heartbeat came %.0f "
		    "seconds after the one before",
		    seconds(at[n - 1] - at[n - 2]));
	for (i = 0; i < n; i++)
		recent += at[i] > now - h->too_often.within_ms;
	if (h->too_often.n && recent > h->too_often.n)
		check_say(r, CHECK_WARN, "%lld heartbeats in %.0f seconds",
		    (long long)recent, seconds(h->too_often.within_ms));
}

/*
 * By `every` one that is late is a warning, then a failure; by `when` it is
 * at work until the grace is over.
 */
static void
judge_time(const struct heartbeat_check *h, int64_t last, int64_t now,
    struct check_result *r)
{
	int64_t due = due_after(h, last);

	if (due != INT64_MAX && now > due + h->grace_ms)
		check_say(r, CHECK_FAIL, "the last heartbeat was %.0f seconds "
		    "ago", seconds(now - last));
	else if (now > due && h->every_ms)
		check_say(r, CHECK_WARN, "the heartbeat is %.0f seconds late",
		    seconds(now - due));
}

static void
heartbeat_run(const struct check *c, struct check_result *r)
{
	static const struct range none;
	const struct heartbeat_check *h = (const struct heartbeat_check *)c;
	struct clk wall = { .kind = CLK_WALL };
	int64_t now = clk_now(&wall), last;
	struct stamps s;

	if (!load(h, &s, r))
		goto out;
	judge_runs(h, &s, now, r);
	judge_rate(h, &s, now, r);
	if (s.success.n == 0) {
		check_note(r, "the first run has not ended yet");
		if (s.open_ms == 0)
			check_say(r, CHECK_FAIL, "no run has succeeded yet");
		goto out;
	}
	last = s.success.p[s.success.n - 1];
	if (last > now)
		last = now;
	check_measure(r, STR("age"), seconds(now - last), "s", &none, &none,
	    "age");
	if (s.ran_ms >= 0)
		check_measure(r, STR("run_time"), (double)s.ran_ms / 1000,
		    "s", &none, &none, "run time");
	judge_time(h, last, now, r);
	if (s.open_ms)
		check_note(r, "running; the last heartbeat was %.0f seconds "
		    "ago", seconds(now - last));
	else
		check_note(r, "the last heartbeat was %.0f seconds ago",
		    seconds(now - last));
out:
	stamps_release(&s);
}

const struct check_kind check_heartbeat = {
	.name = "heartbeat", .operand = "stamp",
	.fields = &heartbeat_fields, .configure = heartbeat_configure,
	.run = heartbeat_run,
};
