#include "yaml/fields.h"

#include <stdlib.h>

#include "core/dur.h"
#include "core/num.h"

static int	decode_value(const struct ynode *n, const struct yfield *f,
		    void *field, struct arena *a, struct err *e);

static const char *
kind_text(const struct ynode *n)
{
	switch (n->kind) {
	case Y_NULL:
		return "null";
	case Y_SEQ:
		return "a list";
	case Y_MAP:
		return "a mapping";
	case Y_SCALAR:
		break;
	}
	return n->style == YS_PLAIN ? "a value" : "a string";
}

static int
wrong_type(const struct ynode *n, const struct yfield *f, const char *want,
    struct err *e)
{
	if (n->kind == Y_SCALAR)
		return ynode_err(n, e, "field '%s': '" STR_FMT "' is not %s",
		    f->key, STR_ARG(n->scalar), want);
	return ynode_err(n, e, "field '%s' must be %s, not %s", f->key, want,
	    kind_text(n));
}

/* Numbers and words are typed: in quotes they are strings, not numbers. */
static bool
is_plain(const struct ynode *n)
{
	return n->kind == Y_SCALAR && n->style == YS_PLAIN;
}

/* 0x1F, 0o17, 0b101, 1_000, and floats without a fraction, as Go's yaml. */
static bool
parse_int(struct str s, int64_t *out)
{
	char digits[64], *end;
	size_t i, n = 0;
	double d;
	int base = 10;

	for (i = 0; i < s.n; i++) {
		if (s.p[i] == '_')
			continue;
		if (n == sizeof(digits) - 1)
			return false;
		digits[n++] = s.p[i];
	}
	digits[n] = '\0';
	s = (struct str){ digits, n };
	if (num_parse_i64(s, INT64_MIN, INT64_MAX, out))
		return true;
	if (n > 2 && digits[0] == '0')
		base = digits[1] == 'x' ? 16 : digits[1] == 'o' ? 8 :
		    digits[1] == 'b' ? 2 : 10;
	if (base != 10) {
		*out = (int64_t)strtoull(digits + 2, &end, base);
		return *end == '\0';
	}
	if (!num_parse_double(s, &d) || d != (double)(int64_t)d ||
	    d > 9e15 || d < -9e15)
		return false;
	*out = (int64_t)d;
	return true;
}

static bool
parse_float(struct str s, double *out)
{
	int64_t v;

	if (num_parse_double(s, out))
		return true;
	if (str_eq_nocase(s, STR(".inf")) || str_eq_nocase(s, STR("+.inf")))
		*out = __builtin_inf();
	else if (str_eq_nocase(s, STR("-.inf")))
		*out = -__builtin_inf();
	else if (str_eq_nocase(s, STR(".nan")))
		*out = num_nan();
	else if (parse_int(s, &v))
		*out = (double)v;
	else
		return false;
	return true;
}

bool
yaml_size_parse(struct str s, int64_t *bytes)
{
	static const char units[] = "KMGTPE";
	const char *u = NULL;
	size_t i = 0;
	int64_t v;

	if (str_eq(s, STR("0"))) {
		*bytes = 0;
		return true;
	}
	while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	if (!num_parse_i64(str_sub(s, 0, i), 0, INT64_MAX, &v))
		return false;
	s = str_sub(s, i, s.n);
	if (s.n > 1 && s.p[0] != '\0')
		u = strchr(units, s.p[0]);
	if (u != NULL) {
		s = str_sub(s, 1, s.n);
		if (s.n == 2 && s.p[0] == 'i')
			s = str_sub(s, 1, s.n);
	}
	if (!str_eq(s, STR("B")))
		return false;
	return !__builtin_mul_overflow(v,
	    u ? INT64_C(1) << 10 * (u - units + 1) : 1, bytes);
}

static int
decode_number(const struct ynode *n, const struct yfield *f, void *field,
    struct err *e)
{
	bool ok = is_plain(n);

	switch (f->type) {
	case YT_BOOL:
		if (ynode_bool(n, field))
			return 0;
		return wrong_type(n, f, "true or false", e);
	case YT_INT:
		if (ok && parse_int(n->scalar, field))
			return 0;
		return wrong_type(n, f, "an integer", e);
	default:
		if (ok && parse_float(n->scalar, field))
			return 0;
		return wrong_type(n, f, "a number", e);
	}
}

static int
decode_amount(const struct ynode *n, const struct yfield *f, void *field,
    struct err *e)
{
	bool ok = false;

