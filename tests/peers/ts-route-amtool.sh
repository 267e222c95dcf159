#!/bin/sh
# ts-route routes and test beside the packaged amtool on the same files.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/../whole/lib.sh"
command -v amtool >/dev/null || { skip 'amtool' 'not installed'; exit 0; }
cd "$work" || exit 3
cat >am.yml <<'END'
route:
  receiver: root
  group_by: [alertname]
  routes:
  - match: {team: db}
    receiver: db
    continue: true
    routes:
    - matchers: [severity=~"critical|page", env!="dev"]
      receiver: db-page
    - matchers: ['odd!~"a\"b\\\\c"', x=""]
      receiver: root
  - match_re: {team: 'd.*'}
    receiver: dteam
    routes:
    - {match: {a: "1"}, continue: true}
    - {match: {a: "1", b: "2"}, receiver: db}
receivers: [{name: root}, {name: db}, {name: db-page}, {name: dteam}]
END
same() { diff -B theirs ours; }
amtool config routes show --config.file=am.yml 2>/dev/null >theirs
ts-route routes -c am.yml >ours
check 'the tree is drawn alike' same
case=0
for l in 'team=db severity=page' 'team=db severity=page env=dev' 'team=dx a=1 b=2' 'team=web' 'team=db x=1 odd=1' ''; do
	# shellcheck disable=SC2086
	amtool config routes test --config.file=am.yml --tree $l 2>/dev/null >theirs
	# shellcheck disable=SC2086
	ts-route test -c am.yml --tree $l >ours
	case=$((case + 1))
	check "receivers and tree $case are the same" same
done
