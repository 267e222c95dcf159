#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/hash.h"
#include "core/io.h"
#include "tsdb/block.h"

#define WRITE_CHUNK	((size_t)1 << 20)

struct column {
	uint64_t hash, at;		/* at: in w->times */
	uint32_t bytes, samples;
	int64_t oldest, newest;
};

struct chunk_ref {
	uint32_t column, bytes;
};

struct series_ref {
	const struct labels *labels;
	uint64_t at;			/* of the first chunk */
	uint32_t first, n;		/* in w->chunk */
};

struct label_ref {
	uint32_t name, value, series;
};

struct block_writer {
	char *path;
	int fd;
	uint64_t at;			/* bytes written so far */
	struct buf out;			/* not yet written */
	struct buf body;		/* of one chunk */
	struct buf times;
	VEC(struct column) column;
	uint32_t *slot;			/* hash -> column + 1 */
	size_t nslots;
	uint32_t last_column;
	int64_t last_times[CHUNK_SAMPLES], scratch[CHUNK_SAMPLES];
	VEC(struct chunk_ref) chunk;
	VEC(struct series_ref) series;
	uint64_t field[BLOCK_NFIELDS];
};

struct block_writer *
block_create(const char *path, struct err *e)
{
	struct block_writer *w;
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd == -1) {
		err_sys(e, "cannot create '%s'", path);
		return NULL;
	}
	w = mem_zalloc(sizeof(*w));
	w->path = mem_strdup(path);
	w->fd = fd;
	w->nslots = 256;
	w->slot = mem_array(w->nslots, sizeof(*w->slot));
	w->field[BLOCK_OLDEST] = INT64_MAX;
	w->field[BLOCK_NEWEST] = (uint64_t)INT64_MIN;
	(void)buf_reserve(&w->out, BLOCK_HEADER);
	memset(w->out.p, 0, BLOCK_HEADER);	/* written last */
	w->out.n = BLOCK_HEADER;
	return w;
}

void
block_writer_free(struct block_writer *w)
{
	if (w == NULL)
		return;
	(void)close(w->fd);
	buf_release(&w->out);
	buf_release(&w->body);
	buf_release(&w->times);
	vec_release(&w->column);
	vec_release(&w->chunk);
	vec_release(&w->series);
	mem_free(w->slot);
	mem_free(w->path);
	mem_free(w);
}

static int
write_out(struct block_writer *w, struct err *e)
{
	if (io_write_all(w->fd, buf_str(&w->out)) == -1)
		return err_sys(e, "cannot write '%s'", w->path);
	w->at += w->out.n;
	buf_reset(&w->out);
	return 0;
}

static uint64_t
place(const struct block_writer *w)
{
	return w->at + w->out.n;
}

static void
put_checked(struct buf *out, struct str body)
{
	(void)buf_put(out, body);
	put_u32(out, hash_crc32c(0, body));
}

/* ---- columns of times, each one once ---- */

static size_t
slot_of(const struct block_writer *w, uint64_t hash)
{
	size_t i = hash & (w->nslots - 1);

	while (w->slot[i] && w->column.p[w->slot[i] - 1].hash != hash)
		i = (i + 1) & (w->nslots - 1);
	return i;
}

static void
rehash(struct block_writer *w)
{
	size_t i;

	mem_free(w->slot);
	w->nslots *= 2;
	w->slot = mem_array(w->nslots, sizeof(*w->slot));
	for (i = 0; i < w->column.n; i++)
		w->slot[slot_of(w, w->column.p[i].hash)] = (uint32_t)i + 1;
}

static bool
same_times(struct block_writer *w, uint32_t column, const int64_t *t,
    size_t n)
{
	const struct column *c = &w->column.p[column];
	struct rd r;

	if (c->samples != n)
		return false;
	if (w->column.n && column == w->last_column)
		return memcmp(w->last_times, t, n * sizeof(*t)) == 0;
	(void)buf_reserve(&w->times, BITS_SLACK);
	r = rd_of(w->times.p + c->at, c->bytes);
	return ints_get(&r, w->scratch, n) &&
	    memcmp(w->scratch, t, n * sizeof(*t)) == 0;
}

