/*
 * stdout: what an operator wants to see in a terminal: what burns, where,
 * since when, for whom.
 */
#include "integration.h"

#include <ctype.h>

#include "core/dur.h"
#include "core/utf8.h"

struct view {
	struct attempt *a;
	struct buf *out;
	bool color;
};

static void
paint(struct view *v, const char *code)
{
	if (v->color)
		(void)buf_printf(v->out, "\033[%sm", code);
}

/* Nothing an alert says may drive the terminal. */
static void
put_plain(struct view *v, struct str s)
{
	size_t at = 0, from;
	uint32_t c;

	while (at < s.n) {
		from = at;
		c = utf8_next(s, &at);
		if (c == '\n')
			(void)buf_put(v->out, STR("\n    "));
		else if (c < ' ' || (c >= 0x7f && c < 0xa0))
			(void)buf_putc(v->out, '?');
		else
			(void)buf_put(v->out, str_sub(s, from, at));
	}
}

static bool
has(const struct labels *l, struct str name)
{
	return l != NULL && labels_get(l, name).p != NULL;
}

/* name=value … of what stands in l and not in skip. */
static void
put_labels(struct view *v, const struct labels *l, const struct labels *skip)
{
	uint32_t i;

	for (i = 0; l != NULL && i < l->n; i++) {
		struct str name = l->v[i].name->s;

		if (has(skip, name) || str_eq(name, STR("alertname")))
			continue;
		(void)buf_putc(v->out, ' ');
		paint(v, "2");
		put_plain(v, name);
		(void)buf_putc(v->out, '=');
		paint(v, "0");
		put_plain(v, l->v[i].value->s);
	}
}

/* The annotation that says it best. */
static struct str
gist(const struct labels *annotations)
{
	static const char *const names[] = { "summary", "message",
	    "description", "title" };
	struct str s;
	size_t i;

	for (i = 0; annotations != NULL && i < 4; i++) {
		s = labels_get(annotations, str_of(names[i]));
		if (s.n > 0)
			return s;
	}
	return STR_NONE;
}

static void
put_since(struct view *v, const struct alert *al, bool resolved)
{
	int64_t end = resolved ? al->ends_at : v->a->n.time;
	int64_t s = (end - al->starts_at) / 1000 * 1000;

	if (al->starts_at == 0)
		return;
	(void)buf_put(v->out, resolved ? STR(" after ") : STR(" since "));
	if (!resolved)
		time_print_rfc3339(v->out, al->starts_at);
	if (!resolved && s > 0)
		(void)buf_put(v->out, STR(", "));
	if (resolved || s > 0)
		dur_print(v->out, s > 0 ? s : 0);
}

static void
put_alert(struct view *v, const struct alert *al)
{
	bool resolved = alert_resolved_at(al, v->a->n.time);
	struct str s = gist(al->annotations);
	struct str name = labels_get(al->labels, STR("alertname"));

	(void)buf_put(v->out, STR("  "));
	paint(v, resolved ? "32" : "31");
	(void)buf_put(v->out, resolved ? STR("ok   ") : STR("FIRE "));
	paint(v, "0");
	paint(v, "1");
	put_plain(v, name.n > 0 ? name : STR("(no alertname)"));
	paint(v, "0");
	put_labels(v, al->labels, v->a->n.group_labels);
	put_since(v, al, resolved);
	(void)buf_putc(v->out, '\n');
	if (s.n > 0) {
		(void)buf_put(v->out, STR("       "));
		put_plain(v, s);
		(void)buf_putc(v->out, '\n');
	}
}

static void
put_head(struct view *v)
{
	struct attempt *a = v->a;
	size_t i, firing = 0;

	for (i = 0; i < a->n.nalerts; i++)
		firing += !alert_resolved_at(&a->n.alerts[i], a->n.time);
	time_print_rfc3339(v->out, a->n.time);
	(void)buf_putc(v->out, ' ');
	paint(v, a->resolved ? "1;32" : "1;31");
	(void)buf_printf(v->out, "%s", a->resolved ? "RESOLVED" : "FIRING");
	paint(v, "0");
	(void)buf_printf(v->out, " %zu of %zu", firing, a->n.nalerts);
	(void)buf_put(v->out, STR(" for "));
	paint(v, "1");
	put_plain(v, a->n.receiver);
	paint(v, "0");
	put_labels(v, a->n.group_labels, NULL);
	if (a->n.reason.n > 0) {
		(void)buf_put(v->out, STR(" ("));
		put_plain(v, a->n.reason);
		(void)buf_putc(v->out, ')');
	}
	(void)buf_putc(v->out, '\n');
}

static void
show(struct attempt *a, struct buf *out)
{
	struct view v = { a, out, a->nf->t->color };
	size_t i;

	put_head(&v);
	for (i = 0; i < a->n.nalerts; i++)
		put_alert(&v, &a->n.alerts[i]);
}

static void
deliver(struct attempt *a)
{
	show(a, io_writer_buf(a->nf->t->out));
	attempt_end(a, DELIVERED);
}

static void
cancel(struct attempt *a)
{
	(void)a;	/* it has ended before anybody could ask */
}

const struct integration int_stdout = {
	.key = "stdout_configs", .deliver = deliver, .cancel = cancel,
	.show = show
};
