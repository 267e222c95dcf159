/*
 * tool/report: what a check has found, in one of three forms.
 *	text	FILE:LINE:COL: severity: message [name]; errors on stderr
 *	json	one object a line: file, line, col, severity, name, message
 *	sarif	one SARIF 2.1.0 document
 * And the comments in a checked file that silence a finding,
 *	# TOOL: disable NAME[, NAME]...
 *	# TOOL: disable-file NAME[, NAME]...
 */
#ifndef TOOL_REPORT_H
#define TOOL_REPORT_H

#include "core/buf.h"
#include "core/err.h"
#include "json/write.h"

enum report_form { REPORT_TEXT, REPORT_JSON, REPORT_SARIF };
enum report_severity { REPORT_ERROR, REPORT_WARNING, REPORT_INFO };

/* The words of -o, in the order of enum report_form. */
#define REPORT_FORMS	3
extern const char *const report_forms[REPORT_FORMS];

/* Who finds, and what there is to find. */
struct report_rule {
	const char *name;
	const char *about;	/* one line */
};

struct report {
	enum report_form form;
	struct buf *out;
	struct jw json;
};

struct finding {
	const char *file;
	unsigned line, col;	/* 1-based; line 0: the file as a whole */
	enum report_severity severity;
	const char *name;
	struct str text;
};

/* rule(arg, i, &r) gives the rules in turn; false behind the last. */
void	report_begin(struct report *r, enum report_form form,
	    struct buf *out, const char *tool,
	    bool (*rule)(size_t i, struct report_rule *r));
/* In text form an err goes to stderr; its name is "syntax" elsewhere. */
void	report_err(struct report *r, const struct err *e,
	    enum report_severity severity);
void	report_finding(struct report *r, const struct finding *f);
void	report_end(struct report *r);

/* Does a comment for name stand in lines [from, to], or for all of text? */
bool	report_silenced(struct str text, const char *tool, const char *name,
	    unsigned from, unsigned to);

#endif