	if (n->kind != Y_SCALAR)
		return wrong_type(n, f, f->type == YT_SIZE ? "a size" :
		    "a duration", e);
	if (f->type == YT_SIZE)
		ok = yaml_size_parse(n->scalar, field);
	else if (f->type == YT_DURATION)
		ok = dur_parse(n->scalar, field);
	else
		ok = dur_parse_go(n->scalar, field);
	if (ok)
		return 0;
	return ynode_err(n, e, "field '%s': not a valid %s: \"" STR_FMT "\"",
	    f->key, f->type == YT_SIZE ? "size (units B, KB, MB, GB, TB)" :
	    "duration string", STR_ARG(n->scalar));
}

static int
decode_text(const struct ynode *n, const struct yfield *f, struct str *out,
    struct err *e)
{
	if (n->kind != Y_SCALAR && n->kind != Y_NULL)
		return wrong_type(n, f, "a string", e);
	*out = n->kind == Y_SCALAR ? n->scalar : STR_NONE;
	return 0;
}

static int
decode_strlist(const struct ynode *n, const struct yfield *f,
    struct ystrs *out, struct arena *a, struct err *e)
{
	const struct ynode *c;

	if (n->kind != Y_SEQ)
		return wrong_type(n, f, "a list of strings", e);
	out->p = ARENA_ARRAY(a, n->n, struct str);
	for (c = n->child; c != NULL; c = c->next)
		if (decode_text(c, f, &out->p[out->n++], e) == -1)
			return -1;
	return 0;
}

static int
add_pair(const struct ynode *c, const struct yfield *f, struct ypairs *out,
    struct err *e)
{
	struct ypair *p = &out->p[out->n++];

	p->key = c->key->scalar;
	p->node = c;
	return decode_text(c, f, &p->value, e);
}

/* A mapping merged under this one counts too, as upstream reads it. */
static int
decode_strmap(const struct ynode *n, const struct yfield *f,
    struct ypairs *out, struct arena *a, struct err *e)
{
	const struct ynode *c, *under = n->shadowed;

	if (n->kind != Y_MAP)
		return wrong_type(n, f, "a mapping of strings", e);
	out->p = ARENA_ARRAY(a, n->n + (under ? under->n : 0), struct ypair);
	for (c = n->child; c != NULL; c = c->next)
		if (add_pair(c, f, out, e) == -1)
			return -1;
	for (c = under ? under->child : NULL; c != NULL; c = c->next) {
		if (ynode_get(n, arena_cstr(a, c->key->scalar)) != NULL)
			return ynode_err(c->key, e, "key \"" STR_FMT
			    "\" already set in map", STR_ARG(c->key->scalar));
		if (add_pair(c, f, out, e) == -1)
			return -1;
	}
	return 0;
}

static int
decode_list(const struct ynode *n, const struct yfield *f, struct ylist *out,
    struct arena *a, struct err *e)
{
	const struct ynode *c;
	char *at;

	if (n->kind != Y_SEQ)
		return wrong_type(n, f, "a list", e);
	out->p = at = arena_array(a, n->n, f->sub->size);
	for (c = n->child; c != NULL; c = c->next, at += f->sub->size) {
		if (c->kind == Y_NULL && !(f->flags & YF_NULL_ITEMS))
			return ynode_err(c, e, "empty or null %s in '%s'",
			    f->sub->name, f->key);
		/* Counted first: on failure the owner releases it too. */
		out->n++;
		if (yaml_decode(c, f->sub, at, a, e) == -1)
			return -1;
	}
	return 0;
}

static int
decode_struct_ptr(const struct ynode *n, const struct yfield *f, void **out,
    struct arena *a, struct err *e)
{
	*out = arena_alloc(a, f->sub->size);
	return yaml_decode(n, f->sub, *out, a, e);
}

static int
decode_value(const struct ynode *n, const struct yfield *f, void *field,
    struct arena *a, struct err *e)
{
	switch (f->type) {
	case YT_STR:
		return decode_text(n, f, field, e);
	case YT_BOOL: case YT_INT: case YT_DOUBLE:
		return decode_number(n, f, field, e);
	case YT_DURATION: case YT_GO_DURATION: case YT_SIZE:
		return decode_amount(n, f, field, e);
	case YT_STRLIST:
		return decode_strlist(n, f, field, a, e);
	case YT_STRMAP:
		return decode_strmap(n, f, field, a, e);
	case YT_STRUCT:
		return yaml_decode(n, f->sub, field, a, e);
	case YT_STRUCT_PTR:
		return decode_struct_ptr(n, f, field, a, e);
	case YT_LIST:
		return decode_list(n, f, field, a, e);
	case YT_RAW:
		*(const struct ynode **)field = n;
		return 0;
	case YT_CUSTOM:
		return f->decode(n, field, a, e);
	}
	return 0;
}

