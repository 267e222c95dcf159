/*
 * parse: the verb that turns exposition text into sample lines.
 */
#ifndef SCRAPE_PARSE_H
#define SCRAPE_PARSE_H

#include "tool/tool.h"

/* What its options say; part of the tool's own. */
int	parse_set_format(struct tool *t, const char *arg, struct err *e);
int	parse_set_label(struct tool *t, const char *arg, struct err *e);
int	parse_set_time(struct tool *t, const char *arg, struct err *e);

int	verb_parse(struct tool *t, int argc, char **argv);

#endif
