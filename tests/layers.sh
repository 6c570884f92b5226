#!/bin/sh
# Holds the house to its plan: who may include whom, which file may name which library, how long
# functions and files may be, and that each program has its page and each module its test.
# Prints what is wrong, a line each; exit status 1 when something is.
set -eu
cd "$(dirname "$0")/.."
LC_ALL=C
export LC_ALL

function_max=80
main_max=50
file_max=600
width_max=100

# Modules that know no descriptor, no clock, no curl.
pure='semver constraint tagfilter choose reference challenge dockerconfig docker-helper registries
	application patch json buf retain link'

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
: >"$tmp/found"

say()
{
	printf '%s\n' "$*" >>"$tmp/found"
}

# Reads findings from stdin, puts what they are about behind them.
all()
{
	while IFS= read -r finding; do
		say "$finding: $*"
	done
}

# C text with the insides of comments and strings blanked out, lines kept.
code_of()
{
	awk '
	{
		out = ""
		for (i = 1; i <= length($0); i++) {
			c = substr($0, i, 1)
			two = substr($0, i, 2)
			if (comment) {
				if (two == "*/") { comment = 0; i++ }
			} else if (quote != "") {
				if (c == "\\") i++
				else if (c == quote) { quote = ""; out = out c }
			} else if (two == "/*") { comment = 1; i++; out = out " " }
			else if (two == "//") break
			else if (c == "\"" || c == "\047") { quote = c; out = out c }
			else out = out c
		}
		if (!comment) quote = ""
		print out
	}' "$1"
}

# Lines of a file's code that match, as FILE:LINE.
lines_with()
{
	grep -nE -- "$2" "$tmp/code/$1" | sed "s|^\([0-9]*\):.*|$1:\1|"
}

sources=$(ls bus/*.[ch] filters/*.[ch] bin/*.[ch] 2>/dev/null || :)
tested=$(ls tests/*.h tests/unit/*.c tests/helpers/*.c tests/fuzz/*.c 2>/dev/null || :)
mkdir -p "$tmp/code/bus" "$tmp/code/filters" "$tmp/code/bin"
for file in $sources; do
	code_of "$file" >"$tmp/code/$file"
done

programs_in()
{
	sed -n "s/^$1 *= *//p" GNUmakefile
}
filters=$(programs_in FILTERS)
tools=$(programs_in TOOLS)

is_program()
{
	case " $filters " in *" $(basename "$1" .c) "*) [ "${1%/*}" = filters ] && return 0 ;; esac
	case " $tools " in *" $(basename "$1" .c) "*) [ "${1%/*}" = bin ] && return 0 ;; esac
	return 1
}

# What is named after a program (watch-files.c) is a part of that program.
is_part_of_program()
{
	for program in $filters $tools; do
		case ${1##*/} in "$program"-*) return 0 ;; esac
	done
	return 1
}

# --- tests -> bin | filters -> bus: left may include right, never the other way ---
quoted_includes()
{
	sed -n 's/^#[ \t]*include[ \t]*"\([^"]*\)".*/\1/p' "$1"
}

# The path of an include, from the top.
included_path()
{
	case $2 in
	../*) echo "${2#../}" ;;
	*) echo "${1%/*}/$2" ;;
	esac
}

for file in $sources; do
	for include in $(quoted_includes "$file"); do
		path=$(included_path "$file" "$include")
		[ -f "$path" ] || say "$file: includes $include, which is not there"
		case $file:$path in
		bus/*:bus/* | filters/*:filters/* | filters/*:bus/* | bin/*:bin/* | bin/*:bus/*) ;;
		*) say "$file: must not include $path" ;;
		esac
	done
done

# --- a source includes its own header first; headers are guarded ---
for file in $sources; do
	stem=${file%.[ch]}
	case $file in
	*.h)
		guard=WEIR_$(basename "$stem" | tr 'a-z-' 'A-Z_')_H
		grep -q "^#ifndef $guard\$" "$file" || say "$file: guard is not $guard"
		;;
	*.c)
		[ -f "$stem.h" ] || continue
		first=$(sed -n 's/^#[ \t]*include[ \t]*["<]\([^">]*\)[">].*/\1/p' "$file" | head -n 1)
		[ "$first" = "$(basename "$stem").h" ] || say "$file: does not include its own header first"
		;;
	esac
done

# --- each file says at its top what it is ---
for file in $sources $tested; do
	case $(head -n 1 "$file") in
	'/*'*) ;;
	*) say "$file: does not begin with a comment that says what it is" ;;
	esac