static int
set_default(const struct yfield *f, void *out, struct arena *a, struct err *e)
{
	struct ynode *n;

	/* Defaults of a sub struct exist also when the file has no such key. */
	if (f->type == YT_STRUCT)
		return yaml_defaults(f->sub, (char *)out + f->offset, a, e);
	if (f->dflt == NULL)
		return 0;
	n = ARENA_NEW(a, struct ynode);
	n->kind = Y_SCALAR;
	n->scalar = str_of(f->dflt);
	return decode_value(n, f, (char *)out + f->offset, a, e);
}

/* A default is right, or our own table is wrong: no position is needed. */
int
yaml_defaults(const struct yfields *fs, void *out, struct arena *a,
    struct err *e)
{
	size_t i;

	for (i = 0; i < fs->n; i++)
		if (set_default(&fs->row[i], out, a, e) == -1)
			return -1;
	return 0;
}

static const struct yfield *
find_row(const struct yfields *fs, struct str key)
{
	size_t i;

	for (i = 0; i < fs->n; i++)
		if (str_eq(key, str_of(fs->row[i].key)))
			return &fs->row[i];
	return NULL;
}

static int
unknown_field(const struct ynode *key, const struct yfields *fs,
    struct arena *a, struct err *e)
{
	const char **words = ARENA_ARRAY(a, fs->n, const char *), *near;
	size_t i;

	for (i = 0; i < fs->n; i++)
		words[i] = fs->row[i].key;
	near = yaml_near(key->scalar, words, fs->n);
	return ynode_err(key, e, "unknown field '" STR_FMT "' in %s%s%s%s",
	    STR_ARG(key->scalar), fs->name, near ? ", did you mean '" : "",
	    near ? near : "", near ? "'?" : "");
}

/* Sub structs keep their defaults: nobody writes a block to lose them. */
static void
set_zero(enum ytype type, void *field)
{
	switch (type) {
	case YT_STR:
		*(struct str *)field = STR_NONE;
		break;
	case YT_BOOL:
		*(bool *)field = false;
		break;
	case YT_DOUBLE:
		*(double *)field = 0;
		break;
	case YT_INT: case YT_DURATION: case YT_GO_DURATION: case YT_SIZE:
		*(int64_t *)field = 0;
		break;
	default:
		break;
	}
}

static int
decode_entry(const struct ynode *n, const struct yfields *fs, void *out,
    struct arena *a, struct err *e)
{
	const struct yfield *f = find_row(fs, n->key->scalar);
	void *field;

	if (f == NULL)
		return unknown_field(n->key, fs, a, e);
	field = (char *)out + f->offset;
	if (n->kind != Y_NULL || f->type == YT_CUSTOM || f->type == YT_RAW)
		return decode_value(n, f, field, a, e);
	if ((f->flags & YF_NULL_EMPTY) || fs->null_is_zero)
		set_zero(f->type, field);
	return 0;
}

static int
check_required(const struct ynode *n, const struct yfields *fs, struct err *e)
{
	const struct ynode *v;
	size_t i;

	for (i = 0; i < fs->n; i++) {
		if (!(fs->row[i].flags & YF_REQUIRED))
			continue;
		v = ynode_get(n, fs->row[i].key);
		if (v == NULL || v->kind == Y_NULL ||
		    (v->kind == Y_SCALAR && v->scalar.n == 0))
			return ynode_err(n, e, "missing field '%s' in %s",
			    fs->row[i].key, fs->name);
	}
	return 0;
}

int
yaml_decode(const struct ynode *n, const struct yfields *fs, void *out,
    struct arena *a, struct err *e)
{
	const struct ynode *c;

	memset(out, 0, fs->size);
	if (n->kind != Y_MAP && n->kind != Y_NULL)
		return ynode_err(n, e, "%s must be a mapping, not %s",
		    fs->name, kind_text(n));
	if (yaml_defaults(fs, out, a, e) == -1)
		return -1;
	for (c = n->child; c != NULL; c = c->next)
		if (decode_entry(c, fs, out, a, e) == -1)
			return -1;
	if (fs->node_offset != 0)
		*(const struct ynode **)(void *)
		    ((char *)out + fs->node_offset) = n;
	if (check_required(n, fs, e) == -1)
		return -1;
	return fs->check == NULL ? 0 : fs->check(n, out, a, e);
}

