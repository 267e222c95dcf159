#include "tmpl/eval.h"

/* A call being put together: the command, and what the pipe brought. */
struct call {
	const struct node *args;	/* the first is the callee */
	unsigned nargs;
	const struct tval *final;	/* NULL: nothing */
};

static int	eval_arg(struct exec *, const struct tval *, char,
		    const struct node *, struct tval *);
static int	eval_command(struct exec *, const struct tval *,
		    const struct node *, const struct tval *, struct tval *);

static const struct {
	char letter;
	enum tkind kind;
	const char *type;
} arg_types[] = {
	{ 's', TV_STR, "string" },
	{ 'i', TV_INT, "int" },
	{ 'f', TV_FLOAT, "float64" },
	{ 'l', TV_LIST, "[]string" },
	{ 't', TV_TIME, "time.Time" },
	{ 'd', TV_DURATION, "time.Duration" },
};

static const char *
letter_type(char letter)
{
	size_t i;

	for (i = 0; i < sizeof(arg_types) / sizeof(arg_types[0]); i++)
		if (arg_types[i].letter == letter)
			return arg_types[i].type;
	return "interface {}";
}

static bool
letter_fits(char letter, const struct tval *v)
{
	size_t i;

	if (letter == 'v')
		return true;
	for (i = 0; letter == 'l' && v->kind == TV_LIST &&
	    i < v->u.list.n; i++)
		if (v->u.list.p[i].kind != TV_STR)
			return false;
	for (i = 0; i < sizeof(arg_types) / sizeof(arg_types[0]); i++)
		if (arg_types[i].letter == letter)
			return arg_types[i].kind == v->kind;
	return false;
}

int
exec_assign(struct exec *x, struct str name, const struct tval *v)
{
	size_t i;

	for (i = x->vars.n; i-- > 0; )
		if (str_eq(x->vars.p[i].name, name)) {
			x->vars.p[i].value = *v;
			return 0;
		}
	return -1;
}

/* Is v fit to be an argument of that type?  Go's validateType. */
static int
check_type(struct exec *x, const struct node *at, char letter,
    struct tval *v)
{
	if (letter_fits(letter, v))
		return 0;
	if (letter == 'l' && v->kind == TV_NIL) {
		*v = tval_list(NULL, 0, "[]string");
		return 0;
	}
	if (v->kind == TV_NIL)
		return exec_fail(x, at, "invalid value; expected %s",
		    letter_type(letter));
	return exec_fail(x, at, "wrong type for value; expected %s; got %s",
	    letter_type(letter), tval_type(v));
}

/* A constant where nothing says what it should be: Go's idealConstant. */
static int
ideal_number(struct exec *x, const struct node *n, struct tval *out)
{
	const struct number *num = &n->u.num;
	struct str s = n->source;
	bool hex = s.n > 2 && s.p[0] == '0' && (s.p[1] | 32) == 'x';
	size_t i;

	for (i = 0; !hex && num->is_float && !num->is_char && i < s.n; i++)
		if (strchr(".eEpP", s.p[i]) != NULL) {
			*out = tval_float(num->f);
			return 0;
		}
	if (num->is_int) {
		*out = tval_int(num->i);
		if (num->is_char)
			out->type = "int32";
		return 0;
	}
	if (num->is_uint)
		return exec_fail(x, n, STR_FMT " overflows int", STR_ARG(s));
	*out = tval_float(num->f);
	return 0;
}

/* A literal where a type is wanted. */
static int
typed_literal(struct exec *x, char letter, const struct node *n,
    struct tval *out)
{
	struct buf b = { 0 };

