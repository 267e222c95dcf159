#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/hash.h"
#include "tsdb/block.h"

#define COLUMN_BYTES	32

/* ---- opening ---- */

static int
map_file(struct block *b, struct err *e)
{
	struct stat st;
	int fd, saved;
	void *p;

	if ((fd = open(b->path, O_RDONLY | O_CLOEXEC)) == -1)
		return err_sys(e, "cannot open '%s'", b->path);
	if (fstat(fd, &st) == -1) {
		err_sys(e, "cannot read '%s'", b->path);
		goto bad;
	}
	if (!S_ISREG(st.st_mode) || st.st_size < BLOCK_HEADER) {
		err_set(e, ERR_SYNTAX, "'%s': not a block", b->path);
		goto bad;
	}
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED) {
		err_sys(e, "cannot map '%s'", b->path);
		goto bad;
	}
	b->p = p;
	b->bytes = (size_t)st.st_size;
	(void)close(fd);
	return 0;
bad:
	saved = errno;
	(void)close(fd);
	errno = saved == ENOENT ? 0 : saved;
	return -1;
}

/* Section f holds n entries of `size` bytes. */
static bool
fits(const struct block *b, enum block_field f, uint64_t n, uint64_t size)
{
	uint64_t have = b->field[f + 1] - b->field[f];

	return n <= UINT32_MAX && n * size == have;
}

static bool
header_ok(struct block *b)
{
	const uint64_t *x = b->field;
	size_t i;

	if (memcmp(b->p, BLOCK_MAGIC, 8) != 0 || hash_crc32c(0,
	    (struct str){ (const char *)b->p, BLOCK_HEADER - 8 }) !=
	    get_u32(b->p + BLOCK_HEADER - 8))
		return false;
	for (i = 0; i < BLOCK_NFIELDS; i++)
		b->field[i] = get_u64(b->p + 8 + i * 8);
	if (x[BLOCK_TIMES] < BLOCK_HEADER ||
	    x[BLOCK_SLACK] + BITS_SLACK != b->bytes)
		return false;
	for (i = BLOCK_TIMES; i < BLOCK_SLACK; i++)
		if (x[i] > x[i + 1])
			return false;
	return x[BLOCK_FIRST] <= x[BLOCK_LAST] &&
	    fits(b, BLOCK_COLUMNS, x[BLOCK_NCOLUMNS], COLUMN_BYTES) &&
	    fits(b, BLOCK_SYMBOL_ENDS, x[BLOCK_NSYMBOLS], 4) &&
	    fits(b, BLOCK_SERIES_ENDS, x[BLOCK_NSERIES], 4) &&
	    fits(b, BLOCK_PAIRS, x[BLOCK_NPAIRS], 16);
}

struct block *
block_open(const char *path, struct err *e)
{
	struct block *b = mem_zalloc(sizeof(*b));

	b->path = mem_strdup(path);
	if (map_file(b, e) == -1)
		goto bad;
	if (!header_ok(b)) {
		err_set(e, ERR_SYNTAX, "'%s': damaged header", path);
		errno = 0;
		goto bad;
	}
	return b;
bad:
	block_close(b);
	return NULL;
}

void
block_close(struct block *b)
{
	int saved = errno;

	if (b == NULL)
		return;
	if (b->p)
		(void)munmap((void *)(uintptr_t)b->p, b->bytes);
	mem_free(b->path);
	mem_free(b);
	errno = saved;
}

/* ---- the index ---- */

bool
block_index_ok(struct block *b)
{
	size_t at = b->field[BLOCK_COLUMNS];

	if (!b->index_ok)
		b->index_ok = hash_crc32c(0, (struct str){ (const char *)b->p +
		    at, b->bytes - at }) == b->field[BLOCK_INDEX_CRC];
	return b->index_ok;
}

/* Entry i of a section of bytes whose ends stand in another one. */
static bool
entry(const struct block *b, enum block_field ends, enum block_field bytes,
    uint32_t i, struct str *out)
{
	const unsigned char *e = b->p + b->field[ends];
	uint64_t from = i ? get_u32(e + (i - 1) * 4UL) : 0;
	uint64_t to = get_u32(e + i * 4UL);

	if (from > to || to > b->field[bytes + 1] - b->field[bytes])
		return false;
	*out = (struct str){ (const char *)b->p + b->field[bytes] + from,
	    to - from };
	return true;
}

static bool
symbol(const struct block *b, uint64_t i, struct str *out)
{
	return i < b->field[BLOCK_NSYMBOLS] &&
	    entry(b, BLOCK_SYMBOL_ENDS, BLOCK_SYMBOLS, (uint32_t)i, out);
}

/* -1 when no symbol is s. */
static int64_t
find_symbol(const struct block *b, struct str s)
{
	uint64_t lo = 0, hi = b->field[BLOCK_NSYMBOLS], mid;
	struct str at;
	int c;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (!symbol(b, mid, &at))
			return -1;
		if ((c = str_cmp(at, s)) == 0)
			return (int64_t)mid;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return -1;
}

