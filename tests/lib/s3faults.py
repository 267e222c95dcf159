#!/usr/bin/env python3
"""No schedule of faults loses a file: archive random files to a store that
fails at random and kills ts-maint at random; after every run each file must
be here as it was, or over there whole.  A last run without faults must then
bring all of them there.

s3faults.py DIR RUNS [SEED]	RUNS with faults, a calm one after each one to
three of them; prints the seed; exit 0 when no file was lost
"""
import glob, gzip, hashlib, os, random, signal, subprocess, sys, threading, time, zlib
from concurrent.futures import ThreadPoolExecutor

import s3double

FAULTS = ['500', '503', '503bare', '403', 'reset-before', 'reset-after', 'half', 'slow', 'etag', 'corrupt', 'truncate',
          'lost', '200error', 'kill-before', 'kill-after']
WEIGHTS = [6, 6, 2, 2, 6, 6, 4, 1, 4, 4, 4, 4, 4, 5, 5]
count = {f: 0 for f in FAULTS}
problems = []
totals = {'schedules': 0, 'runs': 0}


def children(pid):
    try:
        return [int(p) for p in open(f'/proc/{pid}/task/{pid}/children').read().split()]
    except OSError:
        return []


def alive(pid):
    try:
        return open(f'/proc/{pid}/stat').read().rsplit(')', 1)[1].split()[0] != 'Z'
    except OSError:
        return False


