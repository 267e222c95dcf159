#!/usr/bin/env python3
"""Random expressions over random series, ours beside a Prometheus 2.42.

usage: promql-differential.py SEED COUNT WORKDIR
The series go to Prometheus by remote write, to promqlbatch as a file; then
every expression is asked of both, as an instant or a range query.  What the
two versions define differently (reference, section 0) is not generated:
- no sample lies on a whole second and every time asked is one, 7 s after a
  multiple of 10 s: no window, lookback or subquery edge is ever hit;
- counters stay far above zero, also after a reset: the zero rule is silent;
- sums differ in the last bits: values agree within 1e-9, and nothing that
  jumps (floor, %, ==) is applied to them;
- order is not compared, topk has no ties to decide, and 3.x syntax is absent.
"""
import http.client, json, math, os, random, struct, subprocess, sys, time
import urllib.parse

START, INTERVAL, POINTS = 1600000000000, 15000, 160
AT = START // 1000 + 7			# times asked: this plus tens
STALE = 0x7ff0000000000002


# ---- series: (shift_ms, name, labels, values); None a gap, "stale" ----

def walk(rnd, counter):
    value = rnd.uniform(5e4, 9e4) if counter else rnd.uniform(-50, 100)
    since = 99
    for _ in range(POINTS):
        since += 1
        if counter and since > 30 and rnd.random() < 0.03:
            value, since = value * 0.8, 0
        else:
            value += rnd.uniform(0, 40) if counter else rnd.uniform(-9, 9)
        yield round(value, 3)

def torn(rnd, values):
    values = list(values)
    while rnd.random() < 0.5:
        at = rnd.randrange(POINTS)
        for i in range(at, min(POINTS, at + rnd.randrange(1, 30))):
            values[i] = None
        if rnd.random() < 0.6:
            values[at] = "stale"
    return values

def make_series(rnd):
    out = []
    def add(name, labels, values):
        out.append((rnd.randrange(15) * 1000 + rnd.randrange(1, 1000), name,
            labels, values))
    for x in "abc":
        for y in ("1", "2"):
            add("gauge", {"x": x, "y": y}, torn(rnd, walk(rnd, False)))
            add("hits_total", {"x": x, "y": y}, torn(rnd, walk(rnd, True)))
        add("level", {"x": x, "z": "k" + x}, torn(rnd, walk(rnd, False)))
        counts = [0.0] * POINTS
        shift = rnd.randrange(1, 15000) // 1000 * 1000 + 321
        for le in ("0.1", "0.5", "1", "2.5", "+Inf"):
            counts = [round(a + b, 3) for a, b in
                zip(counts, sorted(walk(rnd, False)))]
            base = 1000.0 * (len(out) + 1)
            out.append((shift, "time_bucket", {"x": x, "le": le},
                [round(base + c, 3) for c in counts]))
    odd = [rnd.choice((1.5, -2.5, math.nan, math.inf, -math.inf, 0.0))
        for _ in range(POINTS)]
    add("odd", {"x": "a"}, odd)
    add("odd", {"x": "b"}, torn(rnd, walk(rnd, False)))
    return out


# ---- expressions by type ----