done

# --- a library has its place ---
# only WHAT PATTERN MAX FILE...: at most MAX files may match, and only these (globs).
only()
{
	what=$1 pattern=$2 max=$3
	shift 3
	count=0
	for file in $sources; do
		[ "$file" = bus/banned.h ] && continue
		grep -qE -- "$pattern" "$tmp/code/$file" || continue
		count=$((count + 1))
		for allowed in "$@"; do
			# shellcheck disable=SC2254
			case $file in $allowed) continue 2 ;; esac
		done
		lines_with "$file" "$pattern" | all "$what is for ${*:-nobody}"
	done
	[ "$count" -le "$max" ] || say "$what: in $count files, at most $max may"
}

only libcurl '<curl/|\bcurl_[a-z]+|\bCURL' 1 filters/http.c
only libzmq '<zmq\.h>|\bzmq_[a-z_]+ *\(|\bZMQ_' 2 'bus/*'
only libyaml '<yaml\.h>|\byaml_(parser|event)_[a-z_]+|\bYAML_[A-Z_]+_EVENT' 1 bus/yaml.c
only libpcre2 '<pcre2\.h>|\bpcre2_[a-z]+' 1 'filters/*'
only libcrypto '<openssl/|\bEVP_' 1 'filters/*'
only libseccomp '<seccomp\.h>|\bseccomp_[a-z]+' 1 'bus/*' 'filters/*'
only poll '<poll\.h>|\b(poll|ppoll|select|epoll_wait) *\(' 1 bus/loop.c
only waiting '\b(sleep|usleep|nanosleep|clock_nanosleep) *\(' 0
only fork '\b(fork|vfork|posix_spawn|posix_spawnp) *\(' 3 bin/spawn.c bin/guard.c filters/child.c

# --- pure modules ---
impure_headers='unistd fcntl poll time sys/socket sys/stat sys/time sys/types netdb pthread signal
	curl/curl zmq'
impure_modules='loop endpoint endpoint-priv filter http http-queue kube registry log'
impure_calls='\b(open|openat|read|write|fopen|fdopen|fread|fwrite|printf|puts|putchar|fprintf|fputs|time|clock_gettime|gettimeofday|getenv|socket|connect|recv|send|getpid|exit|abort) *\('

# All that a file includes, directly or not; prints paths and <system> headers.
closure()
{
	grep -qxF -- "$1" "$tmp/seen" && return 0
	printf '%s\n' "$1" >>"$tmp/seen"
	sed -n 's/^#[ \t]*include[ \t]*<\([^>]*\)\.h>.*/<\1>/p' "$1" >>"$tmp/seen"
	for header in $(quoted_includes "$1"); do
		closure "$(included_path "$1" "$header")"
	done
}

pure_file()
{
	: >"$tmp/seen"
	closure "$1"
	for header in $impure_headers; do
		! grep -qxF "<$header>" "$tmp/seen" || say "$1: is pure, but includes <$header.h>"
	done
	for header in $impure_modules; do
		! grep -qE "/$header\\.h\$" "$tmp/seen" || say "$1: is pure, but includes $header.h"
	done
	lines_with "$1" "$impure_calls" | all 'is pure, but asks the system'
}

for module in $pure; do
	found=
	for file in bus/"$module".[ch] bus/"$module"-*.c filters/"$module".[ch] filters/"$module"-*.c; do
		if [ -f "$file" ] && ! is_program "$file" && ! is_part_of_program "$file"; then
			found=yes
			pure_file "$file"
		fi
	done
	[ -n "$found" ] || say "$module: is to be a pure module, but is not there"
done

# --- each program has its page, each module its test ---
page_of()
{
	for page in "$1/$2.1" "$1/weir-$2.1"; do
		[ -f "$page" ] && echo "$page" && return 0
	done
	return 0
}

sections='NAME SYNOPSIS DESCRIPTION OPTIONS EXIT_STATUS EXAMPLES'
check_page()
{
	page=$(page_of "$1" "$2")
	[ -n "$page" ] || { say "$1/$2.c: has no man page"; return 0; }
	for section in $3; do
		grep -qE "^\.Sh \"?$(echo "$section" | tr _ ' ')\"?\$" "$page" ||
			say "$page: has no section $section"
	done
	check_options "$2" "$page"
}

