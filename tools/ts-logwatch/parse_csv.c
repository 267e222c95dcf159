/*
 * csv, RFC 4180: the names come from the first line, or from `columns` of
 * the input.  The delimiter is the first of , ; tab | that the header has.
 */
#include "members.h"
#include "scan.h"

static char
guess_delimiter(struct str header)
{
	static const char candidates[] = ",;\t|";
	size_t i, j, n, best = 0;
	char c = ',';

	for (i = 0; candidates[i] != '\0'; i++) {
		for (n = 0, j = 0; j < header.n; j++)
			n += header.p[j] == candidates[i];
		if (n > best) {
			best = n;
			c = candidates[i];
		}
	}
	return c;
}

/* The next cell; false behind the last one. */
static bool
next_cell(struct scan *c, char delimiter, struct arena *a, bool *more,
    struct str *out)
{
	size_t from = c->at;
	char *text;

	if (!*more)
		return false;
	if (from < c->s.n && c->s.p[from] == '"') {
		text = arena_raw(a, c->s.n - from + 1);
		*out = (struct str){ text, 0 };
		for (c->at++; c->at < c->s.n; c->at++) {
			if (c->s.p[c->at] == '"' && !(c->at + 1 < c->s.n &&
			    c->s.p[++c->at] == '"'))
				break;
			text[out->n++] = c->s.p[c->at];
		}
		if (c->at < c->s.n && c->s.p[c->at] == '"')
			c->at++;
	} else {
		while (c->at < c->s.n && c->s.p[c->at] != delimiter)
			c->at++;
		*out = str_sub(c->s, from, c->at);
	}
	*more = c->at < c->s.n && c->s.p[c->at] == delimiter;
	if (*more)
		c->at++;
	return true;
}

#define COLUMNS_MAX	200

static void
read_header(struct source_state *s, struct str line)
{
	struct scan c = { line, 0 };
	bool more = true;
	struct str cell;

	s->header = arena_str(&s->arena, line);
	c.s = s->header;
	if (s->delimiter == 0)
		s->delimiter = guess_delimiter(line);
	s->column = ARENA_ARRAY(&s->arena, COLUMNS_MAX, struct str);
	s->ncolumns = 0;
	while (s->ncolumns < COLUMNS_MAX &&
	    next_cell(&c, s->delimiter, &s->arena, &more, &cell))
		s->column[s->ncolumns++] = member_name(str_trim(cell),
		    &s->arena);
}

static bool
parse(struct source_state *s, struct event *ev)
{
	struct scan c = { ev->line, 0 };
	struct str cell, name;
	bool more = true;
	size_t i;

	if (s->ncolumns == 0 || str_eq(ev->line, s->header)) {
		if (s->ncolumns == 0)
			read_header(s, ev->line);
		ev->dropped = true;
		return s->ncolumns > 0;
	}
	for (i = 0; next_cell(&c, s->delimiter, ev->arena, &more, &cell);
	    i++) {
		name = i < s->ncolumns ? s->column[i] :
		    arena_printf(ev->arena, "column%zu", i + 1);
		if (json_number(cell))
			event_add(ev, name, (struct value){ VAL_NUM, cell });
		else if (cell.n > 0)
			event_add(ev, name, VALUE_STR(cell));
	}
	members_done(s, ev);
	if (ev->message.kind == VAL_NONE)
		EVENT_MESSAGE(ev, ev->line);
	return true;
}

const struct parser parse_csv = {
	"csv", "comma-separated values with a header", false, parse
};
