#include "expfmt/expfmt.h"

static const struct {
	struct str type;
	enum expfmt_format format;
} media_types[] = {
	{ STR("text/plain"), EXPFMT_TEXT },
	{ STR("application/openmetrics-text"), EXPFMT_OPENMETRICS },
	{ STR("application/vnd.google.protobuf"), EXPFMT_PROTOBUF },
};

#define NMEDIA	(sizeof(media_types) / sizeof(media_types[0]))

/* fallback_scrape_protocol: what each value means, as an index above. */
static const struct { struct str name; size_t media; } protocols[] = {
	{ STR("PrometheusText0.0.4"), 0 },
	{ STR("PrometheusText1.0.0"), 0 },
	{ STR("OpenMetricsText0.0.1"), 1 },
	{ STR("OpenMetricsText1.0.0"), 1 },
	{ STR("PrometheusProto"), 2 },
};

/* ---------------------------- media types, read as Go's mime package does */

static bool
is_token(char c)
{
	return c > ' ' && c < 0x7f && strchr("()<>@,;:\\\"/[]?=", c) == NULL;
}

/* The token that s begins with; s moves behind it. */
static struct str
token(struct str *s)
{
	struct str head = { s->p, 0 };

	while (head.n < s->n && is_token(s->p[head.n]))
		head.n++;
	*s = str_sub(*s, head.n, s->n);
	return head;
}

static struct str
trim_left(struct str s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = str_sub(s, 1, s.n);
	return s;
}

/* NULL, or what is wrong with TYPE[/SUBTYPE]. */
static const char *
check_type(struct str s)
{
	if (token(&s).n == 0)
		return "no media type";
	if (s.n == 0)
		return NULL;
	if (s.p[0] != '/')
		return "expected slash after first token";
	s = str_sub(s, 1, s.n);
	if (token(&s).n == 0)
		return "expected token after slash";
	return s.n ? "unexpected content after media subtype" : NULL;
}

/* The end of "..." behind its opening quote, or -1. */
static ptrdiff_t
quoted_end(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			return (ptrdiff_t)i;
		if (s.p[i] == '\\')
			i++;
	}
	return -1;
}

struct param {
	struct str key, value;
};

/* '; key=value', value a token or quoted; false when there is none. */
static bool
param(struct str *s, struct param *out)
{
	struct str rest = trim_left(*s);
	ptrdiff_t end;

	if (rest.n == 0 || rest.p[0] != ';')
		return false;
	rest = trim_left(str_sub(rest, 1, rest.n));
	out->key = token(&rest);
	rest = trim_left(rest);
	if (out->key.n == 0 || rest.n == 0 || rest.p[0] != '=')
		return false;
	rest = trim_left(str_sub(rest, 1, rest.n));
	if (rest.n && rest.p[0] == '"') {
		rest = str_sub(rest, 1, rest.n);
		end = quoted_end(rest);
		if (end < 0)
			return false;
		out->value = str_sub(rest, 0, (size_t)end);
		rest = str_sub(rest, (size_t)end + 1, rest.n);
	} else {
		out->value = token(&rest);
		if (out->value.n == 0)
			return false;
	}
	*s = rest;
	return true;
}

/* NULL, or what is wrong with the parameters, s beginning at the first ';'. */
static const char *
check_params(struct str s)
{
	struct str all = s, again;
	struct param one, other;

	while (trim_left(s).n) {
		if (!param(&s, &one)) {
			if (str_eq(str_trim(s), STR(";")))
				return NULL;
			return "invalid media parameter";
		}
		for (again = all; again.p < s.p && param(&again, &other); )
			if (str_eq_nocase(one.key, other.key) &&
			    !str_eq(one.value, other.value))
				return "duplicate parameter name";
	}
	return NULL;
}

/* ------------------------------------------------------------- the decision */

/* 0; -1 with *e set: nothing we could read, whatever it is. */
static int
by_header(struct str header, size_t *media, struct err *e)
{
	struct str base, params;
	const char *why;

	params = str_cut(header, ';', &base);
	params = params.p ? str_sub(header, base.n, header.n) : STR_NONE;
	base = str_trim(base);
	why = check_type(base);
	if (why == NULL)
		why = check_params(params);
	if (why != NULL)
		return err_set(e, ERR_NET, "cannot parse Content-Type \""
		    STR_FMT "\": %s", STR_ARG(header), why);
	for (*media = 0; *media < NMEDIA; ++*media)
		if (str_eq_nocase(base, media_types[*media].type))
			return 0;
	return err_set(e, ERR_NET, "received unsupported Content-Type \""
	    STR_FMT "\"", STR_ARG(header));
}

static bool
by_protocol(struct str name, size_t *media)
{
	size_t i;

	for (i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		if (!str_eq(name, protocols[i].name))
			continue;
		*media = protocols[i].media;
		return true;
	}
	return false;
}

static int
choose(size_t media, enum expfmt_format *f, struct err *e)
{
	*f = media_types[media].format;
	if (*f == EXPFMT_PROTOBUF)
		return err_set(e, ERR_NET,
		    "the target sends protobuf, which is not read here");
	return 0;
}

int
expfmt_content_type(struct str header, struct str fallback,
    enum expfmt_format *f, struct err *e)
{
	char why[sizeof(e->msg)];
	size_t media;

	*e = (struct err){ 0 };
	*f = EXPFMT_TEXT;
	if (header.n == 0)
		(void)err_set(e, ERR_NET, "non-compliant scrape target "
		    "sending blank Content-Type");
	else if (by_header(header, &media, e) == 0)
		return choose(media, f, e);
	memcpy(why, e->msg, sizeof(why));
	if (!by_protocol(fallback, &media))
		return err_set(e, ERR_NET, "%s and no "
		    "fallback_scrape_protocol specified for target", why);
	(void)err_set(e, ERR_NET, "%s, using fallback_scrape_protocol \""
	    STR_FMT "\"", why, STR_ARG(media_types[media].type));
	if (media_types[media].format == EXPFMT_PROTOBUF)
		return choose(media, f, e);
	*f = media_types[media].format;
	return 0;
}
