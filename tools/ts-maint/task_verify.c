/*
 * task_verify: backups are read back: checksums, manifests, and all that is
 * in them.
 *
 *	dir: PATH, match: [PATTERN]
 *	newest: 1		so many of the newest
 *	within: 7d		only those
 *	subset: 7		a 7th of them each run, those first that were
 *				not looked at for longest
 *	max_age: 26h		the newest must be younger
 *	shrink_warn: 50		percent that the newest is smaller than the one
 *				before
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backupcheck.h"
#include "core/dur.h"
#include "kinds.h"

#define SUBSET_MAX	1000

struct verify_task {
	struct task task;
	struct backup_pick pick;
	int64_t subset, max_age_ms;
	double shrink_warn;
};

#define AT(f)	offsetof(struct verify_task, f)
static const struct yfield rows[] = {
	TASK_ROWS,
	BACKUP_PICK_ROWS(AT(pick)),
	YROW("subset", YT_INT, AT(subset)),
	YROW("max_age", YT_DURATION, AT(max_age_ms)),
	YROW("shrink_warn", YT_DOUBLE, AT(shrink_warn), .dflt = "50"),
};
TASK_FIELDS(verify, struct verify_task);
#undef AT

static int
verify_configure(struct task *task, struct arena *a, struct err *e)
{
	const struct verify_task *t = (const struct verify_task *)task;

	(void)a;
	if (t->pick.newest < 0 || t->subset < 0 || t->subset > SUBSET_MAX)
		return ynode_err(task->node, e, "'newest' counts from 0, "
		    "'subset' is at most %d", SUBSET_MAX);
	if (t->shrink_warn <= 0 || t->shrink_warn > 100)
		return ynode_err(task->node, e, "'shrink_warn' is a percentage");
	return 0;
}

struct verify {
	struct backup_pick pick;
	int64_t unsummed, bytes;
};

/* When it was last looked at: 0 = never. */
static int64_t
last_look(const struct work *w, struct str name)
{
	return json_integer_value(json_object_getn(json_object_get(w->memory,
	    "verified"), name.p, name.n));
}

struct ranked {
	struct backup_found f;
	int64_t looked;
};

static int
longest_ago(const void *x, const void *y)
{
	const struct ranked *a = x, *b = y;

	if (a->looked != b->looked)
		return a->looked < b->looked ? -1 : 1;
	return str_cmp(a->f.name, b->f.name);
}

/* A kth of them: after k runs all have been looked at. */
static size_t
take_subset(struct work *w, struct backup_found *f, size_t n, size_t k)
{
	struct ranked *r = ARENA_ARRAY(w->arena, n, struct ranked);
	size_t i, want = (n + k - 1) / k;

	for (i = 0; i < n; i++)
		r[i] = (struct ranked){ f[i], last_look(w, f[i].name) };
	qsort(r, n, sizeof(*r), longest_ago);
	for (i = 0; i < want; i++)
		f[i] = r[i].f;
	return want;
}

static void
judge_newest(struct work *w, const struct verify_task *t,
    const struct backup_pick *p)
{
	int64_t age = w->now_ms - p->newest_ms;
	struct buf b = { 0 };
	double less;

	if (t->max_age_ms && age > t->max_age_ms) {
		dur_print(&b, age / DUR_MINUTE * DUR_MINUTE);
		work_say(w, TASK_FAILED, "the newest is " STR_FMT " old",
		    STR_ARG(buf_str(&b)));
		buf_release(&b);
	}
	if (p->before_bytes <= 0)
		return;
	less = 100 - (double)p->newest_bytes * 100 / (double)p->before_bytes;
	if (less > t->shrink_warn)
		work_say(w, TASK_WARNING, "the newest is %.0f %% smaller than "
		    "the one before", less);
}

static int
verify_plan(struct work *w, struct err *e)
{
	const struct verify_task *t = (const struct verify_task *)w->task;
	struct verify *v = ARENA_NEW(w->arena, struct verify);
	struct backup_found *f;
	size_t n, i;

	v->pick = t->pick;
	w->own = v;
	if (backup_pick_list(w, &v->pick, &f, &n, e) == -1)
		return -1;
	if (t->subset > 1)
		n = take_subset(w, f, n, (size_t)t->subset);
	for (i = 0; i < n; i++)
		work_step(w, (struct step){ .action = "verify",
		    .what = arena_printf(w->arena, STR_FMT "/" STR_FMT,
		    STR_ARG(v->pick.dir), STR_ARG(f[i].name)),
		    .bytes = f[i].bytes, .reads = true })->own =
		    arena_cstr(w->arena, f[i].name);
	judge_newest(w, t, &v->pick);
	return 0;
}

static enum step_end
verify_apply(struct work *w, struct step *s, struct err *e)
{
	struct verify *v = w->own;
	struct backup_report r;
	json_t *all;

	if (backup_check(w, v->pick.fd, v->pick.dir, s->own, -1, 0, &r,
	    e) == -1) {
		work_append(w, "bad", str_of(s->own));
		return STEP_FAILED;
	}
	if (!r.summed && v->unsummed++ == 0)
		work_say(w, TASK_WARNING, "'%s' has no checksum beside it: "
		    "only what it is made of was looked at",
		    (const char *)s->own);
	if (w->keep == NULL)
		w->keep = json_pack("{s:{}}", "verified");
	all = json_object_get(w->keep, "verified");
	(void)json_object_set_new(all, s->own, json_integer(w->now_ms));
	v->bytes += r.bytes;
	return STEP_DONE;
}

/* What other runs have looked at is kept, as long as it is there. */
static void
verify_finish(struct work *w)
{
	struct verify *v = w->own;
	json_t *old = json_object_get(w->memory, "verified"), *all, *when;
	const char *name;

	if (w->dry_run || v == NULL)
		return;
	if (w->keep != NULL) {
		all = json_object_get(w->keep, "verified");
		json_object_foreach(old, name, when)
			if (json_object_get(all, name) == NULL &&
			    faccessat(v->pick.fd, name, F_OK,
			    AT_SYMLINK_NOFOLLOW) == 0)
				(void)json_object_set(all, name, when);
	}
	work_integer(w, "matched", v->pick.matched);
	work_integer(w, "verified", w->outcome.done);
	work_integer(w, "bytes", v->bytes);
	work_integer(w, "without_checksum", v->unsummed);
	work_note(w, "%lld of %lld are good, " STR_FMT " read",
	    (long long)w->outcome.done, (long long)v->pick.matched,
	    STR_ARG(bytes_text(w->arena, v->bytes)));
}

const struct task_kind task_verify = {
	.name = "verify", .about = "backups are read back",
	.fields = &verify_fields, .go_on = true,
	.configure = verify_configure, .plan = verify_plan,
	.apply = verify_apply, .finish = verify_finish,
};
