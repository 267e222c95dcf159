/*
 * Deliveries: the timelines of am-payloads and am-timelines go through
 * ts-route and ts-notify in virtual time; what arrives at a sink must be what
 * Alertmanager 0.25 sent.
 */
#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conf.h"
#include "core/arena.h"
#include "core/dur.h"
#include "core/io.h"
#include "core/mem.h"
#include "core/proc.h"
#include "core/vec.h"
#include "json/tree.h"
#include "json/write.h"

#define BASE_MS		INT64_C(1769000400000)	/* 2026-01-21T13:00:00Z */
#define FILE_MAX	((size_t)64 << 20)
#define JITTER_S	0.35		/* of the recording */
#define RETRY_JITTER_S	3.0		/* its backoff was random */

struct delivered {
	double t;
	unsigned attempts;
};

struct scene {
	struct conf *c;
	const char *dir;		/* of the data */
	char tmp[64];
	struct arena arena;
	json_t *timeline;
	pid_t sink;
	int sink_in;
	unsigned http_port, smtp_port;
	unsigned generation;		/* of ts-route's state */
	VEC(struct delivered) sent;
	double repeat_s;		/* the root's repeat_interval */
	struct buf lines;		/* for ts-route, of this stretch */
};

/* ---- small things ---- */

static struct str
str_member(const json_t *o, const char *key)
{
	return json_get_str(o, key);
}

static const char *
path_in(struct scene *s, const char *dir, const char *name)
{
	return arena_printf(&s->arena, "%s/%s", dir, name).p;
}

static int64_t
at_ms(double seconds)
{
	return BASE_MS + (int64_t)llround(seconds * 1000);
}

/* "@2.5", "@+2.5", "@-300": since the start; else as it is. */
static struct str
time_text(struct scene *s, struct str v)
{
	struct buf b = { 0 };
	struct str out;

	if (v.n < 2 || v.p[0] != '@')
		return v;
	time_print_rfc3339(&b, at_ms(strtod(arena_cstr(&s->arena,
	    str_sub(v, 1, v.n)), NULL)));
	out = arena_str(&s->arena, buf_str(&b));
	buf_release(&b);
	return out;
}

/* ---- the sink ---- */

static void
start_sink(struct scene *s)
{
	const json_t *responses = json_object_get(s->timeline, "responses");
	char *argv[16] = { 0 };
	int in[2], out[2], n = 0;
	const char *prefix;
	json_t *list, *v;
	FILE *ports;
	size_t i;

	argv[n++] = arena_cstr(&s->arena, STR("sink"));
	argv[n++] = arena_cstr(&s->arena, str_of(path_in(s, s->tmp,
	    "captured")));
	json_object_foreach((json_t *)(uintptr_t)responses, prefix, list) {
		struct buf rule = { 0 };

		(void)buf_printf(&rule, "%s=", prefix);
		json_array_foreach(list, i, v)
			(void)buf_printf(&rule, "%s%lld", i ? "," : "",
			    (long long)json_integer_value(v));
		if (n < 15)
			argv[n++] = arena_cstr(&s->arena, buf_str(&rule));
		buf_release(&rule);
	}
	if (pipe2(in, O_CLOEXEC) == -1 || pipe2(out, O_CLOEXEC) == -1)
		exit(3);
	if ((s->sink = fork()) == 0) {
		(void)dup2(in[0], STDIN_FILENO);
		(void)dup2(out[1], STDOUT_FILENO);
		(void)execvp(argv[0], argv);
		perror("cannot run sink");
		_exit(3);
	}
	(void)close(in[0]);
	(void)close(out[1]);
	s->sink_in = in[1];
	ports = fdopen(out[0], "r");
	if (ports == NULL || fscanf(ports, "%u %u", &s->http_port,
	    &s->smtp_port) != 2)
		exit(3);
	(void)fclose(ports);
}

static void
stop_sink(struct scene *s)
{
	(void)close(s->sink_in);
	(void)waitpid(s->sink, NULL, 0);
}

/* ---- the configuration ---- */

