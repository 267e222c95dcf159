#include "model/labels.h"

#include <stdarg.h>

#include "core/hash.h"
#include "core/mem.h"

#define SLOTS_FIRST	256

struct labels_table {
	struct intern *symbols;
	struct labels_names names;
	const struct labels *empty;	/* once it was asked for */
	struct labels **slot;
	size_t nslots, n;
	struct arena arena;
	struct labels_builder scratch;	/* for labels_of, labels_without_name */
};

static const struct labels	*intern_set(struct labels_table *t,
				    const struct label *v, size_t n);

struct labels_table *
labels_table_new(void)
{
	struct labels_table *t = mem_zalloc(sizeof(*t));
	struct intern *s = intern_new();

	t->symbols = s;
	t->nslots = SLOTS_FIRST;
	t->slot = mem_array(t->nslots, sizeof(struct labels *));
	t->names = (struct labels_names){
		.name = intern_str(s, STR("__name__")),
		.alertname = intern_str(s, STR("alertname")),
		.alertstate = intern_str(s, STR("alertstate")),
		.job = intern_str(s, STR("job")),
		.instance = intern_str(s, STR("instance")),
		.le = intern_str(s, STR("le")),
		.quantile = intern_str(s, STR("quantile")),
	};
	return t;
}

void
labels_table_free(struct labels_table *t)
{
	if (t == NULL)
		return;
	labels_builder_release(&t->scratch);
	arena_free(&t->arena);
	mem_free(t->slot);
	intern_free(t->symbols);
	mem_free(t);
}

struct intern *
labels_symbols(struct labels_table *t)
{
	return t->symbols;
}

size_t
labels_table_count(const struct labels_table *t)
{
	return t->n;
}

const struct labels_names *
labels_names(const struct labels_table *t)
{
	return &t->names;
}

/* ---- the table of sets ---- */

/* Symbols carry good hashes already; order matters, so rotate and multiply. */
static uint64_t
hash_set(const struct label *v, size_t n)
{
	uint64_t h = 0x9e3779b97f4a7c15ULL + n;
	size_t i;

	for (i = 0; i < n; i++) {
		h = (h ^ v[i].name->hash) * 0xff51afd7ed558ccdULL;
		h ^= h >> 32;
		h = (h ^ v[i].value->hash) * 0xc4ceb9fe1a85ec53ULL;
		h ^= h >> 29;
	}
	return h;
}

static bool
same_set(const struct labels *l, uint64_t hash, const struct label *v,
    size_t n)
{
	size_t i;

	if (l->hash != hash || l->n != n)
		return false;
	for (i = 0; i < n; i++)
		if (l->v[i].name != v[i].name || l->v[i].value != v[i].value)
			return false;
	return true;
}

static void
grow(struct labels_table *t)
{
	struct labels **old = t->slot;
	size_t i, at, nold = t->nslots;

	t->nslots *= 2;
	t->slot = mem_array(t->nslots, sizeof(struct labels *));
	for (i = 0; i < nold; i++) {
		if (old[i] == NULL)
			continue;
		at = old[i]->hash & (t->nslots - 1);
		while (t->slot[at])
			at = (at + 1) & (t->nslots - 1);
		t->slot[at] = old[i];
	}
	mem_free(old);
}

/* v is sorted and clean. */
static const struct labels *
intern_set(struct labels_table *t, const struct label *v, size_t n)
{
	uint64_t hash = hash_set(v, n);
	size_t at = hash & (t->nslots - 1);
	struct labels *l;

	while ((l = t->slot[at]) != NULL) {
		if (same_set(l, hash, v, n))
			return l;
		at = (at + 1) & (t->nslots - 1);
	}
	l = arena_raw(&t->arena, sizeof(*l) + n * sizeof(*v));
	*l = (struct labels){ .hash = hash, .n = (uint32_t)n,
	    .id = (uint32_t)t->n++ };
	if (n)
		memcpy(l->v, v, n * sizeof(*v));
	t->slot[at] = l;
	if (t->n > t->nslots / 2)
		grow(t);
	return l;
}

/* ---- building ---- */

void
labels_build(struct labels_builder *b, struct labels_table *t,
    const struct labels *from)
{
	b->table = t;
	b->n = 0;
	if (from == NULL)
		return;
	if (b->cap < from->n) {
		b->v = mem_resize(b->v, from->n, sizeof(*b->v));
		b->cap = from->n;
	}
	if (from->n)
		memcpy(b->v, from->v, from->n * sizeof(*b->v));
	b->n = from->n;
}

/* Where name stands, or would stand. */
static size_t
place(const struct labels_builder *b, struct str name, bool *found)
{
	size_t i = b->n;
	int c = -1;

	/* Names mostly arrive in order: look from the end. */
	while (i > 0 && (c = str_cmp(b->v[i - 1].name->s, name)) > 0)
		i--;
	*found = i > 0 && c == 0;
	return *found ? i - 1 : i;
}

static void
remove_at(struct labels_builder *b, size_t at)
{
	b->n--;
	memmove(b->v + at, b->v + at + 1, (b->n - at) * sizeof(*b->v));
}

static void
put_sym(struct labels_builder *b, const struct sym *name,
    const struct sym *value)
{
	bool found;
	size_t at = place(b, name->s, &found);

	if (!found) {
		if (b->n == b->cap) {
			b->cap = b->cap ? b->cap * 2 : 16;
			b->v = mem_resize(b->v, b->cap, sizeof(*b->v));
		}
		memmove(b->v + at + 1, b->v + at,
		    (b->n - at) * sizeof(*b->v));
		b->n++;
	}
	b->v[at] = (struct label){ name, value };
}

