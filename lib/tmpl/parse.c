#include <stdarg.h>
#include <stdio.h>

#include "core/mem.h"
#include "core/utf8.h"
#include "model/labels.h"
#include "tmpl/internal.h"

/*
 * The grammar is Go's text/template/parse; each function takes the tokens of
 * its rule.  A function that returns NULL or -1 has set *e.
 */
struct parser {
	struct tmpl_set *set;
	struct arena *a;
	struct str name, text;
	const struct token *tok;
	size_t at;
	VEC(struct str) vars;
	struct map trees;		/* defined in this text */
	unsigned ranges, depth;
	struct err *e;
};

/* How a list of nodes ended. */
enum ending { END_FAIL = -1, END_END, END_ELSE, END_EOF };

struct nodes {
	struct node *head, **tail;
};

static struct node	*parse_pipe(struct parser *, const char *, enum tok);
static enum ending	 parse_list(struct parser *, struct node **);
static void		*fail(struct parser *, const char *, ...)
			    __attribute__((format(printf, 2, 3)));

static void *
fail(struct parser *p, const char *fmt, ...)
{
	char msg[300];
	va_list ap;
	unsigned line, col;
	size_t at = p->tok[p->at > 0 ? p->at - 1 : 0].at;

	va_start(ap, fmt);
	(void)vsnprintf(msg, sizeof(msg), fmt, ap);	/* may be cut */
	va_end(ap);
	err_position(p->text, at, &line, &col);
	(void)err_at(p->e, line, col, "template: " STR_FMT ":%u: %s",
	    STR_ARG(p->name), line, msg);
	return NULL;
}

static const struct token *
next(struct parser *p)
{
	const struct token *t = &p->tok[p->at];

	/* The last token stays. */
	if (t->kind != TOK_EOF && t->kind != TOK_ERROR)
		p->at++;
	return t;
}

static const struct token *
peek(const struct parser *p)
{
	return &p->tok[p->at];
}

static const struct token *
peek_nonspace(struct parser *p)
{
	while (peek(p)->kind == TOK_SPACE)
		p->at++;
	return peek(p);
}

static const struct token *
next_nonspace(struct parser *p)
{
	(void)peek_nonspace(p);
	return next(p);
}

static void *
unexpected(struct parser *p, const struct token *t, const char *context)
{
	struct buf b = { 0 };

	switch (t->kind) {
	case TOK_ERROR:
		(void)fail(p, STR_FMT, STR_ARG(t->text));
		return NULL;
	case TOK_EOF:
		return fail(p, "unexpected EOF");
	default:
		if (t->kind > TOK_KEYWORD)
			return fail(p, "unexpected <" STR_FMT "> in %s",
			    STR_ARG(t->text), context);
	}
	go_quote(&b, utf8_prefix(t->text, 10));
	(void)fail(p, "unexpected " STR_FMT "%s in %s", STR_ARG(buf_str(&b)),
	    utf8_count(t->text) > 10 ? "..." : "", context);
	buf_release(&b);
	return NULL;
}

static struct node *
node_new(struct parser *p, enum nkind kind, size_t at)
{
	struct node *n = ARENA_NEW(p->a, struct node);

	n->kind = kind;
	n->at = at;
	return n;
}

static void
nodes_add(struct nodes *l, struct node *n)
{
	if (l->tail == NULL)
		l->tail = &l->head;
	*l->tail = n;
	l->tail = &n->next;
}

/* Nesting of the text is nesting of our calls, so it is bounded. */
static bool
enter(struct parser *p)
{
	if (++p->depth <= TMPL_DEPTH_MAX)
		return true;
	(void)fail(p, "nested too deeply (over %d)", TMPL_DEPTH_MAX);
	p->e->kind = ERR_LIMIT;
	return false;
}

static struct node *
parse_number(struct parser *p, const struct token *t)
{
	struct node *n = node_new(p, N_NUMBER, t->at);
	char *digits;

	n->source = t->text;
	if (t->kind == TOK_CHARCONST) {
		if (!literal_char(t->text, p->a, &n->u.num))
			return fail(p, "malformed character constant: "
			    STR_FMT, STR_ARG(t->text));
		return n;
	}
	digits = literal_digits(t->text, p->a);
	if (literal_number(digits, &n->u.num))
		return n;
	return strpbrk(digits, "0123456789") != NULL ?
	    fail(p, "integer overflow: \"%s\"", digits) :
	    fail(p, "illegal number syntax: \"%s\"", digits);
}

