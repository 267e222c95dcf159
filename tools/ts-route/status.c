/*
 * ts-route status: the groups in the state, their alerts, and why each is or
 * is not going out.
 */
#include "core/dur.h"
#include "explain.h"
#include "session.h"

static void
put_member(struct session *s, const struct group *g, const struct member *m,
    int64_t now)
{
	struct buf *out = io_writer_buf(s->t->out);
	struct out_why why;

	(void)buf_put(out, alert_resolved_at(&m->entry->alert, now) ?
	    STR("  resolved  ") : STR("  firing    "));
	labels_print_bare(m->entry->alert.labels, out);
	(void)buf_put(out, STR("  "));
	(void)router_why(&s->router, g, m->entry, now, &why);
	explain_why(&why, out);
	if (m->told != 0) {
		(void)buf_put(out, STR(", told first at "));
		time_print_rfc3339(out, m->told);
	}
	(void)buf_putc(out, '\n');
}

static void
put_group(struct session *s, const struct group *g, int64_t now)
{
	struct buf *out = io_writer_buf(s->t->out);
	size_t i;

	(void)buf_printf(out, STR_FMT "  receiver: " STR_FMT "  next: ",
	    STR_ARG(g->key), STR_ARG(g->route->receiver));
	time_print_rfc3339(out, g->next);
	(void)buf_putc(out, '\n');
	for (i = 0; i < g->members.n; i++)
		put_member(s, g, &g->members.p[i], now);
}

int
verb_status(struct tool *t, int argc, char **argv)
{
	struct session s;
	struct group **all;
	struct arena a = { 0 };
	size_t i, n;
	int status;

	if (argc > 0)
		return tool_usage(t, "unexpected operand '%s'", argv[0]);
	if (t->state == NULL)
		return tool_usage(t, "status needs -s");
	if ((status = session_open(&s, t)) == EXIT_YES) {
		all = router_groups(&s.router, &a, &n);
		for (i = 0; i < n; i++)
			put_group(&s, all[i], clk_now(&t->clk));
	}
	session_close(&s);
	arena_free(&a);
	return tool_finish(t, status);
}
