#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "core/utf8.h"
#include "expfmt/internal.h"

void
expfmt_init(struct expfmt *x, enum expfmt_format f)
{
	*x = (struct expfmt){ .format = f, .next_line = 1 };
}

void
expfmt_release(struct expfmt *x)
{
	arena_free(&x->scratch);
	mem_free(x->room);
	created_free(x->created);
	x->room = NULL;
	x->nroom = 0;
	x->created = NULL;
}

void
expfmt_feed(struct expfmt *x, struct str window, bool final)
{
	x->window = window;
	x->at = x->entry = 0;
	x->final = final;
}

struct str
expfmt_rest(const struct expfmt *x)
{
	return str_sub(x->window, x->at, x->window.n);
}

int
expfmt_fail(struct expfmt *x, struct err *e, const char *fmt, ...)
{
	struct str entry = str_sub(x->window, x->entry, x->window.n);
	char msg[sizeof(e->msg)];
	unsigned line, col;
	va_list ap;

	va_start(ap, fmt);
	/* a longer message is cut */
	(void)vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	err_position(entry, x->at - x->entry, &line, &col);
	return err_at(e, x->line + line - 1, col, "%s", msg);
}

/* Pass the line that is given up; false: its end is not in this window. */
static bool
skip_rest(struct expfmt *x)
{
	ptrdiff_t nl = str_find_char(expfmt_rest(x), '\n');

	if (nl < 0) {
		x->at = x->window.n;
		return x->final;
	}
	x->at += (size_t)nl + 1;
	x->next_line++;
	x->skipping = false;
	return true;
}

static enum expfmt_kind
entry(struct expfmt *x, struct err *e)
{
	x->entry = x->at;
	x->line = x->next_line;
	if (x->scratch.used)
		arena_reset(&x->scratch);
	x->has_exemplar = false;
	x->ts = x->start_ts = EXPFMT_NO_TS;
	return x->format == EXPFMT_OPENMETRICS ? openmetrics_entry(x, e) :
	    text_entry(x, e);
}

static enum expfmt_kind
entry_or_more(struct expfmt *x, struct err *e)
{
	enum expfmt_kind kind;

	if (x->skipping && !skip_rest(x))
		return EXPFMT_MORE;
	kind = entry(x, e);
	if (kind != EXPFMT_BAD || x->at < x->window.n || x->final)
		return kind;
	x->at = x->entry;
	x->next_line = x->line;
	return EXPFMT_MORE;
}

enum expfmt_kind
expfmt_next(struct expfmt *x, struct err *e)
{
	bool starts = x->start_times && x->format == EXPFMT_OPENMETRICS;
	enum expfmt_kind kind;

	do
		kind = entry_or_more(x, e);
	while (starts && kind == EXPFMT_SAMPLE && created_is_one(x));
	if (starts && kind == EXPFMT_SAMPLE)
		created_find(x);
	return kind;
}

#define WORD_MAX	32	/* a number is not longer */

bool
expfmt_peek(const struct expfmt *x, size_t nraw, struct str *raw,
    struct str *value)
{
	struct str rest = expfmt_rest(x);
	size_t from = nraw + 1, i;

	if (nraw == 0 || rest.n <= from || rest.p[nraw] != ' ')
		return false;
	for (i = from; i < rest.n && rest.p[i] > ' ' && i < from + WORD_MAX;)
		i++;
	if (i == from || i == rest.n || rest.p[i] != '\n')
		return false;
	*raw = (struct str){ rest.p, nraw };
	*value = (struct str){ rest.p + from, i - from };
	return true;
}

void
expfmt_pass(struct expfmt *x)
{
	struct str rest = expfmt_rest(x);

	x->line = x->next_line++;
	x->entry = x->at;
	x->at += (size_t)((const char *)memchr(rest.p, '\n', rest.n) -
	    rest.p) + 1;
}

enum expfmt_type
expfmt_in_force(const struct expfmt *x)
{
	return x->in_force;
}

void
expfmt_skip_line(struct expfmt *x)
{
	size_t i;

	x->next_line = x->line;
	for (i = x->entry; i < x->at; i++)
		x->next_line += x->window.p[i] == '\n';
	x->skipping = true;
}

/* A handful of labels, most often in order: insertion sort. */
bool
expfmt_sort(struct expfmt *x)
{
	struct expfmt_label one;
	size_t i, k;
	bool distinct = true;
	int c;

	for (i = 1; i < x->nlabels; i++) {
		one = x->label[i];
		for (k = i; k > 0; k--) {
			c = str_cmp(x->label[k - 1].name, one.name);
			distinct = distinct && c != 0;
			if (c <= 0)
				break;
			x->label[k] = x->label[k - 1];
		}
		x->label[k] = one;
	}
	return distinct;
}

static const char *const type_words[] = {
	[EXPFMT_UNKNOWN] = "unknown",
	[EXPFMT_COUNTER] = "counter",
	[EXPFMT_GAUGE] = "gauge",
	[EXPFMT_HISTOGRAM] = "histogram",
	[EXPFMT_GAUGEHISTOGRAM] = "gaugehistogram",
	[EXPFMT_SUMMARY] = "summary",
	[EXPFMT_INFO] = "info",
	[EXPFMT_STATESET] = "stateset",
};

const char *
expfmt_type_text(enum expfmt_type t)
{
	return type_words[t];
}

/* The text format knows five, and calls the unknown one "untyped". */
static bool
type_of(struct str word, bool openmetrics, enum expfmt_type *out)
{
	int t;

	if (!openmetrics && str_eq(word, STR("untyped"))) {
		*out = EXPFMT_UNKNOWN;
		return true;
	}
	for (t = 0; t <= EXPFMT_STATESET; t++) {
		if (!str_eq(word, str_of(type_words[t])))
			continue;
		*out = (enum expfmt_type)t;
		return openmetrics || t == EXPFMT_COUNTER ||
		    t == EXPFMT_GAUGE || t == EXPFMT_HISTOGRAM ||
		    t == EXPFMT_SUMMARY;
	}
	return false;
}

int
scan_type(struct expfmt *x, struct str word, bool openmetrics, struct err *e)
{
	if (!type_of(word, openmetrics, &x->type)) {
		x->at = (size_t)(word.p - x->window.p);
		return expfmt_fail(x, e, "unknown metric type '" STR_FMT "'",
		    STR_ARG(word));
	}
	x->in_force = x->type;
	return 0;
}

int
scan_help(struct expfmt *x, struct str raw, bool quotes, struct err *e)
{
	if (!utf8_valid(raw)) {
		x->at = (size_t)(raw.p - x->window.p);
		return expfmt_fail(x, e, "help text is not UTF-8");
	}
	x->text = unescape(x, raw, quotes);
	return 0;
}
