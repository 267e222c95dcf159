/*
 * am-inhibit.jsonl: which label sets are inhibited by which alerts.
 */
#include "../../tools/ts-route/inhibit.h"
#include "am.h"
#include "conf.h"

#define NOW	INT64_C(1700000000000)

/* A mapping of JSON is one of YAML. */
static struct am_config *
config_of(const json_t *row, struct arena *a, struct err *e)
{
	struct str rules = am_json(json_object_get(row, "inhibit_rules"), a);

	return am_config_text(arena_printf(a, "route: {receiver: r}\n"
	    "receivers: [{name: r}]\ninhibit_rules: " STR_FMT "\n",
	    STR_ARG(rules)), a, e);
}

/* Later entries update earlier ones with equal labels. */
static void
take(struct store *s, struct inhibitor *in, const json_t *o)
{
	struct alert a = { .starts_at = NOW - 1000 };
	struct entry *en;
	bool is_new;

	a.labels = am_labels(s->table, json_object_get(o, "labels"));
	a.ends_at = json_is_true(json_object_get(o, "active")) ?
	    NOW + 1000 : NOW;
	is_new = store_find(s, a.labels) == NULL;
	en = store_restore(s, &a);
	if (is_new)
		inhibitor_add(in, en);
	else
		inhibitor_touch(in, en);
}

static void
one_case(struct conf *c, const json_t *row, const char *name, void *arg)
{
	const json_t *alerts = json_object_get(row, "alerts");
	struct arena a = { 0 };
	struct inhibitor in;
	struct store s;
	struct am_config *config;
	struct err e;
	size_t i;
	bool got;

	if ((config = config_of(row, &a, &e)) == NULL) {
		conf_fail(c, name, STR("a configuration"), str_of(e.msg));
		return;
	}
	store_init(&s, arg, 0);
	inhibitor_init(&in, config);
	for (i = 0; i < json_array_size(alerts); i++)
		take(&s, &in, json_array_get(alerts, i));
	got = inhibitor_mutes(&in, am_labels(arg, json_object_get(row,
	    "target")), NOW, NULL);
	conf_expect(c, name, json_is_true(json_object_get(row, "inhibited")) ?
	    STR("inhibited") : STR("not inhibited"),
	    got ? STR("inhibited") : STR("not inhibited"));
	inhibitor_release(&in);
	store_release(&s);
	am_config_release(config);
	arena_free(&a);
}

int
main(int argc, char **argv)
{
	struct labels_table *t = labels_table_new();
	struct conf c;

	conf_init(&c, argc, argv);
	conf_jsonl(&c, "am-inhibit.jsonl", one_case, t);
	labels_table_free(t);
	return conf_finish(&c);
}