class Generator:
    def __init__(self, rnd):
        self.r = rnd
        self.nested = False		# in a subquery

    def pick(self, *of):
        return self.r.choice(of)

    def matchers(self):
        return self.pick("", "", '{x="a"}', '{x=~"a|b"}', '{x!="c"}',
            '{x!~"b.*"}', '{y="1"}', '{y=""}', '{nosuch="1"}', '{x=~".+"}')

    def when(self):
        text = self.pick("", "", "", " offset 1m", " offset -30s",
            " offset 5m10s")
        if self.r.random() < 0.1:
            text += self.pick(" @ start()", " @ end()",
                " @ %d" % (AT + 10 * self.r.randrange(200)))
        return text

    def selector(self):
        name = self.pick("gauge", "gauge", "hits_total", "level", "odd")
        return name + self.matchers() + self.when()

    def finite(self):
        return self.pick("gauge", "hits_total", "level") + self.matchers() + \
            self.when()

    def window(self):
        return self.pick("20s", "30s", "1m", "2m", "5m", "10m")

    def range(self, name=None, depth=0):
        name = name or self.pick("gauge", "hits_total", "level", "odd")
        if not self.nested and depth > 0 and self.r.random() < 0.3:
            self.nested = True
            inner = self.vector(depth - 1)
            self.nested = False
            return "(%s)[%s:%s]%s" % (inner, self.pick("1m", "3m", "10m"),
                self.pick("10s", "30s", "1m", ""), self.when())
        return "%s%s[%s]%s" % (name, self.matchers(), self.window(),
            self.when())

    def constant(self):
        return self.pick("2.125", "-3.17", "17.031", "0.5", "1e3", "0",
            "NaN", "Inf", "-Inf", "1")

    def scalar(self, depth):
        if depth <= 0:
            return self.constant()
        return self.pick(
            lambda: self.constant(),
            lambda: "scalar(%s)" % self.vector(depth - 1),
            lambda: "time()", lambda: "pi()",
            lambda: "(%s %s %s)" % (self.scalar(depth - 1),
                self.pick("+", "-", "*", "/", "^"), self.scalar(depth - 1)),
            lambda: "-" + self.constant().lstrip("-"),
            lambda: "(%s %s bool %s)" % (self.constant(),
                self.pick("<", ">", ">=", "!=", "=="), self.constant()),
        )()

    def labels(self):
        n = self.pick(0, 1, 1, 2)
        return "(%s)" % ", ".join(self.r.sample(["x", "y", "z", "le"], n))

    def grouping(self):
        return self.pick("", " by %s " % self.labels(),
            " without %s " % self.labels())

    def aggregate(self, depth):
        op = self.pick("sum", "avg", "min", "max", "count", "group", "stddev",
            "stdvar", "quantile", "topk", "bottomk", "count_values")
        inner = self.vector(depth - 1)
        if op == "quantile":
            inner = "%s, %s" % (self.pick("0.5", "0.9", "0", "1", "-1", "2",
                "NaN"), inner)
        elif op in ("topk", "bottomk"):
            inner = "%s, %s%s" % (self.pick("1", "2", "100", "0"),
                self.pick("gauge", "hits_total"), self.matchers())
        elif op in ("stddev", "stdvar"):	# of one infinity: NaN, not 0
            inner = self.finite()
        elif op == "count_values":
            inner = '"%s", %s' % (self.pick("v", "x", "y"), self.selector())
        return "%s%s(%s)" % (op, self.grouping(), inner)

    def over_time(self, depth):
        f = self.pick("avg", "min", "max", "sum", "count", "stddev", "stdvar",
            "last", "present", "quantile", "absent")
        arg = self.range(None, depth)
        if f == "quantile":
            arg = "%s, %s" % (self.pick("0.5", "0.99", "0", "1.5"), arg)
        return "%s_over_time(%s)" % (f, arg)

    def ranged(self, depth):
        return self.pick(
            lambda: "%s(%s)" % (self.pick("rate", "increase", "irate",
                "resets"), self.range("hits_total")),
            lambda: "%s(%s)" % (self.pick("delta", "idelta", "deriv",
                "changes"), self.range("gauge")),
            # 2.42 moves the window of a fixed time with each step
            lambda: "predict_linear(gauge%s[%s], %s)" % (self.matchers(),
                self.window(), self.pick("60", "-30", "3600")),
            lambda: self.over_time(depth),
        )()

    def exact(self):
        """What jumps, over values that are the same to the last bit."""
        return self.pick(
            lambda: "%s(%s)" % (self.pick("floor", "ceil", "round", "sgn",
                "minute", "hour", "day_of_week", "month", "year",
                "day_of_month", "days_in_month", "day_of_year"),
                self.selector()),
            # of @ with an offset it may drop the offset: a quirk upstream
            lambda: "timestamp(%s%s)" % (self.pick("gauge", "odd"),
                self.matchers()),
            lambda: "round(%s, %s)" % (self.selector(),
                self.pick("0.5", "10", "0.1")),
            lambda: "%s %% %s" % (self.selector(),
                self.pick("7", "2.5", "-3", "0")),
        )()

    def function(self, depth):
        v = self.vector(depth - 1)
        return self.pick(
            lambda: "%s(%s)" % (self.pick("abs", "exp", "ln", "log2", "log10",
                "sqrt", "sin", "cos", "atan", "asinh", "cosh", "tanh", "deg",
                "rad", "sort", "sort_desc", "absent"), v),
            lambda: "clamp(%s, %s, %s)" % (v, self.constant(),
                self.constant()),
            lambda: "clamp_%s(%s, %s)" % (self.pick("min", "max"), v,
                self.scalar(1)),
            lambda: "vector(%s)" % self.scalar(depth - 1),
            lambda: 'label_replace(%s, "%s", "%s", "%s", "%s")' % (v,
                self.pick("n", "x", "y"), self.pick("$1", "k$1", "", "q"),
                self.pick("x", "y", "nosuch"), self.pick("(.*)", "(a|b)",
                "([a-b]).*", "")),
            lambda: 'label_join(%s, "%s", "%s", "x", "y")' % (v,
                self.pick("n", "y"), self.pick("-", "")),
            lambda: self.histogram(),
        )()

    def histogram(self):
        return "histogram_quantile(%s, %s)" % (
            self.pick("0.5", "0.9", "0", "1", "-1", "2"),
            self.pick("time_bucket", "rate(time_bucket[2m])",
                "sum by (le) (rate(time_bucket[5m]))",
                "sum by (x, le) (time_bucket)", "sum by (x) (time_bucket)",
                'rate(time_bucket{x="a", le!="+Inf"}[1m])'))

    def matching(self, sets):
        on = self.pick("", "", "on %s " % self.labels(),
            "ignoring %s " % self.labels())
        if on and not sets:
            on += self.pick("", "", "group_left ", "group_right ",
                "group_left (z) ", "group_right (y) ")
        return on

    def binary(self, depth):
        left, right = self.vector(depth - 1), self.vector(depth - 1)
        kind = self.pick("arith", "scalar", "compare", "set")
        if kind == "arith":
            op = self.pick("+", "-", "*", "/", "^", "atan2") + " "
            # 2.42 leaves the name to what atan2 yields; minus takes it
            return "%s(%s %s%s%s)" % ("-" if op == "atan2 " else "", left, op,
                self.matching(False), right)
        if kind == "scalar":
            pair = [left, self.scalar(1)]
            self.r.shuffle(pair)
            return "(%s %s %s)" % (pair[0], self.pick("+", "-", "*", "/",
                "^"), pair[1])
        op = self.pick("and", "or", "unless")
        if kind == "compare":
            op = self.pick(">", "<", ">=", "<=", "!=", "==")
            left, right = self.selector(), self.pick(self.selector(), "17.3")
            if self.r.random() < 0.4:
                op += " bool"
            if right == "17.3":
                return "(%s %s 17.3)" % (left, op)
        return "(%s %s %s%s)" % (left, op, self.matching(kind == "set"),
            right)

    def vector(self, depth):
        if depth <= 0:
            return self.selector()
        return self.pick(self.aggregate, self.function, self.binary,
            self.binary, self.ranged, lambda d: self.exact(),
            lambda d: self.selector(),
            lambda d: "-(%s)" % self.vector(d - 1))(depth)

    def top(self):
        n = self.r.random()
        if n < 0.03:
            return self.range()
        if n < 0.07:
            return self.scalar(2)
        if n < 0.09:			# wrong ones: both must refuse
            return self.pick("rate(%s)", "sum(%s", "%s + on (x)", "abs(%s, 1)",
                "scalar(1) + %s", "%s and 1", "nosuch(%s)", "sum(%s[1m])",
                "1 > 2 + %s]", "%s offset x") % self.selector()
        return self.vector(self.pick(1, 2, 2, 3))


