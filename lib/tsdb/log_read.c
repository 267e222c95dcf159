#include <errno.h>

#include "core/hash.h"
#include "core/io.h"
#include "tsdb/log.h"

struct record {
	char type;
	const unsigned char *body;
	size_t n;
};

struct log_reader {
	struct str text;
	struct log_state *st;
	const struct log_sink *sink;
	struct log_result *out;
	VEC(double) run;		/* values of one run */
	struct arena arena;		/* of one record */
	size_t start;			/* samples before this are not wanted */
};

void
log_state_init(struct log_state *st, struct labels_table *t)
{
	*st = (struct log_state){ .table = t };
}

void
log_state_release(struct log_state *st)
{
	vec_release(&st->symbols);
	vec_release(&st->series);
	arena_free(&st->arena);
}

/* ---- records ---- */

/* A record at `at` that fits into the file; its checksum is not looked at. */
static bool
record_at(struct str text, size_t at, struct record *out)
{
	const char *p = text.p + at;
	size_t n;

	if (text.n - at < LOG_RECORD_HEADER || memcmp(p, "TSL", 3) != 0)
		return false;
	n = get_u32(p + 4);
	if (n > LOG_RECORD_MAX || n > text.n - at - LOG_RECORD_HEADER)
		return false;
	*out = (struct record){ p[3],
	    (const unsigned char *)p + LOG_RECORD_HEADER, n };
	return true;
}

static bool
record_ok(const struct record *r)
{
	uint32_t crc = hash_crc32c(0, (struct str){ &r->type, 1 });

	crc = hash_crc32c(crc, (struct str){ (const char *)r->body, r->n });
	return crc == get_u32(r->body - 4);
}

/* The next place behind `at` where a sound record stands; text.n: none. */
static size_t
resync(struct str text, size_t at)
{
	struct record rec;
	const char *p;

	for (at++; at < text.n; at++) {
		p = memmem(text.p + at, text.n - at, "TSL", 3);
		if (p == NULL)
			break;
		at = (size_t)(p - text.p);
		if (record_at(text, at, &rec) && record_ok(&rec))
			return at;
	}
	return text.n;
}

/* ---- series ---- */

/* Every symbol and every series takes a byte: ids are below the file's size. */
static bool
read_symbols(struct log_reader *lr, struct rd *r)
{
	struct log_state *st = lr->st;
	uint64_t first = rd_varint(r), count = rd_varint(r), i, n;
	const unsigned char *p;

	if (r->bad || first > lr->text.n || count > rd_left(r))
		return false;
	while (st->symbols.n < first)
		vec_push(&st->symbols, NULL);
	st->symbols.n = first;
	for (i = 0; i < count; i++) {
		n = rd_varint(r);
		if ((p = rd_take(r, n)) == NULL)
			return false;
		vec_push(&st->symbols, intern_str(labels_symbols(st->table),
		    (struct str){ (const char *)p, n }));
	}
	return true;
}

static const struct sym *
read_symbol(const struct log_state *st, struct rd *r)
{
	uint64_t id = rd_varint(r);

	return id < st->symbols.n ? st->symbols.p[id] : NULL;
}

/* v NULL when a symbol of it is lost. */
static struct log_series
read_series(struct log_state *st, struct rd *r)
{
	uint64_t n = rd_varint(r), i;
	struct label *v;
	bool lost = false;

	if (r->bad || n > rd_left(r))
		return (struct log_series){ 0 };
	v = ARENA_ARRAY(&st->arena, n + 1, struct label);
	for (i = 0; i < n; i++) {
		v[i].name = read_symbol(st, r);
		v[i].value = read_symbol(st, r);
		if (v[i].name == NULL || v[i].value == NULL)
			lost = true;
	}
	return (struct log_series){ .v = lost ? NULL : v, .n = (uint32_t)n };
}

static bool
read_definitions(struct log_reader *lr, struct rd *r)
{
	struct log_state *st = lr->st;
	struct log_series s;
	uint64_t first, count, i;

	if (!read_symbols(lr, r))
		return false;
	first = rd_varint(r);
	count = rd_varint(r);
	if (r->bad || count > rd_left(r) || first > lr->text.n)
		return false;
	while (st->series.n < first)
		vec_push(&st->series, (struct log_series){ 0 });
	st->series.n = first;
	for (i = 0; i < count && !r->bad; i++) {
		s = read_series(st, r);
		if (s.v && lr->sink->series)
			s.skip = !lr->sink->series(lr->sink->arg,
			    (uint32_t)(first + i), s.v, s.n);
		vec_push(&st->series, s);
	}
	return !r->bad;
}

