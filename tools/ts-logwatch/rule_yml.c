/* Reading rules by rows. */
#include "rule_yml.h"

#include <ctype.h>

#include "block.h"
#include "core/diag.h"
#include "core/mem.h"
#include "core/num.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static const struct yfield alert_rows[] = {
	YROW("name", YT_STR, offsetof(struct alert_config, name)),
	YROW("labels", YT_STRMAP, offsetof(struct alert_config, labels)),
	YROW("annotations", YT_STRMAP,
	    offsetof(struct alert_config, annotations)),
	YROW("for_resolve", YT_DURATION,
	    offsetof(struct alert_config, for_resolve_ms), .dflt = "1h"),
};

static const struct yfields alert_fields = {
	.name = "alert", .size = sizeof(struct alert_config),
	.row = alert_rows, .n = COUNT(alert_rows),
};

static const struct yfield ratio_rows[] = {
	YROW("of", YT_STR, offsetof(struct ratio, of)),
	YROW("over", YT_DOUBLE, offsetof(struct ratio, over),
	    .flags = YF_REQUIRED),
	YROW("min", YT_INT, offsetof(struct ratio, min), .dflt = "100"),
};

static const struct yfields ratio_fields = {
	.name = "ratio", .size = sizeof(struct ratio),
	.row = ratio_rows, .n = COUNT(ratio_rows),
};

#define AT(f)	offsetof(struct rule, f)
static const struct yfield rule_rows[] = {
	YROW("name", YT_STR, AT(name), .flags = YF_REQUIRED),
	YROW("severity", YT_STR, AT(severity)),
	SELECTOR_ROWS(AT(select)),
	YROW("key", YT_CUSTOM, AT(key), .decode = decode_words),
	YROW("key_mask", YT_RAW, AT(key_mask)),
	YROW("require", YT_RAW, AT(require)),
	YROW("except", YT_RAW, AT(except)),
	YROW("trusted_proxies", YT_CUSTOM, AT(trusted),
	    .decode = decode_words),
	YROW("forwarded", YT_STR, AT(forwarded),
	    .dflt = "network.forwarded_ip"),
	YROW("forget", YT_CUSTOM, AT(forget), .decode = decode_words),
	YROW("window", YT_DURATION, AT(window_ms), .dflt = "10m"),
	YROW("threshold", YT_INT, AT(threshold), .dflt = "1"),
	YROW("score", YT_INT, AT(score)),
	YROW("distinct", YT_STR, AT(distinct)),
	YROW("collect", YT_RAW, AT(collect)),
	YROW("cooldown", YT_DURATION, AT(cooldown_ms), .dflt = "15m"),
	YROW("max_keys", YT_INT, AT(max_keys), .dflt = "100000"),
	YROW("repeats", YT_BOOL, AT(repeats), .dflt = "true"),
	YROW("absent", YT_BOOL, AT(absent)),
	YROW("own", YT_BOOL, AT(own)),
	YROW("ratio", YT_STRUCT_PTR, AT(ratio), .sub = &ratio_fields),
	YROW("alert", YT_STRUCT, AT(alert), .sub = &alert_fields),
	YROW("actions", YT_RAW, AT(actions)),
};
#undef AT

static const struct yfields rule_fields = {
	.name = "rule", .size = sizeof(struct rule),
	.row = rule_rows, .n = COUNT(rule_rows),
	.node_offset = offsetof(struct rule, node),
};

struct defaults {
	int64_t cooldown_ms, max_keys, window_ms;
	struct str severity;
};

static const struct yfield default_rows[] = {
	YROW("cooldown", YT_DURATION, offsetof(struct defaults, cooldown_ms),
	    .dflt = "15m"),
	YROW("severity", YT_STR, offsetof(struct defaults, severity),
	    .dflt = "warning"),
	YROW("window", YT_DURATION, offsetof(struct defaults, window_ms),
	    .dflt = "10m"),
	YROW("max_keys", YT_INT, offsetof(struct defaults, max_keys),
	    .dflt = "100000"),
};

static const struct yfields default_fields = {
	.name = "defaults", .size = sizeof(struct defaults),
	.row = default_rows, .n = COUNT(default_rows),
};

/* ---- the parts that rows do not say ---- */

static int
read_mask(struct rule *r, struct err *e)
{
	const struct ynode *n = r->key_mask, *c;
	int64_t v;

	r->mask_v4 = 32;
	r->mask_v6 = 64;
	if (n == NULL)
		return 0;
	if (n->kind != Y_MAP)
		return ynode_err(n, e, "'key_mask' is {v4: BITS, v6: BITS}");
	for (c = n->child; c != NULL; c = c->next) {
		bool v4 = str_eq(c->key->scalar, STR("v4"));

		if ((!v4 && !str_eq(c->key->scalar, STR("v6"))) ||
		    !num_parse_i64(c->scalar, 1, v4 ? 32 : 128, &v))
			return ynode_err(c, e, "'key_mask' is {v4: 1 to 32, "
			    "v6: 1 to 128}");
		*(v4 ? &r->mask_v4 : &r->mask_v6) = (int)v;
	}
	return 0;
}

