"""A stand-in for the servers that logs go to: Elasticsearch's _bulk and
_index_template, Loki's push and OTLP's logs, on loopback.  It stores what it
takes, once a name, and gives the answers that the real ones give.
usage: logstores.py PORTFILE LOG [FAULT...]
The port goes into PORTFILE once it listens; LOG gets one line a document that
is stored: "NAME TEXT".  Faults, by the number of the request or at random:
	busy=P		429 for a request, with that probability
	away=P		503
	reset=P		all is stored, then the connection is cut unanswered
	cut=P		the connection is cut before anything is read
	item429=P	an item of _bulk is refused for now
	item=CODE:TEXT	an item of _bulk that holds TEXT gets that status
	bad=TEXT	a document that holds TEXT is refused for good
	poison=TEXT	a request that holds TEXT is a 400 as a whole
	max=BYTES	413 for requests over it
	first=CODE:N	the first N requests get that status
	retry_after=N	in answers of 429 and 503
	seed=N		of what is random
	token=T		Authorization has to be T, else 401
	tenant=T	X-Scope-OrgID has to be T, else 401
	tls=PEM		https, with this key and certificate
	client=CA	and a client's certificate from this one
"""
import hashlib, http.server, json, os, random, re, socket, socketserver, ssl, sys, threading, time

port_file, log_path = sys.argv[1:3]
fault = dict(a.split("=", 1) for a in sys.argv[3:])
rnd = random.Random(int(fault.get("seed", "1")))
lock = threading.Lock()
log = open(log_path, "a", buffering=1)
names, requests, templates = set(), [0], {}
# What an earlier run of this server stored is still there.
for line in open(log_path):
    names.add(line.split(" ", 1)[0])


def chance(name):
    return name in fault and rnd.random() < float(fault[name])


class Refused(Exception):
    pass


def store(name, text):
    """False when it was there."""
    if name in names:
        return False
    names.add(name)
    log.write("%s %s\n" % (name, text.replace("\n", "\\n")))
    return True


def need(ok, what):
    if not ok:
        raise Refused(what)