class Case:
    def __init__(self, store, top, n, seed):
        self.store, self.rnd, self.n = store, random.Random(f'{seed}/{n}'), n
        self.bucket, self.dir = f'b{n:05d}', os.path.join(top, f'{n}')
        self.chance, self.proc, self.steps = 0, None, []
        self.want = {}
        r = self.rnd
        self.runs = r.choice([1, 2, 2, 3])
        os.makedirs(self.dir + '/logs/sub')
        for i in range(r.choice([1, 1, 2, 3])):
            name = r.choice(['', 'sub/']) + r.choice(['a', 'b c', 'd+e', 'é~']) + str(i) + r.choice(['.log', '.log.gz'])
            self.write(name)
        self.compress = r.choice(['none', 'none', 'gzip'])
        with open(self.dir + '/m.yml', 'w') as f:
            f.write(f"""global: {{lock_dir: "{self.dir}/locks"}}
tasks:
  - {{name: t, kind: archive, paths: ["{self.dir}/logs"], match: ['*'], older_than: 7d, open: {r.choice(['ignore', 'ignore', 'skip'])}, prefix: "p/{{Y}}/",
     endpoint: "http://127.0.0.1:{store.port}", bucket: {self.bucket}, access_key: {store.access}, secret_key: "{store.secret}",
     part_size: 1KiB, compress: {self.compress}, spool: "{self.dir}", verify: {r.choice(['head', 'head', 'get'])},
     tries: {r.randint(1, 3)}, backoff: 1ms, wait: 300ms}}
""")
        store.buckets.add(self.bucket)
        if r.random() < 0.2:        # the key of one is taken
            with store.lock:
                store.objects[self.bucket, self.key(next(iter(self.want)))] = s3double.Object(b'other', s3double.md5(b'other'), {})

    def write(self, name):
        size = self.rnd.choice([0, 1, 500, 1023, 1024, 1025, 2500, 4096])
        data = self.rnd.randbytes(size // 2).hex().encode()
        path = f'{self.dir}/logs/{name}'
        with open(path, 'wb') as f:
            f.write(data)
        at = time.time() - 30 * 86400
        os.utime(path, (at, at))
        self.want[name] = data

    def key(self, name):
        year = time.strftime('%Y', time.gmtime(time.time() - 30 * 86400))
        packed = self.compress == 'gzip' and not name.endswith('.gz') and self.want[name]
        return f'p/{year}/{name}' + ('.gz' if packed else '')

    def fault(self):
        if self.rnd.random() >= self.chance:
            return None
        f = self.rnd.choices(FAULTS, WEIGHTS)[0]
        count[f] += 1
        self.steps.append(f)
        return f

    def kill(self):
        who = self.rnd.choice(['both', 'both', 'child', 'parent'])
        pid = self.proc.pid
        kids = children(pid)
        self.kids |= set(kids)
        for p in ([pid] if who != 'child' else []) + (kids if who != 'parent' else []):
            try:
                os.kill(p, signal.SIGKILL)
            except OSError:
                pass

    def run(self, chance):
        self.chance, self.kids = chance, set()
        self.steps.append('run')
        self.proc = subprocess.Popen(['ts-maint', 'run', '-c', self.dir + '/m.yml', '-s', self.dir + '/st', '-o', 'json', 't'],
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        out = self.proc.communicate(timeout=60)[0].decode(errors='replace')
        until = time.time() + 30
        while any(alive(k) for k in self.kids):      # left by its parent: it ends what it is at
            if time.time() > until:
                problems.append(f'{self.n}: a task goes on without its parent')
                break
            time.sleep(0.005)
        for name, data in self.want.items():
            if not self.here(name, data) and not self.there(name, data):
                problems.append(f'case {self.n}: {name} is lost; {" ".join(self.steps)}\n{out}')
        return self.proc.returncode, out

    def here(self, name, data):
        try:
            return open(f'{self.dir}/logs/{name}', 'rb').read() == data
        except OSError:
            return False

    def whole(self, name, found, data):
        try:
            packed = self.key(name).endswith('.gz') and not name.endswith('.gz')
            return (gzip.decompress(found) if packed else found) == data
        except (OSError, EOFError, zlib.error):
            return False

    def there(self, name, data):
        want = self.key(name)
        with self.store.lock:
            found = [o.data for (b, k), o in self.store.objects.items() if b == self.bucket and k.startswith(want)]
        return any(self.whole(name, f, data) for f in found)

    def manifested(self):
        """Each file has a line in a manifest.  What the store has cut off or changed of another stays there beside it."""
        mine = {k: o.data for (b, k), o in self.store.objects.items() if b == self.bucket}
        lines = {line for k, data in mine.items() if 'MANIFEST' in k for line in data.splitlines()}
        listed = [k for k, data in mine.items() if f'{hashlib.sha256(data).hexdigest()}  {k}'.encode() in lines]
        return all(any(k.startswith(self.key(n)) and self.whole(n, mine[k], d) for k in listed) for n, d in self.want.items())

    def all(self):
        for _ in range(self.runs):
            self.run(self.rnd.choice([0.05, 0.15, 0.3, 0.6]))
            local = [n for n in self.want if os.path.exists(f'{self.dir}/logs/{n}')]
            if local and self.rnd.random() < 0.15:
                self.write(local[0])                # it is another one by now
        self.steps.append('calm:')
        rc, out = self.run(0)
        left = [n for n in self.want if os.path.exists(f'{self.dir}/logs/{n}')]
        with self.store.lock:
            if rc != 0 or left or not all(self.there(n, d) for n, d in self.want.items()) or not self.manifested():
                problems.append(f'case {self.n}: exit {rc}, left {left}; {" ".join(self.steps)}\n{out}')
            for k in [k for k in self.store.objects if k[0] == self.bucket]:
                del self.store.objects[k]


def main():
    top, runs = sys.argv[1], int(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 and sys.argv[3] else int.from_bytes(os.urandom(4), 'big')
    print(f'# seed {seed}', flush=True)
    store = s3double.Store()
    store.stall = 0.6
    cases = {}

    def fault(n, method, path):
        c = cases.get(path.split('/')[1].partition('?')[0])
        return c.fault() if c else None

    store.faults = fault
    store.kill = lambda h: cases[h.path.split('/')[1].partition('?')[0]].kill()
    store.start()

    def one(n):
        with store.lock:
            if totals['runs'] >= runs:
                return
            c = Case(store, top, n, seed)
            totals['runs'] += c.runs
            totals['schedules'] += 1
        cases[c.bucket] = c
        try:
            c.all()
        except Exception as e:
            problems.append(f'case {n}: {e!r}')
        del cases[c.bucket]

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(one, range(runs)))
    print('# ' + ', '.join(f'{k} {v}' for k, v in count.items()))
    for p in problems[:5]:
        print(p)
    print(f'{totals["runs"]} runs with faults, {totals["schedules"]} schedules, {len(problems)} bad')
    sys.exit(bool(problems))


main()
