/*
 * probe: what is asked, and the answer.
 */
#include "probe.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "core/clk.h"
#include "json/tree.h"
#include "program.h"
#include "work.h"

#define SUCCESSES_MAX	1000

static const struct yfield disk_free_rows[] = {
	YROW("path", YT_STR, 0, .dflt = "/"),
	YROW("min", YT_SIZE, sizeof(struct str), .flags = YF_REQUIRED),
};

const struct yfields disk_free_fields = {
	.name = "disk_free",
	.size = sizeof(((struct probe *)NULL)->disk_free),
	.row = disk_free_rows,
	.n = sizeof(disk_free_rows) / sizeof(disk_free_rows[0]),
};

bool
probe_empty(const struct probe *p)
{
	return p->http.n + p->tcp.n + p->closed.n + p->exists.n +
	    p->missing.n + p->check.n + p->command.n + (size_t)
	    p->disk_free.min == 0;
}

static void
add_text(struct buf *b, const char *word, struct str what)
{
	if (what.n)
		(void)buf_printf(b, "%s%s " STR_FMT, b->n ? ", " : "", word,
		    STR_ARG(what));
}

static void
add_words(struct buf *b, const char *word, const struct ystrs *s)
{
	size_t i;

	if (s->n == 0)
		return;
	(void)buf_printf(b, "%s%s", b->n ? ", " : "", word);
	for (i = 0; i < s->n; i++)
		(void)buf_printf(b, " " STR_FMT, STR_ARG(s->p[i]));
}

