#include <ctype.h>

#include "core/hash.h"
#include "core/tz.h"
#include "core/utf8.h"
#include "json/write.h"
#include "tmpl/data.h"
#include "tmpl/internal.h"

/* The functions of Alertmanager's receivers. */
#define FUNC(f)								\
static int								\
f(struct tmpl_ctx *c, const struct tval *arg, size_t n,			\
    struct tval *out, struct err *e)

#define UNUSED(x)	(void)(x)

/* Ends or goes on with a word, as Unicode's word boundaries have it. */
static bool
word_goes_on(struct str s, size_t at)
{
	uint32_t u = utf8_next(s, &at);

	if (u == '\'' || u == 0x2019 || u == '.' || u == ':' || u == 0xb7)
		return at < s.n && is_alnum(utf8_next(s, &at));
	return is_alnum(u);
}

/* First letter of each word up, the rest down: it's -> It's. */
FUNC(fn_title)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };
	struct str s = arg[0].u.s;
	bool word = false, begun = false;
	size_t at = 0, from;
	uint32_t u;

	UNUSED(n);
	UNUSED(e);
	while (at < s.n) {
		from = at;
		u = utf8_next(s, &at);
		word = word ? word_goes_on(s, from) : is_alnum(u);
		if (!word)
			begun = false;
		/* Digits before it leave the first letter the first. */
		(void)utf8_put(&b, begun ? utf8_lower(u) : utf8_upper(u));
		begun = begun || (word && (utf8_upper(u) != u ||
		    utf8_lower(u) != u));
	}
	out_buf(c, &b, out);
	return 0;
}

FUNC(fn_join)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };
	size_t i;

	UNUSED(n);
	UNUSED(e);
	for (i = 0; i < arg[1].u.list.n; i++) {
		if (i > 0)
			(void)buf_put(&b, arg[0].u.s);
		(void)buf_put(&b, arg[1].u.list.p[i].u.s);
	}
	out_buf(c, &b, out);
	return 0;
}

static int
make_list(struct tmpl_ctx *c, const struct tval *head, size_t nhead,
    const struct tval *arg, size_t n, const char *type, struct tval *out)
{
	struct tval *v = ARENA_ARRAY(c->arena, nhead + n, struct tval);

	if (nhead > 0)
		memcpy(v, head, nhead * sizeof(*v));
	if (n > 0)
		memcpy(v + nhead, arg, n * sizeof(*v));
	*out = tval_list(v, nhead + n, type);
	return 0;
}

FUNC(fn_string_slice)
{
	UNUSED(e);
	return make_list(c, NULL, 0, arg, n, "[]string", out);
}

FUNC(fn_list)
{
	UNUSED(e);
	return make_list(c, NULL, 0, arg, n, NULL, out);
}

FUNC(fn_append)
{
	if (arg[0].kind != TV_LIST)
		return err_set(e, ERR_CONFIG, "append to %s",
		    tval_type(&arg[0]));
	return make_list(c, arg[0].u.list.p, arg[0].u.list.n, arg + 1, n - 1,
	    NULL, out);
}

FUNC(fn_dict)
{
	struct tpair *p = ARENA_ARRAY(c->arena, n / 2, struct tpair);
	size_t i, j, len = 0;

	if (n % 2 != 0)
		return err_set(e, ERR_CONFIG, "dict expected even number of "
		    "arguments but got %zu", n);
	for (i = 0; i < n; i += 2) {
		if (arg[i].kind != TV_STR)
			return err_set(e, ERR_CONFIG,
			    "dict keys must be strings, got %s",
			    tval_type(&arg[i]));
		for (j = len; j > 0 && str_cmp(p[j - 1].key,
		    arg[i].u.s) >= 0; j--)
			;
		if (j < len && str_eq(p[j].key, arg[i].u.s)) {
			p[j].value = arg[i + 1];
			continue;
		}
		memmove(&p[j + 1], &p[j], (len++ - j) * sizeof(*p));
		p[j] = (struct tpair){ arg[i].u.s, arg[i + 1] };
	}
	*out = (struct tval){ .kind = TV_MAP, .u.map = { p, len } };
	return 0;
}

