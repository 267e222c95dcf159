/*
 * The shortest digits of a double: Raffaello Giulietti, "The Schubfach way
 * to render doubles", 2020/2021.  The decimals that read back as v lie
 * between the midpoints to v's neighbours.  Scaled by a power of ten chosen
 * by v's exponent, that interval holds at least one integer and at most one
 * multiple of ten, so only four candidates are looked at.
 */
#include <math.h>

#include "core/num.h"
#include "core/pow10.h"

#define FRACTION_BITS	52
#define EXPONENT_BIAS	1075		/* of the integer significand */
#define EXACT_INT	9007199254740992.0	/* 2^53 */
#define SHORT_DECIMALS	3

/* |v| = sig * 10^exp10 */
struct decimal {
	uint64_t sig;
	int exp10;
};

/* The power of ten itself, rounded up where the table cuts it. */
static struct pow10
ceil_pow10(int k)
{
	struct pow10 p = pow10_table[k - POW10_MIN];

	if (k < 0 || k > POW10_EXACT_MAX) {
		p.lo++;
		p.hi += p.lo == 0;
	}
	return p;
}

/*
 * p * cp / 2^128, with the lowest bit set when anything was cut off: enough
 * to compare with integers and halves without error (the paper, 9.9).
 */
static uint64_t
round_to_odd(struct pow10 p, uint64_t cp)
{
	unsigned __int128 x = (unsigned __int128)p.lo * cp;
	unsigned __int128 y = (unsigned __int128)p.hi * cp +
	    (uint64_t)(x >> 64);

	return (uint64_t)(y >> 64) | ((uint64_t)y > 1);
}

/* floor(log10(2^q)), or of 3/4 of it where the lower neighbour is nearer. */
static int
log10_pow2(int q, bool three_quarters)
{
	return (int)(((int64_t)q * 1262611 - (three_quarters ? 524031 : 0))
	    >> 22);
}

static struct decimal
schubfach(uint64_t fraction, int exponent)
{
	bool irregular = fraction == 0 && exponent > 1;
	uint64_t c = exponent ? fraction | UINT64_C(1) << FRACTION_BITS :
	    fraction;
	int q = (exponent ? exponent : 1) - EXPONENT_BIAS;
	int k = log10_pow2(q, irregular);
	int h = q + pow10_log2(-k) + 1;
	struct pow10 p = ceil_pow10(-k);
	uint64_t open = c & 1;		/* odd: the midpoints read as others */
	uint64_t lower = round_to_odd(p, (4 * c - 2 + irregular) << h) + open;
	uint64_t at = round_to_odd(p, 4 * c << h);
	uint64_t upper = round_to_odd(p, (4 * c + 2) << h) - open;
	uint64_t s = at / 4, tens = s / 10, below, above;

	/* all in quarters: is a multiple of ten inside? */
	below = lower <= 40 * tens;
	above = 40 * tens + 40 <= upper;
	if (s >= 10 && below != above)
		return (struct decimal){ tens + above, k + 1 };
	below = lower <= 4 * s;
	above = 4 * s + 4 <= upper;
	if (below != above)
		return (struct decimal){ s + above, k };
	/* both neighbours: the nearer, of equals the even one */
	above = at > 4 * s + 2 || (at == 4 * s + 2 && (s & 1));
	return (struct decimal){ s + above, k };
}

/*
 * The common decimals: v = m / 10^k with m below 2^53 is the correctly
 * rounded quotient of two exact doubles, so the smallest such k gives the
 * shortest text.
 */
static bool
short_decimal(double v, struct decimal *out)
{
	static const double pow10[] = { 1, 1e1, 1e2, 1e3 };
	double m;
	int k;

	for (k = 0; k <= SHORT_DECIMALS; k++) {
		m = v * pow10[k];
		if (m >= EXACT_INT)
			return false;
		m = nearbyint(m);
		if (m >= 1 && m / pow10[k] == v) {
			*out = (struct decimal){ (uint64_t)m, -k };
			return true;
		}
	}
	return false;
}

/* sig's digits without trailing zeros; how many, and how many in all. */
static int
put_digits(uint64_t sig, char *digits, int *all)
{
	char tmp[20];
	int n = 0, at = sizeof(tmp);

	do
		tmp[--at] = (char)('0' + sig % 10);
	while (sig /= 10);
	n = (int)sizeof(tmp) - at;
	*all = n;
	while (n > 1 && tmp[at + n - 1] == '0')
		n--;
	memcpy(digits, tmp + at, (size_t)n);
	return n;
}

int
num_shortest(double v, char *digits, int *point)
{
	struct decimal d;
	uint64_t bits = num_bits(v);
	int n;

	if (!short_decimal(fabs(v), &d))
		d = schubfach(bits & ((UINT64_C(1) << FRACTION_BITS) - 1),
		    (int)(bits >> FRACTION_BITS & 0x7ff));
	n = put_digits(d.sig, digits, point);
	*point += d.exp10;
	return n;
}
