/*
 * expect: an eval line and its body.
 */
#include <stdlib.h>

#include "core/dur.h"
#include "core/num.h"
#include "internal.h"

/* The next blank-separated word. */
static struct str
word(struct str *rest)
{
	size_t n = 0;
	struct str s = str_trim(*rest), w;

	while (n < s.n && s.p[n] != ' ' && s.p[n] != '\t')
		n++;
	w = str_sub(s, 0, n);
	*rest = str_trim(str_sub(s, n, s.n));
	return w;
}

static int
time_word(struct str *rest, const char *before, int64_t *ms, struct err *e)
{
	struct str w;

	if (!str_eq(word(rest), str_of(before)))
		return err_set(e, ERR_SYNTAX, "'%s TIME' was expected",
		    before);
	w = word(rest);
	if (!dur_parse(w, ms))
		return err_set(e, ERR_SYNTAX, "invalid time '" STR_FMT "'",
		    STR_ARG(w));
	return 0;
}

/*
 * eval[_fail|_warn|_info|_ordered] instant at TIME QUERY
 * eval[_fail|_warn|_info] range from A to B step S QUERY
 */
static int
parse_head(struct str line, struct eval *v, struct err *e)
{
	struct str rest = line, first = word(&rest), kind = word(&rest);

	if (str_ends(first, STR("_fail")))
		v->fail = true;
	else if (str_ends(first, STR("_warn")))
		v->note[PNOTE_WARNING].some = true;
	else if (str_ends(first, STR("_info")))
		v->note[PNOTE_INFO].some = true;
	else if (str_ends(first, STR("_ordered")))
		v->ordered = true;
	if (str_eq(kind, STR("instant"))) {
		if (time_word(&rest, "at", &v->start, e) == -1)
			return -1;
		v->text = rest;
		return 0;
	}
	v->range = true;
	if (!str_eq(kind, STR("range")))
		return err_set(e, ERR_SYNTAX,
		    "'instant' or 'range' was expected");
	if (time_word(&rest, "from", &v->start, e) == -1 ||
	    time_word(&rest, "to", &v->end, e) == -1 ||
	    time_word(&rest, "step", &v->step, e) == -1)
		return -1;
	if (v->end < v->start || v->step <= 0)
		return err_set(e, ERR_SYNTAX, "invalid range");
	v->text = rest;
	return 0;
}

/* ---- expect lines ---- */

static bool
take(struct str *s, const char *prefix)
{
	if (!str_starts(*s, str_of(prefix)))
		return false;
	*s = str_trim(str_sub(*s, strlen(prefix), s->n));
	return true;
}

static int
parse_note(struct note_expect *n, struct str rest, struct err *e)
{
	struct re *re;

	n->some = true;
	if (take(&rest, "msg:")) {
		vec_push(&n->msg, rest);
	} else if (take(&rest, "regex:")) {
		if (!(re = re_compile(rest, RE_NODOTALL, e)))
			return -1;
		vec_push(&n->re, re);
	}
	return 0;
}

static int
parse_fail(struct eval *v, struct str rest, struct err *e)
{
	v->fail = true;
	if (take(&rest, "msg:")) {
		v->has_msg = true;
		v->fail_msg = rest;
	} else if (take(&rest, "regex:")) {
		if (!(v->fail_re = re_compile(rest, RE_NODOTALL, e)))
			return -1;
	}
	return 0;
}

static int
parse_string(struct script *s, struct eval *v, struct str text,
    struct err *e)
{
	struct buf b = { 0 };

	v->is_string = true;
	if (text.n < 2)
		return err_set(e, ERR_SYNTAX, "a quoted string was expected");
	if (text.p[0] == '`')
		v->string = str_sub(text, 1, text.n - 1);
	else if (go_unquote(&b, str_sub(text, 1, text.n - 1),
	    text.p[0]) == 0)
		v->string = arena_str(&s->arena, buf_str(&b));
	else
		err_set(e, ERR_SYNTAX, "a quoted string was expected");
	buf_release(&b);
	return v->string.p ? 0 : -1;
}

static int
parse_expect(struct script *s, struct eval *v, struct str rest,
    struct err *e)
{
	if (take(&rest, "no_warn")) {
		v->note[PNOTE_WARNING].none = true;
	} else if (take(&rest, "no_info")) {
		v->note[PNOTE_INFO].none = true;
	} else if (take(&rest, "warn")) {
		return parse_note(&v->note[PNOTE_WARNING], rest, e);
	} else if (take(&rest, "info")) {
		return parse_note(&v->note[PNOTE_INFO], rest, e);
	} else if (take(&rest, "fail")) {
		return parse_fail(v, rest, e);
	} else if (take(&rest, "ordered")) {
		v->ordered = true;
	} else if (take(&rest, "string")) {
		return parse_string(s, v, rest, e);
	} else if (take(&rest, "range vector")) {
		v->is_matrix = true;
		if (time_word(&rest, "from", &v->m_start, e) == -1 ||
		    time_word(&rest, "to", &v->m_end, e) == -1)
			return -1;
		return time_word(&rest, "step", &v->m_step, e);
	} else {
		return err_set(e, ERR_SYNTAX, "unknown expectation");
	}
	return 0;
}

/* ---- the body ---- */

/* 1: the body ends here; 0: it goes on; -1 failed. */
static int
parse_body_line(struct script *s, struct eval *v, struct str line,
    struct err *e)
{
	struct str rest = line, first = word(&rest);
	struct pnotation p;

	if (str_eq(first, STR("expect")))
		return parse_expect(s, v, rest, e);
	if (v->fail && take(&line, "expected_fail_message")) {
		v->has_msg = true;
		v->fail_msg = line;
		return 1;
	}
	if (v->fail && take(&line, "expected_fail_regexp")) {
		v->fail_re = re_compile(line, RE_NODOTALL, e);
		return v->fail_re ? 1 : -1;
	}
	if (rest.n == 0 && num_parse_prom(first, &v->scalar)) {
		v->is_scalar = true;
		return 1;
	}
	if (pnotation_parse(line, s->table, &s->arena, &p, e) == -1)
		return -1;
	vec_push(&v->series, p);
	return 0;
}

int
eval_parse(struct script *s, struct str line, struct eval *v, struct err *e)
{
	int rc = parse_head(line, v, e);

	while (s->lines.at < s->lines.n && s->lines.p[s->lines.at].n > 0) {
		line = s->lines.p[s->lines.at++];
		if (rc == 0)
			rc = parse_body_line(s, v, line, e);
		else if (rc == 1)
			break;
	}
	if (rc == 1)
		rc = 0;
	return rc;
}

void
eval_release(struct eval *v)
{
	size_t i, k;

	for (i = 0; i < 2; i++) {
		for (k = 0; k < v->note[i].re.n; k++)
			re_free(v->note[i].re.p[k]);
		vec_release(&v->note[i].re);
		vec_release(&v->note[i].msg);
	}
	re_free(v->fail_re);
	vec_release(&v->series);
}
