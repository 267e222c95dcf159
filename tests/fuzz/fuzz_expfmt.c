/*
 * Any bytes as an exposition text: no crash, and the same entries whether
 * the text comes whole or in windows.
 */
#include <stdlib.h>

#include "core/num.h"
#include "expfmt/expfmt.h"

int	LLVMFuzzerTestOneInput(const unsigned char *p, size_t n);

static uint64_t
mix(uint64_t h, struct str s)
{
	return h * 31 + str_hash(s) + s.n;
}

/* A number for all that the entries say. */
static uint64_t
entries(struct str text, enum expfmt_format f, bool start_times, size_t step)
{
	enum expfmt_kind kind;
	struct expfmt x;
	struct err e;
	uint64_t h = 0;
	size_t to = step < text.n ? step : text.n, from, i;

	expfmt_init(&x, f);
	x.start_times = start_times;
	expfmt_feed(&x, str_sub(text, 0, to), to == text.n);
	while ((kind = expfmt_next(&x, &e)) != EXPFMT_END) {
		if (kind == EXPFMT_MORE) {
			from = to - expfmt_rest(&x).n;
			to = to + step < text.n ? to + step : text.n;
			expfmt_feed(&x, str_sub(text, from, to), to == text.n);
			continue;
		}
		if (kind == EXPFMT_BAD) {
			h = h * 31 + e.line * 1000 + e.col;
			expfmt_skip_line(&x);
			continue;
		}
		h = mix(h * 31 + (uint64_t)kind + x.line, kind ==
		    EXPFMT_COMMENT ? x.text : x.name);
		if (kind != EXPFMT_SAMPLE)
			continue;
		(void)expfmt_sort(&x);
		for (i = 0; i < x.nlabels; i++)
			h = mix(mix(h, x.label[i].name), x.label[i].value);
		h = mix(h, x.raw) + num_bits(x.value) + (uint64_t)x.ts;
	}
	expfmt_release(&x);
	return h;
}

int
LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
	struct str text = { (const char *)p, n };
	enum expfmt_format f;

	if (n == 0)
		return 0;
	f = p[0] & 1 ? EXPFMT_OPENMETRICS : EXPFMT_TEXT;
	text = str_sub(text, 1, n);
	if (entries(text, f, false, n) != entries(text, f, false, 1 + p[0] / 8))
		abort();
	(void)entries(text, f, true, n);
	return 0;
}
