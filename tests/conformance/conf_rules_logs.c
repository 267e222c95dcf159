/*
 * fail2ban.jsonl, logs/sshguard.jsonl: what the shipped rules say of others'
 * sample lines; logs/OpenSSH.bruteforce.jsonl: a window over a whole log.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../../tools/ts-logwatch/rules.h"
#include "../../tools/ts-logwatch/parser.h"
#include "conf.h"
#include "core/io.h"
#include "core/num.h"
#include "json/tree.h"

/* Which of our files is about what; a line that lacks its prefix gets tag. */
static const struct subject {
	const char *name, *file, *tag;
} subjects[] = {
	{ "sshd", "sshd", "sshd" },
	{ "postfix", "postfix", "postfix/smtpd" },
	{ "apache-auth", "apache", NULL },
	{ "apache-botsearch", "apache", NULL },
	{ "apache-noscript", "apache", NULL },
	{ "apache-overflows", "apache", NULL },
	{ "apache-badbots", "apache", NULL },
	{ "apache-modsecurity", "apache", NULL },
	{ "apache-shellshock", "apache", NULL },
	{ "apache-pass", "apache", NULL },
	{ "apache-fakegooglebot", "apache", NULL },
	{ "nginx-http-auth", "nginx", NULL },
	{ "nginx-botsearch", "nginx", NULL },
	{ "nginx-limit-req", "nginx", NULL },
	{ "nginx-bad-request", "nginx", NULL },
	{ "nginx-forbidden", "nginx", NULL },
	{ "SSH", "sshd", "sshd" },
	{ "POSTFIX", "postfix", "postfix/smtpd" },
	{ "CLF_PROBES", "nginx", NULL },
	{ "CLF_UNAUTH", "nginx", NULL },
	{ "CLF_LOGIN_URL", "nginx", NULL },
};
#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

struct loaded {
	const char *file;
	struct config config;
	struct arena arena;
	struct grok_set *set;
	struct rules *rules;
};

static struct loaded files[8];
static size_t nfiles;
static struct arena line_arena;
static unsigned alerts;

static void
count_alert(void *arg, const struct alert *al)
{
	(void)arg;
	(void)al;
	alerts++;
}

static struct loaded *
load_text(const char *name, const char *path)
{
	const struct rules_host host = { .alert = count_alert };
	struct loaded *l = &files[nfiles++];
	struct err e = { 0 };
	size_t i;

	l->file = name;
	l->config.arena = &l->arena;
	l->set = grok_set_new(true);
	if (config_load(&l->config, path, &e) == -1)
		goto fail;
	for (i = 0; i < l->config.files.p[0]->patterns.n; i++)
		grok_set_put(l->set, l->config.files.p[0]->patterns.p[i].key,
		    l->config.files.p[0]->patterns.p[i].value);
	l->rules = rules_new(&l->config, l->set, &host, &e);
	if (l->rules != NULL)
		return l;
fail:
	fprintf(stderr, "%s:%u:%u: %s\n", path, e.line, e.col, e.msg);
	exit(2);
}

static struct loaded *
load(const char *name)
{
	char path[256];
	size_t i;

	for (i = 0; i < nfiles; i++)
		if (strcmp(files[i].file, name) == 0)
			return &files[i];
	(void)snprintf(path, sizeof(path), "examples/logwatch/rules/%s.yml",
	    name);
	return load_text(name, path);
}

/* Does any rule hit; the address that it would be counted under. */
static bool
verdict(struct loaded *l, struct str line, struct event *ev,
    struct buf *host)
{
	struct source_state s = { .dates = { .now_ms = 1124013600000 } };
	struct address a;
	char text[ADDRESS_TEXT];
	struct str ip;
	struct hit h;
	struct rule *r;
	size_t i;

	event_reset(ev, line);
	parse_line(NULL, &s, ev);
	grok_set_see(l->set, ev);
	arena_free(&s.arena);
	for (i = 0; i < rules_count(l->rules); i++) {
		r = rules_at(l->rules, i);
		if (!selector_run(&r->select, ev, &h))
			continue;
		ip = value_text(hit_get(&h, STR("ip")));
		if (ip.n == 0)
			ip = value_text(event_get(ev, STR("source.ip")));
		if (address_parse(ip, &a))
			ip = address_print(&a, a.v6 ? 128 : 32, text);
		(void)buf_put(host, ip);
		return true;
	}
	return false;
}

