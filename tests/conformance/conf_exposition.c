/*
 * exposition.jsonl: both text formats and the choice by Content-Type.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf.h"
#include "core/buf.h"
#include "core/hash.h"
#include "core/num.h"
#include "expfmt/expfmt.h"
#include "json/tree.h"

static struct str
text_of(const json_t *o, const char *key)
{
	struct str s = json_get_str(o, key);

	return s.p ? s : STR("");
}

/* The input of a row, in out. */
static struct str
input_of(const json_t *row, struct buf *out)
{
	struct str b64 = json_get_str(row, "input_b64");

	if (b64.p != NULL)
		(void)base64_get(out, b64);
	else
		(void)buf_put(out, text_of(row, "input"));
	return buf_str(out);
}

static json_t *
labels_json(const struct expfmt_label *l, size_t n, struct str name)
{
	json_t *o = json_object();
	size_t i;

	if (name.n)
		(void)json_object_setn_new(o, "__name__", 8,
		    json_stringn(name.p, name.n));
	for (i = 0; i < n; i++)
		(void)json_object_setn_new(o, l[i].name.p, l[i].name.n,
		    json_stringn(l[i].value.p, l[i].value.n));
	return o;
}

static void
set_str(json_t *o, const char *key, struct str s)
{
	(void)json_object_set_new(o, key, json_stringn(s.n ? s.p : "", s.n));
}

/* As the rows say it: a number, or NaN, +Inf, -Inf as text. */
static void
set_value(json_t *o, double v)
{
	if (isnan(v))
		set_str(o, "value", STR("NaN"));
	else if (isinf(v))
		set_str(o, "value", v > 0 ? STR("+Inf") : STR("-Inf"));
	else
		(void)json_object_set_new(o, "value", json_real(v));
}

static void
set_ts(json_t *o, const char *key, int64_t ts)
{
	if (ts != EXPFMT_NO_TS)
		(void)json_object_set_new(o, key, json_integer(ts));
}

static void
set_series(json_t *o, const struct expfmt *x)
{
	json_t *ex;

	set_str(o, "entry", STR("series"));
	set_str(o, "raw", x->raw);
	(void)json_object_set_new(o, "labels",
	    labels_json(x->label, x->nlabels, x->name));
	set_value(o, x->value);
	set_ts(o, "ts_ms", x->ts);
	set_ts(o, "start_ts_ms", x->start_ts);
	if (!x->has_exemplar)
		return;
	ex = json_object();
	(void)json_object_set_new(ex, "labels", labels_json(x->exemplar.label,
	    x->exemplar.nlabels, STR_NONE));
	set_value(ex, x->exemplar.value);
	set_ts(ex, "ts_ms", x->exemplar.ts);
	(void)json_object_set_new(o, "exemplars", json_pack("[o]", ex));
}

static json_t *
entry_json(const struct expfmt *x, enum expfmt_kind kind)
{
	static const char *const word[] = {
		[EXPFMT_TYPE] = "type", [EXPFMT_HELP] = "help",
		[EXPFMT_UNIT] = "unit"
	};
	json_t *o = json_object();

	switch (kind) {
	case EXPFMT_SAMPLE:
		set_series(o, x);
		break;
	case EXPFMT_TYPE:
	case EXPFMT_HELP:
	case EXPFMT_UNIT:
		set_str(o, "entry", str_of(word[kind]));
		set_str(o, "metric", x->name);
		set_str(o, word[kind], kind == EXPFMT_TYPE ?
		    str_of(expfmt_type_text(x->type)) : x->text);
		break;
	case EXPFMT_COMMENT:
		set_str(o, "entry", STR("comment"));
		set_str(o, "text", x->text);
		break;
	case EXPFMT_END:
	case EXPFMT_BAD:
	case EXPFMT_MORE:
		break;
	}
	return o;
}

static enum expfmt_format
format_of(const json_t *row)
{
	return str_eq(json_get_str(row, "format"), STR("openmetrics")) ?
	    EXPFMT_OPENMETRICS : EXPFMT_TEXT;
}