static struct node *
path_new(struct parser *p, enum nkind kind, size_t at, struct str name)
{
	struct node *n = node_new(p, kind, at);

	n->u.path.name = ARENA_ARRAY(p->a, 1, struct str);
	n->u.path.name[0] = name;
	n->u.path.n = 1;
	return n;
}

static struct node *
parse_variable(struct parser *p, const struct token *t)
{
	size_t i;

	for (i = 0; i < p->vars.n; i++)
		if (str_eq(p->vars.p[i], t->text))
			return path_new(p, N_VARIABLE, t->at, t->text);
	return fail(p, "undefined variable \"" STR_FMT "\"", STR_ARG(t->text));
}

static struct node *
parse_string(struct parser *p, const struct token *t)
{
	struct node *n = node_new(p, N_STRING, t->at);

	n->source = t->text;
	if (!literal_unquote(t->text, p->a, &n->u.text))
		return fail(p, "invalid syntax");
	return n;
}

static struct node *
parse_ident(struct parser *p, const struct token *t)
{
	struct node *n = path_new(p, N_IDENT, t->at, t->text);

	n->u.path.func = set_func(p->set, t->text);
	if (n->u.path.func == NULL)
		return fail(p, "function \"" STR_FMT "\" not defined",
		    STR_ARG(t->text));
	return n;
}

/* A term; *none: the next token does not start one. */
static struct node *
parse_term(struct parser *p, bool *none)
{
	const struct token *t = next_nonspace(p);
	struct node *n;

	*none = false;
	switch (t->kind) {
	case TOK_IDENT:
		return parse_ident(p, t);
	case TOK_DOT:
		return node_new(p, N_DOT, t->at);
	case TOK_NIL:
		return node_new(p, N_NIL, t->at);
	case TOK_VARIABLE:
		return parse_variable(p, t);
	case TOK_FIELD:
		return path_new(p, N_FIELD, t->at, str_sub(t->text, 1,
		    t->text.n));
	case TOK_BOOL:
		n = node_new(p, N_BOOL, t->at);
		n->u.b = t->text.p[0] == 't';
		return n;
	case TOK_CHARCONST:
	case TOK_NUMBER:
		return parse_number(p, t);
	case TOK_LPAREN:
		return parse_pipe(p, "parenthesized pipeline", TOK_RPAREN);
	case TOK_STRING:
	case TOK_RAW:
		return parse_string(p, t);
	default:
		p->at = (size_t)(t - p->tok);
		*none = true;
		return NULL;
	}
}

/* The fields behind a term: x.a.b */
static struct node *
parse_chain(struct parser *p, struct node *term)
{
	bool path = term->kind == N_FIELD || term->kind == N_VARIABLE;
	unsigned have = path ? 1 : 0, n = 0, i;
	struct node *c;

	if (term->kind == N_BOOL || term->kind == N_STRING ||
	    term->kind == N_NUMBER || term->kind == N_NIL ||
	    term->kind == N_DOT) {
		struct buf b = { 0 };

		node_print(term, &b);
		(void)next(p);
		(void)fail(p, "unexpected . after term \"" STR_FMT "\"",
		    STR_ARG(buf_str(&b)));
		buf_release(&b);
		return NULL;
	}
	while (p->tok[p->at + n].kind == TOK_FIELD)
		n++;
	/* As upstream, the position is that of the second name. */
	c = node_new(p, path ? term->kind : N_CHAIN, peek(p)->at);
	c->u.path.name = ARENA_ARRAY(p->a, n + have, struct str);
	c->u.path.n = n + have;
	if (path)
		c->u.path.name[0] = term->u.path.name[0];
	else
		c->u.path.base = term;
	for (i = 0; i < n; i++) {
		struct str name = next(p)->text;

		c->u.path.name[have + i] = str_sub(name, 1, name.n);
	}
	return c;
}

static struct node *
parse_operand(struct parser *p, bool *none)
{
	struct node *n = parse_term(p, none);

	if (n == NULL || peek(p)->kind != TOK_FIELD)
		return n;
	return parse_chain(p, n);
}

/* command -> operand { blank operand } [ "|" ] */
static struct node *
parse_command(struct parser *p)
{
	struct node *cmd = node_new(p, N_COMMAND, peek_nonspace(p)->at), *n;
	struct nodes args = { 0 };
	const struct token *t;
	bool none;

	do {
		(void)peek_nonspace(p);
		if ((n = parse_operand(p, &none)) == NULL && !none)
			return NULL;
		if (n != NULL) {
			nodes_add(&args, n);
			cmd->u.cmd.nargs++;
		}
		t = next(p);
	} while (t->kind == TOK_SPACE);
	if (t->kind == TOK_RIGHT || t->kind == TOK_RPAREN)
		p->at--;
	else if (t->kind != TOK_PIPE)
		return unexpected(p, t, "operand");
	cmd->u.cmd.args = args.head;
	if (args.head == NULL)
		return fail(p, "empty command");
	if (cmd->u.cmd.nargs > TMPL_ARGS_MAX)
		return fail(p, "more than %d arguments", TMPL_ARGS_MAX);
	return cmd;
}

