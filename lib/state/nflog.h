/*
 * nflog: what was last told to whom: the notification log of ts-notify.  In
 * a struct state, or in memory when there is none.  An entry is written only
 * after a delivery has succeeded.
 */
#ifndef STATE_NFLOG_H
#define STATE_NFLOG_H

#include <stdbool.h>

#include "core/arena.h"
#include "state/state.h"

#define NFLOG_KEEP_MS	(INT64_C(120) * 3600 * 1000)
#define NFLOG_HASHES_MAX	1000000

struct nflog_hashes {
	uint64_t *p;			/* sorted */
	size_t n;
};

struct nflog_entry {
	int64_t time;			/* of the success, ms */
	int64_t expires;
	struct nflog_hashes firing, resolved;	/* alerts by label set */
	struct str extra;		/* the integration's own JSON; or empty */
};

struct nflog;

/* s NULL: in memory.  s must outlive the log; puts are not committed. */
struct nflog	*nflog_new(struct state *s);
void		 nflog_free(struct nflog *l);

/* receiver/integration/index and the group key; appended to out. */
void	nflog_key(struct buf *out, struct str receiver,
	    struct str integration, size_t index, struct str group_key);

/* 1 found (in the arena), 0 none, -1 with *e (also: not readable). */
int	nflog_get(struct nflog *l, struct str key, struct arena *a,
	    struct nflog_entry *out, struct err *e);
int	nflog_put(struct nflog *l, struct str key,
	    const struct nflog_entry *entry, struct err *e);

/* Forget what expired before now. */
int	nflog_sweep(struct nflog *l, int64_t now, struct err *e);

/* Ascending, as an entry holds them; and looked up there. */
void	nflog_hashes_sort(struct nflog_hashes *h);
bool	nflog_hashes_has(const struct nflog_hashes *h, uint64_t hash);

/*
 * Alertmanager's six rules: is the state of a group, alerts that fire and
 * alerts that are resolved (sorted), news to an integration that was last
 * told `last` (NULL: nothing)?  *reason is why, or why not.
 */
bool	nflog_needs(const struct nflog_entry *last,
	    const struct nflog_hashes *firing,
	    const struct nflog_hashes *resolved, bool send_resolved,
	    int64_t repeat_ms, int64_t now, const char **reason);

#endif
