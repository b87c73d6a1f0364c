#!/bin/sh
# Runs every fuzz target of the project for its share of a number of executions, and says how many each has done and how fast.
# The targets are found: every func FuzzX below internal and cmd. Their small inputs in testdata/fuzz are run by every go test
# too. A target that fails leaves its input there, where every later test run reads it: commit it with the mend.
#   tools/fuzz.sh [EXECUTIONS]   in all targets together; default 10,000,000
set -eu
all="${1:-10000000}"

# What a target gets of a full share, in thousandths, by what one execution costs: from 0.05 ms of a core (a full share) over
# 0.3 to 0.5 ms and 0.5 to 1.1 ms to 3 ms (answers of Zoho to every call) and 8 ms (an API and its database). So 10 million take
# less than 25 minutes on two cores. A target that is not named has a full share: name it when it is slow.
slow="
FuzzEndpoint 150
FuzzContact 150
FuzzDraw 150
FuzzHeard 150
FuzzInvitation 150
FuzzParseNotification 150
FuzzParseTime 150
FuzzPlan 150
FuzzQuote 150
FuzzRecordFrame 150
FuzzWorkingTime 150
FuzzOpen 300
FuzzParseBounce 300
FuzzSignature 300
FuzzSites 300
FuzzSlots 300
FuzzAnswer 45
FuzzIdempotencyKey 8
"

targets="$(grep -rno --include='*_test.go' '^func Fuzz[A-Za-z0-9]*' internal cmd | sed 's/\/[^/]*:[0-9]*:func /\t/' | sort)"
of() { printf '%s\n' "$slow" | awk -v n="$1" '$1 == n { print $2; found = 1 } END { if (!found) print 1000 }'; }
tab="$(printf '\t')" shares=0 sum=0 failed=0
for name in $(printf '%s\n' "$targets" | cut -f 2); do shares=$((shares + $(of "$name"))); done
began="$(date +%s)"
while IFS="$tab" read -r dir name; do
	each=$((all * $(of "$name") / shares + 1))
	# An interesting input is made smaller by a hundred tries at most: without that bound a target stands still for minutes.
	if out="$(go test "./$dir" -run '^$' -fuzz "^$name\$" -fuzztime "${each}x" -fuzzminimizetime 100x 2>&1)"; then result=ok; else result=FAILED failed=1; fi
	done_="$(printf '%s\n' "$out" | sed -n 's/.* execs: \([0-9]*\).*/\1/p' | tail -1)"
	took="$(printf '%s\n' "$out" | sed -n 's/^[a-z?A-Z]* *\t.*\t\([0-9.]*\)s$/\1/p' | tail -1)"
	sum=$((sum + ${done_:-0}))
	echo "$dir $name: ${done_:-0} executions, $(awk -v n="${done_:-0}" -v s="${took:-0}" 'BEGIN { printf "%.0f/s in %.1f s", (s > 0 ? n / s : 0), s }'), $result"
	[ "$result" = ok ] || printf '%s\n' "$out" | tail -20
done <<LIST
$targets
LIST
echo "$sum executions in all, in $(($(date +%s) - began)) s"
exit "$failed"
