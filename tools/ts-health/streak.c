/*
 * streak: debouncing and flapping.
 */
#include "streak.h"

#include "core/dur.h"
#include "json/tree.h"
#include "json/write.h"

/*
 * Nagios' thresholds, unless the check has its own: from HIGH % changes on it
 * flaps, below LOW % no more.
 */
#define FLAP_HIGH	50
#define FLAP_LOW	25

static void
remember(struct streak *s, enum check_status now)
{
	size_t n = strlen(s->history);

	if (n == STREAK_HISTORY)
		memmove(s->history, s->history + 1, n--);
	s->history[n] = (char)('0' + (int)now);
	s->history[n + 1] = '\0';
}

/* Only a full window tells; a young one has too few results. */
static bool
flaps(const struct streak *s, const struct check *c)
{
	size_t window = c->flap.window ? (size_t)c->flap.window :
	    STREAK_HISTORY;
	int64_t high = c->flap.high ? c->flap.high : FLAP_HIGH;
	int64_t low = c->flap.low ? c->flap.low : FLAP_LOW, percent;
	size_t i, changes = 0, n = strlen(s->history);

	if (n < window)
		return false;
	for (i = n - window + 1; i < n; i++)
		changes += s->history[i] != s->history[i - 1];
	percent = (int64_t)(changes * 100 / (window - 1));
	return percent >= high || (s->flapping && percent >= low);
}

/* At least n of the last m results are bad, whatever stood between. */
static bool
often_bad(const struct streak *s, const struct check *c)
{
	size_t n = strlen(s->history), m = (size_t)c->n_of_m.of, i;
	int64_t bad = 0;

	for (i = n > m ? n - m : 0; i < n; i++)
		bad += s->history[i] != '0';
	return bad >= c->n_of_m.n;
}

/* A state that stays bad is told of again, should the check want it. */
static bool
reminds(const struct streak *s, const struct check *c, int64_t ms)
{
	return s->status != CHECK_OK && c->remind_ms > 0 &&
	    ms - s->told_ms >= c->remind_ms;
}

void
streak_first(struct streak *s, enum check_status now, int64_t ms)
{
	*s = (struct streak){ .status = now, .since_ms = ms, .told_ms = ms,
	    .failures = now != CHECK_OK, .recoveries = now == CHECK_OK,
	    .changed = now != CHECK_OK };
	remember(s, now);
}

void
streak_add(struct streak *s, const struct check *c, enum check_status now,
    int64_t ms)
{
	bool turn, often;

	remember(s, now);
	often = c->n_of_m.n && often_bad(s, c);
	if (now == CHECK_OK) {
		s->recoveries++;
		s->failures = 0;
		turn = s->status != CHECK_OK &&
		    s->recoveries >= c->recoveries && !often;
	} else {
		s->failures++;
		s->recoveries = 0;
		turn = s->status != now && (s->status != CHECK_OK ||
		    (c->n_of_m.n ? often : s->failures >= c->failures));
	}
	s->changed = turn;
	if (turn) {
		s->was = s->status;
		s->status = now;
		s->since_ms = ms;
	} else if (reminds(s, c, ms)) {
		s->was = s->status;
		s->changed = true;
	}
	if (s->changed)
		s->told_ms = ms;
	s->flapping = flaps(s, c);
}

bool
streak_ran(const struct streak *s)
{
	return s->history[0] != '\0';
}

bool
streak_counts(const struct streak *s)
{
	return s->failures > 0 && s->status == CHECK_OK;
}

static bool
decode(const json_t *o, struct streak *s)
{
	struct str history = json_get_str(o, "history");
	size_t i;

	if (!check_status_parse(json_get_str(o, "status"), &s->status) ||
	    !json_is_integer(json_object_get(o, "since")) ||
	    history.n > STREAK_HISTORY)
		return false;
	for (i = 0; i < history.n; i++)
		if (history.p[i] < '0' || history.p[i] > '3')
			return false;
	memcpy(s->history, history.n ? history.p : "", history.n);
	s->since_ms = json_integer_value(json_object_get(o, "since"));
	s->told_ms = json_is_integer(json_object_get(o, "told")) ?
	    json_integer_value(json_object_get(o, "told")) : s->since_ms;
	s->failures = json_integer_value(json_object_get(o, "failures"));
	s->recoveries = json_integer_value(json_object_get(o, "recoveries"));
	s->flapping = json_is_true(json_object_get(o, "flapping"));
	return true;
}

static struct str
key_of(struct str name, struct buf *b)
{
	(void)buf_printf(b, "check/" STR_FMT, STR_ARG(name));
	return buf_str(b);
}

int
streak_load(struct state *st, struct str name, struct streak *s,
    struct err *e)
{
	struct buf key = { 0 }, value = { 0 };
	json_t *o;
	int rc = state_get(st, key_of(name, &key), &value, e);

	*s = (struct streak){ 0 };
	if (rc == 1) {
		o = json_tree(buf_str(&value), e);
		if (!json_is_object(o) || !decode(o, s))
			rc = 0;
		json_decref(o);
	}
	buf_release(&key);
	buf_release(&value);
	return rc;
}

int
streak_save(struct state *st, struct str name, const struct streak *s,
    struct err *e)
{
	struct buf key = { 0 }, value = { 0 };
	struct jw w = { .out = &value };
	int rc;

	jw_obj(&w);
	jw_key(&w, STR("status"));
	jw_str(&w, str_of(check_status_name(s->status)));
	jw_key(&w, STR("since"));
	jw_int(&w, s->since_ms);
	jw_key(&w, STR("told"));
	jw_int(&w, s->told_ms);
	jw_key(&w, STR("failures"));
	jw_int(&w, s->failures);
	jw_key(&w, STR("recoveries"));
	jw_int(&w, s->recoveries);
	jw_key(&w, STR("flapping"));
	jw_bool(&w, s->flapping);
	jw_key(&w, STR("history"));
	jw_str(&w, str_of(s->history));
	jw_obj_end(&w);
	rc = state_put(st, key_of(name, &key), buf_str(&value), e);
	buf_release(&key);
	buf_release(&value);
	return rc;
}
