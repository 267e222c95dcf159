/*
 * The main job: run checks of health.yml, or one from the command line.
 */
#include "verbs.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/dur.h"
#include "history.h"
#include "json/write.h"
#include "run.h"
#include "serve.h"

/* Where the results of a run go. */
struct printing {
	const struct report_format *format;
	const char *textfile;		/* or NULL */
	bool *failed;
};

/* Metrics for a collector that may look at any time. */
static void
write_textfile(const struct printing *p, const struct report *r)
{
	struct buf text = { 0 };
	struct err e;

	report_text(r, &text);
	if (io_replace_file(p->textfile, buf_str(&text), &e) == -1) {
		diag_err(&e);
		*p->failed = true;
	}
	buf_release(&text);
}

static void
print_results(const struct report *r, const void *arg, struct buf *out)
{
	const struct printing *p = arg;

	if (p->textfile != NULL)
		write_textfile(p, r);
	if (p->textfile == NULL || p->format->print != report_text)
		p->format->print(r, out);
}

struct health_config
health_config_new(const struct health *self)
{
	return (struct health_config){ .procfs = self->host.procfs,
	    .sysfs = self->host.sysfs, .rootfs = self->host.rootfs };
}

int
health_run(struct tool *t, struct health_config *h, int argc, char **argv,
    const struct report_format *format)
{
	const struct health *self = t->self;
	bool failed = false;
	struct printing p = { format, self->textfile, &failed };
	struct run_order order = { .argc = argc, .argv = argv,
	    .print = print_results, .arg = &p };
	int status;

	if (self->envelope && format->print != report_json)
		return tool_usage(t, "--envelope ends -o json");
	/* Each round has only the checks that are due. */
	if (self->textfile != NULL && t->follow)
		return tool_usage(t, "--textfile is of one run, not of -f");
	status = run_checks(t, h, &order);
	return failed ? HEALTH_UNKNOWN : status;
}

static void
print_http(const struct report *r, const void *arg, struct buf *out)
{
	serve_answer(arg, r, out);
}

/*
 * One request on stdin; what was found is in the answer.  A client that does
 * not take its answer is left to SIGALRM.
 */
static int
serve(struct tool *t, struct health_config *h, int argc, char **argv)
{
	const struct health *self = t->self;
	struct buf text = { 0 }, *out = io_writer_buf(t->out);
	struct serve_request q;
	struct run_order order = { .argc = argc, .argv = argv,
	    .max_age_ms = self->max_age_ms, .print = print_http, .arg = &q };
	int status = HEALTH_OK;

	if (serve_read(STDIN_FILENO, &text, &q) == 0) {
		q.warning_status = self->warning_status;
		if (q.refuse == 0 && h == NULL)
			q.refuse = 500;
		if (!serve_needs_report(&q))
			serve_answer(&q, NULL, out);
		else
			(void)run_once(t, h, &order);
		if (out->n == 0) {
			q.refuse = 500;
			serve_answer(&q, NULL, out);
		}
		if (q.refuse == 500)
			status = HEALTH_UNKNOWN;
		(void)alarm(SERVE_DEADLINE_MS / 1000);
		(void)tool_flush(t);
		serve_goodbye(STDOUT_FILENO);
	}
	buf_release(&text);
	return status;
}

int
verb_run(struct tool *t, int argc, char **argv)
{
	struct health_config h = health_config_new(t->self);
	struct err e;
	int format, status = HEALTH_UNKNOWN;
	bool http, good;

	if (t->config == NULL && argc > 0)
		return tool_usage(t, "unknown verb '%s'", argv[0]);
	if (t->config == NULL)
		return tool_usage(t, "which checks? (-c FILE, or KIND "
		    "TARGET)");
	if ((format = tool_output(t, report_names,
	    report_nformats + 1)) == -1)
		return HEALTH_UNKNOWN;
	http = (size_t)format == report_nformats;
	if (!(good = health_load(&h, t->config, &e) == 0))
		diag_err(&e);
	if (http && !t->dry_run) {
		status = serve(t, good ? &h : NULL, argc, argv);
	} else if (good) {
		status = health_run(t, &h, argc, argv,
		    &report_formats[http ? 0 : format]);
	}
	health_release(&h);
	return tool_finish(t, status);
}

