#include "grok.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/io.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/num.h"
#include "core/vec.h"
#include "grok_shipped.h"
#include "re/re.h"
#include "screen.h"

#define FILE_MAX	((size_t)1 << 20)
#define PATTERN_MAX	((size_t)256 << 10)

struct definition {
	struct str name, text;
};

struct grok_set {
	struct map names;
	struct screen *screen;	/* what its patterns need */
	size_t inside, begins;	/* patterns that need something there */
	struct arena arena;
};

struct grok {
	struct re *re;
	struct str pattern;
	struct grok_field *field;
	size_t nfields;
	uint64_t needs;		/* one of these bits of the set's screen */
	bool whole;
	struct arena arena;
};

/* ---- names ---- */

void
grok_set_put(struct grok_set *s, struct str name, struct str definition)
{
	struct definition *d = map_get(&s->names, name);

	if (d == NULL) {
		d = ARENA_NEW(&s->arena, struct definition);
		d->name = arena_str(&s->arena, name);
		(void)map_put(&s->names, d->name, d);
	}
	d->text = arena_str(&s->arena, definition);
}

void
grok_set_text(struct grok_set *s, struct str text)
{
	struct str line, name;
	size_t i;

	while (text.p != NULL) {
		text = str_cut(text, '\n', &line);
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (line.n == 0 || line.p[0] == '#')
			continue;
		for (i = 0; i < line.n && line.p[i] != ' ' &&
		    line.p[i] != '\t'; i++)
			;
		name = str_sub(line, 0, i);
		while (i < line.n && (line.p[i] == ' ' || line.p[i] == '\t'))
			i++;
		if (name.n > 0 && i < line.n)
			grok_set_put(s, name, str_sub(line, i, line.n));
	}
}

struct grok_set *
grok_set_new(bool ecs)
{
	struct grok_set *s = mem_zalloc(sizeof(*s));
	size_t i;

	s->screen = screen_new();
	for (i = 0; i < grok_nshipped; i++)
		if (grok_shipped[i].set == GROK_BOTH ||
		    (grok_shipped[i].set == GROK_ECS) == ecs)
			grok_set_text(s, str_of(grok_shipped[i].text));
	return s;
}

