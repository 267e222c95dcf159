#include "reading.h"

#include "core/dur.h"
#include "core/num.h"
#include "json/tree.h"

static void
set_int(struct reading *r, const char *key, int64_t v)
{
	(void)json_object_set_new(r->data, key, json_integer(v));
}

static void
set_str(struct reading *r, const char *key, const char *v)
{
	(void)json_object_set_new(r->data, key, json_string(v));
}

static void
append(json_t *data, const char *key, struct str s)
{
	json_t *list = json_object_get(data, key);

	if (list == NULL) {
		list = json_array();
		(void)json_object_set_new(data, key, list);
	}
	(void)json_array_append_new(list, json_stringn(s.n ? s.p : "", s.n));
}

static void
say(struct reading *r, struct arena *a, enum task_status s, const char *text)
{
	r->status = s;
	r->message = arena_str(a, str_of(text));
}

static void
say_exit(struct reading *r, struct arena *a, int status)
{
	r->status = TASK_FAILED;
	r->message = status == READING_TIMEOUT ? STR("no end in time") :
	    arena_printf(a, "exit status %d", status);
}

/* ---- logrotate: 0 also for a directive that it does not know ---- */

static void
read_logrotate(int status, struct str out, struct str err, struct arena *a,
    struct reading *r)
{
	struct str line, first = STR_NONE;
	size_t n = 0;

	(void)out;
	while (err.n) {
		err = str_cut(err, '\n', &line);
		if (!str_starts(line, STR("error: ")))
			continue;
		line = str_sub(line, 7, line.n);
		append(r->data, "problems", line);
		if (n++ == 0)
			first = line;
	}
	if (n) {
		r->status = TASK_FAILED;
		r->message = arena_printf(a, STR_FMT "%s", STR_ARG(first),
		    n > 1 ? ", and more" : "");
	} else if (status == 3) {
		say(r, a, TASK_FAILED, "its state file is locked");
	} else if (status) {
		say_exit(r, a, status);
	}
}

/* "path" 2026-11-21-7:11:27, not padded; \" within the quotes */
static bool
state_line(struct str line, struct str log, int64_t *ms)
{
	int64_t v[6];
	struct str s = line, field;
	size_t i = 0, at;
	static const char sep[] = "---::";

	if (s.n < 2 || s.p[0] != '"')
		return false;
	for (at = 1; at < s.n && s.p[at] != '"'; at++) {
		if (s.p[at] == '\\' && at + 1 < s.n)
			at++;
		if (i >= log.n || s.p[at] != log.p[i++])
			return false;
	}
	if (i != log.n || at + 2 > s.n)
		return false;
	s = str_trim(str_sub(s, at + 1, s.n));
	for (i = 0; i < 6; i++) {
		if (i < 5)
			s = str_cut(s, sep[i], &field);
		else
			field = s;
		if (!num_parse_i64(field, 0, 9999, &v[i]))
			return false;
	}
	*ms = (time_days_from_civil(v[0], (unsigned)v[1], (unsigned)v[2]) *
	    86400 + v[3] * 3600 + v[4] * 60 + v[5]) * 1000;
	return true;
}

int64_t
reading_logrotate_date(struct str state, struct str log)
{
	struct str line;
	int64_t ms;

	while (state.n) {
		state = str_cut(state, '\n', &line);
		if (state_line(line, log, &ms))
			return ms;
	}
	return 0;
}

/* ---- freshclam ---- */

static void
read_freshclam(int status, struct str out, struct str err, struct arena *a,
    struct reading *r)
{
	static const struct {
		int status;
		const char *class;
		enum task_status means;
		const char *text;
	} codes[] = {
		{ READING_TIMEOUT, "timeout", TASK_FAILED,
		    "no end in time: is there a network?" },
		{ 40, "usage", TASK_FAILED, "an option that it does not know" },
		{ 52, "network", TASK_WARNING, "the network failed" },
		{ 54, "signature", TASK_FAILED, "a signature is wrong" },
		{ 56, "config", TASK_FAILED, "its configuration is wrong" },
		{ 58, "network", TASK_WARNING, "the database was not read "
		    "from the network" },
		{ 59, "mirror", TASK_WARNING, "no mirror is in order" },
	};
	size_t i;