static void
replace_all(struct scene *s, struct buf *b, const char *name, struct str with)
{
	struct buf out = { 0 };
	struct str rest = buf_str(b);
	ptrdiff_t at;

	while ((at = str_find(rest, str_of(name))) != -1) {
		(void)buf_put(&out, str_sub(rest, 0, (size_t)at));
		(void)buf_put(&out, with);
		rest = str_sub(rest, (size_t)at + strlen(name), rest.n);
	}
	(void)buf_put(&out, rest);
	buf_reset(b);
	(void)buf_put(b, buf_str(&out));
	buf_release(&out);
	(void)s;
}

static void
write_config(struct scene *s)
{
	static const char *const days[] = { "thursday", "friday", "saturday",
	    "sunday", "monday", "tuesday", "wednesday" };
	struct buf b = { 0 };
	char cwd[4096] = "", year[8];
	unsigned month, day;
	int64_t y, n = BASE_MS / DUR_DAY, ms;
	struct str repeat;
	ptrdiff_t at;
	struct err e;

	if (io_read_file(path_in(s, s->dir, "config.yml"), FILE_MAX, &b,
	    &e) == -1 || getcwd(cwd, sizeof(cwd)) == NULL)
		exit(3);
	time_civil_from_days(n, &y, &month, &day);
	(void)snprintf(year, sizeof(year), "%d", (int)y);
	replace_all(s, &b, "${CAPTURE}", arena_printf(&s->arena,
	    "127.0.0.1:%u", s->http_port));
	replace_all(s, &b, "${SMTP}", arena_printf(&s->arena,
	    "127.0.0.1:%u", s->smtp_port));
	replace_all(s, &b, "${DIR}", s->dir[0] == '/' ? str_of(s->dir) :
	    arena_printf(&s->arena, "%s/%s", cwd, s->dir));
	replace_all(s, &b, "${TODAY}", str_of(days[n % 7]));
	replace_all(s, &b, "${TOMORROW}", str_of(days[(n + 1) % 7]));
	replace_all(s, &b, "${YEAR}", str_of(year));
	if ((at = str_find(buf_str(&b), STR("repeat_interval: "))) != -1) {
		(void)str_cut(str_sub(buf_str(&b), (size_t)at + 17, b.n),
		    '\n', &repeat);
		(void)str_cut(repeat, '}', &repeat);
		if (dur_parse(repeat, &ms))
			s->repeat_s = (double)ms / 1000;
	}
	if (io_replace_file(path_in(s, s->tmp, "config.yml"), buf_str(&b),
	    &e) == -1)
		exit(3);
	buf_release(&b);
}

/* ---- running ---- */

static struct str
run_program(struct scene *s, char **argv, struct str input)
{
	struct proc_request q = { .argv = argv, .input = input,
	    .timeout_ms = 60000, .output_max = FILE_MAX };
	struct proc_result r = { 0 };
	struct str out;
	struct err e;

	if (proc_run(&q, &r, &e) == -1) {
		(void)fprintf(stderr, "%s: %s\n", argv[0], e.msg);
		exit(3);
	}
	if (r.err.n > 0 && s->c->verbose)
		(void)fprintf(stderr, STR_FMT, STR_ARG(buf_str(&r.err)));
	out = arena_str(&s->arena, buf_str(&r.out));
	proc_result_release(&r);
	return out;
}

/* Argument lists end in NULL and are C strings. */
#define ARG(text)	arena_cstr(&s->arena, str_of(text))

static const char *
route_state(struct scene *s)
{
	return arena_printf(&s->arena, "%s/route%u", s->tmp,
	    s->generation).p;
}

static void
note_sent(struct scene *s, struct str lines)
{
	struct str line;
	json_t *j;
	int64_t ms;
	struct err e;

	while (lines.p != NULL) {
		lines = str_cut(lines, '\n', &line);
		if (line.n == 0 || (j = json_tree(line, &e)) == NULL)
			continue;
		if (str_eq(str_member(j, "delivery"), STR("sent")) &&
		    time_parse_rfc3339(str_member(j, "time"), &ms))
			vec_push(&s->sent, (struct delivered){
			    (double)(ms - BASE_MS) / 1000,
			    (unsigned)json_integer_value(json_object_get(j,
			    "attempts")) });
		json_decref(j);
	}
}

