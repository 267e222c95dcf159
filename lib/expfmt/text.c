#include "core/num.h"
#include "expfmt/internal.h"

static const struct labels_rules rules = {
	.blanks = true, .loose_comma = true, .newline = true, .metric = true
};

/* digits: milliseconds */
static int
scan_timestamp(struct expfmt *x, struct err *e)
{
	const char *p = x->window.p;
	size_t from = x->at, i = from;

	while (i < x->window.n && p[i] >= '0' && p[i] <= '9')
		i++;
	if (i == from)
		return expfmt_fail(x, e, "expected a timestamp or the end of "
		    "the line");
	if (!num_parse_i64((struct str){ p + from, i - from }, 0, INT64_MAX,
	    &x->ts))
		return expfmt_fail(x, e, "the timestamp is out of range");
	x->at = i;
	return 0;
}

/* NAME [ '{' labels '}' ] VALUE [ TIMESTAMP ], the name in the braces too */
static enum expfmt_kind
sample(struct expfmt *x, struct err *e)
{
	size_t from = x->at, behind, n = 0;

	x->name = scan_name(x);
	behind = x->at;
	skip_spaces(x);
	if (peek_byte(x) == '{') {
		x->at++;
		if (scan_labels(x, &rules, &n, e) == -1)
			return EXPFMT_BAD;
		behind = x->at;
		skip_spaces(x);
	} else if (x->name.n == 0) {
		(void)expfmt_fail(x, e, "expected a metric name or a comment");
		return EXPFMT_BAD;
	}
	if (x->name.n == 0) {
		(void)expfmt_fail(x, e, "no metric name");
		return EXPFMT_BAD;
	}
	x->raw = str_sub(x->window, from, behind);
	x->label = x->room;
	x->nlabels = n;
	from = x->at;
	if (scan_value(x, &x->value, e) == -1)
		return EXPFMT_BAD;
	x->value_text = str_sub(x->window, from, x->at);
	skip_spaces(x);
	if (end_of_line(x))
		return EXPFMT_SAMPLE;
	if (scan_timestamp(x, e) == -1)
		return EXPFMT_BAD;
	skip_spaces(x);
	if (end_of_line(x))
		return EXPFMT_SAMPLE;
	(void)expfmt_fail(x, e, "text behind the timestamp");
	return EXPFMT_BAD;
}

/* The line goes on with WORD and a blank: pass both. */
static bool
take_word(struct expfmt *x, struct str word)
{
	struct str rest = str_sub(x->window, x->at, x->window.n);

	if (!str_starts(rest, word) || rest.n == word.n ||
	    (rest.p[word.n] != ' ' && rest.p[word.n] != '\t'))
		return false;
	x->at += word.n;
	skip_spaces(x);
	return true;
}

/* NAME, one blank, text */
static enum expfmt_kind
metadata(struct expfmt *x, enum expfmt_kind kind, struct err *e)
{
	struct str rest;

	if (scan_meta_name(x, e) == -1 || scan_rest(x, &rest) == -1)
		return EXPFMT_BAD;
	rest = str_sub(rest, 1, rest.n);
	if (kind == EXPFMT_TYPE ? scan_type(x, rest, false, e) == -1 :
	    scan_help(x, rest, false, e) == -1)
		return EXPFMT_BAD;
	return kind;
}

/* At '#'.  What is neither HELP nor TYPE is a comment. */
static enum expfmt_kind
comment(struct expfmt *x, struct err *e)
{
	size_t from = x->at++;

	if (peek_byte(x) == ' ' || peek_byte(x) == '\t') {
		skip_spaces(x);
		if (take_word(x, STR("HELP")))
			return metadata(x, EXPFMT_HELP, e);
		if (take_word(x, STR("TYPE")))
			return metadata(x, EXPFMT_TYPE, e);
	}
	x->at = from;
	return scan_rest(x, &x->text) == -1 ? EXPFMT_BAD : EXPFMT_COMMENT;
}

enum expfmt_kind
text_entry(struct expfmt *x, struct err *e)
{
	for (;;) {
		x->entry = x->at;
		x->line = x->next_line;
		skip_spaces(x);
		if (x->at == x->window.n)
			return x->final ? EXPFMT_END : EXPFMT_BAD;
		if (x->window.p[x->at] != '\n')
			break;
		(void)end_of_line(x);
	}
	return x->window.p[x->at] == '#' ? comment(x, e) : sample(x, e);
}