# ---- the peer ----

def varint(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])

def field(number, b):
    return bytes([number << 3 | 2]) + varint(len(b)) + b

def sample(t, v):
    bits = struct.pack("<Q", STALE) if v == "stale" else struct.pack("<d", v)
    return field(2, b"\x09" + bits + b"\x10" + varint(t))

def remote_write(conn, series):
    body = b""
    for shift, name, labels, values in series:
        pairs = sorted({"__name__": name, **labels}.items())
        body += field(1, b"".join(field(1, field(1, k.encode()) +
            field(2, v.encode())) for k, v in pairs) +
            b"".join(sample(START + shift + i * INTERVAL, v)
                for i, v in enumerate(values) if v is not None))
    parts = (body[i:i + 65536] for i in range(0, len(body), 65536))
    snappy = varint(len(body)) + b"".join(b"\xf4" +
        struct.pack("<H", len(p) - 1) + p for p in parts)
    conn.request("POST", "/api/v1/write", snappy,
        {"Content-Encoding": "snappy",
         "Content-Type": "application/x-protobuf"})
    answer = conn.getresponse()
    text = answer.read()
    if answer.status // 100 != 2:
        sys.exit("remote write: %d %r" % (answer.status, text))

def peer_answer(conn, start, end, step, expr):
    path = "/api/v1/query_range" if step else "/api/v1/query"
    args = {"query": expr, "time": start / 1000} if not step else \
        {"query": expr, "start": start / 1000, "end": end / 1000,
         "step": step / 1000}
    conn.request("POST", path, urllib.parse.urlencode(args),
        {"Content-Type": "application/x-www-form-urlencoded"})
    r = json.loads(conn.getresponse().read())
    if r["status"] != "success":
        return {"error": r["error"]}
    kind, result = r["data"]["resultType"], r["data"]["result"]
    if kind in ("scalar", "string"):
        return {"rows": [[{}, [result]]]}
    return {"rows": [[s["metric"], s["values"] if "values" in s else
        [s["value"]]] for s in result]}

