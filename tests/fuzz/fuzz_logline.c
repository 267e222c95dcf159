/*
 * Any bytes as lines of a log, or as a grok pattern and a line for it: no
 * crash, no hang, and an event is always one line of good JSON.  The first
 * byte is the format, 0 for whatever fits; from 0xc0 on it is a pattern.
 */
#include <stdlib.h>

#include "../../tools/ts-logwatch/grok.h"
#include "../../tools/ts-logwatch/parser.h"
#include "../../tools/ts-logwatch/printer.h"
#include "../../tools/ts-logwatch/redact.h"
#include "json/read.h"

#define PATTERN_MAX	200

int	LLVMFuzzerTestOneInput(const unsigned char *p, size_t n);

static struct printer *nested, *flat;
static struct redactor *redactor;
static struct grok_set *set;

static void
check_json(struct str line, struct arena *a)
{
	struct jr r;
	enum jr_tok tok;

	if (line.n == 0 || line.p[line.n - 1] != '\n' ||
	    memchr(line.p, '\n', line.n - 1) != NULL)
		abort();
	jr_init(&r, line, a);
	while ((tok = jr_next(&r)) != JR_END)
		if (tok == JR_BAD)
			abort();
}

static void
print(struct event *ev)
{
	struct buf out = { 0 };

	printer_put(nested, ev, &out);
	check_json(buf_str(&out), ev->arena);
	buf_reset(&out);
	redact_event(redactor, ev);
	printer_put(flat, ev, &out);
	check_json(buf_str(&out), ev->arena);
	buf_release(&out);
}

static void
lines(const struct parser *p, struct str text, struct event *ev)
{
	struct source_state s = { .dates = { .now_ms = 1768986000000 } };
	struct str line;

	s.time = INT64_MIN;
	while (text.p != NULL) {
		text = str_cut(text, '\n', &line);
		arena_reset(ev->arena);
		event_reset(ev, line);
		parse_line(p, &s, ev);
		if (!ev->dropped)
			print(ev);
	}
	arena_free(&s.arena);
}

static void
pattern(struct str text, struct event *ev)
{
	struct str value[GROK_FIELDS_MAX], pattern, line;
	struct grok *g;
	struct err e;

	line = str_cut(text, '\n', &pattern);
	g = grok_compile(set, str_sub(pattern, 0, PATTERN_MAX), false, &e);
	if (g == NULL)
		return;
	event_reset(ev, line);
	ev->message = VALUE_STR(line);
	grok_set_see(set, ev);
	if (grok_match(g, line, value) == 1) {
		/* What it needs must have been seen. */
		if (!(grok_needs(g) & ev->literals))
			abort();
		grok_store(g, value, ev);
		print(ev);
	}
	grok_free(g);
}

int
LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
	static const struct config none;
	struct arena a = { 0 };
	struct event ev = { .arena = &a };
	struct str text = { (const char *)p + 1, n - 1 };

	if (n == 0)
		return 0;
	if (nested == NULL) {
		nested = printer_new(false);
		flat = printer_new(true);
		redactor = redactor_new(&none);
	}
	/* Each pattern of a set stays known to it. */
	set = grok_set_new(true);
	if (p[0] >= 0xc0)
		pattern(text, &ev);
	else
		lines(p[0] == 0 ? NULL : parsers[p[0] % nparsers], text, &ev);
	grok_set_free(set);
	event_release(&ev);
	arena_free(&a);
	return 0;
}
