#include <math.h>

#include "core/num.h"
#include "core/utf8.h"
#include "model/labels.h"
#include "tmpl/internal.h"

/*
 * Go's fmt: what a verb makes of a value, with its odd ways of reporting
 * misuse (%!d(string=x)), since templates in the wild print them.
 */
#define FMT_WIDTH_MAX	1000000

struct spec {
	bool plus, minus, sharp, blank, zero;
	bool has_width, has_prec;
	int width, prec;
	bool go_syntax;			/* %#v */
};

static void	fmt_verb(struct tmpl_ctx *, struct spec *, uint32_t,
		    const struct tval *, struct buf *);

static void
fill(struct buf *out, int n, char c)
{
	while (n-- > 0 && buf_putc(out, c) == 0)
		;
}

/* s in the width that was asked for. */
static void
pad(const struct spec *f, struct str s, struct buf *out)
{
	int n = f->has_width ? f->width - (int)utf8_count(s) : 0;

	if (!f->minus)
		fill(out, n, f->zero ? '0' : ' ');
	(void)buf_put(out, s);
	if (f->minus)
		fill(out, n, ' ');
}

/* %!d(string=x) */
static void
bad_verb(struct tmpl_ctx *c, uint32_t verb, const struct tval *v,
    struct buf *out)
{
	(void)buf_put(out, STR("%!"));
	(void)utf8_put(out, verb);
	(void)buf_putc(out, '(');
	if (v->kind != TV_NIL)
		(void)buf_printf(out, "%s=", tval_type(v));
	fmt_value(c, v, out);
	(void)buf_putc(out, ')');
}

static void
fmt_bool(struct tmpl_ctx *c, const struct spec *f, uint32_t verb,
    const struct tval *v, struct buf *out)
{
	if (verb == 'v' || verb == 't')
		pad(f, v->u.b ? STR("true") : STR("false"), out);
	else
		bad_verb(c, verb, v, out);
}

static size_t
put_digits(char *end, uint64_t u, unsigned base, bool upper)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	size_t n = 0;

	do {
		*--end = digits[u % base];
		u /= base;
		n++;
	} while (u > 0);
	return n;
}

/* An integer in a base, with Go's reading of precision and flags. */
static void
fmt_digits(struct spec *f, uint64_t u, bool negative, unsigned base,
    uint32_t verb, struct buf *out)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };
	char text[64];
	bool signed_ = negative || f->plus || f->blank;
	size_t n = put_digits(text + sizeof(text), u, base, verb == 'X');
	int prec = f->has_prec ? f->prec : 0;

	if (f->has_prec && prec == 0 && u == 0) {
		f->zero = false;
		pad(f, STR_NONE, out);
		return;
	}
	if (!f->has_prec && f->zero && !f->minus && f->has_width)
		prec = f->width - signed_;
	if (signed_)
		(void)buf_putc(&b, negative ? '-' : f->plus ? '+' : ' ');
	if (verb == 'O')
		(void)buf_put(&b, STR("0o"));
	else if (f->sharp && base == 16)
		(void)buf_printf(&b, "0%c", (int)verb);
	else if (f->sharp && base == 2)
		(void)buf_put(&b, STR("0b"));
	else if (f->sharp && base == 8 && prec <= (int)n)
		(void)buf_putc(&b, '0');
	fill(&b, prec - (int)n, '0');
	(void)buf_put(&b, (struct str){ text + sizeof(text) - n, n });
	f->zero = false;
	pad(f, buf_str(&b), out);
	buf_release(&b);
}

static void
fmt_rune(struct spec *f, uint64_t u, uint32_t verb, struct buf *out)
{
	uint32_t r = u > 0x10ffff ? UTF8_BAD : (uint32_t)u;
	struct buf b = { 0 };

	if (verb == 'U') {
		(void)buf_printf(&b, "U+%04llX", (unsigned long long)u);
		if (f->sharp && u <= 0x10ffff) {
			(void)buf_put(&b, STR(" '"));
			(void)utf8_put(&b, r);
			(void)buf_putc(&b, '\'');
		}
	} else {
		(void)buf_put(&b, verb == 'q' ? STR("'") : STR_NONE);
		if (verb == 'q' && (r == '\'' || r == '\\'))
			(void)buf_putc(&b, '\\');
		(void)utf8_put(&b, r);
		(void)buf_put(&b, verb == 'q' ? STR("'") : STR_NONE);
	}
	f->zero = false;
	pad(f, buf_str(&b), out);
	buf_release(&b);
}