/* Names that stand for addresses, unless `require` says what must be one. */
static const char *const address_names[] = {
	"ip", "source.ip", "client.ip", "clientip", "src_ip",
};

static int
read_require(struct rule *r, struct err *e)
{
	const struct ynode *c;
	size_t i, j;

	if (r->require == NULL) {
		for (i = 0; i < r->key.n; i++)
			for (j = 0; j < COUNT(address_names); j++)
				if (str_eq(r->key.p[i],
				    str_of(address_names[j])))
					vec_push(&r->addresses, r->key.p[i]);
		return 0;
	}
	for (c = r->require->child; c != NULL; c = c->next) {
		if (!str_eq(c->scalar, STR("address")) &&
		    !str_eq(c->scalar, STR("any")))
			return ynode_err(c, e, "'require' knows address and "
			    "any");
		if (str_eq(c->scalar, STR("address")))
			vec_push(&r->addresses, c->key->scalar);
	}
	return 0;
}

static int
read_collect(struct rule *r, struct err *e)
{
	const struct ynode *c, *v;
	struct collection one;

	for (c = r->collect ? r->collect->child : NULL; c; c = c->next) {
		one = (struct collection){ c->key->scalar, c->scalar, 50 };
		if (c->kind == Y_MAP) {
			v = ynode_get(c, "field");
			if (v == NULL)
				return ynode_err(c, e, "a collection needs a "
				    "'field'");
			one.field = v->scalar;
			v = ynode_get(c, "max");
			if (v != NULL && !num_parse_i64(v->scalar, 1, 10000,
			    &one.max))
				return ynode_err(v, e, "'max' is from 1 to "
				    "10000");
		}
		vec_push(&r->collections, one);
	}
	if (r->distinct.n > 0)
		vec_push(&r->collections, (struct collection){ r->distinct,
		    r->distinct, r->threshold + 50 });
	return 0;
}

static int
read_except(struct rules *all, struct rule *r, struct err *e)
{
	const struct ynode *c, *item;
	const struct cidr_list *l;

	for (c = r->except ? r->except->child : NULL; c; c = c->next) {
		struct exception x = { .field = c->key->scalar };

		item = c->kind == Y_SEQ ? c->child : c;
		for (; item; item = c->kind == Y_SEQ ? item->next : NULL) {
			l = rules_list(all, item->scalar);
			if (l == NULL) {
				vec_release(&x.lists);
				return ynode_err(item, e, "there is no list '"
				    STR_FMT "'", STR_ARG(item->scalar));
			}
			vec_push(&x.lists, l);
		}
		vec_push(&r->exceptions, x);
	}
	return 0;
}

/* Names of lists, and networks. */
static int
read_proxies(struct rules *all, struct rule *r, struct err *e)
{
	const struct cidr_list *l;
	struct cidr one;
	size_t i, j;

	for (i = 0; i < r->trusted.n; i++) {
		l = rules_list(all, r->trusted.p[i]);
		for (j = 0; l != NULL && j < l->cidrs.n; j++)
			vec_push(&r->proxies.cidrs, l->cidrs.p[j]);
		if (l != NULL)
			continue;
		if (!cidr_parse(r->trusted.p[i], &one))
			return ynode_err(ynode_get(r->node,
			    "trusted_proxies"), e, "'" STR_FMT "' is no "
			    "network and no list", STR_ARG(r->trusted.p[i]));
		vec_push(&r->proxies.cidrs, one);
	}
	/* Who sends the header writes what he likes. */
	for (i = 0; r->actions != NULL && i < r->addresses.n; i++)
		if (str_eq(r->addresses.p[i], r->forwarded))
			return ynode_err(ynode_get(r->node, "key"), e,
			    "anybody can write '" STR_FMT "': key source.ip, "
			    "and name the trusted_proxies",
			    STR_ARG(r->forwarded));
	return 0;
}

static int
check_sense(const struct rule *r, struct err *e)
{
	size_t i;

	for (i = 0; i < r->name.n; i++)
		if (!isalnum((unsigned char)r->name.p[i]) &&
		    r->name.p[i] != '_')
			return ynode_err(ynode_get(r->node, "name"), e,
			    "a rule's name has letters, digits and '_'");
	if (r->window_ms <= 0)
		return ynode_err(r->node, e, "'window' must be longer than "
		    "0s");
	if (r->threshold < 0 || r->threshold > WINDOW_EVENTS_MAX)
		return ynode_err(ynode_get(r->node, "threshold"), e,
		    "'threshold' is from 0 to %d", WINDOW_EVENTS_MAX);
	if (r->max_keys < 1)
		return ynode_err(r->node, e, "'max_keys' is 1 or more");
	if (r->actions != NULL && r->addresses.n == 0)
		return ynode_err(r->actions, e, "a 'block' needs an address "
		    "in 'key'");
	if (r->select.match.n == 0 && r->select.where.n == 0)
		return ynode_err(r->node, e, "a rule needs 'match' or "
		    "'where'");
	return 0;
}

