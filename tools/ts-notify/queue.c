#include "integration.h"

#include "core/mem.h"

#define DEADLINE_MIN_MS	10000	/* of trying, when flushes come faster */

/* ---- notes ---- */

static struct note *
note_new(struct notifier *nf, const struct notification *n, struct str line)
{
	struct note *note = mem_zalloc(sizeof(*note));
	struct arena *a = &note->arena;
	struct alert *alerts = ARENA_ARRAY(a, n->nalerts, struct alert);
	size_t i;

	/* Label sets are interned: they live as long as the table. */
	note->n = *n;
	note->n.receiver = arena_str(a, n->receiver);
	note->n.group_key = arena_str(a, n->group_key);
	note->n.reason = arena_str(a, n->reason);
	note->n.external_url = arena_str(a, n->external_url);
	note->n.route = arena_str(a, n->route);
	for (i = 0; i < n->nalerts; i++) {
		alerts[i] = n->alerts[i];
		alerts[i].generator_url = arena_str(a,
		    alerts[i].generator_url);
		alerts[i].state = arena_str(a, alerts[i].state);
		alerts[i].value = arena_str(a, alerts[i].value);
	}
	note->n.alerts = alerts;
	note->line = arena_str(a, line);
	note->setup = nf->setup;
	note->setup->refs++;
	note->refs = 1;
	return note;
}

static void
note_unref(struct note *note)
{
	if (note == NULL || --note->refs > 0)
		return;
	setup_unref(note->setup);
	arena_free(&note->arena);
	mem_free(note);
}

/* ---- what became of it ---- */

static void
report(struct job *j, const struct note *note, const char *outcome,
    const char *reason, const struct err *err)
{
	struct notifier *nf = j->nf;
	struct arena a = { 0 };
	struct wire_delivery d = {
		.outcome = str_of(outcome),
		.time = notifier_now(nf),
		.receiver = note->n.receiver,
		.integration = arena_printf(&a, STR_FMT "[%zu]",
		    STR_ARG(j->target.name), j->target.index),
		.group_key = note->n.group_key,
		.reason = str_of(reason),
		.attempts = j->attempts,
		.error = err != NULL ? str_of(err->msg) : STR_NONE,
	};

	/* What stdout shows needs no line beside it. */
	if (j->target.kind != &int_stdout || err != NULL)
		wire_put_delivery(io_writer_buf(nf->t->out), &d);
	arena_free(&a);
	if (tool_flush(nf->t) == -1)
		nf->broken = true;
}

static void
state_failed(struct notifier *nf, const struct err *e)
{
	diag_err(e);
	nf->broken = true;
	loop_stop(nf->loop);
}

/* The log is written before the delivery is told of.  STATE_*. */
static int
remember(struct job *j)
{
	struct notifier *nf = j->nf;
	struct err e;
	int rc = -1;

	/* A repeat counts from the flush, however long the sending took. */
	if (!virtual_time(nf))
		j->entry.time = notifier_now(nf);
	if (nflog_put(nf->log, j->key, &j->entry, &e) == -1 ||
	    (rc = lease_settle(j, &e)) == -1)
		state_failed(nf, &e);
	return rc;
}

/* ---- jobs ---- */

static void	begin(struct job *j);
static void	look(struct job *j);

/* Wait for so long, then look again; or for a turn, with ms -1. */
static void
wait_ms(struct job *j, int64_t ms)
{
	if (!j->waiting) {
		j->nf->running++;
		loop_hold(j->nf->loop);
	}
	j->waiting = true;
	if (ms != -1)
		loop_deadline(j->nf->loop, &j->lease, ms);
}

static void
leave_line(struct job *j)
{
	struct notifier *nf = j->nf;
	struct job **p = &nf->line;

	while (*p != NULL && *p != j)
		p = &(*p)->behind;
	if (*p == NULL)
		return;
	*p = j->behind;
	if (nf->line_end == &j->behind)
		nf->line_end = p;
}

