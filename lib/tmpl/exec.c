#include <stdarg.h>
#include <stdio.h>

#include "model/labels.h"
#include "tmpl/eval.h"

/* What a list of nodes did to the loop around it. */
enum flow { FLOW_FAIL = -1, FLOW_ON, FLOW_BREAK, FLOW_CONTINUE };

static enum flow	walk_list(struct exec *, const struct node *,
			    const struct tval *);

int
exec_fail(struct exec *x, const struct node *at, const char *fmt, ...)
{
	struct buf where = { 0 };
	char reason[400];
	unsigned line, col;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(reason, sizeof(reason), fmt, ap); /* may be cut */
	va_end(ap);
	err_position(x->tree->text, at->at, &line, &col);
	node_print(at, &where);
	/* Go counts columns from 0 here. */
	(void)err_at(x->e, line, col, "template: " STR_FMT ":%u:%u: executing "
	    "\"" STR_FMT "\" at <" STR_FMT ">: %s",
	    STR_ARG(x->tree->parse_name), line, col - 1,
	    STR_ARG(x->tree->name), STR_ARG(buf_str(&where)), reason);
	x->e->kind = ERR_CONFIG;
	buf_release(&where);
	return -1;
}

static int
limit(struct exec *x, const struct node *at, const char *what)
{
	(void)exec_fail(x, at, "%s", what);
	x->e->kind = ERR_LIMIT;
	return -1;
}

int
exec_step(struct exec *x, const struct node *at)
{
	if (++x->c->steps > TMPL_STEPS_MAX)
		return limit(x, at, "too many steps");
	if (x->out->n - x->out_start > TMPL_OUTPUT_MAX)
		return limit(x, at, "output is too long");
	if (x->c->arena->used - x->c->arena_start > TMPL_MEMORY_MAX)
		return limit(x, at, "values need too much memory");
	return 0;
}

void
exec_declare(struct exec *x, struct str name, const struct tval *v)
{
	vec_push(&x->vars, (struct exec_var){ name, *v });
}

static int
print_value(struct exec *x, const struct tval *v)
{
	if (x->html != NULL) {
		if (html_value(x->html, x->c, v, x->out) == -1)
			return -1;
	} else if (v->kind == TV_NIL) {
		return buf_put(x->out, STR("<no value>"));
	} else {
		fmt_value(x->c, v, x->out);
	}
	/* a list that holds itself a thousand times over, say */
	return x->c->steps > TMPL_STEPS_MAX ? -1 : 0;
}

static enum flow
walk_action(struct exec *x, const struct node *n, const struct tval *dot)
{
	struct tval v;

	if (eval_pipe(x, n->u.ctl.pipe, dot, &v) == -1)
		return FLOW_FAIL;
	if (n->u.ctl.pipe->u.pipe.ndecl == 0 && print_value(x, &v) == -1)
		return limit(x, n, "output is too long");
	return FLOW_ON;
}

static enum flow
walk_condition(struct exec *x, const struct node *n, const struct tval *dot)
{
	size_t vars = x->vars.n;
	struct tval v;
	enum flow f;

	if (eval_pipe(x, n->u.ctl.pipe, dot, &v) == -1)
		return FLOW_FAIL;
	if (tval_truth(&v))
		f = walk_list(x, n->u.ctl.list, n->kind == N_WITH ? &v : dot);
	else
		f = walk_list(x, n->u.ctl.else_list, dot);
	x->vars.n = vars;
	return f;
}

/* Give the loop's variables their values: the last one is the element. */
static void
set_loop_vars(struct exec *x, const struct node *pipe, const struct tval *key,
    const struct tval *elem)
{
	unsigned i, n = pipe->u.pipe.ndecl;
	const struct tval *v;

	for (i = 0; i < n; i++) {
		v = i + 1 == n ? elem : key;
		if (pipe->u.pipe.assign)
			(void)exec_assign(x, pipe->u.pipe.decl[i], v);
		else
			x->vars.p[x->vars.n - n + i].value = *v;
	}
}

/* What range can count: *n elements. */
static int
range_count(struct exec *x, const struct node *n, const struct tval *v,
    size_t *count)
{
	struct buf b = { 0 };

	*count = 0;
	if (v->kind == TV_NIL)
		return 0;
	if ((v->kind == TV_INT || v->kind == TV_UINT) &&
	    !x->c->compat_025) {
		if (v->kind == TV_UINT || v->u.i > 0)
			*count = (size_t)v->u.u;
		return 0;
	}
	if (v->kind != TV_STR && tval_len(v, count))
		return 0;
	fmt_value(x->c, v, &b);
	(void)exec_fail(x, n->u.ctl.pipe, "range can't iterate over " STR_FMT,
	    STR_ARG(buf_str(&b)));
	buf_release(&b);
	return -1;
}