static uint32_t
add_column(struct block_writer *w, uint64_t hash, const int64_t *t, size_t n)
{
	struct column c = { .hash = hash, .at = w->times.n,
	    .samples = (uint32_t)n, .oldest = t[0], .newest = t[n - 1] };
	struct str body;

	ints_put(&w->times, t, n);
	c.bytes = (uint32_t)(w->times.n - c.at);
	body = str_sub(buf_str(&w->times), c.at, w->times.n);
	put_u32(&w->times, hash_crc32c(0, body));
	vec_push(&w->column, c);
	return (uint32_t)w->column.n - 1;
}

/* Series scraped together follow each other: the last column first. */
static uint32_t
column_of(struct block_writer *w, const int64_t *t, size_t n)
{
	uint64_t hash;
	size_t at;
	uint32_t c;

	if (w->column.n && same_times(w, w->last_column, t, n))
		return w->last_column;
	hash = str_hash((struct str){ (const char *)t, n * sizeof(*t) });
	at = slot_of(w, hash);
	if (w->slot[at] && same_times(w, w->slot[at] - 1, t, n)) {
		c = w->slot[at] - 1;
	} else {
		c = add_column(w, hash, t, n);
		if (w->slot[at] == 0)
			w->slot[at] = c + 1;
		if (w->column.n > w->nslots / 2)
			rehash(w);
	}
	w->last_column = c;
	memcpy(w->last_times, t, n * sizeof(*t));
	return c;
}

/* ---- chunks ---- */

static bool
any_stale(const double *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (num_is_stale(v[i]))
			return true;
	return false;
}

static bool
any_start(const int64_t *st, size_t n)
{
	size_t i;

	for (i = 0; st && i < n; i++)
		if (st[i])
			return true;
	return false;
}

static void
put_body(struct buf *out, const struct pseries *s, size_t from, size_t n)
{
	bool hist = s->h && s->h[from];
	bool starts = any_start(s->st ? s->st + from : NULL, n);
	size_t i;

	put_u8(out, (any_stale(s->v + from, n) ? CHUNK_STALE : 0) |
	    (hist ? CHUNK_HISTOGRAMS : 0) | (starts ? CHUNK_STARTS : 0));
	if (starts)
		ints_put(out, s->st + from, n);
	if (!hist)
		doubles_put(out, s->v + from, n);
	for (i = 0; hist && i < n; i++)
		histogram_put(out, s->h[from + i],
		    i ? s->h[from + i - 1] : NULL);
}

/* How many samples from `from` on go into one chunk: all of one kind. */
static size_t
chunk_length(const struct pseries *s, size_t from)
{
	size_t n = s->n - from, i;
	bool hist = s->h && s->h[from];

	if (n > CHUNK_SAMPLES)
		n = CHUNK_SAMPLES;
	for (i = 1; s->h && i < n; i++)
		if ((s->h[from + i] != NULL) != hist)
			return i;
	return n;
}

int
block_add(struct block_writer *w, const struct pseries *s, struct err *e)
{
	struct series_ref ref = { .labels = s->labels, .at = place(w),
	    .first = (uint32_t)w->chunk.n };
	size_t from, n;

	if (s->n == 0)
		return 0;
	for (from = 0; from < s->n; from += n) {
		n = chunk_length(s, from);
		buf_reset(&w->body);
		put_body(&w->body, s, from, n);
		vec_push(&w->chunk, (struct chunk_ref){
		    column_of(w, s->t + from, n), (uint32_t)w->body.n });
		put_checked(&w->out, buf_str(&w->body));
		ref.n++;
	}
	vec_push(&w->series, ref);
	w->field[BLOCK_NSAMPLES] += s->n;
	if (s->t[0] < (int64_t)w->field[BLOCK_OLDEST])
		w->field[BLOCK_OLDEST] = (uint64_t)s->t[0];
	if (s->t[s->n - 1] > (int64_t)w->field[BLOCK_NEWEST])
		w->field[BLOCK_NEWEST] = (uint64_t)s->t[s->n - 1];
	return w->out.n >= WRITE_CHUNK ? write_out(w, e) : 0;
}

