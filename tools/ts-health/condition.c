/*
 * condition: as gatus evaluates them.
 */
#include "condition.h"

#include <fnmatch.h>
#include <stdlib.h>

#include "core/dur.h"
#include "core/num.h"
#include "jpath.h"

/* Longer values are cut when they are shown beside a pattern. */
#define SHOWN_WITH_PATTERN	25

/* A side: as written, and what it stands for. */
struct side {
	struct str text;
	struct str value;
	bool invalid;		/* its path leads nowhere */
	int64_t number;
};

/* fn(arg): *arg is what stands between the parentheses. */
static bool
call(struct str s, struct str name, struct str *arg)
{
	if (!str_starts(s, name) || s.n < name.n + 2 ||
	    s.p[name.n] != '(' || s.p[s.n - 1] != ')')
		return false;
	*arg = str_sub(s, name.n + 1, s.n - 1);
	return true;
}

static bool
is_pattern(struct str s)
{
	struct str arg;

	return call(s, STR("pat"), &arg);
}

/* Decimal, 0x, 0o, 0b and 0-octal, as ParseInt with base 0. */
static bool
integer(struct str s, struct arena *a, int64_t *out)
{
	bool minus = s.n && s.p[0] == '-';
	struct str digits = s.n && (minus || s.p[0] == '+') ?
	    str_sub(s, 1, s.n) : s;
	int base = 10;
	char *end, *z;
	unsigned long long v;

	if (digits.n > 1 && digits.p[0] == '0') {
		switch (digits.p[1] | 0x20) {
		case 'x': base = 16; break;
		case 'o': base = 8; break;
		case 'b': base = 2; break;
		default: base = 0;
		}
		digits = str_sub(digits, base ? 2 : 1, digits.n);
		base = base ? base : 8;
	}
	if (digits.n == 0 || digits.n > 64 || !((digits.p[0] >= '0' &&
	    digits.p[0] <= '9') || base == 16))
		return false;
	z = arena_cstr(a, digits);
	v = strtoull(z, &end, base);
	if (*end != '\0' || v > INT64_MAX)
		return false;
	*out = minus ? -(int64_t)v : (int64_t)v;
	return true;
}

/* Durations are milliseconds; what is no number is 0. */
static bool
number(struct str s, struct arena *a, int64_t *out)
{
	double v;

	if (dur_parse_go(s, out) || integer(s, a, out))
		return true;
	*out = 0;
	if (!num_parse_double(s, &v))
		return false;
	*out = v >= 9.2e18 ? INT64_MAX : v <= -9.2e18 ? INT64_MIN :
	    (int64_t)v;
	return true;
}

static struct str
text_of(struct arena *a, int64_t v)
{
	return arena_printf(a, "%lld", (long long)v);
}

/* [BODY]path, maybe inside has() or len(). */
static void
resolve_body(struct side *s, struct str path, struct str fn,
    const struct condition_facts *f, struct arena *a)
{
	struct buf b = { .max = (size_t)1 << 22 };
	size_t length = f->body.n;
	bool found = true;

	if (path.n == 0 && !str_eq(fn, STR("has"))) {
		(void)buf_put(&b, f->body);
	} else {
		if (path.n && path.p[0] == '.')
			path = str_sub(path, 1, path.n);
		found = jpath_text(path, f->body, &b, &length);
	}
	if (str_eq(fn, STR("has"))) {
		s->value = found ? STR("true") : STR("false");
	} else if (!found) {
		s->invalid = true;
		s->value = arena_printf(a, STR_FMT " (INVALID)",
		    STR_ARG(s->text));
	} else {
		s->value = fn.n ? text_of(a, (int64_t)length) :
		    arena_str(a, buf_str(&b));
	}
	buf_release(&b);
}

