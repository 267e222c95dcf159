#include "screen.h"

#include "core/mem.h"
#include "core/vec.h"

#define SLOTS_BITS	12
#define SLOTS		(1 << SLOTS_BITS)
#define WINDOW		4		/* bytes that are looked up */
#define STRIDE_MAX	4
#define LITERALS_MAX	4096
#define BITS		63		/* beside SCREEN_ALWAYS */
#define HEADS_BITS	8

/* Four bytes of a literal, at one place in it. */
struct gram {
	struct str literal;
	uint64_t bit;
	size_t at;
	uint16_t next;			/* + 1; of the same slot */
};

/* A literal at the begin. */
struct head {
	struct str literal;
	uint64_t bit;
	uint16_t next;			/* + 1; of the same slot */
};

/*
 * Only every stride-th place of a text is looked at: of each literal as many
 * grams, one behind the other, are known, and one of them will stand there.
 */
struct screen {
	VEC(struct str) literals;
	VEC(struct gram) grams;
	size_t stride;
	uint16_t slot[SLOTS];		/* index of a gram + 1; 0: none */
	VEC(struct head) heads;
	uint64_t head_bits;
	uint16_t head_slot[1 << HEADS_BITS];	/* of the first bytes */
};

struct screen *
screen_new(void)
{
	struct screen *s = mem_zalloc(sizeof(*s));

	s->stride = STRIDE_MAX;
	return s;
}

void
screen_free(struct screen *s)
{
	if (s == NULL)
		return;
	vec_release(&s->literals);
	vec_release(&s->grams);
	vec_release(&s->heads);
	mem_free(s);
}

static inline size_t
slot_of(const char *p, unsigned bits)
{
	uint32_t w;

	memcpy(&w, p, sizeof(w));
	return (w * UINT32_C(0x9e3779b1)) >> (32 - bits);
}

/* Letters and blanks that every line has; the rarer, the fewer look-ups. */
static unsigned
commonness(const char *p, size_t n)
{
	static const char common[] = "zqjxkvbpgwyfmculdhrsnioate ";
	unsigned sum = 0;
	const char *at;
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] != '\0' && (at = strchr(common, p[i])) != NULL)
			sum += (unsigned)(at - common);
	return sum;
}

static uint64_t
bit_of(size_t literal)
{
	return (uint64_t)1 << literal % BITS;
}

static void
add_grams(struct screen *s, size_t index)
{
	struct str lit = s->literals.p[index];
	size_t n = WINDOW + s->stride - 1, best = 0, i, slot;
	struct gram g = { .literal = lit, .bit = bit_of(index) };

	for (i = 1; i + n <= lit.n; i++)
		if (commonness(lit.p + i, n) < commonness(lit.p + best, n))
			best = i;
	for (i = 0; i < s->stride; i++) {
		g.at = best + i;
		slot = slot_of(lit.p + g.at, SLOTS_BITS);
		g.next = s->slot[slot];
		vec_push(&s->grams, g);
		s->slot[slot] = (uint16_t)s->grams.n;
	}
}

uint64_t
screen_add(struct screen *s, struct str literal)
{
	size_t i, n = literal.n - WINDOW + 1;

	for (i = 0; i < s->literals.n; i++)
		if (str_eq(s->literals.p[i], literal))
			return bit_of(i);
	if (i == LITERALS_MAX)
		return SCREEN_ALWAYS;
	vec_push(&s->literals, literal);
	if (n >= s->stride) {
		add_grams(s, i);
		return bit_of(i);
	}
	/* A shorter one than all before: with smaller steps, anew. */
	s->stride = n;
	s->grams.n = 0;
	memset(s->slot, 0, sizeof(s->slot));
	for (i = 0; i < s->literals.n; i++)
		add_grams(s, i);
	return bit_of(i - 1);
}

/* The literals of a slot that stand around text[at]. */
static uint64_t
verify(const struct screen *s, uint16_t gram, struct str text, size_t at)
{
	const struct gram *g;
	uint64_t found = 0;

	for (; gram > 0; gram = g->next) {
		g = &s->grams.p[gram - 1];
		if (g->at <= at && text.n - (at - g->at) >= g->literal.n &&
		    memcmp(text.p + at - g->at, g->literal.p,
		    g->literal.n) == 0)
			found |= g->bit;
	}
	return found;
}

uint64_t
screen_look(const struct screen *s, struct str text)
{
	uint64_t found = SCREEN_ALWAYS;
	size_t at;
	uint16_t gram;

	for (at = 0; at + WINDOW <= text.n; at += s->stride) {
		gram = s->slot[slot_of(text.p + at, SLOTS_BITS)];
		if (__builtin_expect(gram > 0, 0))
			found |= verify(s, gram, text, at);
	}
	return found;
}

/* ---- at the begin ---- */

uint64_t
screen_add_begin(struct screen *s, struct str literal)
{
	size_t slot = slot_of(literal.p, HEADS_BITS);
	struct head h = { .literal = literal, .next = s->head_slot[slot] };
	uint16_t i;

	for (i = h.next; i > 0; i = s->heads.p[i - 1].next)
		if (str_eq(s->heads.p[i - 1].literal, literal))
			return s->heads.p[i - 1].bit;
	if (s->heads.n == LITERALS_MAX)
		return SCREEN_ALWAYS;
	/* From the other end, beside those of the literals anywhere. */
	h.bit = bit_of(BITS - 1 - s->heads.n % BITS);
	s->head_bits |= h.bit;
	vec_push(&s->heads, h);
	s->head_slot[slot] = (uint16_t)s->heads.n;
	return h.bit;
}

uint64_t
screen_begins(const struct screen *s, struct str text)
{
	const struct head *h;
	uint64_t found = 0;
	uint16_t i;

	if (text.n < WINDOW)
		return 0;
	for (i = s->head_slot[slot_of(text.p, HEADS_BITS)]; i > 0;
	    i = h->next) {
		h = &s->heads.p[i - 1];
		if (str_starts(text, h->literal))
			found |= h->bit;
	}
	return found;
}

uint64_t
screen_all_begins(const struct screen *s)
{
	return s->head_bits;
}
