#include "schedule.h"

#include <unistd.h>

#include "core/dur.h"
#include "core/hash.h"

/* Times before the last one that are counted, no more. */
#define MISSED_MAX	100000
/* What `missed: skip` bears: cron itself may come minutes later. */
#define SKIP_LATENESS	(10 * DUR_MINUTE)

static int
add_one(struct schedule *s, const struct ynode *n, struct arena *a,
    struct err *e)
{
	struct str text = str_trim(n->scalar);
	struct err why;
	int got;

	if (n->kind != Y_SCALAR)
		return ynode_err(n, e, "'when' is a text or a list of them");
	if (str_starts(text, STR("every "))) {
		if (s->every_ms || s->n || !dur_parse(str_trim(str_sub(text,
		    6, text.n)), &s->every_ms) || s->every_ms < DUR_SECOND)
			return ynode_err(n, e, "expected one 'every' and a "
			    "duration of at least 1s");
		return 0;
	}
	if (s->every_ms || s->n >= 2 * SCHEDULE_TIMES_MAX - 2)
		return ynode_err(n, e, s->every_ms ? "'every' stands alone" :
		    "too many times");
	if ((got = calendar_parse_any(text, STR_NONE, &s->at[s->n], a,
	    &why)) == -1)
		return ynode_err(n, e, "when: %s", why.msg);
	s->n += (size_t)got;
	return 0;
}

int
schedule_decode_when(const struct ynode *n, void *schedule, struct arena *a,
    struct err *e)
{
	struct schedule *s = schedule;
	const struct ynode *c;

	if (n->kind != Y_SEQ) {
		s->text.p = ARENA_NEW(a, struct str);
		s->text.p[s->text.n++] = str_trim(n->scalar);
		return add_one(s, n, a, e);
	}
	s->text.p = ARENA_ARRAY(a, n->n, struct str);
	for (c = n->child; c != NULL; c = c->next) {
		if (add_one(s, c, a, e) == -1)
			return -1;
		s->text.p[s->text.n++] = str_trim(c->scalar);
	}
	return 0;
}

int
schedule_decode_missed(const struct ynode *n, void *schedule,
    struct arena *a, struct err *e)
{
	struct schedule *s = schedule;

	(void)a;
	s->skip_missed = n->kind == Y_SCALAR &&
	    str_eq(n->scalar, STR("skip"));
	if (s->skip_missed || (n->kind == Y_SCALAR &&
	    str_eq(n->scalar, STR("run"))))
		return 0;
	return ynode_err(n, e, "'missed' is run or skip");
}

int64_t
schedule_next(const struct schedule *s, int64_t after_ms)
{
	int64_t best = INT64_MAX, at;
	size_t i;

	if (s->every_ms)
		return after_ms + s->every_ms;
	for (i = 0; i < s->n; i++) {
		at = calendar_next(s->at[i], after_ms, CALENDAR_GAP_AFTER);
		if (at < best)
			best = at;
	}
	return best;
}

int64_t
schedule_jitter(const struct schedule *s, struct str name, int64_t at_ms)
{
	char host[256] = "";
	int64_t jitter, next;

	if (s->jitter_ms <= 0)
		return 0;
	(void)gethostname(host, sizeof(host) - 1);
	jitter = (int64_t)(hash_fnv(hash_fnv(HASH_FNV_INIT, str_of(host)),
	    name) % (uint64_t)s->jitter_ms);
	next = schedule_next(s, at_ms);
	if (next != INT64_MAX && at_ms + jitter >= next)
		jitter = next - at_ms - 1;
	return jitter;
}

/* every: from one run to the next, so what was missed is one. */
static void
due_every(const struct schedule *s, struct str name, int64_t since_ms,
    int64_t now_ms, struct due *out)
{
	int64_t at = since_ms ? since_ms + s->every_ms : now_ms;

	if (since_ms)
		at += schedule_jitter(s, name, at);
	out->at_ms = at;
	out->due = at <= now_ms;
	if (out->due && since_ms)
		out->missed = (now_ms - at) / s->every_ms;
}

static void
due_calendar(const struct schedule *s, struct str name, int64_t since_ms,
    int64_t now_ms, struct due *out)
{
	int64_t at = schedule_next(s, since_ms ? since_ms : now_ms), next;

	/* The last one that has come. */
	while (at != INT64_MAX && at + schedule_jitter(s, name, at) <=
	    now_ms) {
		out->due = true;
		out->at_ms = at;
		if (out->missed++ == MISSED_MAX)
			at = now_ms;
		next = schedule_next(s, at);
		at = next;
	}
	if (out->due)
		out->missed--;
	else
		out->at_ms = at == INT64_MAX ? at :
		    at + schedule_jitter(s, name, at);
}

void
schedule_due(const struct schedule *s, struct str name, int64_t since_ms,
    int64_t tried_ms, int64_t now_ms, struct due *out)
{
	int64_t late = s->max_lateness_ms, again;

	*out = (struct due){ .at_ms = INT64_MAX };
	if (!schedule_is_set(s))
		return;
	if (since_ms > now_ms) {	/* the clock was set back */
		out->future = true;
		since_ms = now_ms;
	}
	if (s->every_ms)
		due_every(s, name, since_ms, now_ms, out);
	else
		due_calendar(s, name, since_ms, now_ms, out);
	if (!out->due)
		return;
	if (s->skip_missed && late == 0)
		late = SKIP_LATENESS;
	if (late && !s->every_ms && now_ms - out->at_ms -
	    schedule_jitter(s, name, out->at_ms) > late) {
		out->skipped_ms = out->at_ms;
		out->due = false;
		out->at_ms = schedule_next(s, out->at_ms);
		if (out->at_ms != INT64_MAX)
			out->at_ms += schedule_jitter(s, name, out->at_ms);
		return;
	}
	again = tried_ms + s->retry_after_ms;
	if (s->every_ms && s->every_ms < s->retry_after_ms)
		again = tried_ms + s->every_ms;
	if (tried_ms > since_ms && tried_ms >= out->at_ms &&
	    tried_ms <= now_ms && again > now_ms) {
		out->due = false;
		out->at_ms = again;
	}
}
