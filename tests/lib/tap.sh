# A small TAP producer for tests in sh. Sourced first:
#
#	. "$(dirname "$0")/../lib/tap.sh"
#	is "$(weir constraint-match --text ...)" "1.0.3" "the newest match"
#	tap_done
#
# It sets $tmp (removed at the end), $root, PATH, a clean HOME and locale, and
# checks at the end that no process of the test is left. It knows nothing of weir.
# shellcheck shell=sh

set -u
unset CDPATH
root=$(cd "$(dirname "$0")/../.." && pwd)
tap_count=0
tap_failed=0
tap_finished=no
tmp=$(mktemp -d "${TMPDIR:-/tmp}/weir.XXXXXX") || exit 255
: "${BIN:=$root/bin}"
PATH=$BIN:$PATH
# The peers are looked for while HOME still tells where they are cached.
: "${WEIR_PEERS=$("$root/tests/peers/build" --where)}"
mkdir "$tmp/home" "$tmp/run"
chmod 700 "$tmp/run"
HOME=$tmp/home
XDG_RUNTIME_DIR=$tmp/run
LC_ALL=C.UTF-8
TZ=UTC
WEIR_TEST_MARK=${WEIR_TEST_MARK:-}/sh$$
export WEIR_PEERS PATH BIN HOME XDG_RUNTIME_DIR LC_ALL TZ WEIR_TEST_MARK
unset KUBECONFIG DOCKER_CONFIG NO_COLOR http_proxy https_proxy all_proxy no_proxy \
	HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY SSL_CERT_FILE SSL_CERT_DIR

# tap_leftovers: the live processes that carry our mark, "PID COMMAND" each. The
# search itself runs without the mark.
tap_leftovers()
{
	# shellcheck disable=SC2016 # expanded by the inner shell
	env -u WEIR_TEST_MARK sh -c '
		grep -lszE "^WEIR_TEST_MARK=$1(/|\$)" /proc/[0-9]*/environ |
			while IFS=/ read -r _ _ pid _; do
			grep -qs "^State:.[^ZX]" "/proc/$pid/status" &&
				echo "$pid $(tr "\0" " " <"/proc/$pid/cmdline")"
		done' sh "$WEIR_TEST_MARK" 2>/dev/null
}

tap_exit()
{
	tap_status=$?
	trap - EXIT
	if [ "$tap_finished" = no ]; then
		echo "# ended before tap_done, with status $tap_status"
		[ "$tap_status" != 0 ] || tap_status=1
	fi
	tap_leftovers | while read -r tap_pid _; do
		kill -9 "$tap_pid" 2>/dev/null
	done
	rm -rf "$tmp"
	exit "$tap_status"
}
trap tap_exit EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

diag()
{
	printf '%s\n' "$*" | sed 's/^/# /'
}

# ok STATUS NAME: a test point that passes when STATUS is 0
ok()
{
	tap_count=$((tap_count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tap_count - $2"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_count - $2"
		return 1
	fi
}

# is GOT WANT NAME: equal texts
is()
{
	[ "$1" = "$2" ]
	ok $? "$3" && return
	diag "wanted:"
	printf '%s\n' "$2" | sed 's/^/#   /'
	diag "got:"
	printf '%s\n' "$1" | sed 's/^/#   /'
	return 1
}

# like GOT ERE NAME: a line of GOT matches the extended regular expression
like()
{
	printf '%s\n' "$1" | grep -Eq -e "$2"
	ok $? "$3" && return
	diag "wanted a match of: $2"
	diag "got:"
	printf '%s\n' "$1" | sed 's/^/#   /'
	return 1
}

# unlike GOT ERE NAME: no line of GOT matches
unlike()
{
	! printf '%s\n' "$1" | grep -Eq -e "$2"
	ok $? "$3" && return
	diag "wanted no match of: $2"
	diag "got:"
	printf '%s\n' "$1" | sed 's/^/#   /'
	return 1
}

# exits STATUS NAME COMMAND...: run it; $out and $err hold what it wrote
exits()
{
	tap_want=$1 tap_name=$2
	shift 2
	"$@" >"$tmp/.out" 2>"$tmp/.err" </dev/null
	tap_got=$?
	# shellcheck disable=SC2034 # for the test
	out=$(cat "$tmp/.out")
	# shellcheck disable=SC2034 # for the test
	err=$(cat "$tmp/.err")
	[ "$tap_got" = "$tap_want" ]
	ok $? "$tap_name" && return
	diag "wanted exit status $tap_want, got $tap_got: $*"
	sed 's/^/#   /' "$tmp/.err"
	return 1
}

# same FILE1 FILE2 NAME: equal bytes; the difference is printed
same()
{
	cmp -s "$1" "$2"
	ok $? "$3" && return
	diff -u "$2" "$1" | sed 's/^/#   /'
	return 1
}

# skip COUNT REASON: tests that cannot run here
skip()
{
	tap_left=$1
	while [ "$tap_left" -gt 0 ]; do
		tap_count=$((tap_count + 1)) tap_left=$((tap_left - 1))
		echo "ok $tap_count # SKIP $2"
	done
}

# skip_all REASON: nothing in this file can run here
skip_all()
{
	echo "1..0 # SKIP $1"
	tap_finished=yes
	exit 0
}

# eventually SECONDS COMMAND...: until it succeeds, at most so long
eventually()
{
	tap_until=$(($(date +%s) + $1))
	shift
	while ! "$@"; do
		[ "$(date +%s)" -le "$tap_until" ] || return 1
		sleep 0.05
	done
}

tap_none_left()
{
	[ -z "$(tap_leftovers)" ]
}

# tap_done: the plan, and the end of the test
tap_done()
{
	if ! eventually 5 tap_none_left; then
		ok 1 "no process is left over"
		diag "$(tap_leftovers)"
	fi
	echo "1..$tap_count"
	tap_finished=yes
	[ "$tap_failed" = 0 ]
	exit
}
