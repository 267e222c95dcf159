/*
 * relabel_config blocks: the fields, with what upstream reads from null and
 * from an absent key kept apart.
 */
#include "config/common.h"

struct block {
	struct relabel_fields f;
	struct ystrs source;
	int64_t modulus;
};

#define AT(member)	offsetof(struct block, f.member)

static const struct yfield block_rows[] = {
	YROW("source_labels", YT_STRLIST, offsetof(struct block, source)),
	YROW("separator", YT_STR, AT(separator)),
	YROW("regex", YT_STR, AT(regex)),
	YROW("modulus", YT_INT, offsetof(struct block, modulus)),
	YROW("target_label", YT_STR, AT(target)),
	YROW("replacement", YT_STR, AT(replacement)),
	YROW("action", YT_STR, AT(action))
};

static const struct yfields block_fields = {
	.name = "relabel_config", .size = sizeof(struct block),
	.row = block_rows, .null_is_zero = true,
	.n = sizeof(block_rows) / sizeof(block_rows[0])
};

/* A key with a null value is there, and empty. */
static bool
is_set(const struct ynode *n, const char *key)
{
	return ynode_get(n, key) != NULL;
}

/* Upstream reads the regex first, so its fault is told before all others. */
static void
check_regex(const struct block *b, struct err *e)
{
	struct err bad = { 0 };
	struct re *r;

	if (!b->f.has_regex)
		return;
	if ((r = re_compile(b->f.regex, RE_FULL, &bad)) == NULL)
		*e = bad;
	re_free(r);
}

static int
decode_one(const struct ynode *n, bool legacy, struct relabel *out,
    struct arena *a, struct err *e)
{
	struct block b;
	const struct ynode *regex = ynode_get(n, "regex");

	if (yaml_decode(n, &block_fields, &b, a, e) == -1)
		return -1;
	b.f.source = b.source.p;
	b.f.nsource = b.source.n;
	if (b.modulus < 0)
		return ynode_err(ynode_get(n, "modulus"), e,
		    "field 'modulus' must not be negative");
	b.f.modulus = (uint64_t)b.modulus;
	b.f.legacy_names = legacy;
	b.f.has_source = is_set(n, "source_labels");
	b.f.has_separator = is_set(n, "separator");
	b.f.has_regex = regex != NULL;
	b.f.has_modulus = is_set(n, "modulus");
	b.f.has_target = is_set(n, "target_label");
	b.f.has_replacement = is_set(n, "replacement");
	b.f.has_action = is_set(n, "action");
	if (relabel_init(out, &b.f, e) == 0)
		return 0;
	check_regex(&b, e);
	/* A position is one in the regex. */
	if (e->col != 0 && regex != NULL && regex->kind == Y_SCALAR)
		config_err_in(regex, e);
	else {
		e->file = n->doc->file;
		e->line = n->line;
		e->col = n->col;
	}
	return -1;
}

/* What the list is called in upstream's message about an empty item. */
static const char *
list_name(const struct ynode *n)
{
	static const char *const names[][2] = {
		{ "relabel_configs", "target" },
		{ "metric_relabel_configs", "metric" },
		{ "alert_relabel_configs", "alert" }
	};
	size_t i;

	for (i = 0; n->key && i < sizeof(names) / sizeof(names[0]); i++)
		if (str_eq(n->key->scalar, str_of(names[i][0])))
			return names[i][1];
	return "";
}

static int
decode_list(const struct ynode *n, bool legacy, struct relabels *out,
    struct arena *a, struct err *e)
{
	const struct ynode *c;
	const char *kind = list_name(n);

	*out = (struct relabels){ 0 };
	if (n->kind == Y_NULL)
		return 0;
	if (n->kind != Y_SEQ)
		return ynode_err(n, e, "'" STR_FMT "' must be a list",
		    STR_ARG(n->key ? n->key->scalar : STR_NONE));
	out->p = ARENA_ARRAY(a, n->n, struct relabel);
	for (c = n->child; c != NULL; c = c->next) {
		if (c->kind == Y_NULL) {
			(void)ynode_err(c, e, "empty or null %s%srelabeling "
			    "rule%s", kind, *kind ? " " : "",
			    *kind ? "" : " in remote write config");
			goto fail;
		}
		if (decode_one(c, legacy, &out->p[out->n], a, e) == -1)
			goto fail;
		out->n++;
	}
	return 0;
fail:
	relabels_release(out);
	return -1;
}

int
config_decode_relabels(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	return decode_list(n, false, out, a, e);
}

int
config_relabels_legacy(const struct ynode *n, struct relabels *r,
    struct arena *a, struct err *e)
{
	relabels_release(r);
	return decode_list(n, true, r, a, e);
}

void
relabels_release(struct relabels *r)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		relabel_release(&r->p[i]);
	r->n = 0;
}