static void
stop_waiting(struct job *j)
{
	loop_deadline_stop(j->nf->loop, &j->lease);
	if (!j->waiting)
		return;
	leave_line(j);
	j->waiting = false;
	j->nf->running--;
	loop_unhold(j->nf->loop);
}

/* A lease is held while its request runs, not while it waits to run. */
static void
stand_in_line(struct job *j)
{
	struct notifier *nf = j->nf;

	if (nf->line == NULL)
		nf->line_end = &nf->line;
	wait_ms(j, -1);
	j->behind = NULL;
	*nf->line_end = j;
	nf->line_end = &j->behind;
}

static void
on_turn(struct loop *l, void *arg, unsigned events)
{
	struct notifier *nf = arg;
	struct job *j;

	(void)l;
	(void)events;
	while (nf->leased < PARALLEL_MAX && (j = nf->line) != NULL) {
		stop_waiting(j);
		look(j);
	}
}

static void
next_turn(struct notifier *nf)
{
	nf->turn.fn = on_turn;
	nf->turn.arg = nf;
	if (nf->line != NULL && !nf->turn.set)
		loop_deadline(nf->loop, &nf->turn, 0);
}

static void
on_lease(struct loop *l, void *arg, unsigned events)
{
	struct job *j = arg;

	(void)events;
	if (j->attempt != NULL) {
		lease_prolong(j);
		loop_deadline(l, &j->lease, j->nf->lease_ms / 3);
	} else {
		stop_waiting(j);
		look(j);
	}
}

/* Nothing of it is under way or waited for any more. */
static void
let_go(struct job *j)
{
	loop_timer_stop(j->nf->loop, &j->timer);
	stop_waiting(j);
	attempt_free(j->attempt);
	j->attempt = NULL;
	lease_end(j);
	next_turn(j->nf);
}

static void
job_free(struct job *j)
{
	let_go(j);
	loop_timer_stop(j->nf->loop, &j->expiry);
	note_unref(j->note);
	note_unref(j->next);
	arena_free(&j->arena);
	(void)map_del(&j->nf->jobs, j->key);
	mem_free(j);
}

/* This notification is done with; the one that waited takes its place. */
static void
end(struct job *j)
{
	let_go(j);
	loop_timer_stop(j->nf->loop, &j->expiry);
	note_unref(j->note);
	j->note = j->next;
	j->target = j->next_target;
	j->next = NULL;
	if (j->note != NULL)
		begin(j);
	else
		job_free(j);
}

static void
give_up(struct job *j, const char *reason)
{
	if (j->err.kind == ERR_NONE)
		(void)err_set(&j->err, ERR_NET, "%s", reason);
	diag_warning(STR_FMT "/" STR_FMT "[%zu]: %s",
	    STR_ARG(j->note->n.receiver), STR_ARG(j->target.name),
	    j->target.index, j->err.msg);
	j->nf->failed++;
	report(j, j->note, "failed", reason, &j->err);
	end(j);
}

static void
deduplicated(struct job *j, const char *reason)
{
	j->nf->deduplicated++;
	report(j, j->note, "deduplicated", reason, NULL);
	end(j);
}

static void
attempt_now(struct job *j)
{
	j->attempts++;
	j->attempt = attempt_new(j);
	j->attempt->job = j;
	/* Nothing left to tell: only resolved ones, which it does not want. */
	if (j->attempt->n.nalerts == 0) {
		j->attempts--;
		(void)remember(j);
		deduplicated(j, "resolved alerts unwanted");
		return;
	}
	j->nf->running++;
	if (j->generation != 0)
		loop_deadline(j->nf->loop, &j->lease, j->nf->lease_ms / 3);
	attempt_start(j->attempt);
}

/* Is it news?  False: it has ended. */
static bool
is_news(struct job *j)
{
	bool send;
	struct err e;

	arena_reset(&j->arena);
	if (dedup_decide(j, &send, &e) == -1) {
		state_failed(j->nf, &e);
		return false;
	}
	if (!send)
		deduplicated(j, j->reason);
	return send;
}

/*
 * Try, as far as it is news; of replicas, the one that gets the lease, and it
 * looks at the log once more: the holder before may have written it.
 */
