#!/usr/bin/env python3
"""A stand-in for an S3 store: verifies signatures, keeps objects in memory,
does multipart uploads, and misbehaves on request.

s3double.py PORT [-k ACCESS:SECRET] [-t TOKEN] [-f FAULT,FAULT...] [--tls CERT KEY] ...
prints "ready", then a line for each request: METHOD PATH STATUS [FAULT].
GET /_objects (unsigned) answers {"bucket/key": [size, sha256], ...},
GET /_uploads how many multipart uploads are open.

As a module: Store(port, faults=fn) where fn(n, method, path) names a fault or
None for the nth request.
"""
import argparse, hashlib, hmac, http.server, json, re, socket, ssl, sys, threading, time
import urllib.parse as up
from email.utils import formatdate
from xml.sax.saxutils import escape

NS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


def md5(b):
    return hashlib.md5(b).hexdigest()


def quote(s, safe=''):
    return up.quote(s, safe=safe + '-_.~')


def canonical_query(q):
    pairs = [p.partition('=') for p in q.split('&') if p]
    pairs = sorted((quote(up.unquote_to_bytes(k)), quote(up.unquote_to_bytes(v))) for k, _, v in pairs)
    return '&'.join(f'{k}={v}' for k, v in pairs)


def signature(secret, day, region, text):
    key = ('AWS4' + secret).encode()
    for part in (day, region, 's3', 'aws4_request', text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key.hex()


class Error(Exception):
    def __init__(self, status, code, message='', extra=''):
        self.status, self.code, self.message, self.extra = status, code, message, extra


class Object:
    def __init__(self, data, etag, meta):
        self.data, self.etag, self.meta = data, etag, meta


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True

    def log_message(self, *a):
        pass

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except (ConnectionError, ssl.SSLError, TimeoutError):
            self.close_connection = True

    # ---- what came ----
    def check(self, body):
        st, h = self.server.store, self.headers
        auth = h.get('Authorization', '')
        m = re.fullmatch(r'AWS4-HMAC-SHA256 Credential=(.*)/(\d{8})/([^/]*)/s3/aws4_request, '
                         r'SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})', auth)
        if not m:
            raise Error(403, 'AccessDenied', 'no signature')
        access, day, region, names, got = m.groups()
        if access != st.access:
            raise Error(403, 'InvalidAccessKeyId', 'no such access key')
        if region != st.region:
            raise Error(400, 'AuthorizationHeaderMalformed', f"the region '{region}' is wrong; expecting '{st.region}'", f'<Region>{st.region}</Region>')
        if st.token is not None and h.get('x-amz-security-token') != st.token:
            raise Error(400, 'InvalidToken', 'the token is wrong')
        signed = names.split(';')
        for name in h.keys():
            n = name.lower()
            if (n == 'host' or n.startswith('x-amz-') or n == 'content-md5') and n not in signed:
                raise Error(403, 'AccessDenied', f'{n} is not signed')
        stamp = h['x-amz-date']
        if abs(time.mktime(time.strptime(stamp, '%Y%m%dT%H%M%SZ')) - time.timezone - time.time() + st.skew) > 900:
            raise Error(403, 'RequestTimeTooSkewed', 'the clocks differ')
        digest = h['x-amz-content-sha256']
        if hashlib.sha256(body).hexdigest() != digest:
            raise Error(400, 'XAmzContentSHA256Mismatch', 'the body is not what was signed')
        path, _, query = self.path.partition('?')
        lines = ''.join(n + ':' + ','.join(re.sub(r'\s+', ' ', v.strip()) for v in h.get_all(n, [])) + '\n' for n in signed)
        canon = '\n'.join([self.command, '/'.join(quote(up.unquote_to_bytes(p)) for p in path.split('/')),
                           canonical_query(query), lines, names, digest])
        text = '\n'.join(['AWS4-HMAC-SHA256', stamp, f'{day}/{region}/s3/aws4_request', hashlib.sha256(canon.encode()).hexdigest()])
        if not hmac.compare_digest(signature(st.secret, day, region, text), got):
            raise Error(403, 'SignatureDoesNotMatch', 'the signature is wrong')
        want = h.get('content-md5')
        import base64
        if want is not None and base64.b64encode(hashlib.md5(body).digest()).decode() != want:
            raise Error(400, 'BadDigest', 'the body is not what Content-MD5 says')

    def place(self):
        """bucket, key, query"""
        path, _, query = self.path.partition('?')
        host = self.headers.get('Host', '').rsplit(':', 1)[0]
        if host.endswith('.localhost'):
            bucket, key = host[:-len('.localhost')], path[1:]
        else:
            bucket, _, key = path[1:].partition('/')
        q = {up.unquote(k): up.unquote(v) for k, _, v in (p.partition('=') for p in query.split('&') if p)}
        return bucket, up.unquote(key, errors='surrogateescape'), q

    # ---- what goes ----
    def reply(self, status, body=b'', headers=()):
        self.status = status
        self.send_response(status)
        self.send_header('Date', formatdate(usegmt=True))
        for k, v in headers:
            self.send_header(k, v)
        if not any(k == 'Content-Length' for k, _ in headers):
            self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(body)

    def xml(self, body, status=200):
        self.reply(status, f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'.encode(), [('Content-Type', 'application/xml')])

    def error(self, e):
        self.xml(f'<Error><Code>{e.code}</Code><Message>{escape(e.message)}</Message>{e.extra}</Error>', e.status)

    def hang_up(self):
        self.status = 'closed'
        self.close_connection = True
        try:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')
            self.connection.close()
        except OSError:
            pass
        raise ConnectionResetError

    # ---- all requests ----
    def answer(self):
        st = self.server.store
        self.status = None
        body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        if self.path == '/_objects':
            self.reply(200, json.dumps({f'{b}/{k}': [len(o.data), hashlib.sha256(o.data).hexdigest()] for (b, k), o in st.objects.items()}).encode())
            return
        if self.path == '/_uploads':
            self.reply(200, str(len(st.uploads)).encode())
            return
        fault = st.next_fault(self)
        try:
            if fault in ('kill-before', 'reset-before'):
                if fault == 'kill-before':
                    st.kill(self)
                self.hang_up()
            if fault == 'slow':
                st.released.wait(st.stall)
                self.hang_up()
            if fault in ('500', '503'):
                raise Error(int(fault), {'500': 'InternalError', '503': 'SlowDown'}[fault], 'come again')
            if fault == '503bare':
                self.reply(503, b'<html>busy</html>')
                return
            if fault == '403':
                raise Error(403, 'AccessDenied', 'not today')
            self.check(body)
            self.fault = fault
            if fault in ('reset-after', 'kill-after', 'half'):
                real, self.wfile = self.wfile, open('/dev/null', 'wb')
                try:
                    self.serve(body)
                finally:
                    self.wfile.close()
                    self.wfile = real
                if fault == 'kill-after':
                    st.kill(self)
                if fault == 'half':
                    self.connection.sendall(b'HTTP/1.1 200 OK\r\nETag: "00')
                self.hang_up()
            self.serve(body)
        except Error as e:
            self.error(e)
        finally:
            st.log(self, fault)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = answer

    def etag(self, s):
        return [('ETag', f'"{"0" * 32 if self.fault == "etag" else s}"')]

    def serve(self, body):
        st = self.server.store
        bucket, key, q = self.place()
        if bucket not in st.buckets:
            raise Error(404, 'NoSuchBucket', 'the bucket does not exist')
        with st.lock:
            if self.command == 'POST' and 'uploads' in q:
                self.begin(bucket, key)
            elif self.command == 'GET' and 'uploads' in q and not key:
                self.list_uploads(bucket, q)
            elif 'uploadId' in q:
                self.upload(bucket, key, q, body)
            elif self.command == 'PUT':
                self.put(bucket, key, body)
            elif self.command in ('GET', 'HEAD'):
                self.get(bucket, key)
            elif self.command == 'DELETE':
                st.objects.pop((bucket, key), None)
                self.reply(204)
            else:
                raise Error(405, 'MethodNotAllowed')

    def meta(self):
        return {k.lower(): v for k, v in self.headers.items() if k.lower().startswith('x-amz-meta-') or
                k.lower() in ('x-amz-storage-class', 'x-amz-server-side-encryption')}

    def spoil(self, body):
        if self.fault == 'corrupt' and body:
            return body[:-1] + bytes([body[-1] ^ 1])
        if self.fault == 'truncate':
            return body[:len(body) // 2]
        return body

    def put(self, bucket, key, body):
        if self.fault != 'lost':
            data = self.spoil(body)
            self.server.store.objects[bucket, key] = Object(data, md5(data), self.meta())
        self.reply(200, headers=self.etag(md5(body)))

    def get(self, bucket, key):
        o = self.server.store.objects.get((bucket, key))
        if o is None:
            raise Error(404, 'NoSuchKey', 'no such key')
        data, status, extra = o.data, 200, []
        m = re.fullmatch(r'bytes=(\d+)-(\d+)', self.headers.get('Range', ''))
        if m and self.command == 'GET':
            data, status = o.data[int(m[1]):int(m[2]) + 1], 206
            extra = [('Content-Range', f'bytes {m[1]}-{m[2]}/{len(o.data)}')]
        self.reply(status, data, self.etag(o.etag) + extra + list(o.meta.items()) + [('Content-Length', str(len(data)))])

    def begin(self, bucket, key):
        st = self.server.store
        st.serial += 1
        uid = f'up+load/{st.serial}=='
        st.uploads[uid] = {'bucket': bucket, 'key': key, 'meta': self.meta(), 'parts': {}, 'time': time.time() - st.age}
        self.xml(f'<InitiateMultipartUploadResult {NS}><Bucket>{bucket}</Bucket><Key>{escape(key)}</Key><UploadId>{escape(uid)}</UploadId></InitiateMultipartUploadResult>')

    def list_uploads(self, bucket, q):
        st = self.server.store
        all_ = sorted((u['key'], i, u['time']) for i, u in st.uploads.items()
                      if u['bucket'] == bucket and u['key'].startswith(q.get('prefix', '')))
        start = (q.get('key-marker', ''), q.get('upload-id-marker', ''))
        rest = [u for u in all_ if u[:2] > start] if start[0] else all_
        page, more = rest[:st.page], len(rest) > st.page
        text = ''.join(f'<Upload><Key>{escape(k)}</Key><UploadId>{escape(i)}</UploadId><Initiated>{time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(t))}</Initiated></Upload>' for k, i, t in page)
        tail = f'<NextKeyMarker>{escape(page[-1][0])}</NextKeyMarker><NextUploadIdMarker>{escape(page[-1][1])}</NextUploadIdMarker>' if more else ''
        self.xml(f'<ListMultipartUploadsResult {NS}><Bucket>{bucket}</Bucket><IsTruncated>{str(more).lower()}</IsTruncated>{tail}{text}</ListMultipartUploadsResult>')

    def upload(self, bucket, key, q, body):
        st, uid = self.server.store, q['uploadId']
        u = st.uploads.get(uid)
        if u is None or (u['bucket'], u['key']) != (bucket, key):
            raise Error(404, 'NoSuchUpload', 'no such upload')
        if self.command == 'PUT':
            if self.fault != 'lost':
                u['parts'][int(q['partNumber'])] = self.spoil(body)
            self.reply(200, headers=self.etag(md5(body)))
        elif self.command == 'GET':
            parts = sorted(u['parts'].items())
            rest = [p for p in parts if p[0] > int(q.get('part-number-marker', 0))]
            page, more = rest[:st.page], len(rest) > st.page
            text = ''.join(f'<Part><PartNumber>{n}</PartNumber><ETag>&quot;{md5(d)}&quot;</ETag><Size>{len(d)}</Size></Part>' for n, d in page)
            tail = f'<NextPartNumberMarker>{page[-1][0]}</NextPartNumberMarker>' if more else ''
            self.xml(f'<ListPartsResult {NS}><IsTruncated>{str(more).lower()}</IsTruncated>{tail}{text}</ListPartsResult>')
        elif self.command == 'DELETE':
            del st.uploads[uid]
            self.reply(204)
        else:
            self.complete(bucket, key, uid, u, body.decode())

    def complete(self, bucket, key, uid, u, text):
        st = self.server.store
        wanted = re.findall(r'<PartNumber>(\d+)</PartNumber><ETag>&quot;([0-9a-f]+)&quot;</ETag>', text)
        if self.fault == '200error':
            raise Error(200, 'InternalError', 'it took too long')
        got = [u['parts'].get(int(n)) for n, _ in wanted]
        if not wanted or any(d is None or md5(d) != e for d, (_, e) in zip(got, wanted)):
            raise Error(400, 'InvalidPart', 'a part is not there')
        data = b''.join(got)
        etag = md5(b''.join(bytes.fromhex(md5(d)) for d in got)) + f'-{len(got)}'
        st.objects[bucket, key] = Object(data, etag, u['meta'])
        del st.uploads[uid]
        self.xml(f'<CompleteMultipartUploadResult {NS}><Key>{escape(key)}</Key><ETag>&quot;{etag}&quot;</ETag></CompleteMultipartUploadResult>')


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], (OSError, ValueError)):
            super().handle_error(request, client_address)


class Store:
    def __init__(self, port=0, access='AKIDEXAMPLE', secret='wJalr/XUtn+FEMI', token=None, region='us-east-1', faults=None, buckets=('logs',), tls=None, out=None):
        self.access, self.secret, self.token, self.region = access, secret, token, region
        self.objects, self.uploads, self.buckets = {}, {}, set(buckets)
        self.lock, self.out, self.n, self.serial = threading.RLock(), out, 0, 0
        self.faults, self.skew, self.age, self.page, self.stall = faults, 0, 0, 1000, 0.4
        self.kill = lambda handler: None
        self.released = threading.Event()
        self.http = Server(('127.0.0.1', port), Handler)
        self.http.store = self
        if tls:
            ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            ctx.load_cert_chain(*tls)
            self.http.socket = ctx.wrap_socket(self.http.socket, server_side=True)
        self.port = self.http.server_address[1]

    def next_fault(self, handler):
        with self.lock:
            self.n += 1
            return self.faults(self.n, handler.command, handler.path) if self.faults else None

    def log(self, h, fault):
        if self.out:
            self.out.write(f'{h.command} {h.path} {h.status}{" " + fault if fault else ""}\n')
            self.out.flush()

    def start(self):
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        return self


def main():
    p = argparse.ArgumentParser()
    p.add_argument('port', type=int)
    p.add_argument('-k', default='AKIDEXAMPLE:wJalr/XUtn+FEMI')
    p.add_argument('-t')
    p.add_argument('-f', default='', help='faults of the first requests; "." none')
    p.add_argument('-b', default='logs')
    p.add_argument('--region', default='us-east-1')
    p.add_argument('--age', type=float, default=0, help='uploads seem to have begun so many seconds earlier')
    p.add_argument('--skew', type=float, default=0)
    p.add_argument('--page', type=int, default=1000)
    p.add_argument('--stall', type=float, default=0.4)
    p.add_argument('--tls', nargs=2)
    a = p.parse_args()
    faults = [f for f in a.f.split(',') if f]
    access, _, secret = a.k.partition(':')
    s = Store(a.port, access, secret, a.t, a.region, lambda n, m, u: None if n > len(faults) or faults[n - 1] == '.' else faults[n - 1],
              a.b.split(','), a.tls, sys.stdout)
    s.age, s.skew, s.page, s.stall = a.age, a.skew, a.page, a.stall
    print('ready', flush=True)
    s.http.serve_forever()


if __name__ == '__main__':
    main()