/* The lines gathered so far go through both programs. */
static void
run_stretch(struct scene *s)
{
	const char *config = path_in(s, s->tmp, "config.yml");
	char *route[] = { ARG("ts-route"), ARG("-q"), ARG("--clock"),
	    ARG("input"), ARG("--compat"), ARG("0.25"),
	    ARG("--external-url"), ARG("http://am.example:9093"), ARG("-c"),
	    ARG(config), ARG("-s"), ARG(route_state(s)), NULL };
	char *notify[] = { ARG("ts-notify"), ARG("-q"), ARG("--clock"),
	    ARG("input"), ARG("--compat"), ARG("0.25"), ARG("-c"),
	    ARG(config), ARG("-s"), ARG(path_in(s, s->tmp, "notify")),
	    NULL };

	note_sent(s, run_program(s, notify, run_program(s, route,
	    buf_str(&s->lines))));
	buf_reset(&s->lines);
}

static void
put_tick(struct scene *s, double at)
{
	(void)buf_printf(&s->lines, "{\"_ts\":\"tick\",\"time\":%lld}\n",
	    (long long)at_ms(at));
}

static void
put_alert(struct scene *s, json_t *alert)
{
	static const char *const times[] = { "startsAt", "endsAt" };
	char *text;
	size_t i;

	for (i = 0; i < 2; i++)
		if (json_object_get(alert, times[i]) != NULL) {
			struct str t = time_text(s, str_member(alert,
			    times[i]));

			(void)json_object_set_new(alert, times[i],
			    json_stringn(t.p, t.n));
		}
	text = json_dumps(alert, JSON_COMPACT);
	(void)buf_printf(&s->lines, "%s\n", text);
	free(text);
}

/* A silence ends when a later step expires it. */
static struct str
silence_end(struct scene *s, const json_t *silence)
{
	json_t *steps = json_object_get(s->timeline, "steps"), *step;
	size_t i;

	json_array_foreach(steps, i, step)
		if (str_eq(str_member(step, "expire"),
		    str_member(silence, "name")))
			return time_text(s, arena_printf(&s->arena, "@%g",
			    json_number_value(json_object_get(step, "at"))));
	return time_text(s, str_member(silence, "endsAt"));
}

static void
add_silence(struct scene *s, const json_t *silence)
{
	json_t *copy = json_object(), *list = json_array();
	struct str start = time_text(s, str_member(silence, "startsAt"));
	struct str end = silence_end(s, silence);
	char *text, *argv[] = { ARG("ts-route"), ARG("silence"),
	    ARG("import"), ARG("--clock"), ARG("input"), ARG("-s"),
	    ARG(route_state(s)), NULL };

	(void)json_object_set(copy, "matchers",
	    json_object_get(silence, "matchers"));
	(void)json_object_set_new(copy, "startsAt",
	    json_stringn(start.p, start.n));
	(void)json_object_set_new(copy, "endsAt", json_stringn(end.p, end.n));
	(void)json_object_set_new(copy, "createdBy", json_string("test"));
	(void)json_object_set_new(copy, "comment", json_string("test"));
	(void)json_array_append_new(list, copy);
	text = json_dumps(list, JSON_COMPACT);
	(void)run_program(s, argv, str_of(text));
	free(text);
	json_decref(list);
}

/* Alertmanager forgets its groups when it restarts, but not its log. */
static void
one_step(struct scene *s, const json_t *step)
{
	double at = json_number_value(json_object_get(step, "at"));
	json_t *alert, *silence = json_object_get(step, "silence");
	size_t i;

	put_tick(s, at);
	json_array_foreach(json_object_get(step, "post"), i, alert)
		put_alert(s, alert);
	if (silence == NULL && json_object_get(step, "restart") == NULL)
		return;
	run_stretch(s);
	if (silence != NULL)
		add_silence(s, silence);
	else
		s->generation++;
}

static void
run_timeline(struct scene *s)
{
	json_t *steps = json_object_get(s->timeline, "steps"), *step;
	size_t i;

	json_array_foreach(steps, i, step)
		one_step(s, step);
	/* The recording ends just before what falls due then. */
	put_tick(s, json_number_value(json_object_get(s->timeline,
	    "until")) - 0.1);
	run_stretch(s);
}

/* ---- comparing ---- */

