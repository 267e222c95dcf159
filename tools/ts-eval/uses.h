/*
 * uses: what the template of a label or annotation asks for, told from its
 * text: labels, the value, queries.  That it parses is checked before.
 */
#ifndef TS_EVAL_USES_H
#define TS_EVAL_USES_H

#include <stdbool.h>

#include "core/str.h"

enum use_kind {
	USE_LABEL,	/* $labels.NAME, .Labels.NAME, index $labels "NAME" */
	USE_EXTERNAL,	/* $externalLabels.NAME and so on */
	USE_VALUE,	/* $value, .Value */
	USE_QUERY,	/* a literal expression that is given to query() */
	USE_FORMAT	/* the same, by way of printf */
};

struct use {
	enum use_kind kind;
	struct str name;	/* the label; the literal without its quotes */
	bool raw;		/* literal: in backquotes, no escapes in it */
	bool bare;		/* value: printed as it is, {{ $value }} */
	size_t at;		/* byte of the text */
};

typedef void use_fn(void *arg, const struct use *u);

/*
 * In the order of the text.  Where range, with and define set another dot,
 * .Labels and .Value are not the alert's and are passed over.
 */
void	uses_each(struct str text, use_fn *fn, void *arg);

#endif
