#include "core/num.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/mem.h"
#include "core/pow10.h"

#define EXACT_INT	9007199254740992.0	/* 2^53 */
#define EXACT_POW10	22			/* 10^22 is a double exactly */
#define MANT_FULL	1000000000000000000ULL	/* 10^18: 19 digits */

static const double pow10_exact[EXACT_POW10 + 1] = {
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool
num_parse_u64(struct str s, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;
	size_t i;

	if (s.n == 0)
		return false;
	for (i = 0; i < s.n; i++) {
		if (!is_digit(s.p[i]) ||
		    __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
			return false;
	}
	if (v > max)
		return false;
	*out = v;
	return true;
}

bool
num_parse_i64(struct str s, int64_t min, int64_t max, int64_t *out)
{
	bool minus = s.n && s.p[0] == '-';
	uint64_t u;
	int64_t v;

	if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
		s = str_sub(s, 1, s.n);
	if (!num_parse_u64(s, (uint64_t)INT64_MAX + minus, &u))
		return false;
	v = minus ? (int64_t)(0 - u) : (int64_t)u;
	if (v < min || v > max)
		return false;
	*out = v;
	return true;
}

/* What a decimal says: mant * 10^exp10, unless digits had to be left out. */
struct decimal {
	uint64_t mant;
	int exp10;
	bool minus, cut;
};

/* Digits from p on are added to d's mantissa, which holds 19 of them. */
static const char *
scan_digits(const char *p, const char *end, struct decimal *d)
{
	for (; p < end && is_digit(*p); p++) {
		if (d->mant >= MANT_FULL) {
			d->cut |= *p != '0';
			d->exp10++;
			continue;
		}
		d->mant = d->mant * 10 + (uint64_t)(*p - '0');
	}
	return p;
}

/* [+-] digits, behind the e; NULL without a digit. */
static const char *
scan_exponent(const char *p, const char *end, struct decimal *d)
{
	bool minus = false;
	int e = 0;

	if (p < end && (*p == '-' || *p == '+'))
		minus = *p++ == '-';
	if (p == end || !is_digit(*p))
		return NULL;
	for (; p < end && is_digit(*p); p++)
		if (e < 100000)
			e = e * 10 + (*p - '0');
	d->exp10 += minus ? -e : e;
	return p;
}

/* strtod wants a NUL; text has been checked to be a plain decimal. */
static double
slow_decimal(struct str text)
{
	char small[64], *z = small;
	double v;

	if (text.n >= sizeof(small))
		z = mem_alloc(text.n + 1);
	memcpy(z, text.p, text.n);
	z[text.n] = '\0';
	v = strtod(z, NULL);
	if (z != small)
		mem_free(z);
	return v;
}

/*
 * Daniel Lemire, "Number parsing at a gigabyte per second", 2021 (Eisel's
 * algorithm): mant times the first 128 bits of the power of ten.  The result
 * is right unless the product lies so near to a rounding boundary that the
 * bits left out could matter; false then, and for subnormals and overflow.
 */
static bool
eisel_lemire(uint64_t mant, int exp10, double *out)
{
	const struct pow10 *p;
	unsigned __int128 x, y;
	int lz, carry, exp2;
	uint64_t hi, lo, m;

	if (mant == 0 || exp10 < POW10_MIN || exp10 > POW10_MAX)
		return false;
	p = &pow10_table[exp10 - POW10_MIN];
	lz = __builtin_clzll(mant);
	mant <<= lz;
	x = (unsigned __int128)mant * p->hi;
	if (((uint64_t)(x >> 64) & 0x1ff) == 0x1ff) {
		y = (unsigned __int128)mant * p->lo;
		x += (uint64_t)(y >> 64);
		if (((uint64_t)(x >> 64) & 0x1ff) == 0x1ff &&
		    (uint64_t)x == UINT64_MAX)
			return false;
	}
	hi = (uint64_t)(x >> 64);
	lo = (uint64_t)x;
	carry = (int)(hi >> 63);
	m = hi >> (carry + 9);			/* 54 bits, one to round */
	exp2 = pow10_log2(exp10) + 64 + 1023 - lz - (carry ^ 1);
	if (lo == 0 && (hi & 0x1ff) == 0 && (m & 3) == 1)
		return false;			/* perhaps half-way */
	m = (m + (m & 1)) >> 1;
	if (m >> 53) {
		m >>= 1;
		exp2++;
	}
	if (exp2 < 1 || exp2 > 0x7fe)
		return false;
	*out = num_from_bits((uint64_t)exp2 << 52 |
	    (m & ((UINT64_C(1) << 52) - 1)));
	return true;
}

/*
 * When the mantissa and the power of ten are both exact doubles, one
 * correctly rounded multiplication or division gives the result (Clinger
 * 1990, the fast path).  Digits that were cut lie between mant and mant + 1.
 */
static double
decimal_value(const struct decimal *d, struct str text)
{
	double v, above;

	if (d->mant <= (uint64_t)EXACT_INT && d->exp10 >= -EXACT_POW10 &&
	    d->exp10 <= EXACT_POW10 && !d->cut) {
		v = (double)d->mant;
		v = d->exp10 < 0 ? v / pow10_exact[-d->exp10] :
		    v * pow10_exact[d->exp10];
		return d->minus ? -v : v;
	}
	if (!eisel_lemire(d->mant, d->exp10, &v))
		return slow_decimal(text);
	if (d->cut && (!eisel_lemire(d->mant + 1, d->exp10, &above) ||
	    above != v))
		return slow_decimal(text);
	return d->minus ? -v : v;
}

bool
num_parse_double(struct str s, double *out)
{
	const char *p = s.p, *end = s.p + s.n, *from;
	struct decimal d = { 0 };
	size_t nseen;

	if (p < end && (*p == '-' || *p == '+'))
		d.minus = *p++ == '-';
	from = p;
	p = scan_digits(p, end, &d);
	nseen = (size_t)(p - from);
	if (p < end && *p == '.') {
		from = ++p;
		p = scan_digits(p, end, &d);
		d.exp10 -= (int)(p - from);
		nseen += (size_t)(p - from);
	}
	if (nseen == 0)
		return false;
	if (p < end && (*p == 'e' || *p == 'E') &&
	    (p = scan_exponent(p + 1, end, &d)) == NULL)
		return false;
	if (p != end)
		return false;
	*out = decimal_value(&d, s);
	return true;
}

const char *
num_scan(const char *p, const char *end, double *out)
{
	const char *start = p, *from;
	struct decimal d = { 0 };

	if (p < end && *p == '-') {
		d.minus = true;
		p++;
	}
	from = p;
	p = scan_digits(p, end, &d);
	if (p == from || (*from == '0' && p > from + 1))
		return NULL;
	if (p < end && *p == '.') {
		from = ++p;
		p = scan_digits(p, end, &d);
		if (p == from)
			return NULL;
		d.exp10 -= (int)(p - from);
	}
	if (p < end && (*p == 'e' || *p == 'E') &&
	    (p = scan_exponent(p + 1, end, &d)) == NULL)
		return NULL;
	*out = decimal_value(&d, (struct str){ start, (size_t)(p - start) });
	return p;
}

bool
num_parse_prom(struct str s, double *out)
{
	struct str body = s;
	bool minus = s.n && s.p[0] == '-';

	if (num_parse_double(s, out))
		return true;
	if (s.n && (s.p[0] == '-' || s.p[0] == '+'))
		body = str_sub(s, 1, s.n);
	if (str_eq_nocase(body, STR("inf")) ||
	    str_eq_nocase(body, STR("infinity"))) {
		*out = minus ? -INFINITY : INFINITY;
		return true;
	}
	if (str_eq_nocase(s, STR("nan"))) {
		*out = num_nan();
		return true;
	}
	return false;
}

uint64_t
num_bits(double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	return bits;
}

double
num_from_bits(uint64_t bits)
{
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

double
num_nan(void)
{
	return num_from_bits(NUM_NAN_BITS);
}

double
num_stale(void)
{
	return num_from_bits(NUM_STALE_BITS);
}

bool
num_is_stale(double v)
{
	return num_bits(v) == NUM_STALE_BITS;
}

static void
put_zeros(struct buf *out, int n)
{
	while (n-- > 0)
		(void)buf_putc(out, '0');
}

/* DIGITS with the point inside, before or behind. */
static void
put_plain(struct buf *out, const char *digits, int n, int point)
{
	if (point <= 0) {
		(void)buf_put(out, STR("0."));
		put_zeros(out, -point);
		(void)buf_put(out, (struct str){ digits, (size_t)n });
	} else if (point >= n) {
		(void)buf_put(out, (struct str){ digits, (size_t)n });
		put_zeros(out, point - n);
	} else {
		(void)buf_put(out, (struct str){ digits, (size_t)point });
		(void)buf_putc(out, '.');
		(void)buf_put(out, (struct str){ digits + point,
		    (size_t)(n - point) });
	}
}

/* d.ddde+XX; width is the least number of exponent digits. */
static void
put_exponent(struct buf *out, const char *digits, int n, int exp10, int width)
{
	(void)buf_putc(out, digits[0]);
	if (n > 1) {
		(void)buf_putc(out, '.');
		(void)buf_put(out, (struct str){ digits + 1,
		    (size_t)n - 1 });
	}
	(void)buf_printf(out, "e%c%0*d", exp10 < 0 ? '-' : '+', width,
	    exp10 < 0 ? -exp10 : exp10);
}

void
num_print_i64(struct buf *out, int64_t v)
{
	char digits[20];
	size_t at = sizeof(digits);
	uint64_t left = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	do
		digits[--at] = (char)('0' + left % 10);
	while ((left /= 10) != 0);
	if (v < 0)
		digits[--at] = '-';
	(void)buf_put(out, (struct str){ digits + at, sizeof(digits) - at });
}

void
num_print(struct buf *out, double v, enum num_form form)
{
	char digits[NUM_DIGITS];
	int n, point;

	if (isnan(v)) {
		(void)buf_put(out, STR("NaN"));
		return;
	}
	if (isinf(v)) {
		(void)buf_put(out, v > 0 ? STR("+Inf") : STR("-Inf"));
		return;
	}
	if (signbit(v))
		(void)buf_putc(out, '-');
	if (v == 0) {
		(void)buf_putc(out, '0');
		return;
	}
	n = num_shortest(v, digits, &point);
	/* Go decides as if the precision were 6: strconv/ftoa.go */
	if (form == NUM_GO_G && (point - 1 < -4 || point - 1 >= 6))
		put_exponent(out, digits, n, point - 1, 2);
	else if (form == NUM_JSON && (point - 1 < -6 || point - 1 >= 21))
		put_exponent(out, digits, n, point - 1, 1);
	else
		put_plain(out, digits, n, point);
}