/* Only the first command of a pipeline may be a plain value. */
static struct node *
check_pipe(struct parser *p, struct node *pipe, const char *context)
{
	const struct node *c = pipe->u.pipe.cmds;
	unsigned stage = 1;

	if (c == NULL)
		return fail(p, "missing value for %s", context);
	while ((c = c->next) != NULL) {
		stage++;
		switch (c->u.cmd.args->kind) {
		case N_BOOL: case N_DOT: case N_NIL: case N_NUMBER:
		case N_STRING:
			return fail(p, "non executable command in pipeline "
			    "stage %u", stage);
		default:
			break;
		}
	}
	return pipe;
}

static void
declare(struct parser *p, struct node *pipe, struct str name)
{
	pipe->u.pipe.decl[pipe->u.pipe.ndecl++] = name;
	vec_push(&p->vars, name);
}

/* [ $x [ , $y ] ( ":=" | "=" ) ]; the tokens stay when it is none. */
static int
parse_decl(struct parser *p, struct node *pipe, const char *context)
{
	const struct token *v, *t;
	size_t start;

	for (;;) {
		v = peek_nonspace(p);
		if (v->kind != TOK_VARIABLE)
			return 0;
		start = p->at;
		(void)next(p);
		t = peek_nonspace(p);
		if (t->kind == TOK_ASSIGN || t->kind == TOK_DECLARE) {
			(void)next(p);
			pipe->u.pipe.assign = t->kind == TOK_ASSIGN;
			declare(p, pipe, v->text);
			return 0;
		}
		if (t->kind != TOK_CHAR || t->text.p[0] != ',') {
			p->at = start;
			return 0;
		}
		(void)next(p);
		declare(p, pipe, v->text);
		if (strcmp(context, "range") != 0 ||
		    pipe->u.pipe.ndecl >= 2) {
			(void)fail(p, "too many declarations in %s", context);
			return -1;
		}
		t = peek_nonspace(p);
		if (t->kind != TOK_VARIABLE && t->kind != TOK_RIGHT &&
		    t->kind != TOK_RPAREN) {
			(void)fail(p, "range can only initialize variables");
			return -1;
		}
	}
}

static bool
starts_operand(enum tok k)
{
	return k == TOK_BOOL || k == TOK_CHARCONST || k == TOK_DOT ||
	    k == TOK_FIELD || k == TOK_IDENT || k == TOK_NUMBER ||
	    k == TOK_NIL || k == TOK_RAW || k == TOK_STRING ||
	    k == TOK_VARIABLE || k == TOK_LPAREN;
}

/* pipeline -> [ decl ] command { "|" command } end */
static struct node *
parse_pipe(struct parser *p, const char *context, enum tok end)
{
	struct node *pipe = node_new(p, N_PIPE, peek_nonspace(p)->at), *cmd;
	struct nodes cmds = { 0 };
	const struct token *t;

	if (!enter(p) || parse_decl(p, pipe, context) == -1)
		return NULL;
	while ((t = next_nonspace(p))->kind != end) {
		if (!starts_operand(t->kind))
			return unexpected(p, t, context);
		p->at--;
		if ((cmd = parse_command(p)) == NULL)
			return NULL;
		nodes_add(&cmds, cmd);
	}
	pipe->u.pipe.cmds = cmds.head;
	p->depth--;
	return check_pipe(p, pipe, context);
}

/* Behind {{else: is it {{else if …}} (or with), the same kind again? */
static bool
else_again(struct parser *p, enum nkind kind)
{
	enum tok k = peek_nonspace(p)->kind;

	return (kind == N_IF && k == TOK_IF) ||
	    (kind == N_WITH && k == TOK_WITH);
}

