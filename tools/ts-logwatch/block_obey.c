/* Blocks as another process asks for them. */
#include "blocker.h"
#include "core/diag.h"
#include "core/dur.h"

/* How far the clock of who wrote it may be ahead. */
#define CLOCKS_DIFFER_MS	DUR_MINUTE

static const struct block_action *
action_of_rule(struct rules *r, struct str name)
{
	size_t i;

	for (i = 0; i < rules_count(r); i++)
		if (str_eq(rules_at(r, i)->name, name))
			return rules_at(r, i)->block;
	return NULL;
}

/* What comes from elsewhere may not last longer than what we do ourselves. */
static int
check_until(const struct block_action *a, int64_t until, int64_t now,
    struct err *e)
{
	if (a->time_ms == 0 || a->max_time_ms == 0 || until == INT64_MIN)
		return 0;
	if (until == INT64_MAX)
		return err_set(e, ERR_SYNTAX, "'until' is for ever, and "
		    "max_time is not");
	if (until - now > a->max_time_ms + CLOCKS_DIFFER_MS)
		return err_set(e, ERR_SYNTAX, "'until' is later than max_time "
		    "allows");
	return 0;
}

static int
obey_block(struct blocker *b, const struct block_order *o,
    const struct block_action *of_rule, int64_t now, struct err *e)
{
	struct block_action a = blocker_action(b, of_rule);

	if (check_until(&a, o->until, now, e) == -1)
		return -1;
	/* Of an old log. */
	if (o->until != INT64_MIN && o->until <= now)
		return 0;
	if (of_rule == NULL && o->until != INT64_MIN) {
		a.time_ms = o->until == INT64_MAX ? 0 :
		    (o->until - now + 999) / 1000 * 1000;
		a.multiplier = 1;
		a.jitter = 0;
	}
	blocker_try(b, &o->net, &a, o->rule, now, now);
	return 0;
}

static void
obey_unblock(struct blocker *b, const struct block_order *o, int64_t now)
{
	char text[ADDRESS_TEXT];
	struct block *one = blocks_find(&b->list, address_print(
	    &o->net.address, o->net.prefix, text));
	struct err e;

	/* Whose time is over is lifted when ours says so, too. */
	if (one == NULL || !one->active ||
	    (o->until != INT64_MIN && o->until <= now) ||
	    strcmp(one->rule, BLOCK_BY_HAND) == 0)
		return;
	if (block_lift(b, one, false, now) != 0)
		return;
	blocks_set_active(&b->list, one, false);
	if (blocker_keep(b, one, &e) == -1 || blocker_commit(b, &e) == -1)
		diag_warn(&e);
}

int
blocker_obey(struct blocker *b, const struct block_order *o,
    struct rules *r, int64_t now, struct err *e)
{
	int rc = 0;

	if (o->kind == ORDER_NONE)
		return 0;
	if (!b->real)
		blocker_tick(b, now);
	if (blocker_begin(b, now, e) == -1)
		diag_warn(e);
	if (o->kind == ORDER_BLOCK)
		rc = obey_block(b, o, action_of_rule(r, o->rule), now, e);
	else
		obey_unblock(b, o, now);
	blocker_end(b);
	return rc;
}
