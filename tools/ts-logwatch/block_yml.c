/* Blocking, as logwatch.yml has it. */
#include <math.h>
#include <stdlib.h>

#include "block.h"
#include "core/dur.h"
#include "core/num.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static int
decode_ports(const struct ynode *n, void *field, struct arena *a,
    struct err *e)
{
	(void)field;
	(void)a;
	if (!str_eq(n->scalar, STR("all")))
		return ynode_err(n, e, "'ports' is all: who attacks one "
		    "service is shut out of all of them");
	return 0;
}

static int
decode_share(const struct ynode *n, void *field, struct arena *a,
    struct err *e)
{
	struct str s = n->scalar;
	double v;
	bool percent = s.n > 0 && s.p[s.n - 1] == '%';

	(void)a;
	if (!num_parse_double(str_sub(s, 0, s.n - percent), &v) ||
	    !(v >= 0 && v <= (percent ? 100 : 1)))
		return ynode_err(n, e, "'jitter' is a share like 10%%");
	*(double *)field = percent ? v / 100 : v;
	return 0;
}

#define AT(f)	offsetof(struct block_action, f)
#define ACTION_ROWS							\
	YROW("backend", YT_STR, AT(backend)),				\
	YROW("reason", YT_STR, AT(reason)),				\
	YROW("time", YT_DURATION, AT(time_ms)),				\
	YROW("max_time", YT_DURATION, AT(max_time_ms)),			\
	YROW("multiplier", YT_DOUBLE, AT(multiplier)),			\
	YROW("jitter", YT_CUSTOM, AT(jitter), .decode = decode_share),	\
	YROW("ports", YT_CUSTOM, AT(backend), .decode = decode_ports)

static int
check_action(const struct ynode *n, void *out, struct arena *arena,
    struct err *e)
{
	struct block_action *a = out;

	(void)arena;
	a->node = n;
	if (ynode_get(n, "time") == NULL)
		a->time_ms = -1;
	if (ynode_get(n, "max_time") == NULL)
		a->max_time_ms = -1;
	if (ynode_get(n, "jitter") == NULL)
		a->jitter = -1;
	if (ynode_get(n, "multiplier") == NULL)
		a->multiplier = -1;
	else if (!(a->multiplier >= 1 && a->multiplier <= 1000))
		return ynode_err(ynode_get(n, "multiplier"), e,
		    "'multiplier' is from 1 to 1000");
	if (a->backend.n > 0 && (a->use = backend_find(a->backend,
	    e)) == NULL)
		return ynode_err(ynode_get(n, "backend"), e, "%s", e->msg);
	return 0;
}

static const struct yfield action_rows[] = { ACTION_ROWS };

static const struct yfields action_fields = {
	.name = "block", .size = sizeof(struct block_action),
	.row = action_rows, .n = COUNT(action_rows), .check = check_action,
};
#undef AT

struct action {
	struct block_action *block;
};

static const struct yfield actions_rows[] = {
	YROW("block", YT_STRUCT_PTR, offsetof(struct action, block),
	    .sub = &action_fields),
};

static const struct yfields actions_fields = {
	.name = "action", .size = sizeof(struct action),
	.row = actions_rows, .n = COUNT(actions_rows),
};

int
block_action_read(const struct ynode *actions, struct arena *a,
    struct block_action **out, struct err *e)
{
	static const struct ynode nothing = { .kind = Y_NULL };
	const struct ynode *c, *inner;
	struct action one;

	*out = NULL;
	if (actions == NULL)
		return 0;
	if (actions->kind != Y_SEQ)
		return ynode_err(actions, e, "'actions' is a list");
	for (c = actions->child; c != NULL; c = c->next) {
		if (yaml_decode(c, &actions_fields, &one, a, e) == -1)
			return -1;
		inner = ynode_get(c, "block");
		if (one.block == NULL && inner != NULL) {
			/* `block:` and nothing more: as usual. */
			one.block = ARENA_NEW(a, struct block_action);
			if (yaml_decode(&nothing, &action_fields, one.block,
			    a, e) == -1 || check_action(inner, one.block, a,
			    e) == -1)
				return -1;
		}
		if (one.block == NULL || *out != NULL)
			return ynode_err(c, e, "an action is one 'block'");
		*out = one.block;
	}
	return 0;
}

/* ---- the section ---- */

struct prefixes {
	int64_t v4, v6;
};

