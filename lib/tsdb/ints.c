#include "core/mem.h"
#include "tsdb/column.h"

#define GROUP		64
#define ESCAPE		24	/* zero bits that say: 64 bits follow */
#define ALL_ZERO	63
#define K_MAX		56
#define CONSTANT	3

/* ---- Rice codes ---- */

static void
rice_put(struct bit_writer *w, uint64_t e, unsigned k)
{
	if (e >> k >= ESCAPE) {
		bits_put(w, 0, ESCAPE);
		bits_put64(w, e);
		return;
	}
	bits_put(w, UINT64_C(1) << (e >> k), (unsigned)(e >> k) + 1);
	bits_put(w, e & ((UINT64_C(1) << k) - 1), k);
}

static inline uint64_t
rice_get(struct bit_reader *r, unsigned k)
{
	uint64_t bits = bits_peek(r);
	unsigned q;

	if ((bits & ((1 << ESCAPE) - 1)) == 0) {
		r->at += ESCAPE;
		return bits_get64(r);
	}
	q = (unsigned)__builtin_ctzll(bits);
	r->at += q + 1;
	if (q + 1 + k <= 56) {
		r->at += k;
		return (uint64_t)q << k |
		    (bits >> (q + 1) & ((UINT64_C(1) << k) - 1));
	}
	return (uint64_t)q << k | bits_get(r, k);
}

static size_t
rice_bits(const uint64_t *e, size_t n, unsigned k)
{
	size_t i, bits = 0;

	for (i = 0; i < n; i++)
		bits += e[i] >> k >= ESCAPE ? ESCAPE + 64 :
		    (size_t)(e[i] >> k) + 1 + k;
	return bits;
}

/*
 * The best k stands near log2 of the mean; an outlier pulls the mean up, so
 * go down from there as long as it helps.
 */
static unsigned
best_k(const uint64_t *e, size_t n, size_t *bits)
{
	const uint64_t most = UINT64_C(1) << K_MAX;	/* 64 of them fit */
	uint64_t all = 0, sum = 0;
	unsigned k;
	size_t less, i;

	for (i = 0; i < n; i++) {
		all |= e[i];
		sum += e[i] < most ? e[i] : most;
	}
	*bits = 0;
	if (all == 0)
		return ALL_ZERO;
	sum /= n;
	k = sum ? 64 - (unsigned)__builtin_clzll(sum) : 0;
	if (k > K_MAX)
		k = K_MAX;
	*bits = rice_bits(e, n, k);
	while (k > 0 && (less = rice_bits(e, n, k - 1)) <= *bits) {
		*bits = less;
		k--;
	}
	return k;
}

static size_t
groups_bits(const uint64_t *e, size_t n)
{
	size_t total = 0, bits, m;

	for (; n; e += m, n -= m) {
		m = n < GROUP ? n : GROUP;
		(void)best_k(e, m, &bits);
		total += 6 + bits;
	}
	return total;
}

static void
groups_put(struct buf *out, const uint64_t *e, size_t n)
{
	struct bit_writer w = { .out = out };
	size_t bits, m, i;
	unsigned k;

	for (; n; e += m, n -= m) {
		m = n < GROUP ? n : GROUP;
		k = best_k(e, m, &bits);
		bits_put(&w, k, 6);
		for (i = 0; k != ALL_ZERO && i < m; i++)
			rice_put(&w, e[i], k);
	}
	bits_end(&w);
}

/* ---- prediction ---- */

static void
swap(int64_t *x, size_t i, size_t k)
{
	int64_t was = x[i];

	x[i] = x[k];
	x[k] = was;
}

/* The median, by Hoare's selection; reorders x. */
static int64_t
median(int64_t *x, size_t n)
{
	size_t lo = 0, hi = n - 1, want = n / 2, i, k;
	int64_t pivot;

	while (lo < hi) {
		pivot = x[lo + (hi - lo) / 2];
		for (i = lo, k = hi;; i++, k--) {
			while (x[i] < pivot)
				i++;
			while (x[k] > pivot)
				k--;
			if (i >= k)
				break;
			swap(x, i, k);
		}
		if (want <= k)
			hi = k;
		else
			lo = k + 1;
	}
	return x[want];
}

/* What order o predicts for y[i], without the bias. */
static inline uint64_t
predict(const int64_t *y, size_t i, unsigned o)
{
	switch (o) {
	case 0:
		return 0;
	case 1:
		return (uint64_t)y[i - 1];
	default:
		return 2 * (uint64_t)y[i - 1] - (uint64_t)y[i - 2];
	}
}

struct attempt {
	unsigned order;
	int64_t bias;
	uint64_t *e;
	size_t n, bits;
};

