/* The main job: read the operands or the inputs of the configuration. */
#include "follow.h"
#include "state/state.h"

#define LOCK_WAIT_MS	0

static int
add_inputs(struct watch *w, struct follow *f, int argc, char **argv)
{
	size_t i, j;
	int k, n = argc;

	for (k = 0; k < argc; k++)
		follow_add(f, argv[k], NULL);
	for (i = 0; argc == 0 && i < w->config.files.n; i++) {
		const struct ylist *list = &w->config.files.p[i]->inputs;
		const struct input *in = list->p;

		for (j = 0; j < list->n; j++, n++)
			follow_add(f, arena_cstr(&w->arena, in[j].path),
			    &in[j]);
	}
	if (n == 0)
		follow_add(f, "-", NULL);
	return n;
}

int
run_watch(struct tool *t, int argc, char **argv)
{
	struct watch *w = t->self;
	struct state *state = NULL;
	struct follow *f = NULL;
	struct err e = { 0 };
	int status;

	w->t = t;
	if (w->opt.act)
		return run_act(t, argc, argv);
	if ((status = watch_open(w)) != EXIT_YES)
		return status;
	if (t->state != NULL && !t->dry_run) {
		state = state_open(str_of(t->state), "ts-logwatch",
		    LOCK_WAIT_MS, &e);
		if (state == NULL) {
			diag_err(&e);
			return EXIT_TROUBLE;
		}
		if (state_notice(state).n > 0)
			diag_warning(STR_FMT, STR_ARG(state_notice(state)));
	}
	if (w->blocker != NULL && blocker_start(w->blocker, w->rules,
	    false, clk_now(&t->clk), &e) == -1) {
		diag_err(&e);
		state_close(state);
		return e.kind == ERR_CONFIG ? EXIT_USAGE : EXIT_TROUBLE;
	}
	f = follow_new(w, state);
	(void)add_inputs(w, f, argc, argv);
	status = follow_run(f);
	follow_free(f);
	state_close(state);
	return tool_finish(t, status);
}
