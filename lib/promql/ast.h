/*
 * ast: the tree that the parser makes, check.c types and eval.c walks.
 * Nodes live in the query's arena.
 */
#ifndef PROMQL_AST_H
#define PROMQL_AST_H

#include "promql/promql.h"

enum pkind {
	PX_NUMBER, PX_STRING, PX_SELECTOR, PX_MATRIX, PX_SUBQUERY, PX_CALL,
	PX_AGG, PX_BINARY, PX_UNARY, PX_PAREN,
	/* only inside duration expressions: */
	PX_DUR_CALL		/* step() range() min_of(a,b) max_of(a,b) */
};

enum pop {
	POP_ADD, POP_SUB, POP_MUL, POP_DIV, POP_MOD, POP_POW, POP_ATAN2,
	POP_EQ, POP_NE, POP_LT, POP_LE, POP_GT, POP_GE,
	POP_TRIM_UPPER,		/* </ histogram operators */
	POP_TRIM_LOWER,		/* >/ */
	POP_AND, POP_OR, POP_UNLESS,
	POP_NOPS
};

enum pagg {
	PAGG_SUM, PAGG_AVG, PAGG_COUNT, PAGG_MIN, PAGG_MAX, PAGG_GROUP,
	PAGG_STDDEV, PAGG_STDVAR, PAGG_TOPK, PAGG_BOTTOMK, PAGG_COUNT_VALUES,
	PAGG_QUANTILE, PAGG_LIMITK, PAGG_LIMIT_RATIO,
	PAGG_NAGGS
};

enum pcard { PCARD_ONE_TO_ONE, PCARD_MANY_TO_ONE, PCARD_ONE_TO_MANY,
    PCARD_MANY_TO_MANY };

enum pat { PAT_NONE, PAT_TIME, PAT_START, PAT_END };

struct pfunc;			/* promql/functions.h */

/* Deeper trees are refused, so that walks may recurse. */
#define PROMQL_DEPTH_MAX	500

/* A duration: a number of ms, or an expression resolved per query. */
struct pdur {
	int64_t ms;
	const struct pexpr *expr;	/* NULL: ms holds */
	bool set;
};

/* offset and @ of a selector, matrix or subquery. */
struct pwhen {
	struct pdur offset;
	enum pat at;
	int64_t at_ms;			/* PAT_TIME */
};

struct pexpr {
	enum pkind kind;
	enum ptype type;
	uint32_t from, to;		/* bytes of the query text */
	unsigned line, col;		/* of from, 1-based */
	uint32_t depth;			/* of the tree below, itself counted */
	union {
		struct {
			double v;
			bool is_duration;	/* written as 5m */
		} number;
		struct str string;
		struct {
			struct str name;	/* bare name; empty = none */
			struct matcher *m;	/* all, incl. __name__ */
			size_t nm;
			struct pwhen when;
			bool anchored, smoothed;
		} selector;
		struct {
			struct pexpr *selector;	/* its when is the matrix's */
			struct pdur range;
		} matrix;
		struct {
			struct pexpr *expr;
			struct pdur range, step;	/* step unset = default */
			struct pwhen when;
		} subquery;
		struct {
			const struct pfunc *func;
			struct pexpr **arg;
			size_t nargs;
		} call;
		struct {
			enum pagg op;
			struct pexpr *expr, *param;	/* param NULL = none */
			struct str *by;
			size_t nby;
			bool without, has_grouping;
		} agg;
		struct {
			enum pop op;
			struct pexpr *left, *right;
			bool return_bool;
			enum pcard card;
			bool on, has_matching;		/* on / ignoring */
			struct str *match, *include;	/* include: group_x */
			size_t nmatch, ninclude;
			bool fill_left, fill_right;
			double fill_left_v, fill_right_v;
		} binary;
		struct {
			struct pexpr *expr;
			bool minus;
		} unary;
		struct pexpr *paren;
		struct {
			struct str name;
			struct pexpr *arg[2];
			size_t nargs;
		} dur_call;
	} u;
};

/* Operator text: "+", "and", "atan2"; priority; is it a comparison, a set? */
const char	*pop_text(enum pop op);
const char	*pagg_text(enum pagg op);
bool		 pop_is_comparison(enum pop op);
bool		 pop_is_set(enum pop op);

/* x without its parentheses. */
const struct pexpr	*pexpr_bare(const struct pexpr *x);

/* The i-th child in order (of an aggregation the parameter first), or NULL. */
const struct pexpr	*pexpr_child(const struct pexpr *x, size_t i);

/* x and all below it, in order: fn returns false to stop descending. */
typedef bool pexpr_fn(void *arg, const struct pexpr *x);
void	pexpr_walk(const struct pexpr *x, pexpr_fn *fn, void *arg);

/* One node without what is below it: "sum by (job)", "rate", "up[5m]". */
void	pexpr_print_node(const struct pexpr *x, struct buf *out);

/* Types of the whole tree and all errors that are not of grammar (check.c). */
int	pexpr_check(struct str text, struct pexpr *x, struct err *e);

#endif
