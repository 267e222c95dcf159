#include "joiner.h"

#include "config.h"
#include "core/clk.h"
#include "event.h"
#include "re/re.h"
#include "yaml/fields.h"

struct joining {
	struct re *start, *more, *ends, *escape, *trace;
	bool quotes;		/* a text in quotes may hold newlines */
	piece_fn *piece;	/* lines are pieces; or NULL */
	size_t max_lines;
	int64_t flush_ms;
};

/*
 * trace: a line that begins a trace whose last line is not indented.  In
 * Python that line says what went wrong.
 */
static const struct preset {
	const char *name, *start, *more, *trace;
	bool quotes;
	piece_fn *piece;
} presets[] = {
	{ "cri", .piece = piece_cri },
	{ "docker", .piece = piece_docker },
	{ "go", .more = "^(?:goroutine \\d+ |\t|created by |\\[signal |"
	    "exit status |panic: .* \\[recovered\\]|$|"
	    "[A-Za-z0-9_./*()\\[\\]{}-]+\\(.*\\)$)" },
	{ "java", .more = "^(?:[ \t]|Caused by:|Suppressed:|"
	    "\\.\\.\\. \\d+ (?:more|common frames))" },
	{ "node", .more = "^(?:[ \t]|[}\\]]+$)" },
	{ "postgres", .more = "^\t" },
	{ "postgres_csv", .quotes = true },
	{ "python", .more = "^(?:[ \t]|During handling of the above |"
	    "The above exception was |$)",
	    .trace = "^Traceback \\(most recent call last\\):" },
	{ "ruby", .more = "^[ \t]" },
	{ "syslog", .more = "^(?:[^ ]+ +){2,5}[^ ]+: #011|^[ \t]" },
};
#define NPRESETS	(sizeof(presets) / sizeof(presets[0]))

static const struct preset *
find_preset(const struct multiline *m, struct err *e)
{
	const char *names[NPRESETS], *near;
	size_t i;

	for (i = 0; i < NPRESETS; i++) {
		if (str_eq(m->preset, str_of(presets[i].name)))
			return &presets[i];
		names[i] = presets[i].name;
	}
	near = yaml_near(m->preset, names, NPRESETS);
	(void)ynode_err(m->node, e, "unknown preset '" STR_FMT "'%s%s%s",
	    STR_ARG(m->preset), near ? ", did you mean '" : "",
	    near ? near : "", near ? "'?" : "");
	return NULL;
}

static int
compile(const struct multiline *m, struct str text, struct re **out,
    struct arena *a, struct err *e)
{
	struct err why;

	if (text.n == 0)
		return 0;
	*out = re_compile_in(a, text, 0, &why);
	return *out != NULL ? 0 : ynode_err(m->node, e, "%s", why.msg);
}

struct joining *
joining_new(const struct multiline *m, struct arena *a, struct err *e)
{
	static const struct preset none;
	const struct preset *p = &none;
	struct joining *j = ARENA_NEW(a, struct joining);

	if (m->preset.n > 0 && (p = find_preset(m, e)) == NULL)
		return NULL;
	j->quotes = p->quotes;
	j->piece = p->piece;
	j->max_lines = m->max_lines > 0 ? (size_t)m->max_lines : 1;
	j->flush_ms = m->flush_ms;
	if (compile(m, m->start.n ? m->start : str_of(p->start), &j->start, a,
	    e) == -1 || compile(m, m->more.n ? m->more : str_of(p->more),
	    &j->more, a, e) == -1 || compile(m, str_of(p->trace), &j->trace,
	    a, e) == -1 || compile(m, m->ends, &j->ends, a, e) == -1 ||
	    compile(m, m->escape, &j->escape, a, e) == -1)
		return NULL;
	if (j->piece && (j->start || j->more || j->ends || j->escape)) {
		(void)ynode_err(m->node, e, "preset '" STR_FMT "' joins the "
		    "pieces of lines; it goes without start, continue, ends "
		    "and escape", STR_ARG(m->preset));
		return NULL;
	}
	if (j->start || j->more || j->ends || j->escape || j->quotes ||
	    j->piece)
		return j;
	(void)ynode_err(m->node, e, "multiline says nothing: it has a preset, "
	    "start, continue, ends or escape");
	return NULL;
}

