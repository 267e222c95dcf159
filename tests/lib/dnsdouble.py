"""A name server that is asked by UDP and TCP, and misbehaves as the first
label of the name says:
	truncated	over UDP the answer is cut (TC), over TCP it is whole
	silent		no answer
	lost		the first datagram gets no answer
	otherid		an answer with another id, then the right one
	question	an answer to another question
	garbage		bytes that are no message
	loop		a compression pointer to itself
	short		a record that ends too early
	refused, nx	RCODE 5, 3
	delegated	RCODE 2 when asked to recurse, else NS and its address
Else one A record 192.0.2.1, or SOA, MX, TXT, AAAA when asked for.
usage: dnsdouble.py	prints its port (the same for UDP and TCP)"""
import socket, struct, sys, threading

udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
tcp = socket.socket()
while True:
    udp.bind(("127.0.0.1", 0))
    try:
        tcp.bind(udp.getsockname())
        break
    except OSError:
        udp.close()
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
tcp.listen(16)
seen = set()


def rr(kind, data, ttl=300):
    return b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data


def name(n):
    return b"".join(bytes([len(p)]) + p.encode() for p in n.split(".") if p) + b"\0"


DATA = {
    1: [socket.inet_aton("192.0.2.1"), socket.inet_aton("192.0.2.2")],
    6: [name("ns.example") + name("admin.example") + struct.pack(">IIIII", 2026112901, 1, 2, 3, 4)],
    15: [struct.pack(">H", 10) + name("mx.example")],
    16: [b"\x05v=one\x03two"],
    28: [socket.inet_pton(socket.AF_INET6, "2001:db8::1:0:0:1")],
}


def answers(q, over):
    at = 12
    label = q[13 : 13 + q[12]].decode()
    while q[at]:
        at += 1 + q[at]
    question = q[12 : at + 5]
    kind = struct.unpack(">H", q[at + 1 : at + 3])[0]

    def head(n, flags=0x8180, ident=q[:2], body=question):
        return ident + struct.pack(">HHHHH", flags, 1, n, 0, 0) + body

    records = [rr(kind, d, 60 if label == "brief" else 300) for d in DATA.get(kind, [])]
    whole = head(len(records)) + b"".join(records)
    if label == "delegated":    # and without being asked to recurse
        if q[2] & 1:
            return [head(0, 0x8182)]
        return [q[:2] + struct.pack(">HHHHH", 0x8000, 1, 0, 1, 1) + question + rr(2, name("ns.example")) + rr(1, socket.inet_aton("192.0.2.53"))]
    if label == "silent":
        return []
    if label == "lost" and q not in seen:
        seen.add(q)
        return []
    if label == "truncated" and over == "udp":
        return [head(1, 0x8380)]
    if label == "otherid":
        return [head(1, ident=bytes([q[0] ^ 1, q[1]])) + rr(1, socket.inet_aton("198.51.100.1")), whole]
    if label == "question":
        return [head(1, body=name("other.example") + q[at + 1 : at + 5])]
    if label == "garbage":
        return [b"\xff" * 40]
    if label == "loop":
        return [head(1) + b"\xc0" + bytes([12 + len(question)]) + struct.pack(">HHIH", 1, 1, 1, 4) + b"abcd"]
    if label == "short":
        return [head(1) + b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 1, 400) + b"abcd"]
    if label in ("refused", "nx"):
        return [head(0, 0x8180 | (5 if label == "refused" else 3))]
    return [whole]


def serve_tcp():
    while True:
        c, _ = tcp.accept()
        n = struct.unpack(">H", c.recv(2))[0]
        for a in answers(c.recv(n), "tcp"):
            c.sendall(struct.pack(">H", len(a)) + a)
        c.close()


threading.Thread(target=serve_tcp, daemon=True).start()
print(udp.getsockname()[1], flush=True)
sys.stdout.close()
while True:
    q, peer = udp.recvfrom(4096)
    for a in answers(q, "udp"):
        udp.sendto(a, peer)
