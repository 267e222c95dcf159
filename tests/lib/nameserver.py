"""A name server for tests: nameserver.py FILE; prints its port.
A line of FILE is NAME TYPE DATA...; a name without a line does not exist;
TYPE FAIL makes the server fail."""
import socket, struct, sys

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "MX": 15, "AAAA": 28, "SRV": 33}


def name(n):
    return b"".join(bytes([len(p)]) + p.encode() for p in n.rstrip(".").split(".") if p) + b"\0"


def data(t, d):
    if t == "A":
        return socket.inet_aton(d[0])
    if t == "AAAA":
        return socket.inet_pton(socket.AF_INET6, d[0])
    if t == "MX":
        return struct.pack(">H", int(d[0])) + name(d[1])
    if t == "SRV":
        return struct.pack(">HHH", *map(int, d[:3])) + name(d[3])
    return name(d[0])


records = {}
for line in open(sys.argv[1]):
    n, t, *d = line.split()
    records.setdefault(n.lower(), []).append((t, d))

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
sys.stdout.close()
while True:
    q, peer = s.recvfrom(4096)
    at, labels = 12, []
    while q[at]:
        labels.append(q[at + 1 : at + 1 + q[at]].decode())
        at += q[at] + 1
    question = q[12 : at + 5]
    asked = struct.unpack(">H", q[at + 1 : at + 3])[0]
    found = records.get(".".join(labels).lower())
    fail = found and found[0][0] == "FAIL"
    answers = [] if not found or fail else [(t, d) for t, d in found if TYPES[t] == asked or t == "CNAME"]
    code = 2 if fail else 0 if found else 3
    reply = q[:2] + struct.pack(">HHHHH", 0x8580 | code, 1, len(answers), 0, 0) + question
    for t, d in answers:
        rdata = data(t, d)
        reply += b"\xc0\x0c" + struct.pack(">HHIH", TYPES[t], 1, 1, len(rdata)) + rdata
    s.sendto(reply, peer)
