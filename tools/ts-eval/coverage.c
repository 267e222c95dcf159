/*
 * Which rules, and which states of alerts, the tests have reached.  A rule is
 * known by its file and line.
 */
#include "core/mem.h"
#include "unittest.h"

enum {
	REACHED_OUTPUT = 1 << 0,	/* a recording rule gave something */
	REACHED_PENDING = 1 << 1,
	REACHED_FIRING = 1 << 2,
	REACHED_RESOLVED = 1 << 3
};

struct reached {
	struct str place, name;		/* file:line */
	bool alerting, waits;		/* waits: it has `for` */
	unsigned what;
};

struct coverage {
	struct map rules;		/* place -> struct reached */
	struct arena arena;
	struct buf scratch;
};

struct coverage *
coverage_new(void)
{
	return mem_zalloc(sizeof(struct coverage));
}

void
coverage_free(struct coverage *c)
{
	if (c == NULL)
		return;
	map_release(&c->rules);
	arena_free(&c->arena);
	buf_release(&c->scratch);
	mem_free(c);
}

static struct reached *
find(struct coverage *c, const struct rule_run *r)
{
	struct reached *x;

	buf_reset(&c->scratch);
	(void)buf_printf(&c->scratch, "%s:%u:%u", r->group->conf->file,
	    r->conf->node->line, r->conf->node->col);
	x = map_get(&c->rules, buf_str(&c->scratch));
	if (x)
		return x;
	x = ARENA_NEW(&c->arena, struct reached);
	x->place = arena_str(&c->arena, buf_str(&c->scratch));
	x->name = arena_str(&c->arena, r->conf->name);
	x->alerting = r->conf->alerting;
	x->waits = r->conf->for_ms > 0;
	(void)map_put(&c->rules, x->place, x);
	return x;
}

static unsigned
states(const struct rule_run *r)
{
	static const unsigned bit[ALERT_NSTATES] = {
		[ALERT_INACTIVE] = REACHED_RESOLVED,
		[ALERT_PENDING] = REACHED_PENDING,
		[ALERT_FIRING] = REACHED_FIRING,
	};
	unsigned what = 0;
	size_t i;

	if (!r->conf->alerting)
		return r->outputs.n ? REACHED_OUTPUT : 0;
	for (i = 0; i < r->order.n; i++)
		what |= bit[r->order.p[i]->state];
	return what;
}

void
coverage_note(struct coverage *c, const struct ruleset *s)
{
	size_t i, k;

	for (i = 0; i < s->n; i++)
		for (k = 0; k < s->group[i].n; k++)
			find(c, &s->group[i].rule[k])->what |=
			    states(&s->group[i].rule[k]);
}

static bool
full(const struct reached *x)
{
	unsigned want = !x->alerting ? REACHED_OUTPUT : REACHED_FIRING |
	    REACHED_RESOLVED | (x->waits ? REACHED_PENDING : 0);

	return (x->what & want) == want;
}

size_t
coverage_print(const struct coverage *c, struct buf *out)
{
	const struct map_entry *e;
	size_t at = 0, missing = 0;

	while ((e = map_next(&c->rules, &at)) != NULL) {
		const struct reached *x = e->value;

		if (full(x))
			continue;
		missing++;
		(void)buf_printf(out, STR_FMT ": %s '" STR_FMT "': never",
		    STR_ARG(x->place), x->alerting ? "alert" : "record",
		    STR_ARG(x->name));
		if (!x->alerting)
			(void)buf_put(out, STR(" gave a sample"));
		if (x->alerting && x->waits && !(x->what & REACHED_PENDING))
			(void)buf_put(out, STR(" pending"));
		if (x->alerting && !(x->what & REACHED_FIRING))
			(void)buf_put(out, STR(" firing"));
		if (x->alerting && !(x->what & REACHED_RESOLVED))
			(void)buf_put(out, STR(" resolved"));
		(void)buf_putc(out, '\n');
	}
	(void)buf_printf(out, "coverage: %zu of %zu rules fully reached\n",
	    c->rules.n - missing, c->rules.n);
	return missing;
}