FUNC(fn_safe_url)
{
	UNUSED(c);
	UNUSED(n);
	UNUSED(e);
	*out = arg[0];
	out->type = tmpl_type_url;
	return 0;
}

static int
hex_digit(int ch)
{
	return isdigit(ch) ? ch - '0' : isxdigit(ch) ? (ch | 32) - 'a' + 10 :
	    -1;
}

FUNC(fn_url_unescape)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };
	struct str s = arg[0].u.s;
	size_t i;
	int hi, lo;

	UNUSED(n);
	for (i = 0; i < s.n; i++) {
		if (s.p[i] != '%') {
			(void)buf_putc(&b, s.p[i] == '+' ? ' ' : s.p[i]);
			continue;
		}
		hi = i + 1 < s.n ? hex_digit((unsigned char)s.p[i + 1]) : -1;
		lo = i + 2 < s.n ? hex_digit((unsigned char)s.p[i + 2]) : -1;
		if (hi == -1 || lo == -1) {
			buf_release(&b);
			return err_set(e, ERR_CONFIG, "invalid URL escape "
			    "\"" STR_FMT "\"",
			    STR_ARG(str_sub(s, i, i + 3)));
		}
		(void)buf_putc(&b, (char)(hi << 4 | lo));
		i += 2;
	}
	out_buf(c, &b, out);
	return 0;
}

FUNC(fn_to_json)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };
	struct jw w = { .out = &b, .html = true };

	UNUSED(n);
	UNUSED(e);
	tval_json(c, &arg[0], &w);
	out_buf(c, &b, out);
	return 0;
}

/* Between the standard alphabet and the one for URLs. */
static void
swap_alphabet(char *p, size_t n, const char *from, const char *to)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] == from[0])
			p[i] = to[0];
		else if (p[i] == from[1])
			p[i] = to[1];
}

FUNC(fn_base64_encode)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };

	UNUSED(n);
	UNUSED(e);
	(void)base64_put(&b, arg[0].u.s);
	swap_alphabet(b.p, b.n, "+/", "-_");
	out_buf(c, &b, out);
	return 0;
}

FUNC(fn_base64_decode)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };
	char *text = arena_cstr(c->arena, arg[0].u.s);

	UNUSED(n);
	swap_alphabet(text, arg[0].u.s.n, "-_", "+/");
	if (!base64_get(&b, (struct str){ text, arg[0].u.s.n })) {
		buf_release(&b);
		return err_set(e, ERR_CONFIG, "illegal base64 data");
	}
	out_buf(c, &b, out);
	return 0;
}

FUNC(fn_date)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };

	UNUSED(n);
	UNUSED(e);
	gotime_format(&arg[1], arg[0].u.s, &b);
	out_buf(c, &b, out);
	return 0;
}

FUNC(fn_tz)
{
	int64_t s = arg[1].u.time.ms / 1000 - (arg[1].u.time.ms % 1000 < 0);
	const struct tz *zone;
	struct tzone *z;

	UNUSED(n);
	if (tz_load(arg[0].u.s, c->arena, &zone, e) == -1)
		return -1;
	*out = tval_time(arg[1].u.time.ms);
	if (zone == NULL)
		return 0;
	z = ARENA_NEW(c->arena, struct tzone);
	z->offset_s = (int32_t)tz_offset(zone, s);
	z->name = tz_abbreviation(zone, s);
	out->u.time.zone = z;
	return 0;
}

FUNC(fn_now)
{
	UNUSED(arg);
	UNUSED(n);
	UNUSED(e);
	*out = tval_time(c->now_ms);
	return 0;
}

FUNC(fn_since)
{
	int64_t ms = c->now_ms - arg[0].u.time.ms, ns;

	UNUSED(n);
	UNUSED(e);
	if (__builtin_mul_overflow(ms, INT64_C(1000000), &ns))
		ns = ms < 0 ? INT64_MIN : INT64_MAX;
	*out = (struct tval){ .kind = TV_DURATION, .u.i = ns };
	return 0;
}

/* toDate: the zero time when the text does not follow the layout. */
FUNC(fn_to_date)
{
	UNUSED(n);
	UNUSED(e);
	if (!gotime_parse(arg[0].u.s, arg[1].u.s, c->arena, out))
		*out = tval_time(TMPL_TIME_ZERO);
	return 0;
}

