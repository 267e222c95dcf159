/* date: the time of an event from one of its fields. */
#include "filter.h"
#include "printer.h"

#define ZONES_MAX	32

struct date_step {
	struct ystrs match, tag_on_failure;
	struct str timezone, locale, target, id;
	struct decorations hit;
	/* made of it */
	struct str field;
	struct date_format **format;
	size_t nformats;
	struct dates dates;
	bool told_zone;		/* timezone names a field that tells it */
	struct arena *arena;
	struct zone {
		struct str name;
		const struct tz *zone;
	} zone[ZONES_MAX];
	size_t nzones;
};

#define AT(f)	offsetof(struct date_step, f)
static const struct yfield rows[] = {
	YROW("match", YT_CUSTOM, AT(match), .decode = decode_words,
	    .flags = YF_REQUIRED),
	YROW("timezone", YT_STR, AT(timezone), .dflt = "Local"),
	YROW("locale", YT_STR, AT(locale), .dflt = "en"),
	YROW("target", YT_STR, AT(target), .dflt = "@timestamp"),
	YROW("id", YT_STR, AT(id)),
	YROW("tag_on_failure", YT_CUSTOM, AT(tag_on_failure),
	    .decode = decode_words, .dflt = "_dateparsefailure"),
	YROW("add_field", YT_STRMAP, AT(hit.add_field)),
	YROW("add_tag", YT_CUSTOM, AT(hit.add_tag), .decode = decode_words),
	YROW("remove_tag", YT_CUSTOM, AT(hit.remove_tag),
	    .decode = decode_words),
	YROW("remove_field", YT_CUSTOM, AT(hit.remove_field),
	    .decode = decode_words),
};
#undef AT

static const struct yfields fields = {
	.name = "date", .size = sizeof(struct date_step),
	.row = rows, .n = sizeof(rows) / sizeof(rows[0]),
};

static void *
open_date(struct filters *f, const struct ynode *n, struct err *e)
{
	struct arena *a = filters_arena(f);
	struct date_step *s = ARENA_NEW(a, struct date_step);
	struct err why = { 0 };
	size_t i;

	if (yaml_decode(n, &fields, s, a, e) == -1)
		return NULL;
	if (s->match.n < 2) {
		(void)ynode_err(n, e, "'match' is a field and formats");
		return NULL;
	}
	s->field = grok_field_name(s->match.p[0], a);
	s->format = ARENA_ARRAY(a, s->match.n, struct date_format *);
	for (i = 1; i < s->match.n; i++) {
		s->format[s->nformats] = date_format_compile(s->match.p[i],
		    s->locale, a, &why);
		if (s->format[s->nformats++] == NULL) {
			(void)ynode_err(ynode_get(n, "match"), e, "%s",
			    why.msg);
			return NULL;
		}
	}
	s->arena = a;
	s->told_zone = str_find(s->timezone, STR("%{")) != -1;
	if (!s->told_zone &&
	    date_zone(s->timezone, a, &s->dates.zone, &why) == -1) {
		(void)ynode_err(ynode_get(n, "timezone"), e, "%s", why.msg);
		return NULL;
	}
	return s;
}

/* The zone that the event names: read once, then known; few are kept. */
static bool
zone_of(struct date_step *s, const struct event *ev, const struct tz **out)
{
	struct str name = event_sprintf(ev, s->timezone);
	bool keep = s->nzones < ZONES_MAX;
	struct arena *a = keep ? s->arena : ev->arena;
	struct zone *z;
	struct err e;
	size_t i;

	for (i = 0; i < s->nzones; i++) {
		if (!str_eq(s->zone[i].name, name))
			continue;
		*out = s->zone[i].zone;
		return true;
	}
	if (date_zone(name, a, out, &e) == -1)
		return false;
	if (keep) {
		z = &s->zone[s->nzones++];
		z->name = arena_str(a, name);
		z->zone = *out;
	}
	return true;
}

static bool
parse(struct date_step *s, const struct event *ev, struct str text,
    struct instant *at)
{
	size_t i;

	if (s->told_zone) {
		s->dates.cached = false;
		if (!zone_of(s, ev, &s->dates.zone))
			return false;
	}
	for (i = 0; i < s->nformats; i++)
		if (date_parse(s->format[i], &s->dates, text, at))
			return true;
	return false;
}

static void
run_date(void *self, struct event *ev)
{
	struct date_step *s = self;
	struct value v = event_get(ev, s->field);
	struct instant at;
	struct buf b = { 0 };
	size_t i;

	if (v.kind != VAL_STR && v.kind != VAL_NUM)
		return;
	/* A year that is not told is that of the record's arrival. */
	s->dates.now_ms = ev->time;
	if (!parse(s, ev, v.text, &at)) {
		for (i = 0; i < s->tag_on_failure.n; i++)
			event_tag(ev, s->tag_on_failure.p[i]);
		return;
	}
	if (str_eq(s->target, STR("@timestamp"))) {
		ev->time = at.ms;
		ev->time_ns = at.ns;
		ev->has_time = true;
	} else {
		printer_put_time(&b, at.ms, at.ns);
		event_set(ev, grok_field_name(s->target, ev->arena),
		    VALUE_STR(arena_str(ev->arena, buf_str(&b))));
		buf_release(&b);
	}
	decorate(&s->hit, ev);
}

const struct step_kind step_date = { "date", open_date, run_date, NULL };