static struct node *
parse_control(struct parser *p, enum nkind kind, const char *context,
    size_t at)
{
	struct node *n = node_new(p, kind, at);
	size_t vars = p->vars.n;
	enum ending end;

	if (!enter(p))
		return NULL;
	if ((n->u.ctl.pipe = parse_pipe(p, context, TOK_RIGHT)) == NULL)
		return NULL;
	p->ranges += kind == N_RANGE;
	end = parse_list(p, &n->u.ctl.list);
	p->ranges -= kind == N_RANGE;
	if (end == END_FAIL)
		return NULL;
	if (end == END_ELSE && else_again(p, kind)) {
		at = next(p)->at;
		n->u.ctl.else_list = parse_control(p, kind, context, at);
		if (n->u.ctl.else_list == NULL)
			return NULL;
	} else if (end == END_ELSE) {
		const struct token *t = next_nonspace(p);

		if (t->kind != TOK_RIGHT)
			return unexpected(p, t, "else");
		end = parse_list(p, &n->u.ctl.else_list);
		if (end == END_FAIL)
			return NULL;
		if (end == END_ELSE)
			return fail(p, "expected end; found {{else}}");
	}
	p->vars.n = vars;
	p->depth--;
	return n;
}

static int
parse_template_name(struct parser *p, const char *context, struct str *name)
{
	const struct token *t = next_nonspace(p);

	if (t->kind != TOK_STRING && t->kind != TOK_RAW) {
		(void)unexpected(p, t, context);
		return -1;
	}
	if (!literal_unquote(t->text, p->a, name)) {
		(void)fail(p, "invalid syntax");
		return -1;
	}
	return 0;
}

static struct node *
parse_template(struct parser *p, size_t at)
{
	struct node *n = node_new(p, N_TEMPLATE, at);

	if (parse_template_name(p, "template clause", &n->u.call.name) == -1)
		return NULL;
	if (peek_nonspace(p)->kind == TOK_RIGHT) {
		(void)next(p);
		return n;
	}
	n->u.call.pipe = parse_pipe(p, "template clause", TOK_RIGHT);
	return n->u.call.pipe == NULL ? NULL : n;
}

static int
add_tree(struct parser *p, struct str name, struct node *root)
{
	struct tree *t = ARENA_NEW(p->a, struct tree), *old;

	*t = (struct tree){ arena_str(p->a, name), p->name, p->text, root };
	old = map_get(&p->trees, t->name);
	if (old == NULL || tree_is_empty(old)) {
		(void)map_put(&p->trees, t->name, t);
		return 0;
	}
	if (tree_is_empty(t))
		return 0;
	(void)fail(p, "template: multiple definition of template \"" STR_FMT
	    "\"", STR_ARG(name));
	return -1;
}

/* The body of {{define}} or {{block}}: its own variables, only $. */
static int
parse_body(struct parser *p, struct str name, const char *context)
{
	struct node *root = NULL;
	struct str *outer = p->vars.p;
	size_t n = p->vars.n, cap = p->vars.cap;
	unsigned ranges = p->ranges;
	enum ending end;
	int rc = -1;

	p->vars.p = NULL;
	p->vars.n = p->vars.cap = 0;
	p->ranges = 0;
	vec_push(&p->vars, STR("$"));
	end = parse_list(p, &root);
	if (end == END_ELSE)
		(void)fail(p, "unexpected {{else}} in %s", context);
	else if (end == END_END)
		rc = add_tree(p, name, root);
	vec_release(&p->vars);
	p->vars.p = outer;
	p->vars.n = n;
	p->vars.cap = cap;
	p->ranges = ranges;
	return rc;
}

static struct node *
parse_block(struct parser *p, size_t at)
{
	struct node *n = node_new(p, N_TEMPLATE, at);

	if (!enter(p) ||
	    parse_template_name(p, "block clause", &n->u.call.name) == -1)
		return NULL;
	n->u.call.pipe = parse_pipe(p, "block clause", TOK_RIGHT);
	if (n->u.call.pipe == NULL ||
	    parse_body(p, n->u.call.name, "block clause") == -1)
		return NULL;
	p->depth--;
	return n;
}

static int
parse_define(struct parser *p)
{
	const struct token *t;
	struct str name;

	if (parse_template_name(p, "define clause", &name) == -1)
		return -1;
	if ((t = next_nonspace(p))->kind != TOK_RIGHT) {
		(void)unexpected(p, t, "define clause");
		return -1;
	}
	return parse_body(p, name, "define clause");
}

static struct node *
parse_leave(struct parser *p, enum nkind kind, const char *what, size_t at)
{
	const struct token *t = next_nonspace(p);

	if (t->kind != TOK_RIGHT)
		return unexpected(p, t, what);
	if (p->ranges == 0)
		return fail(p, "%s outside {{range}}", what);
	return node_new(p, kind, at);
}