static void
fmt_int(struct tmpl_ctx *c, struct spec *f, uint32_t verb,
    const struct tval *v, struct buf *out)
{
	bool negative = v->kind != TV_UINT && v->u.i < 0;
	uint64_t u = negative ? 0 - v->u.u : v->u.u;

	switch (verb) {
	case 'v':
	case 'd':
		fmt_digits(f, u, negative, 10, verb, out);
		break;
	case 'b':
		fmt_digits(f, u, negative, 2, verb, out);
		break;
	case 'o':
	case 'O':
		fmt_digits(f, u, negative, 8, verb, out);
		break;
	case 'x':
	case 'X':
		fmt_digits(f, u, negative, 16, verb, out);
		break;
	case 'c':
	case 'q':
	case 'U':
		fmt_rune(f, v->u.u, verb, out);
		break;
	default:
		bad_verb(c, verb, v, out);
	}
}

/* |v| as digits of the verb; no sign. */
static void
float_text(const struct spec *f, uint32_t verb, double v, struct buf *b)
{
	int prec = f->has_prec ? f->prec : 6;

	v = fabs(v);
	switch (verb) {
	case 'v':
	case 'g':
		if (f->has_prec)
			(void)buf_printf(b, f->sharp ? "%#.*g" : "%.*g", prec,
			    v);
		else
			num_print(b, v, NUM_GO_G);
		break;
	case 'G':
		(void)buf_printf(b, "%.*G", f->has_prec ? prec : 17, v);
		break;
	case 'e':
		(void)buf_printf(b, "%.*e", prec, v);
		break;
	case 'E':
		(void)buf_printf(b, "%.*E", prec, v);
		break;
	default:
		(void)buf_printf(b, "%.*f", prec, v);
	}
}

static void
fmt_float(struct tmpl_ctx *c, struct spec *f, uint32_t verb,
    const struct tval *v, struct buf *out)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };
	bool negative = signbit(v->u.f) != 0 && !isnan(v->u.f);
	char sign = negative ? '-' : f->plus ? '+' : f->blank ? ' ' : '\0';
	struct spec rest = *f;

	if (verb > 0x7f || strchr("vgGeEfF", (int)verb) == NULL) {
		bad_verb(c, verb, v, out);
		return;
	}
	if (isinf(v->u.f) || isnan(v->u.f)) {
		rest.zero = false;
		if (isinf(v->u.f) && sign == '\0')
			sign = '+';
		if (isnan(v->u.f) && !f->plus)
			sign = f->blank ? ' ' : '\0';
		(void)buf_put(&b, isnan(v->u.f) ? STR("NaN") : STR("Inf"));
	} else
		float_text(f, verb, v->u.f, &b);
	if (sign != '\0' && rest.zero && rest.has_width && !rest.minus) {
		/* Zeros stand between the sign and the digits. */
		(void)buf_putc(out, sign);
		rest.width--;
		pad(&rest, buf_str(&b), out);
	} else {
		struct buf s = { .max = TMPL_OUTPUT_MAX };

		if (sign != '\0')
			(void)buf_putc(&s, sign);
		(void)buf_put(&s, buf_str(&b));
		pad(&rest, buf_str(&s), out);
		buf_release(&s);
	}
	buf_release(&b);
}

static void
fmt_hex_string(const struct spec *f, struct str s, bool upper,
    struct buf *out)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };
	size_t i, n = s.n;

	if (f->has_prec && (size_t)f->prec < n)
		n = (size_t)f->prec;
	for (i = 0; i < n; i++) {
		if (f->blank && i > 0)
			(void)buf_putc(&b, ' ');
		if (f->sharp && (i == 0 || f->blank))
			(void)buf_printf(&b, "0%c", upper ? 'X' : 'x');
		(void)buf_printf(&b, upper ? "%02X" : "%02x",
		    (unsigned char)s.p[i]);
	}
	pad(f, buf_str(&b), out);
	buf_release(&b);
}

static void
fmt_quoted(const struct spec *f, struct str s, struct buf *out)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };
	size_t i;
	bool raw = f->sharp;

	for (i = 0; i < s.n && raw; i++)
		raw = s.p[i] != '`' && ((unsigned char)s.p[i] >= ' ' ||
		    s.p[i] == '\t') && s.p[i] != 0x7f;
	if (raw) {
		(void)buf_putc(&b, '`');
		(void)buf_put(&b, s);
		(void)buf_putc(&b, '`');
	} else
		go_quote(&b, s);
	pad(f, buf_str(&b), out);
	buf_release(&b);
}

static void
fmt_string(struct tmpl_ctx *c, const struct spec *f, uint32_t verb,
    const struct tval *v, struct buf *out)
{
	struct str s = v->u.s;

	if (f->has_prec && verb != 'x' && verb != 'X')
		s = utf8_prefix(s, (size_t)f->prec);
	switch (verb) {
	case 'v':
		if (f->go_syntax)
			fmt_quoted(f, s, out);
		else
			pad(f, s, out);
		break;
	case 's':
		pad(f, s, out);
		break;
	case 'q':
		fmt_quoted(f, s, out);
		break;
	case 'x':
	case 'X':
		fmt_hex_string(f, s, verb == 'X', out);
		break;
	default:
		bad_verb(c, verb, v, out);
	}
}

