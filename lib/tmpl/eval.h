/*
 * tmpl/eval: one run of a template; what exec.c (nodes) and eval.c
 * (pipelines) share.
 */
#ifndef TMPL_EVAL_H
#define TMPL_EVAL_H

#include "tmpl/internal.h"

struct exec_var {
	struct str name;
	struct tval value;
};

struct exec {
	struct tmpl_ctx *c;
	struct buf *out;
	size_t out_start;
	struct err *e;
	const struct tree *tree;	/* running */
	struct html *html;		/* NULL: plain text */
	VEC(struct exec_var) vars;	/* of this template, $ first */
};

/* -1 with *e: Go's text with the position of the node. */
int	exec_fail(struct exec *x, const struct node *at, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

/* Count a step and look at the limits. */
int	exec_step(struct exec *x, const struct node *at);

void	exec_declare(struct exec *x, struct str name, const struct tval *v);

/* Set the innermost variable of that name; -1 when there is none. */
int	exec_assign(struct exec *x, struct str name, const struct tval *v);

/* The value of a pipeline; its variables are declared or assigned. */
int	eval_pipe(struct exec *x, const struct node *pipe,
	    const struct tval *dot, struct tval *out);

#endif
