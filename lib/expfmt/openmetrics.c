#include <math.h>

#include "expfmt/internal.h"

static const struct labels_rules series_rules = { .metric = true };
static const struct labels_rules exemplar_rules = { .metric = false };

static const struct { struct str word; enum expfmt_kind kind; } words[] = {
	{ STR("# HELP "), EXPFMT_HELP },
	{ STR("# TYPE "), EXPFMT_TYPE },
	{ STR("# UNIT "), EXPFMT_UNIT },
};

#define NWORDS	(sizeof(words) / sizeof(words[0]))

static bool
take(struct expfmt *x, struct str s)
{
	if (!str_starts(str_sub(x->window, x->at, x->window.n), s))
		return false;
	x->at += s.n;
	return true;
}

/* Where a token could still come, the window may end inside it. */
static bool
cut_short(struct expfmt *x, struct str s)
{
	struct str rest = str_sub(x->window, x->at, x->window.n);

	if (x->final || rest.n >= s.n || !str_starts(s, rest))
		return false;
	x->at = x->window.n;
	return true;
}

/* One newline must end an entry; the end of the text does not do here. */
static bool
newline(struct expfmt *x)
{
	if (peek_byte(x) != '\n' || x->at == x->window.n)
		return false;
	return end_of_line(x);
}

/* The window is over; if it was the last one, say so once. */
static enum expfmt_kind
missing_eof(struct expfmt *x, struct err *e)
{
	x->eof = x->eof || x->final;
	(void)expfmt_fail(x, e, "the text does not end with '# EOF'");
	return EXPFMT_BAD;
}

/* ' ' seconds: milliseconds, cut */
static int
scan_seconds(struct expfmt *x, int64_t *ms, struct err *e)
{
	size_t from = x->at;
	double s;

	if (scan_value(x, &s, e) == -1)
		return -1;
	s *= 1000;
	if (!(s > -9.2e18 && s < 9.2e18)) {
		x->at = from;
		return expfmt_fail(x, e, "this is no timestamp");
	}
	*ms = (int64_t)s;
	return 0;
}

/* {labels} VALUE [ TIMESTAMP ], behind ' # {' */
static int
exemplar(struct expfmt *x, struct err *e)
{
	size_t n = x->nlabels;

	if (scan_labels(x, &exemplar_rules, &n, e) == -1)
		return -1;
	x->has_exemplar = true;
	x->label = x->room;
	x->exemplar = (struct expfmt_exemplar){
	    /* None at all yet: no room either. */
	    .label = x->room ? x->room + x->nlabels : NULL,
	    .nlabels = n - x->nlabels, .ts = EXPFMT_NO_TS };
	if (peek_byte(x) != ' ')
		return expfmt_fail(x, e, "expected the exemplar's value");
	x->at++;
	if (scan_value(x, &x->exemplar.value, e) == -1)
		return -1;
	if (peek_byte(x) == ' ') {
		x->at++;
		return scan_seconds(x, &x->exemplar.ts, e);
	}
	return 0;
}

/* [ TIMESTAMP ] [ exemplar ] newline */
static enum expfmt_kind
sample_tail(struct expfmt *x, struct err *e)
{
	if (cut_short(x, STR(" # {")))
		return EXPFMT_BAD;
	if (peek_byte(x) == ' ' && !str_starts(expfmt_rest(x), STR(" # {"))) {
		x->at++;
		if (scan_seconds(x, &x->ts, e) == -1 ||
		    cut_short(x, STR(" # {")))
			return EXPFMT_BAD;
	}
	if (take(x, STR(" # {")) && exemplar(x, e) == -1)
		return EXPFMT_BAD;
	if (newline(x))
		return EXPFMT_SAMPLE;
	if (x->at == x->window.n)
		return missing_eof(x, e);
	(void)expfmt_fail(x, e, "text behind the sample");
	return EXPFMT_BAD;
}

