/* Blocks by hand: the verb `blocks`. */
#include "blocker.h"

int
blocker_add(struct blocker *b, struct str net, struct str reason,
    const int64_t *time_ms, int64_t now, struct err *e)
{
	struct block_action a = blocker_action(b, NULL);
	const char *why;
	struct block *one;
	struct cidr c;
	int rc = 0;

	if (!cidr_parse(net, &c))
		return err_set(e, ERR_CONFIG, "'" STR_FMT "' is no address "
		    "or network", STR_ARG(net));
	if (time_ms != NULL) {
		a.time_ms = *time_ms;
		a.max_time_ms = 0;
	}
	a.multiplier = 1;
	a.jitter = 0;
	if (blocker_begin(b, now, e) == -1) {
		blocker_end(b);
		return -1;
	}
	if ((why = blocker_refuses(b, &c)) != NULL) {
		rc = err_set(e, ERR_CONFIG, "'" STR_FMT "' %s", STR_ARG(net),
		    why);
	} else {
		one = blocks_get(&b->list, &c);
		if (one->active && block_lift(b, one, false, now) == 0)
			blocks_set_active(&b->list, one, false);
		rc = blocker_put(b, &c, &a, STR(BLOCK_BY_HAND), reason, now, now, e);
	}
	blocker_end(b);
	return rc;
}

static int
remove_one(struct blocker *b, struct block *one, int64_t now, struct err *e)
{
	if (one->active && block_lift(b, one, false, now) != 0)
		return err_set(e, ERR_SYS, "'" STR_FMT "' is still blocked",
		    STR_ARG(one->name));
	/* Forgiven: it does not count next time. */
	if (b->state != NULL && block_forget(one, b->state, e) == -1)
		return -1;
	blocks_drop(&b->list, one);
	return 0;
}

int
blocker_remove(struct blocker *b, struct str net, int64_t now,
    struct err *e)
{
	char text[ADDRESS_TEXT];
	struct block *one;
	struct cidr c;
	int rc;

	if (!cidr_parse(net, &c))
		return err_set(e, ERR_CONFIG, "'" STR_FMT "' is no address "
		    "or network", STR_ARG(net));
	if ((rc = blocker_begin(b, now, e)) == 0) {
		one = blocks_find(&b->list, address_print(&c.address,
		    c.prefix, text));
		if (one == NULL)
			rc = err_set(e, ERR_CONFIG, "'" STR_FMT "' is not "
			    "blocked", STR_ARG(net));
		else if ((rc = remove_one(b, one, now, e)) == 0)
			rc = blocker_commit(b, e);
	}
	blocker_end(b);
	return rc;
}

int
blocker_remove_all(struct blocker *b, int64_t now, struct err *e)
{
	struct map_entry *en;
	size_t at = 0;
	int rc = blocker_begin(b, now, e);

	while (rc == 0 && (en = map_next(&b->list.map, &at)) != NULL)
		rc = remove_one(b, en->value, now, e);
	if (blocker_commit(b, e) == -1)
		rc = -1;
	blocker_end(b);
	return rc;
}

const struct blocks *
blocker_list(struct blocker *b, int64_t now, struct err *e)
{
	struct state *s;
	int rc;

	b->loaded = now;
	s = state_open_read(str_of(b->url), BLOCKS_STATE, e);
	if (s == NULL)
		return NULL;
	rc = blocks_load(&b->list, s, e);
	state_close(s);
	return rc == -1 ? NULL : &b->list;
}