static bool
resolve_plain(struct side *s, const struct condition_facts *f,
    struct arena *a)
{
	const struct { struct str name, value; } rows[] = {
		{ STR("[STATUS]"), text_of(a, f->status) },
		{ STR("[RESPONSE_TIME]"), text_of(a, f->duration_ms) },
		{ STR("[CERTIFICATE_EXPIRATION]"), text_of(a, f->cert_ms) },
		{ STR("[CONNECTED]"),
		    f->connected ? STR("true") : STR("false") },
		{ STR("[IP]"), f->ip },
		{ STR("[DNS_RCODE]"), f->dns_rcode },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (str_eq(s->text, rows[i].name)) {
			s->value = rows[i].value;
			return true;
		}
	return false;
}

static struct side
resolve(struct str text, const struct condition_facts *f, struct arena *a)
{
	static const struct str fns[] = { { "len", 3 }, { "has", 3 } };
	struct side s = { .text = text, .value = text };
	struct str arg = text, fn = STR_NONE;
	size_t i;

	for (i = 0; i < 2; i++)
		if (call(text, fns[i], &arg))
			fn = fns[i];
	if (str_starts(arg, STR("[BODY]")))
		resolve_body(&s, str_sub(arg, 6, arg.n), fn, f, a);
	else if (!resolve_plain(&s, f, a) && str_eq(fn, STR("len")))
		s.value = text_of(a, (int64_t)arg.n);
	(void)number(s.value, a, &s.number);
	return s;
}

static bool
match_pattern(struct str pattern, struct str s, struct arena *a)
{
	return fnmatch(arena_cstr(a, pattern), arena_cstr(a, s), 0) == 0;
}

static bool	equal(struct str x, struct str y,
		    const struct condition_facts *f, struct arena *a);

/* any(a, b): one of them equals s. */
static bool
equal_any(struct str list, struct str s, const struct condition_facts *f,
    struct arena *a)
{
	struct str item;

	while (list.p != NULL) {
		list = str_cut(list, ',', &item);
		if (equal(resolve(str_trim(item), f, a).value, s, f, a))
			return true;
	}
	return false;
}

static bool
equal(struct str x, struct str y, const struct condition_facts *f,
    struct arena *a)
{
	int64_t nx, ny;
	struct str arg;

	if (call(x, STR("any"), &arg))
		return equal_any(arg, y, f, a);
	if (call(y, STR("any"), &arg))
		return equal_any(arg, x, f, a);
	if (call(x, STR("pat"), &arg))
		return match_pattern(arg, y, a);
	if (call(y, STR("pat"), &arg))
		return match_pattern(arg, x, a);
	if (integer(x, a, &nx) && integer(y, a, &ny))
		return nx == ny;
	return str_eq(x, y);
}

/* 336h0m0s is shown as 336h. */
static struct str
shown_duration(struct arena *a, int64_t ms)
{
	struct buf b = { 0 };
	struct str s;

	dur_print_go(&b, ms);
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	if (str_ends(s, STR("m0s")))
		s.n -= 2;
	if (str_ends(s, STR("h0m")))
		s.n -= 2;
	return s;
}

static struct str
shown_number(const struct side *s, struct arena *a)
{
	int64_t ms;

	if (s->invalid)
		return s->value;
	if (str_eq(s->text, STR("[CERTIFICATE_EXPIRATION]")) ||
	    dur_parse_go(s->text, &ms))
		return shown_duration(a, s->number);
	return text_of(a, s->number);
}

static void
put_side(struct buf *out, const struct side *s, struct str value,
    bool beside_pattern)
{
	(void)buf_put(out, s->text);
	if (s->invalid) {
		(void)buf_put(out, STR(" (INVALID)"));
		return;
	}
	if (str_eq(s->text, value))
		return;
	if (beside_pattern && value.n > SHOWN_WITH_PATTERN)
		(void)buf_printf(out, " (%.*s...(truncated))",
		    SHOWN_WITH_PATTERN, value.p);
	else
		(void)buf_printf(out, " (" STR_FMT ")", STR_ARG(value));
}

static const struct {
	const char *op;
	bool ordering;
	bool holds[3];		/* for less, equal, greater */
} operators[] = {
	{ "==", false, { false, true, false } },
	{ "!=", false, { true, false, true } },
	{ "<", true, { true, false, false } },
	{ "<=", true, { true, true, false } },
	{ ">", true, { false, false, true } },
	{ ">=", true, { false, true, true } },
};
#define NOPERATORS (sizeof(operators) / sizeof(operators[0]))

static size_t
operator_find(struct str op)
{
	size_t i;

	for (i = 0; i < NOPERATORS; i++)
		if (str_eq(op, str_of(operators[i].op)))
			break;
	return i;
}

/* A word that is neither a number nor stands for something. */
static bool
is_literal_word(struct str s)
{
	struct arena a = { 0 };
	int64_t v;
	bool word;

	if (str_find_char(s, '[') >= 0 || str_find_char(s, '(') >= 0)
		return false;
	word = !number(s, &a, &v);
	arena_free(&a);
	return word;
}

/* [WORD] in capitals, maybe within len() or has(), that stands for nothing. */
static bool
is_unknown_placeholder(struct str s)
{
	struct arena a = { 0 };
	struct condition_facts none = { 0 };
	struct side side = { 0 };
	size_t i;
	bool known;

	if (!call(s, STR("len"), &side.text) &&
	    !call(s, STR("has"), &side.text))
		side.text = s;
	if (side.text.n < 3 || side.text.p[0] != '[')
		return false;
	for (i = 1; i < side.text.n && side.text.p[i] != ']'; i++)
		if ((side.text.p[i] < 'A' || side.text.p[i] > 'Z') &&
		    side.text.p[i] != '_')
			return false;
	known = str_starts(side.text, STR("[BODY]")) ||
	    resolve_plain(&side, &none, &a);
	arena_free(&a);
	return !known;
}

/* The operator is the first word in the middle that is one. */
int
condition_parse(struct str s, bool strict, struct condition *out,
    struct err *e)
{
	struct str rest = s, word;
	size_t at;

