#include "config/recv.h"

#define F(member)	offsetof(struct sns_config, member)
#define S(member)	(F(sigv4.member) - F(sigv4))

static const struct yfield sigv4_rows[] = {
	YROW("region", YT_STR, S(region)),
	YROW("access_key", YT_STR, S(access_key)),
	YROW("secret_key", YT_STR, S(secret_key), .flags = YF_SECRET),
	YROW("profile", YT_STR, S(profile)),
	YROW("role_arn", YT_STR, S(role_arn)),
	YROW("external_id", YT_STR, S(external_id)),
	YROW("use_fips_sts_endpoint", YT_BOOL, S(use_fips))
};

static int
check_sigv4(const struct ynode *n, void *out, struct arena *a, struct err *e)
{
	(void)out;
	(void)a;
	if (recv_is_set(n, "access_key") != recv_is_set(n, "secret_key"))
		return ynode_err(n, e, "must provide a AWS SigV4 Access key "
		    "and Secret Key if credentials are specified in the SNS "
		    "config");
	return 0;
}

static const struct yfields sigv4_fields = {
	.name = "sigv4", .size = sizeof(((struct sns_config *)0)->sigv4),
	.row = sigv4_rows, .n = COUNT(sigv4_rows), .check = check_sigv4
};

static const struct yfield rows[] = {
	RECV_ROWS,
	YROW("api_url", YT_STR, F(api_url)),
	YROW("sigv4", YT_STRUCT, F(sigv4), .sub = &sigv4_fields),
	YROW("topic_arn", YT_STR, F(topic_arn)),
	YROW("phone_number", YT_STR, F(phone_number)),
	YROW("target_arn", YT_STR, F(target_arn)),
	YROW("subject", YT_STR, F(subject),
	    .dflt = "{{ template \"sns.default.subject\" . }}"),
	YROW("message", YT_STR, F(message),
	    .dflt = "{{ template \"sns.default.message\" . }}"),
	YROW("attributes", YT_STRMAP, F(attributes)),
	YROW("use_aws_http_client", YT_BOOL, F(use_aws_http_client))
};

/* Upstream's exclusive or of three passes all three; so do we not. */
static int
check(const struct ynode *n, void *out, struct arena *a, struct err *e)
{
	const struct sns_config *c = out;

	(void)a;
	if ((c->target_arn.n > 0) + (c->topic_arn.n > 0) +
	    (c->phone_number.n > 0) != 1)
		return ynode_err(n, e, "must provide either a Target ARN, "
		    "Topic ARN, or Phone Number for SNS config");
	return 0;
}

static const struct yfields fields = RECV_TABLE("sns_config",
    struct sns_config, rows, check);

const struct recv_kind recv_sns = {
	.key = "sns_configs", .name = "sns", .fields = &fields,
	.send_resolved = true
};
