/*
 * remote: expressions evaluated in a store that speaks Prometheus' HTTP API
 * (--source): Prometheus, VictoriaMetrics, Mimir, Thanos.  A request waits
 * for its answer; what is no whole answer is an error, never an empty result.
 */
#ifndef TS_EVAL_REMOTE_H
#define TS_EVAL_REMOTE_H

#include "eval.h"

struct remote;

/* config: a file with the fields of an http_config, or NULL. */
struct remote	*remote_new(const char *url, const char *config,
		    int64_t timeout_ms, struct err *e);
void		 remote_free(struct remote *r);

/*
 * As promql_eval: instant when step is 0.  Labels go to the reader's table,
 * memory comes from a.
 */
struct remote_query {
	struct str expr;
	int64_t start, end, step, lookback;	/* ms */
	struct wire_reader *wire;
	struct labels_table *table;
	struct arena *arena;
	struct pnote *notes;			/* filled by the call */
};
int	remote_eval(struct remote *r, struct remote_query *q,
	    struct pcols *out, struct err *e);

#endif