/* ---- samples ---- */

/* The fields with which 'F' and 'X' begin. */
struct batch {
	unsigned flags;
	int64_t oldest, newest;
	uint64_t count;
};

static bool
read_batch(struct rd *r, struct batch *b)
{
	b->flags = rd_u8(r);
	b->oldest = (int64_t)rd_u64(r);
	b->newest = (int64_t)rd_u64(r);
	b->count = rd_varint(r);
	return !r->bad;
}

static void
count_batch(struct log_result *out, const struct batch *b)
{
	if (b->count && b->oldest < out->oldest)
		out->oldest = b->oldest;
	if (b->count && b->newest > out->newest)
		out->newest = b->newest;
	out->samples += b->count;
}

/* Values of refs [ref, ref + n), those that are wanted, into lr->run. */
static bool
read_run(struct log_reader *lr, struct rd *r, uint64_t ref, size_t n)
{
	struct log_state *st = lr->st;
	const unsigned char *bits = rd_take(r, n / 8 + (n % 8 != 0));
	struct log_series unknown, *s;
	double before;
	size_t i;

	if (bits == NULL)
		return false;
	vec_reserve(&lr->run, n);
	for (i = 0; i < n; i++) {
		s = ref + i < st->series.n ? &st->series.p[ref + i] : &unknown;
		if (s == &unknown)
			unknown = (struct log_series){ 0 };
		if (s->skip) {
			if (bits[i / 8] >> i % 8 & 1)
				rd_skip_value(r);
			continue;
		}
		before = s->key == st->key ? s->last : 0;
		if (bits[i / 8] >> i % 8 & 1)
			before = rd_value(r, before);
		s->last = lr->run.p[i] = before;
		s->key = st->key;
	}
	return !r->bad;
}

static bool
is_given(const struct log_state *st, uint64_t ref)
{
	return st->series.p[ref].v && !st->series.p[ref].skip;
}

/* Pass the run on, without series that are not wanted, or not known. */
static void
give_run(struct log_reader *lr, uint64_t ref, size_t n, int64_t ts)
{
	const struct log_state *st = lr->st;
	size_t i, from;

	for (i = 0; i < n && ref + i < st->series.n; i++) {
		if (!is_given(st, ref + i))
			continue;
		from = i;
		while (i < n && ref + i < st->series.n &&
		    is_given(st, ref + i))
			i++;
		lr->sink->run(lr->sink->arg, (uint32_t)(ref + from), i - from,
		    ts, lr->run.p + from);
	}
}

static bool
read_floats(struct log_reader *lr, struct rd *r)
{
	struct log_state *st = lr->st;
	uint64_t ref = 0, n, left;
	struct batch b;
	int64_t ts;

	if (!read_batch(r, &b))
		return false;
	if (b.flags & LOG_KEY) {
		st->key++;
		st->since_key = 0;
		st->lost = false;
	}
	if (st->lost)
		return true;
	ts = 0;
	for (left = b.count; left; left -= n) {
		ref += (uint64_t)rd_signed(r);
		n = rd_varint(r);
		ts = (int64_t)((uint64_t)ts + (uint64_t)rd_signed(r));
		if (r->bad || n == 0 || n > left || ref > UINT32_MAX ||
		    !read_run(lr, r, ref, n))
			return false;
		if (lr->sink->run)
			give_run(lr, ref, n, ts);
		ref += n;
	}
	st->since_key += b.count;
	count_batch(lr->out, &b);
	return true;
}

static bool
read_odd(struct log_reader *lr, struct rd *r)
{
	struct sample x;
	struct batch b;
	uint64_t ref, i;
	unsigned has;

	if (!read_batch(r, &b))
		return false;
	for (i = 0; i < b.count && !r->bad; i++) {
		ref = rd_varint(r);
		x = (struct sample){ .ts = rd_signed(r) };
		has = rd_u8(r);
		if (has & LOG_HAS_START)
			x.start = rd_signed(r);
		if (!(has & LOG_HAS_HISTOGRAM))
			x.value = rd_value(r, 0);
		else if ((x.hist = histogram_get(r, NULL, &lr->arena)) == NULL)
			return false;
		if (!r->bad && lr->sink->odd && ref < lr->st->series.n &&
		    is_given(lr->st, ref))
			lr->sink->odd(lr->sink->arg, (uint32_t)ref, &x);
	}
	count_batch(lr->out, &b);
	return !r->bad;
}