/* What stands behind a "{{", other than define, else and end. */
static struct node *
parse_action(struct parser *p)
{
	const struct token *t = next_nonspace(p);
	struct node *n;

	switch (t->kind) {
	case TOK_BLOCK:
		return parse_block(p, t->at);
	case TOK_BREAK:
		return parse_leave(p, N_BREAK, "{{break}}", t->at);
	case TOK_CONTINUE:
		return parse_leave(p, N_CONTINUE, "{{continue}}", t->at);
	case TOK_IF:
		return parse_control(p, N_IF, "if", t->at);
	case TOK_RANGE:
		return parse_control(p, N_RANGE, "range", t->at);
	case TOK_WITH:
		return parse_control(p, N_WITH, "with", t->at);
	case TOK_TEMPLATE:
		return parse_template(p, t->at);
	default:
		p->at = (size_t)(t - p->tok);
		n = node_new(p, N_ACTION, t->at);
		n->u.ctl.pipe = parse_pipe(p, "command", TOK_RIGHT);
		return n->u.ctl.pipe == NULL ? NULL : n;
	}
}

/* Behind "{{": is it end or else?  Then it is taken (else up to its end). */
static enum ending
parse_ending(struct parser *p)
{
	const struct token *t = peek_nonspace(p);

	if (t->kind == TOK_ELSE) {
		(void)next(p);
		return END_ELSE;
	}
	if (t->kind != TOK_END)
		return END_EOF;
	(void)next(p);
	if ((t = next_nonspace(p))->kind != TOK_RIGHT) {
		(void)unexpected(p, t, "end");
		return END_FAIL;
	}
	return END_END;
}

static enum ending
parse_list(struct parser *p, struct node **list)
{
	struct nodes l = { 0 };
	const struct token *t;
	struct node *n;
	enum ending end;

	while ((t = next(p))->kind != TOK_EOF) {
		if (t->kind == TOK_TEXT) {
			n = node_new(p, N_TEXT, t->at);
			n->u.text = t->text;
		} else if (t->kind == TOK_LEFT) {
			if ((end = parse_ending(p)) != END_EOF) {
				*list = l.head;
				return end;
			}
			n = parse_action(p);
		} else
			n = unexpected(p, t, "input");
		if (n == NULL)
			return END_FAIL;
		nodes_add(&l, n);
	}
	(void)unexpected(p, t, "input");
	return END_FAIL;
}

static int
parse_top(struct parser *p, struct node **root)
{
	struct nodes l = { 0 };
	const struct token *t;
	struct node *n;
	enum ending end;

	while ((t = next(p))->kind != TOK_EOF) {
		if (t->kind == TOK_TEXT) {
			n = node_new(p, N_TEXT, t->at);
			n->u.text = t->text;
		} else if (t->kind != TOK_LEFT) {
			n = unexpected(p, t, "input");
		} else if (peek_nonspace(p)->kind == TOK_DEFINE) {
			(void)next(p);
			if (parse_define(p) == -1)
				return -1;
			continue;
		} else if ((end = parse_ending(p)) != END_EOF) {
			if (end != END_FAIL)
				(void)fail(p, "unexpected {{%s}}",
				    end == END_END ? "end" : "else");
			return -1;
		} else
			n = parse_action(p);
		if (n == NULL)
			return -1;
		nodes_add(&l, n);
	}
	*root = l.head;
	return 0;
}

/* What the text defined becomes part of the set. */
static void
publish(struct tmpl_set *s, const struct map *trees)
{
	struct map_entry *m;
	size_t at = 0;

	while ((m = map_next(trees, &at)) != NULL) {
		const struct tree *old = set_tree(s, m->key);

		if (old == NULL || !tree_is_empty(m->value))
			(void)map_put(&s->trees, m->key, m->value);
	}
}

int
tmpl_parse(struct tmpl_set *s, struct str name, struct str text,
    struct err *e)
{
	struct parser p = { .set = s, .a = &s->arena, .e = e };
	token_vec tokens = { 0 };
	struct node *root;
	int rc = -1;

	if (text.n > TMPL_TEXT_MAX)
		return err_set(e, ERR_LIMIT, "template: " STR_FMT
		    ": longer than %zu bytes", STR_ARG(name), TMPL_TEXT_MAX);
	p.name = arena_str(p.a, name);
	p.text = arena_str(p.a, text);
	lex_all(p.text, p.a, &tokens);
	p.tok = tokens.p;
	vec_push(&p.vars, STR("$"));
	if (parse_top(&p, &root) == 0 && add_tree(&p, p.name, root) == 0) {
		publish(s, &p.trees);
		rc = 0;
	}
	vec_release(&tokens);
	vec_release(&p.vars);
	map_release(&p.trees);
	return rc;
}
