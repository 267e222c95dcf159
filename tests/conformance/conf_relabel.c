/* relabel.jsonl: running rules, validating them, legacy target labels. */
#include <stdlib.h>

#include "conf.h"
#include "model/relabel.h"

static struct labels_table *table;

static struct str
text(const json_t *o, const char *key, bool *has)
{
	const json_t *v = json_object_get(o, key);

	*has = v != NULL;
	return (struct str){ json_string_value(v), json_string_length(v) };
}

static void
fields(const json_t *o, struct relabel_fields *f, struct str *source)
{
	const json_t *list = json_object_get(o, "source_labels"), *v;
	size_t i;

	*f = (struct relabel_fields){ .source = source };
	f->action = text(o, "action", &f->has_action);
	f->separator = text(o, "separator", &f->has_separator);
	f->regex = text(o, "regex", &f->has_regex);
	f->target = text(o, "target_label", &f->has_target);
	f->replacement = text(o, "replacement", &f->has_replacement);
	f->modulus = (uint64_t)json_integer_value(
	    json_object_get(o, "modulus"));
	f->has_source = list != NULL;
	json_array_foreach(list, i, v)
		source[f->nsource++] = (struct str){ json_string_value(v),
		    json_string_length(v) };
}

#define RULES_MAX	32
#define SOURCES_MAX	16

/* The rules over the input; the labels as text, "null" when dropped. */
static void
run(const json_t *row, struct buf *out)
{
	static struct str source[RULES_MAX][SOURCES_MAX];
	const json_t *configs = json_object_get(row, "configs"), *o;
	struct labels_builder b = { 0 };
	struct relabel rule[RULES_MAX];
	struct relabel_fields f;
	const char *name;
	struct err e = { 0 };
	json_t *v;
	size_t i, n = 0;

	labels_build(&b, table, NULL);
	json_object_foreach((json_t *)(uintptr_t)json_object_get(row,
	    "input"), name, v)
		labels_set(&b, str_of(name), (struct str){
		    json_string_value(v), json_string_length(v) });
	json_array_foreach(configs, i, o) {
		fields(o, &f, source[i]);
		if (relabel_init(&rule[n], &f, &e) == -1) {
			(void)buf_printf(out, "error: %s", e.msg);
			goto out;
		}
		n++;
	}
	if (relabel_apply(rule, n, &b, NULL, NULL))
		labels_print_bare(labels_done(&b), out);
	else
		(void)buf_put(out, STR("null"));
out:
	for (i = 0; i < n; i++)
		relabel_release(&rule[i]);
	labels_builder_release(&b);
}

static void
want(const json_t *row, struct buf *out)
{
	json_t *o = json_object_get(row, "output"), *v;
	struct labels_builder b = { 0 };
	const char *name;

	if (json_is_null(o)) {
		(void)buf_put(out, STR("null"));
		return;
	}
	labels_build(&b, table, NULL);
	json_object_foreach(o, name, v)
		labels_set(&b, str_of(name), (struct str){
		    json_string_value(v), json_string_length(v) });
	labels_print_bare(labels_done(&b), out);
	labels_builder_release(&b);
}

/* "" when the rule is valid, else its error. */
static void
validate(struct relabel_fields *f, const json_t *row, struct buf *out)
{
	const char *scheme = json_string_value(json_object_get(row,
	    "scheme"));
	struct relabel r = { 0 };
	struct err e = { 0 };

	f->legacy_names = scheme && strcmp(scheme, "legacy") == 0;
	if (relabel_init(&r, f, &e) == -1)
		(void)buf_printf(out, "%s", e.msg);
	else
		relabel_release(&r);
}

static void
one(struct conf *c, const json_t *row, const char *name, void *arg)
{
	const char *kind = json_string_value(json_object_get(row, "kind"));
	struct str source[SOURCES_MAX], error;
	struct relabel_fields f = { 0 };
	struct buf got = { 0 }, exp = { 0 };
	bool has;

	(void)arg;
	if (strcmp(kind, "relabel") == 0) {
		run(row, &got);
		want(row, &exp);
		conf_expect(c, name, buf_str(&exp), buf_str(&got));
	} else if (strcmp(kind, "validate") == 0) {
		fields(json_object_get(row, "config"), &f, source);
		f.no_defaults = true;
		validate(&f, row, &got);
		error = text(row, "error", &has);
		if ((error.n == 0) == (got.n == 0) &&
		    str_find(buf_str(&got), error) >= 0)
			conf_pass(c);
		else
			conf_fail(c, name, error, buf_str(&got));
	} else if (strcmp(kind, "target_label") == 0) {
		f.target = text(row, "value", &f.has_target);
		validate(&f, row, &got);
		conf_expect(c, name, json_is_true(json_object_get(row,
		    "valid")) ? STR("valid") : STR("invalid"),
		    got.n == 0 ? STR("valid") : STR("invalid"));
	} else {
		conf_skip(c, name, "unknown kind");
	}
	buf_release(&got);
	buf_release(&exp);
}

int
main(int argc, char **argv)
{
	struct conf c;

	conf_init(&c, argc, argv);
	table = labels_table_new();
	conf_jsonl(&c, "relabel.jsonl", one, NULL);
	labels_table_free(table);
	return conf_finish(&c);
}
