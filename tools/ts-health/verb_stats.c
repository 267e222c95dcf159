/*
 * postgres-stats, redis-stats, container-stats: all that a check of the kind
 * can tell, as tables for people.
 */
#include "verbs.h"

#include <jansson.h>

#include "core/dur.h"
#include "core/num.h"
#include "core/utf8.h"
#include "health_yml.h"
#include "json/tree.h"
#include "report.h"

#define COLUMNS_MAX	32
#define CELL_MAX	60	/* characters */

static const struct stats_kind {
	const char *verb, *kind;
	const char *set[8];	/* what makes the check tell everything */
} kinds[] = {
	{ "container-stats", "docker", { NULL } },
	{ "postgres-stats", "postgres", { "statements=10",
	    "checks={connections: {}, active: {}, idle_in_transaction: {}, "
	    "long_query: {}, long_xact: {}, locks: {}, wraparound: {}, "
	    "invalid_indexes: {}, unused_indexes: {}, dead_tuples: {}, "
	    "size: {}, replication: {}, slots: {}, archiver: {}}" } },
	{ "redis-stats", "redis", { "data=true" } },
};

/* ---- tables ---- */

/* 1234567 as it is when small, else 1.2M; counts and bytes alike. */
static void
put_number(struct buf *out, double v)
{
	static const char units[] = "kMGTP";
	size_t u = 0;

	if (v > -1e6 && v < 1e6) {
		v = (double)(int64_t)(v * 100 + (v < 0 ? -0.5 : 0.5)) / 100;
		num_print(out, v, NUM_GO_F);
		return;
	}
	for (v /= 1000; (v >= 1000 || v <= -1000) && units[u + 1]; u++)
		v /= 1000;
	(void)buf_printf(out, "%.1f%c", v, units[u]);
}

/* An instant in seconds since the epoch. */
static bool
is_instant(const char *key, double v)
{
	return str_ends(str_of(key), STR("time")) && v > 1e9 && v < 1e11;
}

static struct str
cell(const char *key, const json_t *v, struct arena *a)
{
	struct buf b = { 0 };
	struct str s;
	size_t at = 0;
	uint32_t c;

	if (json_is_string(v)) {
		s = (struct str){ json_string_value(v),
		    json_string_length(v) };
		while (at < s.n && utf8_count(buf_str(&b)) < CELL_MAX) {
			c = utf8_next(s, &at);
			(void)utf8_put(&b, utf8_control(c) ? ' ' : c);
		}
	} else if (json_is_number(v) &&
	    is_instant(key, json_number_value(v))) {
		time_print_rfc3339(&b, (int64_t)json_number_value(v) * 1000);
	} else if (json_is_number(v)) {
		put_number(&b, json_number_value(v));
	} else if (json_is_boolean(v)) {
		(void)buf_put(&b, json_is_true(v) ? STR("yes") : STR("no"));
	} else {
		(void)buf_putc(&b, '-');
	}
	s = arena_str(a, buf_str(&b));
	buf_release(&b);
	return s;
}

static void
put_padded(struct buf *out, struct str s, size_t width, bool left)
{
	size_t n = utf8_columns(s);

	if (left)
		(void)buf_put(out, s);
	for (; n < width; n++)
		(void)buf_putc(out, ' ');
	if (!left)
		(void)buf_put(out, s);
}

struct column {
	const char *key;
	size_t width;
	bool left;		/* text */
};

/* Of the first row; all rows have the same. */
static size_t
columns_of(const json_t *rows, struct column *col, struct arena *a)
{
	const char *key;
	json_t *v, *row;
	size_t i, k, w, n = 0;

	json_object_foreach(json_array_get(rows, 0), key, v)
		if (n < COLUMNS_MAX)
			col[n++] = (struct column){ key, strlen(key), false };
	json_array_foreach(rows, i, row)
		for (k = 0; k < n; k++) {
			v = json_object_get(row, col[k].key);
			col[k].left |= json_is_string(v);
			w = utf8_columns(cell(col[k].key, v, a));
			if (w > col[k].width)
				col[k].width = w;
		}
	return n;
}

