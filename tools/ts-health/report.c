/*
 * report: the rows, JSON, and what all formats ask.
 */
#include "report.h"

#include "json/write.h"
#include "result_json.h"

const struct report_format report_formats[] = {
	{ "json", report_json },
	{ "table", report_table },
	{ "nagios", report_nagios },
	{ "samples", report_samples },
	{ "text", report_text },
	{ "alerts", report_alerts },
};
const char *const report_names[] = {
	"json", "table", "nagios", "samples", "text", "alerts", "http",
};
const size_t report_nformats =
    sizeof(report_formats) / sizeof(report_formats[0]);

enum check_status
outcome_status(const struct outcome *o)
{
	if (o->streak.suppressed)
		return CHECK_OK;
	if (!o->check->critical && o->streak.status != CHECK_OK)
		return CHECK_WARN;
	return o->streak.status;
}

enum check_status
report_status(const struct report *r)
{
	enum check_status s = CHECK_OK;
	size_t i;

	for (i = 0; i < r->n; i++)
		s = check_status_worse(s, outcome_status(&r->outcome[i]));
	return s;
}

struct str
outcome_text(const struct outcome *o)
{
	if (o->result->error.p != NULL)
		return o->result->error;
	return o->result->message.p != NULL ? o->result->message : STR("");
}

/* {"type":"health","status":"warning","healthy":4,"warning":1,… } */
static void
put_envelope(const struct report *r, struct buf *out)
{
	struct jw w = { .out = out };
	int64_t n[CHECK_UNKNOWN + 1] = { 0 };
	size_t i;

	for (i = 0; i < r->n; i++)
		n[outcome_status(&r->outcome[i])]++;
	jw_obj(&w);
	jw_key(&w, STR("type"));
	jw_str(&w, STR("health"));
	jw_key(&w, STR("status"));
	jw_str(&w, str_of(check_status_name(report_status(r))));
	for (i = CHECK_OK; i <= CHECK_UNKNOWN; i++) {
		jw_key(&w, str_of(check_status_name((enum check_status)i)));
		jw_int(&w, n[i]);
	}
	jw_key(&w, STR("duration"));
	jw_num(&w, r->seconds);
	jw_member_time(&w, "time", r->now_ms);
	jw_obj_end(&w);
	(void)buf_putc(out, '\n');
}

void
report_json(const struct report *r, struct buf *out)
{
	const struct outcome *o;

	for (o = r->outcome; o != r->outcome + r->n; o++) {
		result_put(o->check, o->result, &o->streak, o->time_ms, out);
		(void)buf_putc(out, '\n');
	}
	if (r->envelope)
		put_envelope(r, out);
}