bool
block_series(const struct block *b, uint32_t number,
    struct block_series *out)
{
	struct str bytes;
	struct rd r;
	uint32_t i;

	if (number >= b->field[BLOCK_NSERIES] || !entry(b, BLOCK_SERIES_ENDS,
	    BLOCK_SERIES, number, &bytes))
		return false;
	r = rd_of(bytes.p, bytes.n);
	out->nlabels = (uint32_t)rd_varint(&r);
	out->labels = r;
	for (i = 0; i < out->nlabels && !r.bad; i++) {
		(void)rd_varint(&r);
		(void)rd_varint(&r);
	}
	out->nchunks = (uint32_t)rd_varint(&r);
	out->at = rd_varint(&r);
	out->chunks = r;
	return !r.bad;
}

int
block_next_chunk(const struct block *b, struct block_series *s,
    struct block_chunk *out)
{
	const unsigned char *col;
	uint64_t end = b->field[BLOCK_TIMES];

	if (s->nchunks == 0)
		return 0;
	s->nchunks--;
	out->column = (uint32_t)rd_varint(&s->chunks);
	out->bytes = rd_varint(&s->chunks);
	if (s->chunks.bad || out->column >= b->field[BLOCK_NCOLUMNS] ||
	    s->at < BLOCK_HEADER || s->at > end || out->bytes < 1 ||
	    out->bytes > end - s->at || end - s->at - out->bytes < 4)
		return -1;
	out->body = b->p + s->at;
	s->at += out->bytes + 4;
	col = b->p + b->field[BLOCK_COLUMNS] +
	    (size_t)out->column * COLUMN_BYTES;
	out->samples = get_u32(col + 12);
	out->oldest = (int64_t)get_u64(col + 16);
	out->newest = (int64_t)get_u64(col + 24);
	return out->samples > 0 && out->samples <= CHUNK_SAMPLES_MAX ? 1 : -1;
}

static const struct sym *
interned(const struct block *b, uint64_t i, struct labels_table *t,
    const struct sym **sym)
{
	struct str s;

	if (i >= b->field[BLOCK_NSYMBOLS])
		return NULL;
	if (sym[i] == NULL && symbol(b, i, &s))
		sym[i] = intern_str(labels_symbols(t), s);
	return sym[i];
}

const struct labels *
block_labels(const struct block *b, const struct block_series *s,
    struct labels_table *t, const struct sym **sym,
    struct labels_builder *lb)
{
	struct rd r = s->labels;
	const struct sym *name, *value;
	uint32_t i;

	labels_build(lb, t, NULL);
	for (i = 0; i < s->nlabels; i++) {
		name = interned(b, rd_varint(&r), t, sym);
		value = interned(b, rd_varint(&r), t, sym);
		if (name == NULL || value == NULL)
			return NULL;
		labels_set_sym(lb, name, value);
	}
	return labels_done(lb);
}

/* ---- matching ---- */

struct pair {
	uint32_t name, value, from, to;
};

static bool
pair_at(const struct block *b, uint64_t i, struct pair *out)
{
	const unsigned char *p = b->p + b->field[BLOCK_PAIRS] + i * 16;

	*out = (struct pair){ get_u32(p), get_u32(p + 4),
	    i ? get_u32(p - 8) : 0, get_u32(p + 8) };
	return out->from <= out->to &&
	    out->to <= b->field[BLOCK_SLACK] - b->field[BLOCK_POSTINGS];
}

