/*
 * sla_html: one page that needs nothing else.
 */
#include "sla.h"

#include <math.h>

#define BARS		90	/* of a check's timeline */
#define BAR_WIDTH	10
#define BAR_HEIGHT	34

static const char head[] =
"<!DOCTYPE html>\n"
"<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
"<title>Availability</title>\n"
"<style>\n"
":root { color-scheme: light dark; --bg: #fff; --fg: #1c2430; --dim: #667085;\n"
"  --line: #e4e7ec; --up: #2da44e; --some: #d4a017; --down: #d1242f;\n"
"  --out: #6e8fc9; --none: #d0d5dd; }\n"
"@media (prefers-color-scheme: dark) { :root { --bg: #12161c; --fg: #e6e9ee;\n"
"  --dim: #98a2b3; --line: #2a313c; --none: #3a424e; } }\n"
"body { font: 15px/1.5 system-ui, sans-serif; background: var(--bg);\n"
"  color: var(--fg); margin: 0 auto; max-width: 62rem; padding: 2rem 1rem; }\n"
"h1 { font-size: 1.5rem; margin: 0; } p, .dim { color: var(--dim); }\n"
"p { margin: .25rem 0 1.5rem; } section { border-top: 1px solid var(--line);\n"
"  padding: 1rem 0; } h2 { font-size: 1.1rem; margin: 0; display: flex;\n"
"  justify-content: space-between; gap: 1rem; }\n"
"svg { display: block; width: 100%; height: 2.1rem; margin: .5rem 0; }\n"
".g { fill: var(--up); } .s { fill: var(--some); } .d { fill: var(--down); }\n"
".x { fill: var(--out); } .n { fill: var(--none); }\n"
".met { color: var(--up); } .missed { color: var(--down); }\n"
"dl { display: flex; flex-wrap: wrap; gap: .25rem 2rem; margin: 0; }\n"
"dl div { display: flex; gap: .5rem; } dt { color: var(--dim); }\n"
"dd { margin: 0; font-variant-numeric: tabular-nums; }\n"
"table { border-collapse: collapse; width: 100%; margin-top: .75rem;\n"
"  font-size: .9rem; } th { text-align: left; color: var(--dim);\n"
"  font-weight: 500; } td, th { padding: .2rem 1rem .2rem 0;\n"
"  vertical-align: top; overflow-wrap: anywhere; }\n"
"td:first-child, td:nth-child(2) { white-space: nowrap; }\n"
"td:last-child { width: 100%; }\n"
"i { display: inline-block; width: .8em; height: .8em; border-radius: 2px;\n"
"  margin: 0 .35em 0 1em; }\n"
"</style></head><body>\n";

static void
put_text(struct buf *out, struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '&')
			(void)buf_put(out, STR("&amp;"));
		else if (c == '<')
			(void)buf_put(out, STR("&lt;"));
		else if (c == '>')
			(void)buf_put(out, STR("&gt;"));
		else if (c == '"')
			(void)buf_put(out, STR("&quot;"));
		else
			(void)buf_putc(out, c < 0x20 || c == 0x7f ? ' ' :
			    (char)c);
	}
}

/* ---- the timeline ---- */

struct bar {
	int64_t ms[SLA_NSTATES];
};

static void
fill_bars(const struct sla *s, const struct sla_check *c, struct bar *bar)
{
	int64_t length = s->to_ms - s->from_ms, from, to, a, b;
	const struct sla_span *p = c->spans.p, *end = p + c->spans.n;
	int64_t i;

	for (i = 0; i < BARS; i++) {
		from = s->from_ms + length * i / BARS;
		to = s->from_ms + length * (i + 1) / BARS;
		for (; p != end && p->to_ms <= from; p++)
			continue;
		for (const struct sla_span *q = p; q != end &&
		    q->from_ms < to; q++) {
			a = q->from_ms > from ? q->from_ms : from;
			b = q->to_ms < to ? q->to_ms : to;
			bar[i].ms[q->state] += b - a;
		}
	}
}

/* Red from a tenth of the time; nothing known only when that is all. */
static const char *
bar_class(const struct bar *b)
{
	int64_t known = b->ms[SLA_UP] + b->ms[SLA_DOWN];

	if (b->ms[SLA_DOWN] > 0)
		return b->ms[SLA_DOWN] * 10 >= known ? "d" : "s";
	if (known > 0)
		return "g";
	return b->ms[SLA_EXCLUDED] > 0 ? "x" : "n";
}

static void
put_bars(const struct sla *s, const struct sla_check *c, struct arena *a,
    struct buf *out)
{
	struct bar bar[BARS] = { 0 };
	int64_t i, length = s->to_ms - s->from_ms;

