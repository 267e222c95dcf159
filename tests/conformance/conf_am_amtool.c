/*
 * am-amtool-transcript.txt: a session of amtool with an Alertmanager of
 * am-amtool.yml, beside what ts-route says to the same.  Routes are asked in
 * this program; for alerts and silences ts-route runs, found by PATH, with a
 * state of its own.  What amtool prints of an Alertmanager's inside has no
 * counterpart and is skipped by name.
 */
#include <stdlib.h>
#include <unistd.h>

#include "../../tools/ts-route/drawing.h"
#include "am.h"
#include "conf.h"
#include "core/io.h"
#include "core/num.h"
#include "core/proc.h"
#include "json/write.h"

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

/* ---- what differs from run to run ---- */

static bool
is_like(struct str s, const char *pattern)
{
	size_t i, n = strlen(pattern);

	if (s.n < n)
		return false;
	for (i = 0; i < n; i++)
		if (pattern[i] == '0' ? s.p[i] < '0' || s.p[i] > '9' :
		    pattern[i] == 'x' ? !strchr("0123456789abcdef", s.p[i]) :
		    s.p[i] != pattern[i])
			return false;
	return true;
}

/* A time of the session; those of its alerts and silences are other years. */
static size_t
time_length(struct str s)
{
	size_t n = sizeof("0000-00-00T00:00:00") - 1;

	if (!is_like(s, "0000-00-00T00:00:00") || str_starts(s, STR("2024")) ||
	    str_starts(s, STR("2098")) || str_starts(s, STR("2099")))
		return 0;
	while (n < s.n && s.p[n] != 'Z')
		n++;
	return n < s.n ? n + 1 : 0;
}

