/*
 * Replicas: several ts-notify with the same input and a state that they
 * share.  Who delivers a notification holds a lease on its key in the log,
 * by the server's clock; it looks at the log again once it has it, prolongs
 * it while the request is under way, does not begin to send after it has run
 * out, and writes the log only while it is still the holder.  Between two
 * tries the lease is free, so that a replica with a better network gets its
 * chance.
 */
#include "notify.h"

#define LOOK_FIRST_MS	50	/* at a lease that another holds; doubles */
#define PATIENCE_MS	5000	/* with a server that is away */
#define PULSE_MS	500
#define PULSE_AWAY_MS	100

bool
lease_needed(const struct notifier *nf)
{
	return nf->state != NULL && state_shared(nf->state);
}

enum claim
lease_claim(struct job *j)
{
	struct notifier *nf = j->nf;
	int64_t asked = clk_boot_ms(), generation;
	struct err e;

	generation = state_lease(nf->state, j->key, nf->lease_ms, &e);
	if (generation != -1)
		nf->away_since = 0;
	if (generation > 0) {
		if (j->generation == 0)
			nf->leased++;
		j->generation = generation;
		/* Rather too early than too late. */
		j->lease_until = asked + nf->lease_ms;
		return CLAIM_OURS;
	}
	if (generation == 0)
		return CLAIM_WAIT;
	if (nf->away_since == 0)
		nf->away_since = asked;
	return asked - nf->away_since < PATIENCE_MS ? CLAIM_WAIT : CLAIM_NONE;
}

int64_t
lease_look_ms(struct job *j)
{
	int64_t ms = j->look_ms ? j->look_ms : LOOK_FIRST_MS;
	int64_t most = j->nf->lease_ms / 4;

	if (ms > most)
		ms = most;
	j->look_ms = ms * 2;
	return ms;
}

bool
lease_holds(const struct job *j)
{
	return j->generation == 0 || clk_boot_ms() < j->lease_until;
}

void
lease_prolong(struct job *j)
{
	struct notifier *nf = j->nf;
	int64_t asked = clk_boot_ms(), generation;
	struct err e;

	if (j->generation == 0)
		return;
	generation = state_lease(nf->state, j->key, nf->lease_ms, &e);
	if (generation == j->generation)
		j->lease_until = asked + nf->lease_ms;
	else if (generation != -1)
		j->lease_until = 0;
	/* Another had it in between, and may have sent and written the log. */
	if (generation > 0 && generation != j->generation)
		state_release(nf->state, j->key, generation);
}

static void
forget(struct job *j)
{
	if (j->generation != 0)
		j->nf->leased--;
	j->generation = 0;
	j->look_ms = 0;
}

int
lease_settle(struct job *j, struct err *e)
{
	int rc = STATE_DONE;

	if (j->nf->state != NULL)
		rc = state_settle(j->nf->state, j->key, j->generation, e);
	/* Soon, before the lease runs out and another sends it again. */
	if (rc == STATE_OWED)
		loop_deadline(j->nf->loop, &j->nf->pulse, PULSE_AWAY_MS);
	forget(j);
	return rc;
}

void
lease_end(struct job *j)
{
	if (j->generation != 0)
		state_release(j->nf->state, j->key, j->generation);
	forget(j);
}

/*
 * Every now and then: a server that lost its records gets them back before
 * another replica misses them; one that was away gets what it missed.
 */
static void
on_pulse(struct loop *l, void *arg, unsigned events)
{
	struct notifier *nf = arg;
	bool there = state_reachable(nf->state);

	(void)events;
	if (there)
		nf->away_since = 0;
	tool_say_state(nf->state);
	loop_deadline(l, &nf->pulse, there ? PULSE_MS : PULSE_AWAY_MS);
}

void
lease_begin_pulse(struct notifier *nf)
{
	if (!lease_needed(nf))
		return;
	nf->pulse = (struct ltimer){ .fn = on_pulse, .arg = nf };
	loop_deadline(nf->loop, &nf->pulse, PULSE_MS);
}