/* `command -- ARGV`: the operands are one list. */
static struct str
operand_list(int argc, char **argv, struct arena *a)
{
	struct buf b = { 0 };
	struct str s;
	int i;

	for (i = 0; i < argc; i++) {
		(void)buf_putc(&b, i ? ',' : '[');
		json_put_str(&b, str_of(argv[i]), false);
	}
	(void)buf_putc(&b, ']');
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

/* With -c, the name of a kind is the name of a check that is called so. */
static int
run_named(struct tool *t, int argc, char **argv)
{
	char **all = mem_array((size_t)argc + 2, sizeof(*all));
	int i, status;

	all[0] = mem_strdup(t->verb->name);
	for (i = 0; i < argc; i++)
		all[i + 1] = argv[i];
	status = verb_run(t, argc + 1, all);
	mem_free(all[0]);
	mem_free(all);
	return status;
}

/* --history: what was seen before, by the check of the kind's own name. */
static int
past(struct tool *t, const struct check_kind *kind, int argc, char **argv)
{
	struct health *self = t->self;
	struct str name = argc > 0 ? str_of(argv[0]) : str_of(kind->name);
	struct state *st;
	struct err e;
	int rc;

	if (!kind->history)
		return tool_usage(t, "'%s' keeps no history", kind->name);
	if (t->state == NULL)
		return tool_usage(t, "the history is in the state (-s)");
	if ((st = state_open_read(str_of(t->state), "ts-health", &e)) ==
	    NULL) {
		diag_err(&e);
		return HEALTH_UNKNOWN;
	}
	rc = history_print(st, name, clk_now(&t->clk) - self->history_ms,
	    io_writer_buf(t->out), &e);
	if (rc == -1)
		diag_err(&e);
	state_close(st);
	return tool_finish(t, rc == -1 ? HEALTH_UNKNOWN : HEALTH_OK);
}

int
verb_kind(struct tool *t, int argc, char **argv)
{
	const struct check_kind *kind =
	    check_kind_find(str_of(t->verb->name));
	struct health *self = t->self;
	struct health_config h = health_config_new(self);
	struct arena a = { 0 };
	struct str set[HEALTH_SET_MAX + 1];
	struct err e;
	size_t nset = self->nset;
	int i, format, rc = 0, status = HEALTH_UNKNOWN;

	if (t->config != NULL)
		return run_named(t, argc, argv);
	if (self->history_ms > 0)
		return past(t, kind, argc, argv);
	if ((format = tool_output(t, report_names, report_nformats)) == -1)
		return HEALTH_UNKNOWN;
	memcpy(set, self->set, nset * sizeof(*set));
	if (kind->argv && argc > 0) {
		set[nset++] = arena_printf(&a, "%s=" STR_FMT, kind->operand,
		    STR_ARG(operand_list(argc, argv, &a)));
		rc = health_adhoc(&h, kind, STR_NONE, set, nset, &e);
	} else if (argc == 0) {
		rc = health_adhoc(&h, kind, STR_NONE, set, nset, &e);
	}
	for (i = 0; i < argc && rc == 0 && !kind->argv; i++)
		rc = health_adhoc(&h, kind, str_of(argv[i]), set, nset, &e);
	if (rc == -1)
		diag_err(&e);
	else
		status = health_run(t, &h, 0, NULL, &report_formats[format]);
	health_release(&h);
	arena_free(&a);
	return tool_finish(t, status);
}

/* -v: how soon a check that is bad from now on is told of, with -f. */
static void
explain(const struct check *c, struct buf *out)
{
	int64_t bad = c->n_of_m.n ? c->n_of_m.n : c->failures;
	int64_t wait = c->retry_interval_ms ? c->retry_interval_ms :
	    c->interval_ms;

	(void)buf_printf(out, "  " STR_FMT " (%s) every ", STR_ARG(c->name),
	    c->kind->name);
	dur_print(out, c->interval_ms);
	if (!c->enabled) {
		(void)buf_put(out, STR(", never\n"));
		return;
	}
	if (bad == 1) {
		(void)buf_put(out, STR(": told of at once\n"));
		return;
	}
	(void)buf_printf(out, ": told of after %lld bad results",
	    (long long)bad);
	if (c->n_of_m.n)
		(void)buf_printf(out, " of %lld", (long long)c->n_of_m.of);
	(void)buf_put(out, STR(", "));
	dur_print(out, (bad - 1) * wait);
	(void)buf_put(out, STR(" from the first\n"));
}

int
verb_check(struct tool *t, int argc, char **argv)
{
	struct health_config h;
	struct err e;
	size_t w;
	bool good;
	int i, status = HEALTH_OK;

	if (argc == 0)
		return tool_usage(t, "check which FILE?");
	for (i = 0; i < argc; i++) {
		h = health_config_new(t->self);
		good = health_load(&h, argv[i], &e) == 0;
		if (!good) {
			diag_err(&e);
			status = HEALTH_UNKNOWN;
		}
		for (w = 0; w < h.warnings.n; w++) {
			diag_warn(&h.warnings.p[w]);
			if (status == HEALTH_OK)
				status = HEALTH_WARNING;
		}
		if (good)
			(void)buf_printf(io_writer_buf(t->out),
			    "%s: %zu checks\n", argv[i], h.checks.n);
		for (w = 0; good && t->verbose && w < h.checks.n; w++)
			explain(h.checks.p[w], io_writer_buf(t->out));
		health_release(&h);
	}
	return tool_finish(t, status);
}
