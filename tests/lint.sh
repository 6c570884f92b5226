#!/bin/sh
# Static analysis, for `make lint`: clang-tidy, cppcheck, gcc -fanalyzer, shellcheck, mandoc. Prints
# what they find; exit status 1 when they find anything.
#
#   tests/lint.sh [tidy|cppcheck|analyzer|shell|pages ...]     (all of them without an argument)
set -eu
cd "$(dirname "$0")/.."
LC_ALL=C
export LC_ALL

jobs=$(nproc)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0

# What the GNUmakefile defines for every source, here as a header: no quoting on the way.
defines=$tmp/defines.h
printf '#define _GNU_SOURCE\n#define WEIR_VERSION "0"\n#define WEIR_LIBEXEC_DIR "/usr/libexec"\n' \
	>"$defines"

# Every C source, each behind a NUL.
c_files()
{
	find bus filters bin tests -name '*.c' -print0
}

# One file for each process: clang 14's checker of va_lists carries its state from file to file,
# and then reports what is not there.
tidy()
{
	c_files | xargs -0 -r -P "$jobs" -n 1 "$0" tidy-one "$defines"
}

tidy_one()
{
	out=$(clang-tidy --quiet "$2" -- -std=c11 -include "$1" 2>/dev/null) ||
		echo "${out:-$2: clang-tidy cannot read it}"
}

# Suppressed, for each a reason:
#   missingIncludeSystem     cppcheck knows the C library without its headers
#   constParameter...        callbacks have the type that their caller wants
#   variableScope            variables are declared at the top of a function, as in the whole house
#   unusedStructMember       structs are read by sources that it does not see together
cppcheck_all()
{
	cppcheck --quiet --std=c11 --enable=warning,style,performance,portability \
		--inline-suppr -j "$jobs" -D_GNU_SOURCE '-DWEIR_VERSION="0"' \
		'-DWEIR_LIBEXEC_DIR="/usr/libexec"' \
		--suppress=missingIncludeSystem --suppress=constParameter \
		--suppress=constParameterCallback --suppress=constVariable \
		--suppress=variableScope --suppress=unusedStructMember \
		--template='{file}:{line}: {severity}: {message} [{id}]' \
		bus filters bin tests
}

analyzer()
{
	c_files | xargs -0 -r -P "$jobs" -I '{}' gcc -std=c11 -include "$defines" \
		-include bus/banned.h -O1 -fanalyzer -Wall -Wextra \
		-fdiagnostics-path-format=none -fno-diagnostics-show-caret -c -o /dev/null '{}'
}

# Every file that git knows and whose first line names a shell.
shell()
{
	git ls-files | while IFS= read -r file; do
		if [ -f "$file" ] && sed -n '1{/^#! *\/.*\<\(ba\)\{0,1\}sh\>/q};q1' "$file"; then
			printf '%s\0' "$file"
		fi
	done | xargs -0 -r shellcheck -x -f gcc
}

# Pages that ours refer to must be there; those of other packages need not be installed here.
pages()
{
	set --
	for page in bus/*.[157] filters/*.[157] bin/*.[157]; do
		[ -f "$page" ] && set -- "$@" "$page"
	done
	# What it says on stderr would come into the middle of lines.
	{ mandoc -T lint "$@" 2>"$tmp/mandoc" || :; cat "$tmp/mandoc"; } |
		grep -vE 'referenced manual not found|outdated mandoc.db' || :
	sed -n 's/^\.Xr \([a-z-]*\) \([157]\).*/\1 \2/p' "$@" | sort -u |
		while read -r name section; do
			for page in "bus/$name.$section" "filters/$name.$section" "bin/$name.$section"; do
				[ -f "$page" ] && continue 2
			done
			case $name in
			weir | weir-* | watch | tag-scan | constraint-match | verify | patch-application | \
				render-* | apply | show | run | bridge)
				echo "no page $name($section), but others refer to it"
				;;
			esac
		done
}

# report NAME STATUS: prints what the check found.
report()
{
	if [ "$2" = 0 ] && [ ! -s "$tmp/found" ]; then
		echo "lint: $1: clean"
		return
	fi
	cat "$tmp/found"
	echo "lint: $1: not clean"
	failed=1
}

if [ "${1:-}" = tidy-one ]; then
	tidy_one "$2" "$3"
	exit 0
fi
[ $# -gt 0 ] || set -- tidy cppcheck analyzer shell pages
for wanted; do
	status=0
	case $wanted in
	tidy) tidy ;;
	cppcheck) cppcheck_all ;;
	analyzer) analyzer ;;
	shell) shell ;;
	pages) pages ;;
	*) echo "lint: no check is called $wanted" >&2; exit 100 ;;
	esac >"$tmp/found" 2>&1 || status=$?
	report "$wanted" "$status"
done
exit "$failed"