static void
judge(struct conf *c, const json_t *row, const char *name,
    const struct subject *s)
{
	bool want = json_is_true(json_object_get(row, "match")), got;
	struct str host = json_get_str(row, "host"), line;
	struct event ev = { .arena = &line_arena };
	struct buf got_host = { 0 }, exp = { 0 }, have = { 0 };
	struct loaded *l = load(s->file);
	char text[ADDRESS_TEXT];
	struct address a;

	arena_reset(&line_arena);
	line = json_get_str(row, "line");
	got = verdict(l, line, &ev, &got_host);
	/* Lines of the journal, and bare messages, have no prefix. */
	if (!got && !ev.has_time) {
		line = str_starts(line, STR("srv ")) ||
		    str_starts(line, STR("host ")) ?
		    arena_printf(&line_arena, "Jan  1 00:00:00 " STR_FMT,
		    STR_ARG(line)) : arena_printf(&line_arena,
		    "Jan  1 00:00:00 h %s[1]: " STR_FMT, s->tag ? s->tag :
		    "x", STR_ARG(line));
		got = verdict(l, line, &ev, &got_host);
	} else if (!got && s->tag != NULL &&
	    event_get(&ev, STR("process.name")).kind == VAL_NONE) {
		line = arena_printf(&line_arena, "Jan  1 00:00:00 h %s[1]: "
		    STR_FMT, s->tag, STR_ARG(value_text(ev.message)));
		got = verdict(l, line, &ev, &got_host);
	}
	if (address_parse(host, &a))
		host = address_print(&a, a.v6 ? 128 : 32, text);
	(void)buf_printf(&exp, "%s " STR_FMT, want ? "match" : "no match",
	    STR_ARG(host));
	(void)buf_printf(&have, "%s " STR_FMT, got ? "match" : "no match",
	    STR_ARG(want && host.n == 0 ? host : buf_str(&got_host)));
	conf_expect(c, name, buf_str(&exp), buf_str(&have));
	buf_release(&got_host);
	buf_release(&exp);
	buf_release(&have);
	event_release(&ev);
}

/* Their mode "errors" leaves out what others count; we have no such mode. */
static bool
of_other_mode(const json_t *row)
{
	const json_t *list = json_object_get(row, "options");

	return json_array_size(list) == 1 && str_eq(json_get_str(
	    json_array_get(list, 0), "mode"), STR("errors"));
}

/*
 * No attack to sshguard; to fail2ban in its mode "ddos" one, as to us, where
 * ten of them are a probe.
 */
static bool
is_disputed(const json_t *row)
{
	return !json_is_string(json_object_get(row, "service")) &&
	    json_object_get(row, "filter") == NULL && str_find(json_get_str(
	    row, "line"), STR(": 14: No supported auth")) != -1;
}

static void
one_line(struct conf *c, const json_t *row, const char *name, void *arg)
{
	struct str what = json_get_str(row, arg);
	struct str section = json_get_str(row, "section");
	size_t i;

	/* What is no attack names no service. */
	if (what.n == 0 && (str_find(section, STR("ssh")) != -1 ||
	    str_eq(section, STR("SSH"))))
		what = STR("SSH");
	if (what.n == 0 && (str_find(section, STR("roundcube")) != -1 ||
	    str_find(section, STR("Joomla")) != -1))
		what = STR("CLF_PROBES");
	for (i = 0; i < COUNT(subjects); i++)
		if (str_eq(what, str_of(subjects[i].name)))
			break;
	if (i == COUNT(subjects))
		conf_skip(c, name, "no rules for this program");
	else if (json_is_true(json_object_get(row, "stateful")) &&
	    !str_eq(what, STR("sshd")))
		conf_skip(c, name, "needs the lines before it");
	else if (json_is_true(json_object_get(row, "stateful")) &&
	    json_object_get(row, "attempts") != NULL)
		conf_skip(c, name, "its passwords count, and a success forgets");
	else if (is_disputed(row))
		conf_skip(c, name, "fail2ban says otherwise, as we do");
	else if (of_other_mode(row))
		conf_skip(c, name, "a mode of theirs");
	else
		judge(c, row, name, &subjects[i]);
}

