/*
 * tmpl/internal: what the module's own files share: tokens, the tree, the
 * pieces of the executor.
 */
#ifndef TMPL_INTERNAL_H
#define TMPL_INTERNAL_H

#include "core/map.h"
#include "core/vec.h"
#include "tmpl/tmpl.h"

enum tok {
	TOK_ERROR,		/* text: the message; the last token */
	TOK_EOF,
	TOK_TEXT, TOK_LEFT, TOK_RIGHT,
	TOK_SPACE, TOK_ASSIGN, TOK_DECLARE, TOK_PIPE, TOK_CHAR,
	TOK_CHARCONST, TOK_NUMBER, TOK_STRING, TOK_RAW,
	TOK_VARIABLE, TOK_FIELD, TOK_IDENT, TOK_DOT, TOK_NIL, TOK_BOOL,
	TOK_LPAREN, TOK_RPAREN,
	TOK_KEYWORD,		/* and what follows */
	TOK_BLOCK, TOK_BREAK, TOK_CONTINUE, TOK_DEFINE, TOK_ELSE, TOK_END,
	TOK_IF, TOK_RANGE, TOK_TEMPLATE, TOK_WITH
};

struct token {
	enum tok kind;
	size_t at;
	struct str text;
};

typedef VEC(struct token) token_vec;

/* All tokens of text, the last one TOK_EOF or TOK_ERROR. */
void	lex_all(struct str text, struct arena *a, token_vec *out);

enum nkind {
	N_TEXT, N_ACTION, N_IF, N_WITH, N_RANGE, N_TEMPLATE, N_BREAK,
	N_CONTINUE,
	N_PIPE, N_COMMAND, N_IDENT, N_VARIABLE, N_FIELD, N_CHAIN, N_DOT,
	N_NIL, N_BOOL, N_NUMBER, N_STRING
};

/* A constant may be several things; which one is wanted shows at its use. */
struct number {
	bool is_int, is_uint, is_float, is_char;
	int64_t i;
	uint64_t u;
	double f;
};

/* literal.c: Go's strconv.Unquote of a token with its quotes. */
bool	literal_unquote(struct str token, struct arena *a, struct str *out);
/* The text without underscores, NUL behind; and what number that is. */
char	*literal_digits(struct str s, struct arena *a);
bool	literal_number(const char *digits, struct number *out);
/* 'a' */
bool	literal_char(struct str token, struct arena *a, struct number *out);

struct node {
	enum nkind kind;
	size_t at;
	struct node *next;	/* in its list, pipeline or command */
	struct str source;	/* constants, as written */
	union {
		struct str text;			/* TEXT, STRING */
		bool b;
		struct number num;
		struct {
			struct node *pipe, *list, *else_list;
		} ctl;			/* ACTION (pipe only) IF WITH RANGE */
		struct {
			struct str name;
			struct node *pipe;		/* or NULL */
		} call;			/* TEMPLATE */
		struct {
			struct node *cmds;
			struct str decl[2];
			unsigned ndecl;
			bool assign;
		} pipe;
		struct {
			struct node *args;
			unsigned nargs;
		} cmd;
		struct {
			struct str *name;
			unsigned n;
			struct node *base;		/* CHAIN */
			const struct tmpl_func *func;	/* IDENT */
		} path;			/* FIELD VARIABLE CHAIN IDENT */
	} u;
};

/* One template; parsed as a part of the text of parse_name. */
struct tree {
	struct str name, parse_name, text;
	struct node *root;
};

struct tmpl_set {
	const struct tmpl_set *base;
	const struct tmpl_funcs **funcs;
	size_t nfuncs;
	bool html;
	struct arena arena;
	struct map trees;
};

const struct tmpl_func	*set_func(const struct tmpl_set *s, struct str name);
const struct tree	*set_tree(const struct tmpl_set *s, struct str name);