# Every option of PROGRAM --help stands in its page, and the other way round.
check_options()
{
	[ -x "bin/$1" ] || return 0
	"bin/$1" --help </dev/null 2>/dev/null | grep -oE '^ *(-[A-Za-z0-9],? +)?--[a-z][a-z-]*' |
		grep -oE -- '--[a-z][a-z-]*' | sort -u >"$tmp/help"
	[ -s "$tmp/help" ] || say "bin/$1: --help shows no options"
	sed -n '/^\.Sh OPTIONS/,/^\.Sh [^O]/p' "$2" | grep -E '^\.It ' |
		grep -oE 'Fl -[a-z][a-z-]*' | sed 's/^Fl -/--/' | sort -u >"$tmp/page"
	comm -23 "$tmp/help" "$tmp/page" | all "an option of bin/$1 that $2 does not have"
	comm -13 "$tmp/help" "$tmp/page" | all "an option in $2 that bin/$1 does not have"
}

for program in $filters; do
	case $program in
	watch | listen) own='MESSAGES_OUT' ;;
	show) own='MESSAGES_IN' ;;
	*) own='MESSAGES_IN MESSAGES_OUT' ;;
	esac
	check_page filters "$program" "$sections $own"
done
for program in $tools; do
	check_page bin "$program" "$sections"
done

# A module is a header and its source. A source without a header of its own is a part of one:
# json-check.c of json.h. A part of a program is tested with it.

# Has NAME a test: its own, or in the test of the module whose name it continues?
has_test()
{
	[ -f "tests/unit/$1.c" ] && return 0
	name=$1
	while [ "$name" != "${name%-*}" ]; do
		name=${name%-*}
		[ -f "tests/unit/$name.c" ] && grep -q "/$1\.h\"" "tests/unit/$name.c" && return 0
	done
	return 1
}

for file in $sources; do
	case $file in *.c) ;; *) continue ;; esac
	is_program "$file" && continue
	is_part_of_program "$file" && continue
	stem=${file%.c}
	if [ -f "$stem.h" ]; then
		has_test "${stem##*/}" || say "$file: has no test, tests/unit/${stem##*/}.c"
		continue
	fi
	while [ "$stem" != "${stem%-*}" ] && [ ! -f "$stem.h" ]; do
		stem=${stem%-*}
	done
	[ -f "$stem.h" ] || say "$file: has no header, and is no part of a module that has one"
done

# --- lengths ---
for file in $sources $tested; do
	length=$(wc -l <"$file")
	[ "$length" -le "$file_max" ] || say "$file: $length lines, at most $file_max"
	grep -nE '[ 	]+$' "$file" | sed "s|^\([0-9]*\):.*|$file:\1|" | all 'blanks at the end'
	case $file in tests/*) continue ;; esac # tables of cases are easier to read in one line
	expand -t 8 "$file" | awk -v f="$file" -v max="$width_max" \
		'{ gsub(/[\200-\277]/, "") } length($0) > max { print f ":" NR ": " length($0) " columns" }' \
		>>"$tmp/found"
done

# shellcheck disable=SC2086
ctags -x --_xformat='%F %n %e %N' --languages=C --kinds-C=f --fields=+ne $sources $tested |
	while read -r file from to name; do
		max=$function_max
		[ "$name" = main ] && max=$main_max
		[ $((to - from + 1)) -le $max ] ||
			say "$file:$from: $name has $((to - from + 1)) lines, at most $max"
	done

# --- what must not be said or called ---
git ls-files bus filters bin tests pipelines GNUmakefile README .ci 2>/dev/null |
	grep -v '^tests/layers.sh$' | tr '\n' '\0' |
	xargs -0 -r grep -nwE 'TODO|FIXME|XXX' -- 2>/dev/null | sed 's/^\([^:]*:[0-9]*\):.*/\1/' |
	all 'work that is left to do belongs in an issue'

banned=$(sed -n 's/^#define \([a-z_]*\)(\.\.\.) .*/\1/p' bus/banned.h | paste -sd '|' -)
for file in $sources; do
	[ "$file" = bus/banned.h ] ||
		lines_with "$file" "\\b($banned) *\\(" | all 'a call that bus/banned.h bans'
done
grep -q -- '-include bus/banned.h' GNUmakefile || say 'GNUmakefile: does not put bus/banned.h first'

if [ -s "$tmp/found" ]; then
	sed 's/^/layers: /' "$tmp/found" >&2
	exit 1
fi
echo "layers: $(echo "$sources" | wc -w) files are in order"
