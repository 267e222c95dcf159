#include "tool/report.h"

#include "core/diag.h"

const char *const report_forms[REPORT_FORMS] = { "text", "json", "sarif" };
static const char *const words[] = { "error", "warning", "info" };
static const char *const levels[] = { "error", "warning", "note" };

static void
key_str(struct jw *w, const char *key, struct str value)
{
	jw_key(w, str_of(key));
	jw_str(w, value);
}

static void
key_int(struct jw *w, const char *key, int64_t value)
{
	jw_key(w, str_of(key));
	jw_int(w, value);
}

static void
put_json(struct report *r, const struct finding *x)
{
	struct jw w = { .out = r->out };

	jw_obj(&w);
	key_str(&w, "file", str_of(x->file));
	key_int(&w, "line", x->line);
	key_int(&w, "col", x->col);
	key_str(&w, "severity", str_of(words[x->severity]));
	key_str(&w, "name", str_of(x->name));
	key_str(&w, "message", x->text);
	jw_obj_end(&w);
	(void)buf_putc(r->out, '\n');
}

static void
put_sarif(struct report *r, const struct finding *x)
{
	struct jw *w = &r->json;

	jw_obj(w);
	key_str(w, "ruleId", str_of(x->name));
	key_str(w, "level", str_of(levels[x->severity]));
	jw_key(w, STR("message"));
	jw_obj(w);
	key_str(w, "text", x->text);
	jw_obj_end(w);
	jw_key(w, STR("locations"));
	jw_arr(w);
	jw_obj(w);
	jw_key(w, STR("physicalLocation"));
	jw_obj(w);
	jw_key(w, STR("artifactLocation"));
	jw_obj(w);
	key_str(w, "uri", str_of(x->file));
	jw_obj_end(w);
	if (x->line) {
		jw_key(w, STR("region"));
		jw_obj(w);
		key_int(w, "startLine", x->line);
		key_int(w, "startColumn", x->col ? x->col : 1);
		jw_obj_end(w);
	}
	jw_obj_end(w);
	jw_obj_end(w);
	jw_arr_end(w);
	jw_obj_end(w);
}

static void
put_rules(struct jw *w, bool (*rule)(size_t i, struct report_rule *r))
{
	struct report_rule r;
	size_t i;

	jw_arr(w);
	for (i = 0; rule(i, &r); i++) {
		jw_obj(w);
		key_str(w, "id", str_of(r.name));
		jw_key(w, STR("shortDescription"));
		jw_obj(w);
		key_str(w, "text", str_of(r.about));
		jw_obj_end(w);
		jw_obj_end(w);
	}
	jw_arr_end(w);
}

void
report_begin(struct report *r, enum report_form form, struct buf *out,
    const char *tool, bool (*rule)(size_t i, struct report_rule *r))
{
	struct jw *w = &r->json;

	*r = (struct report){ .form = form, .out = out };
	if (form != REPORT_SARIF)
		return;
	w->out = out;
	jw_obj(w);
	key_str(w, "$schema", STR("https://json.schemastore.org/"
	    "sarif-2.1.0.json"));
	key_str(w, "version", STR("2.1.0"));
	jw_key(w, STR("runs"));
	jw_arr(w);
	jw_obj(w);
	jw_key(w, STR("tool"));
	jw_obj(w);
	jw_key(w, STR("driver"));
	jw_obj(w);
	key_str(w, "name", str_of(tool));
	key_str(w, "version", STR(TS_VERSION));
	jw_key(w, STR("rules"));
	put_rules(w, rule);
	jw_obj_end(w);
	jw_obj_end(w);
	jw_key(w, STR("results"));
	jw_arr(w);
}

void
report_end(struct report *r)
{
	struct jw *w = &r->json;

	if (r->form != REPORT_SARIF)
		return;
	jw_arr_end(w);
	jw_obj_end(w);
	jw_arr_end(w);
	jw_obj_end(w);
	(void)buf_putc(r->out, '\n');
}

void
report_err(struct report *r, const struct err *e,
    enum report_severity severity)
{
	struct finding x = { e->file ? e->file : "", e->line, e->col, severity,
	    "syntax", str_of(e->msg) };

	if (r->form == REPORT_JSON)
		put_json(r, &x);
	else if (r->form == REPORT_SARIF)
		put_sarif(r, &x);
	else if (severity == REPORT_ERROR)
		diag_err(e);
	else
		diag_warn(e);
}

void
report_finding(struct report *r, const struct finding *f)
{
	if (r->form == REPORT_JSON)
		put_json(r, f);
	else if (r->form == REPORT_SARIF)
		put_sarif(r, f);
	else
		(void)buf_printf(r->out, "%s:%u:%u: %s: " STR_FMT " [%s]\n",
		    f->file, f->line, f->col, words[f->severity],
		    STR_ARG(f->text), f->name);
}

/* ---- silencing by comments ---- */

/* Is name among the comma-separated words of list? */
static bool
lists(struct str list, const char *name)
{
	struct str word;

	while (list.p) {
		list = str_cut(list, ',', &word);
		if (str_eq(str_trim(word), str_of(name)))
			return true;
	}
	return false;
}

/* Does this source line say `# TOOL: VERB ... NAME ...`? */
static bool
line_says(struct str line, struct str tool, struct str verb,
    const char *name)
{
	ptrdiff_t at = str_find(line, tool);
	struct str rest, word;

	if (at < 2 || !str_eq(str_sub(line, (size_t)at - 2, (size_t)at),
	    STR("# ")) || !str_starts(str_sub(line, (size_t)at + tool.n,
	    line.n), STR(":")))
		return false;
	rest = str_trim(str_sub(line, (size_t)at + tool.n + 1, line.n));
	rest = str_cut(rest, ' ', &word);
	return str_eq(word, verb) && lists(rest, name);
}

bool
report_silenced(struct str text, const char *tool, const char *name,
    unsigned from, unsigned to)
{
	struct str one, t = str_of(tool);
	unsigned at = 0;

	while (text.p) {
		text = str_cut(text, '\n', &one);
		at++;
		if (line_says(one, t, STR("disable-file"), name) ||
		    (at >= from && at <= to &&
		    line_says(one, t, STR("disable"), name)))
			return true;
	}
	return false;
}