/* ---- the index ---- */

struct symbols {
	VEC(const struct sym *) sorted;
	VEC(uint32_t) place;		/* by sym->id: place in sorted + 1 */
};

static int
cmp_sym(const void *a, const void *b)
{
	const struct sym *const *x = a, *const *y = b;

	return str_cmp((*x)->s, (*y)->s);
}

static void
add_symbol(struct symbols *t, const struct sym *s)
{
	while (t->place.n <= s->id)
		vec_push(&t->place, 0);
	if (t->place.p[s->id]++ == 0)
		vec_push(&t->sorted, s);
}

static void
sort_symbols(const struct block_writer *w, struct symbols *t)
{
	const struct labels *l;
	size_t i, k;

	for (i = 0; i < w->series.n; i++)
		for (l = w->series.p[i].labels, k = 0; k < l->n; k++) {
			add_symbol(t, l->v[k].name);
			add_symbol(t, l->v[k].value);
		}
	if (t->sorted.n)
		qsort(t->sorted.p, t->sorted.n, sizeof(struct sym *), cmp_sym);
	for (i = 0; i < t->sorted.n; i++)
		t->place.p[t->sorted.p[i]->id] = (uint32_t)i;
}

static void
put_columns(struct block_writer *w)
{
	const struct column *c;
	size_t i;

	for (i = 0; i < w->column.n; i++) {
		c = &w->column.p[i];
		put_u64(&w->out, w->field[BLOCK_TIMES] + c->at);
		put_u32(&w->out, c->bytes);
		put_u32(&w->out, c->samples);
		put_u64(&w->out, (uint64_t)c->oldest);
		put_u64(&w->out, (uint64_t)c->newest);
	}
}

static void
put_symbols(struct block_writer *w, const struct symbols *t)
{
	uint32_t end = 0;
	size_t i;

	for (i = 0; i < t->sorted.n; i++)
		put_u32(&w->out, end += (uint32_t)t->sorted.p[i]->s.n);
	w->field[BLOCK_SYMBOLS] = place(w);
	for (i = 0; i < t->sorted.n; i++)
		(void)buf_put(&w->out, t->sorted.p[i]->s);
}

static void
put_one_series(const struct block_writer *w, const struct series_ref *s,
    const struct symbols *t, struct buf *out)
{
	uint32_t i;

	put_varint(out, s->labels->n);
	for (i = 0; i < s->labels->n; i++) {
		put_varint(out, t->place.p[s->labels->v[i].name->id]);
		put_varint(out, t->place.p[s->labels->v[i].value->id]);
	}
	put_varint(out, s->n);
	put_varint(out, s->at);
	for (i = s->first; i < s->first + s->n; i++) {
		put_varint(out, w->chunk.p[i].column);
		put_varint(out, w->chunk.p[i].bytes);
	}
}

static void
put_series(struct block_writer *w, const struct symbols *t)
{
	struct buf bytes = { 0 };
	size_t i;

	for (i = 0; i < w->series.n; i++) {
		put_one_series(w, &w->series.p[i], t, &bytes);
		put_u32(&w->out, (uint32_t)bytes.n);
	}
	w->field[BLOCK_SERIES] = place(w);
	(void)buf_put(&w->out, buf_str(&bytes));
	buf_release(&bytes);
}

static int
cmp_label_ref(const void *a, const void *b)
{
	const struct label_ref *x = a, *y = b;

	if (x->name != y->name)
		return x->name < y->name ? -1 : 1;
	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return x->series < y->series ? -1 : x->series > y->series;
}

