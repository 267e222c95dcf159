/*
 * task_cert: how long certificates are still good, by `ts-health cert`.
 *
 *	sources: [FILE, HOST:PORT]
 *	warn: 30d, crit: 7d
 */
#include "core/dur.h"
#include "json/tree.h"
#include "kinds.h"
#include "program.h"

struct cert_task {
	struct task task;
	struct ystrs sources;
	int64_t warn_ms, crit_ms;
	struct str ca_file;
};

#define AT(f)	offsetof(struct cert_task, f)
static const struct yfield rows[] = {
	TASK_ROWS,
	YROW("sources", YT_STRLIST, AT(sources), .flags = YF_REQUIRED),
	YROW("warn", YT_DURATION, AT(warn_ms), .dflt = "30d"),
	YROW("crit", YT_DURATION, AT(crit_ms), .dflt = "7d"),
	YROW("ca_file", YT_STR, AT(ca_file)),
};
TASK_FIELDS(cert, struct cert_task);
#undef AT

static int
cert_plan(struct work *w, struct err *e)
{
	const struct cert_task *t = (const struct cert_task *)w->task;
	size_t i;

	(void)e;
	for (i = 0; i < t->sources.n; i++)
		(void)work_step(w, (struct step){ .action = "look",
		    .what = t->sources.p[i], .reads = true });
	return 0;
}

static const char *
option(struct work *w, const char *name, int64_t ms)
{
	return arena_printf(w->arena, "%s=%lldms", name, (long long)ms).p;
}

/* The days of its performance data. */
static void
keep_days(struct work *w, const json_t *j, struct str source)
{
	json_t *all = json_object_get(w->data, "days"), *p;
	size_t i;

	if (all == NULL) {
		all = json_object();
		(void)json_object_set_new(w->data, "days", all);
	}
	json_array_foreach(json_object_get(j, "perfdata"), i, p)
		if (str_eq(json_get_str(p, "label"), STR("days")))
			(void)json_object_set(all, arena_cstr(w->arena,
			    source), json_object_get(p, "value"));
}

static enum step_end
cert_apply(struct work *w, struct step *s, struct err *e)
{
	const struct cert_task *t = (const struct cert_task *)w->task;
	const char *argv[] = { program_beside(w->arena, "ts-health"), "-q",
	    "cert", "--set", option(w, "warn", t->warn_ms), "--set",
	    option(w, "crit", t->crit_ms), t->ca_file.n ? "--set" : "--",
	    t->ca_file.n ? arena_printf(w->arena, "ca_file=" STR_FMT,
	    STR_ARG(t->ca_file)).p : arena_cstr(w->arena, s->what),
	    t->ca_file.n ? arena_cstr(w->arena, s->what) : NULL, NULL };
	struct proc_result r = { 0 };
	struct str status, words;
	enum step_end end = STEP_DONE;
	json_t *j = NULL;

	if (work_ask(w, argv, 0, &r, e) == -1)
		return STEP_FAILED;
	if ((j = json_tree(str_trim(buf_str(&r.out)), e)) == NULL) {
		err_set(e, ERR_SYS, "ts-health: " STR_FMT,
		    STR_ARG(str_trim(buf_str(&r.err))));
		proc_result_release(&r);
		return STEP_FAILED;
	}
	status = json_get_str(j, "status");
	words = json_get_str(j, "error");
	if (words.n == 0)
		words = json_get_str(j, "message");
	keep_days(w, j, s->what);
	if (str_eq(status, STR("healthy"))) {
		work_note(w, STR_FMT, STR_ARG(words));
	} else if (str_eq(status, STR("warning"))) {
		work_say(w, TASK_WARNING, STR_FMT, STR_ARG(words));
	} else {
		err_set(e, ERR_SYS, STR_FMT, STR_ARG(words));
		end = STEP_FAILED;
	}
	json_decref(j);
	proc_result_release(&r);
	return end;
}

const struct task_kind task_cert = {
	.name = "cert", .about = "how long certificates are good",
	.fields = &cert_fields, .go_on = true, .plan = cert_plan,
	.apply = cert_apply,
};
