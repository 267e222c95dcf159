#!/bin/sh
# E-mail through real SMTP servers: STARTTLS, TLS from the first byte, PLAIN,
# LOGIN, CRAM-MD5; what arrives is taken apart by Python's own mail parser.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/../whole/lib.sh"
for python in python3 /usr/bin/python3; do
	"$python" -c 'import aiosmtpd' 2>/dev/null && break
done || { skip 'aiosmtpd' 'not installed'; exit 0; }
cd "$work" || exit 3
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=smtpd -addext 'subjectAltName=IP:127.0.0.1' -keyout key.pem -out cert.pem 2>openssl.log
mkfifo stop
"$python" "$TOP/tests/lib/smtpd.py" got cert.pem key.pem starttls=starttls,plain,login login=starttls,login cram=starttls,cram tls=tls,plain clear=plain open=open <stop >ports 2>smtpd.log &
pids="$pids $!"
exec 8>stop
all_ports() { [ "$(wc -l <ports)" = 6 ]; }
check 'the servers are up' wait_for 20 all_ports
port() { sed -n "s/^$1=//p" ports; }
printf 'pass wörd' >password

# receiver NAME SERVER FIELDS: an e-mail receiver of am.yml
receiver() {
	printf -- "- name: %s\n  email_configs:\n  - {to: 'oncall@example.org', from: 'alerts@example.org', smarthost: '127.0.0.1:%s', tls_config: {ca_file: cert.pem}, %s}\n" "$1" "$(port "$2")" "$3"
}
{
	echo 'route: {receiver: nobody, group_by: [alertname, r], group_wait: 0s, routes: ['
	for r in plain login cram tls clear refused badtls nocram unsafe both thread daily hostile; do echo "  {matchers: [r=$r], receiver: $r},"; done
	echo ']}'
	echo 'receivers:'
	echo '- name: nobody'
	receiver plain starttls "auth_username: ops, auth_password_file: password, hello: me.example.org"
	receiver login login "auth_username: ops, auth_password: 'pass wörd'"
	receiver cram cram "auth_username: ops, auth_secret: 'pass wörd'"
	receiver tls tls "auth_username: ops, auth_password: 'pass wörd', force_implicit_tls: true"
	receiver clear clear "auth_username: ops, auth_password: 'pass wörd', require_tls: false"
	receiver refused starttls "auth_username: ops, auth_password: 'Geheim'"
	receiver badtls starttls "auth_username: ops, auth_password: 'pass wörd'" | sed 's/ca_file: cert.pem/server_name: x/'
	receiver nocram cram "auth_username: ops, auth_password: 'pass wörd'"
	receiver unsafe open "auth_username: ops, auth_password: 'pass wörd'"
	receiver both open "require_tls: false, headers: {Subject: 'Ä {{ .CommonLabels.alertname }} – ok', X-Team: 'ops', reply-to: 'Team <team@example.org>'}, text: '{{ range .Alerts }}{{ .Annotations.text }}{{ end }}', html: '<p title=\"{{ .CommonLabels.alertname }}\">{{ .CommonAnnotations.text }}</p>'" |
	    sed "s/to: 'oncall@example.org'/to: 'oncall@example.org, \"Boss, The\" <boss@example.org>'/"
	receiver thread open "require_tls: false, text: x, html: '', threading: {enabled: true, thread_by_date: none}"
	receiver daily open "require_tls: false, text: x, html: '', threading: {enabled: true, thread_by_date: daily}"
	receiver hostile open "require_tls: false, headers: {Subject: '{{ .CommonAnnotations.text }}'}, text: x, html: ''"
} >am.yml
# alert RECEIVER NAME TEXT(JSON) [HOUR]
alert() { printf '%s\n' "{\"labels\":{\"alertname\":\"$2\",\"r\":\"$1\"},\"annotations\":{\"text\":$3},\"startsAt\":\"2026-01-21T${4:-09}:00:00Z\",\"endsAt\":\"2099-01-01T00:00:00Z\"}"; }
# send ALERTS...: sets status; deliveries in out
send() {
	printf '%s\n' "$@" >alerts
	ts-route --clock input -c am.yml alerts >notes 2>err && ts-notify --clock input -c am.yml notes >out 2>>err
	status=$?
}
# arrived SERVER FILTER: the last mail of a server fits
arrived() { [ $status = 0 ] && jq -se "map(select(.server == \"$1\"))[-1] | $2" got; }
failed() { [ $status = 1 ] && jq -rs 'map(select(.delivery == "failed"))[-1].error' out | grep -Eq "$1"; }