	*out = (struct condition){ .text = s };
	while (rest.p != NULL) {
		rest = str_cut(rest, ' ', &word);
		if (rest.p == NULL || operator_find(word) == NOPERATORS)
			continue;
		at = (size_t)(word.p - s.p);
		out->left = str_trim(str_sub(s, 0, at));
		out->op = word;
		out->right = str_trim(rest);
		break;
	}
	if (out->left.n == 0 || out->right.n == 0)
		return err_set(e, ERR_CONFIG, "'" STR_FMT "' is not LEFT "
		    "OPERATOR RIGHT", STR_ARG(s));
	if (strict && (is_unknown_placeholder(out->left) ||
	    is_unknown_placeholder(out->right)))
		return err_set(e, ERR_CONFIG, "'" STR_FMT "' asks for what "
		    "nobody knows ([STATUS], [RESPONSE_TIME], [CONNECTED], "
		    "[IP], [BODY], [CERTIFICATE_EXPIRATION], [DNS_RCODE])",
		    STR_ARG(s));
	if (strict && operators[operator_find(out->op)].ordering &&
	    (is_literal_word(out->left) || is_literal_word(out->right)))
		return err_set(e, ERR_CONFIG, "'" STR_FMT "' orders by a "
		    "word that is no number", STR_ARG(s));
	return 0;
}

bool
condition_holds(const struct condition *c, const struct condition_facts *f,
    bool resolved, struct arena *a, struct buf *out)
{
	size_t op = operator_find(c->op);
	struct side l = resolve(c->left, f, a), r = resolve(c->right, f, a);
	struct str lv = l.value, rv = r.value;
	bool ok;

	if (operators[op].ordering) {
		ok = operators[op].holds[1 + (l.number > r.number) -
		    (l.number < r.number)];
		lv = shown_number(&l, a);
		rv = shown_number(&r, a);
	} else {
		ok = equal(lv, rv, f, a) == operators[op].holds[1];
	}
	if (ok || !resolved) {
		(void)buf_put(out, c->text);
		return ok;
	}
	put_side(out, &l, lv, is_pattern(r.text));
	(void)buf_printf(out, " " STR_FMT " ", STR_ARG(c->op));
	put_side(out, &r, rv, is_pattern(l.text));
	return ok;
}
