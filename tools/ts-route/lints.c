#include "lint.h"

#include <stdarg.h>

static const struct lint lints[] = {
	{ "deprecated-match", REPORT_INFO,
	    "match, match_re and their like are gone from new versions",
	    false, lint_deprecated_match },
	{ "inhibit-dead", REPORT_WARNING,
	    "no two alerts can be source and target of the rule", true,
	    lint_inhibit_dead },
	{ "inhibit-unknown-label", REPORT_WARNING,
	    "'equal' names a label that nothing has", true,
	    lint_inhibit_unknown_label },
	{ "inline-secret", REPORT_WARNING,
	    "a secret stands in the file itself", false, lint_inline_secret },
	{ "interval-unused", REPORT_WARNING,
	    "no route uses a time interval", false, lint_interval_unused },
	{ "receiver-unused", REPORT_WARNING,
	    "no route names a receiver", false, lint_receiver_unused },
	{ "repeat-interval", REPORT_WARNING,
	    "repeat_interval is not longer than group_interval", false,
	    lint_repeat_interval },
	{ "route-contradiction", REPORT_WARNING,
	    "a route's matchers exclude each other or its parent's", false,
	    lint_route_contradiction },
	{ "route-shadowed", REPORT_WARNING,
	    "an earlier route takes everything", false, lint_route_shadowed },
	{ "route-unreachable", REPORT_WARNING,
	    "no alert of the rules gets to a route", true,
	    lint_route_unreachable },
	{ "template-undefined", REPORT_WARNING,
	    "a template is called that nobody defines", false,
	    lint_template_undefined },
};
#define NLINTS	(sizeof(lints) / sizeof(lints[0]))

bool
lint_about(size_t i, struct report_rule *r)
{
	if (i == NLINTS)
		return false;
	r->name = lints[i].name;
	r->about = lints[i].about;
	return true;
}

/* The last line of a block, but for the routes below a route. */
static unsigned
last_line(const struct ynode *n)
{
	const struct ynode *c;
	unsigned last = n->line, l;

	for (c = n->child; c != NULL; c = c->next) {
		if (c->key && str_eq(c->key->scalar, STR("routes")))
			continue;
		l = last_line(c);
		last = l > last ? l : last;
	}
	return last;
}

void
lint_at(struct lint_run *run, const struct ynode *at,
    const struct ynode *block, const char *fmt, ...)
{
	struct finding f = { .file = at->doc->file, .line = at->line,
	    .col = at->col, .severity = run->lint->severity,
	    .name = run->lint->name };
	struct buf text = { 0 };
	va_list ap;

	if (report_silenced(at->doc->text, "ts-route", f.name,
	    block->line - (block->line > 1), last_line(block)))
		return;
	va_start(ap, fmt);
	(void)buf_vprintf(&text, fmt, ap);
	va_end(ap);
	f.text = buf_str(&text);
	run->report(run->arg, &f);
	buf_release(&text);
}

bool
known_label(const struct rule *r, struct str name, struct str *value)
{
	size_t i;

	*value = r->name;
	if (str_eq(name, STR("alertname")))
		return true;
	for (i = 0; i < r->labels.n; i++)
		if (str_eq(r->labels.p[i].key, name)) {
			*value = r->labels.p[i].value;
			return str_find(*value, STR("{{")) == -1;
		}
	return false;
}

enum known
known_match(const struct matchers *m, const struct rule *r)
{
	enum known all = KNOWN_YES;
	struct str value;
	size_t i;

	for (i = 0; i < m->n; i++)
		if (!known_label(r, m->p[i].name, &value))
			all = KNOWN_MAYBE;
		else if (!matcher_ok_value(&m->p[i], value))
			return KNOWN_NO;
	return all;
}

void
lint_config(const struct lint_input *in, lint_report *fn, void *arg)
{
	struct lint_run run = { .in = in, .report = fn, .arg = arg };
	size_t i;

	for (i = 0; i < NLINTS; i++) {
		run.lint = &lints[i];
		if (in->has_rules || !lints[i].needs_rules)
			lints[i].run(&run);
	}
}