void
labels_set_sym(struct labels_builder *b, const struct sym *name,
    const struct sym *value)
{
	if (value->s.n == 0)
		labels_del(b, name->s);
	else
		put_sym(b, name, value);
}

void
labels_put(struct labels_builder *b, struct str name, struct str value)
{
	put_sym(b, intern_str(b->table->symbols, name),
	    intern_str(b->table->symbols, value));
}

void
labels_set(struct labels_builder *b, struct str name, struct str value)
{
	if (value.n == 0)
		labels_del(b, name);
	else
		labels_put(b, name, value);
}

void
labels_del(struct labels_builder *b, struct str name)
{
	bool found;
	size_t at = place(b, name, &found);

	if (found)
		remove_at(b, at);
}

const struct sym *
labels_peek(const struct labels_builder *b, struct str name)
{
	bool found;
	size_t at = place(b, name, &found);

	return found ? b->v[at].value : NULL;
}

const struct labels *
labels_done(struct labels_builder *b)
{
	return intern_set(b->table, b->v, b->n);
}

void
labels_builder_release(struct labels_builder *b)
{
	mem_free(b->v);
	*b = (struct labels_builder){ 0 };
}

const struct labels *
labels_of(struct labels_table *t, ...)
{
	const char *name, *value;
	va_list ap;

	labels_build(&t->scratch, t, NULL);
	va_start(ap, t);
	while ((name = va_arg(ap, const char *)) != NULL) {
		value = va_arg(ap, const char *);
		labels_set(&t->scratch, str_of(name), str_of(value));
	}
	va_end(ap);
	return labels_done(&t->scratch);
}

const struct labels *
labels_empty(struct labels_table *t)
{
	if (t->empty == NULL)
		t->empty = intern_set(t, NULL, 0);
	return t->empty;
}

const struct labels *
labels_copy(struct labels_table *t, const struct labels *l)
{
	size_t i;

	labels_build(&t->scratch, t, NULL);
	for (i = 0; i < l->n; i++)
		labels_set(&t->scratch, l->v[i].name->s, l->v[i].value->s);
	return labels_done(&t->scratch);
}

/* ---- asking ---- */

struct str
labels_get(const struct labels *l, struct str name)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (str_eq(l->v[i].name->s, name))
			return l->v[i].value->s;
	return STR_NONE;
}

const struct sym *
labels_get_sym(const struct labels *l, const struct sym *name)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->v[i].name == name)
			return l->v[i].value;
	return NULL;
}

const struct labels *
labels_without_name(struct labels_table *t, const struct labels *l)
{
	/* The memo is the one field that changes after a set was made. */
	struct labels *memo;
	size_t at;

	if (l->noname)
		return l->noname;
	labels_build(&t->scratch, t, l);
	labels_del(&t->scratch, STR("__name__"));
	at = l->hash & (t->nslots - 1);
	while ((memo = t->slot[at]) != NULL && memo != l)
		at = (at + 1) & (t->nslots - 1);
	if (memo == NULL)	/* of another table */
		return labels_done(&t->scratch);
	memo->noname = labels_done(&t->scratch);
	return memo->noname;
}

int
labels_cmp(const struct labels *a, const struct labels *b)
{
	size_t i, n = a->n < b->n ? a->n : b->n;
	int c;

	if (a == b)
		return 0;
	for (i = 0; i < n; i++) {
		if (a->v[i].name != b->v[i].name &&
		    (c = str_cmp(a->v[i].name->s, b->v[i].name->s)) != 0)
			return c;
		if (a->v[i].value != b->v[i].value &&
		    (c = str_cmp(a->v[i].value->s, b->v[i].value->s)) != 0)
			return c;
	}
	return a->n < b->n ? -1 : a->n > b->n;
}

uint64_t
labels_fingerprint(const struct labels *l)
{
	uint64_t h = HASH_FNV_INIT;
	size_t i;

	for (i = 0; i < l->n; i++) {
		h = hash_fnv(h, l->v[i].name->s);
		h = hash_fnv(h, STR("\xff"));
		h = hash_fnv(h, l->v[i].value->s);
		h = hash_fnv(h, STR("\xff"));
	}
	return h;
}

uint64_t
labels_hash64(const struct labels *l)
{
	struct buf b = { 0 };
	uint64_t h;
	size_t i;

	for (i = 0; i < l->n; i++) {
		(void)buf_put(&b, l->v[i].name->s);
		(void)buf_putc(&b, '\xff');
		(void)buf_put(&b, l->v[i].value->s);
		(void)buf_putc(&b, '\xff');
	}
	h = hash_xx64(buf_str(&b));
	buf_release(&b);
	return h;
}

static bool
is_word(struct str s, bool colon)
{
	size_t i;
	char c;

	for (i = 0; i < s.n; i++) {
		c = s.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    c == '_' || (colon && c == ':') ||
		    (i > 0 && c >= '0' && c <= '9')))
			return false;
	}
	return s.n > 0;
}

bool
label_name_is_legacy(struct str s)
{
	return is_word(s, false);
}

bool
metric_name_is_legacy(struct str s)
{
	return is_word(s, true);
}
