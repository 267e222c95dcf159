/*
 * command: words of the configuration, in which {ip}, {family}, {rule} and
 * {until} stand for whole arguments.
 */
#include <string.h>

#include "backend.h"

static void
setup(struct commands *c)
{
	(void)c;
}

static const char *
word_of(const char *word, const struct ban *b)
{
	if (strcmp(word, "{ip}") == 0)
		return b->net;
	if (strcmp(word, "{family}") == 0)
		return b->v6 ? "inet6" : "inet";
	if (strcmp(word, "{rule}") == 0)
		return b->rule;
	return strcmp(word, "{until}") == 0 ? b->until : word;
}

static void
each(struct commands *c, const char *const *words, const struct ban *b,
    size_t n)
{
	struct command *one;
	size_t i, j;

	for (i = 0; words != NULL && i < n; i++) {
		one = command_add(c, word_of(words[0], b + i), NULL);
		for (j = 1; words[j] != NULL; j++)
			one->argv[j] = word_of(words[j], b + i);
	}
}

static void
add(struct commands *c, const struct ban *b, size_t n)
{
	each(c, c->block, b, n);
}

static void
remove_bans(struct commands *c, const struct ban *b, size_t n)
{
	each(c, c->unblock, b, n);
}

const struct backend backend_command = {
	.name = "command",
	.setup = setup, .add = add, .remove = remove_bans,
};
