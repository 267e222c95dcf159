#!/bin/sh
# ts-health -o table: on a terminal in colour, the worst first; without colour
# where nobody looks, and where nobody wants it.
# shellcheck source=tests/whole/lib.sh
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 3
unset NO_COLOR
esc=$(printf '\033')
# term COMMAND: what it writes to a terminal
term() { TERM=xterm script -qec "$1" /dev/null </dev/null | tr -d '\r'; }
cat >health.yml <<'END'
checks:
  - {name: well, type: command, shell: "echo fine"}
  - {name: soon, type: command, shell: "echo nearly full; exit 1"}
  - {name: who knows, type: command, shell: "echo no idea; exit 3"}
  - {name: down, type: command, shell: "echo gone; exit 2"}
  - {name: größer, type: command, shell: "printf 'a\\033[2J\\302\\233b\\n'; exit 2"}
  - {name: well too, type: command, shell: "exit 0"}
END
# The time that a command took is not known beforehand.
plain() { sed -E 's/ [0-9]+\.[0-9]+s( +|$)/ TIME\1/; s/ TIME  *(.)/ TIME  \1/'; }
cat >want <<'END'
STATUS     CHECK      KIND     TIME  MESSAGE
unhealthy  down       command  TIME  gone
unhealthy  größer     command  TIME  a [2J b
unknown    who knows  command  TIME  no idea
warning    soon       command  TIME  nearly full
healthy    well       command  TIME  fine
healthy    well too   command  TIME
END
painted() {
	sed "s/^unhealthy/${esc}[31m&/; s/^unknown  /${esc}[35m&/; s/^warning  /${esc}[33m&/; s/^healthy  /${esc}[32m&/" want |
	    sed "s/^\($esc\[3[0-9]m[a-z]* *\)  /\1  ${esc}[0m/"
}
painted >colored

term 'ts-health -c health.yml -o table' | plain >got
check 'a terminal: in colour, the worst first' diff colored got
term 'NO_COLOR=1 ts-health -c health.yml -o table' | plain >got
check 'NO_COLOR' diff want got
term 'NO_COLOR= ts-health -c health.yml -o table' | plain >got
check 'an empty NO_COLOR is none' diff colored got
term 'TERM=dumb ts-health -c health.yml -o table' | plain >got
check 'a terminal that has none' diff want got
ts-health -c health.yml -o table | plain >got
check 'a pipe: without colour, the same order' diff want got
ts-health -c health.yml -o table >file; echo $? >status
check 'the status is of the worst' grep -qx 2 status
term 'ts-health -c health.yml' >got
check 'lines stay lines on a terminal' sh -c "! grep -q '$esc' got && [ \$(jq -s length got) = 6 ]"
