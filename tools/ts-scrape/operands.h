/*
 * operands: URLs and host:port given on the command line, as a discovery.
 */
#ifndef TS_SCRAPE_OPERANDS_H
#define TS_SCRAPE_OPERANDS_H

#include "sd.h"

struct operands {
	char **v;
	int n;
};

/* 0, or -1 with *e when one of them is no URL and no host:port. */
int	operands_check(const struct operands *o, struct err *e);

/* conf of its sd_config is a struct operands. */
extern const struct sd_kind	sd_operands;

#endif