	fill_bars(s, c, bar);
	(void)buf_printf(out, "<svg viewBox=\"0 0 %d %d\" "
	    "preserveAspectRatio=\"none\" role=\"img\">\n", BARS * BAR_WIDTH,
	    BAR_HEIGHT);
	for (i = 0; i < BARS; i++) {
		(void)buf_printf(out, "<rect class=\"%s\" x=\"%d\" "
		    "width=\"%d\" height=\"%d\" rx=\"2\"><title>" STR_FMT,
		    bar_class(&bar[i]), (int)i * BAR_WIDTH, BAR_WIDTH - 2,
		    BAR_HEIGHT, STR_ARG(sla_instant(s->from_ms + length * i /
		    BARS, a)));
		if (bar[i].ms[SLA_DOWN])
			(void)buf_printf(out, ": down " STR_FMT,
			    STR_ARG(sla_duration((double)
			    bar[i].ms[SLA_DOWN], a)));
		(void)buf_put(out, STR("</title></rect>\n"));
	}
	(void)buf_put(out, STR("</svg>\n"));
}

/* ---- one check ---- */

static void
put_fact(struct buf *out, const char *name, struct str value)
{
	(void)buf_printf(out, "<div><dt>%s</dt><dd>" STR_FMT "</dd></div>\n",
	    name, STR_ARG(value));
}

static void
put_facts(const struct sla *s, const struct sla_check *c, struct arena *a,
    struct buf *out)
{
	double allowed = sla_allowed_ms(s, c);

	(void)buf_put(out, STR("<dl>\n"));
	put_fact(out, "Down", sla_duration((double)c->ms[SLA_DOWN], a));
	put_fact(out, "Failures", arena_printf(a, "%zu", c->failures));
	put_fact(out, "MTTR", sla_duration(sla_mttr_ms(c), a));
	put_fact(out, "MTBF", sla_duration(sla_mtbf_ms(c), a));
	put_fact(out, "Budget left", arena_printf(a, STR_FMT " of " STR_FMT,
	    STR_ARG(sla_duration(allowed - (double)c->ms[SLA_DOWN], a)),
	    STR_ARG(sla_duration(allowed, a))));
	if (c->ms[SLA_EXCLUDED])
		put_fact(out, "Maintenance", sla_duration((double)
		    c->ms[SLA_EXCLUDED], a));
	if (c->ms[SLA_UNMONITORED])
		put_fact(out, "Unmonitored", sla_duration((double)
		    c->ms[SLA_UNMONITORED], a));
	(void)buf_put(out, STR("</dl>\n"));
}

static void
put_outages(const struct sla_check *c, struct arena *a, struct buf *out)
{
	const struct sla_span *p, *end = c->spans.p + c->spans.n;

	if (c->failures == 0)
		return;
	(void)buf_put(out, STR("<table><tr><th>Down since<th>For"
	    "<th>Because\n"));
	for (p = c->spans.p; p != end; p++) {
		if (p->state != SLA_DOWN)
			continue;
		(void)buf_printf(out, "<tr><td>" STR_FMT "<td>" STR_FMT
		    "%s<td>", STR_ARG(sla_instant(p->from_ms, a)),
		    STR_ARG(sla_duration((double)(p->to_ms - p->from_ms),
		    a)), p + 1 == end ? ", still" : "");
		put_text(out, p->error);
		(void)buf_putc(out, '\n');
	}
	(void)buf_put(out, STR("</table>\n"));
}

static void
put_check(const struct sla *s, const struct sla_check *c, struct arena *a,
    struct buf *out)
{
	double v = sla_availability(c);

	(void)buf_put(out, STR("<section><h2><span>"));
	put_text(out, c->name);
	(void)buf_printf(out, "</span><span class=\"%s\">" STR_FMT "%s</span>"
	    "</h2>\n", isnan(v) ? "dim" : sla_met(s, c) ? "met" : "missed",
	    STR_ARG(sla_percent(v, a)), isnan(v) ? "" : " %");
	put_bars(s, c, a, out);
	put_facts(s, c, a, out);
	put_outages(c, a, out);
	(void)buf_put(out, STR("</section>\n"));
}

void
sla_html(const struct sla *s, struct arena *a, struct buf *out)
{
	static const struct { const char *color, *text; } legend[] = {
		{ "up", "up" }, { "some", "down for less than a tenth" },
		{ "down", "down" }, { "out", "maintenance" },
		{ "none", "unmonitored" },
	};
	size_t i;

	(void)buf_put(out, str_of(head));
	(void)buf_printf(out, "<h1>Availability</h1>\n<p>" STR_FMT " to "
	    STR_FMT ", objective %g %%</p>\n",
	    STR_ARG(sla_instant(s->from_ms, a)),
	    STR_ARG(sla_instant(s->to_ms, a)), s->objective * 100);
	for (i = 0; i < s->checks.n; i++)
		put_check(s, s->checks.p[i], a, out);
	(void)buf_put(out, STR("<section class=\"dim\">"));
	for (i = 0; i < sizeof(legend) / sizeof(legend[0]); i++)
		(void)buf_printf(out, "<i style=\"background: var(--%s)\">"
		    "</i>%s\n", legend[i].color, legend[i].text);
	(void)buf_put(out, STR("</section></body></html>\n"));
}
