/*
 * Where things stand in the source: lines as libyaml counts them, and the
 * way back from a scalar's text to its bytes in the file.
 */
#include "yaml/internal.h"

#include "core/vec.h"

size_t
yaml_break(struct str t, size_t at)
{
	struct str rest = str_sub(t, at, t.n);

	if (rest.n == 0)
		return 0;
	if (rest.p[0] == '\n')
		return 1;
	if (rest.p[0] == '\r')
		return rest.n > 1 && rest.p[1] == '\n' ? 2 : 1;
	if (str_starts(rest, STR("\xc2\x85")))
		return 2;
	if (str_starts(rest, STR("\xe2\x80\xa8")) ||
	    str_starts(rest, STR("\xe2\x80\xa9")))
		return 3;
	return 0;
}

void
ydoc_init(struct ydoc_lines *d, struct str text, const char *file,
    struct arena *a)
{
	VEC(size_t) start = { 0 };
	size_t at, n;

	d->doc.file = file;
	d->doc.text = text;
	vec_push(&start, 0);
	for (at = 0; at < text.n; at += n ? n : 1)
		if ((n = yaml_break(text, at)) > 0)
			vec_push(&start, at + n);
	d->n = start.n;
	d->start = ARENA_ARRAY(a, start.n, size_t);
	memcpy(d->start, start.p, start.n * sizeof(*start.p));
	vec_release(&start);
}

size_t
ydoc_offset(const struct ydoc *doc, unsigned line, unsigned col)
{
	const struct ydoc_lines *d = (const struct ydoc_lines *)doc;
	size_t at;

	if (line == 0 || line > d->n)
		return doc->text.n;
	at = d->start[line - 1] + (col ? col - 1 : 0);
	return at > doc->text.n ? doc->text.n : at;
}

void
ydoc_place(const struct ydoc *doc, size_t at, unsigned *line, unsigned *col)
{
	const struct ydoc_lines *d = (const struct ydoc_lines *)doc;
	size_t lo = 0, hi = d->n, mid;

	while (hi - lo > 1) {
		mid = lo + (hi - lo) / 2;
		if (d->start[mid] <= at)
			lo = mid;
		else
			hi = mid;
	}
	*line = (unsigned)lo + 1;
	*col = (unsigned)(at - d->start[lo]) + 1;
}

static bool
is_blank(struct str t, size_t at)
{
	return at < t.n && (t.p[at] == ' ' || t.p[at] == '\t');
}

static size_t
skip_blanks(struct str t, size_t at)
{
	while (is_blank(t, at))
		at++;
	return at;
}

/* Behind !tag and &anchor, where the scalar itself begins. */
static size_t
skip_properties(struct str t, size_t at)
{
	size_t n;

	while (at < t.n && (t.p[at] == '!' || t.p[at] == '&')) {
		while (at < t.n && !is_blank(t, at) && yaml_break(t, at) == 0)
			at++;
		for (;;) {
			at = skip_blanks(t, at);
			if ((n = yaml_break(t, at)) == 0)
				break;
			at += n;
		}
	}
	return at;
}

/* A source text and the text made of it, read side by side. */
struct walk {
	struct str src, text;
	size_t s, t;
};

/* Line breaks with the blanks around them fold to one space or k - 1 \n. */
static void
walk_fold(struct walk *w)
{
	size_t breaks = 0, n;

	for (;;) {
		w->s = skip_blanks(w->src, w->s);
		if ((n = yaml_break(w->src, w->s)) == 0)
			break;
		w->s += n;
		breaks++;
	}
	w->t += breaks > 1 ? breaks - 1 : 1;
}