static void
look(struct job *j)
{
	struct notifier *nf = j->nf;
	enum claim c = CLAIM_NONE;

	if (!is_news(j))
		return;
	if (!virtual_time(nf) && !j->expiry.set)
		loop_timer(nf->loop, &j->expiry, j->deadline);
	if (lease_needed(nf)) {
		if (nf->leased >= PARALLEL_MAX) {
			stand_in_line(j);
			return;
		}
		c = lease_claim(j);
		tool_say_state(nf->state);
	}
	if (c == CLAIM_OURS) {
		if (!is_news(j))
			return;
		/* A log that nobody could look at says nothing. */
		if (!state_online(nf->state))
			c = CLAIM_WAIT;
	}
	if (c == CLAIM_WAIT) {
		lease_end(j);
		wait_ms(j, lease_look_ms(j));
	} else
		attempt_now(j);
}

static void
on_retry(struct loop *l, void *arg, unsigned events)
{
	struct job *j = arg;

	(void)l;
	(void)events;
	if (lease_needed(j->nf))
		look(j);
	else
		attempt_now(j);
}

/* Its time is over. */
static void
run_out(struct job *j, const char *why)
{
	if (j->waiting && j->look_ms != 0 && j->nf->away_since == 0) {
		deduplicated(j, "another replica is delivering it");
		return;
	}
	if (j->attempt != NULL)
		j->nf->running--;
	give_up(j, why);
}

static void
on_expiry(struct loop *l, void *arg, unsigned events)
{
	struct job *j = arg;

	(void)l;
	(void)events;
	run_out(j, "not delivered in time");
}

/* It was sent, but how sure is it that it is sent once? */
static const struct err *
doubt(int settled)
{
	static const struct err taken = { .kind = ERR_NET, .msg = "another "
	    "replica had taken over meanwhile and may send it again" };
	static const struct err owed = { .kind = ERR_NET, .msg = "the log "
	    "could not be written yet: another replica may send it again" };

	return settled == STATE_TAKEN ? &taken : settled == STATE_OWED ?
	    &owed : NULL;
}

void
queue_finished(struct job *j, bool ok)
{
	struct attempt *a = j->attempt;
	bool again = !ok && a->err.kind == ERR_NET, late = a->too_late;
	const struct err *unsure;
	int64_t at, not_before = notifier_now(j->nf) + a->retry_after_ms;

	j->nf->running--;
	j->attempt = NULL;
	j->err = a->err;
	attempt_free(a);
	if (ok) {
		unsure = doubt(remember(j));
		j->nf->sent++;
		report(j, j->note, "sent", j->reason, unsure);
		end(j);
		return;
	}
	loop_deadline_stop(j->nf->loop, &j->lease);
	lease_end(j);
	next_turn(j->nf);
	if (late) {
		/* The lease ran out before it was sent: nothing happened. */
		j->attempts--;
		look(j);
	} else if (!again) {
		give_up(j, "refused");
	} else if (j->next != NULL) {
		j->nf->superseded++;
		report(j, j->note, "superseded", "a newer one is waiting",
		    &j->err);
		end(j);
	} else if (retry_next(j, not_before, &at)) {
		diag_note(STR_FMT "/" STR_FMT "[%zu]: %s; trying again",
		    STR_ARG(j->note->n.receiver), STR_ARG(j->target.name),
		    j->target.index, j->err.msg);
		loop_timer(j->nf->loop, &j->timer, at);
	} else
		give_up(j, "not delivered in time");
}

/* A notification gets its turn: is it news, then try. */
static void
begin(struct job *j)
{
	struct notifier *nf = j->nf;
	int64_t now = notifier_now(nf), from = j->note->n.time;
	int64_t span = j->note->n.group_interval_ms;

	j->attempts = 0;
	j->backoff_ms = 0;
	j->err = (struct err){ 0 };
	if (span < DEADLINE_MIN_MS)
		span = DEADLINE_MIN_MS;
	/* Late input (cron) still gets its time. */
	j->deadline = (from > now || !virtual_time(nf) ? now : from) + span;
	look(j);
}