/* Instants as the recording has them: @+1.5 */
static struct str
mask_times(struct scene *s, struct str text)
{
	struct buf b = { 0 };
	struct str out;
	size_t i = 0, n;
	int64_t ms;

	while (i < text.n) {
		for (n = 20; n <= 24 && i + n <= text.n; n++)
			if (text.p[i] == '2' && text.p[i + n - 1] == 'Z' &&
			    time_parse_rfc3339(str_sub(text, i, i + n), &ms))
				break;
		if (n <= 24 && i + n <= text.n) {
			(void)buf_printf(&b, "@%+.1f",
			    (double)(ms - BASE_MS) / 1000);
			i += n;
		} else
			(void)buf_putc(&b, text.p[i++]);
	}
	out = arena_str(&s->arena, buf_str(&b));
	buf_release(&b);
	return out;
}

/* A header that differs in each message, or its value. */
static bool
varies(struct str line)
{
	return str_starts(line, STR("Message-Id:")) ||
	    str_starts(line, STR("Date:"));
}

static int
line_cmp(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* A mail: headers sorted, without what varies; LF; the boundary named. */
static struct str
mask_mail(struct scene *s, struct str raw)
{
	struct buf b = { 0 }, lf = { 0 };
	struct str boundary = STR_NONE, rest, line, out, header[64];
	ptrdiff_t at;
	size_t i, n = 0;

	for (i = 0; i < raw.n; i++)
		if (raw.p[i] != '\r')
			(void)buf_putc(&lf, raw.p[i]);
	(void)buf_printf(&lf, "\n");
	rest = arena_str(&s->arena, buf_str(&lf));
	if ((at = str_find(rest, STR("boundary="))) != -1)
		(void)str_cut(str_sub(rest, (size_t)at + 9, rest.n), '\n',
		    &boundary);
	while (rest.p != NULL && n < 64) {
		rest = str_cut(rest, '\n', &line);
		if (line.n == 0)
			break;
		if (!varies(line))
			header[n++] = line;
	}
	qsort(header, n, sizeof(*header), line_cmp);
	for (i = 0; i < n; i++)
		(void)buf_printf(&b, STR_FMT "\n", STR_ARG(header[i]));
	(void)buf_printf(&b, "\n" STR_FMT, STR_ARG(str_trim(rest)));
	if (boundary.n > 0)
		replace_all(s, &b, arena_cstr(&s->arena, boundary),
		    STR("BOUNDARY"));
	out = arena_str(&s->arena, buf_str(&b));
	buf_release(&b);
	buf_release(&lf);
	return out;
}

/* Of a signature only the shape is the same every time. */
static struct str
mask_signature(struct scene *s, struct str v)
{
	struct str head, date, rest = str_cut(v, '/', &head);
	ptrdiff_t sig;

	rest = str_cut(rest, '/', &date);
	sig = str_find(rest, STR("Signature="));
	if (!str_starts(v, STR("AWS4")) || sig == -1)
		return v;
	return arena_printf(&s->arena, STR_FMT "/DATE/" STR_FMT
	    "Signature=SIG", STR_ARG(head),
	    STR_ARG(str_sub(rest, 0, (size_t)sig)));
}

/* One request or mail as text to compare. */
static struct str
shown(struct scene *s, const json_t *r)
{
	const json_t *h = json_object_get(r, "headers");
	json_t *body = json_object_get(r, "body");
	struct str raw = str_member(r, "raw");
	struct str out, auth;
	char *text;

	if (json_object_get(r, "rcpt_to") != NULL) {
		struct str from = str_member(r, "mail_from");

		/* Ours needs no 8BITMIME. */
		(void)str_cut(from, '>', &from);
		text = json_dumps(json_object_get(r, "rcpt_to"),
		    JSON_COMPACT);
		out = arena_printf(&s->arena, "mail " STR_FMT " " STR_FMT
		    "> %s\n" STR_FMT, STR_ARG(str_member(r, "helo")),
		    STR_ARG(from), text, STR_ARG(mask_mail(s, raw)));
		free(text);
		return out;
	}
	if (raw.n == 0 && body != NULL) {
		text = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS);
		raw = arena_str(&s->arena, str_of(text));
		free(text);
	}
	auth = mask_signature(s, str_member(h, "Authorization"));
	return arena_printf(&s->arena, STR_FMT " " STR_FMT "\n" STR_FMT "\n"
	    STR_FMT "\n" STR_FMT, STR_ARG(str_member(r, "method")),
	    STR_ARG(str_member(r, "path")), STR_ARG(auth),
	    STR_ARG(str_member(h, "Content-Type")),
	    STR_ARG(mask_times(s, raw)));
}