static void
from_defaults(struct rule *r, const struct defaults *d)
{
	if (ynode_get(r->node, "cooldown") == NULL)
		r->cooldown_ms = d->cooldown_ms;
	if (ynode_get(r->node, "window") == NULL)
		r->window_ms = d->window_ms;
	if (ynode_get(r->node, "max_keys") == NULL)
		r->max_keys = d->max_keys;
	if (r->severity.n == 0)
		r->severity = d->severity;
	if (r->alert.name.n == 0)
		r->alert.name = r->name;
	if (r->threshold == 0)
		r->absent = true;
}

static int64_t
longer(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int
compile(struct rules *all, struct rule *r, struct grok_set *set,
    struct arena *a, struct err *e)
{
	struct err why = { 0 };
	size_t i;

	if (read_require(r, e) == -1 || check_sense(r, e) == -1 ||
	    read_mask(r, e) == -1 || read_collect(r, e) == -1 ||
	    read_except(all, r, e) == -1 || read_proxies(all, r, e) == -1 ||
	    block_action_read(r->actions, a, &r->block, e) == -1 ||
	    selector_init(&r->select, set, r->node, arena_cstr(a, r->name),
	    a, e) == -1)
		return -1;
	r->forgets = ARENA_ARRAY(a, r->forget.n + 1, struct grok *);
	for (i = 0; i < r->forget.n; i++) {
		r->forgets[i] = grok_compile_text(set, r->forget.p[i],
		    r->select.field.n > 0, &why);
		if (r->forgets[i] == NULL)
			return ynode_err(ynode_get(r->node, "forget"), e,
			    "%s", why.msg);
		r->needs |= grok_needs(r->forgets[i]);
	}
	r->needs |= r->select.needs;
	if (r->ratio != NULL || r->absent || r->select.field.n > 0)
		r->needs = UINT64_MAX;
	if (r->ratio != NULL && r->ratio->of.n > 0 &&
	    (r->ratio->expr = expr_parse(r->ratio->of, &why)) == NULL)
		return ynode_err(ynode_get(r->node, "ratio"), e, "%s",
		    why.msg);
	r->windows.span = r->window_ms;
	/* No event counts any more, and no alert is remembered. */
	r->windows.keep = longer(r->window_ms, longer(r->cooldown_ms,
	    r->alert.for_resolve_ms));
	r->windows.max_keys = (size_t)r->max_keys;
	r->windows.ncollections = r->collections.n;
	r->seen = INT64_MIN;
	return 0;
}

int
rule_lists_read(struct rules *all, const struct ynode *n, struct arena *a,
    struct err *e)
{
	const struct ynode *c, *v;
	struct cidr_list *l;
	struct cidr one;

	for (c = n ? n->child : NULL; c != NULL; c = c->next) {
		l = rules_list_add(all, c->key->scalar);
		v = c->kind == Y_SEQ ? c : ynode_get(c, "cidrs");
		for (v = v ? v->child : NULL; v != NULL; v = v->next) {
			if (!cidr_parse(v->scalar, &one))
				return ynode_err(v, e, "'" STR_FMT "' is no "
				    "address or network", STR_ARG(v->scalar));
			vec_push(&l->cidrs, one);
		}
		v = ynode_get(c, "file");
		if (v != NULL && cidr_list_file(l, arena_cstr(a, v->scalar),
		    e) == -1)
			return -1;
	}
	return 0;
}

int
rules_read(struct rules *all, const struct config_file *f,
    struct grok_set *set, struct arena *a, struct err *e)
{
	static const struct ynode nothing = { .kind = Y_NULL };
	const struct ynode *c;
	struct defaults d;
	struct rule *r;

	if (yaml_decode(f->defaults ? f->defaults : &nothing,
	    &default_fields, &d, a, e) == -1)
		return -1;
	if (f->rules != NULL && f->rules->kind != Y_SEQ)
		return ynode_err(f->rules, e, "'rules' is a list");
	for (c = f->rules ? f->rules->child : NULL; c != NULL; c = c->next) {
		r = ARENA_NEW(a, struct rule);
		rules_add(all, r);
		if (yaml_decode(c, &rule_fields, r, a, e) == -1)
			return -1;
		from_defaults(r, &d);
		if (compile(all, r, set, a, e) == -1)
			return -1;
	}
	return 0;
}
