/*
 * ts-notify: what its files share.  A notification line becomes a job for
 * each integration of its receiver; a job asks the log whether there is
 * anything to tell (dedup.c), and tries to deliver until it has succeeded,
 * failed for good, or its time is over (queue.c, retry.c).  One try is an
 * attempt (attempt.c), made by the integration's row (integration.h).
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
	size_t running;			/* attempts under way */
	int64_t swept_at;
	size_t sent, failed, deduplicated, superseded, bad;
	bool broken;			/* the state or stdout failed us */

	/* options */
	const char *to;			/* --to: every receiver is this */
	const char *text, *test_receiver;
	bool html, compat_025, retry_after;
	int64_t max_wait_ms, grace_ms;
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

/* dryrun.c: print what would be sent. */
int	dry_run(struct notifier *nf, const struct notification *n);

/* verb_*.c */
int	verb_render(struct tool *t, int argc, char **argv);
int	verb_send(struct tool *t, int argc, char **argv);
int	verb_summary(struct tool *t, int argc, char **argv);

#endif
