/*
 * am-amtool-transcript.txt: what amtool said to `config routes` and `config
 * routes test` for am-amtool.yml, beside what ts-route says.  Its commands
 * for alerts, silences and the rest are skipped by name.
 */
#include <stdlib.h>

#include "../../tools/ts-route/drawing.h"
#include "am.h"
#include "conf.h"
#include "core/io.h"
#include "core/num.h"

#define SET		"am-amtool-transcript.txt"
#define FILE_MAX_BYTES	((size_t)1 << 20)
#define ROUTES		"amtool config routes"
#define UNLIKE		"WARNING: Expected receivers did not match resolved " \
			"receivers.\n"

/* One command: its words behind ROUTES, what ts-route makes of them. */
struct command {
	const struct am_config *config;
	struct labels_builder labels;
	struct arena arena;
	struct str expect;		/* --verify.receivers */
	bool test, tree, wrong;
};

static void
take_word(struct command *c, struct str word)
{
	struct str verify = STR("--verify.receivers=");
	struct matcher m;
	struct err e;

	if (str_eq(word, STR("test")))
		c->test = true;
	else if (str_eq(word, STR("--tree")))
		c->tree = true;
	else if (str_starts(word, verify))
		c->expect = str_sub(word, verify.n, word.n);
	else if (word.n == 0 || str_starts(word, STR("--")))
		return;
	else if (matcher_parse(word, MATCHER_FALLBACK, &c->arena, &m, NULL,
	    &e) == -1)
		c->wrong = true;
	else {
		c->wrong |= m.op != MATCH_EQ;
		labels_set(&c->labels, m.name, m.value);
		matcher_release(&m);
	}
}

static void
put_test(struct command *c, struct buf *out)
{
	struct routes hits = { 0 };
	struct buf names = { 0 };
	size_t i;
	bool unlike;

	(void)tree_match(c->config->route, labels_done(&c->labels), &hits);
	for (i = 0; i < hits.v.n; i++)
		(void)buf_printf(&names, "%s" STR_FMT, i ? "," : "",
		    STR_ARG(hits.v.p[i]->receiver));
	if (c->tree) {
		(void)buf_put(out, STR("Matching routes:\n"));
		drawing_tree(c->config->route, &hits, out);
	}
	unlike = c->expect.n && !str_eq(c->expect, buf_str(&names));
	(void)buf_printf(out, STR_FMT "\n%s[rc=%d]\n",
	    STR_ARG(buf_str(&names)), unlike ? UNLIKE : "", unlike);
	vec_release(&hits.v);
	buf_release(&names);
}

static void
put_answer(struct command *c, struct buf *out)
{
	if (c->wrong) {
		(void)buf_put(out, STR("error\n[rc=1]\n"));
	} else if (c->test) {
		put_test(c, out);
	} else {
		(void)buf_put(out, STR("Routing tree:\n"));
		drawing_tree(c->config->route, NULL, out);
		(void)buf_put(out, STR("[rc=0]\n"));
	}
}

/* Blank lines are amtool's taste, the wording of errors too. */
static void
put_wanted(struct str line, struct buf *out)
{
	if (str_starts(line, STR("amtool: error:")))
		line = STR("error");
	if (line.n && !str_starts(line, STR("Warning: --config.file")))
		(void)buf_printf(out, STR_FMT "\n", STR_ARG(line));
}

static void
one_command(struct conf *c, const struct am_config *config, struct str words,
    struct str name, struct str wanted)
{
	struct command cmd = { .config = config };
	struct labels_table *t = labels_table_new();
	struct buf got = { 0 }, lines = { 0 };
	struct str word, rest, line;

	labels_build(&cmd.labels, t, NULL);
	while (words.p) {
		words = str_cut(words, ' ', &word);
		take_word(&cmd, word);
	}
	put_answer(&cmd, &got);
	for (rest = buf_str(&got); rest.p; ) {
		rest = str_cut(rest, '\n', &line);
		put_wanted(line, &lines);
	}
	conf_expect(c, arena_cstr(&cmd.arena, name), wanted, buf_str(&lines));
	buf_release(&got);
	buf_release(&lines);
	labels_builder_release(&cmd.labels);
	labels_table_free(t);
	arena_free(&cmd.arena);
}

static void
play(struct conf *c, const struct am_config *config, struct str text)
{
	struct buf wanted = { 0 };
	struct arena a = { 0 };
	struct str line, name = STR_NONE;

	while (text.p) {
		text = str_cut(text, '\n', &line);
		if (str_starts(line, STR("$ "))) {
			name = str_sub(line, 2, line.n);
			buf_reset(&wanted);
			continue;
		}
		put_wanted(line, &wanted);
		if (!str_starts(line, STR("[rc=")))
			continue;
		if (str_starts(name, STR(ROUTES)))
			one_command(c, config, str_sub(name,
			    sizeof(ROUTES) - 1, name.n), name,
			    buf_str(&wanted));
		else
			conf_skip(c, arena_cstr(&a, name),
			    "not about routes");
	}
	buf_release(&wanted);
	arena_free(&a);
}

int
main(int argc, char **argv)
{
	struct buf text = { 0 };
	struct arena a = { 0 };
	struct am_config *config;
	struct conf c;
	struct err e = { 0 };

	conf_init(&c, argc, argv);
	if (conf_begin(&c, SET)) {
		config = am_config_load(arena_printf(&a, "%s",
		    conf_path(&c, "am-amtool.yml")).p, NULL, &a, &e);
		if (config == NULL || io_read_file(conf_path(&c, SET),
		    FILE_MAX_BYTES, &text, &e) == -1)
			conf_fail(&c, SET, STR("a transcript"),
			    str_of(e.msg));
		else
			play(&c, config, buf_str(&text));
		conf_end(&c);
		am_config_release(config);
	}
	buf_release(&text);
	arena_free(&a);
	return conf_finish(&c);
}