	if (letter == 's' && n->kind == N_STRING) {
		*out = tval_str(n->u.text);
		return 0;
	}
	if (n->kind == N_NUMBER && letter == 'f' && n->u.num.is_float) {
		*out = tval_float(n->u.num.f);
		return 0;
	}
	if (n->kind == N_NUMBER && (letter == 'i' || letter == 'd') &&
	    n->u.num.is_int) {
		*out = tval_int(n->u.num.i);
		if (letter == 'd')
			out->kind = TV_DURATION;
		return 0;
	}
	node_print(n, &b);
	(void)exec_fail(x, n, "%s %s; found " STR_FMT,
	    strchr("sifd", letter) != NULL ? "expected" :
	    "can't handle value for", letter == 'i' ? "integer" :
	    letter == 'f' ? "float" : letter_type(letter),
	    STR_ARG(buf_str(&b)));
	buf_release(&b);
	return -1;
}

static int
literal(struct exec *x, const struct node *n, struct tval *out)
{
	switch (n->kind) {
	case N_BOOL:
		*out = tval_bool(n->u.b);
		return 0;
	case N_STRING:
		*out = tval_str(n->u.text);
		return 0;
	default:
		return ideal_number(x, n, out);
	}
}

/* How many arguments a row takes: *n fixed ones, and whether more may come. */
static bool
args_shape(const struct tmpl_func *f, unsigned *n)
{
	size_t len = strlen(f->args);
	bool more = len > 0 && f->args[len - 1] == '.';

	*n = (unsigned)len - (more ? 2 : 0);
	return more;
}

static char
arg_letter(const struct tmpl_func *f, unsigned i)
{
	unsigned fixed;
	bool more = args_shape(f, &fixed);

	return more && i >= fixed ? f->args[fixed] : f->args[i];
}

static int
check_arity(struct exec *x, const struct node *at, const struct tmpl_func *f,
    unsigned got)
{
	unsigned want;
	bool more = args_shape(f, &want);

	if (more && got < want)
		return exec_fail(x, at, "wrong number of args for %s: want at "
		    "least %u got %u", f->name, want, got);
	if (!more && got != want)
		return exec_fail(x, at, "wrong number of args for %s: want %u "
		    "got %u", f->name, want, got);
	if (got > TMPL_ARGS_MAX)
		return exec_fail(x, at, "more than %d arguments",
		    TMPL_ARGS_MAX);
	return 0;
}

/* and, or: stop at the operand that decides. */
static bool
short_circuit(const struct tmpl_func *f, const struct tval *v)
{
	return f == &tmpl_funcs_go.row[0] ? !tval_truth(v) : tval_truth(v);
}

static bool
is_and_or(const struct tmpl_func *f)
{
	return f == &tmpl_funcs_go.row[0] || f == &tmpl_funcs_go.row[1];
}

/*
 * Call f; self is the object of a method.  at: where arity is reported;
 * whole: where the function's own error is.
 */
static int
call(struct exec *x, const struct tmpl_func *f, const struct tval *self,
    const struct node *at, const struct node *whole, const struct call *k,
    const struct tval *dot, struct tval *out)
{
	unsigned given = k->nargs - 1, n = given + (k->final != NULL), i;
	unsigned skip = self != NULL;
	const struct node *a = k->args->next;
	struct tval *arg;
	struct err e;

	if (check_arity(x, at, f, n) == -1 || exec_step(x, at) == -1)
		return -1;
	arg = arena_array(x->c->arena, n + skip, sizeof(*arg));
	if (skip)
		arg[0] = *self;
	for (i = 0; i < n; i++) {
		struct tval *v = &arg[skip + i];

		if (i >= given) {
			*v = *k->final;
			if (check_type(x, at, arg_letter(f, i), v) == -1)
				return -1;
		} else if (eval_arg(x, dot, arg_letter(f, i), a, v) == -1)
			return -1;
		else
			a = a->next;
		if (is_and_or(f) && short_circuit(f, v)) {
			*out = *v;
			return 0;
		}
	}
	*out = (struct tval){ 0 };
	if (f->call(x->c, arg, n + skip, out, &e) == -1)
		return exec_fail(x, whole, "error calling %s: %s", f->name,
		    e.msg);
	return 0;
}