	(void)out;
	(void)err;
	if (status == 0)
		return;
	for (i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].status == status) {
			set_str(r, "class", codes[i].class);
			say(r, a, codes[i].means, codes[i].text);
			return;
		}
	set_str(r, "class", "local");
	say_exit(r, a, status);
}

/* ---- certbot ---- */

static void
read_certbot(int status, struct str out, struct str err, struct arena *a,
    struct reading *r)
{
	struct str line;
	int64_t renewals = 0, failed = 0;

	(void)err;
	while (out.n) {
		out = str_cut(out, '\n', &line);
		line = str_trim(line);
		if (str_find(line, STR("No simulated renewals were "
		    "attempted")) >= 0 || str_find(line, STR("No renewals "
		    "were attempted")) >= 0)
			say(r, a, TASK_WARNING, "it has no certificate to "
			    "renew");
		if (str_ends(line, STR(" (success)"))) {
			renewals++;
		} else if (str_ends(line, STR(" (failure)"))) {
			renewals++;
			failed++;
			append(r->data, "failed", str_sub(line, 0, line.n -
			    10));
		}
	}
	set_int(r, "renewals", renewals);
	if (failed || status) {
		r->status = TASK_FAILED;
		r->message = failed ? arena_printf(a, "%lld of %lld renewals "
		    "fail", (long long)failed, (long long)renewals) :
		    STR_NONE;
		if (failed == 0)
			say_exit(r, a, status);
	} else if (r->status == TASK_OK) {
		r->message = arena_printf(a, "%lld certificates can be "
		    "renewed", (long long)renewals);
	}
}

/* ---- apt-get -s: Inst NAME [old] (new Origin, Origin [arch]) ---- */

static bool
is_security(struct str line)
{
	return str_find(line, STR("-Security:")) >= 0 ||
	    str_find(line, STR("-security")) >= 0;
}

static void
read_apt(int status, struct str out, struct str err, struct arena *a,
    struct reading *r)
{
	int64_t upgrades = 0, security = 0, removals = 0;
	struct str line, name, rest;

	(void)err;
	while (out.n) {
		out = str_cut(out, '\n', &line);
		if (str_starts(line, STR("Remv ")))
			removals++;
		if (!str_starts(line, STR("Inst ")))
			continue;
		upgrades++;
		if (!is_security(line))
			continue;
		security++;
		rest = str_cut(str_sub(line, 5, line.n), ' ', &name);
		(void)rest;
		append(r->data, "security_packages", name);
	}
	set_int(r, "upgrades", upgrades);
	set_int(r, "security", security);
	set_int(r, "removals", removals);
	if (status) {
		say_exit(r, a, status);
		return;
	}
	if (upgrades || removals)
		r->status = TASK_WARNING;
	r->message = upgrades || removals ? arena_printf(a, "%lld upgrades "
	    "wait, %lld of them for security; %lld removals",
	    (long long)upgrades, (long long)security, (long long)removals) :
	    STR("up to date");
}

/* ---- lynis ---- */

static void
read_lynis(int status, struct str out, struct str err, struct arena *a,
    struct reading *r)
{
	(void)out;
	(void)err;
	if (status == 78)
		say(r, a, TASK_WARNING, "it has warnings");
	else if (status)
		say_exit(r, a, status);
}