class Store(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, code, body=b"", **headers):
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.send_response(code)
        if code != 204:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
        if code in (429, 503) and "retry_after" in fault:
            self.send_header("Retry-After", fault["retry_after"])
        self.end_headers()
        if code != 204:
            self.wfile.write(body)

    def cut(self):
        self.close_connection = True
        try:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with lock:
            try:
                t = json.loads(body)
                need(t["index_patterns"], "no patterns")
                templates[self.path] = t
                log.write("template %s %s\n" % (self.path, json.dumps(t["index_patterns"])))
                self.answer(200, {"acknowledged": True})
            except (Refused, ValueError, KeyError) as e:
                self.answer(400, {"error": str(e)})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with lock:
            self.post(body)

    def post(self, body):
        requests[0] += 1
        if "first" in fault:
            code, n = fault["first"].split(":")
            if requests[0] <= int(n):
                log.write("first %s\n" % code)
                return self.answer(int(code), {"error": "not yet"})
        if "token" in fault and self.headers.get("Authorization") != fault["token"]:
            return self.answer(401, {"error": "who are you"})
        if "tenant" in fault and self.headers.get("X-Scope-OrgID") != fault["tenant"]:
            return self.answer(401, b"no org id")
        if chance("cut"):
            return self.cut()
        if chance("busy"):
            return self.answer(429, {"error": {"type": "es_rejected_execution_exception"}})
        if chance("away"):
            return self.answer(503, b"no backend")
        if "max" in fault and len(body) > int(fault["max"]):
            return self.answer(413, b"too large")
        if "poison" in fault and fault["poison"].encode() in body:
            return self.answer(400, b"malformed")
        path = self.path.split("?")[0]
        lost = chance("reset")
        try:
            kind = {"/_bulk": self.bulk, "/loki/api/v1/push": self.loki, "/v1/logs": self.otlp}[path]
            code, answer = kind(body)
        except KeyError as e:
            code, answer = 404, {"error": "no such path %s or member %s" % (path, e)}
        except (Refused, ValueError, TypeError) as e:
            code, answer = 400, {"error": str(e)}
        if lost:
            return self.cut()
        self.answer(code, answer)

    def bulk(self, body):
        need(self.headers["Content-Type"] == "application/x-ndjson", "Content-Type")
        need(body.endswith(b"\n"), "The bulk request must be terminated by a newline [\\n]")
        lines, items, errors = body.split(b"\n")[:-1], [], False
        need(len(lines) % 2 == 0, "odd lines")
        for i in range(0, len(lines), 2):
            action, doc = json.loads(lines[i]), json.loads(lines[i + 1])
            (what, where), = action.items()
            need(what == "create", "action")
            index = where["_index"]
            need(re.fullmatch(r"[a-z0-9][a-z0-9._-]*", index), "index name " + index)
            need("@timestamp" in doc, "no @timestamp")
            status, error = 201, None
            if "bad" in fault and fault["bad"] in doc.get("message", ""):
                status, error = 400, "document_parsing_exception"
            elif "item" in fault and fault["item"].split(":")[1] in doc.get("message", ""):
                status, error = int(fault["item"].split(":")[0]), "asked_for"
                log.write("asked %d\n" % status)
            elif "es-" + where["_id"] in names:
                status, error = 409, "version_conflict_engine_exception"
            elif chance("item429"):
                status, error = 429, "es_rejected_execution_exception"
            else:
                store("es-" + where["_id"], index + " " + doc.get("message", ""))
            item = {"status": status}
            if error:
                errors = True
                item["error"] = {"type": error, "reason": "because"}
            items.append({"create": item})
        return 200, {"errors": errors, "items": items}

    def loki(self, body):
        need(self.headers["Content-Type"] == "application/json", "Content-Type")
        old = None
        for s in json.loads(body)["streams"]:
            labels = json.dumps(s["stream"], sort_keys=True)
            need(s["stream"], "no labels")
            for k, v in s["stream"].items():
                need(re.fullmatch("[a-zA-Z_][a-zA-Z0-9_]*", k) and isinstance(v, str), "label")
            last = ""
            for v in s["values"]:
                ts, line = v[0], v[1]
                need(isinstance(ts, str) and ts.isdigit() and len(ts) == 19, "timestamp %r" % ts)
                need(isinstance(line, str), "line")
                need(ts >= last, "not in order")
                last = ts
                for k, m in (v[2] if len(v) > 2 else {}).items():
                    need(isinstance(m, str), "metadata")
                if "bad" in fault and fault["bad"] in line:
                    old = "entry with timestamp %s ignored, reason: 'max entry size exceeded'" % ts
                else:
                    store("loki-" + hashlib.md5(repr((labels, ts, line)).encode()).hexdigest(), labels.replace(" ", "") + " " + line)
        return (400, old.encode()) if old else (204, b"")

    def otlp(self, body):
        need(self.headers["Content-Type"] == "application/json", "Content-Type")
        rejected = 0
        for r in json.loads(body)["resourceLogs"]:
            res = ",".join("%s=%s" % (a["key"], a["value"].get("stringValue")) for a in r["resource"]["attributes"]) or "-"
            for sc in r["scopeLogs"]:
                for rec in sc["logRecords"]:
                    need(isinstance(rec["timeUnixNano"], str) and rec["timeUnixNano"].isdigit(), "timeUnixNano")
                    need(isinstance(rec.get("severityNumber", 0), int), "severityNumber")
                    at = {a["key"]: a["value"] for a in rec["attributes"]}
                    for v in at.values():
                        need(isinstance(v.get("intValue", ""), str), "intValue")
                    text = rec.get("body", {}).get("stringValue", "")
                    if "bad" in fault and fault["bad"] in text:
                        rejected += 1
                    else:
                        store("otlp-" + at["log.record.uid"]["stringValue"], "%s %s %s" % (res, rec.get("severityNumber", 0), text))
        if rejected:
            return 200, {"partialSuccess": {"rejectedLogRecords": str(rejected), "errorMessage": "too odd"}}
        return 200, {"partialSuccess": {}}


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request, client_address):
        pass

    def finish_request(self, request, client_address):
        # In its own thread: who never greets holds up nobody.
        if "tls" in fault:
            request = tls.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)


if "tls" in fault:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(fault["tls"])
    if "client" in fault:
        tls.load_verify_locations(fault["client"])
        tls.verify_mode = ssl.CERT_REQUIRED
server = Server(("127.0.0.1", int(fault.get("port", "0"))), Store)
with open(port_file + ".new", "w") as f:
    f.write(str(server.server_address[1]))
os.rename(port_file + ".new", port_file)
server.serve_forever()
