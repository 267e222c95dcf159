#include "redact.h"

#include "core/map.h"
#include "core/mem.h"
#include "core/secret_name.h"
#include "json/read.h"
#include "json/write.h"
#include "re/re.h"

struct redactor {
	VEC(struct str) names;	/* of the configuration, with '*' */
	struct re *text;	/* name=value in running text */
	struct re *url;
	/* Names already judged: a program logs the same ones again. */
	struct map known;
	struct arena arena;
};

static char is_secret, is_harmless;		/* what known says */
#define KNOWN_MAX	4096

/*
 * A name that tells a secret, '=' or ':', and its value: a quoted text, to
 * the end when it was cut, a word behind "Bearer" or "Basic", or what ends at
 * a blank, '&' or ','.  What is long must not cost more than what is short.
 */
static const char text_pattern[] =
    "(?i)\\b([\\w-]*(?:password|passwd|passphrase|secret|token|"
    "(?:api|access|private)[_-]?key|authorization)\\b[\"']?\\s*[:=]\\s*)"
    "(?:\"(?:[^\"\\\\]++|\\\\.)++(?:\"|\\\\?\\z)|'[^']++(?:'|\\z)|"
    "(?:(?:bearer|basic)\\s+)?[^\\s&,;\"'\\])}]+)";

/* The password of a URL. */
static const char url_pattern[] =
    "(://[^\\s/?#@:\"'<>]*+:)[^\\s/?#\"'<>]+(?=@)";

struct redactor *
redactor_new(const struct config *c)
{
	struct redactor *r = mem_zalloc(sizeof(*r));
	struct err e;
	size_t i, j;

	for (i = 0; i < c->files.n; i++)
		for (j = 0; j < c->files.p[i]->redact.n; j++)
			vec_push(&r->names, c->files.p[i]->redact.p[j]);
	r->text = re_compile(str_of(text_pattern), RE_PERL, &e);
	r->url = re_compile(str_of(url_pattern), RE_PERL, &e);
	return r;
}

void
redactor_free(struct redactor *r)
{
	if (r == NULL)
		return;
	vec_release(&r->names);
	map_release(&r->known);
	arena_free(&r->arena);
	re_free(r->text);
	re_free(r->url);
	mem_free(r);
}

static bool
judge(const struct redactor *r, struct str name)
{
	size_t i = name.n;

	while (i > 0 && name.p[i - 1] != '.')
		i--;
	name = str_sub(name, i, name.n);
	if (secret_name(name))
		return true;
	for (i = 0; i < r->names.n; i++)
		if (secret_name_like(r->names.p[i], name))
			return true;
	return false;
}

bool
redact_name(struct redactor *r, struct str name)
{
	const char *found = map_get(&r->known, name);

	if (found == NULL) {
		if (r->known.n >= KNOWN_MAX) {
			map_reset(&r->known);
			arena_reset(&r->arena);
		}
		found = judge(r, name) ? &is_secret : &is_harmless;
		(void)map_put(&r->known, arena_str(&r->arena, name),
		    (void *)(uintptr_t)found);
	}
	return found == &is_secret;
}

/* Every letter that a name of a secret in running text needs. */
static bool
may_hold(struct str s)
{
	return memchr(s.p, '=', s.n) != NULL || memchr(s.p, ':', s.n) != NULL;
}

/* Whatever the pattern finds, but its first group. */
static struct str
redact_found(const struct re *pattern, struct str s, struct arena *a)
{
	struct str group[2];
	struct buf b = { 0 };
	size_t at = 0;
	int rc = re_try(pattern, s, 0, group, 2);

	if (rc == 0)
		return s;
	for (; rc == 1; rc = re_try(pattern, s, at, group, 2)) {
		(void)buf_put(&b, (struct str){ s.p + at, (size_t)(group[1].p +
		    group[1].n - (s.p + at)) });
		(void)buf_put(&b, STR(REDACTED));
		at = (size_t)(group[0].p + group[0].n - s.p);
	}
	/* What cannot be looked through may hold one. */
	(void)buf_put(&b, rc == -1 ? STR(REDACTED) : str_sub(s, at, s.n));
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

/* A password may stand before the host. */
static bool
may_hold_url(struct str s)
{
	ptrdiff_t at = memchr(s.p, '@', s.n) ? str_find(s, STR("://")) : -1;

	return at != -1 && memchr(s.p + at, '@', s.n - (size_t)at) != NULL;
}

static struct value
redact_text(struct redactor *r, struct value v, struct arena *a)
{
	if (v.text.n < 6 || !may_hold(v.text))
		return v;
	if (may_hold_url(v.text))
		v.text = redact_found(r->url, v.text, a);
	v.text = redact_found(r->text, v.text, a);
	return v;
}

/* Objects inside arrays: written again without the secrets. */
static bool
redact_json(struct redactor *r, struct jr *in, enum jr_tok tok, struct jw *w,
    struct arena *a)
{
	bool secret = false;

	for (; tok != JR_END; tok = jr_next(in)) {
		switch (tok) {
		case JR_OBJ: jw_obj(w); break;
		case JR_OBJ_END: jw_obj_end(w); break;
		case JR_ARR: jw_arr(w); break;
		case JR_ARR_END: jw_arr_end(w); break;
		case JR_KEY:
			secret = redact_name(r, in->str);
			jw_key(w, in->str);
			if (secret) {
				if (jr_skip(in, JR_KEY) == -1)
					return false;
				jw_str(w, STR(REDACTED));
			}
			break;
		case JR_STR:
			jw_str(w, redact_text(r, VALUE_STR(in->str),
			    a).text);
			break;
		case JR_NUM: jw_raw(w, in->str); break;
		case JR_TRUE: jw_bool(w, true); break;
		case JR_FALSE: jw_bool(w, false); break;
		case JR_NULL: jw_null(w); break;
		default: return false;
		}
	}
	return true;
}

static struct value
redact_array(struct redactor *r, struct value v, struct arena *a)
{
	struct buf b = { 0 };
	struct jw w = { .out = &b };
	struct jr in;

	if (memchr(v.text.p, '{', v.text.n) == NULL && !may_hold(v.text))
		return v;
	jr_init(&in, v.text, a);
	if (redact_json(r, &in, jr_next(&in), &w, a))
		v.text = arena_str(a, buf_str(&b));
	buf_release(&b);
	return v;
}

void
redact_event(struct redactor *r, struct event *ev)
{
	struct field *f;
	size_t i;

	if (ev->message.kind == VAL_STR)
		ev->message = redact_text(r, ev->message, ev->arena);
	for (i = 0; i < ev->nfields; i++) {
		f = &ev->field[i];
		if (f->value.kind == VAL_NULL)
			continue;
		if (redact_name(r, f->name))
			f->value = VALUE_STR(STR(REDACTED));
		else if (f->value.kind == VAL_STR)
			f->value = redact_text(r, f->value, ev->arena);
		else if (f->value.kind == VAL_JSON)
			f->value = redact_array(r, f->value, ev->arena);
	}
}

static bool
is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

bool
redact_holds(struct redactor *r, struct str line)
{
	size_t from, at = 0, i;

	if (may_hold_url(line))
		return true;
	while (at < line.n) {
		for (from = at; at < line.n && is_word(line.p[at]); at++)
			;
		for (i = at; i < line.n && strchr("\"' \t", line.p[i]) !=
		    NULL && line.p[i] != '\0'; i++)
			;
		if (at > from && i < line.n && (line.p[i] == ':' ||
		    line.p[i] == '=') && redact_name(r, str_sub(line, from,
		    at)))
			return true;
		at += at == from;
	}
	return false;
}
