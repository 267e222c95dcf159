/*
 * num: text to numbers with bounds, and numbers to the shortest text that
 * reads back equal.
 */
#ifndef CORE_NUM_H
#define CORE_NUM_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/str.h"

/*
 * Decimal digits with an optional sign, all of s.  False when s is anything
 * else or lies outside [min, max]; *out is then unchanged.
 */
bool	num_parse_i64(struct str s, int64_t min, int64_t max, int64_t *out);
bool	num_parse_u64(struct str s, uint64_t max, uint64_t *out);

/*
 * A decimal floating point number, all of s: [+-]digits[.digits][e[+-]digits]
 * with at least one digit before or after the point.  No hex, no inf, no nan,
 * no blanks.  Correctly rounded; what is too large gives an infinity.
 */
bool	num_parse_double(struct str s, double *out);

/*
 * The number of the JSON grammar that begins at p: -?(0|[1-9][0-9]*) with an
 * optional fraction and exponent, correctly rounded.  Returns the byte behind
 * it, NULL when there is none or digits are missing.
 */
const char	*num_scan(const char *p, const char *end, double *out);

/*
 * As Go's strconv.ParseFloat reads the text format: as num_parse_double, and
 * inf, infinity, nan in any case with an optional sign.  Every NaN becomes
 * the ordinary one (NUM_NAN_BITS).
 */
bool	num_parse_prom(struct str s, double *out);

/* The two NaN of Prometheus (model/value): ordinary, and the stale marker. */
#define NUM_NAN_BITS	0x7ff8000000000001ULL
#define NUM_STALE_BITS	0x7ff0000000000002ULL

double	num_nan(void);
double	num_stale(void);
bool	num_is_stale(double v);

/* v's bits, and back. */
uint64_t	num_bits(double v);
double		num_from_bits(uint64_t bits);

/*
 * The shortest decimal that reads back as v (finite, not 0; the sign is
 * ignored): writes 1 to 17 digits without leading or trailing zero to
 * digits (NUM_DIGITS bytes, no NUL), returns how many, and sets *point so
 * that |v| = 0.DIGITS x 10^point.
 */
#define NUM_DIGITS	17
int	num_shortest(double v, char *digits, int *point);

/* The decimal digits, as %lld. */
void	num_print_i64(struct buf *out, int64_t v);

/*
 * Print v in one of the forms that the formats of others want; at most
 * NUM_TEXT bytes.
 *	NUM_JSON   as JavaScript and jq do: 0.001, 1e+21, 100000
 *	NUM_GO_G   Go's %v and FormatFloat(v, 'g', -1): 1e+06, 1e-05, +Inf, NaN
 *	NUM_GO_F   FormatFloat(v, 'f', -1): never an exponent; +Inf, NaN
 */
#define NUM_TEXT	352
enum num_form { NUM_JSON, NUM_GO_G, NUM_GO_F };
void	num_print(struct buf *out, double v, enum num_form form);

#endif
