#!/bin/sh
# The shape of the code, for `make size`: a report, no verdict (tests/layers.sh has the limits).
set -eu
cd "$(dirname "$0")/.."
LC_ALL=C
export LC_ALL
bin=${BIN:-bin}

# Median, p90 and the longest of the numbers in the first column of stdin; the second column names
# them.
spread()
{
	sort -n | awk -v what="$1" '
	{ value[NR] = $1; name[NR] = $2 }
	END {
		if (NR == 0) exit
		printf "%-10s %-9s %6d %8d %6d %9d  %s\n", folder, what, NR, value[int((NR + 1) / 2)],
			value[int(NR * 0.9 + 0.999)], value[NR], name[NR]
	}' folder="$2"
}

functions()
{
	ctags -x --_xformat='%F %n %e %N' --languages=C --kinds-C=f --fields=+ne "$@" |
		awk '{ print $3 - $2 + 1, $4 "(" $1 ")" }'
}

# Lines of comment beside lines of code; a line may be both, blank lines are neither.
comments()
{
	awk '
	{
		line = $0
		if (line ~ /^[ \t]*$/) next
		is_comment = inside
		if (line ~ /\/\*/) { is_comment = 1; inside = 1 }
		if (line ~ /\*\//) inside = 0
		bare = line
		gsub(/\/\*.*\*\//, "", bare)
		sub(/\/\*.*/, "", bare)
		if (is_comment && line !~ /\/\*/) sub(/.*\*\//, "", bare)
		if (is_comment) comment++
		if (!is_comment || (bare !~ /^[ \t]*$/ && line ~ /\/\*/)) code++
	}
	END { printf "%d lines of code, %d of comment: %.2f\n", code, comment, code ? comment / code : 0 }
	'
}

printf '%-10s %-9s %6s %8s %6s %9s\n' '' 'lines of' count median p90 longest
for folder in bus filters bin tests/unit; do
	[ -n "$(ls $folder/*.c 2>/dev/null)" ] || continue
	functions $folder/*.c | spread functions $folder
	wc -l $folder/*.c $folder/*.h 2>/dev/null | grep -v ' total$' | spread files $folder
done
functions bus/*.c filters/*.c bin/*.c | spread functions all
wc -l bus/*.[ch] filters/*.[ch] bin/*.[ch] | grep -v ' total$' | spread files all
echo
for folder in bus filters bin; do
	printf '%-10s ' $folder
	cat $folder/*.[ch] | comments
done

# Variables that can change and are seen outside their file.
variables=$(find build/plain/bus build/plain/filters build/plain/bin -name '*.o' \
	-exec objdump -t {} + 2>/dev/null |
	awk '$2 == "g" && $4 ~ /^\.(data|bss|tdata|tbss)/ && $4 !~ /rel\.ro/ { print $NF }' | sort -u)
printf '\nvariables seen outside their file: %s\n' "$(echo "${variables:-none}" | paste -sd ' ' -)"

printf '\n%-20s %9s %9s %9s\n' program text data 'on disk'
for program in "$bin"/*; do
	{ [ -f "$program" ] && [ -x "$program" ]; } || continue
	size "$program" 2>/dev/null | awk -v name="$(basename "$program")" \
		-v bytes="$(wc -c <"$program")" \
		'NR == 2 { printf "%-20s %9d %9d %9d\n", name, $1, $2 + $3, bytes }'
done