static enum expfmt_kind
sample(struct expfmt *x, struct err *e)
{
	size_t from = x->at, n = 0;

	x->name = scan_name(x);
	if (peek_byte(x) == '{') {
		x->at++;
		if (scan_labels(x, &series_rules, &n, e) == -1)
			return EXPFMT_BAD;
	} else if (x->name.n == 0) {
		(void)expfmt_fail(x, e, "expected a metric name, '# TYPE', "
		    "'# HELP', '# UNIT' or '# EOF'");
		return EXPFMT_BAD;
	}
	if (x->name.n == 0) {
		(void)expfmt_fail(x, e, "no metric name");
		return EXPFMT_BAD;
	}
	x->raw = str_sub(x->window, from, x->at);
	x->label = x->room;
	x->nlabels = n;
	if (peek_byte(x) != ' ') {
		(void)expfmt_fail(x, e, "expected one space and a value");
		return EXPFMT_BAD;
	}
	from = ++x->at;
	if (scan_value(x, &x->value, e) == -1)
		return EXPFMT_BAD;
	x->value_text = str_sub(x->window, from, x->at);
	return sample_tail(x, e);
}

/* The name must end in _unit. */
static int
check_unit(struct expfmt *x, struct str unit, struct err *e)
{
	struct str name = x->name;

	x->text = unit;
	if (unit.n == 0 || (name.n > unit.n && str_ends(name, unit) &&
	    name.p[name.n - unit.n - 1] == '_'))
		return 0;
	x->at = (size_t)(unit.p - x->window.p);
	return expfmt_fail(x, e, "unit '" STR_FMT "' is no suffix of '"
	    STR_FMT "'", STR_ARG(unit), STR_ARG(name));
}

/* NAME ' ' text newline, behind the word */
static enum expfmt_kind
metadata(struct expfmt *x, enum expfmt_kind kind, struct err *e)
{
	struct str rest;
	int rc;

	if (scan_meta_name(x, e) == -1)
		return EXPFMT_BAD;
	if (peek_byte(x) != ' ') {
		(void)expfmt_fail(x, e, "expected one space behind the name");
		return EXPFMT_BAD;
	}
	x->at++;
	rest = expfmt_rest(x);
	if (str_find_char(rest, '\n') < 0) {
		x->at = x->window.n;
		return missing_eof(x, e);
	}
	if (scan_rest(x, &rest) == -1)
		return EXPFMT_BAD;
	if (kind == EXPFMT_TYPE)
		rc = scan_type(x, rest, true, e);
	else if (kind == EXPFMT_HELP)
		rc = scan_help(x, rest, true, e);
	else
		rc = check_unit(x, rest, e);
	return rc == -1 ? EXPFMT_BAD : kind;
}

/* '# EOF', its newline, and then nothing. */
static enum expfmt_kind
end_of_text(struct expfmt *x, struct err *e)
{
	if (peek_byte(x) == '\n' && x->at < x->window.n)
		(void)end_of_line(x);
	if (x->at < x->window.n) {
		x->eof = true;
		(void)expfmt_fail(x, e, "text behind '# EOF'");
		return EXPFMT_BAD;
	}
	x->eof = x->final;
	return x->final ? EXPFMT_END : EXPFMT_BAD;
}

enum expfmt_kind
openmetrics_entry(struct expfmt *x, struct err *e)
{
	size_t i;

	if (x->at == x->window.n)
		return x->eof && x->final ? EXPFMT_END : missing_eof(x, e);
	if (peek_byte(x) != '#')
		return sample(x, e);
	for (i = 0; i < NWORDS; i++)
		if (take(x, words[i].word))
			return metadata(x, words[i].kind, e);
	if (take(x, STR("# EOF")))
		return end_of_text(x, e);
	if (!x->final && x->window.n - x->at < words[0].word.n)
		x->at = x->window.n;
	(void)expfmt_fail(x, e,
	    "expected '# TYPE', '# HELP', '# UNIT' or '# EOF'");
	return EXPFMT_BAD;
}