static const struct ynode *
prune_value(const struct ynode *n, const struct yfields *fs, struct arena *a)
{
	const struct ynode *c, **tail;
	struct ynode *copy, *kept;

	if (n->kind == Y_MAP)
		return yaml_prune(n, fs, a);
	if (n->kind != Y_SEQ)
		return n;
	copy = ARENA_NEW(a, struct ynode);
	*copy = *n;
	tail = &copy->child;
	for (c = n->child; c != NULL; c = c->next) {
		kept = ARENA_NEW(a, struct ynode);
		*kept = *prune_value(c, fs, a);
		*tail = kept;
		tail = &kept->next;
	}
	*tail = NULL;
	return copy;
}

const struct ynode *
yaml_prune(const struct ynode *n, const struct yfields *fs, struct arena *a)
{
	const struct ynode *c, **tail;
	struct ynode *copy, *kept;
	const struct yfield *f;

	if (n->kind != Y_MAP)
		return n;
	copy = ARENA_NEW(a, struct ynode);
	*copy = *n;
	copy->n = 0;
	tail = &copy->child;
	for (c = n->child; c != NULL; c = c->next) {
		if ((f = find_row(fs, c->key->scalar)) == NULL)
			continue;
		kept = ARENA_NEW(a, struct ynode);
		*kept = f->sub ? *prune_value(c, f->sub, a) : *c;
		*tail = kept;
		tail = &kept->next;
		copy->n++;
	}
	*tail = NULL;
	return copy;
}

static bool
begins_before(const struct ynode *n, unsigned line, unsigned col)
{
	return n->line < line || (n->line == line && n->col <= col);
}

/* A copy of a mapping or list without one child. */
static const struct ynode *
copy_without(const struct ynode *n, const struct ynode *drop,
    const struct ynode *put, struct arena *a)
{
	struct ynode *copy = ARENA_NEW(a, struct ynode), *kept;
	const struct ynode *c, **tail = &copy->child;

	*copy = *n;
	copy->n = 0;
	for (c = n->child; c != NULL; c = c->next) {
		if (c == drop && put == NULL)
			continue;
		kept = ARENA_NEW(a, struct ynode);
		*kept = c == drop ? *put : *c;
		*tail = kept;
		tail = &kept->next;
		copy->n++;
	}
	*tail = NULL;
	return copy;
}

const struct ynode *
yaml_without(const struct ynode *n, unsigned line, unsigned col,
    struct arena *a)
{
	const struct ynode *c, *at = NULL, *item = NULL;

	for (c = n->kind == Y_MAP ? n->child : NULL; c != NULL; c = c->next)
		if (begins_before(c->key, line, col))
			at = c;
	if (at == NULL)
		return NULL;
	for (c = at->kind == Y_SEQ ? at->child : NULL; c != NULL; c = c->next)
		if (begins_before(c, line, col))
			item = c;
	if (item != NULL)
		return copy_without(n, at, copy_without(at, item, NULL, a), a);
	if (at->kind == Y_SCALAR || at->kind == Y_NULL ||
	    (at->key->line == line && at->key->col == col))
		return copy_without(n, at, NULL, a);
	return NULL;
}

#define WORD_MAX	64

/* Edit distance, neighbours swapped counting as one. */
static size_t
distance(struct str a, struct str b)
{
	size_t row[3][WORD_MAX + 1], *cur = row[0], *old = row[1],
	    *older = row[2], *t, i, j, v;

	for (j = 0; j <= b.n; j++)
		cur[j] = j;
	for (i = 1; i <= a.n; i++) {
		t = older;
		older = old;
		old = cur;
		cur = t;
		cur[0] = i;
		for (j = 1; j <= b.n; j++) {
			v = old[j - 1] + (a.p[i - 1] != b.p[j - 1]);
			if (old[j] + 1 < v)
				v = old[j] + 1;
			if (cur[j - 1] + 1 < v)
				v = cur[j - 1] + 1;
			if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] &&
			    a.p[i - 2] == b.p[j - 1] && older[j - 2] + 1 < v)
				v = older[j - 2] + 1;
			cur[j] = v;
		}
	}
	return cur[b.n];
}

const char *
yaml_near(struct str s, const char *const *rows, size_t n)
{
	const char *best = NULL;
	size_t i, d, limit = s.n < 4 ? 1 : s.n < 8 ? 2 : 3;

	if (s.n > WORD_MAX)
		return NULL;
	for (i = 0; i < n; i++) {
		struct str word = str_of(rows[i]);

		if (word.n > WORD_MAX || (d = distance(s, word)) > limit)
			continue;
		best = rows[i];
		limit = d ? d - 1 : 0;
		if (d == 0)
			break;
	}
	return best;
}
