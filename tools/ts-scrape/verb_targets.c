/* targets: what discovery found, what relabelling made of it or dropped. */
#include "verbs.h"

#include "core/diag.h"
#include "discover.h"
#include "json/write.h"
#include "wire/wire.h"

struct listing {
	struct tool *tool;
	struct loop *loop;
	struct discovery *discovery;
	bool json;
	int status;
};

static const char *const fates[] = {
	[TARGET_OK] = "target", [TARGET_DROPPED] = "dropped",
	[TARGET_BAD] = "error",
};

static void
put_json(struct buf *out, const struct job *job, enum target_fate fate,
    const struct target *t, const struct labels *before,
    const struct labels *after, const struct err *e)
{
	struct jw w = { .out = out };

	jw_obj(&w);
	jw_key(&w, STR("job"));
	jw_str(&w, job->config->job_name);
	jw_key(&w, STR("fate"));
	jw_str(&w, str_of(fates[fate]));
	if (t) {
		jw_key(&w, STR("url"));
		jw_str(&w, t->url);
	}
	if (fate == TARGET_BAD) {
		jw_key(&w, STR("error"));
		jw_str(&w, str_of(e->msg));
	}
	if (after) {
		jw_key(&w, STR("labels"));
		wire_put_labels(&w, after);
	}
	jw_key(&w, STR("discovered"));
	wire_put_labels(&w, before);
	jw_obj_end(&w);
	(void)buf_putc(out, '\n');
}

static void
put_text(struct buf *out, const struct job *job, enum target_fate fate,
    const struct target *t, const struct labels *before, const struct err *e)
{
	struct buf labels = { 0 };
	size_t i;

	(void)buf_printf(out, "%s job='" STR_FMT "'", fates[fate],
	    STR_ARG(job->config->job_name));
	if (fate != TARGET_OK) {
		labels_print(before, &labels);
		(void)buf_printf(out, "%s%s " STR_FMT "\n",
		    fate == TARGET_BAD ? " " : "",
		    fate == TARGET_BAD ? e->msg : "",
		    STR_ARG(buf_str(&labels)));
		buf_release(&labels);
		return;
	}
	(void)buf_printf(out, " " STR_FMT " {", STR_ARG(t->url));
	for (i = 0; i < t->nlabels; i++) {
		(void)buf_printf(out, "%s" STR_FMT "=", i ? ", " : "",
		    STR_ARG(t->label[i].name));
		go_quote(out, t->label[i].value);
	}
	(void)buf_put(out, STR("}\n"));
}

static void
on_found(void *arg, struct job *job, enum target_fate fate, struct target *t,
    const struct labels *before, const struct labels *after,
    const struct err *e)
{
	struct listing *g = arg;
	struct buf *out = io_writer_buf(g->tool->out);

	if (g->json)
		put_json(out, job, fate, t, before, after, e);
	else
		put_text(out, job, fate, t, before, e);
	if (fate == TARGET_BAD)
		g->status = EXIT_NO;
	target_free(t);
}

static void
on_ready(void *arg, struct job *job)
{
	struct listing *g = arg;

	discovery_each(job, on_found, g);
	(void)tool_flush(g->tool);
}

int
verb_targets(struct tool *t, int argc, char **argv)
{
	static const char *const formats[] = { "text", "json" };
	int format = tool_output(t, formats, 2);
	struct listing g = { .tool = t, .json = format == 1 };
	struct generation *gen;
	struct err e = { 0 };

	(void)argv;
	if (format == -1)
		return EXIT_USAGE;
	if (argc || t->config == NULL)
		return tool_usage(t, argc ? "targets takes no operand" :
		    "targets: a configuration (-c) is missing");
	if ((gen = generation_load(t->config, &e)) == NULL) {
		diag_err(&e);
		return EXIT_USAGE;
	}
	g.loop = loop_new(&t->clk);
	g.discovery = discovery_new(g.loop, false, options.pool.job, on_ready,
	    &g);
	if (discovery_start(g.discovery, gen) > 0)
		g.status = EXIT_NO;
	loop_run(g.loop, true);
	discovery_free(g.discovery);
	loop_free(g.loop);
	generation_drop(gen);
	return g.status;
}