static struct job *
job_get(struct notifier *nf, const struct notification *n,
    const struct target *t)
{
	struct buf key = { 0 };
	struct job *j;

	nflog_key(&key, n->receiver, t->name, t->index, n->group_key);
	j = map_get(&nf->jobs, buf_str(&key));
	if (j == NULL) {
		j = mem_zalloc(sizeof(*j) + key.n);
		memcpy(j + 1, key.p, key.n);
		j->key = (struct str){ (char *)(j + 1), key.n };
		j->nf = nf;
		j->timer = (struct ltimer){ .fn = on_retry, .arg = j };
		j->expiry = (struct ltimer){ .fn = on_expiry, .arg = j };
		j->lease = (struct ltimer){ .fn = on_lease, .arg = j };
		(void)map_put(&nf->jobs, j->key, j);
	}
	buf_release(&key);
	return j;
}

static void
offer_one(struct notifier *nf, struct note *note, const struct target *t)
{
	struct job *j = job_get(nf, &note->n, t);

	note->refs++;
	if (j->note == NULL) {
		j->note = note;
		j->target = *t;
		begin(j);
		return;
	}
	if (j->next != NULL) {
		nf->superseded++;
		report(j, j->next, "superseded", "a newer one has come", NULL);
		note_unref(j->next);
	}
	j->next = note;
	j->next_target = *t;
	if (j->attempt == NULL && !j->waiting) {
		/* It waited to be tried again: the newer one goes instead. */
		nf->superseded++;
		report(j, j->note, "superseded", "a newer one has come",
		    &j->err);
		end(j);
	}
}

/* A receiver or an integration that we cannot serve. */
static void
refuse(struct notifier *nf, const struct note *note, struct str integration,
    size_t index, const struct err *e)
{
	struct job j = { .nf = nf, .target = { .name = integration,
	    .index = index } };

	diag_warning("%s", e->msg);
	nf->failed++;
	report(&j, note, "failed", "refused", e);
}

static void
offer_receiver(struct notifier *nf, struct note *note,
    const struct am_receiver *r)
{
	struct err e;
	size_t i;

	for (i = 0; i < r->n; i++) {
		const struct integration_config *ic = &r->integration[i];
		struct target t = {
			.kind = integration_find(ic->key),
			.conf = ic->conf,
			.name = str_of(ic->kind->name),
			.index = ic->index,
			.send_resolved = ic->common->send_resolved,
		};

		if (t.kind != NULL) {
			offer_one(nf, note, &t);
			continue;
		}
		(void)err_set(&e, ERR_CONFIG, "'" STR_FMT "' of receiver '"
		    STR_FMT "' cannot be delivered by this program",
		    STR_ARG(ic->key), STR_ARG(r->name));
		refuse(nf, note, t.name, t.index, &e);
	}
}

void
queue_offer(struct notifier *nf, const struct notification *n,
    struct str line)
{
	struct note *note = note_new(nf, n, line);
	const struct am_receiver *r;
	struct err e;
	struct target t = { .kind = &int_stdout, .name = STR("stdout"),
	    .send_resolved = true };

	if (nf->to != NULL)
		offer_one(nf, note, &t);
	else if ((r = am_config_receiver(nf->setup->config,
	    n->receiver)) == NULL) {
		(void)err_set(&e, ERR_CONFIG, "the configuration has no "
		    "receiver '" STR_FMT "'", STR_ARG(n->receiver));
		refuse(nf, note, STR("none"), 0, &e);
	} else
		offer_receiver(nf, note, r);
	note_unref(note);
}

void
queue_abandon(struct notifier *nf, const char *why)
{
	struct map_entry *m;
	struct job *j;
	size_t at;

	while ((at = 0, m = map_next(&nf->jobs, &at)) != NULL) {
		j = m->value;
		note_unref(j->next);
		j->next = NULL;
		run_out(j, why);
	}
}

bool
queue_is_idle(const struct notifier *nf)
{
	return nf->jobs.n == 0;
}
