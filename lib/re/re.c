#define PCRE2_CODE_UNIT_WIDTH 8
#include "re/internal.h"

#include <pcre2.h>

#include "core/map.h"
#include "core/mem.h"
#include "core/utf8.h"

/*
 * What one match may cost.  RE2 is linear and has no such limits; a pattern
 * that reaches them does not match.
 */
#define MATCH_STEPS_MAX		10000000
#define MATCH_HEAP_MAX_KIB	16384
/* Patterns that users write for lines of logs. */
#define RUBY_LIMITS		"(*LIMIT_MATCH=1000000)"
#define JIT_STACK_MAX		((size_t)1 << 20)

/*
 * Compilation to machine code takes longer than all else of a pattern, and
 * of a hundred rules few ever match: it waits for the first text.
 */
struct machine {
	bool asked, there;
};

/*
 * \b of Ruby knows all letters, PCRE2's those of ASCII alone unless \w and
 * the rest follow.  Few lines have others: for these there is a second code,
 * made when the first of them comes.
 */
struct wide {
	bool asked;
	pcre2_code *code;	/* NULL: the first one has to do */
	struct machine machine;
};

struct re {
	struct str pattern;
	unsigned flags;
	pcre2_code *code;	/* NULL: literals only */
	struct machine *machine;
	struct wide *wide;	/* NULL: the pattern has no such bounds */
	struct str *names;	/* group i + 1; empty = unnamed */
	unsigned ngroups;
	struct map words;	/* RE_FULL alternatives without metacharacters */
	bool has_words;
	struct re_needs needs;	/* of RE_RUBY; in arena */
	struct arena arena;
};

/* Shared by all patterns: the process matches one at a time. */
static struct {
	pcre2_compile_context *compile;
	pcre2_match_context *match;
	pcre2_match_data *data;
	pcre2_jit_stack *stack;
} shared;

static void *
take_memory(size_t n, void *arg)
{
	(void)arg;
	return mem_alloc(n);
}

static void
give_memory(void *p, void *arg)
{
	(void)arg;
	mem_free(p);
}

static void
shared_init(void)
{
	pcre2_general_context *memory;

	if (shared.data != NULL)
		return;
	memory = pcre2_general_context_create(take_memory, give_memory, NULL);
	shared.compile = pcre2_compile_context_create(memory);
	shared.match = pcre2_match_context_create(memory);
	shared.data = pcre2_match_data_create(RE_GROUPS_MAX, memory);
	shared.stack = pcre2_jit_stack_create(32768, JIT_STACK_MAX, memory);
	pcre2_general_context_free(memory);
	(void)pcre2_set_newline(shared.compile, PCRE2_NEWLINE_LF);
	(void)pcre2_set_parens_nest_limit(shared.compile, RE_NEST_MAX + 10);
	(void)pcre2_set_match_limit(shared.match, MATCH_STEPS_MAX);
	(void)pcre2_set_heap_limit(shared.match, MATCH_HEAP_MAX_KIB);
	if (shared.stack != NULL)
		pcre2_jit_stack_assign(shared.match, NULL, shared.stack);
}

static bool
is_plain(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] == '\0' || strchr("\\.+*?()|[]{}^$", s.p[i]))
			return false;
	return true;
}

/* a|b|c in whole matches needs no machine, and no limit of size. */
static bool
find_words(struct re *r)
{
	struct str rest = r->pattern, word;

	if (r->flags != RE_FULL && r->flags != (RE_FULL | RE_NODOTALL))
		return false;
	do {
		rest = str_cut(rest, '|', &word);
		if (!is_plain(word))
			return false;
		(void)map_put(&r->words, word, r);
	} while (rest.p != NULL);
	r->has_words = true;
	return true;
}

static uint32_t
compile_options(unsigned flags)
{
	uint32_t o = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_UCP |
	    PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY;

	if (flags & RE_FULL)
		o |= PCRE2_ANCHORED | PCRE2_ENDANCHORED;
	if (flags & RE_NOCASE)
		o |= PCRE2_CASELESS;
	if (!(flags & RE_NODOTALL))
		o |= PCRE2_DOTALL;
	if (flags & RE_RUBY)
		o |= (flags & RE_TEXT ? PCRE2_DOTALL : PCRE2_MULTILINE) |
		    (flags & RE_NUMBERED ? 0 : PCRE2_NO_AUTO_CAPTURE);
	else
		o |= PCRE2_ALT_CIRCUMFLEX;
	return o;
}

