/*
 * maintenance: reading windows, and asking them.
 */
#include "maintenance.h"

#include "core/dur.h"

#define DURATION_MAX	(31 * DUR_DAY)

struct recurring {
	struct str when, timezone;
	int64_t duration_ms;
};

#define AT(f)	offsetof(struct recurring, f)
static const struct yfield rows[] = {
	YROW("when", YT_STR, AT(when), .flags = YF_REQUIRED),
	YROW("duration", YT_DURATION, AT(duration_ms), .flags = YF_REQUIRED),
	YROW("timezone", YT_STR, AT(timezone)),
};
#undef AT

static const struct yfields fields = {
	.name = "maintenance", .size = sizeof(struct recurring), .row = rows,
	.n = sizeof(rows) / sizeof(rows[0]),
};

static int
add_window(struct maintenance *m, const struct ynode *n, struct arena *a,
    struct err *e)
{
	struct calendar *at[CALENDAR_ANY_MAX];
	const struct tz *zone;
	struct recurring w;
	struct err why;
	int i, got;

	if (yaml_decode(n, &fields, &w, a, e) == -1)
		return -1;
	if (w.duration_ms <= 0 || w.duration_ms > DURATION_MAX)
		return ynode_err(ynode_get(n, "duration"), e, "'duration' "
		    "must be from 1ms to 31d");
	if (w.timezone.n && tz_load(w.timezone, a, &zone, &why) == -1)
		return ynode_err(ynode_get(n, "timezone"), e, "%s", why.msg);
	if ((got = calendar_parse_any(w.when, w.timezone, at, a, &why)) == -1)
		return ynode_err(ynode_get(n, "when"), e, "when: %s",
		    why.msg);
	for (i = 0; i < got; i++)
		m->window[m->nwindows++] = (struct window){ at[i],
		    w.duration_ms };
	return 0;
}

int
maintenance_decode(const struct ynode *n, void *maintenance, struct arena *a,
    struct err *e)
{
	struct maintenance *m = maintenance;
	struct ynode *rest = ARENA_NEW(a, struct ynode), *copy;
	const struct ynode **link = &rest->child, *c;

	if (n->kind != Y_SEQ && n->kind != Y_MAP)
		return ynode_err(n, e, "'maintenance' is a list of windows");
	*rest = *n;
	rest->kind = Y_SEQ;
	rest->child = NULL;
	rest->n = 0;
	m->window = ARENA_ARRAY(a, CALENDAR_ANY_MAX * (n->n + 1),
	    struct window);
	for (c = n->kind == Y_SEQ ? n->child : n; c != NULL;
	    c = n->kind == Y_SEQ ? c->next : NULL) {
		if (c->kind == Y_MAP && ynode_get(c, "when") != NULL) {
			if (add_window(m, c, a, e) == -1)
				return -1;
			continue;
		}
		copy = ARENA_NEW(a, struct ynode);
		*copy = *c;
		copy->next = NULL;
		*link = copy;
		link = &copy->next;
		rest->n++;
	}
	return rest->n == 0 ? 0 : time_intervals_decode(rest, &m->intervals,
	    a, e);
}

/* One that began at most so long ago has not ended. */
static bool
window_contains(const struct window *w, int64_t unix_ms)
{
	return calendar_next(w->start, unix_ms - w->duration_ms,
	    CALENDAR_GAP_AFTER) <= unix_ms;
}

bool
maintenance_contains(const struct maintenance *m, int64_t unix_ms)
{
	size_t i;

	for (i = 0; i < m->nwindows; i++)
		if (window_contains(&m->window[i], unix_ms))
			return true;
	return time_intervals_contain(&m->intervals, unix_ms);
}

bool
maintenance_none(const struct maintenance *m)
{
	return m->nwindows == 0 && m->intervals.n == 0;
}
