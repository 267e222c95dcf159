/*
 * internal: what the files of the script runner share.
 */
#ifndef PROMQLTEST_INTERNAL_H
#define PROMQLTEST_INTERNAL_H

#include "core/buf.h"
#include "core/vec.h"
#include "promql/promql.h"
#include "promql/series.h"
#include "promql/store.h"
#include "re/re.h"
#include "script.h"

/* The lines of a script, trimmed; comments count as empty. */
struct lines {
	struct str *p;
	size_t n, at;
};

struct script {
	const char *file;
	const struct script_options *o;
	struct script_counts *n;
	struct lines lines;
	struct labels_table *table;
	struct pstore *store;
	struct arena data;		/* histograms of the store */
	struct arena arena;		/* of one command */
};

/* What `expect` lines say of one kind of annotation. */
struct note_expect {
	bool none;			/* no_warn, no_info */
	bool some;
	VEC(struct str) msg;
	VEC(struct re *) re;
};

struct eval {
	unsigned line;
	struct str text;
	bool range;			/* a range query */
	int64_t start, end, step;	/* ms; instant: start */
	bool fail, ordered, is_string, is_scalar, is_matrix;
	bool has_msg;
	struct str fail_msg, string;
	struct re *fail_re;
	double scalar;
	struct note_expect note[2];	/* by enum pnote_kind */
	int64_t m_start, m_end, m_step;	/* expect range vector */
	VEC(struct pnotation) series;
};

/* load.c: the body of a load command. */
int	script_load(struct script *s, struct str step, bool nhcb,
	    struct err *e);

/* expect.c: an eval command with its body, and how it is released. */
int	eval_parse(struct script *s, struct str line, struct eval *v,
	    struct err *e);
void	eval_release(struct eval *v);

/* compare.c */
struct result {
	bool failed;
	struct err err;
	struct promql_ctx ctx;
	struct pcols v;
	size_t step;		/* which step an instant expectation is of */
	bool as_range;
};
/* True when r is what v wants; else expected and got say why not. */
bool	result_ok(const struct eval *v, const struct result *r,
	    struct buf *expected, struct buf *got);

#endif