static bool
is(const struct re *r, struct str line)
{
	return r != NULL && re_search(r, line, 0, NULL, 0);
}

/* The line goes on what is open. */
static bool
belongs(struct joiner *j, struct str line)
{
	const struct joining *r = j->rules;

	if (j->record[0].lines == 0)
		return false;
	if (j->pulls || j->quoted)
		return true;
	/* A second trace is a record of its own, unless it was announced. */
	if (is(r->trace, line))
		return j->trace = !j->traced;
	if (is(r->more, line)) {
		j->traced = false;
		return true;
	}
	if (j->trace) {
		j->trace = false;
		return j->traced = true;
	}
	if (r->ends != NULL)
		return !is(r->start, line);
	return r->start != NULL && !is(r->start, line);
}

static bool
odd_quotes(struct str s)
{
	bool odd = false;
	size_t i;

	for (i = 0; i < s.n; i++)
		odd ^= s.p[i] == '"';
	return odd;
}

static void
append(struct record *r, struct str text, const struct line *line)
{
	(void)buf_put(&r->text, text);
	r->bytes += line->bytes ? line->bytes : line->text.n;
	r->flags |= line->flags;
	r->lines++;
	r->since = clk_mono_ms();
}

static void
open_record(struct record *r, const struct line *line)
{
	r->offset = line->offset;
	r->before.n = 0;
	tail_put(&r->before, line->before.p, line->before.n);
}

static bool
flush_record(struct record *r, line_fn *fn, void *arg)
{
	struct line line = { .text = buf_str(&r->text), .offset = r->offset,
	    .bytes = r->flags & LINE_TRUNCATED ? r->bytes : 0,
	    .before = { r->before.p, r->before.n }, .flags = r->flags };
	bool any = r->lines > 0;

	if (any)
		fn(arg, &line);
	r->lines = 0;
	r->flags = 0;
	r->bytes = 0;
	buf_reset(&r->text);
	return any;
}

void
joiner_flush(struct joiner *j, line_fn *fn, void *arg)
{
	const struct record *r;

	j->pulls = j->trace = j->traced = j->quoted = false;
	while ((r = joiner_oldest(j)) != NULL)
		(void)flush_record(&j->record[r - j->record], fn, arg);
}

void
joiner_reset(struct joiner *j)
{
	size_t i;

	j->pulls = j->trace = j->traced = j->quoted = false;
	for (i = 0; i < NSTREAMS; i++) {
		j->record[i].lines = j->record[i].flags = 0;
		j->record[i].bytes = 0;
		buf_reset(&j->record[i].text);
	}
}

/* ---- pieces ---- */

static void
insert(struct record *r, struct str text)
{
	size_t behind = r->text.n - r->at;

	if (text.n == 0 || buf_reserve(&r->text, text.n) == -1)
		return;
	memmove(r->text.p + r->at + text.n, r->text.p + r->at, behind);
	memcpy(r->text.p + r->at, text.p, text.n);
	r->text.n += text.n;
	r->at += text.n;
}

/*
 * What follows a record that has become too long is one of its own: nothing
 * is lost, and all but the last are partial.
 */
