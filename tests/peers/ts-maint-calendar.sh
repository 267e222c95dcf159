#!/bin/sh
# Calendar expressions beside systemd-analyze: validity, the normal form and
# the next times of random ones, with zones and around changes of the clock.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/../whole/lib.sh"
cd "$work" || exit 3
if ! systemd-analyze calendar daily >/dev/null 2>&1; then
	skip 'calendar' 'no systemd-analyze'; exit 0
fi
mkdir -p data/health/maint
python3 - 200 >data/health/maint/oncalendar.jsonl <<'EOP'
import json, random, re, subprocess, sys
random.seed(20261129)
num = random.randint
def part(lo, hi):
    r = random.random()
    a, b = sorted((num(lo, hi), num(lo, hi)))
    if r < .4: return '*'
    if r < .6: return '%02d' % a
    if r < .7: return '%02d..%02d' % (a, b)
    if r < .8: return '%02d/%d' % (num(lo, hi), num(1, max(1, (hi - lo) // 2)))
    if r < .9: return ','.join('%02d' % num(lo, hi) for _ in range(num(2, 4)))
    return '%02d..%02d/%d' % (a, b, num(1, 5))
days = 'Mon Tue Wed Thu Fri Sat Sun'.split()
def expr():
    s = []
    if random.random() < .3:
        i, j = sorted((num(0, 6), num(0, 6)))
        s.append(days[i] if i == j else days[i] + random.choice(['..', ',']) + days[j])
    if random.random() < .7:
        end = part(1, 28)
        # systemd 252 narrows the limit for each member of such a list
        s.append(random.choice(['*-%s-%s' % (part(1, 12), part(1, 31)), '%s-%s' % (part(1, 12), part(1, 31)),
            '*-%s~%s' % (part(1, 12), '*' if ',' in end else end)]))
    if random.random() < .8 or not s:
        s.append(random.choice(['%s:%s' % (part(0, 23), part(0, 59)), '%s:%s:%s' % (part(0, 23), part(0, 59), part(0, 59))]))
    if random.random() < .3:
        s.append(random.choice(['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe']))
    return ' '.join(s)
for _ in range(int(sys.argv[1])):
    x, base = expr(), random.choice(['2026-03-28 23:30:00', '2026-10-24 20:00:00', '2026-11-21 06:00:00']) + ' UTC'
    r = subprocess.run(['systemd-analyze', 'calendar', '--iterations=3', '--base-time=' + base, x],
        capture_output=True, text=True, env={'TZ': 'UTC', 'LC_ALL': 'C', 'PATH': '/usr/bin:/bin'})
    row = {'expr': x, 'valid': r.returncode == 0, 'base': base}
    if row['valid']:
        row['normalized'] = re.search('Normalized form: (.*)', r.stdout).group(1)
        row['next'] = [t.replace(' ', 'T') + 'Z' for t in
            re.findall(r'(?:Next elapse|Iter\. #\d+): \w+ (\S+ \S+) UTC', r.stdout)]
    print(json.dumps(row))
EOP
check 'two hundred expressions' test "$(wc -l <data/health/maint/oncalendar.jsonl)" = 200
check 'as systemd has them' "$TOP/build/${MODE:-debug}/conformance/conf_maint" -v "$work/data"