/* The first pair that is not before (name, value). */
static uint64_t
find_pair(const struct block *b, uint64_t name, uint64_t value)
{
	uint64_t lo = 0, hi = b->field[BLOCK_NPAIRS], mid;
	struct pair p;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (!pair_at(b, mid, &p))
			return hi;
		if (p.name < name || (p.name == name && p.value < value))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

typedef VEC(uint32_t) number_list;

static bool
add_postings(const struct block *b, const struct pair *p, number_list *out)
{
	struct rd r = rd_of(b->p + b->field[BLOCK_POSTINGS] + p->from,
	    p->to - p->from);
	uint64_t number = 0;

	while (rd_left(&r)) {
		number += rd_varint(&r);
		if (r.bad || number >= b->field[BLOCK_NSERIES])
			return false;
		vec_push(out, (uint32_t)number);
	}
	return true;
}

/*
 * Walk the pairs that matcher m (which a missing label does not satisfy)
 * accepts; add their series to out, or only count their bytes.
 */
static bool
walk_pairs(const struct block *b, const struct matcher *m, number_list *out,
    uint64_t *bytes)
{
	int64_t name = find_symbol(b, m->name), value = 0;
	struct pair p;
	struct str s;
	uint64_t i;

	*bytes = 0;
	if (name == -1)
		return true;
	if (m->op == MATCH_EQ && (value = find_symbol(b, m->value)) == -1)
		return true;
	i = find_pair(b, (uint64_t)name, (uint64_t)value);
	for (; i < b->field[BLOCK_NPAIRS]; i++) {
		if (!pair_at(b, i, &p))
			return false;
		if (p.name != name || (m->op == MATCH_EQ && p.value != value))
			break;
		if (m->op != MATCH_EQ && (!symbol(b, p.value, &s) ||
		    !matcher_ok_value(m, s)))
			continue;
		*bytes += p.to - p.from;
		if (out && !add_postings(b, &p, out))
			return false;
	}
	return true;
}

static bool
series_ok(const struct block *b, uint32_t number, const struct matcher *m,
    size_t nm)
{
	struct str name, value, have;
	struct block_series s;
	struct rd r;
	size_t i, k;

	if (!block_series(b, number, &s))
		return false;
	for (i = 0; i < nm; i++) {
		have = STR_NONE;
		r = s.labels;
		for (k = 0; k < s.nlabels; k++) {
			if (!symbol(b, rd_varint(&r), &name) ||
			    !symbol(b, rd_varint(&r), &value))
				return false;
			if (str_eq(name, m[i].name))
				have = value;
		}
		if (!matcher_ok_value(&m[i], have))
			return false;
	}
	return true;
}

static int
cmp_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Which matcher leaves least; nm when none leaves anything out. */
static bool
best_matcher(const struct block *b, const struct matcher *m, size_t nm,
    size_t *best)
{
	uint64_t bytes, least = UINT64_MAX;
	size_t i;

	*best = nm;
	for (i = 0; i < nm; i++) {
		if (matcher_ok_value(&m[i], STR_NONE))
			continue;
		if (!walk_pairs(b, &m[i], NULL, &bytes))
			return false;
		if (bytes < least) {
			least = bytes;
			*best = i;
		}
	}
	return true;
}

static bool
candidates(const struct block *b, const struct matcher *m, size_t nm,
    size_t best, number_list *out)
{
	uint64_t bytes;
	uint32_t i;

	if (best < nm) {
		if (!walk_pairs(b, &m[best], out, &bytes))
			return false;
		if (m[best].op != MATCH_EQ && out->n)
			qsort(out->p, out->n, sizeof(*out->p), cmp_number);
		return true;
	}
	for (i = 0; i < b->field[BLOCK_NSERIES]; i++)
		vec_push(out, i);
	return true;
}

bool
block_match(const struct block *b, const struct matcher *m, size_t nm,
    struct arena *a, uint32_t **number, size_t *n)
{
	number_list all = { 0 };
	size_t best, i;
	bool ok;

	*n = 0;
	if (!best_matcher(b, m, nm, &best))
		return false;
	ok = candidates(b, m, nm, best, &all);
	*number = arena_raw(a, (all.n + 1) * sizeof(**number));
	for (i = 0; i < all.n; i++)
		if (nm == (best < nm) || series_ok(b, all.p[i], m, nm))
			(*number)[(*n)++] = all.p[i];
	vec_release(&all);
	return ok;
}

/* ---- samples ---- */

static bool
checked(const unsigned char *body, size_t n)
{
	return hash_crc32c(0, (struct str){ (const char *)body, n }) ==
	    get_u32(body + n);
}

bool
block_times(const struct block *b, const struct block_chunk *c, int64_t *t)
{
	const unsigned char *col = b->p + b->field[BLOCK_COLUMNS] +
	    (size_t)c->column * COLUMN_BYTES;
	uint64_t at = get_u64(col), n = get_u32(col + 8);
	uint64_t end = b->field[BLOCK_COLUMNS];
	struct rd r;

	if (at < b->field[BLOCK_TIMES] || at > end || n > end - at ||
	    end - at - n < 4 || !checked(b->p + at, n))
		return false;
	r = rd_of(b->p + at, n);
	return ints_get(&r, t, c->samples);
}

unsigned
block_chunk_flags(const struct block_chunk *c)
{
	return c->body[0];
}

bool
block_values(const struct block *b, const struct block_chunk *c,
    unsigned *flags, double *v, const struct hist **h, int64_t *st,
    struct arena *a)
{
	struct rd r = rd_of(c->body, c->bytes);
	uint32_t i;

	(void)b;
	if (!checked(c->body, c->bytes))
		return false;
	*flags = rd_u8(&r);
	if (*flags & CHUNK_STARTS && !ints_get(&r, st, c->samples))
		return false;
	if (!(*flags & CHUNK_HISTOGRAMS))
		return doubles_get(&r, v, c->samples);
	for (i = 0; i < c->samples; i++) {
		h[i] = histogram_get(&r, i ? h[i - 1] : NULL, a);
		if (h[i] == NULL)
			return false;
		v[i] = h[i]->sum;
	}
	return true;
}
