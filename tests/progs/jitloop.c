/*
 * jitloop: the least that patterns on every line can cost, to measure beside:
 * PCRE2's compiled code for each pattern in turn, and a tally of what its
 * first group caught.  It reads no time and keeps no bounds.
 * usage: jitloop PATTERN... <LINES	prints how many matches there were
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/map.h"
#include "core/mem.h"

#define CHUNK	((size_t)1 << 17)

struct pattern {
	pcre2_code *code;
	pcre2_match_data *match;
	struct map tally;	/* caught text -> size_t */
};

struct loop {
	struct pattern *pattern;
	size_t n, matches;
	struct arena arena;
};

static int
pattern_compile(struct pattern *p, const char *text)
{
	int code;
	size_t at;

	p->code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, 0,
	    &code, &at, NULL);
	if (p->code == NULL) {
		(void)fprintf(stderr, "jitloop: pattern '%s' is wrong at byte "
		    "%zu\n", text, at);
		return -1;
	}
	(void)pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE);
	p->match = pcre2_match_data_create_from_pattern(p->code, NULL);
	return 0;
}

static void
count(struct loop *l, struct pattern *p, struct str caught)
{
	size_t *n = map_get(&p->tally, caught);

	if (n == NULL) {
		n = ARENA_ARRAY(&l->arena, 1, size_t);
		(void)map_put(&p->tally, arena_str(&l->arena, caught), n);
	}
	++*n;
	l->matches++;
}

static void
look(struct loop *l, struct str line)
{
	const size_t *v;
	struct pattern *p;

	for (p = l->pattern; p != l->pattern + l->n; p++) {
		if (pcre2_jit_match(p->code, (PCRE2_SPTR)line.p, line.n, 0, 0,
		    p->match, NULL) < 2)
			continue;
		v = pcre2_get_ovector_pointer(p->match);
		count(l, p, str_sub(line, v[2], v[3]));
	}
}

/* A line of over CHUNK bytes ends it. */
static void
run(struct loop *l)
{
	char *buf = mem_array(CHUNK, 1);
	struct str rest;
	size_t have = 0;
	ptrdiff_t end;
	ssize_t n;

	while ((n = read(STDIN_FILENO, buf + have, CHUNK - have)) > 0) {
		rest = (struct str){ buf, have + (size_t)n };
		while ((end = str_find_char(rest, '\n')) != -1) {
			look(l, str_sub(rest, 0, (size_t)end));
			rest = str_sub(rest, (size_t)end + 1, rest.n);
		}
		memmove(buf, rest.p, rest.n);
		have = rest.n;
	}
	mem_free(buf);
}

int
main(int argc, char **argv)
{
	struct loop l = { 0 };
	size_t i;
	int status = 0;

	l.pattern = mem_array((size_t)argc, sizeof(*l.pattern));
	for (i = 0; i + 1 < (size_t)argc && status == 0; i++, l.n++)
		status = pattern_compile(&l.pattern[i], argv[i + 1]) ? 2 : 0;
	if (status == 0) {
		run(&l);
		(void)printf("%zu\n", l.matches);
	}
	for (i = 0; i < l.n; i++) {
		pcre2_match_data_free(l.pattern[i].match);
		pcre2_code_free(l.pattern[i].code);
		map_release(&l.pattern[i].tally);
	}
	mem_free(l.pattern);
	arena_free(&l.arena);
	return status;
}
