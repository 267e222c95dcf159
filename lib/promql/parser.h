/*
 * parser: what its files share.  parse.c has expressions, calls and
 * aggregations, parse_atom.c the leaves, parse_when.c what follows a
 * selector, parser.c what all of them need.
 *
 * A function that fails has said so through parser_fail(), and returns NULL
 * or false: callers just stop.
 */
#ifndef PROMQL_PARSER_H
#define PROMQL_PARSER_H

#include <string.h>

#include "core/vec.h"
#include "promql/lex.h"

struct parser {
	struct plex lex;
	struct ptoken tok;		/* at hand, not yet taken */
	uint32_t closing;		/* end of the last ) ] } or number */
	const struct promql_features *features;
	struct arena *arena;
	struct err *err;
	bool failed;
	unsigned depth;			/* of the recursion */
	unsigned in_aggregation;	/* for the words of an error */
	VEC(struct pexpr *) selectors;	/* regexes to release on failure */
	VEC(uint32_t) newlines;		/* where they stand in the text */
};

/* ---- parser.c ---- */

/* Left and right binding power, lowest first; ^ is right-associative. */
struct parser_priority {
	int left, right;
};
extern const struct parser_priority parser_priority[];

#define UNARY_LIMIT	10	/* a sign binds as tightly as * */

void	parser_find_newlines(struct parser *p);
void	parser_position(const struct parser *p, uint32_t at, unsigned *line,
	    unsigned *col);

/* NULL, so that callers may `return parser_fail(...)`; the first is kept. */
void	*parser_fail(struct parser *p, uint32_t at, const char *msg);
void	*parser_fail_named(struct parser *p, uint32_t at, const char *before,
	    struct str name, const char *behind);

/* The token at hand, in what, and what else was expected; both may be NULL. */
void	*parser_unexpected(struct parser *p, const char *context,
	    const char *expected);

void	parser_advance(struct parser *p);
bool	parser_take(struct parser *p, enum ptok kind);	/* when it is that */
bool	parser_at_op(const struct parser *p, enum pop op);

struct pexpr	*parser_node(struct parser *p, enum pkind kind,
		    uint32_t from);

/* x stands above child; NULL when the tree gets too deep. */
struct pexpr	*parser_above(struct parser *p, struct pexpr *x,
		    const struct pexpr *child);

/* x under a sign that stands at from; a number takes it in. */
struct pexpr	*parser_negate(struct parser *p, struct pexpr *x,
		    uint32_t from, bool minus);

/* x becomes left op right. */
struct pexpr	*parser_binary(struct parser *p, enum pop op,
		    struct pexpr *left, struct pexpr *right,
		    struct pexpr *x);

/* ---- parse_atom.c ---- */

/* number | duration, as seconds; the caller knows that one is at hand */
struct pexpr	*parser_number(struct parser *p);
struct pexpr	*parser_string(struct parser *p);
struct pexpr	*parser_selector(struct parser *p);

/* What a string token says; the lexer has checked its escapes. */
struct str	parser_string_value(struct parser *p, const struct ptoken *t);

/* ---- parse_when.c ---- */

/* x with the ranges and modifiers behind it; NULL when x is. */
struct pexpr	*parser_postfix(struct parser *p, struct pexpr *x);

/* ---- parse.c ---- */

struct pexpr	*parser_expr(struct parser *p, int limit);

#endif
