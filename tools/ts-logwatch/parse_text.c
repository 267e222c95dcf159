/* text: the line is the message; an ISO time or level is not looked for. */
#include "parser.h"

static bool
parse(struct source_state *s, struct event *ev)
{
	(void)s;
	EVENT_MESSAGE(ev, ev->line);
	return true;
}

const struct parser parse_text = {
	"text", "the line is the message", false, parse
};
