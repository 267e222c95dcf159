/*
 * Start times: NAME_created of a counter, a summary or a histogram says when
 * its series began.  Upstream looks ahead within the family for the next
 * such line; when its labels (but le and quantile) are those of the series
 * at hand, it is theirs, and stays so for the series that follow.
 */
#include "core/mem.h"
#include "expfmt/internal.h"

#define CREATED		STR("_created")

struct expfmt_created {
	struct buf mine;	/* key of the series whose start is known */
	int64_t mine_ts;
	struct buf next;	/* key of the next _created line */
	int64_t next_ts;
	size_t next_at;		/* behind it, or where the search ended */
	bool has_mine, has_next;
};

static bool
type_has_start(enum expfmt_type t)
{
	return t == EXPFMT_COUNTER || t == EXPFMT_SUMMARY ||
	    t == EXPFMT_HISTOGRAM;
}

bool
created_is_one(const struct expfmt *x)
{
	return type_has_start(x->in_force) && str_ends(x->name, CREATED);
}

static struct str
base_name(struct str name)
{
	static const struct str suffix[] = {
		STR("_created"), STR("_total"), STR("_count"), STR("_sum"),
		STR("_bucket")
	};
	size_t i;

	for (i = 0; i < sizeof(suffix) / sizeof(suffix[0]); i++)
		if (str_ends(name, suffix[i]))
			return str_sub(name, 0, name.n - suffix[i].n);
	return name;
}

/* Family and labels, le of a histogram and quantile of a summary left out. */
static void
key_of(const struct expfmt *x, struct buf *out)
{
	static const struct str bound[] = {
		[EXPFMT_HISTOGRAM] = STR("le"),
		[EXPFMT_SUMMARY] = STR("quantile"),
	};
	size_t i;

	buf_reset(out);
	(void)buf_put(out, base_name(x->name));
	for (i = 0; i < x->nlabels; i++) {
		if (x->in_force != EXPFMT_COUNTER &&
		    str_eq(x->label[i].name, bound[x->in_force]))
			continue;
		(void)buf_putc(out, '\xff');
		(void)buf_put(out, x->label[i].name);
		(void)buf_putc(out, '\xff');
		(void)buf_put(out, x->label[i].value);
	}
}

/* The next _created line of this family, behind the sample at hand. */
static void
look_ahead(const struct expfmt *x, struct expfmt_created *c)
{
	struct expfmt ahead;
	struct err e;
	double ms;

	expfmt_init(&ahead, x->format);
	expfmt_feed(&ahead, x->window, x->final);
	ahead.at = x->at;
	ahead.in_force = x->in_force;
	c->has_next = false;
	while (expfmt_next(&ahead, &e) == EXPFMT_SAMPLE) {
		if (!created_is_one(&ahead))
			continue;
		ms = ahead.value * 1000;
		c->has_next = ms > -9.2e18 && ms < 9.2e18;
		c->next_ts = c->has_next ? (int64_t)ms : 0;
		key_of(&ahead, &c->next);
		break;
	}
	c->next_at = ahead.at;
	expfmt_release(&ahead);
}

void
created_find(struct expfmt *x)
{
	struct expfmt_created *c = x->created;
	struct buf key = { 0 };

	if (!type_has_start(x->in_force))
		return;
	if (c == NULL)
		c = x->created = mem_zalloc(sizeof(*c));
	key_of(x, &key);
	if (!c->has_mine || !str_eq(buf_str(&key), buf_str(&c->mine))) {
		if (c->next_at <= x->at)
			look_ahead(x, c);
		c->has_mine = c->has_next &&
		    str_eq(buf_str(&key), buf_str(&c->next));
		c->mine_ts = c->next_ts;
		buf_reset(&c->mine);
		(void)buf_put(&c->mine, buf_str(&key));
	}
	if (c->has_mine)
		x->start_ts = c->mine_ts;
	buf_release(&key);
}

void
created_free(struct expfmt_created *c)
{
	if (c == NULL)
		return;
	buf_release(&c->mine);
	buf_release(&c->next);
	mem_free(c);
}