/* Nothing but blanks: such a definition does not replace another. */
bool	tree_is_empty(const struct tree *t);

/* As Go prints the node, for messages. */
void	node_print(const struct node *n, struct buf *out);

/* Text that a value of the running template is rendered from. */
struct tmpl_nest {
	struct str name;
	const struct tmpl_nest *up;
};

/* Where in a page the writer stands (html.c). */
struct html {
	unsigned char state, delim, attr, element, url_part;
	bool any;		/* the attribute's value has begun */
	unsigned char quote;	/* open string of a script or style */
	unsigned name_n;
	char name[32];		/* of the tag or attribute being read */
};

/* Literal text of a template: moves the state, drops comments. */
int	html_text(struct html *h, struct str text, struct buf *out);
/* A value, escaped for where it stands. */
int	html_value(struct html *h, struct tmpl_ctx *c, const struct tval *v,
	    struct buf *out);

/* fmt: Sprint, Sprintln (blanks says which), Sprintf; into out. */
void	fmt_value(struct tmpl_ctx *c, const struct tval *v, struct buf *out);
void	fmt_print(struct tmpl_ctx *c, const struct tval *arg, size_t n,
	    bool line, struct buf *out);
void	fmt_printf(struct tmpl_ctx *c, struct str format,
	    const struct tval *arg, size_t n, struct buf *out);

/* gotime.c: layouts, durations; rows of methods. */
void	gotime_format(const struct tval *t, struct str layout,
	    struct buf *out);
bool	gotime_parse(struct str layout, struct str text, struct arena *a,
	    struct tval *out);
void	gotime_print(const struct tval *t, struct buf *out);
void	godur_print(int64_t ns, struct buf *out);
extern const struct tmpl_funcs gotime_methods, godur_methods;

/* Methods of lists of strings. */
extern const struct tmpl_funcs list_methods;

/* funcs_text.c: what more than one function set has. */
int	fn_to_upper(struct tmpl_ctx *c, const struct tval *arg, size_t n,
	    struct tval *out, struct err *e);
int	fn_to_lower(struct tmpl_ctx *c, const struct tval *arg, size_t n,
	    struct tval *out, struct err *e);
int	fn_trim_space(struct tmpl_ctx *c, const struct tval *arg, size_t n,
	    struct tval *out, struct err *e);
int	fn_match(struct tmpl_ctx *c, const struct tval *arg, size_t n,
	    struct tval *out, struct err *e);
int	fn_re_replace_all(struct tmpl_ctx *c, const struct tval *arg, size_t n,
	    struct tval *out, struct err *e);
int	fn_safe_html(struct tmpl_ctx *c, const struct tval *arg, size_t n,
	    struct tval *out, struct err *e);
int	fn_url_query(struct tmpl_ctx *c, const struct tval *arg, size_t n,
	    struct tval *out, struct err *e);
int	fn_humanize_duration(struct tmpl_ctx *c, const struct tval *arg,
	    size_t n, struct tval *out, struct err *e);

/* Take b's bytes into c's arena as a string value; releases b. */
void	out_buf(struct tmpl_ctx *c, struct buf *b, struct tval *out);

/* application/x-www-form-urlencoded, blank is '+'. */
void	put_query(struct str s, struct buf *out);
void	put_html(struct str s, struct buf *out);

/* A letter or digit of any script. */
bool	is_alnum(uint32_t c);

/*
 * Around the elements of a value that is printed.  False: they are too many
 * or too deep; they are left out, and the execution fails for its steps.
 */
static inline bool
nest_enter(struct tmpl_ctx *c)
{
	if (c->nested >= TMPL_DEPTH_MAX)
		c->steps = TMPL_STEPS_MAX;
	if (++c->steps > TMPL_STEPS_MAX)
		return false;
	c->nested++;
	return true;
}

static inline void
nest_leave(struct tmpl_ctx *c)
{
	c->nested--;
}

#endif
