/*
 * silences: the set of them.
 */
#include "silences.h"

#include "core/dur.h"
#include "core/mem.h"

void
silences_reset(struct silences *s)
{
	struct map_entry *e;
	size_t at = 0;

	while ((e = map_next(&s->by_id, &at)) != NULL)
		silence_free(e->value);
	map_reset(&s->by_id);
	s->valid_from = s->valid_to = 0;
}

void
silences_release(struct silences *s)
{
	silences_reset(s);
	map_release(&s->by_id);
}

struct silence *
silences_find(const struct silences *s, struct str id)
{
	return map_get(&s->by_id, id);
}

void
silences_put(struct silences *s, struct silence *sil)
{
	struct silence *old = map_del(&s->by_id, sil->id);

	silence_free(old);
	(void)map_put(&s->by_id, sil->id, sil);
	s->valid_from = s->valid_to = 0;
}

struct loading {
	struct silences new;
	struct err *e;
};

static int
load_one(void *arg, struct str key, struct str value)
{
	struct loading *l = arg;
	struct silence *sil = silence_parse(value, l->e);

	if (sil == NULL)
		return err_prefix(l->e, "silence " STR_FMT, STR_ARG(key));
	silences_put(&l->new, sil);
	return 0;
}

int
silences_load(struct silences *s, struct state *st, struct err *e)
{
	struct loading l = { .e = e };

	if (state_each(st, STR_NONE, load_one, &l, e) != 0) {
		silences_release(&l.new);
		return -1;
	}
	silences_release(s);
	s->by_id = l.new.by_id;
	return 0;
}

/* Between two starts or ends the same silences are active. */
static void
find_span(struct silences *s, int64_t now)
{
	const struct silence *sil;
	struct map_entry *e;
	size_t at = 0;

	s->valid_from = now;
	s->valid_to = INT64_MAX;
	while ((e = map_next(&s->by_id, &at)) != NULL) {
		sil = e->value;
		if (sil->starts_at > now && sil->starts_at < s->valid_to)
			s->valid_to = sil->starts_at;
		/* active up to and including its end */
		if (sil->ends_at >= now && sil->ends_at < s->valid_to)
			s->valid_to = sil->ends_at + 1;
		/* time intervals begin and end with a minute */
		if (sil->interval.n && now - now % DUR_MINUTE + DUR_MINUTE <
		    s->valid_to)
			s->valid_to = now - now % DUR_MINUTE + DUR_MINUTE;
	}
}

uint32_t
silences_version(struct silences *s, int64_t now)
{
	if (now < s->valid_from || now >= s->valid_to) {
		find_span(s, now);
		s->version++;
	}
	return s->version;
}

const struct silence *
silences_match(const struct silences *s, const struct labels *l, int64_t now,
    size_t *at)
{
	struct map_entry *e;

	while ((e = map_next(&s->by_id, at)) != NULL)
		if (silence_state_at(e->value, now) == SILENCE_ACTIVE &&
		    silence_matches(e->value, l))
			return e->value;
	return NULL;
}