/* [a b] and map[k:v], each element by the verb. */
static void
fmt_elements(struct tmpl_ctx *c, const struct spec *f, uint32_t verb,
    const struct tval *v, struct buf *out)
{
	bool map = tval_is_map(v);
	struct tval key, value;
	struct spec each;
	size_t i, n = 0;

	if (!nest_enter(c))
		return;
	(void)tval_len(v, &n);
	if (f->go_syntax)
		(void)buf_printf(out, "%s{", tval_type(v));
	else
		(void)buf_put(out, map ? STR("map[") : STR("["));
	for (i = 0; i < n; i++) {
		if (i > 0)
			(void)buf_put(out, f->go_syntax ? STR(", ") :
			    STR(" "));
		tval_at(v, i, c, &key, &value);
		if (map) {
			each = *f;
			fmt_verb(c, &each, verb, &key, out);
			(void)buf_putc(out, ':');
		}
		each = *f;
		fmt_verb(c, &each, verb, &value, out);
	}
	(void)buf_putc(out, f->go_syntax ? '}' : ']');
	nest_leave(c);
}

/* A value that has a text of its own: times, durations, some objects. */
static void
fmt_text(struct tmpl_ctx *c, const struct spec *f, uint32_t verb,
    const struct tval *v, struct buf *out)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };
	struct tval s;

	if (v->kind == TV_TIME)
		gotime_print(v, &b);
	else if (v->kind == TV_DURATION)
		godur_print(v->u.i, &b);
	else
		v->u.obj.class->print(v->u.obj.self, c, &b);
	s = tval_str(buf_str(&b));
	s.type = tval_type(v);
	fmt_string(c, f, verb, &s, out);
	buf_release(&b);
}

static void
fmt_verb(struct tmpl_ctx *c, struct spec *f, uint32_t verb,
    const struct tval *v, struct buf *out)
{
	if (verb == 'T') {
		pad(f, v->kind == TV_NIL ? STR("<nil>") :
		    str_of(tval_type(v)), out);
		return;
	}
	switch (v->kind) {
	case TV_NIL:
		if (verb == 'v')
			pad(f, STR("<nil>"), out);
		else
			bad_verb(c, verb, v, out);
		break;
	case TV_BOOL:
		fmt_bool(c, f, verb, v, out);
		break;
	case TV_INT:
	case TV_UINT:
		fmt_int(c, f, verb, v, out);
		break;
	case TV_FLOAT:
		fmt_float(c, f, verb, v, out);
		break;
	case TV_STR:
		fmt_string(c, f, verb, v, out);
		break;
	case TV_DURATION:
		if (strchr("vsq", (int)(verb & 0x7f)) == NULL)
			fmt_int(c, f, verb, v, out);
		else
			fmt_text(c, f, verb, v, out);
		break;
	case TV_TIME:
		fmt_text(c, f, verb, v, out);
		break;
	case TV_OBJ:
		if (v->u.obj.class->print != NULL) {
			fmt_text(c, f, verb, v, out);
			break;
		}
		/* FALLTHROUGH */
	case TV_LIST:
	case TV_MAP:
		fmt_elements(c, f, verb, v, out);
		break;
	}
}

void
fmt_value(struct tmpl_ctx *c, const struct tval *v, struct buf *out)
{
	struct spec f = { 0 };

	fmt_verb(c, &f, 'v', v, out);
}

void
tval_print(struct tmpl_ctx *c, const struct tval *v, struct buf *out)
{
	fmt_value(c, v, out);
}

void
fmt_print(struct tmpl_ctx *c, const struct tval *arg, size_t n, bool line,
    struct buf *out)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (i > 0 && (line || (arg[i].kind != TV_STR &&
		    arg[i - 1].kind != TV_STR)))
			(void)buf_putc(out, ' ');
		fmt_value(c, &arg[i], out);
	}
	if (line)
		(void)buf_putc(out, '\n');
}

/* The state of one Sprintf. */
struct printf {
	struct tmpl_ctx *c;
	struct str format;
	size_t at;
	const struct tval *arg;
	size_t n, next;
	bool reordered, bad_index;
	struct buf *out;
};

static int
peek(const struct printf *p)
{
	return p->at < p->format.n ? (unsigned char)p->format.p[p->at] : 0;
}

static bool
read_int(struct printf *p, int *n)
{
	size_t from = p->at;

	for (*n = 0; peek(p) >= '0' && peek(p) <= '9'; p->at++)
		if (*n <= FMT_WIDTH_MAX)
			*n = *n * 10 + (peek(p) - '0');
	return p->at > from && *n <= FMT_WIDTH_MAX;
}

