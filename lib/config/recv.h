/*
 * config/recv: what the recv_<kind>.c files share.
 */
#ifndef CONFIG_RECV_H
#define CONFIG_RECV_H

#include "config/receivers.h"

#define COUNT(rows)	(sizeof(rows) / sizeof(rows[0]))

/* The rows of every kind; recv_common stands at offset 0. */
#define RECV_ROWS							\
	YROW("send_resolved", YT_BOOL,					\
	    offsetof(struct recv_common, send_resolved)),		\
	YROW("http_config", YT_STRUCT_PTR,				\
	    offsetof(struct recv_common, http), .sub = &http_config_fields)

#define RECV_TABLE(what, type, rows_, checker) {			\
	.name = what, .size = sizeof(type), .row = rows_,		\
	.n = COUNT(rows_), .null_is_zero = true, .check = checker }

/* n sets key to something. */
bool	recv_is_set(const struct ynode *n, const char *key);

/* "at most one of a & b must be configured" */
int	recv_at_most_one(const struct ynode *n, const char *a, const char *b,
	    struct err *e);
/* That, and "one of a or b must be configured". */
int	recv_exactly_one(const struct ynode *n, const char *a, const char *b,
	    struct err *e);

/*
 * value/file when either is set, else global's; "no global WHAT set" when
 * there is none.  WHAT NULL: none is fine.
 */
int	recv_inherit(const struct ynode *n, struct str *value,
	    struct str *file, struct str global_value, struct str global_file,
	    const char *what, struct err *e);

/* YT_CUSTOM: a URL; a placeholder (no ':' and no '/') passes. */
int	recv_decode_url(const struct ynode *n, void *str, struct arena *a,
	    struct err *e);
/* YT_CUSTOM: the same, and anything with a template in it. */
int	recv_decode_url_template(const struct ynode *n, void *str,
	    struct arena *a, struct err *e);
/* YT_CUSTOM into struct ypairs: values of any kind, text when scalar. */
int	recv_decode_any_map(const struct ynode *n, void *pairs,
	    struct arena *a, struct err *e);
/* YT_CUSTOM: host:port, the port mandatory. */
int	recv_decode_hostport(const struct ynode *n, void *str,
	    struct arena *a, struct err *e);
bool	recv_is_placeholder(struct str url);

/*
 * What only we take: fields flagged YF_LENIENT, placeholders in URLs.
 * Warnings, or errors when strict.
 */
#define YF_LENIENT	(1U << 16)
int	recv_warn(const struct ynode *n, const struct yfields *f,
	    bool strict, struct config_warnings *w, struct arena *a,
	    struct err *e);

/* title, value, short: slack, rocketchat, mattermost */
extern const struct yfields slack_field_fields;

extern const struct recv_kind recv_discord, recv_email, recv_exec,
    recv_incidentio, recv_stdout,
    recv_jira, recv_mattermost, recv_msteams, recv_msteamsv2, recv_opsgenie,
    recv_pagerduty, recv_pushover, recv_rocketchat, recv_slack, recv_sns,
    recv_telegram, recv_victorops, recv_webex, recv_webhook, recv_wechat;

#endif