struct str
probe_text(const struct probe *p, struct arena *a)
{
	struct buf b = { 0 };
	struct str s;

	add_text(&b, "http", p->http);
	add_text(&b, "tcp", p->tcp);
	add_text(&b, "closed", p->closed);
	add_text(&b, "exists", p->exists);
	add_text(&b, "missing", p->missing);
	add_words(&b, "check", &p->check);
	add_words(&b, "command", &p->command);
	if (p->disk_free.min)
		add_text(&b, "disk_free", arena_printf(a, STR_FMT " >= "
		    STR_FMT, STR_ARG(p->disk_free.path),
		    STR_ARG(bytes_text(a, p->disk_free.min))));
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

/* ---- asking ts-health ---- */

/* Its result line's words, whatever they are. */
static struct str
health_words(struct work *w, const struct proc_result *r)
{
	struct str line, out = STR("ts-health gave no result");
	struct err e;
	json_t *j;

	(void)str_cut(buf_str(&r->out), '\n', &line);
	if ((j = json_tree(line, &e)) == NULL) {
		(void)str_cut(buf_str(&r->err), '\n', &line);
		return line.n ? arena_str(w->arena, line) : out;
	}
	if (json_get_str(j, "error").n)
		out = arena_str(w->arena, json_get_str(j, "error"));
	else if (json_get_str(j, "message").n)
		out = arena_str(w->arena, json_get_str(j, "message"));
	json_decref(j);
	return out;
}

/* words: KIND TARGET..., and options as KEY=VALUE behind the target. */
static int
ask_health(struct work *w, const struct str *words, size_t n,
    int64_t timeout_ms, struct str *why)
{
	const char **argv = ARENA_ARRAY(w->arena, 2 * n + 8, const char *);
	struct proc_result r = { 0 };
	struct err e;
	size_t i, at = 0;
	int yes;

	argv[at++] = program_beside(w->arena, "ts-health");
	argv[at++] = "-q";
	argv[at++] = "--set";
	argv[at++] = arena_printf(w->arena, "timeout=%lldms",
	    (long long)timeout_ms).p;
	for (i = 0; i < n; i++) {
		if (i > 1 && str_find_char(words[i], '=') > 0)
			argv[at++] = "--set";
		argv[at++] = arena_cstr(w->arena, words[i]);
	}
	if (work_ask(w, argv, timeout_ms + 2000, &r, &e) == -1) {
		*why = arena_str(w->arena, str_of(e.msg));
		return 0;
	}
	/* A warning is well enough to go on. */
	yes = r.status == 0 || r.status == 1;
	if (!yes)
		*why = health_words(w, &r);
	proc_result_release(&r);
	return yes;
}

static int
ask_command(struct work *w, const struct ystrs *words, int64_t timeout_ms,
    struct str *why)
{
	const char **argv = ARENA_ARRAY(w->arena, words->n + 1, const char *);
	struct proc_result r = { 0 };
	struct err e;
	size_t i;
	int yes;

	for (i = 0; i < words->n; i++)
		argv[i] = arena_cstr(w->arena, words->p[i]);
	if (work_ask(w, argv, timeout_ms, &r, &e) == -1) {
		*why = arena_str(w->arena, str_of(e.msg));
		return 0;
	}
	yes = r.status == 0;
	if (!yes)
		*why = arena_printf(w->arena, "'%s': " STR_FMT, argv[0],
		    STR_ARG(work_ending(w, &r)));
	proc_result_release(&r);
	return yes;
}

static int
ask_one(struct work *w, const char *kind, struct str target,
    int64_t timeout_ms, struct str *why)
{
	struct str words[2] = { str_of(kind), target };

	return ask_health(w, words, 2, timeout_ms, why);
}

static int
ask_files(struct work *w, const struct probe *p, struct str *why)
{
	struct stat st;
	struct statvfs fs;
	int64_t free_bytes;

	if (p->exists.n &&
	    lstat(arena_cstr(w->arena, p->exists), &st) == -1) {
		*why = arena_printf(w->arena, "'" STR_FMT "' does not exist",
		    STR_ARG(p->exists));
		return 0;
	}
	if (p->missing.n &&
	    lstat(arena_cstr(w->arena, p->missing), &st) == 0) {
		*why = arena_printf(w->arena, "'" STR_FMT "' exists",
		    STR_ARG(p->missing));
		return 0;
	}
	if (p->disk_free.min == 0)
		return 1;
	if (statvfs(arena_cstr(w->arena, p->disk_free.path), &fs) == -1) {
		*why = arena_printf(w->arena, "cannot look at '" STR_FMT
		    "': %s", STR_ARG(p->disk_free.path), strerror(errno));
		return 0;
	}
	free_bytes = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
	if (free_bytes >= p->disk_free.min)
		return 1;
	*why = arena_printf(w->arena, "only " STR_FMT " free at '" STR_FMT "'",
	    STR_ARG(bytes_text(w->arena, free_bytes)),
	    STR_ARG(p->disk_free.path));
	return 0;
}

int
probe_ask(struct work *w, const struct probe *p, int64_t timeout_ms,
    struct str *why)
{
	struct str none;

	*why = STR_NONE;
	if (!ask_files(w, p, why))
		return 0;
	if (p->tcp.n && !ask_one(w, "tcp", p->tcp, timeout_ms, why))
		return 0;
	if (p->closed.n && ask_one(w, "tcp", p->closed, timeout_ms, &none)) {
		*why = arena_printf(w->arena, STR_FMT " still answers",
		    STR_ARG(p->closed));
		return 0;
	}
	if (p->http.n && !ask_one(w, "http", p->http, timeout_ms, why))
		return 0;
	if (p->check.n && !ask_health(w, p->check.p, p->check.n, timeout_ms,
	    why))
		return 0;
	return p->command.n == 0 || ask_command(w, &p->command, timeout_ms,
	    why);
}

/* ---- if: ---- */

static const struct yfield condition_rows[] = {
	PROBE_ROWS(offsetof(struct condition, probe)),
	YROW("task", YT_STR, offsetof(struct condition, task)),
	YROW("status", YT_STRLIST, offsetof(struct condition, status)),
};

static const struct yfields condition_fields = {
	.name = "if", .size = sizeof(struct condition),
	.row = condition_rows,
	.n = sizeof(condition_rows) / sizeof(condition_rows[0]),
};

int
condition_decode(const struct ynode *n, void *field, struct arena *a,
    struct err *e)
{
	struct condition *c = field;
	enum task_status s;
	size_t i;

	if (yaml_decode(n, &condition_fields, c, a, e) == -1)
		return -1;
	c->set = true;
	c->probe.node = n;
	for (i = 0; i < c->status.n; i++)
		if (!task_status_parse(c->status.p[i], &s))
			return ynode_err(n, e, "'" STR_FMT "' is no status of "
			    "a task", STR_ARG(c->status.p[i]));
	if (c->status.n && c->task.n == 0)
		return ynode_err(n, e, "'status' of which 'task'?");
	if (c->task.n == 0 && probe_empty(&c->probe))
		return ynode_err(n, e, "the condition asks nothing");
	return 0;
}

/* ---- gate: ---- */

#define AT(f)	offsetof(struct gate, f)
static const struct yfield gate_rows[] = {
	PROBE_ROWS(AT(probe)),
	YROW("timeout", YT_DURATION, AT(timeout_ms), .dflt = "60s"),
	YROW("interval", YT_DURATION, AT(interval_ms), .dflt = "1s"),
	YROW("min_up", YT_DURATION, AT(min_up_ms)),
	YROW("successes", YT_INT, AT(successes), .dflt = "2"),
};
#undef AT

static const struct yfields gate_fields = {
	.name = "gate", .size = sizeof(struct gate),
	.row = gate_rows, .n = sizeof(gate_rows) / sizeof(gate_rows[0]),
};

int
gate_decode(const struct ynode *n, void *field, struct arena *a,
    struct err *e)
{
	struct gate *g = field;

	if (yaml_decode(n, &gate_fields, g, a, e) == -1)
		return -1;
	g->set = true;
	g->probe.node = n;
	if (probe_empty(&g->probe))
		return ynode_err(n, e, "the gate asks nothing");
	if (g->successes < 1 || g->successes > SUCCESSES_MAX)
		return ynode_err(n, e, "'successes' must be from 1 to %d",
		    SUCCESSES_MAX);
	if (g->timeout_ms < 1 || g->interval_ms < 1)
		return ynode_err(n, e, "'timeout' and 'interval' must be over "
		    "0");
	return 0;
}

struct str
gate_text(const struct gate *g, struct arena *a)
{
	return probe_text(&g->probe, a);
}

/* Asleep for ms, or until told to end. */
static void
rest(struct work *w, int64_t ms)
{
	int64_t until = clk_mono_ms() + ms, left;

	while (!work_stopping(w) && (left = until - clk_mono_ms()) > 0)
		(void)poll(NULL, 0, left > 1000 ? 1000 : (int)left);
}

int
gate_wait(struct work *w, const struct gate *g, struct str *why)
{
	int64_t end = clk_mono_ms() + g->timeout_ms, since = 0, left;
	int64_t in_row = 0;

	*why = STR("it was never asked");
	for (;;) {
		left = end - clk_mono_ms();
		if (left <= 0 || work_stopping(w))
			break;
		if (probe_ask(w, &g->probe, left < 10000 ? left : 10000,
		    why)) {
			if (in_row++ == 0)
				since = clk_mono_ms();
			if (in_row >= g->successes &&
			    clk_mono_ms() - since >= g->min_up_ms)
				return 1;
			*why = STR("it did not hold long enough");
		} else {
			in_row = 0;
		}
		rest(w, g->interval_ms);
	}
	if (work_stopping(w))
		*why = STR("stopped");
	return 0;
}