/* [3]: the next argument is the third. */
static void
read_index(struct printf *p)
{
	struct str rest = str_sub(p->format, p->at, p->format.n);
	ptrdiff_t close;
	int n;

	if (peek(p) != '[')
		return;
	p->reordered = true;
	if ((close = str_find_char(rest, ']')) == -1) {
		p->bad_index = true;
		p->at++;
		return;
	}
	p->at++;
	if (!read_int(p, &n) || peek(p) != ']' || n < 1 ||
	    (size_t)n > p->n)
		p->bad_index = true;
	else
		p->next = (size_t)n - 1;
	p->at += (size_t)close + 1 - (p->at - (size_t)(rest.p -
	    p->format.p));
}

/* A width or precision: digits, or * for an argument. */
static bool
read_number(struct printf *p, int *n, const char *bad)
{
	const struct tval *v;

	read_index(p);
	if (peek(p) != '*')
		return read_int(p, n);
	p->at++;
	v = p->next < p->n ? &p->arg[p->next++] : NULL;
	if (v == NULL || v->kind != TV_INT || v->u.i > FMT_WIDTH_MAX ||
	    v->u.i < -FMT_WIDTH_MAX) {
		(void)buf_put(p->out, str_of(bad));
		return false;
	}
	*n = (int)v->u.i;
	return true;
}

static void
read_flags(struct printf *p, struct spec *f)
{
	for (; ; p->at++)
		switch (peek(p)) {
		case '#':
			f->sharp = true;
			break;
		case '0':
			f->zero = true;
			break;
		case '+':
			f->plus = true;
			break;
		case '-':
			f->minus = true;
			break;
		case ' ':
			f->blank = true;
			break;
		default:
			if (f->minus)
				f->zero = false;
			return;
		}
}

static void
read_spec(struct printf *p, struct spec *f)
{
	read_flags(p, f);
	f->has_width = read_number(p, &f->width, "%!(BADWIDTH)");
	if (f->has_width && f->width < 0) {
		f->width = -f->width;
		f->minus = true;
		f->zero = false;
	}
	if (peek(p) != '.')
		return;
	p->at++;
	f->has_prec = read_number(p, &f->prec, "%!(BADPREC)");
	if (!f->has_prec) {
		f->has_prec = true;
		f->prec = 0;
	} else if (f->prec < 0)
		f->has_prec = false;
}

static void
note(struct printf *p, uint32_t verb, const char *what)
{
	(void)buf_put(p->out, STR("%!"));
	(void)utf8_put(p->out, verb);
	(void)buf_put(p->out, str_of(what));
}

static void
one_verb(struct printf *p)
{
	struct spec f = { 0 };
	uint32_t verb;

	p->bad_index = false;
	read_spec(p, &f);
	read_index(p);
	if (p->at >= p->format.n) {
		(void)buf_put(p->out, STR("%!(NOVERB)"));
		return;
	}
	verb = utf8_next(p->format, &p->at);
	if (verb == '%') {
		(void)buf_putc(p->out, '%');
		return;
	}
	if (p->bad_index) {
		note(p, verb, "(BADINDEX)");
		return;
	}
	if (p->next >= p->n) {
		note(p, verb, "(MISSING)");
		return;
	}
	if (verb == 'v') {
		f.go_syntax = f.sharp;
		f.sharp = f.plus = false;
	}
	fmt_verb(p->c, &f, verb, &p->arg[p->next++], p->out);
}

static void
extra_arguments(struct printf *p)
{
	size_t i;

	(void)buf_put(p->out, STR("%!(EXTRA "));
	for (i = p->next; i < p->n; i++) {
		if (i > p->next)
			(void)buf_put(p->out, STR(", "));
		if (p->arg[i].kind != TV_NIL)
			(void)buf_printf(p->out, "%s=",
			    tval_type(&p->arg[i]));
		fmt_value(p->c, &p->arg[i], p->out);
	}
	(void)buf_putc(p->out, ')');
}

void
fmt_printf(struct tmpl_ctx *c, struct str format, const struct tval *arg,
    size_t n, struct buf *out)
{
	struct printf p = { .c = c, .format = format, .arg = arg, .n = n,
	    .out = out };

	while (p.at < format.n) {
		struct str rest = str_sub(format, p.at, format.n);
		ptrdiff_t verb = str_find_char(rest, '%');

		if (verb == -1) {
			(void)buf_put(out, rest);
			break;
		}
		(void)buf_put(out, str_sub(rest, 0, (size_t)verb));
		p.at += (size_t)verb + 1;
		one_verb(&p);
	}
	if (!p.reordered && p.next < n)
		extra_arguments(&p);
}