/* The errors of one order; scratch holds n integers. */
static void
try_order(struct attempt *t, const int64_t *y, size_t n, int64_t *scratch)
{
	size_t i, from = t->order == 2 ? 2 : 1;

	t->n = n - from;
	for (i = from; i < n; i++)
		scratch[i - from] = (int64_t)((uint64_t)y[i] -
		    predict(y, i, t->order));
	for (i = 0; i < t->n; i++)
		t->e[i] = (uint64_t)scratch[i];
	t->bias = t->n && t->order < 2 ? median(scratch, t->n) : 0;
	for (i = 0; i < t->n; i++)
		t->e[i] = zigzag(t->e[i] - (uint64_t)t->bias);
	t->bits = groups_bits(t->e, t->n);
}

static unsigned
common_shift(const int64_t *x, size_t n)
{
	uint64_t any = 0;
	size_t i;

	for (i = 1; i < n; i++)
		any |= (uint64_t)x[i] - (uint64_t)x[0];
	return any ? (unsigned)__builtin_ctzll(any) : 64;
}

static void
put_best(struct buf *out, const int64_t *x, const int64_t *y, size_t n,
    unsigned shift)
{
	int64_t *scratch = mem_array(n, sizeof(*scratch));
	struct attempt t[3] = { { 0 } };
	unsigned o, best = 1;

	for (o = 0; o < 3; o++) {
		t[o].order = o;
		t[o].e = mem_array(n, sizeof(uint64_t));
		try_order(&t[o], y, n, scratch);
	}
	if (t[0].bits < t[1].bits)
		best = 0;
	if (t[2].bits + 16 < t[best].bits)
		best = 2;
	put_u8(out, best | shift << 2);
	put_signed(out, x[0]);
	put_signed(out, t[best].bias);
	if (best == 2)
		put_signed(out, y[1]);
	groups_put(out, t[best].e, t[best].n);
	for (o = 0; o < 3; o++)
		mem_free(t[o].e);
	mem_free(scratch);
}

void
ints_put(struct buf *out, const int64_t *x, size_t n)
{
	unsigned shift = common_shift(x, n);
	int64_t *y;
	size_t i;

	if (shift == 64) {
		put_u8(out, CONSTANT);
		put_signed(out, x[0]);
		return;
	}
	y = mem_array(n, sizeof(*y));
	for (i = 0; i < n; i++)
		y[i] = (int64_t)((uint64_t)x[i] - (uint64_t)x[0]) >> shift;
	put_best(out, x, y, n, shift);
	mem_free(y);
}

/* ---- reading ---- */

/* Errors of the group from y[i] on, added to what the order predicts. */
static void
group_get(struct bit_reader *b, int64_t *y, size_t i, size_t end, unsigned o,
    uint64_t bias)
{
	unsigned k = (unsigned)bits_get(b, 6);
	uint64_t e;

	for (; i < end; i++) {
		e = k == ALL_ZERO ? 0 : unzigzag(rice_get(b, k));
		y[i] = (int64_t)(predict(y, i, o) + bias + e);
	}
}

static void
unshift(int64_t *y, size_t n, int64_t first, unsigned shift)
{
	size_t i;

	for (i = 0; i < n; i++)
		y[i] = (int64_t)(((uint64_t)y[i] << shift) + (uint64_t)first);
}

static bool
groups_get(struct rd *r, int64_t *y, size_t n, unsigned o, uint64_t bias)
{
	struct bit_reader b = bits_of(r->p, rd_left(r));
	size_t i, end;

	for (i = o == 2 ? 2 : 1; i < n; i = end) {
		end = n - i < GROUP ? n : i + GROUP;
		/* one call site per order: predict() is known inside */
		if (o == 0)
			group_get(&b, y, i, end, 0, bias);
		else if (o == 1)
			group_get(&b, y, i, end, 1, bias);
		else
			group_get(&b, y, i, end, 2, bias);
		if (bits_bad(&b))
			return false;
	}
	(void)rd_take(r, (b.at + 7) / 8);
	return true;
}

bool
ints_get(struct rd *r, int64_t *x, size_t n)
{
	unsigned head = rd_u8(r), o = head & 3, shift = head >> 2;
	int64_t first = rd_signed(r), bias;
	size_t i;

	if (o == CONSTANT) {
		for (i = 0; i < n; i++)
			x[i] = first;
		return !r->bad;
	}
	bias = rd_signed(r);
	x[0] = 0;
	if (o == 2 && n < 2)
		return false;
	if (o == 2)
		x[1] = rd_signed(r);
	if (r->bad || !groups_get(r, x, n, o, (uint64_t)bias))
		return false;
	unshift(x, n, first, shift);
	return true;
}
