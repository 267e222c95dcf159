/*
 * check_report: errors and findings of a check in one of three forms.
 *	text	FILE:LINE:COL: severity: message [name]; errors on stderr
 *	json	one object a line: file, line, col, severity, name, message
 *	sarif	one SARIF 2.1.0 document
 */
#ifndef TS_EVAL_CHECK_REPORT_H
#define TS_EVAL_CHECK_REPORT_H

#include "core/buf.h"
#include "core/err.h"
#include "json/write.h"
#include "lint.h"

enum check_form { CHECK_TEXT, CHECK_JSON, CHECK_SARIF };
enum check_severity { CHECK_ERROR, CHECK_WARNING, CHECK_INFO };

struct check_report {
	enum check_form form;
	struct buf *out;
	struct jw json;
};

void	check_report_begin(struct check_report *r, enum check_form form,
	    struct buf *out);
void	check_report_err(struct check_report *r, const struct err *e,
	    enum check_severity severity);
void	check_report_finding(struct check_report *r,
	    const struct lint_finding *f);
void	check_report_end(struct check_report *r);

#endif
