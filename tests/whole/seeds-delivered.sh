#!/bin/sh
# What the receivers of examples/ get, by examples/pipelines/deliver.sh, from
# a capture server: Slack's attachment, e-mail only when critical, PagerDuty
# by service_key, Helm values.  Compared with tests/data/seeds/; set BLESS to
# write that anew.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
ex=$TOP/examples golden=$TOP/tests/data/seeds
cd "$work" || exit 3
mkfifo stop ports
sink got <stop >ports &
pids="$pids $!"
exec 8>stop
read -r http smtp <ports
mkdir secrets
printf password >secrets/smtp_password
printf 'http://127.0.0.1:%s/slack/services/T0/B0/XX' "$http" >secrets/slack_url
printf PAGERDUTY_SERVICE_KEY >secrets/pagerduty_key

# here FILE: the configuration, its addresses turned to the capture server.
# PagerDuty's is a fixed one: the server is the proxy on the way there.
here() {
	sed -e "s|https://hooks.slack.com/|http://127.0.0.1:$http/slack/|; s|YOUR_SLACK_WEBHOOK_URL|http://127.0.0.1:$http/slack/helm|" \
	    -e "s|localhost:587|127.0.0.1:$smtp|; s|http://127.0.0.1:5001/|http://127.0.0.1:$http/hook|" \
	    -e "s|^  smtp_smarthost.*|&\\n  smtp_tls_config: {insecure_skip_verify: true}|" \
	    -e "s|^  - service_key.*|&\\n    http_config: {proxy_url: 'http://127.0.0.1:$http', tls_config: {insecure_skip_verify: true}}|" \
	    "$ex/$1" >conf.yml
}
# What differs from run to run is masked; one line a request, sorted.
normal() {
	sed -E "s/127\.0\.0\.1:$http/CAPTURE/g; s/127\.0\.0\.1:$smtp/SMTP/g" | jq -cS '
	    if .mail_from then {mail_from, rcpt_to, helo, tls, auth, mail: (.raw
	        | gsub("(?<a>Message-Id: <)[^>]*"; .a + "ID") | gsub("(?<a>Date: )[^\r]*"; .a + "DATE")
	        | gsub("[0-9a-f]{32,}"; "BOUNDARY"))}
	    else {method, url: (.host + .path), headers, body: (.raw | try fromjson catch .)} end' | sort
}
# delivered NAME CONFIG: the file alerts, told to its receivers
delivered() {
	what=$1 before=$(wc -l <got)
	here "$2"
	"$ex/pipelines/deliver.sh" conf.yml alerts >out 2>err
	check "$what: all is delivered" test $? = 0
	tail -n "+$((before + 1))" got | normal >"$what"
	[ -z "${BLESS:-}" ] || cp "$what" "$golden/$what"
	check "$what: the requests are as they should be" diff "$golden/$what" "$what"
}
# alert NAME SEVERITY TEAM INSTANCE [ENDS]
alert() {
	echo "{\"labels\":{\"alertname\":\"$1\",\"severity\":\"$2\",\"team\":\"$3\",\"instance\":\"$4\"},\"annotations\":{\"summary\":\"$1 on $4\",\"description\":\"it is <bad> & \\\"loud\\\"\",\"runbook_url\":\"https://runbooks.example/$1\"},\"startsAt\":\"2026-01-21T09:00:00Z\"${5:+,\"endsAt\":\"$5\"},\"generatorURL\":\"http://prom.example/$1\"}"
}
tick() { echo "{\"_ts\":\"tick\",\"time\":$1}"; }

{ alert ServiceDown critical platform api:80; alert ServiceDown critical platform db:9187; tick 1768986060000; } >alerts
delivered critical alertmanager.yml
check 'critical: one e-mail, one message, one event' test "$(jq -r '.mail_from // .url' critical | sed -E 's#.*(MAIL|slack|pagerduty).*#\1#' | xargs)" = 'MAIL slack pagerduty'
{ alert HighMemoryUsage warning platform web:80; tick 1768986060000; } >alerts
delivered warning alertmanager.yml
check 'warning: no e-mail' sh -c '! grep -q mail_from warning'
{ alert Backup info ops db:9187; tick 1768986060000; } >alerts
delivered other alertmanager.yml
{ alert ServiceDown critical platform api:80 2026-01-21T09:03:00Z; tick 1768986060000; tick 1768986600000; } >alerts
delivered resolved alertmanager.yml
{ alert ServiceDown critical platform api:80; alert AIAgentFailureRate warning ai bot:80; tick 1768986060000; } >alerts
delivered corrected alertmanager-corrected.yml
check 'corrected: the teams hear of it' sh -c 'grep -q "#team-platform" corrected && grep -q "#team-ai" corrected'
{ alert ServiceDown critical platform api:80; tick 1768986060000; } >alerts
delivered helm kubernetes/values.yaml