FUNC(fn_must_to_date)
{
	UNUSED(n);
	if (!gotime_parse(arg[0].u.s, arg[1].u.s, c->arena, out))
		return err_set(e, ERR_CONFIG, "parsing time \"" STR_FMT
		    "\" as \"" STR_FMT "\"", STR_ARG(arg[1].u.s),
		    STR_ARG(arg[0].u.s));
	return 0;
}

/* The text of a route's label, itself a template over the same data. */
static int
render_nested(struct tmpl_ctx *c, struct str name, struct str text,
    struct buf *b, struct err *e)
{
	struct tmpl_nest nest = { name, c->nest };
	struct tmpl_ctx in = *c;
	struct tmpl_set *set = tmpl_set_derive(c->set, c->set->html);
	unsigned depth = 0;
	int rc = -1;

	in.nest = &nest;
	for (const struct tmpl_nest *up = c->nest; up != NULL; up = up->up) {
		depth++;
		if (str_eq(up->name, name)) {
			(void)err_set(e, ERR_CONFIG, "route label \"" STR_FMT
			    "\" refers to itself", STR_ARG(name));
			goto out;
		}
	}
	if (depth >= TMPL_DEPTH_MAX) {
		(void)err_set(e, ERR_LIMIT, "route labels nest too deeply");
		goto out;
	}
	if (tmpl_parse(set, STR(""), text, e) == -1)
		goto out;
	rc = tmpl_exec(set, STR(""), c->root, &in, b, e);
	c->steps += in.steps;
out:
	tmpl_set_free(set);
	return rc;
}

FUNC(fn_route_labels)
{
	struct buf b = { .max = TMPL_OUTPUT_MAX };
	struct tval labels, text;

	UNUSED(n);
	if (!tval_get(&c->root, STR("RouteLabels"), c, &labels) ||
	    !tval_get(&labels, arg[0].u.s, c, &text)) {
		*out = tval_str(STR(""));
		return 0;
	}
	if (render_nested(c, arg[0].u.s, text.u.s, &b, e) == -1) {
		buf_release(&b);
		return -1;
	}
	out_buf(c, &b, out);
	return 0;
}

static const struct tmpl_func rows[] = {
	{ "append", "vv.", fn_append },
	{ "base64decode", "s", fn_base64_decode },
	{ "base64encode", "s", fn_base64_encode },
	{ "date", "st", fn_date },
	{ "dict", "v.", fn_dict },
	{ "humanizeDuration", "v", fn_humanize_duration },
	{ "join", "sl", fn_join },
	{ "list", "v.", fn_list },
	{ "match", "ss", fn_match },
	{ "mustToDate", "ss", fn_must_to_date },
	{ "now", "", fn_now },
	{ "reReplaceAll", "sss", fn_re_replace_all },
	{ "routeLabels", "s", fn_route_labels },
	{ "safeHtml", "s", fn_safe_html },
	{ "safeUrl", "s", fn_safe_url },
	{ "since", "t", fn_since },
	{ "stringSlice", "s.", fn_string_slice },
	{ "title", "s", fn_title },
	{ "toDate", "ss", fn_to_date },
	{ "toJson", "v", fn_to_json },
	{ "toLower", "s", fn_to_lower },
	{ "toUpper", "s", fn_to_upper },
	{ "trimSpace", "s", fn_trim_space },
	{ "tz", "st", fn_tz },
	{ "urlUnescape", "s", fn_url_unescape },
};

const struct tmpl_funcs tmpl_funcs_am = {
	rows, sizeof(rows) / sizeof(rows[0])
};

static int
list_join(struct tmpl_ctx *c, const struct tval *arg, size_t n,
    struct tval *out, struct err *e)
{
	const struct tval swapped[2] = { arg[1], arg[0] };

	return fn_join(c, swapped, n, out, e);
}

/* .Names and .Values are lists with a method. */
static const struct tmpl_func list_rows[] = {
	{ "Join", "s", list_join },
};

const struct tmpl_funcs list_methods = { list_rows, 1 };