def start_peer(work):
    import socket
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    with open(work + "/prometheus.yml", "w") as f:
        f.write("global: {}\n")
    log = open(work + "/prometheus.log", "w")
    peer = subprocess.Popen(["timeout", "300", "prometheus",
        "--config.file=" + work + "/prometheus.yml",
        "--storage.tsdb.path=" + work + "/data",
        "--storage.tsdb.retention.time=100y",
        "--web.enable-remote-write-receiver", "--log.level=error",
        "--enable-feature=promql-negative-offset,promql-at-modifier",
        "--web.listen-address=127.0.0.1:%d" % port], stderr=log)
    for _ in range(400):
        try:
            conn = http.client.HTTPConnection("127.0.0.1", port)
            conn.request("GET", "/-/ready")
            r = conn.getresponse()
            r.read()
            if r.status == 200:
                return peer, conn
        except OSError:
            pass
        time.sleep(0.05)
    peer.terminate()
    sys.exit("prometheus does not start")


# ---- comparison ----

def number(text):
    return {"+Inf": math.inf, "-Inf": -math.inf}.get(text) or float(text)

def near(a, b):
    a, b = number(a), number(b)
    if a == b or math.isnan(a) and math.isnan(b):
        return True
    return abs(a - b) <= max(1e-7, 1e-9 * max(abs(a), abs(b)))

def keyed(answer):
    return sorted((sorted(m.items()), p) for m, p in answer["rows"] if p)

def known(expr, ours, theirs):
    """Errors of matching that the versions do not share (reference, 4.6)."""
    short_cut = "rows" in ours and \
        "found duplicate series" in theirs.get("error", "")
    filtered = "multiple matches" in ours.get("error", "") and \
        "rows" in theirs and any(c in expr for c in "<>=")
    return short_cut or filtered

def same(ours, theirs):
    if "error" in ours or "error" in theirs:
        return ("error" in ours) == ("error" in theirs)
    a, b = keyed(ours), keyed(theirs)
    return len(a) == len(b) and all(
        la == lb and len(pa) == len(pb) and all(
            ta == tb and near(va, vb) for (ta, va), (tb, vb) in zip(pa, pb))
        for (la, pa), (lb, pb) in zip(a, b))


def main():
    rnd, count, work = random.Random(int(sys.argv[1])), int(sys.argv[2]), \
        sys.argv[3]
    series = make_series(rnd)
    with open(work + "/series", "w") as f:
        for shift, name, labels, values in series:
            f.write("%d %s{%s} %s\n" % (shift, name, ",".join('%s="%s"' % p
                for p in labels.items()), " ".join("_" if v is None else v
                if v == "stale" else repr(v).replace("inf", "Inf")
                .replace("nan", "NaN") for v in values)))
    gen = Generator(rnd)
    queries = []
    for _ in range(count):
        at = (AT + 10 * rnd.randrange(30, 200)) * 1000
        ranged = rnd.random() < 0.4
        queries.append((at, at + rnd.randrange(1, 20) * 60000 if ranged
            else at, rnd.choice((10, 20, 60, 130)) * 1000 if ranged else 0,
            gen.top()))
    ours = subprocess.run(["promqlbatch", str(START), str(INTERVAL),
        work + "/series"], stdout=subprocess.PIPE, check=True, text=True,
        input="".join("%d %d %d %s\n" % q for q in queries))
    lines = ours.stdout.splitlines()
    if len(lines) != count:
        sys.exit("promqlbatch answers %d of %d" % (len(lines), count))
    peer, conn = start_peer(work)
    bad = errors = empty = aside = 0
    try:
        remote_write(conn, series)
        for q, line in zip(queries, lines):
            mine, theirs = json.loads(line), peer_answer(conn, *q)
            errors += "error" in theirs
            empty += theirs.get("rows") == []
            if known(q[3], mine, theirs):
                aside += 1
            elif not same(mine, theirs):
                bad += 1
                if bad <= 40:
                    print("differs: %d %d %d %s\n  ours   %.700s\n"
                        "  theirs %.700s" % (*q, json.dumps(mine),
                        json.dumps(theirs)))
    finally:
        peer.terminate()
        peer.wait()
    print("%d queries, %d differ, %d fail, %d empty, %d set aside" %
        (count, bad, errors, empty, aside))
    return 1 if bad or errors + empty > count * 0.7 or \
        aside > count * 0.02 else 0

if __name__ == "__main__":
    sys.exit(main())
