# line TIME RECEIVER STATUS [INSTANCE...]: a notification line
line() {
	time=$1 receiver=$2 status=$3
	shift 3
	ends=0001-01-01T00:00:00Z
	[ "$status" = firing ] || ends=2026-01-21T09:00:45Z
	list=
	for i in "$@"; do
		list="$list${list:+,}{\"status\":\"$status\",\"labels\":{\"alertname\":\"NodeDown\",\"instance\":\"$i\"},\"annotations\":{\"summary\":\"$i is down\"},\"startsAt\":\"2026-01-21T09:00:00Z\",\"endsAt\":\"$ends\",\"generatorURL\":\"http://p/g\",\"fingerprint\":\"\"}"
	done
	printf '%s\n' "{\"receiver\":\"$receiver\",\"status\":\"$status\",\"alerts\":[$list],\"groupLabels\":{\"alertname\":\"NodeDown\"},\"commonLabels\":{\"alertname\":\"NodeDown\"},\"commonAnnotations\":{},\"externalURL\":\"http://am:9093\",\"version\":\"4\",\"groupKey\":\"{}:{alertname=\\\"NodeDown\\\"}\",\"truncatedAlerts\":0,\"time\":\"2026-01-21T$time\",\"repeatInterval\":\"1h\",\"groupInterval\":\"30s\"}"
}
