/*
 * lex: PromQL text to tokens, one at a time.  Which words are keywords and
 * what ':' means depends on the brackets that are open, so the lexer keeps
 * count of them.
 */
#ifndef PROMQL_LEX_H
#define PROMQL_LEX_H

#include "promql/ast.h"

enum ptok {
	T_EOF, T_ERROR,
	T_COMMA, T_COLON, T_LPAREN, T_RPAREN, T_LBRACE, T_RBRACE, T_LBRACKET,
	T_RBRACKET, T_EQL, T_EQL_REGEX, T_NEQ_REGEX, T_AT,
	T_NUMBER, T_DURATION, T_STRING, T_IDENT, T_METRIC_IDENT,
	T_OP,			/* sub is an enum pop; != also in braces */
	T_AGG,			/* sub is an enum pagg */
	/* keywords */
	T_ANCHORED, T_BOOL, T_BY, T_FILL, T_FILL_LEFT, T_FILL_RIGHT,
	T_GROUP_LEFT, T_GROUP_RIGHT, T_IGNORING, T_OFFSET, T_ON, T_SMOOTHED,
	T_WITHOUT,
	/* words that are functions, too */
	T_END, T_MAX_OF, T_MIN_OF, T_RANGE, T_START, T_STEP
};

struct ptoken {
	enum ptok kind;
	int sub;
	uint32_t from, to;		/* bytes of the text */
	struct str text;		/* as written, strings with quotes */
	bool metric;			/* may stand as a metric name */
};

struct plex {
	struct str text;
	size_t at, from;
	unsigned parens;
	bool brace, bracket;
	bool got_colon, got_duration;	/* behind the open bracket */
	char why[160];			/* of T_ERROR */
};

void	lex_next(struct plex *l, struct ptoken *t);

/* As upstream's messages name a token: identifier "x", <op:+>, "(". */
void	ptoken_describe(const struct ptoken *t, struct buf *out);

#endif
