#include "core/clk.h"

#include <time.h>

int64_t
clk_now(const struct clk *c)
{
	struct timespec t;

	if (c->kind == CLK_INPUT)
		return c->now_ms;
	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
clk_advance(struct clk *c, int64_t ts_ms)
{
	if (c->kind == CLK_INPUT && ts_ms > c->now_ms)
		c->now_ms = ts_ms;
}

double
clk_mono_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int64_t
read_ms(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
clk_mono_ms(void)
{
	return read_ms(CLOCK_MONOTONIC);
}

int64_t
clk_boot_ms(void)
{
	return read_ms(CLOCK_BOOTTIME);
}
