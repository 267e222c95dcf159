#include "joiner.h"

#include "config.h"
#include "core/clk.h"
#include "event.h"
#include "re/re.h"
#include "yaml/fields.h"

struct joining {
	struct re *start, *more, *ends, *escape, *trace;
	bool quotes;		/* a text in quotes may hold newlines */
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
} presets[] = {
	{ "go", NULL, "^(?:goroutine \\d+ |\t|created by |\\[signal |"
	    "exit status |panic: .* \\[recovered\\]|$|"
	    "[A-Za-z0-9_./*()\\[\\]{}-]+\\(.*\\)$)", NULL, false },
	{ "java", NULL, "^(?:[ \t]|Caused by:|Suppressed:|"
	    "\\.\\.\\. \\d+ (?:more|common frames))", NULL, false },
	{ "node", NULL, "^(?:[ \t]|[}\\]]+$)", NULL, false },
	{ "postgres", NULL, "^\t", NULL, false },
	{ "postgres_csv", NULL, NULL, NULL, true },
	{ "python", NULL, "^(?:[ \t]|During handling of the above |"
	    "The above exception was |$)",
	    "^Traceback \\(most recent call last\\):", false },
	{ "ruby", NULL, "^[ \t]", NULL, false },
	{ "syslog", NULL, "^(?:[^ ]+ +){2,5}[^ ]+: #011|^[ \t]", NULL,
	    false },
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
	j->max_lines = m->max_lines > 0 ? (size_t)m->max_lines : 1;
	j->flush_ms = m->flush_ms;
	if (compile(m, m->start.n ? m->start : str_of(p->start), &j->start, a,
	    e) == -1 || compile(m, m->more.n ? m->more : str_of(p->more),
	    &j->more, a, e) == -1 || compile(m, str_of(p->trace), &j->trace,
	    a, e) == -1 || compile(m, m->ends, &j->ends, a, e) == -1 ||
	    compile(m, m->escape, &j->escape, a, e) == -1)
		return NULL;
	if (j->start || j->more || j->ends || j->escape || j->quotes)
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

	if (j->lines == 0)
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
append(struct joiner *j, struct str line, unsigned flags)
{
	if (j->text.n + line.n >= JOINER_BYTES) {
		j->flags |= LINE_TRUNCATED;
		line = str_sub(line, 0, JOINER_BYTES - j->text.n);
	}
	if (j->lines > 0)
		(void)buf_putc(&j->text, '\n');
	(void)buf_put(&j->text, line);
	j->flags |= flags | (j->lines > 0 ? (unsigned)LINE_MULTI : 0);
	j->lines++;
	j->since = clk_mono_ms();
}

void
joiner_flush(struct joiner *j, line_fn *fn, void *arg)
{
	struct str text = buf_str(&j->text);
	bool any = j->lines > 0;

	j->lines = 0;
	j->pulls = j->trace = j->traced = j->quoted = false;
	if (any)
		fn(arg, text, j->offset, j->flags);
	buf_reset(&j->text);
	j->flags = 0;
}

void
joiner_line(struct joiner *j, struct str line, uint64_t offset,
    unsigned flags, line_fn *fn, void *arg)
{
	const struct joining *r = j->rules;

	if (!belongs(j, line))
		joiner_flush(j, fn, arg);
	if (j->lines == 0) {
		j->offset = offset;
		j->trace = is(r->trace, line);
	}
	append(j, line, flags);
	j->pulls = is(r->escape, line);
	j->quoted = r->quotes && j->quoted != odd_quotes(line);
	/* Only an end is told: then nothing is waited for. */
	if (is(r->ends, line) || j->lines >= r->max_lines ||
	    j->text.n >= JOINER_BYTES || (r->quotes && !j->quoted))
		joiner_flush(j, fn, arg);
}

int64_t
joiner_patience(const struct joiner *j)
{
	return j->rules->flush_ms;
}

void
joiner_release(struct joiner *j)
{
	buf_release(&j->text);
}