static void
report_line(struct str line, struct arena *a, json_t *data,
    int64_t *warnings, int64_t *suggestions)
{
	struct str key, value = str_cut(line, '=', &key), id, text;
	int64_t v;
	bool warning = str_eq(key, STR("warning[]"));

	if (warning || str_eq(key, STR("suggestion[]"))) {
		*(warning ? warnings : suggestions) += 1;
		value = str_cut(value, '|', &id);
		(void)str_cut(value, '|', &text);
		append(data, warning ? "warning" : "suggestion",
		    arena_printf(a, STR_FMT ": " STR_FMT, STR_ARG(id),
		    STR_ARG(text)));
	} else if (str_eq(key, STR("hardening_index"))) {
		if (num_parse_i64(str_trim(value), 0, 100, &v))
			(void)json_object_set_new(data, "hardening_index",
			    json_integer(v));
	} else if (str_eq(key, STR("lynis_version"))) {
		value = str_trim(value);
		(void)json_object_set_new(data, "lynis_version",
		    json_stringn(value.n ? value.p : "", value.n));
	}
}

void
reading_lynis_report(struct str text, struct arena *a, json_t *data)
{
	int64_t warnings = 0, suggestions = 0;
	struct str line;

	while (text.n) {
		text = str_cut(text, '\n', &line);
		report_line(line, a, data, &warnings, &suggestions);
	}
	(void)json_object_set_new(data, "warnings", json_integer(warnings));
	(void)json_object_set_new(data, "suggestions",
	    json_integer(suggestions));
}

/* ---- tar ---- */

static void
read_tar(int status, struct str out, struct str err, struct arena *a,
    struct reading *r)
{
	(void)out;
	(void)err;
	if (status == 1)
		say(r, a, TASK_WARNING, "some files changed while they were "
		    "read");
	else if (status)
		say_exit(r, a, status);
}

/* ---- sysstat ---- */

int
reading_iostat(struct str text, json_t *data, struct err *e)
{
	json_t *j = json_tree(text, e), *block, *cpu, *disks, *d;
	size_t i;

	if (j == NULL)
		return -1;
	block = json_array_get(json_object_get(json_array_get(
	    json_object_get(json_object_get(j, "sysstat"), "hosts"), 0),
	    "statistics"), 1);
	if (block == NULL) {
		json_decref(j);
		return err_set(e, ERR_SYNTAX, "iostat gave no second report");
	}
	cpu = json_object_get(block, "avg-cpu");
	if (cpu != NULL)
		(void)json_object_set(data, "cpu", cpu);
	disks = json_object();
	json_array_foreach(json_object_get(block, "disk"), i, d) {
		const char *name = json_string_value(json_object_get(d,
		    "disk_device"));

		if (name != NULL)
			(void)json_object_set(disks, name, d);
	}
	(void)json_object_set_new(data, "disks", disks);
	json_decref(j);
	return 0;
}

/* ---- all of them ---- */

static const struct {
	const char *program;
	reading_fn *fn;
} rows[] = {
	{ "apt-get", read_apt }, { "certbot", read_certbot },
	{ "freshclam", read_freshclam }, { "logrotate", read_logrotate },
	{ "lynis", read_lynis }, { "tar", read_tar },
};

reading_fn *
reading_find(struct str program)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (str_eq(program, str_of(rows[i].program)))
			return rows[i].fn;
	return NULL;
}

int
reading_run(struct work *w, const char *program, const char *const *argv,
    struct err *e)
{
	struct proc_result p = { 0 };
	struct reading r = { .data = w->data };

	if (work_run(w, argv, STR_NONE, &p, e) == -1)
		return -1;
	if (p.stopped || p.signal)
		say_exit(&r, w->arena, READING_TIMEOUT);
	else
		reading_find(str_of(program))(p.status, buf_str(&p.out),
		    buf_str(&p.err), w->arena, &r);
	proc_result_release(&p);
	if (task_status_bad(r.status))
		return err_set(e, ERR_SYS, STR_FMT, STR_ARG(r.message));
	if (r.status == TASK_WARNING)
		work_say(w, r.status, STR_FMT, STR_ARG(r.message));
	else if (r.message.n)
		work_note(w, STR_FMT, STR_ARG(r.message));
	return 0;
}
