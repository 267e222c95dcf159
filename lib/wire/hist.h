/*
 * hist: native histograms in lines, as the Prometheus HTTP API has them.
 */
#ifndef WIRE_HIST_H
#define WIRE_HIST_H

#include "wire/internal.h"

/*
 * The array at text, [[seconds, {...}], ...], behind what d->r->ts, value
 * and hist hold.  -1 with d->e.
 */
int	hists_read(const struct decode *d, struct str text);

#endif
