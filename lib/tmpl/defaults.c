#include "tmpl/defaults.h"

#define SUBJECT	"{{ template \"__subject\" . }}"
#define URL	"{{ template \"__alertmanagerURL\" . }}"
#define NAME	"{{ template \"__alertmanager\" . }}"

/* Values of the annotations that all alerts share. */
#define SHARED	"{{ join \" \" .CommonAnnotations.SortedPairs.Values }}"

/* The alerts of a state under a heading, if there are any. */
#define SECTION(state, before, after)					\
	"{{ with .Alerts." state " }}" before "Alerts " state ":\n"	\
	"{{ template \"__text_alert_list\" . }}" after "{{ end }}"

/* Two ways to lay a message out; receivers' parsers know the blank lines. */
#define TIGHT	SHARED "\n" SECTION("Firing", "", "") "\n"		\
	SECTION("Resolved", "", "")
#define LOOSE	"\n" SECTION("Firing", "\n", "\n") "\n"			\
	SECTION("Resolved", "\n", "\n") "\n"

#define MARKDOWN_SECTION(state)						\
	"{{ with .Alerts." state " }}\n# Alerts " state ":\n"		\
	"{{ template \"__text_alert_list_markdown\" . }}\n{{ end }}"
#define MARKDOWN							\
	"\n" MARKDOWN_SECTION("Firing") "\n" MARKDOWN_SECTION("Resolved") "\n"

/* Of the mail: one cell, and the alerts of a state. */
#define CELL	"<tr><td style=\"padding:8px 24px\">"
#define MAIL_SECTION(state)						\
	"{{ with .Alerts." state " }}\n"				\
	CELL "<strong>[{{ len . }}] " state "</strong></td></tr>\n"	\
	"{{ range . }}" CELL "\n<strong>Labels</strong><br>\n"		\
	"{{ range .Labels.SortedPairs }}{{ .Name }} = {{ .Value }}<br>\n"	\
	"{{ end }}"							\
	"{{ if .Annotations }}<strong>Annotations</strong><br>\n{{ end }}"	\
	"{{ range .Annotations.SortedPairs }}"				\
	"{{ .Name }} = {{ .Value }}<br>\n{{ end }}"			\
	"<a href=\"{{ .GeneratorURL }}\">Source</a>\n</td></tr>\n"	\
	"{{ end }}{{ end }}"

#define MAIL								\
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"			\
	"<meta charset=\"UTF-8\">\n"					\
	"<meta name=\"viewport\" content=\"width=device-width\">\n"	\
	"<title>" SUBJECT "</title>\n</head>\n"				\
	"<body style=\"margin:0;padding:16px;background:#f4f4f4;"	\
	"font:14px sans-serif\">\n"					\
	"<table align=\"center\" width=\"600\" cellspacing=\"0\" "	\
	"style=\"background:#fff;border:1px solid #ddd\">\n"		\
	"<tr>{{ if .Alerts.Firing }}"					\
	"<td bgcolor=\"#E6522C\" style=\"background:#E6522C;color:#fff;"	\
	"padding:16px 24px;text-align:center\">"			\
	"{{ else }}"							\
	"<td bgcolor=\"#68B90F\" style=\"background:#68B90F;color:#fff;"	\
	"padding:16px 24px;text-align:center\">"			\
	"{{ end }}"							\
	"{{ len .Alerts }} alert{{ if gt (len .Alerts) 1 }}s{{ end }} for"	\
	"{{ range .GroupLabels.SortedPairs }} {{ .Name }}={{ .Value }}"	\
	"{{ end }}</td></tr>\n"						\
	CELL "<a href=\"" URL "\">View in " NAME "</a></td></tr>\n"	\
	MAIL_SECTION("Firing") MAIL_SECTION("Resolved")			\
	"</table>\n<p align=\"center\" style=\"color:#999\">"		\
	"<a href=\"{{ .ExternalURL }}\">Sent by " NAME "</a></p>\n"	\
	"</body>\n</html>\n"

#define SEVERITY_PRIORITY						\
	"{{ with .CommonLabels.severity }}"				\
	"{{ if eq . \"critical\" }}High"				\
	"{{ else if eq . \"warning\" }}Medium"				\
	"{{ else if eq . \"info\" }}Low{{ end }}{{ end }}"

