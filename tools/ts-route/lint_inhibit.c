/*
 * Lints of inhibit_rules, beside the alerts of the rule files.
 */
#include "lint.h"

/* Could two alerts of these rules agree on the labels? */
static bool
can_agree(const struct ystrs *equal, const struct rule *a,
    const struct rule *b)
{
	struct str x, y;
	size_t i;

	for (i = 0; i < equal->n; i++)
		if (known_label(a, equal->p[i], &x) &&
		    known_label(b, equal->p[i], &y) && !str_eq(x, y))
			return false;
	return true;
}

static bool
has_target(const struct lint_input *in, const struct am_inhibit_rule *rule,
    const struct rule *source)
{
	size_t i;

	for (i = 0; i < in->nalerts; i++)
		if (known_match(&rule->target, in->alert[i]) != KNOWN_NO &&
		    can_agree(&rule->equal, source, in->alert[i]))
			return true;
	return false;
}

static bool
can_inhibit(const struct lint_input *in, const struct am_inhibit_rule *rule)
{
	size_t i;

	for (i = 0; i < in->nalerts; i++)
		if (known_match(&rule->source, in->alert[i]) != KNOWN_NO &&
		    has_target(in, rule, in->alert[i]))
			return true;
	return false;
}

void
lint_inhibit_dead(struct lint_run *run)
{
	const struct am_config *c = run->in->config;
	size_t i;

	for (i = 0; i < c->ninhibit; i++)
		if (!can_inhibit(run->in, &c->inhibit[i]))
			lint_at(run, c->inhibit[i].node, c->inhibit[i].node,
			    "this never inhibits: no two alerts of the rules "
			    "can be its source and its target%s",
			    c->inhibit[i].equal.n ? " and agree on 'equal'" :
			    "");
}

/* ---- labels of nothing ---- */

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_';
}

/* Does name stand in text as a word of its own? */
static bool
mentions(struct str text, struct str name)
{
	size_t at = 0, end;
	ptrdiff_t found;

	while ((found = str_find(str_sub(text, at, text.n), name)) != -1) {
		at += (size_t)found;
		end = at + name.n;
		if ((at == 0 || !is_word(text.p[at - 1])) &&
		    (end == text.n || !is_word(text.p[end])))
			return true;
		at++;
	}
	return false;
}

static bool
pairs_mention(const struct ypairs *p, struct str name)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (str_eq(p->p[i].key, name) ||
		    mentions(p->p[i].value, name))
			return true;
	return false;
}

/* Every series has these, or its rule does. */
static bool
is_common(struct str name)
{
	return str_eq(name, STR("alertname")) || str_eq(name, STR("job")) ||
	    str_eq(name, STR("instance"));
}

static bool
is_label_of(const struct lint_input *in, struct str name)
{
	size_t i;

	for (i = 0; i < in->nalerts; i++)
		if (mentions(in->alert[i]->expr, name) ||
		    pairs_mention(&in->alert[i]->labels, name) ||
		    pairs_mention(&in->alert[i]->annotations, name))
			return true;
	return is_common(name);
}

static const struct ynode *
item_of(const struct ynode *list, struct str text)
{
	const struct ynode *n = list ? list->child : NULL;

	while (n != NULL && !str_eq(n->scalar, text))
		n = n->next;
	return n;
}

void
lint_inhibit_unknown_label(struct lint_run *run)
{
	const struct am_config *c = run->in->config;
	const struct am_inhibit_rule *r;
	const struct ynode *at;
	size_t i, k;

	for (i = 0; i < c->ninhibit; i++)
		for (k = 0; k < c->inhibit[i].equal.n; k++) {
			r = &c->inhibit[i];
			if (is_label_of(run->in, r->equal.p[k]))
				continue;
			at = item_of(ynode_get(r->node, "equal"),
			    r->equal.p[k]);
			lint_at(run, at ? at : r->node, r->node, "no rule "
			    "speaks of a label '" STR_FMT "'; when neither "
			    "alert has it they count as equal",
			    STR_ARG(r->equal.p[k]));
		}
}
