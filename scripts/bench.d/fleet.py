#!/usr/bin/env python3
"""A fleet of hosts with a hundred series each, named as the example rules name
them; counters walk by random steps.

usage: fleet.py lines HOSTS STEPS FROM_MS	sample lines, a series a line
       fleet.py steps HOSTS STEPS FROM_MS	sample lines, step by step
       fleet.py tests HOSTS STEPS		input_series of a rule unit test
       fleet.py write PREFIX <LINES		remote write requests, in order of
						time, to PREFIX.0000 and so on
"""
import itertools, json, random, struct, sys

LE = "0.1 0.3 0.5 0.7 1 3 5 7 10 +Inf".split()

def names(host):
    """(name, labels, step): the mean step of a counter, 0 for a gauge."""
    at = {"instance": "h%04d:9100" % host}
    yield "up", {**at, "job": "truststream-app"}, 0
    for cpu in "01":
        for mode in "idle user system iowait irq softirq nice".split():
            yield "node_cpu_seconds_total", {**at, "cpu": cpu, "mode": mode}, 13 if mode == "idle" else 0.3
    yield "node_memory_MemAvailable_bytes", at, 0
    yield "node_memory_MemTotal_bytes", at, 0
    for mount in "/", "/data":
        yield "node_filesystem_avail_bytes", {**at, "mountpoint": mount}, 0
        yield "node_filesystem_size_bytes", {**at, "mountpoint": mount}, 0
    for dev in range(7):
        for name in "receive_bytes", "transmit_bytes", "receive_packets":
            yield "node_network_%s_total" % name, {**at, "device": "eth%d" % dev}, 900
    job = {**at, "job": "job%d" % (host % 2), "method": "GET"}
    for route in range(6):
        for status in "200", "404", "500":
            yield "truststream_http_requests_total", {**job, "route": "/r%d" % route, "status_code": status}, 40
    for route in range(4):
        for i, le in enumerate(LE):
            yield "truststream_http_request_duration_seconds_bucket", {**job, "le": le, "route": "/r%d" % route}, (i + 1) * 5

def fleet(hosts, steps):
    rnd = random.Random(1)
    for host in range(hosts):
        for name, labels, step in names(host):
            if name == "up":
                yield name, labels, [int(host % 50 != 7)] * steps
            elif step:
                ks = rnd.choices(range(1, 2 * max(1, int(step * 10))), k=steps)
                yield name, labels, list(itertools.accumulate(k / 10 if step < 20 else k // 10 for k in ks))
            else:
                top = 8e9 if "MemTotal" in name else 1e11 if "size" in name else 4e9
                yield name, labels, [int(top) if top != 4e9 else int(top) + k for k in rnd.choices(range(1 << 24), k=steps)]

def line(name, labels, values, times):
    pairs = ",".join('"%s":"%s"' % p for p in sorted(labels.items()))
    return '{"metric":{"__name__":"%s",%s},"values":[%s],"timestamps":[%s]}' % (
        name, pairs, ",".join("%.10g" % v for v in values), ",".join(map(str, times)))

def varint(n):
    out = b""
    while n > 127: out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])

def field(number, b): return bytes([number << 3 | 2]) + varint(len(b)) + b

def literals(b):
    """Snappy without compression."""
    parts = (b[i:i + 65536] for i in range(0, len(b), 65536))
    return varint(len(b)) + b"".join(b"\xf4" + struct.pack("<H", len(p) - 1) + p for p in parts)

def write(prefix):
    """Requests of at most 2000 series and 20 steps, oldest first."""
    series, every = {}, set()
    for text in sys.stdin:
        r = json.loads(text)
        labels = b"".join(field(1, field(1, k.encode()) + field(2, v.encode())) for k, v in sorted(r["metric"].items()))
        series.setdefault(labels, []).extend(zip(r["timestamps"], r["values"]))
        every.update(r["timestamps"])
    every, items, n = sorted(every), list(series.items()), 0
    stamp = {t: b"\x10" + varint(t) for t in every}
    for at in range(0, len(every), 20):
        first, last = every[at], every[min(at + 20, len(every)) - 1]
        for i in range(0, len(items), 2000):
            body = b"".join(field(1, labels + b"".join(field(2, b"\x09" + struct.pack("<d", v) + stamp[t])
                for t, v in points if first <= t <= last)) for labels, points in items[i:i + 2000])
            with open("%s.%04d" % (prefix, n), "wb") as f: f.write(literals(body))
            n += 1

def main(what, *args):
    if what == "write":
        return write(args[0])
    hosts, steps = int(args[0]), int(args[1])
    if what == "tests":
        for name, labels, values in fleet(hosts, steps):
            print("  - {series: '%s{%s}', values: '%s'}" % (name, ",".join('%s="%s"' % p for p in sorted(labels.items())),
                " ".join("%.10g" % v for v in values)))
        return
    times = [int(args[2]) + i * 15000 for i in range(steps)]
    if what == "lines":
        for name, labels, values in fleet(hosts, steps): print(line(name, labels, values, times))
    else:
        rows = list(fleet(hosts, steps))
        for i, t in enumerate(times):
            for name, labels, values in rows: print(line(name, labels, values[i:i + 1], [t]))

main(*sys.argv[1:])