static const struct {
	const char *name, *text;
} defaults[] = {
	{ "__alertmanager", "Alertmanager" },
	{ "__alertmanagerURL", "{{ .ExternalURL }}/#/alerts?receiver="
	    "{{ .Receiver | urlquery }}" },
	{ "__subject", "[{{ toUpper .Status }}"
	    "{{ if eq .Status \"firing\" }}:{{ len .Alerts.Firing }}{{ end }}"
	    "] {{ join \" \" .GroupLabels.SortedPairs.Values }} "
	    "{{ if gt (len .CommonLabels) (len .GroupLabels) }}"
	    "({{ join \" \" (.CommonLabels.Remove .GroupLabels.Names).Values"
	    " }}){{ end }}" },
	{ "__text_alert_list", "{{ range . }}Labels:\n"
	    "{{ range .Labels.SortedPairs }} - {{ .Name }} = {{ .Value }}\n"
	    "{{ end }}Annotations:\n"
	    "{{ range .Annotations.SortedPairs }} - {{ .Name }} = "
	    "{{ .Value }}\n{{ end }}Source: {{ .GeneratorURL }}\n"
	    "{{ end }}" },
	{ "__text_alert_list_markdown", "{{ range . }}\nLabels:\n"
	    "{{ range .Labels.SortedPairs }}  - {{ .Name }} = {{ .Value }}\n"
	    "{{ end }}\nAnnotations:\n"
	    "{{ range .Annotations.SortedPairs }}  - {{ .Name }} = "
	    "{{ .Value }}\n{{ end }}\nSource: {{ .GeneratorURL }}\n"
	    "{{ end }}" },

	{ "discord.default.title", SUBJECT },
	{ "discord.default.message", LOOSE },
	{ "email.default.subject", SUBJECT },
	{ "email.default.html", MAIL },
	{ "jira.default.summary", SUBJECT },
	{ "jira.default.description", MARKDOWN },
	{ "jira.default.priority", SEVERITY_PRIORITY },
	{ "mattermost.default.title", SUBJECT },
	{ "mattermost.default.titlelink", URL },
	{ "mattermost.default.text", LOOSE },
	{ "mattermost.default.fallback", SUBJECT " | " URL },
	{ "mattermost.default.username", NAME },
	{ "mattermost.default.color", "{{ if eq .Status \"firing\" }}#ff0000"
	    "{{ else }}#00ff00{{ end }}" },
	{ "mattermost.default.pretext", "" },
	{ "mattermost.default.footer", "" },
	{ "mattermost.default.iconurl", "" },
	{ "mattermost.default.iconemoji", "" },
	{ "msteams.default.title", SUBJECT },
	{ "msteams.default.summary", SUBJECT },
	{ "msteams.default.text", MARKDOWN },
	{ "msteamsv2.default.title", SUBJECT },
	{ "msteamsv2.default.text", MARKDOWN },
	{ "opsgenie.default.message", SUBJECT },
	{ "opsgenie.default.description", TIGHT },
	{ "opsgenie.default.source", URL },
	{ "pagerduty.default.description", SUBJECT },
	{ "pagerduty.default.client", NAME },
	{ "pagerduty.default.clientURL", URL },
	{ "pagerduty.default.instances",
	    "{{ template \"__text_alert_list\" . }}" },
	{ "pushover.default.title", SUBJECT },
	{ "pushover.default.message", SHARED LOOSE },
	{ "pushover.default.url", URL },
	{ "rocketchat.default.title", SUBJECT },
	{ "rocketchat.default.titlelink", URL },
	{ "rocketchat.default.alias", NAME },
	{ "rocketchat.default.emoji", "" },
	{ "rocketchat.default.iconurl", "" },
	{ "rocketchat.default.text", "" },
	{ "slack.default.title", SUBJECT },
	{ "slack.default.username", NAME },
	{ "slack.default.fallback",
	    "{{ template \"slack.default.title\" . }} | "
	    "{{ template \"slack.default.titlelink\" . }}" },
	{ "slack.default.callbackid", "" },
	{ "slack.default.pretext", "" },
	{ "slack.default.titlelink", URL },
	{ "slack.default.iconemoji", "" },
	{ "slack.default.iconurl", "" },
	{ "slack.default.text", "" },
	{ "slack.default.footer", "" },
	{ "slack.default.color", "{{ if eq .Status \"firing\" }}danger"
	    "{{ else }}good{{ end }}" },
	{ "sns.default.subject", SUBJECT },
	{ "sns.default.message", SHARED LOOSE },
	{ "telegram.default.message", LOOSE },
	{ "victorops.default.entity_display_name", SUBJECT },
	{ "victorops.default.state_message", TIGHT },
	{ "victorops.default.monitoring_tool", NAME },
	{ "webex.default.message", SHARED LOOSE },
	{ "wechat.default.message", SUBJECT "\n" TIGHT
	    "\nAlertmanagerUrl:\n" URL },
	{ "wechat.default.to_user", "" },
	{ "wechat.default.to_party", "" },
	{ "wechat.default.to_tag", "" },
	{ "wechat.default.agent_id", "" },
};

int
tmpl_defaults(struct tmpl_set *s, struct err *e)
{
	size_t i;

	for (i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		if (tmpl_parse(s, str_of(defaults[i].name),
		    str_of(defaults[i].text), e) == -1)
			return -1;
	return 0;
}
