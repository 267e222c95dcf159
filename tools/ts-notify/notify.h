/*
 * ts-notify: what its files share.  A notification line becomes a job for
 * each integration of its receiver; a job asks the log whether there is
 * anything to tell (dedup.c), and tries to deliver until it has succeeded,
 * failed for good, or its time is over (queue.c, retry.c).  One try is an
 * attempt (attempt.c), made by the integration's row (integration.h).  With a
 * state that replicas share, a try needs a lease (lease.c).
 */
#ifndef NOTIFY_H
#define NOTIFY_H

#include "config/am.h"
#include "core/map.h"
#include "core/vec.h"
#include "net/http.h"
#include "net/loop.h"
#include "state/nflog.h"
#include "tmpl/data.h"
#include "tool/tool.h"
#include "wire/wire.h"

#define PARALLEL_MAX	64	/* requests at a time */

struct integration;
struct attempt;
struct texts;

/*
 * A configuration while anything of it is in use: a reload makes a new one,
 * the old one goes with its last job.
 */
struct setup {
	unsigned refs;
	struct arena arena;
	struct am_config *config;	/* NULL: none was given */
	struct texts *texts;
};

/* A notification while a job of it lives. */
struct note {
	unsigned refs;
	struct arena arena;
	struct setup *setup;
	struct notification n;
	struct str line;		/* as it came */
};

/* Of one integration of a receiver. */
struct target {
	const struct integration *kind;
	const void *conf;		/* struct slack_config … */
	struct str name;		/* "slack" */
	size_t index;
	bool send_resolved;
};

/*
 * All notifications of one group for one target: at most one is being
 * delivered and one, the newest, waits for it.
 */
struct job {
	struct notifier *nf;
	struct str key;			/* in the log; own memory */
	struct note *note, *next;
	struct target target, next_target;
	struct attempt *attempt;	/* NULL: none is running */
	struct ltimer timer;		/* the next attempt */
	struct ltimer expiry;		/* wall clock: the end of trying */
	int64_t deadline;
	unsigned attempts;
	int64_t backoff_ms;
	uint64_t random;
	const char *reason;		/* why it is sent */
	struct nflog_entry entry;	/* to be written on success */
	struct nflog_hashes told;	/* resolved ones of the last success */
	int64_t last_time;		/* of the last success; 0 = none */
	int64_t generation;		/* of our lease; 0 = none */
	int64_t lease_until;		/* clk_boot_ms */
	int64_t look_ms;		/* before the next look at a held one */
	struct ltimer lease;		/* to look again, or to prolong */
	bool waiting;			/* for a lease, or for a turn */
	struct job *behind;		/* in the line for a turn */
	struct arena arena;		/* of reason and entry */
	struct err err;			/* of the last attempt */
};

struct notifier {
	struct tool *t;
	struct loop *loop;
	struct http_client *http;
	struct labels_table *table;
	struct wire_reader *reader;
	struct state *state;
	struct nflog *log;
	struct setup *setup;
	struct arena names;		/* of files, for messages */
	struct map jobs;		/* by key */
	struct attempt *attempts;	/* all there are */
	size_t running;			/* attempts under way, waiting jobs */
	size_t leased;			/* jobs that hold a lease */
	struct job *line, **line_end;	/* wait until fewer are */
	struct ltimer turn;		/* of the first in the line */
	struct ltimer pulse;
	int64_t away_since;		/* the state's server; 0 = it is there */
	int64_t swept_at;
	size_t sent, failed, deduplicated, superseded, bad;
	bool broken;			/* the state or stdout failed us */

	/* options */
	const char *to;			/* --to: every receiver is this */
	const char *text, *test_receiver;
	bool html, compat_025, retry_after;
	int64_t max_wait_ms, grace_ms, lease_ms;
	struct str external_url;
};

static inline int64_t
notifier_now(const struct notifier *nf)
{
	return clk_now(&nf->t->clk);
}

static inline bool
virtual_time(const struct notifier *nf)
{
	return nf->t->clk.kind == CLK_INPUT;
}

/* setup.c: NULL with *e. */
struct setup	*setup_load(struct notifier *nf, struct err *e);
void		 setup_unref(struct setup *s);

/* input.c: read and deliver until the end; the exit status. */
int	notify_run(struct notifier *nf, int argc, char **argv);
int	notifier_open(struct notifier *nf, bool with_state, struct err *e);
void	notifier_close(struct notifier *nf);

/* queue.c */
void	queue_offer(struct notifier *nf, const struct notification *n,
	    struct str line);
void	queue_abandon(struct notifier *nf, const char *why);
void	queue_finished(struct job *j, bool ok);	/* an attempt has ended */
bool	queue_is_idle(const struct notifier *nf);

/* dedup.c: is there anything to tell?  -1 with *e. */
int	dedup_decide(struct job *j, bool *send, struct err *e);

/* retry.c: when to try again; false when that is past the deadline. */
bool	retry_next(struct job *j, int64_t not_before, int64_t *at);

/* lease.c */
enum claim {
	CLAIM_OURS,
	CLAIM_WAIT,		/* another holds it: look again later */
	CLAIM_NONE		/* the server is away for long: without one */
};
bool		lease_needed(const struct notifier *nf);
enum claim	lease_claim(struct job *j);
int64_t		lease_look_ms(struct job *j);	/* until the next look */
bool		lease_holds(const struct job *j);	/* or needs none */
void		lease_prolong(struct job *j);
/* Commit under the lease and end it: as state_settle. */
int		lease_settle(struct job *j, struct err *e);
void		lease_end(struct job *j);
void		lease_begin_pulse(struct notifier *nf);

/* dryrun.c: print what would be sent. */
int	dry_run(struct notifier *nf, const struct notification *n);

/* verb_*.c */
int	verb_render(struct tool *t, int argc, char **argv);
int	verb_send(struct tool *t, int argc, char **argv);
int	verb_summary(struct tool *t, int argc, char **argv);

#endif
