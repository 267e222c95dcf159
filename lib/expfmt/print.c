#include "core/num.h"
#include "expfmt/expfmt.h"

static void
put_escaped(struct buf *out, struct str s, bool quotes)
{
	size_t i, from = 0;
	const char *as;

	for (i = 0; i < s.n; i++) {
		switch (s.p[i]) {
		case '\\':
			as = "\\\\";
			break;
		case '\n':
			as = "\\n";
			break;
		case '"':
			if (quotes) {
				as = "\\\"";
				break;
			}
			/* FALLTHROUGH */
		default:
			continue;
		}
		(void)buf_put(out, str_sub(s, from, i));
		(void)buf_put(out, str_of(as));
		from = i + 1;
	}
	(void)buf_put(out, str_sub(s, from, s.n));
}

static void
put_quoted(struct buf *out, struct str s)
{
	(void)buf_putc(out, '"');
	put_escaped(out, s, true);
	(void)buf_putc(out, '"');
}

static void
put_metric_name(struct buf *out, struct str name)
{
	if (metric_name_is_legacy(name))
		(void)buf_put(out, name);
	else
		put_quoted(out, name);
}

void
expfmt_put_help(struct buf *out, struct str name, struct str text)
{
	(void)buf_put(out, STR("# HELP "));
	put_metric_name(out, name);
	(void)buf_putc(out, ' ');
	put_escaped(out, text, false);
	(void)buf_putc(out, '\n');
}

void
expfmt_put_type(struct buf *out, struct str name, enum expfmt_type t)
{
	(void)buf_put(out, STR("# TYPE "));
	put_metric_name(out, name);
	(void)buf_putc(out, ' ');
	/* the text format has five types; upstream's library maps as here */
	switch (t) {
	case EXPFMT_COUNTER:
	case EXPFMT_GAUGE:
	case EXPFMT_HISTOGRAM:
	case EXPFMT_SUMMARY:
		(void)buf_put(out, str_of(expfmt_type_text(t)));
		break;
	case EXPFMT_GAUGEHISTOGRAM:
		(void)buf_put(out, STR("histogram"));
		break;
	case EXPFMT_INFO:
	case EXPFMT_STATESET:
		(void)buf_put(out, STR("gauge"));
		break;
	case EXPFMT_UNKNOWN:
		(void)buf_put(out, STR("untyped"));
		break;
	}
	(void)buf_putc(out, '\n');
}

/* {"a name",label="value"}: the metric's own name first when quoted. */
static void
put_labels(struct buf *out, const struct labels *l, struct str quoted_name)
{
	const char *sep = "{";
	uint32_t i;

	if (quoted_name.n) {
		(void)buf_put(out, STR("{"));
		put_quoted(out, quoted_name);
		sep = ",";
	}
	for (i = 0; i < l->n; i++) {
		struct str name = l->v[i].name->s;

		if (str_eq(name, STR("__name__")))
			continue;
		(void)buf_put(out, str_of(sep));
		if (label_name_is_legacy(name))
			(void)buf_put(out, name);
		else
			put_quoted(out, name);
		(void)buf_putc(out, '=');
		put_quoted(out, l->v[i].value->s);
		sep = ",";
	}
	if (*sep == ',')
		(void)buf_putc(out, '}');
}

void
expfmt_put_sample(struct buf *out, const struct labels *l, double value,
    int64_t ts)
{
	struct str name = labels_get(l, STR("__name__"));
	bool legacy = metric_name_is_legacy(name);

	if (legacy)
		(void)buf_put(out, name);
	put_labels(out, l, legacy ? STR_NONE : name);
	(void)buf_putc(out, ' ');
	num_print(out, value, NUM_GO_G);
	if (ts != EXPFMT_NO_TS)
		(void)buf_printf(out, " %lld", (long long)ts);
	(void)buf_putc(out, '\n');
}
