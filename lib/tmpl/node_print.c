#include "model/labels.h"
#include "tmpl/internal.h"

static void
print_path(const struct node *n, const char *sep, struct buf *out)
{
	unsigned i;

	for (i = 0; i < n->u.path.n; i++)
		(void)buf_printf(out, "%s" STR_FMT, i > 0 ? "." : sep,
		    STR_ARG(n->u.path.name[i]));
}

static void
print_chain(const struct node *n, struct buf *out)
{
	const struct node *base = n->u.path.base;

	(void)buf_put(out, base->kind == N_PIPE ? STR("(") : STR_NONE);
	node_print(base, out);
	(void)buf_put(out, base->kind == N_PIPE ? STR(")") : STR_NONE);
	print_path(n, ".", out);
}

static void
print_command(const struct node *n, struct buf *out)
{
	const struct node *a;

	for (a = n->u.cmd.args; a != NULL; a = a->next) {
		if (a != n->u.cmd.args)
			(void)buf_putc(out, ' ');
		(void)buf_put(out, a->kind == N_PIPE ? STR("(") : STR_NONE);
		node_print(a, out);
		(void)buf_put(out, a->kind == N_PIPE ? STR(")") : STR_NONE);
	}
}

static void
print_pipe(const struct node *n, struct buf *out)
{
	const struct node *c;
	unsigned i;

	for (i = 0; i < n->u.pipe.ndecl; i++)
		(void)buf_printf(out, "%s" STR_FMT, i > 0 ? ", " : "",
		    STR_ARG(n->u.pipe.decl[i]));
	if (n->u.pipe.ndecl > 0)
		(void)buf_put(out, n->u.pipe.assign ? STR(" = ") :
		    STR(" := "));
	for (c = n->u.pipe.cmds; c != NULL; c = c->next) {
		if (c != n->u.pipe.cmds)
			(void)buf_put(out, STR(" | "));
		print_command(c, out);
	}
}

static void
print_control(const struct node *n, const char *word, struct buf *out)
{
	(void)buf_printf(out, "{{%s ", word);
	print_pipe(n->u.ctl.pipe, out);
	(void)buf_put(out, STR("}}"));
}

static void
print_template(const struct node *n, struct buf *out)
{
	(void)buf_put(out, STR("{{template "));
	go_quote(out, n->u.call.name);
	if (n->u.call.pipe != NULL) {
		(void)buf_putc(out, ' ');
		print_pipe(n->u.call.pipe, out);
	}
	(void)buf_put(out, STR("}}"));
}

void
node_print(const struct node *n, struct buf *out)
{
	switch (n->kind) {
	case N_TEXT:
		go_quote(out, n->u.text);
		break;
	case N_ACTION:
		(void)buf_put(out, STR("{{"));
		print_pipe(n->u.ctl.pipe, out);
		(void)buf_put(out, STR("}}"));
		break;
	case N_IF:
		print_control(n, "if", out);
		break;
	case N_WITH:
		print_control(n, "with", out);
		break;
	case N_RANGE:
		print_control(n, "range", out);
		break;
	case N_TEMPLATE:
		print_template(n, out);
		break;
	case N_BREAK:
		(void)buf_put(out, STR("{{break}}"));
		break;
	case N_CONTINUE:
		(void)buf_put(out, STR("{{continue}}"));
		break;
	case N_PIPE:
		print_pipe(n, out);
		break;
	case N_COMMAND:
		print_command(n, out);
		break;
	case N_IDENT:
	case N_VARIABLE:
		print_path(n, "", out);
		break;
	case N_FIELD:
		print_path(n, ".", out);
		break;
	case N_CHAIN:
		print_chain(n, out);
		break;
	case N_DOT:
		(void)buf_putc(out, '.');
		break;
	case N_NIL:
		(void)buf_put(out, STR("nil"));
		break;
	case N_BOOL:
		(void)buf_put(out, n->u.b ? STR("true") : STR("false"));
		break;
	case N_NUMBER:
	case N_STRING:
		(void)buf_put(out, n->source);
		break;
	}
}
