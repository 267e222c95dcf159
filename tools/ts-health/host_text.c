/*
 * host_text: the Prometheus text format 0.0.4.
 */
#include "host.h"

#include "core/num.h"

/* In HELP a backslash and a newline are escaped, in a value " as well. */
static void
put_escaped(struct buf *out, struct str s, bool quotes)
{
	size_t i, done = 0;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] != '\n' && s.p[i] != '\\' &&
		    !(quotes && s.p[i] == '"'))
			continue;
		(void)buf_put(out, str_sub(s, done, i));
		(void)buf_putc(out, '\\');
		(void)buf_putc(out, s.p[i] == '\n' ? 'n' : s.p[i]);
		done = i + 1;
	}
	(void)buf_put(out, str_sub(s, done, s.n));
}

static void
text_family(struct host *h)
{
	(void)buf_put(h->out, STR("# HELP "));
	(void)buf_put(h->out, h->family.name);
	(void)buf_putc(h->out, ' ');
	put_escaped(h->out, h->family.help, false);
	(void)buf_put(h->out, STR("\n# TYPE "));
	(void)buf_put(h->out, h->family.name);
	(void)buf_putc(h->out, ' ');
	(void)buf_put(h->out, str_of(h->family.type));
	(void)buf_putc(h->out, '\n');
}

static void
text_sample(struct host *h, double value, const struct host_label *label,
    size_t n)
{
	size_t i;

	(void)buf_put(h->out, h->family.name);
	for (i = 0; i < n; i++) {
		(void)buf_putc(h->out, i ? ',' : '{');
		(void)buf_put(h->out, label[i].name);
		(void)buf_put(h->out, STR("=\""));
		put_escaped(h->out, label[i].value, true);
		(void)buf_putc(h->out, '"');
	}
	(void)buf_put(h->out, n ? STR("} ") : STR(" "));
	num_print(h->out, value, NUM_GO_G);
	(void)buf_putc(h->out, '\n');
}

const struct host_format host_text = { text_family, text_sample };