static enum flow
walk_range(struct exec *x, const struct node *n, const struct tval *dot)
{
	const struct node *pipe = n->u.ctl.pipe;
	size_t vars = x->vars.n, mark, i, count;
	struct tval v, key, elem;
	enum flow f = FLOW_ON;

	if (eval_pipe(x, pipe, dot, &v) == -1 ||
	    range_count(x, n, &v, &count) == -1)
		return FLOW_FAIL;
	mark = x->vars.n;
	for (i = 0; i < count; i++) {
		if (exec_step(x, n) == -1)
			return FLOW_FAIL;
		if (v.kind == TV_INT || v.kind == TV_UINT)
			key = elem = tval_int((int64_t)i);
		else
			tval_at(&v, i, x->c, &key, &elem);
		set_loop_vars(x, pipe, &key, &elem);
		f = walk_list(x, n->u.ctl.list, &elem);
		x->vars.n = mark;
		if (f == FLOW_FAIL)
			return f;
		if (f == FLOW_BREAK)
			break;
	}
	f = FLOW_ON;
	if (count == 0)
		f = walk_list(x, n->u.ctl.else_list, dot);
	x->vars.n = vars;
	return f;
}

/* A template sees no variables of its caller but its own $. */
static int
run_tree(struct exec *x, const struct tree *t, const struct tval *dot)
{
	struct exec in = *x;
	enum flow f;

	in.tree = t;
	in.vars.p = NULL;
	in.vars.n = in.vars.cap = 0;
	exec_declare(&in, STR("$"), dot);
	f = walk_list(&in, t->root, dot);
	vec_release(&in.vars);
	return f == FLOW_FAIL ? -1 : 0;
}

static enum flow
walk_template(struct exec *x, const struct node *n, const struct tval *dot)
{
	const struct tree *t = set_tree(x->c->set, n->u.call.name);
	struct tval v = { 0 };
	int rc;

	if (t == NULL)
		return exec_fail(x, n, "template \"" STR_FMT "\" not defined",
		    STR_ARG(n->u.call.name));
	if (x->c->depth >= TMPL_DEPTH_MAX)
		return limit(x, n, "templates call each other too deeply");
	if (n->u.call.pipe != NULL &&
	    eval_pipe(x, n->u.call.pipe, dot, &v) == -1)
		return FLOW_FAIL;
	x->c->depth++;
	rc = run_tree(x, t, &v);
	x->c->depth--;
	return rc == -1 ? FLOW_FAIL : FLOW_ON;
}

static enum flow
walk_text(struct exec *x, const struct node *n)
{
	int rc = x->html != NULL ? html_text(x->html, n->u.text, x->out) :
	    buf_put(x->out, n->u.text);

	return rc == -1 ? limit(x, n, "output is too long") : FLOW_ON;
}

static enum flow
walk(struct exec *x, const struct node *n, const struct tval *dot)
{
	if (exec_step(x, n) == -1)
		return FLOW_FAIL;
	switch (n->kind) {
	case N_TEXT:
		return walk_text(x, n);
	case N_ACTION:
		return walk_action(x, n, dot);
	case N_IF:
	case N_WITH:
		return walk_condition(x, n, dot);
	case N_RANGE:
		return walk_range(x, n, dot);
	case N_TEMPLATE:
		return walk_template(x, n, dot);
	case N_BREAK:
		return FLOW_BREAK;
	case N_CONTINUE:
		return FLOW_CONTINUE;
	default:
		return FLOW_ON;
	}
}

static enum flow
walk_list(struct exec *x, const struct node *n, const struct tval *dot)
{
	size_t vars = x->vars.n;
	enum flow f = FLOW_ON;

	for (; n != NULL && f == FLOW_ON; n = n->next)
		f = walk(x, n, dot);
	x->vars.n = vars;	/* variables end with their list */
	return f;
}

int
tmpl_exec(const struct tmpl_set *s, struct str name, struct tval dot,
    struct tmpl_ctx *c, struct buf *out, struct err *e)
{
	const struct tree *t = set_tree(s, name);
	struct html html = { 0 };
	struct exec x = { .c = c, .out = out, .e = e,
	    .out_start = out->n, .html = s->html ? &html : NULL };

	if (t == NULL)
		return err_set(e, ERR_CONFIG,
		    "template: \"" STR_FMT "\" is undefined", STR_ARG(name));
	c->set = s;
	c->root = dot;
	c->depth = c->steps = c->nested = 0;
	c->arena_start = c->arena->used;
	c->html = s->html;
	x.tree = t;
	return run_tree(&x, t, &dot);
}
