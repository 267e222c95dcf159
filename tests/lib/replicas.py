"""
Two replicas of ts-notify (one, for a directory) with the same input, under
random faults, and what came out.

    replicas.py NAME COUNT SEED WORK URL [FAILOVER-PORT...]

URL: a directory, or a server at 127.0.0.1:PORT; each replica reaches it
through a proxy of its own.  Faults are injected where it hurts: when an
answer of the server is about to be passed on (a lease that was claimed, a log
that was written), and when the receiver has been reached, before and after it
has taken the request.

    kill    SIGKILL; a new process gets the whole input again
    pause   SIGSTOP for longer than the lease, then SIGCONT
    drop    the connection to the server is cut, the answer is lost
    failover  the server is replaced by an empty one

Prints TAP.  None may be missed.  A notification may come twice only if a
request was cut off before its mark: a duplicate is unexplained when more than
one of its senders says that it sent and wrote the log.
"""
import asyncio
import collections
import datetime
import json
import os
import random
import re
import signal
import sys
import time

LEASE = 0.3             # seconds
PAUSE = 2.5 * LEASE
GIVE_UP = 240           # seconds, for all of it
WINDOW = 8             # notifications that are under way

name, count, seed, work, url = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5]
standby = [int(p) for p in sys.argv[6:]]
rng = random.Random(seed)
shared = '://' in url
got = collections.Counter()             # requests taken, by group
handles = collections.defaultdict(set)  # their idempotency keys
faults = collections.Counter()
lines = []                              # the input
cut_off = 0                             # taken, and then a fault
stopping = False


# Kills and failovers, to tell what was lost with all who knew of it.
kills = []              # (time, letter)
failovers = []


class Replica:
    def __init__(self, letter):
        self.letter = letter
        self.process = self.pidfd = None
        self.links = set()

    def send(self, signo):
        """Not by send_signal of the process, which waits for it, and so takes its status from who waits in run."""
        if self.pidfd is not None:
            try:
                signal.pidfd_send_signal(self.pidfd, signo)
            except ProcessLookupError:
                pass

    def kill(self):
        faults['kill'] += 1
        kills.append((time.time(), self.letter))
        self.send(signal.SIGKILL)

    def pause(self):
        faults['pause'] += 1
        self.send(signal.SIGSTOP)
        asyncio.get_running_loop().call_later(PAUSE, self.send, signal.SIGCONT)

    async def run(self):
        """Again and again until it ends by itself."""
        runs = 0
        while True:
            runs += 1
            with open(f'{work}/out.{self.letter}.{runs}', 'w') as out, open(f'{work}/err.{self.letter}', 'a') as err:
                self.process = await asyncio.create_subprocess_exec(
                    'ts-notify', '-c', f'{work}/{self.letter}.yml', '-s', self.url, '--lease', f'{int(LEASE * 1000)}ms',
                    '--max-wait', '4m', stdin=asyncio.subprocess.PIPE, stdout=out, stderr=err)
            try:
                self.pidfd = os.pidfd_open(self.process.pid)
            except ProcessLookupError:      # it was as quick as that
                pass
            feeding = asyncio.ensure_future(self.feed(self.process.stdin))
            status = await self.process.wait()
            if self.pidfd is not None:
                os.close(self.pidfd)
                self.pidfd = None
            feeding.cancel()
            if status != -signal.SIGKILL:
                return status

    async def feed(self, pipe):
        """All lines, but not more than WINDOW ahead of what was delivered."""
        try:
            for i, line in enumerate(lines):
                while i >= len(got) + WINDOW:
                    await asyncio.sleep(0.005)
                pipe.write(line)
                await pipe.drain()
        except ConnectionError:
            pass
        pipe.close()


# ---- the receiver: what it has taken counts as delivered ----

async def take(replica, reader, writer):
    global cut_off
    try:
        while True:
            if rng.random() < odds['before']:
                faults['kill before send'] += 1
                replica.kill()
                return
            head = (await reader.readuntil(b'\r\n\r\n')).decode()
            size = int(re.search(r'(?i)content-length: *(\d+)', head).group(1))
            group = json.loads(await reader.readexactly(size))['groupKey']
            got[group] += 1
            once = re.search(r'(?i)idempotency-key: *(\S+)', head)
            if once:
                handles[group].add(once.group(1))
            chance = rng.random()
            if chance < odds['after']:
                cut_off += 1
                replica.kill()
                return
            if chance < odds['after'] + odds['pause']:
                cut_off += 1
                replica.pause()
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


# ---- the proxy to the server ----

async def pump(replica, reader, writer, answers):
    while data := await reader.read(65536):
        if answers and not stopping:
            chance = rng.random()
            for what, act in (('link_kill', replica.kill), ('link_pause', replica.pause)):
                if chance < odds[what]:
                    act()
                    break
                chance -= odds[what]
            else:
                if chance < odds['link_drop']:
                    faults['drop'] += 1
                    return
        writer.write(data)
        await writer.drain()


async def link(replica, reader, writer):
    try:
        there, here = await asyncio.open_connection('127.0.0.1', target[0])
    except OSError:
        writer.close()
        return
    both = (writer, here)
    replica.links.add(both)
    tasks = [asyncio.ensure_future(pump(replica, reader, here, False)),
             asyncio.ensure_future(pump(replica, there, writer, True))]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for t in tasks:
        t.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    replica.links.discard(both)
    for w in both:
        w.close()


