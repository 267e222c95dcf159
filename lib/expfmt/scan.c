#include <math.h>

#include "core/mem.h"
#include "core/num.h"
#include "core/utf8.h"
#include "expfmt/internal.h"

/* What a byte may be in a bare name. */
enum { LABEL_FIRST = 1, LABEL = 2, METRIC_FIRST = 4, METRIC = 8 };

#define LETTER	(LABEL_FIRST | LABEL | METRIC_FIRST | METRIC)
#define DIGIT	(LABEL | METRIC)

static const unsigned char class[256] = {
	['0'] = DIGIT, ['1'] = DIGIT, ['2'] = DIGIT, ['3'] = DIGIT,
	['4'] = DIGIT, ['5'] = DIGIT, ['6'] = DIGIT, ['7'] = DIGIT,
	['8'] = DIGIT, ['9'] = DIGIT, ['_'] = LETTER,
	[':'] = METRIC_FIRST | METRIC,
	['a'] = LETTER, ['b'] = LETTER, ['c'] = LETTER, ['d'] = LETTER,
	['e'] = LETTER, ['f'] = LETTER, ['g'] = LETTER, ['h'] = LETTER,
	['i'] = LETTER, ['j'] = LETTER, ['k'] = LETTER, ['l'] = LETTER,
	['m'] = LETTER, ['n'] = LETTER, ['o'] = LETTER, ['p'] = LETTER,
	['q'] = LETTER, ['r'] = LETTER, ['s'] = LETTER, ['t'] = LETTER,
	['u'] = LETTER, ['v'] = LETTER, ['w'] = LETTER, ['x'] = LETTER,
	['y'] = LETTER, ['z'] = LETTER,
	['A'] = LETTER, ['B'] = LETTER, ['C'] = LETTER, ['D'] = LETTER,
	['E'] = LETTER, ['F'] = LETTER, ['G'] = LETTER, ['H'] = LETTER,
	['I'] = LETTER, ['J'] = LETTER, ['K'] = LETTER, ['L'] = LETTER,
	['M'] = LETTER, ['N'] = LETTER, ['O'] = LETTER, ['P'] = LETTER,
	['Q'] = LETTER, ['R'] = LETTER, ['S'] = LETTER, ['T'] = LETTER,
	['U'] = LETTER, ['V'] = LETTER, ['W'] = LETTER, ['X'] = LETTER,
	['Y'] = LETTER, ['Z'] = LETTER,
};

void
skip_spaces(struct expfmt *x)
{
	while (peek_byte(x) == ' ' || peek_byte(x) == '\t')
		x->at++;
}

bool
end_of_line(struct expfmt *x)
{
	if (x->at == x->window.n)
		return x->final;
	if (x->window.p[x->at] != '\n')
		return false;
	x->at++;
	x->next_line++;
	return true;
}

static struct str
scan_class(struct expfmt *x, unsigned char first, unsigned char more)
{
	const unsigned char *p = (const unsigned char *)x->window.p;
	size_t from = x->at, i = from, n = x->window.n;

	if (i < n && (class[p[i]] & first))
		while (++i < n && (class[p[i]] & more))
			continue;
	x->at = i;
	return (struct str){ x->window.p + from, i - from };
}

struct str
scan_name(struct expfmt *x)
{
	return scan_class(x, METRIC_FIRST, METRIC);
}

/* 0, or what the pair \c stands for; in help text \" stays. */
static char
unescaped(char c, bool quotes)
{
	switch (c) {
	case '\\':
		return '\\';
	case 'n':
		return '\n';
	case '"':
		return quotes ? '"' : '\0';
	}
	return '\0';
}

struct str
unescape(struct expfmt *x, struct str s, bool quotes)
{
	size_t i, n = 0;
	char *out, c;

	if (s.n == 0 || memchr(s.p, '\\', s.n) == NULL)
		return s;
	out = arena_raw(&x->scratch, s.n);
	for (i = 0; i < s.n; i++) {
		c = s.p[i] == '\\' && i + 1 < s.n ?
		    unescaped(s.p[i + 1], quotes) : '\0';
		if (c != '\0')
			i++;
		out[n++] = c != '\0' ? c : s.p[i];
	}
	return (struct str){ out, n };
}

/* "..." at x->at, unescaped. */
static int
scan_quoted(struct expfmt *x, bool newline, struct str *out, struct err *e)
{
	const unsigned char *p = (const unsigned char *)x->window.p;
	size_t from = x->at + 1, i = from, n = x->window.n;
	unsigned char high = 0;
	bool escaped = false;

	for (; i < n && p[i] != '"'; i++) {
		if (p[i] == '\\') {
			escaped = true;
			if (++i == n)
				break;
		}
		high |= p[i];
		if (p[i] == '\n') {
			if (!newline)
				break;
			x->next_line++;
		}
	}
	if (i >= n || p[i] != '"') {
		x->at = i;
		return expfmt_fail(x, e, "a quoted string without its end");
	}
	*out = (struct str){ x->window.p + from, i - from };
	if (high >= 0x80 && !utf8_valid(*out)) {
		x->at = from;
		return expfmt_fail(x, e, "invalid UTF-8 between quotes");
	}
	if (escaped)
		*out = unescape(x, *out, true);
	x->at = i + 1;
	return 0;
}

int
scan_meta_name(struct expfmt *x, struct err *e)
{
	if (peek_byte(x) == '"')
		return scan_quoted(x, true, &x->name, e);
	x->name = scan_name(x);
	if (x->name.n == 0)
		return expfmt_fail(x, e, "expected a metric name");
	return 0;
}

