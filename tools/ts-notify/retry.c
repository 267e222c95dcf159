/*
 * Exponential backoff: half a second, then half as much again each time,
 * each by up to half of it sooner or later, a minute at most.
 */
#include "notify.h"

#define FIRST_MS	500
#define CEILING_MS	60000

/* xorshift64*: good enough to spread retries; in virtual time it repeats. */
static uint64_t
next_random(struct job *j)
{
	uint64_t x = j->random;

	if (x == 0) {
		x = str_hash(j->key) | 1;
		if (!virtual_time(j->nf))
			x ^= (uint64_t)clk_mono_ms() << 20;
	}
	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	j->random = x;
	return x * 0x2545f4914f6cdd1dULL;
}

bool
retry_next(struct job *j, int64_t not_before, int64_t *at)
{
	int64_t spread;

	if (j->backoff_ms == 0)
		j->backoff_ms = FIRST_MS;
	spread = (int64_t)(next_random(j) % (uint64_t)(j->backoff_ms + 1));
	*at = notifier_now(j->nf) + j->backoff_ms / 2 + spread;
	if (*at < not_before)
		*at = not_before;
	j->backoff_ms += j->backoff_ms / 2;
	if (j->backoff_ms > CEILING_MS)
		j->backoff_ms = CEILING_MS;
	return *at < j->deadline;
}