/* The recording of a timeline has parsed bodies only: compare such. */
static struct str
shown_parsed(struct scene *s, json_t *r)
{
	struct err e;
	json_t *body = json_tree(mask_times(s, str_member(r, "raw")), &e);

	if (body != NULL) {
		(void)json_object_set_new(r, "body", body);
		(void)json_object_del(r, "raw");
	}
	return shown(s, r);
}

/* "mail", or method and path without a query: what must be alike at least. */
static struct str
place(struct str text)
{
	struct str first;

	if (str_starts(text, STR("mail")))
		return STR("mail");
	(void)str_cut(text, '\n', &first);
	(void)str_cut(first, '?', &first);
	return first;
}

typedef VEC(json_t *) rows_vec;

static void
read_rows(const char *path, rows_vec *rows)
{
	struct buf b = { 0 };
	struct str rest, line;
	json_t *j;
	struct err e;

	if (io_read_file(path, FILE_MAX, &b, &e) == -1) {
		(void)fprintf(stderr, "%s\n", e.msg);
		exit(3);
	}
	rest = buf_str(&b);
	while (rest.p != NULL) {
		rest = str_cut(rest, '\n', &line);
		if (line.n > 0 && (j = json_tree(line, &e)) != NULL)
			vec_push(rows, j);
	}
	buf_release(&b);
}

/* The first free row that equals want, or (near) is from the same place. */
static size_t
find_match(const struct str *got, const bool *used, size_t n,
    struct str want, bool near)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!used[i] && (near ? str_eq(place(got[i]), place(want)) :
		    str_eq(got[i], want)))
			return i;
	return n;
}

/*
 * Recorded exactly a repeat_interval after its like: there the milliseconds
 * of the recording decided whether it was due; for us equal is not elapsed.
 */
static bool
is_tie(struct scene *s, const rows_vec *want, const struct str *text,
    size_t i)
{
	double t = json_number_value(json_object_get(want->p[i], "t")), was;
	size_t k;

	for (k = i; k-- > 0; )
		if (str_eq(text[k], text[i])) {
			was = json_number_value(json_object_get(want->p[k],
			    "t"));
			return fabs(t - was - s->repeat_s) < 0.1;
		}
	return false;
}

/* The default page of a mail is our own: it cannot be alike. */
static bool
is_default_mail(const json_t *r)
{
	return str_find(str_member(r, "raw"),
	    STR("View in Alertmanager")) != -1;
}

static void
compare_rest(struct scene *s, const rows_vec *want, const struct str *w,
    const bool *done, const struct str *text, bool *used, size_t ngot)
{
	const char *name;
	size_t i, k;

	for (i = 0; i < want->n; i++) {
		if (done[i])
			continue;
		name = arena_printf(&s->arena, "request %zu", i + 1).p;
		if (is_tie(s, want, w, i)) {
			conf_skip(s->c, name, "jitter made it due");
			continue;
		}
		k = find_match(text, used, ngot, w[i], true);
		if (k < ngot)
			used[k] = true;
		if (k < ngot && is_default_mail(want->p[i]))
			conf_skip(s->c, name, "the default mail is our own");
		else
			conf_fail(s->c, name, w[i], k < ngot ? text[k] :
			    STR("(nothing)"));
	}
	for (i = 0; i < ngot; i++)
		if (!used[i])
			conf_fail(s->c, "more than was recorded",
			    STR("(nothing)"), text[i]);
}

