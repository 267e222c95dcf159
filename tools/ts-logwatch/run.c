/* The main job: read the operands or the inputs of the configuration. */
#include "follow.h"
#include "lint.h"
#include "state/state.h"

#define LOCK_WAIT_MS	0

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
	(void)lint_rules(w->rules, false);
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
	follow_inputs(f, argc, argv);
	status = follow_run(f);
	follow_free(f);
	state_close(state);
	return tool_finish(t, status);
}