async def fail_over(replicas):
    """At even steps of what has been delivered, to the next empty server."""
    for i, port in enumerate(standby):
        while len(got) < count * (i + 1) // (len(standby) + 1):
            await asyncio.sleep(0.01)
        faults['failover'] += 1
        failovers.append(time.time())
        target[0] = port
        for r in replicas:
            for both in list(r.links):
                for w in both:
                    w.transport.abort()


# ---- all of it ----

def write_files(replicas):
    for i in range(count):
        labels = {'alertname': 'Down', 'instance': f'i{i}'}
        lines.append(json.dumps({
            'version': '4', 'groupKey': f'{{}}:{{instance="i{i}"}}', 'truncatedAlerts': 0, 'status': 'firing',
            'receiver': 'r', 'groupLabels': labels, 'commonLabels': labels, 'commonAnnotations': {},
            'externalURL': '', 'alerts': [{'status': 'firing', 'labels': labels, 'annotations': {},
                                           'startsAt': '2026-01-01T00:00:00Z', 'endsAt': '0001-01-01T00:00:00Z'}],
            'groupInterval': '5m', 'repeatInterval': '4h'}).encode() + b'\n')
    for r in replicas:
        with open(f'{work}/{r.letter}.yml', 'w') as f:
            f.write(f'route: {{receiver: r}}\nreceivers:\n- name: r\n  webhook_configs:\n'
                    f'  - url: http://127.0.0.1:{r.port}/\n')


def when(text):
    return datetime.datetime.fromisoformat(text.replace('Z', '+00:00')).timestamp()


def marked(replicas):
    """Sends that were written to the log: (time, replica), by group."""
    n = collections.defaultdict(list)
    for r in replicas:
        for file in os.listdir(work):
            if not file.startswith(f'out.{r.letter}.'):
                continue
            with open(f'{work}/{file}') as lines:
                for line in lines:
                    if line.endswith('}\n'):
                        d = json.loads(line)
                        if d.get('delivery') == 'sent' and not d.get('error'):
                            n[d['groupKey']].append((when(d['time']), r.letter))
    return n


def lost(marks):
    """The log and its writer went together, before the other had read it."""
    return any(m <= f + 0.5 and any(x == who and m - 0.5 < k < f + 3 for k, x in kills)
               for m, who in marks[:-1] for f in failovers)


def tap(ok, what):
    print('ok' if ok else 'not ok', '-', f'{name}: {what}', flush=True)
    return ok


async def main():
    global stopping
    replicas = [Replica(x) for x in ('ab' if shared else 'a')]
    servers = []
    for r in replicas:
        s = await asyncio.start_server(lambda i, o, r=r: take(r, i, o), '127.0.0.1', 0)
        r.port = s.sockets[0].getsockname()[1]
        servers.append(s)
        r.url = url
        if shared:
            s = await asyncio.start_server(lambda i, o, r=r: link(r, i, o), '127.0.0.1', 0)
            r.url = url.replace(f':{target[0]}', f':{s.sockets[0].getsockname()[1]}')
            servers.append(s)
    write_files(replicas)
    failing = asyncio.ensure_future(fail_over(replicas))
    runs = [asyncio.ensure_future(r.run()) for r in replicas]
    done, late = await asyncio.wait(runs, timeout=GIVE_UP)
    stopping = True
    failing.cancel()
    for r in replicas:
        r.send(signal.SIGCONT)
        r.send(signal.SIGKILL)
    for s in servers:
        s.close()
    marks = marked(replicas)
    twice = sum(n - 1 for n in got.values())
    again = [g for g in got if len(marks[g]) > 1]
    unexplained = [g for g in again if not lost(sorted(marks[g]))]
    good = [
        tap(not late and all(t.result() == 0 for t in done), 'every replica ends well'),
        tap(len(got) == count, f'{count} notifications, {count - len(got)} missed'),
        tap(not unexplained, f'{twice} came again after a send that was cut off before its mark ({cut_off} at the '
            f'receiver); {len(again) - len(unexplained)} whose mark was lost with its writer and the server; '
            f'{len(unexplained)} for no reason'),
        tap(sum(faults.values()) >= count // 100, 'faults: ' + ', '.join(f'{n} {f}' for f, n in sorted(faults.items()))),
    ]
    if shared:
        one = all(len(h) == 1 for h in handles.values())
        good.append(tap(one and len(handles) == len(got), 'what came twice has one idempotency key'))
    if not all(good):
        for g in unexplained[:5]:
            print('#', g, got[g], marks[g], failovers)
        for r in replicas:
            with open(f'{work}/err.{r.letter}') as f:
                for line in f.readlines()[-15:]:
                    print('#', r.letter, line, end='')
        for t in done:
            if t.exception() or t.result() != 0:
                print('# ended with', t.exception() or t.result())


target = [int(re.search(r'127\.0\.0\.1:(\d+)', url).group(1))] if shared else [0]
more = 1 if shared else 2       # there is no link to a server that could fail too
odds = {'before': more * 0.005, 'after': more * 0.008, 'pause': more * 0.006,
        'link_kill': 0.0008, 'link_pause': 0.0008, 'link_drop': 0.002}
asyncio.run(main())