static const struct tmpl_func *
find_row(const struct tmpl_func *row, size_t n, struct str name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (str_eq(name, str_of(row[i].name)))
			return &row[i];
	return NULL;
}

static const struct tmpl_func *
find_method(const struct tval *v, struct str name)
{
	switch (v->kind) {
	case TV_TIME:
		return find_row(gotime_methods.row, gotime_methods.n, name);
	case TV_DURATION:
		return find_row(godur_methods.row, godur_methods.n, name);
	case TV_LIST:
		return v->type == NULL || strcmp(v->type, "[]string") != 0 ?
		    NULL : find_row(list_methods.row, list_methods.n, name);
	case TV_OBJ:
		return find_row(v->u.obj.class->methods,
		    v->u.obj.class->nmethods, name);
	default:
		return NULL;
	}
}

static int
missing_key(struct exec *x, const struct node *at, const struct tval *map,
    struct str name, struct tval *out)
{
	if (x->c->missing_error)
		return exec_fail(x, at, "map has no entry for key \"" STR_FMT
		    "\"", STR_ARG(name));
	*out = map->kind == TV_OBJ ? tval_str(STR("")) : (struct tval){ 0 };
	return 0;
}

static int
eval_field(struct exec *x, const struct tval *dot, struct str name,
    const struct node *at, const struct call *k, const struct tval *from,
    struct tval *out)
{
	bool args = k->nargs > 1 || k->final != NULL;
	const struct tmpl_func *m;

	if (from->kind == TV_NIL) {
		if (x->c->missing_error)
			return exec_fail(x, at, "nil data; no entry for key "
			    "\"" STR_FMT "\"", STR_ARG(name));
		*out = *from;
		return 0;
	}
	if ((m = find_method(from, name)) != NULL)
		return call(x, m, from, at, at, k, dot, out);
	if (args && tval_is_map(from))
		return exec_fail(x, at, STR_FMT " is not a method but has "
		    "arguments", STR_ARG(name));
	if (tval_get(from, name, x->c, out)) {
		if (args)
			return exec_fail(x, at, STR_FMT " has arguments but "
			    "cannot be invoked as function", STR_ARG(name));
		return 0;
	}
	if (tval_is_map(from))
		return missing_key(x, at, from, name, out);
	return exec_fail(x, at, "can't evaluate field " STR_FMT " in type %s",
	    STR_ARG(name), tval_type(from));
}

/* The names of n from the first-th on, each looked up in the one before. */
static int
eval_path(struct exec *x, const struct tval *dot, const struct node *n,
    unsigned first, const struct call *k, const struct tval *from,
    struct tval *out)
{
	struct call plain = { .args = k->args, .nargs = 1 };
	struct tval v = *from, next;
	unsigned i;

	for (i = first; i < n->u.path.n; i++) {
		if (eval_field(x, dot, n->u.path.name[i], n,
		    i + 1 == n->u.path.n ? k : &plain, &v, &next) == -1)
			return -1;
		v = next;
	}
	*out = v;
	return 0;
}

static int
no_arguments(struct exec *x, const struct call *k)
{
	struct buf b = { 0 };

	if (k->nargs <= 1 && k->final == NULL)
		return 0;
	node_print(k->args, &b);
	(void)exec_fail(x, k->args, "can't give argument to non-function "
	    STR_FMT, STR_ARG(buf_str(&b)));
	buf_release(&b);
	return -1;
}

static int
eval_variable(struct exec *x, const struct tval *dot, const struct node *n,
    const struct call *k, struct tval *out)
{
	struct str name = n->u.path.name[0];
	size_t i = x->vars.n;

	while (i > 0 && !str_eq(x->vars.p[i - 1].name, name))
		i--;
	if (i == 0)
		return exec_fail(x, n, "undefined variable: " STR_FMT,
		    STR_ARG(name));
	if (n->u.path.n == 1) {
		*out = x->vars.p[i - 1].value;
		return no_arguments(x, k);
	}
	return eval_path(x, dot, n, 1, k, &x->vars.p[i - 1].value, out);
}

