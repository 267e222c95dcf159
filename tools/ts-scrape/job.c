#include "job.h"

#include "core/mem.h"
#include "operands.h"

static const struct {
	const char *name;
	const char *media;
	bool utf8;		/* its names may be any UTF-8 when asked */
} protocols[] = {
	{ "PrometheusProto", "application/vnd.google.protobuf;"
	    "proto=io.prometheus.client.MetricFamily;encoding=delimited",
	    false },
	{ "OpenMetricsText1.0.0", "application/openmetrics-text;"
	    "version=1.0.0", true },
	{ "OpenMetricsText0.0.1", "application/openmetrics-text;"
	    "version=0.0.1", false },
	{ "PrometheusText1.0.0", "text/plain;version=1.0.0", true },
	{ "PrometheusText0.0.4", "text/plain;version=0.0.4", false },
};

/*
 * The formats in the order of preference, with weights falling from 0.6 by
 * tenths, then anything.  We do not read protobuf, so we do not ask for it.
 */
static struct str
accept_header(const struct scrape_common *c, struct arena *a)
{
	struct buf b = { 0 };
	struct str out;
	size_t i, k;
	int weight = 6;

	for (i = 0; i < c->protocols.n; i++) {
		for (k = 1; k < sizeof(protocols) / sizeof(protocols[0]); k++)
			if (str_eq(c->protocols.p[i],
			    str_of(protocols[k].name)))
				break;
		if (k == sizeof(protocols) / sizeof(protocols[0]))
			continue;
		(void)buf_printf(&b, "%s", protocols[k].media);
		if (protocols[k].utf8)
			(void)buf_printf(&b, ";escaping=" STR_FMT,
			    STR_ARG(c->escaping));
		(void)buf_printf(&b, ";q=0.%d,", weight--);
	}
	(void)buf_printf(&b, "*/*;q=0.%d", weight);
	out = arena_str(a, buf_str(&b));
	buf_release(&b);
	return out;
}

static struct generation *
generation_new(struct prom_config *c, struct arena *a)
{
	struct generation *g = mem_zalloc(sizeof(*g));
	size_t i;

	g->arena = *a;
	g->config = c;
	g->users = 1;
	g->njobs = c->nscrape;
	g->job = mem_array(c->nscrape, sizeof(*g->job));
	for (i = 0; i < c->nscrape; i++) {
		g->job[i].generation = g;
		g->job[i].config = &c->scrape[i];
		g->job[i].fallback = c->scrape[i].fallback_protocol;
		g->job[i].accept = accept_header(&c->scrape[i].common,
		    &g->arena);
	}
	return g;
}

struct generation *
generation_load(const char *path, struct err *e)
{
	struct arena a = { 0 };
	struct prom_config *c = prom_config_load(arena_cstr(&a, str_of(path)),
	    &a, e);

	if (c)
		return generation_new(c, &a);
	arena_free(&a);
	return NULL;
}

/*
 * People point it at anything, so a wrong Content-Type is no obstacle.
 */
struct generation *
generation_of_operands(const struct operands *o, struct err *e)
{
	static const char text[] =
	    "scrape_configs:\n"
	    "  - job_name: ts-scrape\n"
	    "    fallback_scrape_protocol: PrometheusText0.0.4\n";
	struct arena a = { 0 };
	const struct ynode *root = yaml_load(str_of(text), "operands", &a, e);
	struct prom_config *c = root ? prom_config_decode(root, &a, e) : NULL;
	struct operands *copy;
	struct generation *g;

	if (c == NULL) {
		arena_free(&a);
		return NULL;
	}
	copy = ARENA_NEW(&a, struct operands);
	*copy = *o;
	g = generation_new(c, &a);
	g->operands = (struct sd_config){ .kind = STR("operands"),
	    .conf = copy };
	return g;
}

void
generation_hold(struct generation *g)
{
	g->users++;
}

void
generation_drop(struct generation *g)
{
	size_t i;

	if (g == NULL || --g->users > 0)
		return;
	for (i = 0; i < g->njobs; i++)
		vec_release(&g->job[i].sd);
	mem_free(g->job);
	prom_config_release(g->config);
	arena_free(&g->arena);
	mem_free(g);
}