static void
compare(struct scene *s, const rows_vec *want, const rows_vec *got)
{
	bool *used = ARENA_ARRAY(&s->arena, got->n, bool);
	bool *done = ARENA_ARRAY(&s->arena, want->n, bool), raw;
	struct str *text = ARENA_ARRAY(&s->arena, got->n, struct str);
	struct str *w = ARENA_ARRAY(&s->arena, want->n, struct str);
	size_t i, k;

	raw = want->n > 0 &&
	    (json_object_get(want->p[0], "raw") != NULL ||
	    json_object_get(want->p[0], "body") == NULL);
	for (i = 0; i < got->n; i++)
		text[i] = raw ? shown(s, got->p[i]) :
		    shown_parsed(s, got->p[i]);
	for (i = 0; i < want->n; i++) {
		w[i] = shown(s, want->p[i]);
		k = find_match(text, used, got->n, w[i], false);
		if (k == got->n)
			continue;
		used[k] = done[i] = true;
		conf_pass(s->c);
	}
	compare_rest(s, want, w, done, text, used, got->n);
}

/* Was there a success about then? */
static bool
take_sent(struct scene *s, double t)
{
	struct delivered *d;
	size_t i;

	for (i = 0; i < s->sent.n; i++) {
		d = &s->sent.p[i];
		if (fabs(d->t - t) <= (d->attempts > 1 ? RETRY_JITTER_S :
		    JITTER_S)) {
			*d = s->sent.p[--s->sent.n];
			return true;
		}
	}
	return false;
}

/* When each success came; timelines have one receiver. */
static void
compare_times(struct scene *s, const rows_vec *want)
{
	struct str *w = ARENA_ARRAY(&s->arena, want->n, struct str), t;
	size_t i;

	for (i = 0; i < want->n; i++) {
		json_t *r = want->p[i];

		w[i] = shown(s, r);
		t = arena_printf(&s->arena, "%.2f",
		    json_number_value(json_object_get(r, "t")));
		if (json_integer_value(json_object_get(r, "answer")) / 100 !=
		    2)
			continue;
		if (take_sent(s, json_number_value(json_object_get(r,
		    "t"))))
			conf_pass(s->c);
		else if (is_tie(s, want, w, i))
			conf_skip(s->c, "time", "jitter made it due");
		else
			conf_fail(s->c, "time", t, STR("(not then)"));
	}
}

static void
run_scene(struct conf *c, const char *set, bool timed)
{
	struct scene s = { .c = c };
	rows_vec want = { 0 }, got = { 0 };
	char *rm[4];
	size_t i;

	if (!conf_begin(c, set))
		return;
	s.dir = arena_cstr(&s.arena, str_of(conf_path(c, set)));
	(void)snprintf(s.tmp, sizeof(s.tmp), "/tmp/conf_am.XXXXXX");
	if (mkdtemp(s.tmp) == NULL)
		exit(3);
	s.timeline = json_load_file(path_in(&s, s.dir, "timeline.json"), 0,
	    NULL);
	start_sink(&s);
	write_config(&s);
	run_timeline(&s);
	stop_sink(&s);
	read_rows(path_in(&s, s.dir, "captured.jsonl"), &want);
	read_rows(path_in(&s, s.tmp, "captured"), &got);
	compare(&s, &want, &got);
	if (timed)
		compare_times(&s, &want);
	conf_end(c);
	rm[0] = arena_cstr(&s.arena, STR("rm"));
	rm[1] = arena_cstr(&s.arena, STR("-rf"));
	rm[2] = s.tmp;
	rm[3] = NULL;
	(void)run_program(&s, rm, STR_NONE);
	for (i = 0; i < want.n; i++)
		json_decref(want.p[i]);
	for (i = 0; i < got.n; i++)
		json_decref(got.p[i]);
	vec_release(&want);
	vec_release(&got);
	vec_release(&s.sent);
	buf_release(&s.lines);
	json_decref(s.timeline);
	arena_free(&s.arena);
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void
run_folder(struct conf *c, const char *folder, bool timed)
{
	struct dirent **names;
	char set[300];
	int i, n = scandir(conf_path(c, folder), &names, NULL, by_name);

	for (i = 0; i < n; i++) {
		(void)snprintf(set, sizeof(set), "%s/%s", folder,
		    names[i]->d_name);
		if (names[i]->d_name[0] != '.')
			run_scene(c, set, timed);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
}

int
main(int argc, char **argv)
{
	struct conf c;

	conf_init(&c, argc, argv);
	run_folder(&c, "am-payloads", false);
	run_folder(&c, "am-timelines", true);
	return conf_finish(&c);
}