static size_t
label_refs(const struct block_writer *w, const struct symbols *t,
    struct label_ref **out)
{
	const struct labels *l;
	size_t i, k, n = 0;

	for (i = 0; i < w->series.n; i++)
		n += w->series.p[i].labels->n;
	*out = mem_array(n, sizeof(**out));
	for (n = i = 0; i < w->series.n; i++)
		for (l = w->series.p[i].labels, k = 0; k < l->n; k++)
			(*out)[n++] = (struct label_ref){
			    t->place.p[l->v[k].name->id],
			    t->place.p[l->v[k].value->id], (uint32_t)i };
	qsort(*out, n, sizeof(**out), cmp_label_ref);
	return n;
}

static void
put_postings(struct block_writer *w, const struct symbols *t)
{
	struct buf bytes = { 0 };
	struct label_ref *r;
	size_t i, n = label_refs(w, t, &r);
	uint32_t before = 0;

	for (i = 0; i < n; i++) {
		put_varint(&bytes, r[i].series - before);
		before = r[i].series;
		if (i + 1 < n && r[i + 1].name == r[i].name &&
		    r[i + 1].value == r[i].value)
			continue;
		put_u32(&w->out, r[i].name);
		put_u32(&w->out, r[i].value);
		put_u32(&w->out, (uint32_t)bytes.n);
		put_u32(&w->out, 0);
		w->field[BLOCK_NPAIRS]++;
		before = 0;
	}
	w->field[BLOCK_POSTINGS] = place(w);
	(void)buf_put(&w->out, buf_str(&bytes));
	buf_release(&bytes);
	mem_free(r);
}

static void
put_index(struct block_writer *w)
{
	struct symbols t = { 0 };
	size_t from = w->out.n;

	sort_symbols(w, &t);
	w->field[BLOCK_COLUMNS] = place(w);
	put_columns(w);
	w->field[BLOCK_SYMBOL_ENDS] = place(w);
	put_symbols(w, &t);
	w->field[BLOCK_SERIES_ENDS] = place(w);
	put_series(w, &t);
	w->field[BLOCK_PAIRS] = place(w);
	put_postings(w, &t);
	w->field[BLOCK_SLACK] = place(w);
	put_u64(&w->out, 0);
	w->field[BLOCK_NSYMBOLS] = t.sorted.n;
	w->field[BLOCK_INDEX_CRC] = hash_crc32c(0, str_sub(buf_str(&w->out),
	    from, w->out.n));
	vec_release(&t.sorted);
	vec_release(&t.place);
}

static int
put_header(struct block_writer *w, struct err *e)
{
	struct buf b = { 0 };
	int rc = 0;
	size_t i;

	(void)buf_put(&b, STR(BLOCK_MAGIC));
	for (i = 0; i < BLOCK_NFIELDS; i++)
		put_u64(&b, w->field[i]);
	put_u32(&b, hash_crc32c(0, buf_str(&b)));
	put_u32(&b, 0);
	if (lseek(w->fd, 0, SEEK_SET) == -1 ||
	    io_write_all(w->fd, buf_str(&b)) == -1 || fsync(w->fd) == -1)
		rc = err_sys(e, "cannot write '%s'", w->path);
	buf_release(&b);
	return rc;
}

int
block_finish(struct block_writer *w, uint32_t first, uint32_t last,
    struct err *e)
{
	w->field[BLOCK_FIRST] = first;
	w->field[BLOCK_LAST] = last;
	w->field[BLOCK_NSERIES] = w->series.n;
	w->field[BLOCK_NCOLUMNS] = w->column.n;
	w->field[BLOCK_TIMES] = place(w);
	(void)buf_put(&w->out, buf_str(&w->times));
	put_index(w);
	if (write_out(w, e) == -1)
		return -1;
	return put_header(w, e);
}
