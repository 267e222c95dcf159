/*
 * Any bytes as a series of a unit test: whole, and its labels and values
 * alone.  Whatever parses stays within the limit of one line.
 */
#include <stddef.h>
#include <stdint.h>

#include "promql/series.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size }, rest;
	struct labels_table *table;
	struct arena a = { 0 };
	struct pnotation p = { 0 };
	const struct labels *l;
	struct pvalue *value;
	struct err e;
	size_t n;

	/* A large repetition only costs time. */
	if (size > 4096)
		return 0;
	table = labels_table_new();
	if (pnotation_parse(text, table, &a, &p, &e) == 0 &&
	    p.n > PNOTATION_MAX_VALUES)
		__builtin_trap();
	(void)pnotation_labels(text, table, &l, &rest, &e);
	(void)pnotation_values(text, 0, &a, &value, &n, &e);
	arena_free(&a);
	labels_table_free(table);
	return 0;
}
