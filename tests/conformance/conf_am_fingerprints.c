/*
 * am-fingerprints.jsonl: fingerprints, group labels, group keys and their
 * SHA-256, in the tree of am-fingerprints.config.yml.
 */
#include <inttypes.h>

#include "../../tools/ts-route/tree.h"
#include "am.h"
#include "conf.h"
#include "core/hash.h"
#include "json/tree.h"

struct ctx {
	struct labels_table *table;
	struct am_config *config;
	struct labels_builder builder;
};

static void
put_sha256(struct str s, struct buf *out)
{
	unsigned char d[HASH_SHA256_BYTES];

	hash_sha256(s, d);
	(void)hash_hex(out, d, sizeof(d));
}

static void
one_case(struct conf *c, const json_t *row, const char *name, void *arg)
{
	struct ctx *x = arg;
	const struct labels *l = am_labels(x->table, json_object_get(row,
	    "labels")), *group;
	struct buf want = { 0 }, got = { 0 }, key = { 0 };
	struct routes hits = { 0 };

	(void)tree_match(x->config->route, l, &hits);
	group = tree_group_labels(hits.v.p[0], l, true, x->table,
	    &x->builder);		/* captured from 0.25 */
	tree_group_key(hits.v.p[0], group, true, &key);
	(void)buf_printf(&got, "%016" PRIx64 " ", labels_fingerprint(l));
	labels_print_bare(group, &got);
	(void)buf_printf(&got, " " STR_FMT " ", STR_ARG(buf_str(&key)));
	put_sha256(buf_str(&key), &got);

	(void)buf_printf(&want, STR_FMT " ", STR_ARG(json_get_str(row,
	    "fingerprint")));
	labels_print_bare(am_labels(x->table, json_object_get(row,
	    "group_labels")), &want);
	(void)buf_printf(&want, " " STR_FMT " " STR_FMT, STR_ARG(
	    json_get_str(row, "group_key")), STR_ARG(json_get_str(row,
	    "group_key_sha256")));
	conf_expect(c, name, buf_str(&want), buf_str(&got));
	buf_release(&want);
	buf_release(&got);
	buf_release(&key);
	vec_release(&hits.v);
}

int
main(int argc, char **argv)
{
	struct conf c;
	struct arena a = { 0 };
	struct ctx x = { .table = labels_table_new() };
	struct err e;

	conf_init(&c, argc, argv);
	x.config = am_config_load(conf_path(&c, "am-fingerprints.config.yml"),
	    NULL, &a, &e);
	if (x.config != NULL) {
		conf_jsonl(&c, "am-fingerprints.jsonl", one_case, &x);
		am_config_release(x.config);
	} else if (conf_begin(&c, "am-fingerprints.jsonl")) {
		conf_fail(&c, "config", STR("a configuration"),
		    str_of(e.msg));
		conf_end(&c);
	}
	labels_builder_release(&x.builder);
	labels_table_free(x.table);
	arena_free(&a);
	return conf_finish(&c);
}
