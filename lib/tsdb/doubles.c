#include <math.h>

#include "core/mem.h"
#include "tsdb/column.h"

enum { RAW, DECIMAL, DECIMAL_EXCEPT };

#define DIGITS_MAX	15
#define EXACT		9007199254740992.0

static const double power[DIGITS_MAX + 1] = {
	1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12,
	1e13, 1e14, 1e15,
};

/* ---- XOR ---- */

static void
xor_put(struct buf *out, const double *v, size_t n)
{
	struct bit_writer w = { .out = out };
	uint64_t x;
	unsigned lead, trail, l = 64, t = 0;	/* l, t: the window used last */
	size_t i;

	bits_put64(&w, num_bits(v[0]));
	for (i = 1; i < n; i++) {
		x = num_bits(v[i]) ^ num_bits(v[i - 1]);
		if (x == 0) {
			bits_put(&w, 0, 1);
			continue;
		}
		lead = (unsigned)__builtin_clzll(x);
		trail = (unsigned)__builtin_ctzll(x);
		if (lead < l || trail < t || lead + trail > l + t + 12) {
			l = lead;
			t = trail;
			bits_put(&w, 3 | l << 2 | (63 - l - t) << 8, 14);
		} else {
			bits_put(&w, 1, 2);
		}
		bits_put(&w, x >> t & 0xffffffff,
		    64 - l - t > 32 ? 32 : 64 - l - t);
		if (64 - l - t > 32)
			bits_put(&w, x >> t >> 32, 32 - l - t);
	}
	bits_end(&w);
}

static uint64_t
get_window(struct bit_reader *b, unsigned n)
{
	uint64_t lo = bits_get(b, n > 32 ? 32 : n);

	return n > 32 ? lo | bits_get(b, n - 32) << 32 : lo;
}

static bool
xor_get(struct rd *r, double *v, size_t n)
{
	struct bit_reader b = bits_of(r->p, rd_left(r));
	uint64_t bits = bits_get64(&b);
	unsigned head, l = 64, len = 0;
	size_t i;

	v[0] = num_from_bits(bits);
	for (i = 1; i < n && !bits_bad(&b); i++) {
		head = bits_peek(&b) & 3;
		if (head == 3) {
			b.at += 2;
			l = (unsigned)bits_get(&b, 6);
			len = (unsigned)bits_get(&b, 6) + 1;
			if (l + len > 64)
				return false;
			bits ^= get_window(&b, len) << (64 - l - len);
		} else if (head == 1) {
			b.at += 2;
			if (len == 0)
				return false;
			bits ^= get_window(&b, len) << (64 - l - len);
		} else {
			b.at++;
		}
		v[i] = num_from_bits(bits);
	}
	if (bits_bad(&b))
		return false;
	(void)rd_take(r, (b.at + 7) / 8);
	return true;
}

/* ---- decimals ---- */

/* v is, bit for bit, *i / 10^digits. */
static bool
is_decimal(double v, unsigned digits, int64_t *i)
{
	double m = v * power[digits];

	if (!(fabs(m) < EXACT))
		return false;
	*i = llrint(m);
	return num_bits((double)*i / power[digits]) == num_bits(v);
}

/* The least number of digits that most of v need; -1: they are no decimals. */
static int
digits_of(const double *v, size_t n)
{
	unsigned digits = 0, d;
	size_t i, bad = 0;
	int64_t x;

	for (i = 0; i < n; i++) {
		for (d = digits; d <= DIGITS_MAX; d++)
			if (is_decimal(v[i], d, &x))
				break;
		if (d <= DIGITS_MAX)
			digits = d;
		else if (++bad > n / 8)
			return -1;
	}
	return (int)digits;
}

/* Integers to x, the others to except; how many others. */
static size_t
split(const double *v, size_t n, unsigned digits, int64_t *x,
    struct buf *except)
{
	size_t i, count = 0, last = 0;

	for (i = 0; i < n; i++) {
		if (is_decimal(v[i], digits, &x[i]))
			continue;
		x[i] = i ? x[i - 1] : 0;
		put_varint(except, i - last);
		put_u64(except, num_bits(v[i]));
		last = i;
		count++;
	}
	return count;
}

static bool
decimals_put(struct buf *out, const double *v, size_t n)
{
	int digits = digits_of(v, n);
	struct buf except = { 0 };
	size_t count;
	int64_t *x;

	if (digits == -1)
		return false;
	x = mem_array(n, sizeof(*x));
	count = split(v, n, (unsigned)digits, x, &except);
	put_u8(out, (count ? DECIMAL_EXCEPT : DECIMAL) |
	    (unsigned)digits << 2);
	if (count) {
		put_varint(out, count);
		(void)buf_put(out, buf_str(&except));
	}
	ints_put(out, x, n);
	buf_release(&except);
	mem_free(x);
	return true;
}

/* Replace the exceptions that stand in r. */
static bool
except_get(struct rd *r, uint64_t count, double *v, size_t n)
{
	size_t at = 0;
	uint64_t d;

	while (count-- > 0) {
		d = rd_varint(r);
		if (r->bad || d >= n - at)
			return false;
		at += d;
		v[at] = num_from_bits(rd_u64(r));
	}
	return !r->bad;
}

static bool
except_skip(struct rd *r, uint64_t count, size_t n)
{
	if (count > n)
		return false;
	for (; count > 0; count--) {
		(void)rd_varint(r);
		(void)rd_take(r, 8);
	}
	return !r->bad;
}

/* The integers land in v's own memory and are converted in place. */
static bool
decimals_get(struct rd *r, double *v, size_t n, unsigned digits, bool some)
{
	uint64_t count = some ? rd_varint(r) : 0;
	struct rd except = *r;
	int64_t *x = (int64_t *)v, i64;
	double scale = power[digits];
	size_t i;

	if (!except_skip(r, count, n) || !ints_get(r, x, n))
		return false;
	for (i = 0; i < n; i++) {
		memcpy(&i64, &x[i], sizeof(i64));
		v[i] = digits ? (double)i64 / scale : (double)i64;
	}
	return count == 0 || except_get(&except, count, v, n);
}

/* ---- the better of the two ---- */

void
doubles_put(struct buf *out, const double *v, size_t n)
{
	size_t from = out->n, size;
	struct buf raw = { 0 };

	if (decimals_put(out, v, n) && (size = out->n - from) <= n + 16)
		return;
	size = out->n - from;
	put_u8(&raw, RAW);
	xor_put(&raw, v, n);
	if (size == 0 || raw.n < size) {
		out->n = from;
		(void)buf_put(out, buf_str(&raw));
	}
	buf_release(&raw);
}

bool
doubles_get(struct rd *r, double *v, size_t n)
{
	unsigned head = rd_u8(r), digits = head >> 2;

	switch (head & 3) {
	case RAW:
		return !r->bad && digits == 0 && xor_get(r, v, n);
	case DECIMAL:
	case DECIMAL_EXCEPT:
		return digits <= DIGITS_MAX && decimals_get(r, v, n, digits,
		    (head & 3) == DECIMAL_EXCEPT);
	default:
		return false;
	}
}
