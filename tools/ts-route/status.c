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

/* ---- the notification log that ts-notify keeps in the same state ---- */

/* When each integration of the receiver was told last, and of how many. */
static void
put_deliveries(struct session *s, const struct group *g)
{
	const struct am_receiver *rc = am_config_receiver(s->rt->config,
	    g->route->receiver);
	struct buf *out = io_writer_buf(s->t->out), key = { 0 };
	struct nflog_entry e;
	struct err err;
	size_t i;

	for (i = 0; s->log && rc && i < rc->n; i++) {
		buf_reset(&key);
		nflog_key(&key, rc->name, str_of(rc->integration[i].kind->name),
		    rc->integration[i].index, g->key);
		arena_reset(&s->arena);
		if (nflog_get(s->log, buf_str(&key), &s->arena, &e, &err) != 1)
			continue;
		(void)buf_printf(out, "  last      %s/%zu at ",
		    rc->integration[i].kind->name, rc->integration[i].index);
		time_print_rfc3339(out, e.time);
		(void)buf_printf(out, ", %zu firing, %zu resolved\n",
		    e.firing.n, e.resolved.n);
	}
	buf_release(&key);
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
	put_deliveries(s, g);
	for (i = 0; i < g->members.n; i++)
		put_member(s, g, &g->members.p[i], now);
}

int
verb_status(struct tool *t, int argc, char **argv)
{
	struct session s;
	struct group **all;
	struct arena a = { 0 };
	struct state *log = NULL;
	struct err e;
	size_t i, n;
	int status;

	if (argc > 0)
		return tool_usage(t, "unexpected operand '%s'", argv[0]);
	if (t->state == NULL)
		return tool_usage(t, "status needs -s");
	if ((status = session_open(&s, t)) == EXIT_YES) {
		log = state_open_read(str_of(t->state), "ts-notify", &e);
		s.log = log ? nflog_new(log) : NULL;
		all = router_groups(&s.router, &a, &n);
		for (i = 0; i < n; i++)
			put_group(&s, all[i], clk_now(&t->clk));
	}
	if (log != NULL)
		nflog_free(s.log);
	state_close(log);
	session_close(&s);
	arena_free(&a);
	return tool_finish(t, status);
}
