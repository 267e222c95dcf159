/*
 * explain: the router's decisions in words; and the verb, which reads alert
 * lines and says of each which way it takes and whether it would go out.
 */
#include "explain.h"

#include "core/dur.h"
#include "run.h"
#include "session.h"

void
explain_why(const struct out_why *why, struct buf *out)
{
	switch (why->out) {
	case OUT_SENT:
		(void)buf_put(out, STR("goes out"));
		break;
	case OUT_INHIBITED:
		(void)buf_printf(out, "inhibited by rule %zu", why->by.rule +
		    1);
		if (why->by.name.n)
			(void)buf_printf(out, " (" STR_FMT ")",
			    STR_ARG(why->by.name));
		(void)buf_put(out, STR(", source "));
		labels_print_bare(why->by.source->alert.labels, out);
		break;
	case OUT_INACTIVE:
		(void)buf_put(out, STR("outside of active_time_intervals"));
		break;
	case OUT_MUTED:
		(void)buf_printf(out, "muted by time interval '" STR_FMT "'",
		    STR_ARG(why->interval));
		break;
	case OUT_SILENCED:
		(void)buf_printf(out, "silenced by " STR_FMT " (" STR_FMT ")",
		    STR_ARG(why->silence->id),
		    STR_ARG(why->silence->comment));
		break;
	}
}

void
explain_way(const struct am_route *r, struct buf *out)
{
	if (r->parent != NULL) {
		explain_way(r->parent, out);
		(void)buf_put(out, STR(" -> "));
	}
	tree_path(r, out);
}

/* When the group speaks next, and what has happened to it so far. */
static void
put_timing(const struct group *g, int64_t now, struct buf *out)
{
	if (g->next <= now) {
		(void)buf_put(out, STR("at once"));
		return;
	}
	(void)buf_put(out, STR("in "));
	dur_print(out, g->next - now);
	(void)buf_put(out, g->flushed ? STR(" (group_interval)") :
	    STR(" (group_wait)"));
}

static void
explain_place(struct session *s, struct entry *en, const struct group *g,
    int64_t now)
{
	struct buf *out = io_writer_buf(s->t->out);
	struct out_why why;

	(void)buf_put(out, STR("  route     "));
	explain_way(g->route, out);
	(void)buf_printf(out, "\n  group     " STR_FMT "\n  receiver  " STR_FMT
	    "\n  decision  ", STR_ARG(g->key), STR_ARG(g->route->receiver));
	(void)router_why(&s->router, g, en, now, &why);
	explain_why(&why, out);
	if (why.out == OUT_SENT) {
		(void)buf_putc(out, ' ');
		put_timing(g, now, out);
	}
	if (g->route->go_on)
		(void)buf_put(out, STR("; continue: true"));
	(void)buf_putc(out, '\n');
}

void
explain_entry(struct session *s, struct entry *en, int64_t now)
{
	struct buf *out = io_writer_buf(s->t->out);
	size_t i;

	labels_print_bare(en->alert.labels, out);
	(void)buf_put(out, alert_resolved_at(&en->alert, now) ?
	    STR(" resolved\n") : STR(" firing\n"));
	for (i = 0; i < en->places.n; i++)
		explain_place(s, en, en->places.p[i].group, now);
}

/* Take all in first: a later line may be the source of an inhibition. */
int
verb_explain(struct tool *t, int argc, char **argv)
{
	struct session s;
	struct entry *en;
	int64_t now;
	size_t i;
	int status;

	if ((status = session_open(&s, t)) != EXIT_YES)
		goto out;
	if ((status = session_read(&s, argc, argv)) == EXIT_TROUBLE)
		goto out;
	now = clk_now(&t->clk);
	for (i = 0; i < s.order.n; i++) {
		en = store_find(&s.router.store, s.order.p[i]);
		if (en != NULL)
			explain_entry(&s, en, now);
	}
out:
	session_close(&s);
	return tool_finish(t, status);
}