static void
join_piece(struct joiner *j, const struct line *line, line_fn *fn, void *arg)
{
	struct piece p = { .stream = STREAM_OTHER };
	struct record *r;
	bool is_piece;

	arena_reset(&j->arena);
	is_piece = j->rules->piece(line->text, &j->arena, &p);
	if (line->offset < j->ahead[p.stream])
		return;
	r = &j->record[p.stream];
	if (r->text.n + p.to - p.from > JOINER_BYTES)
		(void)flush_record(r, fn, arg);
	if (!is_piece || p.stream == STREAM_OTHER ||
	    (r->lines == 0 && !p.more)) {
		fn(arg, line);
		return;
	}
	if (r->lines == 0) {
		open_record(r, line);
		append(r, line->text, line);
		r->at = p.to;
		r->tag = p.tag;
	} else {
		insert(r, str_sub(line->text, p.from, p.to));
		append(r, STR_NONE, line);
	}
	/* Of Docker's, the text itself tells that it is complete. */
	if (!p.more && p.tag > 0)
		r->text.p[r->tag] = 'F';
	if (!p.more || r->lines >= j->rules->max_lines)
		(void)flush_record(r, fn, arg);
}

/* ---- lines ---- */

static void
join_line(struct joiner *j, const struct line *line, line_fn *fn, void *arg)
{
	const struct joining *rules = j->rules;
	struct record *r = &j->record[0];
	struct str text = line->text;

	if (!belongs(j, text))
		joiner_flush(j, fn, arg);
	if (r->lines == 0) {
		open_record(r, line);
		j->trace = is(rules->trace, text);
	} else {
		(void)buf_putc(&r->text, '\n');
		r->flags |= LINE_MULTI;
		r->bytes++;
	}
	if (r->text.n + text.n >= JOINER_BYTES) {
		r->flags |= LINE_TRUNCATED;
		text = str_sub(text, 0, JOINER_BYTES - r->text.n);
	}
	append(r, text, line);
	j->pulls = is(rules->escape, line->text);
	j->quoted = rules->quotes && j->quoted != odd_quotes(line->text);
	/* Only an end is told: then nothing is waited for. */
	if (is(rules->ends, line->text) || r->lines >= rules->max_lines ||
	    r->text.n >= JOINER_BYTES || (rules->quotes && !j->quoted))
		joiner_flush(j, fn, arg);
}

void
joiner_line(struct joiner *j, const struct line *line, line_fn *fn, void *arg)
{
	if (j->rules->piece != NULL)
		join_piece(j, line, fn, arg);
	else
		join_line(j, line, fn, arg);
}

bool
joiner_tick(struct joiner *j, int64_t now, line_fn *fn, void *arg)
{
	bool any = false;
	size_t i;

	for (i = 0; j->rules != NULL && i < NSTREAMS; i++) {
		if (j->record[i].lines == 0 ||
		    now - j->record[i].since < j->rules->flush_ms)
			continue;
		if (j->rules->piece != NULL)
			(void)flush_record(&j->record[i], fn, arg);
		else
			joiner_flush(j, fn, arg);
		any = true;
	}
	return any;
}

const struct record *
joiner_oldest(const struct joiner *j)
{
	const struct record *r = NULL;
	size_t i;

	for (i = 0; i < NSTREAMS; i++)
		if (j->record[i].lines > 0 && (r == NULL ||
		    j->record[i].offset < r->offset))
			r = &j->record[i];
	return r;
}

void
joiner_places(const struct joiner *j, uint64_t offset,
    uint64_t ahead[NSTREAMS])
{
	size_t i;

	for (i = 0; i < NSTREAMS; i++) {
		ahead[i] = 0;
		if (j->rules == NULL || j->rules->piece == NULL)
			continue;
		ahead[i] = j->record[i].lines > 0 ? j->record[i].offset :
		    offset;
		if (ahead[i] < j->ahead[i])
			ahead[i] = j->ahead[i];
	}
}

int64_t
joiner_patience(const struct joiner *j)
{
	return j->rules->flush_ms;
}

void
joiner_release(struct joiner *j)
{
	size_t i;

	for (i = 0; i < NSTREAMS; i++)
		buf_release(&j->record[i].text);
	arena_free(&j->arena);
}