static void
put_table(struct buf *out, const json_t *rows, struct arena *a)
{
	struct column col[COLUMNS_MAX];
	size_t i, k, n = columns_of(rows, col, a);
	json_t *row;

	for (k = 0; k < n; k++) {
		(void)buf_put(out, k ? STR("  ") : STR_NONE);
		put_padded(out, str_of(col[k].key), k + 1 == n &&
		    col[k].left ? 0 : col[k].width, col[k].left);
	}
	(void)buf_putc(out, '\n');
	json_array_foreach(rows, i, row) {
		for (k = 0; k < n; k++) {
			(void)buf_put(out, k ? STR("  ") : STR_NONE);
			put_padded(out, cell(col[k].key, json_object_get(row,
			    col[k].key), a), k + 1 == n && col[k].left ? 0 :
			    col[k].width, col[k].left);
		}
		(void)buf_putc(out, '\n');
	}
}

/* One part of data: a table, or a line for each member. */
static void
put_part(struct buf *out, const char *name, const json_t *v, struct arena *a)
{
	const char *key;
	json_t *one;

	if (json_is_array(v) && json_array_size(v) == 0)
		return;
	(void)buf_printf(out, "%s%s\n", out->n ? "\n" : "", name);
	if (json_is_array(v))
		put_table(out, v, a);
	else if (json_is_object(v))
		json_object_foreach((json_t *)(uintptr_t)v, key, one)
			(void)buf_printf(out, "  %-27s " STR_FMT "\n", key,
			    STR_ARG(cell(key, one, a)));
}

static void
print_stats(const struct report *r, struct buf *out)
{
	const struct outcome *o;
	const char *key;
	struct err e;
	json_t *data, *v;

	for (o = r->outcome; o != r->outcome + r->n; o++) {
		if (outcome_text(o).n)
			(void)buf_printf(out, STR_FMT ": %s: " STR_FMT "\n",
			    STR_ARG(o->check->name), check_status_name(
			    o->result->status), STR_ARG(outcome_text(o)));
		if (o->result->data.p == NULL ||
		    (data = json_tree(o->result->data, &e)) == NULL)
			continue;
		json_object_foreach(data, key, v)
			put_part(out, key, v, r->arena);
		json_decref(data);
	}
}

/* ---- the verbs ---- */

static const struct report_format formats[] = {
	{ "table", print_stats }, { "json", report_json },
	{ "samples", report_samples }, { "text", report_text },
};
static const char *const format_names[] = { "table", "json", "samples",
	"text" };
#define NFORMATS (sizeof(formats) / sizeof(formats[0]))

int
verb_stats(struct tool *t, int argc, char **argv)
{
	struct health *self = t->self;
	struct health_config h = health_config_new(self);
	const struct stats_kind *k = kinds;
	struct str set[HEALTH_SET_MAX + 8];
	size_t n = 0, i;
	struct err e;
	int format, rc = 0, status = HEALTH_UNKNOWN;

	while (strcmp(k->verb, t->verb->name) != 0)
		k++;
	if ((format = tool_output(t, format_names, NFORMATS)) == -1)
		return HEALTH_UNKNOWN;
	for (i = 0; k->set[i] != NULL; i++)
		set[n++] = str_of(k->set[i]);
	for (i = 0; i < self->nset; i++)
		set[n++] = self->set[i];
	if (argc == 0)
		rc = health_adhoc(&h, check_kind_find(str_of(k->kind)),
		    STR_NONE, set, n, &e);
	for (i = 0; i < (size_t)argc && rc == 0; i++)
		rc = health_adhoc(&h, check_kind_find(str_of(k->kind)),
		    str_of(argv[i]), set, n, &e);
	if (rc == -1)
		diag_err(&e);
	else
		status = health_run(t, &h, 0, NULL, &formats[format]);
	health_release(&h);
	return tool_finish(t, status);
}
