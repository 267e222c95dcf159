#!/bin/sh
# ts-health -o http behind systemd-socket-activate, asked by curl: a process
# for each connection, and one run of the checks for all of them.
set -u
for need in systemd-socket-activate curl jq python3; do
	command -v $need >/dev/null || { echo "ok - socket # SKIP no $need"; exit 0; }
done
dir=$(mktemp -d)
pid=''
trap '[ -z "$pid" ] || kill $pid 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
url=http://127.0.0.1:$port
cat >"$dir/health.yml" <<END
checks:
  - {name: counted, type: command, argv: [sh, -c, "echo >>$dir/runs; test ! -e $dir/down || exit 2"]}
  - {name: with blank, type: disk, path: /, warn: "@101:", critical: false}
END
# serve ARGS...: until the port listens
serve() {
	systemd-socket-activate -l "127.0.0.1:$port" -a --inetd -E PATH="$PATH" \
	    "$(command -v ts-health)" -c "$dir/health.yml" -o http "$@" 2>>"$dir/log" &
	pid=$!
	tries=0
	until curl -s "$url/livez" >/dev/null; do
		tries=$((tries + 1))
		[ $tries -lt 200 ] || { echo "not ok - the socket is served"; exit 1; }
	done
}
stop() { kill $pid; wait $pid 2>/dev/null; pid=''; }
result() {
	if [ "$2" = "$3" ]; then echo "ok - $1"; else echo "not ok - $1"; echo "# '$2', wanted '$3'"; sed 's/^/# /' "$dir/log" | tail -n 5; fi
}
code() { curl -s -o "$dir/body" -w '%{http_code}' "$@"; }
runs() { wc -l <"$dir/runs"; }

: >"$dir/runs"
serve -s "$dir/state" --max-age 1h
result 'healthy is 200' "$(code "$url/health")" 200
result 'the summary' "$(jq -c '[.status, .checks.counted]' "$dir/body")" '["healthy","healthy"]'
result '200 at once' "$(curl -s --no-progress-meter -Z --parallel-max 200 --parallel-immediate -o /dev/null -w '%{http_code}\n' "$url/health?[1-200]" | sort | uniq -c | tr -s ' ')" ' 200 200'
result 'one run for all of them' "$(runs)" 1
result 'detailed' "$(code "$url/health/detailed") $(jq -r '.checks["with blank"].kind' "$dir/body")" '200 disk'
result 'a name with a blank' "$(code "$url/health/with%20blank") $(jq -r .check "$dir/body")" '200 with blank'
result 'ready' "$(code "$url/-/ready")" 200
result 'metrics' "$(code "$url/metrics") $(grep -c '^ts_check_status{.*status="healthy".* 1$' "$dir/body")" '200 2'
result 'HEAD has a length and no body' "$(curl -sI "$url/health" | tr -d '\r' | grep -ciE '^(HTTP/1.1 200|content-length: [1-9]|connection: close)')" 3
result 'POST is refused' "$(code -d x "$url/health")" 405
result 'a long request' "$(code -H "X: $(head -c 9000 /dev/zero | tr '\0' x)" "$url/health")" 431
result 'still one run' "$(runs)" 1
stop

rm -rf "$dir/state"; : >"$dir/runs"; : >"$dir/down"
serve -s "$dir/state" --max-age 1h
result '200 at once, and nothing known yet' "$(curl -s --no-progress-meter -Z --parallel-max 200 --parallel-immediate -o /dev/null -w '%{http_code}\n' "$url/health?[1-200]" | sort | uniq -c | tr -s ' ')" ' 200 503'
result 'one run for all of those' "$(runs)" 1
stop

rm -f "$dir/down"; : >"$dir/runs"
serve -s "$dir/state" --max-age 0
result 'no age is every time' "$(code "$url/health") $(code "$url/health") $(runs)" '200 200 2'
result 'a client that dawdles' "$(python3 - "$port" <<'END'
import socket, sys, time
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20)
began = time.monotonic()
answer = b""
s.settimeout(0.2)
while time.monotonic() - began < 20:
    try:
        s.send(b"x")
        more = s.recv(4096)
        if not more: break
        answer += more
    except TimeoutError: pass
    except OSError: break
print(answer.split(b"\r\n")[0].decode(), time.monotonic() - began < 10)
END
)" 'HTTP/1.1 408 Request Timeout True'
result 'a client that takes nothing' "$(python3 - "$dir" <<'END'
import socket, subprocess, sys, time
with open(sys.argv[1] + "/many.yml", "w") as f:
    f.write("checks:\n" + "".join(" - {name: c%d, type: load}\n" % i for i in range(100)))
ours, theirs = socket.socketpair()
ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2048)
ours.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
p = subprocess.Popen(["ts-health", "-c", sys.argv[1] + "/many.yml", "-o", "http"], stdin=theirs, stdout=theirs)
theirs.close()
try: print("ends", p.wait(30) < 0)
except subprocess.TimeoutExpired: p.kill(); print("hangs")
END
)" 'ends True'
stop

echo 'checks: [{name: x, type: nosuch}]' >"$dir/health.yml"
serve
result 'a broken configuration' "$(code "$url/health") $(grep -q 'unknown type of check' "$dir/log"; echo $?)" '500 0'