static void
put_masked(struct str s, struct buf *out)
{
	static const char uuid[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	size_t i = 0, n;

	while (i < s.n) {
		struct str rest = str_sub(s, i, s.n);

		if (is_like(rest, uuid)) {
			(void)buf_put(out, STR("UUID"));
			i += sizeof(uuid) - 1;
		} else if ((n = time_length(rest)) > 0) {
			(void)buf_put(out, STR("TIME"));
			i += n;
		} else {
			(void)buf_putc(out, s.p[i++]);
		}
	}
}

/* JSON in one order of keys. */
static void
put_sorted(struct str line, struct buf *out)
{
	json_t *j = json_loadb(line.p, line.n, 0, NULL);
	char *text = j ? json_dumps(j, JSON_SORT_KEYS) : NULL;

	(void)buf_put(out, text ? str_of(text) : line);
	free(text);
	json_decref(j);
}

/* Blank lines are amtool's taste, the wording of errors too. */
static void
put_wanted(struct str line, struct buf *out)
{
	struct buf b = { 0 };

	if (str_starts(line, STR("amtool: error:")))
		line = STR("error");
	put_masked(line, &b);
	if (line.n && !str_starts(line, STR("Warning: --config.file"))) {
		if (line.p[0] == '[' && !str_starts(line, STR("[rc=")))
			put_sorted(buf_str(&b), out);
		else
			(void)buf_put(out, buf_str(&b));
		(void)buf_putc(out, '\n');
	}
	buf_release(&b);
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

/* ---- ts-route itself, with a state ---- */

#define WORDS_MAX	24

/* A session of ts-route. */
struct session {
	struct conf *c;
	const char *config, *dir;
	struct str made[8];		/* silences, in their order */
	size_t nmade, expired;
	struct str exported;		/* silences as JSON */
	struct str raw;			/* what the last run printed */
	struct buf wanted;
	struct arena arena;
};

/* words[0..n) as its arguments; what it said, as put_wanted leaves it. */
static int
run(struct session *s, const char *const *words, size_t n, struct str input,
    struct buf *got)
{
	char *argv[WORDS_MAX + 8] = { 0 };
	struct proc_request q = { .argv = argv, .timeout_ms = 60000,
	    .input = input, .output_max = FILE_MAX_BYTES };
	struct proc_result r = { 0 };
	struct str rest, line;
	struct err e;
	size_t i;
	int status = -1;

	argv[0] = arena_cstr(&s->arena, STR("ts-route"));
	for (i = 0; i < n && i < WORDS_MAX; i++)
		argv[i + 1] = arena_cstr(&s->arena,
		    str_of(words[i]));
	if (proc_run(&q, &r, &e) == 0)
		status = r.status;
	if (status > 0)
		(void)buf_put(got, STR("error\n"));
	else
		for (rest = buf_str(&r.out); rest.p; put_wanted(line, got))
			rest = str_cut(rest, '\n', &line);
	if (status == 0 && n > 1 && str_eq(str_of(words[1]), STR("add")) &&
	    s->nmade < sizeof(s->made) / sizeof(s->made[0]))
		s->made[s->nmade++] = arena_str(&s->arena,
		    str_trim(buf_str(&r.out)));
	s->raw = arena_str(&s->arena, buf_str(&r.out));
	proc_result_release(&r);
	(void)buf_printf(got, "[rc=%d]\n", status != 0);
	return status;
}

/* `alert add` has alert lines as its counterpart; nothing is printed. */
static void
alert_add(struct session *s, struct str words, struct buf *got)
{
	static const struct { struct str option, key; } options[] = {
		{ STR("--start="), STR("startsAt") },
		{ STR("--end="), STR("endsAt") },
		{ STR("--generator-url="), STR("generatorURL") },
	};
	const char *argv[] = { "-c", s->config, "-s", s->dir };
	struct buf labels = { 0 }, notes = { 0 }, line = { 0 }, said = { 0 };
	struct jw l = { .out = &labels }, a = { .out = &notes };
	struct jw w = { .out = &line };
	struct str word, name, note = STR_NONE;
	size_t i;

	jw_obj(&w);
	jw_obj(&l);
	while (words.p) {
		words = str_cut(words, ' ', &word);
		for (i = 0; i < 3 && !str_starts(word, options[i].option); i++)
			continue;
		if (i < 3) {
			jw_key(&w, options[i].key);
			jw_str(&w, str_sub(word, options[i].option.n,
			    word.n));
		} else if (str_starts(word, STR("--annotation="))) {
			note = str_sub(word, 13, word.n);
			/* a value with a blank in it: two words here */
			if (words.p && !str_starts(words, STR("--"))) {
				words = str_cut(words, ' ', &word);
				note = arena_printf(&s->arena, STR_FMT " "
				    STR_FMT, STR_ARG(note), STR_ARG(word));
			}
		} else if (labels.n == 1 && (str_find_char(word, '=') == -1 ||
		    str_find(word, STR("=~")) != -1)) {
			jw_key(&l, STR("alertname"));
			jw_str(&l, word);
		} else if (word.n) {
			word = str_cut(word, '=', &name);
			jw_key(&l, name);
			jw_str(&l, word);
		}
	}
	jw_obj_end(&l);
	jw_key(&w, STR("labels"));
	jw_raw(&w, buf_str(&labels));
	jw_key(&w, STR("annotations"));
	jw_obj(&a);
	if (note.n) {
		note = str_cut(note, '=', &name);
		jw_key(&a, name);
		jw_str(&a, note);
	}
	jw_obj_end(&a);
	jw_raw(&w, buf_str(&notes));
	jw_obj_end(&w);
	(void)buf_putc(&line, '\n');
	(void)buf_printf(got, "[rc=%d]\n", run(s, argv, 4, buf_str(&line),
	    &said) != 0);
	buf_release(&labels);
	buf_release(&notes);
	buf_release(&line);
	buf_release(&said);
}

/* amtool's words that ts-route says otherwise. */
static const char *
translated(struct session *s, struct str word)
{
	static const struct { struct str amtool, ours; } rows[] = {
		{ STR("-a"), STR("--active") },
		{ STR("-i"), STR("--inhibited") },
		{ STR("-s"), STR("--silenced") },
	};
	size_t i;

	for (i = 0; i < 3; i++)
		if (str_eq(word, rows[i].amtool))
			word = rows[i].ours;
	return arena_printf(&s->arena, STR_FMT, STR_ARG(word)).p;
}

/* The words behind the command, as they are but for the ids. */
static size_t
add_words(struct session *s, const char **argv, size_t n, struct str words,
    const char *id)
{
	struct str word;

	while (words.p && n < WORDS_MAX) {
		words = str_cut(words, ' ', &word);
		if (str_eq(word, STR("UUID")))
			argv[n++] = id;
		else if (word.n)
			argv[n++] = translated(s, word);
	}
	return n;
}

static void
alert_query(struct session *s, struct str words, struct buf *got)
{
	const char *argv[WORDS_MAX] = { "alert", "query", "-c", s->config,
	    "-s", s->dir, "--compat", "0.25" };

	if (str_starts(words, STR("query")))
		words = str_sub(words, 5, words.n);
	(void)run(s, argv, add_words(s, argv, 8, words, ""), STR_NONE, got);
}

static void
silence_add(struct session *s, struct str words, struct buf *got)
{
	const char *argv[WORDS_MAX] = { "silence", "add", "-s", s->dir };

	(void)run(s, argv, add_words(s, argv, 4, words, ""), STR_NONE, got);
}

static void
silence_query(struct session *s, struct str words, struct buf *got)
{
	const char *argv[WORDS_MAX] = { "silence", "query", "-s", s->dir };

	(void)run(s, argv, add_words(s, argv, 4, words, ""), STR_NONE, got);
}

/* The first one, twice; then one that is not known. */
static void
silence_expire(struct session *s, struct str words, struct buf *got)
{
	const char *argv[WORDS_MAX] = { "silence", "expire", "-s", s->dir };
	const char *id = s->expired++ < 2 && s->nmade ? s->made[0].p :
	    "00000000-0000-0000-0000-000000000000";

	(void)run(s, argv, add_words(s, argv, 4, words, id), STR_NONE, got);
}

static void
silence_update(struct session *s, struct str words, struct buf *got)
{
	const char *argv[WORDS_MAX] = { "silence", "update", "-s", s->dir };

	(void)run(s, argv, add_words(s, argv, 4, words, s->nmade > 1 ?
	    s->made[1].p : ""), STR_NONE, got);
}

/* What the session has exported: what is there. */
static void
silence_import(struct session *s, struct str words, struct buf *got)
{
	const char *list[] = { "silence", "list", "-s", s->dir, "-o", "json" };
	const char *import[] = { "silence", "import", "-s", s->dir };
	struct buf said = { 0 };

	(void)words;
	if (s->exported.n == 0 && run(s, list, 6, STR_NONE, &said) == 0)
		s->exported = arena_str(&s->arena, s->raw);
	(void)run(s, import, 4, s->exported, got);
	buf_release(&said);
}

/* " - 4 receivers" and "4 receivers, ": the number before the word. */
static void
put_count(struct str text, struct str word, struct buf *out)
{
	ptrdiff_t at = str_find(text, word);
	size_t end = at == -1 ? 0 : (size_t)at, from = end;

	while (from > 0 && text.p[from - 1] >= '0' && text.p[from - 1] <= '9')
		from--;
	(void)buf_printf(out, STR_FMT STR_FMT "\n",
	    STR_ARG(str_sub(text, from, end)), STR_ARG(word));
}

/* The same counts; the words are others. */
static void
check_config(struct session *s, struct str words, struct buf *got)
{
	const char *argv[] = { "check", str_starts(words, STR("nofile")) ?
	    "/nofile.yml" : s->config };
	struct str wanted = buf_str(&s->wanted), ours;
	struct buf said = { 0 }, counts = { 0 };
	int status = run(s, argv, 2, STR_NONE, &said);

	ours = buf_str(&said);
	if (status == 0) {
		put_count(ours, STR(" inhibit rules"), got);
		put_count(ours, STR(" receivers"), got);
		put_count(wanted, STR(" inhibit rules"), &counts);
		put_count(wanted, STR(" receivers"), &counts);
		buf_reset(&s->wanted);
		(void)buf_put(&s->wanted, buf_str(&counts));
	} else {
		(void)buf_put(got, ours);
	}
	buf_release(&said);
	buf_release(&counts);
}

static const struct {
	struct str command;
	void	(*play)(struct session *s, struct str words, struct buf *got);
} commands[] = {
	{ STR("amtool alert add "), alert_add },
	{ STR("amtool alert"), alert_query },
	{ STR("amtool silence add"), silence_add },
	{ STR("amtool silence query"), silence_query },
	{ STR("amtool silence expire"), silence_expire },
	{ STR("amtool silence update"), silence_update },
	{ STR("amtool silence import"), silence_import },
	{ STR("amtool check-config "), check_config },
};

/* Commands about what ts-route has not. */
static const struct { struct str command, why; } skipped[] = {
	{ STR("amtool alert add a=1 b=~x"), STR("alerts come as lines") },
	{ STR("amtool cluster show"), STR("there is no cluster") },
	{ STR("amtool config show"), STR("a running Alertmanager's file") },
};

static void
one_of_session(struct session *s, struct str name)
{
	const char *text = arena_cstr(&s->arena, name);
	struct buf got = { 0 };
	size_t i;

	for (i = 0; i < sizeof(skipped) / sizeof(skipped[0]); i++)
		if (str_eq(name, skipped[i].command)) {
			conf_skip(s->c, text, skipped[i].why.p);
			return;
		}
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (str_starts(name, commands[i].command))
			break;
	if (i == sizeof(commands) / sizeof(commands[0])) {
		conf_skip(s->c, text, "unknown");
		return;
	}
	commands[i].play(s, str_trim(str_sub(name, commands[i].command.n,
	    name.n)), &got);
	conf_expect(s->c, text, buf_str(&s->wanted), buf_str(&got));
	buf_release(&got);
}

/* The commands one after the other, each with what amtool said. */
static void
play(struct session *s, const struct am_config *config, struct str text)
{
	struct str line, name = STR_NONE;

	while (text.p) {
		text = str_cut(text, '\n', &line);
		if (str_starts(line, STR("$ "))) {
			name = str_sub(line, 2, line.n);
			buf_reset(&s->wanted);
			continue;
		}
		put_wanted(line, &s->wanted);
		if (!str_starts(line, STR("[rc=")))
			continue;
		if (str_starts(name, STR(ROUTES)))
			one_command(s->c, config, str_sub(name,
			    sizeof(ROUTES) - 1, name.n), name,
			    buf_str(&s->wanted));
		else
			one_of_session(s, name);
	}
}

static void
remove_state(const char *dir)
{
	static const char *const names[] = { "ts-route", "ts-silence" };
	static const char *const ends[] = { ".ndjson", ".lock", "" };
	char path[128];
	size_t i, k;

	for (i = 0; i < 2; i++)
		for (k = 0; k < 3; k++) {
			(void)snprintf(path, sizeof(path), "%s/%s%s", dir,
			    names[i], ends[k]);
			(void)unlink(path);
		}
	(void)rmdir(dir);
}

int
main(int argc, char **argv)
{
	char dir[] = "/tmp/conf-amtool.XXXXXX";
	struct session s = { .dir = dir };
	struct buf text = { 0 };
	struct am_config *config;
	struct conf c;
	struct err e = { 0 };

	conf_init(&c, argc, argv);
	if (conf_begin(&c, SET)) {
		s.c = &c;
		s.config = arena_printf(&s.arena, "%s",
		    conf_path(&c, "am-amtool.yml")).p;
		config = am_config_load(s.config, NULL, &s.arena, &e);
		if (config == NULL || mkdtemp(dir) == NULL ||
		    io_read_file(conf_path(&c, SET), FILE_MAX_BYTES, &text,
		    &e) == -1)
			conf_fail(&c, SET, STR("a transcript"),
			    str_of(e.msg));
		else
			play(&s, config, buf_str(&text));
		remove_state(dir);
		conf_end(&c);
		am_config_release(config);
	}
	buf_release(&text);
	buf_release(&s.wanted);
	arena_free(&s.arena);
	return conf_finish(&c);
}
