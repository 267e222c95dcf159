"""Servers that misbehave, one port each: hostile.py DIR.  Writes DIR/ports,
lines "NAME PORT":
	reset	accepts, and resets the connection at the first byte
	closes	accepts and closes
	silent	accepts and says nothing
	drip	a byte now and then, never a line's end
	flood	bytes without end or newline
	garbage	binary bytes, then closes
	http-endless	a good head, a body without end
	http-short	Content-Length 100, ten bytes
	http-chunk	a chunk length that is none
	http-headers	headers without end
	http-loop	redirects to itself
	http-gzip	says gzip, and is not
	tls-NAME	TLS with DIR/NAME.pem, for each of those
"""
import glob, os, socket, ssl, struct, sys, threading, time

where = sys.argv[1]


def reset(c):
    c.recv(1)
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def silent(c):
    while c.recv(4096):
        pass


def drip(c):
    while True:
        c.sendall(b"x")
        time.sleep(0.02)


def flood(c):
    while True:
        c.sendall(b"x" * 65536)


def garbage(c):
    c.recv(4096)
    c.sendall(bytes(range(255, -1, -1)))


def http(head, body=b"", more=None):
    def serve(c):
        got = b""
        while b"\r\n\r\n" not in got:
            part = c.recv(4096)
            if not part:
                return
            got += part
        c.sendall(b"HTTP/1.1 " + head + b"\r\n\r\n" + body)
        while more:
            c.sendall(more)

    return serve


SERVERS = {
    "reset": reset,
    "closes": lambda c: c.recv(4096),
    "silent": silent,
    "drip": drip,
    "flood": flood,
    "garbage": garbage,
    "http-endless": http(b"200 OK", more=b"y" * 65536),
    "http-short": http(b"200 OK\r\nContent-Length: 100", b"0123456789"),
    "http-chunk": http(b"200 OK\r\nTransfer-Encoding: chunked", b"zzz\r\nnonsense"),
    "http-loop": http(b"302 Found\r\nContent-Length: 0\r\nLocation: /again"),
    "http-gzip": http(b"200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 8", b"notgzip!"),
}


def headers(c):
    c.recv(4096)
    c.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        c.sendall(b"X-More: " + b"z" * 1000 + b"\r\n")


SERVERS["http-headers"] = headers


def tls(path):
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ctx.load_cert_chain(path)
    page = http(b"200 OK\r\nContent-Length: 2\r\nConnection: close", b"ok")

    def serve(c):
        with ctx.wrap_socket(c, server_side=True) as s:
            page(s)

    return serve


for path in glob.glob(os.path.join(where, "*.pem")):
    SERVERS["tls-" + os.path.basename(path)[:-4]] = tls(path)


def one(serve, c):
    try:
        serve(c)
    except (OSError, ValueError):
        pass
    finally:
        c.close()


def accept(s, serve):
    while True:
        c, _ = s.accept()
        threading.Thread(target=one, args=(serve, c), daemon=True).start()


lines = ""
for name, serve in SERVERS.items():
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.listen(64)
    lines += "%s %d\n" % (name, s.getsockname()[1])
    threading.Thread(target=accept, args=(s, serve), daemon=True).start()
with open(os.path.join(where, "ports.new"), "w") as f:
    f.write(lines)
os.rename(os.path.join(where, "ports.new"), os.path.join(where, "ports"))
threading.Event().wait()
