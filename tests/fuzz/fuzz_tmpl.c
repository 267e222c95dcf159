/*
 * Any bytes as a template: no crash, no hang, bounded output.  The first
 * byte chooses the functions and whether it is HTML.
 */
#include <stdlib.h>

#include "tmpl/data.h"
#include "tmpl/defaults.h"
#include "tmpl/read.h"

int	LLVMFuzzerTestOneInput(const unsigned char *p, size_t n);

static const char data[] =
    "{\"receiver\":\"r\",\"status\":\"firing\",\"alerts\":[{\"status\":"
    "\"firing\",\"labels\":{\"alertname\":\"A\",\"job\":\"<j>\"},"
    "\"startsAt\":\"2026-01-21T09:00:00+02:00\"}],\"commonLabels\":"
    "{\"alertname\":\"A\"},\"routeLabels\":{\"x\":\"{{ .Status }}\"}}";

static void
run(struct tmpl_set *set, struct tval dot, struct arena *a)
{
	struct tmpl_ctx c = { .arena = a, .now_ms = 1, };
	struct buf out = { 0 };
	struct err e;

	(void)tmpl_exec(set, STR("f"), dot, &c, &out, &e);
	if (out.n > 4 * TMPL_OUTPUT_MAX)
		abort();
	buf_release(&out);
}

int
LLVMFuzzerTestOneInput(const unsigned char *p, size_t n)
{
	static const struct tmpl_funcs *const funcs[] = { &tmpl_funcs_prom,
	    &tmpl_funcs_am };
	struct labels_table *table = labels_table_new();
	struct arena a = { 0 };
	struct tmpl_data d;
	struct tmpl_set *set;
	struct str text;
	struct err e;
	bool am;

	if (n == 0)
		goto out;
	am = p[0] & 1;
	set = tmpl_set_new(&funcs[am], 1, p[0] & 2);
	text = arena_str(&a, (struct str){ (const char *)p + 1, n - 1 });
	if (tmpl_data_read(STR(data), table, &a, &d, &e) == -1)
		abort();
	if (tmpl_parse(set, STR("f"), text, &e) == 0)
		run(set, am ? tval_data(&d) : tval_labels(d.common_labels),
		    &a);
	tmpl_set_free(set);
out:
	labels_table_free(table);
	arena_free(&a);
	return 0;
}
