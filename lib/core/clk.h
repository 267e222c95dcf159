/*
 * clk: what time it is, in ms since the epoch.  CLK_WALL is the system clock;
 * CLK_INPUT is driven by the records (`--clock input`, replay, tests) and
 * never goes back.
 */
#ifndef CORE_CLK_H
#define CORE_CLK_H

#include <stdint.h>

enum clk_kind { CLK_WALL, CLK_INPUT };

struct clk {
	enum clk_kind kind;
	int64_t now_ms;		/* CLK_INPUT: newest record or tick; 0 = none */
};

int64_t	clk_now(const struct clk *c);
void	clk_advance(struct clk *c, int64_t ts_ms);	/* CLK_INPUT only */

/* Monotonic, for measuring and for deadlines of real I/O; ms. */
int64_t	clk_mono_ms(void);
double	clk_mono_s(void);

/* The same, but it goes on while the machine sleeps. */
int64_t	clk_boot_ms(void);

#endif
