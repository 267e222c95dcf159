# A day of results, one a minute: api is down for five minutes at 10:00, in
# maintenance from 12:00 to 13:00, and not looked at from 15:00 to 16:00; db
# is down at the end.
function put(check, i, status, error, suppressed) {
	printf "{\"check\":\"%s\",\"status\":\"%s\",\"response_time\":0.1,\"error\":%s,\"time\":\"2026-11-01T%02d:%02d:00Z\",\"state\":{\"suppressed\":%s}}\n", check, status, error == "" ? "null" : "\"" error "\"", i / 60, i % 60, suppressed ? "true" : "false"
}
BEGIN {
	for (i = 0; i < 1440; i++) {
		bad = i >= 600 && i < 605
		window = i >= 720 && i < 780
		if (i < 900 || i >= 960)
			put("api", i, bad || window ? "unhealthy" : i == 30 ? "warning" : "healthy", bad ? "refused <b>" : "", window)
		put("db", i, i >= 1438 ? "unhealthy" : i == 100 ? "unknown" : "healthy", i >= 1438 ? "no answer within 10s" : "", 0)
	}
}
