/*
 * Any bytes as an expression, evaluated over a few series of every kind: as
 * an instant and as a range query, with names removed at once and late; its
 * printed form parses again.
 */
#include <stddef.h>
#include <stdint.h>

#include "promql/series.h"
#include "promql/store.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_SAMPLES	20000

static struct labels_table *table;
static struct pstore *store;
static struct arena kept;

static void
load(void)
{
	static const char *const lines[] = {
		"a{x=\"1\"} 1+1x20", "a{x=\"2\"} 5-1x9 stale 3 3 NaN Inf",
		"b{x=\"1\",le=\"1\"} 1+1x20", "b{x=\"1\",le=\"+Inf\"} 1+2x20",
		"h{x=\"1\"} {{schema:1 count:4 sum:5 z_bucket:1 "
		    "z_bucket_w:0.1 buckets:[1 2] n_buckets:[1]}}x9 1 2",
		"h{x=\"2\"} {{schema:-53 count:3 sum:5 custom_values:[1 2] "
		    "buckets:[1 1 1]}}x20",
		"target_info{job=\"j\",instance=\"i\",v=\"1\"} 1x20",
	};
	struct pnotation p;
	struct err e;
	size_t i, k;

	table = labels_table_new();
	store = pstore_new(table);
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (pnotation_parse(str_of(lines[i]), table, &kept, &p,
		    &e) == -1)
			continue;
		for (k = 0; k < p.n; k++)
			if (!p.value[k].omitted)
				(void)pstore_add(store, p.labels,
				    (int64_t)k * 30000, p.value[k].v,
				    p.value[k].h, (int64_t)k * 29000, &e);
	}
}

static void
eval(const struct pexpr *x, int64_t start, int64_t end, int64_t step,
    bool delayed)
{
	struct promql_source src = pstore_source(store);
	struct arena a = { 0 };
	struct promql_ctx c = { .arena = &a, .source = &src, .start = start,
	    .end = end, .step = step, .max_samples = MAX_SAMPLES,
	    .delayed_name_removal = delayed };
	struct pcols v;
	struct err e;

	(void)promql_eval(x, &c, &v, &e);
	arena_free(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct promql_features all = { true, true, true, false };
	struct str text = { (const char *)data, size };
	struct arena a = { 0 };
	struct buf printed = { 0 };
	const struct pexpr *x;
	struct err e;

	/* What queries have interned goes with the table. */
	if (!table || labels_table_count(table) > 10000) {
		if (table) {
			pstore_free(store);
			labels_table_free(table);
			arena_free(&kept);
		}
		load();
	}
	if ((x = promql_parse(text, &all, &a, &e))) {
		eval(x, 300000, 300000, 0, false);
		eval(x, 0, 600000, 50000, true);
		promql_print(x, &printed);
		promql_release(x);
		x = promql_parse(buf_str(&printed), &all, &a, &e);
		if (!x)
			__builtin_trap();
		promql_release(x);
	}
	buf_release(&printed);
	arena_free(&a);
	return 0;
}
