/*
 * Any bytes as a YAML file, then as each kind of configuration; positions of
 * every byte of every scalar.
 */
#include <stddef.h>
#include <stdint.h>

#include "config/am.h"
#include "config/prom.h"
#include "config/rules.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NODES_MAX	1000

/* Aliases make a small text a large tree; a part of it will do. */
static void
walk(const struct ynode *n, unsigned *left)
{
	unsigned line, col;
	size_t at;

	for (; n != NULL && *left > 0; n = n->next) {
		(*left)--;
		for (at = 0; at <= n->scalar.n && at < 200; at++)
			ynode_position(n, at, &line, &col);
		walk(n->child, left);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct arena a = { 0 };
	struct err e = { 0 };
	const struct ynode *root = yaml_load(text, "fuzz.yml", &a, &e);
	unsigned left = NODES_MAX;

	if (root != NULL) {
		walk(root, &left);
		prom_config_release(prom_config_decode(root, &a, &e));
		am_config_release(am_config_decode(root, NULL, &a, &e));
		(void)rules_decode(root, 0, &a, &e);
		(void)rules_decode(root, RULES_IGNORE_UNKNOWN, &a, &e);
	}
	arena_free(&a);
	return 0;
}