struct section {
	struct block_action usual;
	struct block_config c;
	struct prefixes least;
};

static const struct yfield prefix_rows[] = {
	YROW("v4", YT_INT, offsetof(struct prefixes, v4), .dflt = "24"),
	YROW("v6", YT_INT, offsetof(struct prefixes, v6), .dflt = "48"),
};

static const struct yfields prefix_fields = {
	.name = "min_prefix", .size = sizeof(struct prefixes),
	.row = prefix_rows, .n = COUNT(prefix_rows),
};

#define AT(f)	(offsetof(struct section, usual) +			\
		    offsetof(struct block_action, f))
#define OF(f)	(offsetof(struct section, c) +				\
		    offsetof(struct block_config, f))
static const struct yfield section_rows[] = {
	ACTION_ROWS,
	YROW("allow", YT_CUSTOM, OF(allow), .decode = decode_words),
	YROW("allow_private", YT_BOOL, OF(allow_private)),
	YROW("command", YT_STRLIST, OF(block)),
	YROW("unblock", YT_STRLIST, OF(unblock)),
	YROW("min_prefix", YT_STRUCT, offsetof(struct section, least),
	    .sub = &prefix_fields),
	YROW("per_minute", YT_INT, OF(per_minute), .dflt = "100"),
	YROW("max", YT_INT, OF(max), .dflt = "10000"),
	YROW("kill", YT_BOOL, OF(kill)),
};
#undef AT
#undef OF

static int
check_section(const struct ynode *n, void *out, struct arena *a,
    struct err *e)
{
	struct section *s = out;

	if (check_action(n, &s->usual, a, e) == -1)
		return -1;
	if (s->least.v4 < 8 || s->least.v4 > 32 || s->least.v6 < 16 ||
	    s->least.v6 > 128)
		return ynode_err(ynode_get(n, "min_prefix"), e,
		    "'min_prefix' is from 8 to 32 and from 16 to 128");
	if (s->c.per_minute < 1 || s->c.max < 1)
		return ynode_err(n, e, "'per_minute' and 'max' are 1 or "
		    "more");
	if (s->c.block.n > 20 || s->c.unblock.n > 20)
		return ynode_err(n, e, "a command has 20 words at most");
	return 0;
}

static const struct yfields section_fields = {
	.name = "block", .size = sizeof(struct section),
	.row = section_rows, .n = COUNT(section_rows), .check = check_section,
};

static void
usual_values(struct block_action *a)
{
	if (a->use == NULL)
		a->use = &backend_nft;
	if (a->time_ms == -1)
		a->time_ms = DUR_HOUR;
	if (a->max_time_ms == -1)
		a->max_time_ms = DUR_WEEK;
	if (a->multiplier < 0)
		a->multiplier = 1;
	if (a->jitter < 0)
		a->jitter = 0;
}

int
block_config_read(const struct config *c, struct block_config *out,
    struct err *e)
{
	static const struct ynode nothing = { .kind = Y_NULL };
	const struct ynode *n = &nothing;
	struct section s;
	size_t i;

	for (i = 0; i < c->files.n; i++) {
		if (c->files.p[i]->block == NULL)
			continue;
		if (n != &nothing)
			return ynode_err(c->files.p[i]->block, e,
			    "another file has a section 'block' already");
		n = c->files.p[i]->block;
	}
	if (yaml_decode(n, &section_fields, &s, c->arena, e) == -1 ||
	    (n == &nothing && check_section(n, &s, c->arena, e) == -1))
		return -1;
	*out = s.c;
	out->usual = s.usual;
	out->min_v4 = s.least.v4;
	out->min_v6 = s.least.v6;
	usual_values(&out->usual);
	if (out->usual.use == &backend_command && out->block.n == 0)
		return ynode_err(n, e, "the back-end 'command' needs a "
		    "'command'");
	return 0;
}

int64_t
block_time(const struct block_action *a, int64_t count, uint32_t random)
{
	double ms = (double)a->time_ms *
	    pow(a->multiplier, (double)(count > 64 ? 63 : count - 1));

	if (a->time_ms == 0)
		return 0;
	ms *= 1 + a->jitter * (2.0 * random / UINT32_MAX - 1);
	if (a->max_time_ms > 0 && ms > (double)a->max_time_ms)
		return a->max_time_ms;
	/* Whole seconds, as the back-ends have them. */
	return ms < 1000 ? 1000 : (int64_t)(ms / 1000) * 1000;
}
