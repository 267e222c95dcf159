#include "check_report.h"

#include "core/diag.h"

static const char *const words[] = { "error", "warning", "info" };
static const char *const levels[] = { "error", "warning", "note" };

/* One line of whichever form. */
struct entry {
	const char *file;
	unsigned line, col;
	enum check_severity severity;
	const char *name;
	struct str text;
};

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
put_json(struct check_report *r, const struct entry *x)
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
put_sarif(struct check_report *r, const struct entry *x)
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
put_rules(struct jw *w)
{
	const struct lint *all;
	size_t i, n;

	all = lint_all(&n);
	jw_arr(w);
	for (i = 0; i < n; i++) {
		jw_obj(w);
		key_str(w, "id", str_of(all[i].name));
		jw_key(w, STR("shortDescription"));
		jw_obj(w);
		key_str(w, "text", str_of(all[i].about));
		jw_obj_end(w);
		jw_obj_end(w);
	}
	jw_arr_end(w);
}

void
check_report_begin(struct check_report *r, enum check_form form,
    struct buf *out)
{
	struct jw *w = &r->json;

	*r = (struct check_report){ .form = form, .out = out };
	if (form != CHECK_SARIF)
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
	key_str(w, "name", STR("ts-eval"));
	key_str(w, "version", STR(TS_VERSION));
	jw_key(w, STR("rules"));
	put_rules(w);
	jw_obj_end(w);
	jw_obj_end(w);
	jw_key(w, STR("results"));
	jw_arr(w);
}

void
check_report_end(struct check_report *r)
{
	struct jw *w = &r->json;

	if (r->form != CHECK_SARIF)
		return;
	jw_arr_end(w);
	jw_obj_end(w);
	jw_arr_end(w);
	jw_obj_end(w);
	(void)buf_putc(r->out, '\n');
}

void
check_report_err(struct check_report *r, const struct err *e,
    enum check_severity severity)
{
	struct entry x = { e->file ? e->file : "", e->line, e->col, severity,
	    "syntax", str_of(e->msg) };

	if (r->form == CHECK_JSON)
		put_json(r, &x);
	else if (r->form == CHECK_SARIF)
		put_sarif(r, &x);
	else if (severity == CHECK_ERROR)
		diag_err(e);
	else
		diag_warn(e);
}

void
check_report_finding(struct check_report *r, const struct lint_finding *f)
{
	struct entry x = { f->file, f->line, f->col,
	    f->lint->severity == LINT_WARNING ? CHECK_WARNING : CHECK_INFO,
	    f->lint->name, f->text };

	if (r->form == CHECK_JSON)
		put_json(r, &x);
	else if (r->form == CHECK_SARIF)
		put_sarif(r, &x);
	else
		(void)buf_printf(r->out, "%s:%u:%u: %s: " STR_FMT " [%s]\n",
		    f->file, f->line, f->col, words[x.severity],
		    STR_ARG(f->text), f->lint->name);
}