int
scan_rest(struct expfmt *x, struct str *out)
{
	const char *from = x->window.p + x->at;
	size_t left = x->window.n - x->at;
	const char *nl = left ? memchr(from, '\n', left) : NULL;

	if (nl == NULL && !x->final) {
		x->at = x->window.n;
		return -1;
	}
	out->p = from;
	out->n = nl ? (size_t)(nl - from) : left;
	x->at += out->n;
	return end_of_line(x) ? 0 : -1;
}

/*
 * Go's ParseFloat without hex and '_'; a number that is too large is an
 * error here, not an infinity.
 */
int
scan_value(struct expfmt *x, double *out, struct err *e)
{
	const char *p = x->window.p;
	size_t from = x->at, i = from, n = x->window.n;
	struct str s;

	while (i < n && p[i] != ' ' && p[i] != '\n' && p[i] != '\t' &&
	    p[i] != '{')
		i++;
	s = (struct str){ p + from, i - from };
	if (i == n && !x->final) {
		x->at = n;
		return -1;
	}
	if (s.n == 0)
		return expfmt_fail(x, e, "expected a value");
	if (!num_parse_prom(s, out))
		return expfmt_fail(x, e, "'" STR_FMT "' is not a number",
		    STR_ARG(s));
	if (isinf(*out) && (class[(unsigned char)s.p[s.n - 1]] & LABEL_FIRST)
	    == 0)
		return expfmt_fail(x, e, "'" STR_FMT "' is out of range",
		    STR_ARG(s));
	x->at = i;
	return 0;
}

/* -------------------------------------------------------------- label sets */

/*
 * Bucket bounds and quantiles as OpenMetrics spells them, so that 1 and 1.0
 * are one series: the shortest form, with ".0" if it has neither point nor
 * exponent.
 */
static struct str
normal_float(struct expfmt *x, struct str s)
{
	struct buf b = { 0 };
	struct str out = s;
	double v;

	if (!num_parse_prom(s, &v))
		return s;
	num_print(&b, v, NUM_GO_G);
	if (isfinite(v) && str_find_char(buf_str(&b), '.') < 0 &&
	    str_find_char(buf_str(&b), 'e') < 0)
		(void)buf_put(&b, STR(".0"));
	if (!str_eq(s, buf_str(&b)))
		out = arena_str(&x->scratch, buf_str(&b));
	buf_release(&b);
	return out;
}

static bool
is_bound(const struct expfmt *x, struct str name)
{
	switch (x->in_force) {
	case EXPFMT_HISTOGRAM:
		return str_eq(name, STR("le"));
	case EXPFMT_SUMMARY:
		return str_eq(name, STR("quantile"));
	default:
		return false;
	}
}

static struct expfmt_label *
label_room(struct expfmt *x, size_t i)
{
	if (i == x->nroom) {
		x->nroom = x->nroom ? 2 * x->nroom : 16;
		x->room = mem_resize(x->room, x->nroom, sizeof(*x->room));
	}
	return &x->room[i];
}

/* A quoted name without '=' is the metric's own; it may stand once. */
static int
take_metric(struct expfmt *x, const struct labels_rules *rules,
    struct str name, struct err *e)
{
	if (!rules->metric)
		return expfmt_fail(x, e, "expected '='");
	if (x->name.n)
		return expfmt_fail(x, e, "a second metric name");
	if (name.n == 0)
		return expfmt_fail(x, e, "the metric name is empty");
	x->name = name;
	return 0;
}

static void
between(struct expfmt *x, const struct labels_rules *rules)
{
	if (rules->blanks)
		skip_spaces(x);
}

/* NAME = "value", or a metric name; x->at stands at its first byte. */
static int
scan_label(struct expfmt *x, const struct labels_rules *rules, size_t *n,
    struct err *e)
{
	bool quoted = peek_byte(x) == '"';
	struct expfmt_label l;
	char c;

	if (quoted) {
		if (scan_quoted(x, rules->newline, &l.name, e) == -1)
			return -1;
	} else {
		l.name = scan_class(x, LABEL_FIRST, LABEL);
		if (l.name.n == 0)
			return expfmt_fail(x, e, "expected a label name");
	}
	between(x, rules);
	c = peek_byte(x);
	if (quoted && (c == ',' || c == '}'))
		return take_metric(x, rules, l.name, e);
	if (c != '=')
		return expfmt_fail(x, e, "expected '='");
	x->at++;
	between(x, rules);
	if (l.name.n == 0)
		return expfmt_fail(x, e, "a label name is empty");
	if (peek_byte(x) != '"')
		return expfmt_fail(x, e, "expected a quoted label value");
	if (scan_quoted(x, rules->newline, &l.value, e) == -1)
		return -1;
	if (is_bound(x, l.name))
		l.value = normal_float(x, l.value);
	*label_room(x, (*n)++) = l;
	return 0;
}

int
scan_labels(struct expfmt *x, const struct labels_rules *rules, size_t *n,
    struct err *e)
{
	for (;;) {
		between(x, rules);
		if (peek_byte(x) == '}')
			break;
		if (scan_label(x, rules, n, e) == -1)
			return -1;
		between(x, rules);
		if (peek_byte(x) == ',')
			x->at++;
		else if (peek_byte(x) != '}' && !rules->loose_comma)
			return expfmt_fail(x, e, "expected ',' or '}'");
	}
	x->at++;
	return 0;
}
