"""A container engine on a unix socket: answers as Docker and Podman give
them for containers in every state.  usage: enginedouble.py SOCKET [MODE]
	docker		API 1.41, cgroup 1 (the default)
	new		API 1.60: newer than any client knows
	podman		no sample before, no block device numbers
	old		no Api-Version: older than any prefix
	broken		bytes that are no JSON
Requests for other versions than it speaks are refused, as Docker does."""
import http.server, json, os, re, socketserver, sys, time, urllib.parse

mode = sys.argv[2] if len(sys.argv) > 2 else "docker"
api = {"docker": "1.41", "new": "1.60", "podman": "1.41", "old": None, "broken": "1.41"}[mode]
looks = {}


def state(status, **more):
    return dict({"Status": status, "Running": status in ("running", "paused"), "Paused": status == "paused",
                 "OOMKilled": False, "ExitCode": 0, "StartedAt": "2026-11-21T06:58:27.2Z"}, **more)


CONTAINERS = {
    "truststram-api": (state("running", Health={"Status": "healthy"}), 0),
    "truststram-plain": (state("running", Health={"Status": "", "Log": None}), 1),
    "truststram-starting": (state("running", Health={"Status": "starting"}), 0),
    "sick": (state("running", Health={"Status": "unhealthy", "FailingStreak": 7}), 0),
    "paused": (state("paused"), 0),
    "looping": (state("restarting", ExitCode=1), 4),
    "again": (state("running", StartedAt=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 600))), 3),
    "killed": (state("exited", OOMKilled=True, ExitCode=137), 0),
    "job": (state("exited"), 0),
    "dead": (state("dead", ExitCode=255), 0),
}


def stats(name):
    n = looks[name] = looks.get(name, 0) + 1
    if not CONTAINERS[name][0]["Running"]:
        return {"cpu_stats": {"cpu_usage": {"total_usage": 0}}, "memory_stats": {}}
    s = {
        "preread": "0001-01-01T00:00:00Z",
        "pids_stats": {"current": 3, "limit": 18446744073709551615},
        "cpu_stats": {"cpu_usage": {"total_usage": 1000000000 + n * 500000000}, "system_cpu_usage": n * 2000000000, "online_cpus": 2},
        "precpu_stats": {"cpu_usage": {"total_usage": 0}},
        "memory_stats": {"usage": 80 << 20, "limit": 100 << 20, "stats": {"total_inactive_file": 30 << 20, "inactive_file": 1 << 20}},
        "networks": {"eth0": {"rx_bytes": 1000, "tx_bytes": 10}, "eth1": {"rx_bytes": 24, "tx_bytes": 1}},
        "blkio_stats": {"io_service_bytes_recursive": [{"op": "Read", "value": 4096}, {"op": "Write", "value": 512}, {"op": "Read", "value": 4}]},
    }
    if mode == "podman":
        s["blkio_stats"] = {"io_service_bytes_recursive": None}
        s["memory_stats"] = {"usage": 344064, "limit": 67108864}
    return s


class Engine(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, code, body):
        text = "<html>\0" if mode == "broken" and code == 200 else json.dumps(body)
        self.send_response(code)
        if api:
            self.send_header("Api-Version", api)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_GET(self):
        u = urllib.parse.urlparse(self.path)
        path = u.path
        m = re.match(r"/v(\d+)\.(\d+)(/.*)", path)
        if m:
            if api is None or (int(m[1]), int(m[2])) > tuple(map(int, api.split("."))):
                return self.answer(400, {"message": "client version is too new"})
            path = m[3]
        if path == "/_ping":
            return self.answer(200, "OK")
        if path == "/containers/json":
            q = json.loads(urllib.parse.parse_qs(u.query)["filters"][0])
            want = q.get("name", [""])
            labels = q.get("label", [])
            found = [n for n in CONTAINERS if any(re.search(w, "/" + n) or re.search(w, n) for w in want)]
            own = lambda n: {"truststram-api": ["team", "team=core", "tier", "tier=1"], "job": ["team", "team=core"]}.get(n, [])
            found = [n for n in found if all(l in own(n) for l in labels)]
            return self.answer(200, [{"Id": n * 6, "Names": ["/" + n], "Image": "img:1"} for n in found])
        m = re.match(r"/containers/([^/]*)/(json|stats)$", path)
        name = next((n for n in CONTAINERS if m and n * 6 == m[1]), None)
        if name is None:
            return self.answer(404, {"message": "No such container: nope"})
        if m[2] == "stats":
            return self.answer(200, stats(name))
        return self.answer(200, {"Id": m[1], "Name": "/" + name, "State": CONTAINERS[name][0], "RestartCount": CONTAINERS[name][1]})


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def get_request(self):
        c, _ = super().get_request()
        return c, ("local", 0)


if os.path.exists(sys.argv[1]):
    os.unlink(sys.argv[1])
s = Server(sys.argv[1] + ".new", Engine)
os.rename(sys.argv[1] + ".new", sys.argv[1])
s.serve_forever()