static bool
read_record(struct log_reader *lr, const struct record *rec, bool wanted)
{
	struct rd r = rd_of(rec->body, rec->n);

	arena_reset(&lr->arena);
	switch (rec->type) {
	case 'S':
		return read_definitions(lr, &r);
	case 'F':
		return !wanted || read_floats(lr, &r);
	case 'X':
		return !wanted || read_odd(lr, &r);
	default:
		return true;	/* of a later version */
	}
}

/*
 * The last key record before which nothing is as new as from: reading can
 * begin there.  0 = at the beginning, also when there is damage on the way.
 */
static size_t
first_wanted(struct str text, int64_t from)
{
	size_t at = LOG_MAGIC_BYTES, start = 0;
	struct record rec;
	struct batch b;
	struct rd r;

	for (; at < text.n; at += LOG_RECORD_HEADER + rec.n) {
		if (!record_at(text, at, &rec))
			return resync(text, at) < text.n ? 0 : start;
		r = rd_of(rec.body, rec.n);
		if ((rec.type != 'F' && rec.type != 'X') ||
		    !read_batch(&r, &b))
			continue;
		if (rec.type == 'F' && b.flags & LOG_KEY)
			start = at;
		if (b.newest >= from)
			break;
	}
	return start;
}

static void
note_damage(struct log_reader *lr, const char *path, size_t at)
{
	if (lr->out->damaged++ == 0)
		err_set(&lr->out->first, ERR_SYNTAX,
		    "'%s': damaged record at byte %zu", path, at);
	lr->st->lost = true;
}

static void
read_records(struct log_reader *lr, const char *path)
{
	size_t at = LOG_MAGIC_BYTES, next;
	struct record rec;

	while (at < lr->text.n) {
		if (record_at(lr->text, at, &rec) && record_ok(&rec)) {
			if (!read_record(lr, &rec, at >= lr->start))
				note_damage(lr, path, at);
			lr->out->records++;
			at += LOG_RECORD_HEADER + rec.n;
			lr->out->good = at;
			continue;
		}
		next = resync(lr->text, at);
		if (next == lr->text.n)
			return;		/* a torn tail */
		note_damage(lr, path, at);
		at = next;
	}
}

int
log_read(const char *path, int64_t from, struct log_state *st,
    const struct log_sink *sink, struct log_result *out, struct err *e)
{
	struct log_reader lr = { .st = st, .sink = sink, .out = out };
	struct buf text = { 0 };
	int rc = -1, saved = 0;

	*out = (struct log_result){ .oldest = INT64_MAX,
	    .newest = INT64_MIN };
	if (io_read_file(path, LOG_FILE_MAX, &text, e) == -1) {
		saved = errno;
		goto out;
	}
	rc = 0;
	out->bytes = text.n;
	lr.text = buf_str(&text);
	if (text.n < LOG_MAGIC_BYTES)
		goto out;
	if (memcmp(text.p, LOG_MAGIC, LOG_MAGIC_BYTES) != 0)
		note_damage(&lr, path, 0);
	out->good = LOG_MAGIC_BYTES;
	lr.start = from == INT64_MIN ? 0 : first_wanted(lr.text, from);
	read_records(&lr, path);
out:
	vec_release(&lr.run);
	arena_free(&lr.arena);
	buf_release(&text);
	errno = saved;
	return rc;
}

bool
log_newest(const char *path, int64_t *newest)
{
	size_t at = LOG_MAGIC_BYTES;
	struct buf text = { 0 };
	struct record rec;
	struct batch b;
	struct err e;
	struct rd r;

	*newest = INT64_MIN;
	if (io_read_file(path, LOG_FILE_MAX, &text, &e) == -1)
		text.n = 0;
	while (at < text.n) {
		if (!record_at(buf_str(&text), at, &rec)) {
			at = resync(buf_str(&text), at);
			continue;
		}
		r = rd_of(rec.body, rec.n);
		if ((rec.type == 'F' || rec.type == 'X') &&
		    read_batch(&r, &b) && b.newest > *newest)
			*newest = b.newest;
		at += LOG_RECORD_HEADER + rec.n;
	}
	buf_release(&text);
	return *newest != INT64_MIN;
}