static int
eval_chain(struct exec *x, const struct tval *dot, const struct node *n,
    const struct call *k, struct tval *out)
{
	struct tval base;

	if (n->u.path.base->kind == N_NIL)
		return exec_fail(x, n, "indirection through explicit nil");
	if (eval_arg(x, dot, 'v', n->u.path.base, &base) == -1)
		return -1;
	return eval_path(x, dot, n, 0, k, &base, out);
}

/* An argument, or the operand of a chain. */
static int
eval_arg(struct exec *x, const struct tval *dot, char letter,
    const struct node *n, struct tval *out)
{
	struct call k = { .args = n, .nargs = 1 };
	int rc;

	switch (n->kind) {
	case N_NIL:
		*out = (struct tval){ 0 };
		if (letter != 'v' && letter != 'l')
			return exec_fail(x, n, "cannot assign nil to %s",
			    letter_type(letter));
		return check_type(x, n, letter, out);
	case N_DOT:
		*out = *dot;
		return check_type(x, n, letter, out);
	case N_FIELD:
		rc = eval_path(x, dot, n, 0, &k, dot, out);
		break;
	case N_VARIABLE:
		rc = eval_variable(x, dot, n, &k, out);
		break;
	case N_PIPE:
		rc = eval_pipe(x, n, dot, out);
		break;
	case N_IDENT:
		rc = call(x, n->u.path.func, NULL, n, n, &k, dot, out);
		break;
	case N_CHAIN:
		rc = eval_chain(x, dot, n, &k, out);
		break;
	default:
		return letter == 'v' ? literal(x, n, out) :
		    typed_literal(x, letter, n, out);
	}
	return rc == -1 ? -1 : check_type(x, n, letter, out);
}

static int
eval_command(struct exec *x, const struct tval *dot, const struct node *cmd,
    const struct tval *final, struct tval *out)
{
	const struct node *first = cmd->u.cmd.args;
	struct call k = { first, cmd->u.cmd.nargs, final };

	switch (first->kind) {
	case N_FIELD:
		return eval_path(x, dot, first, 0, &k, dot, out);
	case N_CHAIN:
		return eval_chain(x, dot, first, &k, out);
	case N_IDENT:
		return call(x, first->u.path.func, NULL, first, cmd, &k, dot,
		    out);
	case N_VARIABLE:
		return eval_variable(x, dot, first, &k, out);
	default:
		break;
	}
	if (no_arguments(x, &k) == -1)
		return -1;
	switch (first->kind) {
	case N_PIPE:
		return eval_pipe(x, first, dot, out);
	case N_DOT:
		*out = *dot;
		return 0;
	case N_NIL:
		return exec_fail(x, first, "nil is not a command");
	default:
		return literal(x, first, out);
	}
}

int
eval_pipe(struct exec *x, const struct node *pipe, const struct tval *dot,
    struct tval *out)
{
	const struct node *cmd;
	struct tval v = { 0 }, next;
	unsigned i;

	for (cmd = pipe->u.pipe.cmds; cmd != NULL; cmd = cmd->next) {
		if (eval_command(x, dot, cmd,
		    cmd == pipe->u.pipe.cmds ? NULL : &v, &next) == -1)
			return -1;
		v = next;
	}
	for (i = 0; i < pipe->u.pipe.ndecl; i++) {
		struct str name = pipe->u.pipe.decl[i];

		if (!pipe->u.pipe.assign)
			exec_declare(x, name, &v);
		else if (exec_assign(x, name, &v) == -1)
			return exec_fail(x, pipe->u.pipe.cmds,
			    "undefined variable: " STR_FMT, STR_ARG(name));
	}
	*out = v;
	return 0;
}
