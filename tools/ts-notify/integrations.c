#include "integration.h"

extern const struct integration int_discord, int_email, int_exec,
    int_incidentio, int_jira, int_mattermost, int_msteams, int_msteamsv2,
    int_opsgenie, int_pagerduty, int_pushover, int_rocketchat, int_slack,
    int_sns, int_telegram, int_victorops, int_webex, int_webhook, int_wechat;

static const struct integration *const integrations[] = {
	&int_discord, &int_email, &int_exec, &int_incidentio, &int_jira,
	&int_mattermost, &int_msteams, &int_msteamsv2, &int_opsgenie,
	&int_pagerduty, &int_pushover, &int_rocketchat, &int_slack, &int_sns,
	&int_stdout, &int_telegram, &int_victorops, &int_webex, &int_webhook,
	&int_wechat,
};

const struct integration *
integration_find(struct str key)
{
	size_t i;

	for (i = 0; i < sizeof(integrations) / sizeof(integrations[0]); i++)
		if (str_eq(key, str_of(integrations[i]->key)))
			return integrations[i];
	return NULL;
}