/* All entries of a row, or NULL with *e. */
static json_t *
entries(const json_t *row, struct err *e)
{
	enum expfmt_kind kind;
	struct buf text = { 0 };
	struct expfmt x;
	json_t *list = json_array();

	expfmt_init(&x, format_of(row));
	x.start_times = json_is_true(json_object_get(row, "skip_created"));
	expfmt_feed(&x, input_of(row, &text), true);
	while ((kind = expfmt_next(&x, e)) > EXPFMT_END)
		(void)json_array_append_new(list, entry_json(&x, kind));
	expfmt_release(&x);
	buf_release(&text);
	if (kind == EXPFMT_END)
		return list;
	json_decref(list);
	return NULL;
}

/* json_equal tells 1 from 1.0. */
static void
values_to_real(json_t *list)
{
	json_t *o, *ex, *v;
	size_t i, k;

	json_array_foreach(list, i, o) {
		v = json_object_get(o, "value");
		if (json_is_integer(v))
			(void)json_object_set_new(o, "value",
			    json_real(json_number_value(v)));
		json_array_foreach(json_object_get(o, "exemplars"), k, ex) {
			v = json_object_get(ex, "value");
			(void)json_object_set_new(ex, "value",
			    json_real(json_number_value(v)));
		}
	}
}

static void
run_parse(struct conf *c, const json_t *row, const char *name)
{
	json_t *want = json_deep_copy(json_object_get(row, "expect")), *got;
	struct buf a = { 0 }, b = { 0 };
	struct err e;

	got = entries(row, &e);
	if (got == NULL) {
		conf_fail(c, name, STR("entries"), str_of(e.msg));
		json_decref(want);
		return;
	}
	values_to_real(want);
	if (json_equal(want, got)) {
		conf_pass(c);
	} else {
		(void)json_put_tree(&a, want);
		(void)json_put_tree(&b, got);
		conf_fail(c, name, buf_str(&a), buf_str(&b));
	}
	buf_release(&a);
	buf_release(&b);
	json_decref(want);
	json_decref(got);
}

static void
run_accept(struct conf *c, const json_t *row, const char *name, bool accept)
{
	struct err e;
	json_t *got = entries(row, &e);

	if ((got != NULL) == accept)
		conf_pass(c);
	else
		conf_fail(c, name, accept ? STR("accepted") :
		    json_get_str(row, "error"),
		    got ? STR("accepted") : str_of(e.msg));
	json_decref(got);
}

static void
run_content_type(struct conf *c, const json_t *row, const char *name)
{
	static const char *const words[] = { "text", "openmetrics",
	    "protobuf" };
	struct str want = json_get_str(row, "parser");
	struct str message = text_of(row, "message_contains");
	enum expfmt_format f;
	struct err e;
	const char *got;

	if (expfmt_content_type(text_of(row, "content_type"),
	    text_of(row, "fallback"), &f, &e) == -1 && f != EXPFMT_PROTOBUF)
		got = "none";
	else
		got = words[f];
	if (!str_eq(want, str_of(got)))
		conf_fail(c, name, want, str_of(got));
	else if (f != EXPFMT_PROTOBUF &&
	    (message.n == 0 ? e.kind != ERR_NONE :
	    str_find(str_of(e.msg), message) < 0))
		conf_fail(c, name, message, str_of(e.msg));
	else
		conf_pass(c);
}

static void
one_case(struct conf *c, const json_t *row, const char *name, void *arg)
{
	struct str kind = json_get_str(row, "kind");

	(void)arg;
	if (str_eq(kind, STR("parse")))
		run_parse(c, row, name);
	else if (str_eq(kind, STR("accept")))
		run_accept(c, row, name, true);
	else if (str_eq(kind, STR("error")))
		run_accept(c, row, name, false);
	else if (str_eq(kind, STR("content_type")))
		run_content_type(c, row, name);
	else
		conf_skip(c, name, "of another kind");
}

int
main(int argc, char **argv)
{
	struct conf c;

	conf_init(&c, argc, argv);
	conf_jsonl(&c, "exposition.jsonl", one_case, NULL);
	return conf_finish(&c);
}
