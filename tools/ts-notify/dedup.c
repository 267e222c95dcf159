/*
 * Whether a group's state is news to an integration, by its log.
 */
#include "notify.h"

/* The label sets of the alerts that are resolved, or are not. */
static void
hashes_of(const struct notification *n, bool resolved, int64_t now,
    struct arena *a, struct nflog_hashes *out)
{
	size_t i;

	out->p = ARENA_ARRAY(a, n->nalerts, uint64_t);
	out->n = 0;
	for (i = 0; i < n->nalerts; i++)
		if (alert_resolved_at(&n->alerts[i], now) == resolved)
			out->p[out->n++] = labels_hash64(n->alerts[i].labels);
	nflog_hashes_sort(out);
}

/* Upstream's default where a line does not say. */
#define REPEAT_MS	(INT64_C(4) * 3600 * 1000)

int
dedup_decide(struct job *j, bool *send, struct err *e)
{
	const struct notification *n = &j->note->n;
	int64_t now = notifier_now(j->nf);
	int64_t repeat = n->repeat_interval_ms > 0 ? n->repeat_interval_ms :
	    REPEAT_MS;
	struct nflog_entry last;
	int found = nflog_get(j->nf->log, j->key, &j->arena, &last, e);

	/* Of a record that cannot be read, only telling again is safe. */
	if (found == -1 && e->kind == ERR_SYNTAX) {
		diag_warn(e);
		found = 0;
	}
	if (found == -1)
		return -1;
	/* Whether or not it has been swept already. */
	if (found == 1 && last.expires < now)
		found = 0;
	j->entry = (struct nflog_entry){ .time = now };
	j->entry.expires = now +
	    (2 * repeat < NFLOG_KEEP_MS ? 2 * repeat : NFLOG_KEEP_MS);
	hashes_of(n, false, n->time ? n->time : now, &j->arena,
	    &j->entry.firing);
	hashes_of(n, true, n->time ? n->time : now, &j->arena,
	    &j->entry.resolved);
	j->told = (struct nflog_hashes){ 0 };
	j->last_time = 0;
	if (found == 1) {
		j->entry.extra = last.extra;
		j->told = last.resolved;
		j->last_time = last.time;
	}
	*send = nflog_needs(found ? &last : NULL, &j->entry.firing,
	    &j->entry.resolved, j->target.send_resolved, repeat, now,
	    &j->reason);
	return 0;
}
