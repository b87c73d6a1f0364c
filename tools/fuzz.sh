#!/bin/sh
# Runs every fuzz target of the project for its share of a number of executions, and says how many each has done. A target
# that fails leaves its input in testdata/fuzz of its package, where every later test run reads it: commit it with the mend.
#   tools/fuzz.sh [EXECUTIONS]   in all targets together; default 10,000,000
set -eu
all="${1:-10000000}"
targets="$(grep -rno --include='*_test.go' '^func Fuzz[A-Za-z0-9]*' internal | sed 's/\/[^/]*:[0-9]*:func /\t/' | sort)"
each=$((all / $(printf '%s\n' "$targets" | wc -l) + 1))
sum=0 failed=0 tab="$(printf '\t')"
while IFS="$tab" read -r dir name; do
	if out="$(go test "./$dir" -run '^$' -fuzz "^$name\$" -fuzztime "${each}x" 2>&1)"; then result=ok; else result=FAILED failed=1; fi
	done_="$(printf '%s\n' "$out" | sed -n 's/.* execs: \([0-9]*\).*/\1/p' | tail -1)"
	sum=$((sum + ${done_:-0}))
	echo "$dir $name: ${done_:-0} executions, $result"
	[ "$result" = ok ] || printf '%s\n' "$out" | tail -20
done <<LIST
$targets
LIST
echo "$sum executions in all"
exit "$failed"
