"""SMTP servers (aiosmtpd) that write each mail down as a line of JSON.

usage: smtpd.py OUT CERT KEY NAME=OPTION,...  ...
Options: starttls, tls (from the first byte), plain, login, cram: what is
offered; user 'ops', password 'pass wörd'.  Prints NAME=PORT for each, then
serves until standard input ends.
"""
import asyncio
import hashlib
import hmac
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

USER, PASSWORD = b"ops", "pass wörd".encode()


class Handler:
    def __init__(self, name, out):
        self.name, self.out = name, out

    async def handle_DATA(self, server, session, envelope):
        print(json.dumps({
            "server": self.name, "helo": session.host_name,
            "tls": server.transport.get_extra_info("ssl_object") is not None,
            "auth": getattr(session, "mechanism", None),
            "from": envelope.mail_from, "to": envelope.rcpt_tos,
            "content": envelope.content.decode()}), file=self.out, flush=True)
        return "250 taken"


class CramHandler(Handler):
    async def auth_CRAM__MD5(self, server, args):
        challenge = b"<1896.697170952@smtpd>"
        answer = await server.challenge_auth(challenge)
        digest = hmac.new(PASSWORD, challenge, hashlib.md5).hexdigest()
        server.session.mechanism = "CRAM-MD5"
        return AuthResult(success=answer == USER + b" " + digest.encode(),
                          handled=False)


def authenticator(server, session, envelope, mechanism, data):
    session.mechanism = mechanism
    return AuthResult(success=(data.login, data.password) == (USER, PASSWORD), handled=False)


async def main():
    out = open(sys.argv[1], "w")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    loop = asyncio.get_running_loop()
    for arg in sys.argv[4:]:
        name, options = arg.split("=")
        options = options.split(",")
        handler = (CramHandler if "cram" in options else Handler)(name, out)
        hidden = [m for m in ("PLAIN", "LOGIN") if m.lower() not in options]

        def factory(handler=handler, options=options, hidden=hidden):
            return SMTP(handler, hostname="smtpd", loop=loop,
                        tls_context=context if "starttls" in options else None,
                        auth_require_tls="starttls" in options, authenticator=authenticator,
                        auth_required="open" not in options, auth_exclude_mechanism=hidden)
        server = await loop.create_server(factory, "127.0.0.1", 0, ssl=context if "tls" in options else None)
        print(f"{name}={server.sockets[0].getsockname()[1]}")
    sys.stdout.flush()
    sys.stdout.close()
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
