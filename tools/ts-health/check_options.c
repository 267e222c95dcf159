/*
 * check_options: the options that every check has.
 */
#include "check.h"

#include "core/dur.h"
#include "core/num.h"
#include "kinds.h"
#include "model/labels.h"
#include "streak.h"

#define RETRIES_MAX	100

int
check_decode_status(const struct ynode *n, void *field, struct arena *a,
    struct err *e)
{
	static const struct { const char *word; enum check_status status; }
	    shorter[] = { { "ok", CHECK_OK }, { "warn", CHECK_WARN },
		{ "crit", CHECK_FAIL }, { "critical", CHECK_FAIL } };
	struct { bool set; enum check_status status; } *out = field;
	bool known = n->kind == Y_SCALAR &&
	    check_status_parse(n->scalar, &out->status);
	size_t i;

	(void)a;
	for (i = 0; n->kind == Y_SCALAR && i < 4; i++)
		if (str_eq(n->scalar, str_of(shorter[i].word))) {
			out->status = shorter[i].status;
			known = true;
		}
	if (!known)
		return ynode_err(n, e, "expected healthy, warning, unhealthy "
		    "or unknown");
	out->set = true;
	return 0;
}

/* 3/5: three bad results within the last five */
int
check_decode_n_of_m(const struct ynode *n, void *field, struct arena *a,
    struct err *e)
{
	struct { int64_t n, of; } *out = field;
	struct str head, rest = STR_NONE;

	(void)a;
	if (n->kind == Y_SCALAR)
		rest = str_cut(n->scalar, '/', &head);
	if (rest.p == NULL ||
	    !num_parse_i64(rest, 1, STREAK_HISTORY, &out->of) ||
	    !num_parse_i64(head, 1, out->of, &out->n))
		return ynode_err(n, e, "expected N/M with N of at most M, and "
		    "M of at most %d", STREAK_HISTORY);
	return 0;
}

static bool
percent(struct str s, int64_t *out)
{
	if (s.n && s.p[s.n - 1] == '%')
		s.n--;
	return num_parse_i64(s, 1, 100, out);
}

/* {window: 20, high: 50%, low: 25%} */
int
check_decode_flap(const struct ynode *n, void *field, struct arena *a,
    struct err *e)
{
	struct { int64_t window, high, low; } *out = field;
	const struct ynode *c;

	(void)a;
	if (n->kind != Y_MAP)
		return ynode_err(n, e, "expected {window: N, high: PERCENT, "
		    "low: PERCENT}");
	for (c = n->child; c != NULL; c = c->next) {
		bool window = str_eq(c->key->scalar, STR("window"));
		bool high = str_eq(c->key->scalar, STR("high"));

		if (!window && !high && !str_eq(c->key->scalar, STR("low")))
			return ynode_err(c->key, e, "expected window, high or "
			    "low");
		if (c->kind != Y_SCALAR || !(window ? num_parse_i64(c->scalar,
		    3, STREAK_HISTORY, &out->window) : percent(c->scalar,
		    high ? &out->high : &out->low)))
			return ynode_err(c, e, window ? "a window has from 3 "
			    "to %d results" : "expected a percentage",
			    STREAK_HISTORY);
	}
	if (out->high && out->low > out->high)
		return ynode_err(n, e, "'low' is above 'high'");
	return 0;
}

static int
compile_conditions(struct check *c, struct arena *a, struct err *e)
{
	struct condition *all = ARENA_ARRAY(a, c->conditions.n + 1,
	    struct condition);
	struct err why;
	size_t i;

	c->condition = all;
	for (i = 0; i < c->conditions.n; i++)
		if (condition_parse(c->conditions.p[i], true, &all[i],
		    &why) == -1)
			return ynode_err(ynode_get(c->node, "conditions"), e,
			    "%s", why.msg);
	return 0;
}

/* They become those of metrics, which not all that reads them may quote. */
static int
check_labels(const struct check *c, struct err *e)
{
	const struct ypair *l = c->labels.p;
	size_t i;

	for (i = 0; i < c->labels.n; i++)
		if (!label_name_is_legacy(l[i].key) ||
		    str_starts(l[i].key, STR("__")))
			return ynode_err(l[i].node ? l[i].node : c->node, e,
			    "'" STR_FMT "' is no name of a label",
			    STR_ARG(l[i].key));
	return 0;
}

int
check_options(struct check *c, struct arena *a, struct err *e)
{
	size_t i;

	if (c->name.n == 0)
		return ynode_err(c->node, e, "a check needs a name");
	for (i = 0; i < c->name.n; i++)
		if ((unsigned char)c->name.p[i] < ' ' || c->name.p[i] == 0x7f)
			return ynode_err(ynode_get(c->node, "name"), e,
			    "a name has no control characters");
	if (c->timeout_ms <= 0 || c->timeout_ms > DUR_DAY)
		return ynode_err(c->node, e, "'timeout' must be from 1ms to "
		    "1d");
	if (c->interval_ms <= 0)
		return ynode_err(c->node, e, "'interval' must be over 0");
	if (c->failures < 1 || c->recoveries < 1)
		return ynode_err(c->node, e, "'failures' and 'recoveries' "
		    "count from 1");
	if (c->retries < 0 || c->retries > RETRIES_MAX)
		return ynode_err(c->node, e, "'retries' must be from 0 to %d",
		    RETRIES_MAX);
	if (check_labels(c, e) == -1)
		return -1;
	return compile_conditions(c, a, e);
}

int
words_decode(const struct ynode *n, void *field, struct arena *a,
    struct err *e)
{
	struct ystrs *out = field;
	const struct ynode *c = n->kind == Y_SEQ ? n->child : n;

	out->p = ARENA_ARRAY(a, n->n + 1, struct str);
	out->n = 0;
	if (n->kind == Y_NULL)
		return 0;
	for (; c != NULL; c = n->kind == Y_SEQ ? c->next : NULL) {
		if (c->kind != Y_SCALAR)
			return ynode_err(c, e, "expected a string, or a list "
			    "of strings");
		out->p[out->n++] = c->scalar;
	}
	return 0;
}
