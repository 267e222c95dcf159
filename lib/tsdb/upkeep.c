#include <unistd.h>

#include "tsdb/store.h"

/* A log is sealed at the latest when it holds so much. */
#define LOG_SAMPLES	((uint64_t)8 << 20)
#define LOG_BYTES	((uint64_t)256 << 20)

/* Old data, loaded series by series: so much is worth a block. */
#define BULK_SAMPLES	((uint64_t)1 << 20)
#define BULK_LAST	((uint64_t)1 << 16)	/* when that ends */

/*
 * Four neighbours of like size become one block, so that the number of files
 * grows with the logarithm of time; up to a size that takes about a second
 * to write, since the writer stands still for so long.
 */
#define MERGE_BLOCKS	4
#define MERGE_SAMPLES	((uint64_t)32 << 20)

/* ---- sealing ---- */

static bool
log_due(const struct store *s)
{
	uint64_t most = s->bulk ? BULK_SAMPLES : LOG_SAMPLES;

	if (s->log == NULL || s->log_samples == 0)
		return false;
	if (s->log_samples >= most || log_bytes(s->log) >= LOG_BYTES)
		return true;
	return !s->bulk && s->log_newest - s->log_oldest >= s->o.block_ms;
}

/* A log that nobody writes to any more; -1: none. */
static ptrdiff_t
closed_log(const struct store *s)
{
	size_t i;

	for (i = 0; i < s->file.n; i++)
		if (s->file.p[i].file.log && (s->log == NULL ||
		    s->file.p[i].file.first != s->segment))
			return (ptrdiff_t)i;
	return -1;
}

static int
seal(struct store *s, struct err *e)
{
	ptrdiff_t i;

	if (log_due(s)) {
		log_close(s->log);
		s->log = NULL;
	}
	while ((i = closed_log(s)) != -1)
		if (store_rewrite(s, (size_t)i, 1, false, e) == -1)
			return err_prefix(e, "cannot seal the log");
	return 0;
}

/* ---- merging ---- */

static unsigned
tier(const struct opened *o)
{
	uint32_t width = o->file.last - o->file.first + 1;
	unsigned t;

	for (t = 0; width >= MERGE_BLOCKS; width /= MERGE_BLOCKS)
		t++;
	return t;
}

/* The files from i on can become one block. */
static bool
mergeable(const struct store *s, size_t i)
{
	const struct opened *o = &s->file.p[i];
	int64_t oldest = INT64_MAX, newest = INT64_MIN;
	uint64_t samples = 0;
	size_t k;

	for (k = 0; k < MERGE_BLOCKS; k++) {
		if (o[k].block == NULL || o[k].block->complained ||
		    tier(&o[k]) != tier(&o[0]))
			return false;
		samples += o[k].block->field[BLOCK_NSAMPLES];
		if (block_oldest(o[k].block) < oldest)
			oldest = block_oldest(o[k].block);
		if (block_newest(o[k].block) > newest)
			newest = block_newest(o[k].block);
	}
	/* what expires together must not span much of what is kept */
	return samples <= MERGE_SAMPLES &&
	    (s->o.keep_ms == 0 || newest - oldest <= s->o.keep_ms / 4);
}

static int
merge(struct store *s, struct err *e)
{
	size_t i;

	for (i = 0; i + MERGE_BLOCKS <= s->file.n; i++) {
		if (!mergeable(s, i))
			continue;
		if (store_rewrite(s, i, MERGE_BLOCKS, true, e) == -1)
			return err_prefix(e, "cannot merge blocks");
		i = (size_t)-1;		/* again from the start */
	}
	return 0;
}

/* ---- expiry ---- */

static void
expire_file(struct store *s, size_t i)
{
	char *path = files_path(s->dir, &s->file.p[i].file);

	(void)unlink(path);
	mem_free(path);
	block_close(s->file.p[i].block);
	s->file.n--;
	memmove(s->file.p + i, s->file.p + i + 1,
	    (s->file.n - i) * sizeof(*s->file.p));
}

static uint64_t
all_bytes(const struct store *s)
{
	uint64_t sum = s->log ? log_bytes(s->log) : 0;
	size_t i;

	for (i = 0; i < s->file.n; i++)
		if (s->file.p[i].block)
			sum += s->file.p[i].block->bytes;
	return sum;
}

/*
 * The time from which the age of blocks is counted: when the latest file
 * began.  Not the newest sample: one that says it is of next year must not
 * expire all others.
 */
static int64_t
present(const struct store *s)
{
	int64_t t = s->log_oldest != INT64_MAX ? s->log_oldest : INT64_MIN;
	const struct block *b;
	size_t i;

	for (i = 0; i < s->file.n; i++)
		if ((b = s->file.p[i].block) != NULL && block_oldest(b) > t)
			t = block_oldest(b);
	return t;
}

static bool
expired(const struct store *s, const struct block *b)
{
	const struct store_options *o = &s->o;
	int64_t now = present(s);

	if (o->keep_ms && now > INT64_MIN + o->keep_ms &&
	    block_newest(b) <= now - o->keep_ms)
		return true;
	return o->keep_bytes && all_bytes(s) > (uint64_t)o->keep_bytes;
}

/* Oldest first; blocks that cannot be read stay for somebody to look at. */
static void
expire(struct store *s)
{
	size_t i = 0;

	while (i < s->file.n)
		if (s->file.p[i].block && expired(s, s->file.p[i].block))
			expire_file(s, i);
		else
			i++;
}

void
store_upkeep(struct store *s)
{
	struct err e;

	if (s->retry_at != INT64_MIN && s->newest < s->retry_at)
		return;
	s->retry_at = INT64_MIN;
	if (seal(s, &e) == -1 || merge(s, &e) == -1) {
		store_note(s, &e);
		s->retry_at = s->newest + s->o.block_ms / 8;
	}
	expire(s);
}

void
store_seal_bulk(struct store *s)
{
	struct err e;

	if (s->log == NULL || !s->bulk || s->log_samples < BULK_LAST)
		return;
	log_close(s->log);
	s->log = NULL;
	if (seal(s, &e) == -1)
		store_note(s, &e);
}
