/*
 * tmpl/humanize: numbers as people read them, as Prometheus' template
 * functions of these names print them.
 */
#ifndef TMPL_HUMANIZE_H
#define TMPL_HUMANIZE_H

#include "core/err.h"
#include "tmpl/value.h"

/* A number, or a text that is one; -1 with *e. */
int	tval_number(const struct tval *v, double *out, struct err *e);

void	humanize(double v, struct buf *out);		/* 1.235M, 120m */
void	humanize_1024(double v, struct buf *out);	/* 1.177Mi */
void	humanize_duration(double seconds, struct buf *out); /* 1h 0m 0s */
void	humanize_percentage(double v, struct buf *out);	/* 12.35% */

/* Unix seconds to a TV_TIME; -1 when nanoseconds would overflow. */
int	seconds_to_time(double v, struct tval *out, struct err *e);

#endif