send "$(alert plain A '"t"')"
check 'STARTTLS and PLAIN, password from a file' arrived starttls '.tls and .auth == "PLAIN" and .helo == "me.example.org" and .from == "alerts@example.org" and .to == ["oncall@example.org"]'
send "$(alert login A '"t"')"
check 'LOGIN when the server has no PLAIN' arrived login '.tls and .auth == "LOGIN"'
send "$(alert cram A '"t"')"
check 'CRAM-MD5 with auth_secret' arrived cram '.tls and .auth == "CRAM-MD5"'
send "$(alert tls A '"t"')"
check 'TLS from the first byte' arrived tls '.tls and .auth == "PLAIN"'
send "$(alert clear A '"t"')"
check 'require_tls: false sends in clear, to this host' arrived clear '(.tls | not) and .auth == "PLAIN"'
before=$(wc -l <got)
send "$(alert refused A '"t"')"
check 'a wrong password: not delivered, and told' failed 'server said 535|denied|[Aa]uth'
check 'the password is not told' sh -c 'test -s out && ! grep -q Geheim out err'
send "$(alert badtls A '"t"')"
check 'a certificate that nobody vouches for: not delivered' failed 'certificate|SSL|TLS'
send "$(alert nocram A '"t"')"
check 'no mechanism for the credentials: not delivered' failed .
send "$(alert unsafe A '"t"')"
check 'no STARTTLS where it is required: not delivered' failed 'STARTTLS|SSL|TLS'
check 'nothing came of these' test "$(wc -l <got)" = "$before"

# mail PYTHON: an expression on m, the last mail, as Python reads it
mail() {
	[ $status = 0 ] && "$python" - "$1" <<'END'
import email, email.policy, json, sys
m = email.message_from_string(json.loads(open("got").readlines()[-1])["content"], policy=email.policy.default)
parts = list(m.iter_parts())
print(m)
sys.exit(not eval(sys.argv[1]))
END
}
long=$(printf '%2000s' '' | tr ' ' x)
send "$(alert both 'Disk<x>' "\"first\\n.dot\\n..\\né \\u2028 & <b>\\n$long\\n\"")"
check 'the subject is what was meant' mail 'm["subject"] == "Ä Disk<x> – ok"'
check 'own headers stand there' mail 'm["x-team"] == "ops" and m["Reply-To"] == "Team <team@example.org>"'
check 'one mail to all of the addresses' arrived open '.to == ["oncall@example.org", "boss@example.org"]'
check 'two parts: text, then HTML' mail '[p.get_content_type() for p in parts] == ["text/plain", "text/html"] and m.get_content_type() == "multipart/alternative"'
check 'the text arrives as it is, dots and long lines too' mail "parts[0].get_content().replace('\r\n', '\n') == 'first\n.dot\n..\né \u2028 & <b>\n' + 'x' * 2000 + '\n'"
check 'HTML is escaped where it stands' mail "'title=\"Disk&lt;x&gt;\"' in parts[1].get_content() and '&amp; &lt;b&gt;' in parts[1].get_content()"
check 'the rest of the head is there' mail 'm["date"] and m["message-id"] and m["mime-version"] == "1.0" and m["from"] == "alerts@example.org"'
check 'lines are short and in ASCII' mail 'all(len(l) < 999 and l.isascii() for l in json.loads(open("got").readlines()[-1])["content"].split("\r\n"))'
send "$(alert thread A '"t"')"
thread=$(jq -rs '.[-1].content' got | sed -n 's/\r$//; s/^References: //p')
check 'a thread has one handle' mail 'm["references"] and m["references"] == m["in-reply-to"]'
send "$(alert thread A '"t"' 10 | sed 's/2026-01-21/2026-01-25/')"
check 'another day, the same thread' test "$thread" = "$(jq -rs '.[-1].content' got | sed -n 's/\r$//; s/^References: //p')"
check 'each mail has its own id' test "$(jq -rs '.[-2:][].content' got | grep -ic '^message-id' )" = 2
send "$(alert daily A '"t"')"
check 'a thread a day holds the day' mail '"2026-01-21" in m["references"]'
send "$(alert hostile A '"x\r\nBcc: evil@example.org\r\n\r\nbody"')"
check 'an alert adds no header' mail 'm["bcc"] is None and "Bcc" in m["subject"] and len(parts) == 1'