void
grok_set_free(struct grok_set *s)
{
	if (s == NULL)
		return;
	map_release(&s->names);
	screen_free(s->screen);
	arena_free(&s->arena);
	mem_free(s);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int
read_patterns(struct grok_set *s, const char *path, struct err *e)
{
	struct buf text = { 0 };
	int rc = io_read_file(path, FILE_MAX, &text, e);

	if (rc == 0)
		grok_set_text(s, buf_str(&text));
	buf_release(&text);
	return rc;
}

int
grok_set_dir(struct grok_set *s, const char *path, const char *glob,
    struct err *e)
{
	VEC(const char *) files = { 0 };
	struct arena a = { 0 };
	DIR *dir = opendir(path);
	struct dirent *d;
	size_t i;
	int rc = 0;

	if (dir == NULL && errno == ENOTDIR)
		return read_patterns(s, path, e);
	if (dir == NULL)
		return err_sys(e, "cannot open '%s'", path);
	while ((d = readdir(dir)) != NULL)
		if (d->d_name[0] != '.' && fnmatch(glob, d->d_name, 0) == 0)
			vec_push(&files, arena_printf(&a, "%s/%s", path,
			    d->d_name).p);
	(void)closedir(dir);
	if (files.n > 0)
		qsort(files.p, files.n, sizeof(files.p[0]), by_name);
	for (i = 0; rc == 0 && i < files.n; i++)
		rc = read_patterns(s, files.p[i], e);
	vec_release(&files);
	arena_free(&a);
	return rc;
}

/* ---- %{NAME:field:type=REGEX anything} ---- */

struct reference {
	struct str pattern;	/* NAME */
	struct str name;	/* NAME:field:type */
	bool has_field;
	struct str definition;	/* p NULL: none */
	size_t length;		/* with its braces */
};

/* Oniguruma's A-z: the letters and what ASCII has between them. */
static bool
is_name(char c)
{
	return (c >= 'A' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool
is_field(char c)
{
	return is_name(c) || c == '@' || c == ':' || c == '.' || c == '-';
}

/* Up to the brace that closes the reference; inner ones are balanced. */
static size_t
definition_end(struct str s, size_t at)
{
	unsigned depth = 0;

	for (; at < s.n; at++) {
		if (s.p[at] == '\\')
			at++;
		else if (s.p[at] == '{')
			depth++;
		else if (s.p[at] == '}' && depth-- == 0)
			return at;
	}
	return s.n;
}

/* s begins with "%{"; false when it is no reference. */
static bool
read_reference(struct str s, struct reference *r)
{
	size_t at = 2, end;

	while (at < s.n && is_name(s.p[at]))
		at++;
	r->pattern = str_sub(s, 2, at);
	r->has_field = false;
	r->definition = STR_NONE;
	if (r->pattern.n == 0)
		return false;
	if (at + 1 < s.n && s.p[at] == ':' && is_field(s.p[at + 1])) {
		r->has_field = true;
		for (at++; at < s.n && is_field(s.p[at]); at++)
			;
	}
	r->name = str_sub(s, 2, at);
	if (at < s.n && s.p[at] == '=') {
		end = definition_end(s, at + 1);
		r->definition = str_sub(s, at + 1, end);
		at = end;
	}
	while (at < s.n && s.p[at] != '}')
		at++;
	r->length = at + 1;
	return at < s.n;
}

struct expansion {
	struct grok_set *set;
	struct buf out;
	unsigned count;
	bool unnamed;
	struct err *e;
};

static int
expand(struct expansion *x, struct str s, unsigned depth)
{
	struct reference r;
	struct definition *d;
	ptrdiff_t at;

	while ((at = str_find(s, STR("%{"))) != -1) {
		if (buf_put(&x->out, str_sub(s, 0, (size_t)at)) == -1)
			return err_set(x->e, ERR_LIMIT, "grok pattern is "
			    "longer than %zu bytes", PATTERN_MAX);
		s = str_sub(s, (size_t)at, s.n);
		if (!read_reference(s, &r)) {
			(void)buf_put(&x->out, STR("%{"));
			s = str_sub(s, 2, s.n);
			continue;
		}
		s = str_sub(s, r.length, s.n);
		if (r.definition.p != NULL)
			grok_set_put(x->set, r.pattern, r.definition);
		d = map_get(&x->set->names, r.pattern);
		if (d == NULL)
			return err_set(x->e, ERR_CONFIG, "pattern %%{"
			    STR_FMT "} not defined", STR_ARG(r.pattern));
		if (++x->count > GROK_EXPANSIONS_MAX || depth > 100)
			return err_set(x->e, ERR_LIMIT, "deep recursion in "
			    "pattern %%{" STR_FMT "}", STR_ARG(r.pattern));
		if (r.has_field || x->unnamed)
			(void)buf_printf(&x->out, "(?<" STR_FMT ">",
			    STR_ARG(r.name));
		else
			(void)buf_put(&x->out, STR("(?:"));
		if (expand(x, d->text, depth + 1) == -1)
			return -1;
		(void)buf_putc(&x->out, ')');
	}
	return buf_put(&x->out, s) == 0 ? 0 : err_set(x->e, ERR_LIMIT,
	    "grok pattern is longer than %zu bytes", PATTERN_MAX);
}

/* ---- fields ---- */

struct str
grok_field_name(struct str s, struct arena *a)
{
	char *copy = arena_cstr(a, s);
	size_t i, n = 0;
	bool nested = s.n > 2 && s.p[0] == '[' && s.p[s.n - 1] == ']';

	for (i = 0; i < s.n; i++) {
		if (nested && s.p[i] == '[')
			continue;
		if (nested && s.p[i] == ']') {
			if (i + 1 < s.n)
				copy[n++] = '.';
		} else {
			copy[n++] = s.p[i] == '.' ? NAME_DOT : s.p[i];
		}
	}
	return (struct str){ copy, n };
}

static const struct { struct str word; enum grok_type type; } types[] = {
	{ STR("int"), GROK_INT }, { STR("long"), GROK_INT },
	{ STR("float"), GROK_FLOAT }, { STR("double"), GROK_FLOAT },
	{ STR("boolean"), GROK_BOOL },
};

static void
read_field(struct grok *g, struct grok_field *f, unsigned group)
{
	struct str name = re_group_name(g->re, group), pattern, type;
	size_t i;

	f->group = group;
	f->type = GROK_TEXT;
	type = str_cut(name, ':', &pattern);
	if (type.p != NULL) {
		/* NAME:field:type */
		type = str_cut(type, ':', &name);
		for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
			if (str_eq(type, types[i].word))
				f->type = types[i].type;
	}
	f->spelled = arena_str(&g->arena, name);
	f->name = grok_field_name(name, &g->arena);
}

/* In the order of the first group of the same full name. */
static void
order_fields(struct grok *g)
{
	unsigned n = re_groups(g->re), i, j;
	bool *done = mem_array(n + 1, sizeof(*done));

	g->field = ARENA_ARRAY(&g->arena, n + 1, struct grok_field);
	for (i = 1; i <= n; i++) {
		for (j = i; j <= n && !done[i]; j++) {
			if (done[j] || !str_eq(re_group_name(g->re, i),
			    re_group_name(g->re, j)))
				continue;
			if (j != i)
				done[j] = true;
			read_field(g, &g->field[g->nfields++], j);
		}
		done[i] = true;
	}
	mem_free(done);
}

static void
find_needs(struct grok_set *s, struct grok *g, bool begins)
{
	struct str begin = re_begin(g->re);
	const struct str *lit;
	size_t n = re_needs(g->re, &lit), i;

	g->whole = grok_index(g, STR("time")) != -1;
	/* Where a message begins is the quickest to see, unless something in
	   it is the rarer. */
	if (begins && begin.n >= SCREEN_BEGIN_MIN && !g->whole &&
	    (n == 0 || (n == 1 && str_eq(lit[0], begin)))) {
		g->needs = screen_add_begin(s->screen, arena_str(&s->arena,
		    begin));
		s->begins++;
		return;
	}
	g->needs = n > 0 ? 0 : SCREEN_ALWAYS;
	for (i = 0; i < n; i++)
		g->needs |= screen_add(s->screen, arena_str(&s->arena,
		    lit[i]));
	s->inside += n > 0;
}

static struct grok *
compile(struct grok_set *s, struct str pattern, bool unnamed,
    unsigned flags, struct err *e)
{
	struct expansion x = { .set = s, .unnamed = unnamed, .e = e,
	    .out.max = PATTERN_MAX };
	struct grok *g = mem_zalloc(sizeof(*g));

	g->pattern = arena_str(&g->arena, pattern);
	if (expand(&x, pattern, 0) == 0)
		g->re = re_compile(buf_str(&x.out), flags, e);
	buf_release(&x.out);
	if (g->re != NULL && re_groups(g->re) > GROK_FIELDS_MAX) {
		(void)err_set(e, ERR_LIMIT, "a pattern has at most %d "
		    "fields", GROK_FIELDS_MAX);
		re_free(g->re);
		g->re = NULL;
	}
	if (g->re == NULL) {
		arena_free(&g->arena);
		mem_free(g);
		return NULL;
	}
	order_fields(g);
	return g;
}

struct grok *
grok_compile(struct grok_set *s, struct str pattern, bool unnamed,
    struct err *e)
{
	struct grok *g = compile(s, pattern, unnamed, RE_RUBY, e);

	if (g != NULL)
		find_needs(s, g, false);
	return g;
}

struct grok *
grok_compile_text(struct grok_set *s, struct str pattern, bool part,
    struct err *e)
{
	struct grok *g = compile(s, pattern, false, RE_RUBY | RE_TEXT, e);

	if (g != NULL)
		find_needs(s, g, !part);
	return g;
}

void
grok_free(struct grok *g)
{
	if (g == NULL)
		return;
	re_free(g->re);
	arena_free(&g->arena);
	mem_free(g);
}

struct str
grok_pattern(const struct grok *g)
{
	return g->pattern;
}

struct str
grok_regex(const struct grok *g)
{
	return re_pattern(g->re);
}

size_t
grok_fields(const struct grok *g, const struct grok_field **out)
{
	*out = g->field;
	return g->nfields;
}

int
grok_index(const struct grok *g, struct str name)
{
	size_t i;

	for (i = 0; i < g->nfields; i++)
		if (str_eq(g->field[i].spelled, name) ||
		    str_eq(g->field[i].name, name))
			return (int)i;
	return -1;
}

/* ---- matching ---- */

int
grok_match(const struct grok *g, struct str text,
    struct str value[GROK_FIELDS_MAX])
{
	struct str group[GROK_FIELDS_MAX + 1];
	int rc = re_try(g->re, text, 0, group, re_groups(g->re) + 1);
	size_t i;

	for (i = 0; rc == 1 && i < g->nfields; i++)
		value[i] = group[g->field[i].group];
	return rc;
}

/* What the message begins with. */
static uint64_t
see_begins(const struct grok_set *s, struct str text)
{
	if (s->begins == 0)
		return 0;
	/* What is said to be repeated counts as a message. */
	if (text.n > 0 && text.p[0] == GROK_REPEATED[0] &&
	    str_starts(text, STR(GROK_REPEATED)))
		return screen_all_begins(s->screen);
	return screen_begins(s->screen, text);
}

/* One or two patterns are as quick as the look before them. */
#define INSIDE_MIN	3

void
grok_set_see(const struct grok_set *s, struct event *ev)
{
	struct str line = ev->line, text = value_text(ev->message);

	if (s->begins == 0 && s->inside < INSIDE_MIN)
		return;
	ev->literals = SCREEN_ALWAYS | see_begins(s, text);
	if (s->inside == 0)
		return;
	ev->literals |= screen_look(s->screen, line);
	/* Most messages are a part of their line. */
	if (!str_inside(text, line))
		ev->literals |= screen_look(s->screen, text);
}

uint64_t
grok_needs(const struct grok *g)
{
	return g->needs;
}

bool
grok_whole(const struct grok *g)
{
	return g->whole;
}

/* Behind the digits at s[i]; as many as there are. */
static size_t
digits(struct str s, size_t i)
{
	while (i < s.n && isdigit((unsigned char)s.p[i]))
		i++;
	return i;
}

/* The number that text begins with, as Ruby's to_i and to_f read it. */
static size_t
leading(struct str s, bool fraction)
{
	size_t from = s.n > 0 && (s.p[0] == '-' || s.p[0] == '+'), i, j;

	i = digits(s, from);
	/* 1.5 and .5, but of "1." only the 1 */
	if (fraction && i < s.n && s.p[i] == '.' &&
	    digits(s, i + 1) > i + 1)
		i = digits(s, i + 1);
	if (i == from)
		return 0;
	if (fraction && i + 1 < s.n && (s.p[i] | 32) == 'e') {
		j = i + 1;
		j += s.p[j] == '-' || s.p[j] == '+';
		if (digits(s, j) > j)
			i = digits(s, j);
	}
	return i;
}

struct value
grok_value(enum grok_type type, struct str text, struct arena *a)
{
	struct buf b = { 0 };
	struct str number;
	double v;

	if (type == GROK_TEXT)
		return VALUE_STR(text);
	if (type == GROK_BOOL)
		return (struct value){ VAL_BOOL, str_eq_nocase(text,
		    STR("true")) ? STR("true") : STR("false") };
	number = str_trim(text);
	number = str_sub(number, 0, leading(number, type == GROK_FLOAT));
	if (number.n == 0)
		return (struct value){ VAL_NUM, STR("0") };
	if (json_number(number))
		return (struct value){ VAL_NUM, number };
	/* +1, 007 */
	(void)num_parse_double(number, &v);
	num_print(&b, v, NUM_JSON);
	number = arena_str(a, buf_str(&b));
	buf_release(&b);
	return (struct value){ VAL_NUM, number };
}

void
grok_store(const struct grok *g, const struct str *value, struct event *ev)
{
	size_t i;

	for (i = 0; i < g->nfields; i++)
		if (value[i].n > 0)
			event_append(ev, g->field[i].name, grok_value(
			    g->field[i].type, value[i], ev->arena));
}

/* ---- where it stopped ---- */

bool
grok_reach(struct grok_set *s, struct str pattern, struct str text,
    struct str *part, size_t *from, size_t *to)
{
	struct err e;
	struct grok *g;
	struct str group[1];
	size_t n = pattern.n;

	for (; n > 0; n--) {
		/* A beginning that ends inside a reference is none. */
		g = compile(s, str_sub(pattern, 0, n), false, RE_RUBY,
		    &e);
		if (g == NULL)
			continue;
		if (re_search(g->re, text, 0, group, 1)) {
			*part = str_sub(pattern, 0, n);
			*from = (size_t)(group[0].p - text.p);
			*to = *from + group[0].n;
			grok_free(g);
			return true;
		}
		grok_free(g);
	}
	return false;
}
