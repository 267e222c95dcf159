# shellcheck shell=sh
# A network namespace of our own for tests of firewalls.  Sourced after
# tests/whole/lib.sh, with the script's arguments: what it does not do itself
# it does once more inside.

# netns NAME ARGS...: go on inside; or skip NAME and end.
netns() {
	what=$1; shift
	if [ "${1:-}" = inside ]; then
		# Once more: we are where nothing can be harmed.
		[ -n "${HERE:-}" ] && [ "$(readlink /proc/self/ns/net)" != "$HERE" ] || exit 3
		ip link set lo up
		return
	fi
	# As root, all users are there; else only one, who seems to be root.
	for way in -nm -rnm; do
		unshare $way nft list ruleset >/dev/null 2>&1 || continue
		case $0 in /*) me=$0 ;; *) me=$OLDPWD/$0 ;; esac
		HERE=$(readlink /proc/self/ns/net)
		export HERE
		cd / && rm -rf "${work:?}"
		# shellcheck disable=SC2093
		exec unshare $way sh "$me" inside
	done
	skip "$what" 'the kernel gives no network namespace with nft'; exit 0
}

# neighbour ADDRESS...: another host with these addresses on a wire to ours,
# which is 198.51.100.77 and 2001:db8:77::1; `there COMMAND` runs on it.
neighbour() {
	unshare -n sh -c 'echo; exec sleep 600' >there.up &
	there_pid=$!; pids="$pids $there_pid"
	wait_for 10 test -s there.up
	ip link add v0 type veth peer name v1 netns "$there_pid"
	ip addr add 198.51.100.77/24 dev v0
	ip addr add 2001:db8:77::1/64 dev v0 nodad
	ip link set v0 up
	there ip link set lo up
	there ip link set v1 up
	there ip addr add 198.51.100.78/24 dev v1
	there ip addr add 2001:db8:77::2/64 dev v1 nodad
	for a in "$@"; do
		case $a in
		*:*) there ip addr add "$a/128" dev v1 nodad
			ip -6 route add "$a" via 2001:db8:77::2 ;;
		*) there ip addr add "$a/32" dev v1
			ip route add "$a" via 198.51.100.78 ;;
		esac
	done
}
there() { nsenter -t "$there_pid" -n "$@"; }
# pings ADDRESS: packets from there reach us and come back
pings() {
	case $1 in
	*:*) there ping -c1 -W1 -I "$1" 2001:db8:77::1 ;;
	*) there ping -c1 -W1 -I "$1" 198.51.100.77 ;;
	esac
}

# privileges USER CAPABILITIES: the words before a command that is to have no
# others; where there is but one user, without his powers at least.
# CAPABILITIES as -all or -all,+net_admin
privileges() {
	if setpriv --reuid "$1" true 2>/dev/null; then
		echo "setpriv --reuid $1 --regid $1 --clear-groups --inh-caps $2 --ambient-caps $2 --bounding-set $2 --no-new-privs"
	else
		echo "setpriv --inh-caps $2 --bounding-set $2 --no-new-privs"
	fi
}

# A rule for lines like "TIME bad joe from ADDRESS".
bad_rule() {
	cat <<-'Y'
	rules:
	- name: bad
	  match: '^bad \S+ from %{NOTSPACE:ip}$'
	  key: ip
	  threshold: 2
	  cooldown: 0s
	  actions:
	  - block: {reason: bad manners, time: 1h, multiplier: 2, max_time: 7d}
	Y
}
# attack ADDRESS...: two lines each, now
attack() {
	t=$(date -u +%Y-%m-%dT%H:%M:%SZ)
	for a in "$@"; do printf '%s bad joe from %s\n%s bad joe from %s\n' "$t" "$a" "$t" "$a"; done
}
has() { grep -q -e "$1" "$2"; }
hasnt() { ! grep -q -e "$1" "$2"; }
