/*
 * host_text: the Prometheus text format 0.0.4.
 */
#include "host.h"

#include "core/num.h"

/* In HELP a backslash and a newline are escaped, in a value " as well. */
static void
put_escaped(struct buf *out, struct str s, bool quotes)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '\n')
			(void)buf_put(out, STR("\\n"));
		else if (s.p[i] == '\\' || (quotes && s.p[i] == '"'))
			(void)buf_printf(out, "\\%c", s.p[i]);
		else
			(void)buf_putc(out, s.p[i]);
	}
}

static void
text_family(struct host *h)
{
	(void)buf_printf(h->out, "# HELP " STR_FMT " ",
	    STR_ARG(h->family.name));
	put_escaped(h->out, h->family.help, false);
	(void)buf_printf(h->out, "\n# TYPE " STR_FMT " %s\n",
	    STR_ARG(h->family.name), h->family.type);
}

static void
text_sample(struct host *h, double value, const struct host_label *label,
    size_t n)
{
	size_t i;

	(void)buf_put(h->out, h->family.name);
	for (i = 0; i < n; i++) {
		(void)buf_printf(h->out, "%c" STR_FMT "=\"", i ? ',' : '{',
		    STR_ARG(label[i].name));
		put_escaped(h->out, label[i].value, true);
		(void)buf_putc(h->out, '"');
	}
	(void)buf_put(h->out, n ? STR("} ") : STR(" "));
	num_print(h->out, value, NUM_GO_G);
	(void)buf_putc(h->out, '\n');
}

const struct host_format host_text = { text_family, text_sample };