static int
compile_code(struct re *r, struct str text, pcre2_code **out, struct err *e)
{
	PCRE2_UCHAR msg[256];
	PCRE2_SIZE at;
	int code;

	*out = pcre2_compile((PCRE2_SPTR)(text.n ? text.p : ""), text.n,
	    compile_options(r->flags), &code, &at, shared.compile);
	if (*out != NULL)
		return 0;
	(void)pcre2_get_error_message(code, msg, sizeof(msg));
	/* What RE2 has and PCRE2 refuses is a class or the size. */
	if (!(r->flags & (RE_PERL | RE_RUBY)))
		at = 0;
	if (code == PCRE2_ERROR_UNKNOWN_UNICODE_PROPERTY)
		return re_bad(e, at, "invalid character class range",
		    r->pattern);
	return err_at(e, 1, (unsigned)at + 1, "error parsing regexp: %s",
	    (const char *)msg);
}

/* The names of a RE_PERL pattern's groups, from PCRE2's own table. */
static void
perl_names(struct re *r)
{
	uint32_t count = 0, n = 0, size = 0, i;
	PCRE2_SPTR row;

	(void)pcre2_pattern_info(r->code, PCRE2_INFO_CAPTURECOUNT, &count);
	(void)pcre2_pattern_info(r->code, PCRE2_INFO_NAMECOUNT, &n);
	(void)pcre2_pattern_info(r->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
	(void)pcre2_pattern_info(r->code, PCRE2_INFO_NAMETABLE, &row);
	r->ngroups = count;
	r->names = mem_array(count + 1, sizeof(*r->names));
	for (i = 0; i < n; i++, row += size)
		r->names[(row[0] << 8 | row[1]) - 1] =
		    str_of((const char *)row + 2);
}

static int
compile(struct re *r, struct err *e)
{
	struct re_syntax syntax = { .whole = r->flags & RE_FULL };
	int rc = -1;

	if (r->flags & RE_PERL) {
		if (compile_code(r, r->pattern, &r->code, e) == -1)
			return -1;
		perl_names(r);
		return 0;
	}
	if (!utf8_valid(r->pattern))
		return re_bad(e, 0, "invalid UTF-8", STR_NONE);
	if (r->flags & RE_RUBY)
		(void)buf_put(&syntax.pcre, STR(RUBY_LIMITS));
	else if (find_words(r))
		return 0;
	if ((r->flags & RE_RUBY ? re_from_ruby(r->pattern, &syntax, e) :
	    re_translate(r->pattern, &syntax, e)) == -1)
		goto out;
	if (syntax.ngroups > 0)
		r->flags &= ~(unsigned)RE_NUMBERED;
	if (compile_code(r, buf_str(&syntax.pcre), &r->code, e) == -1)
		goto out;
	if (syntax.bounds)
		r->wide = mem_zalloc(sizeof(*r->wide));
	if (r->flags & RE_NUMBERED) {
		perl_names(r);
	} else {
		r->names = syntax.names;
		r->ngroups = (unsigned)syntax.ngroups;
		syntax.names = NULL;
	}
	if (r->flags & RE_RUBY)
		re_find_needs(str_sub(buf_str(&syntax.pcre),
		    sizeof(RUBY_LIMITS) - 1, syntax.pcre.n),
		    r->flags & RE_NOCASE, &r->arena, &r->needs);
	rc = 0;
out:
	mem_free(syntax.names);
	buf_release(&syntax.pcre);
	return rc;
}

struct re *
re_compile(struct str pattern, unsigned flags, struct err *e)
{
	struct re *r = mem_zalloc(sizeof(*r));
	char *copy = mem_alloc(pattern.n + 1);

	shared_init();
	if (pattern.n > 0)
		memcpy(copy, pattern.p, pattern.n);
	copy[pattern.n] = '\0';
	r->pattern = (struct str){ copy, pattern.n };
	r->flags = flags;
	r->machine = mem_zalloc(sizeof(*r->machine));
	if (compile(r, e) == -1) {
		re_free(r);
		return NULL;
	}
	return r;
}

void
re_free(struct re *r)
{
	if (r == NULL)
		return;
	pcre2_code_free(r->code);
	if (r->wide != NULL)
		pcre2_code_free(r->wide->code);
	mem_free(r->wide);
	mem_free(r->machine);
	map_release(&r->words);
	arena_free(&r->arena);
	mem_free(r->names);
	mem_free((void *)(uintptr_t)r->pattern.p);
	mem_free(r);
}

static void
release(void *re)
{
	re_free(re);
}

struct re *
re_compile_in(struct arena *a, struct str pattern, unsigned flags,
    struct err *e)
{
	struct re *r = re_compile(pattern, flags, e);

	if (r)
		arena_own(a, release, r);
	return r;
}

struct str
re_pattern(const struct re *r)
{
	return r->pattern;
}

bool
re_is_literal(const struct re *r, struct str *literal)
{
	if (!r->has_words || str_find_char(r->pattern, '|') != -1)
		return false;
	*literal = r->pattern;
	return true;
}

size_t
re_needs(const struct re *r, const struct str **out)
{
	*out = r->needs.lit;
	return r->needs.n;
}

struct str
re_begin(const struct re *r)
{
	return r->needs.begin;
}

unsigned
re_groups(const struct re *r)
{
	return r->ngroups;
}

struct str
re_group_name(const struct re *r, unsigned group)
{
	if (group == 0 || group > r->ngroups)
		return STR_NONE;
	return r->names[group - 1];
}

int
re_group_index(const struct re *r, struct str name)
{
	unsigned i;

	for (i = 0; name.n > 0 && i < r->ngroups; i++)
		if (str_eq(r->names[i], name))
			return (int)i + 1;
	return -1;
}

static int
run_code(const pcre2_code *code, struct machine *m, struct str s, size_t from)
{
	PCRE2_SPTR text = (PCRE2_SPTR)(s.n ? s.p : "");
	int rc;

	/* Without JIT (or when it refuses) the interpreter does the same. */
	if (!m->asked) {
		m->asked = true;
		m->there = pcre2_jit_compile((pcre2_code *)(uintptr_t)code,
		    PCRE2_JIT_COMPLETE) == 0;
	}
	rc = m->there ? pcre2_jit_match(code, text, s.n, from, 0,
	    shared.data, shared.match) : pcre2_match(code, text, s.n,
	    from, 0, shared.data, shared.match);
	/* The compiled code's stack is small; the interpreter has a heap. */
	if (rc == PCRE2_ERROR_JIT_STACKLIMIT)
		rc = pcre2_match(code, text, s.n, from, PCRE2_NO_JIT,
		    shared.data, shared.match);
	return rc == 0 ? RE_GROUPS_MAX : rc;
}

static void
compile_wide(const struct re *r)
{
	struct re_syntax syntax = { .wide = true };
	struct err e;

	r->wide->asked = true;
	(void)buf_put(&syntax.pcre, STR(RUBY_LIMITS));
	if (re_from_ruby(r->pattern, &syntax, &e) == 0)
		(void)compile_code((struct re *)(uintptr_t)r,
		    buf_str(&syntax.pcre), &r->wide->code, &e);
	mem_free(syntax.names);
	buf_release(&syntax.pcre);
}

/* Number of groups set (over 0), or negative: no match. */
static int
run(const struct re *r, struct str s, size_t from)
{
	if (r->wide != NULL && !utf8_is_ascii(s)) {
		if (!r->wide->asked)
			compile_wide(r);
		if (r->wide->code != NULL)
			return run_code(r->wide->code, &r->wide->machine, s,
			    from);
	}
	return run_code(r->code, r->machine, s, from);
}

bool
re_match(const struct re *r, struct str s)
{
	if (r->has_words)
		return map_get(&r->words, s) != NULL;
	return run(r, s, 0) > 0;
}

static void
read_groups(struct str s, int found, struct str *group, size_t ngroups)
{
	const PCRE2_SIZE *at = pcre2_get_ovector_pointer(shared.data);
	size_t i;

	for (i = 0; i < ngroups; i++) {
		group[i] = STR_NONE;
		if (i < (size_t)found && at[2 * i] != PCRE2_UNSET)
			group[i] = (struct str){ s.p + at[2 * i],
			    at[2 * i + 1] - at[2 * i] };
	}
}

int
re_try(const struct re *r, struct str s, size_t from, struct str *group,
    size_t ngroups)
{
	size_t i;
	int found;

	if (s.p == NULL)
		s = STR("");
	if (r->has_words) {
		if (from != 0 || map_get(&r->words, s) == NULL)
			return 0;
		for (i = 0; i < ngroups; i++)
			group[i] = i == 0 ? s : STR_NONE;
		return 1;
	}
	if (from > s.n)
		return 0;
	found = run(r, s, from);
	if (found > 0) {
		read_groups(s, found, group, ngroups);
		return 1;
	}
	return found == PCRE2_ERROR_NOMATCH ? 0 : -1;
}

bool
re_search(const struct re *r, struct str s, size_t from, struct str *group,
    size_t ngroups)
{
	return re_try(r, s, from, group, ngroups) == 1;
}