/* ---- the window ---- */

static const char rule_text[] =
    "rules:\n"
    "- name: bruteforce\n"
    "  match: '^Failed password for (?:invalid user )?(?<user>.*) from "
    "%{IP:ip} port \\d+ ssh2$'\n"
    "  key: ip\n"
    "  window: 15m\n"
    "  threshold: 5\n"
    "  cooldown: 0s\n"
    "  repeats: false\n"
    "  collect: {users: user}\n";

struct tally {
	unsigned failures, repeated, alerts, first;
};

/* What our rule sees of one address in the whole log. */
static void
tally(struct str log, struct str ip, struct tally *t)
{
	struct source_state s = { .dates = { .year = 2017 } };
	struct event ev = { .arena = &line_arena };
	struct loaded *l = load("bruteforce");
	struct rule *r = rules_at(l->rules, 0);
	struct origin from = { .ino = 1 };
	struct str line;
	struct hit h;
	unsigned n = 0, before;

	windows_release(&r->windows);
	arena_reset(&line_arena);
	while (log.p != NULL) {
		log = str_cut(log, '\n', &line);
		n++;
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (str_find(line, ip) == -1)
			continue;
		event_reset(&ev, line);
		ev.origin = &from;
		parse_line(NULL, &s, &ev);
		grok_set_see(l->set, &ev);
		if (!selector_run(&r->select, &ev, &h) ||
		    !str_eq(value_text(hit_get(&h, STR("ip"))), ip))
			continue;
		t->failures++;
		t->repeated += (unsigned)h.repeats;
		before = alerts;
		rules_event(l->rules, &ev);
		t->alerts += alerts - before;
		if (alerts == before || t->first != 0)
			continue;
		t->first = n;
	}
	event_release(&ev);
	arena_free(&s.arena);
}

static void
one_address(struct conf *c, const json_t *row, const char *name, void *arg)
{
	struct buf want = { 0 }, got = { 0 };
	struct tally t = { 0 };

	tally(buf_str(arg), json_get_str(row, "ip"), &t);
	(void)buf_printf(&want, "%d %d %d %d",
	    (int)json_integer_value(json_object_get(row, "failures")),
	    (int)json_integer_value(json_object_get(row,
	    "failures_with_repeats")),
	    (int)json_integer_value(json_object_get(row,
	    "alerts_without_cooldown")),
	    (int)json_integer_value(json_object_get(row,
	    "first_alert_line")));
	(void)buf_printf(&got, "%u %u %u %u", t.failures, t.repeated,
	    t.alerts, t.first);
	conf_expect(c, name, buf_str(&want), buf_str(&got));
	buf_release(&want);
	buf_release(&got);
}

static void
brute_force(struct conf *c)
{
	struct buf log = { 0 };
	struct err e;
	char path[] = "/tmp/conf-rule-XXXXXX";
	int fd;

	if (io_read_file(conf_path(c, "logs/OpenSSH.log"), 64 << 20, &log,
	    &e) == -1)
		return;
	fd = mkstemp(path);
	if (fd == -1 || io_write_all(fd, STR(rule_text)) == -1)
		exit(3);
	(void)load_text("bruteforce", path);
	(void)remove(path);
	conf_jsonl(c, "logs/OpenSSH.bruteforce.jsonl", one_address, &log);
	buf_release(&log);
}

int
main(int argc, char **argv)
{
	static char filter[] = "filter", service[] = "service";
	struct conf c;
	size_t i;

	conf_init(&c, argc, argv);
	conf_jsonl(&c, "fail2ban.jsonl", one_line, filter);
	conf_jsonl(&c, "logs/sshguard.jsonl", one_line, service);
	brute_force(&c);
	for (i = 0; i < nfiles; i++) {
		rules_free(files[i].rules);
		grok_set_free(files[i].set);
		config_release(&files[i].config);
		arena_free(&files[i].arena);
	}
	arena_free(&line_arena);
	return conf_finish(&c);
}