/* \x41 is 4 bytes in the source; what it gives may be up to 4 in the text. */
static void
walk_escape(struct walk *w)
{
	char c = w->s + 1 < w->src.n ? w->src.p[w->s + 1] : '\0';
	size_t n = c == 'x' ? 4 : c == 'u' ? 6 : c == 'U' ? 10 : 2;

	if (yaml_break(w->src, w->s + 1) > 0) {
		w->s += 1 + yaml_break(w->src, w->s + 1);
		w->s = skip_blanks(w->src, w->s);
		return;
	}
	w->s += n;
	w->t++;
	while (w->t < w->text.n && ((unsigned char)w->text.p[w->t] & 0xc0) ==
	    0x80)
		w->t++;
}

static bool
at_fold(const struct walk *w)
{
	size_t s = skip_blanks(w->src, w->s);

	return yaml_break(w->src, s) > 0;
}

/* Plain and quoted scalars; s stands on the first byte of the content. */
static size_t
flow_offset(struct walk *w, enum ystyle style, size_t at)
{
	size_t before;

	while (w->t < at && w->s < w->src.n) {
		before = w->s;
		if (at_fold(w)) {
			walk_fold(w);
			if (w->t > at)
				return before;
		} else if (style == YS_DOUBLE && w->src.p[w->s] == '\\') {
			walk_escape(w);
			if (w->t > at)
				return before;
		} else {
			if (style == YS_SINGLE && w->src.p[w->s] == '\'')
				w->s++;
			w->s++;
			w->t++;
		}
	}
	/* An escaped line break gives nothing: what comes is behind it. */
	while (style == YS_DOUBLE && w->s < w->src.n &&
	    w->src.p[w->s] == '\\' && yaml_break(w->src, w->s + 1) > 0)
		walk_escape(w);
	return w->s;
}

static size_t
line_end(struct str t, size_t at)
{
	while (at < t.n && yaml_break(t, at) == 0)
		at++;
	return at;
}

/* Spaces before the first line that has more than spaces. */
static size_t
first_indent(struct str t, size_t at)
{
	size_t i;

	while (at < t.n) {
		for (i = at; i < t.n && t.p[i] == ' '; i++)
			;
		if (i >= t.n || yaml_break(t, i) == 0)
			return i - at;
		at = i + yaml_break(t, i);
	}
	return 0;
}

/*
 * Literal and folded scalars; s stands on the indicator.  The indent is what
 * the first line with content has more in the source than in the text, so an
 * explicit indentation indicator needs no reading.
 */
static size_t
block_offset(struct walk *w, size_t at)
{
	size_t indent, i, end, content;

	w->s = line_end(w->src, w->s);
	w->s += yaml_break(w->src, w->s);
	indent = first_indent(w->src, w->s);
	i = first_indent(w->text, 0);
	indent = indent > i ? indent - i : 0;
	while (w->t < w->text.n && w->text.p[w->t] == '\n')
		w->t++;
	if (at < w->t)
		return w->s;
	while (w->s < w->src.n) {
		for (i = 0; i < indent && w->s < w->src.n &&
		    w->src.p[w->s] == ' '; i++)
			w->s++;
		end = line_end(w->src, w->s);
		content = end - w->s;
		if (at <= w->t + content && content > 0)
			return w->s + (at - w->t);
		w->t += content;
		w->s = end + yaml_break(w->src, end);
		if (content == 0)
			continue;
		if (w->t < w->text.n && w->text.p[w->t] == ' ')
			w->t++;
		while (w->t < w->text.n && w->text.p[w->t] == '\n')
			w->t++;
		if (at < w->t)
			return end;
	}
	return w->s;
}

void
ynode_position(const struct ynode *n, size_t at, unsigned *line,
    unsigned *col)
{
	struct walk w = { .src = n->doc->text, .text = n->scalar };

	if (at > n->scalar.n)
		at = n->scalar.n;
	w.s = skip_properties(w.src, ydoc_offset(n->doc, n->line, n->col));
	if (n->style == YS_LITERAL || n->style == YS_FOLDED)
		w.s = block_offset(&w, at);
	else {
		w.s += n->style == YS_SINGLE || n->style == YS_DOUBLE;
		w.s = flow_offset(&w, n->style, at);
	}
	ydoc_place(n->doc, w.s, line, col);
}
