/*
 * What goes out: alert lines in Alertmanager's postable shape, and with
 * -o samples|all what the rules have added to the history.
 */
#include "core/dur.h"
#include "core/num.h"
#include "eval.h"

void
put_sample(struct eval *ev, const struct labels *l, int64_t ts, double v,
    const struct hist *h)
{
	history_put(&ev->history, l, ts, v, h);
	if (ev->opt.output != OUT_ALERTS)
		wire_put_hists(io_writer_buf(ev->tool->out), l, &ts, &v, &h,
		    1);
}

static void
put_escaped(struct buf *out, struct str s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~";
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == ' ')
			(void)buf_putc(out, '+');
		else if (s.p[i] && strchr(plain, s.p[i]))
			(void)buf_putc(out, s.p[i]);
		else
			(void)buf_printf(out, "%%%02X",
			    (unsigned char)s.p[i]);
	}
}

/* Where Prometheus would show the expression. */
struct str
generator_url(const char *external_url, struct str expr, struct arena *a)
{
	struct buf b = { 0 };
	struct str url = str_of(external_url), s;

	while (url.n && url.p[url.n - 1] == '/')
		url.n--;
	(void)buf_printf(&b, STR_FMT "/graph?g0.expr=", STR_ARG(url));
	put_escaped(&b, expr);
	(void)buf_put(&b, STR("&g0.tab=1"));
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

/* External labels where the alert has none, then alert_relabel_configs. */
static const struct labels *
outgoing(struct eval *ev, const struct ruleset *set, const struct labels *l)
{
	struct labels_builder *b = &ev->builder;
	const struct labels *x = set->external_labels;
	size_t i;

	labels_build(b, ev->history.table, l);
	for (i = 0; i < x->n; i++)
		if (labels_peek(b, x->v[i].name->s) == NULL)
			labels_set_sym(b, x->v[i].name, x->v[i].value);
	if (set->prom && !relabel_apply(set->prom->alert_relabel.p,
	    set->prom->alert_relabel.n, b, NULL, NULL))
		return NULL;
	return labels_done(b);
}

static void
post(struct eval *ev, const struct alert *a)
{
	buf_reset(&ev->scratch);
	wire_put_postable(&ev->scratch, a);
	alertmanagers_put(ev->alertmanagers, labels_fingerprint(a->labels),
	    buf_str(&ev->scratch));
}

static void
put_alert(struct eval *ev, const struct rule_run *r, const struct active *a,
    int64_t ts)
{
	static const struct str words[] = {
		[ALERT_INACTIVE] = { "inactive", 8 },
		[ALERT_PENDING] = { "pending", 7 },
		[ALERT_FIRING] = { "firing", 6 },
	};
	int64_t valid = r->group->interval > ev->opt.resend_ms ?
	    r->group->interval : ev->opt.resend_ms;
	struct alert out = {
		.annotations = a->annotations, .state = words[a->state],
		.generator_url = r->generator_url,
		.starts_at = a->state == ALERT_PENDING ? a->active_at :
		    a->fired_at,
		.ends_at = a->state == ALERT_INACTIVE ? a->resolved_at :
		    ts + 4 * valid,
	};

	out.labels = outgoing(ev, r->group->set, a->labels);
	if (out.labels == NULL || out.labels->n == 0)
		return;
	buf_reset(&ev->scratch);
	if (a->histogram.n)
		(void)buf_put(&ev->scratch, a->histogram);
	else
		num_print(&ev->scratch, a->value, NUM_GO_G);
	out.value = buf_str(&ev->scratch);
	ev->alerts++;
	if (ev->opt.output != OUT_SAMPLES)
		wire_put_alert(io_writer_buf(ev->tool->out), &out, STR_NONE);
	if (ev->alertmanagers && a->state != ALERT_PENDING)
		post(ev, &out);
}

/* Newly resolved at once; all others again after the resend delay. */
static bool
is_due(const struct eval *ev, const struct active *a, int64_t ts)
{
	if (a->state == ALERT_PENDING && ev->opt.output != OUT_ALL)
		return false;
	if (a->state == ALERT_INACTIVE && a->resolved_at > a->last_sent)
		return true;
	/* The first firing line does not wait for the pending one's delay. */
	if (a->state == ALERT_FIRING && a->fired_at > a->last_sent)
		return true;
	return a->last_sent + ev->opt.resend_ms < ts;
}

void
alerts_emit(struct eval *ev, struct rule_run *r, int64_t ts)
{
	struct active *a;
	size_t i;

	for (i = 0; i < r->order.n; i++) {
		a = r->order.p[i];
		if (!is_due(ev, a, ts))
			continue;
		if (!r->annotations.eager &&
		    (a->state != ALERT_INACTIVE || a->annotations == NULL))
			a->annotations = annotations_render(ev, r, a, ts);
		a->last_sent = ts;
		a->dirty = true;
		if (ev->opt.output != OUT_SAMPLES || ev->alertmanagers)
			put_alert(ev, r, a, ts);
	}
}
