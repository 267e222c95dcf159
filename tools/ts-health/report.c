/*
 * report: the rows, JSON, and what all formats ask.
 */
#include "report.h"

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

void
report_json(const struct report *r, struct buf *out)
{
	const struct outcome *o;

	for (o = r->outcome; o != r->outcome + r->n; o++) {
		result_put(o->check, o->result, &o->streak, o->time_ms, out);
		(void)buf_putc(out, '\n');
	}
}
