# shellcheck shell=sh
# Logs for the F rows.
# shellcheck source=scripts/bench.d/lib.sh
. "$(dirname "$0")/lib.sh"

# mixed MB: one stream of sshd, cron, sudo and systemd by syslog, nginx's
# access log and its errors, 60 lines a second; the same bytes each time.  An
# eighth of it is attacks: passwords, unknown users, probes, scanners.
mixed() {
	awk -v want="$1" '
	function r(n) { x = x * 16807 % 2147483647; return x % n }
	function ip() { return (r(4) ? "10.0." r(200) : "198.51." r(100)) "." r(250) }
	function bad() { return "203.0." r(4) + 110 "." r(120) }
	function syslog(tag) { return sprintf("Jan %2d %02d:%02d:%02d web1 %s[%d]: ", d, h, m, s, tag, r(30000) + 300) }
	function access(a, method, url, status) {
		return sprintf("%s - - [%02d/Jan/2026:%02d:%02d:%02d +0000] \"%s %s HTTP/1.1\" %d %d \"https://example.com/\" \"Mozilla/5.0 (X11; Linux x86_64; rv:1%02d.0) Gecko/20100101 Firefox/1%02d.0\" rt=0.%03d", a, d, h, m, s, method, url, status, r(60000), r(30), r(30), r(1000))
	}
	function error(a, text) { return sprintf("2026/01/%02d %02d:%02d:%02d [error] 812#812: *%d %s, client: %s, server: example.com, request: \"GET /admin HTTP/1.1\", host: \"example.com\"", d, h, m, s, r(900000), text, a) }
	function line(k) {
		if (k < 45) return access(ip(), r(5) ? "GET" : "POST", url[1 + r(6)] r(5000), r(30) ? 200 : 304)
		if (k < 48) return access(ip(), "GET", "/favicon.ico", 404)
		if (k < 62) return syslog("CRON") "pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)"
		if (k < 70) return syslog("systemd") "Started session-" r(9000) ".scope - Session of user deploy."
		if (k < 78) return syslog("sshd") "Accepted publickey for deploy from " ip() " port " r(60000) " ssh2: RSA SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8"
		if (k < 84) return syslog("sshd") "pam_unix(sshd:session): session closed for user deploy"
		if (k < 87) return syslog("sudo") "  deploy : TTY=pts/0 ; PWD=/home/deploy ; USER=root ; COMMAND=/usr/bin/systemctl reload nginx"
		if (k < 90) return syslog("sshd") "Failed password for root from " bad() " port " r(60000) " ssh2"
		if (k < 92) return syslog("sshd") "Failed password for invalid user u" r(800) " from " bad() " port " r(60000) " ssh2"
		if (k < 94) return syslog("sshd") "Invalid user u" r(800) " from " bad() " port " r(60000)
		if (k < 96) return syslog("sshd") "Connection closed by authenticating user root " bad() " port " r(60000) " [preauth]"
		if (k < 98) return access(bad(), "GET", "/wp-login.php?x=" r(100), 404)
		return error(bad(), r(2) ? "open() \"/var/www/phpmyadmin/index.php\" failed (2: No such file or directory)" : "user \"admin\" was not found in \"/etc/nginx/htpasswd\"")
	}
	BEGIN {
		x = 7; split("/api/users/ /api/orders/ /static/app.js?v= /search?q=word /img/ /health?n=", url, " ")
		for (n = 0; bytes < want * 1000000; n++) {
			t = int(n / 60); s = t % 60; m = int(t / 60) % 60; h = int(t / 3600) % 24; d = 1 + int(t / 86400) % 28
			text = line(r(100)); bytes += length(text) + 1
			print text
		}
	}'
}
