#!/usr/bin/env bash
# Runs of the built-in model on 1, 2 and 4 MPI ranks leave the bytes of a run of one process, also when a rank is killed, or all
# are told to end, and the run goes on with other ranks. Prints what each number of ranks took.
#
# Usage: tests/mpi/run.sh SYNFIRE [TOKENS]      SYNFIRE is a synfire built with the feature mpi
set -euo pipefail
synfire="$(realpath "$1")"
tokens="${2:-1000}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
cd "$work"
# Open MPI asks twice before it lets root run, and once for more ranks than cores.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
ranks() { local n="$1"; shift; timeout 120 mpirun --oversubscribe -n "$n" "$synfire" "$@"; }
options=(--tokens "$tokens" --part-tokens 128 --threads 1)
fail() { echo "tests/mpi/run.sh: $*" >&2; exit 1; }
same() { diff -rq whole "$1" || fail "$1 differs from the run of one process"; }

"$synfire" run "${options[@]}" --out whole >whole.log
for n in 1 2 4; do
  ranks "$n" run "${options[@]}" --out "ranks-$n" >"ranks-$n.log"
  same "ranks-$n"
  [ "$(grep -c 'pJ per MAC' "ranks-$n.log")" = 1 ] || fail "not one table but several from $n ranks"
  echo "$n ranks: $(grep -o '([0-9.]* s)' "ranks-$n.log"); $(grep -o 'rank .*' "ranks-$n.log" | paste -sd ';')"
done

# The process of a rank of the run recorded to a folder.
process_of() {
  local pid
  for pid in $(pgrep -f -- "--out $2\$"); do
    if tr '\0' '\n' <"/proc/$pid/environ" 2>/dev/null | grep -qx "OMPI_COMM_WORLD_RANK=$1"; then echo "$pid"; fi
  done
}

# Kills a rank when a file appears: rank 0 feeds the others, the last knows the text's cost, one stands between.
interrupt() { # rank, file, folder, signal, ranks to go on with
  ranks 4 run "${options[@]}" --out "$3" >"$3.log" 2>&1 &
  local job=$!
  until [ -e "$3/$2" ]; do
    kill -0 "$job" 2>/dev/null || fail "$3 ended before $2 appeared: $(cat "$3.log")"
    sleep 0.002
  done
  kill -s "$4" "$(process_of "$1" "$3")"
  ! wait "$job" || fail "$3 went on without rank $1"
  [ "$(grep -c "synfire run --resume $3" "$3.log")" -ge 1 ] || fail "$3 does not say how to go on: $(cat "$3.log")"
  ranks "$5" run --resume "$3" >"$3.log" 2>&1 || fail "$3 does not go on: $(cat "$3.log")"
  same "$3"
  echo "rank $1 of 4 ended by $4 at $2: resumed with $5, same bytes"
}
interrupt 0 state/spiking/part-00000-layer-000.safetensors killed-0 KILL 2
interrupt 2 state/spiking/part-00001-layer-003.safetensors killed-2 KILL 4
interrupt 3 state/dense/part-00002-layer-000.safetensors killed-3 KILL 1
interrupt 1 spikes/part-00002-layer-003.parquet.tmp killed-1 KILL 3

# Errors are said once, by the rank that has them.
if ranks 5 run "${options[@]}" --out many >many.log 2>&1; then fail "5 ranks ran 4 layers"; fi
grep -q '5 stages asked for of 4 layers' many.log || fail "5 ranks for 4 layers: $(cat many.log)"
[ ! -e many ] || fail "5 ranks for 4 layers left a folder"
if ranks 2 run --resume nowhere >nowhere.log 2>&1; then fail "a run that does not exist went on"; fi
[ "$(grep -c 'nowhere is not a folder' nowhere.log)" = 1 ] || fail "not one error: $(cat nowhere.log)"
ranks 3 run --resume ranks-2 | grep -q 'ranks-2 is complete' || fail "a complete run is not told to be complete"

dense="$("$synfire" run --dense --tokens "$tokens" --threads 1)"
[ "$(ranks 3 run --dense --tokens "$tokens" --threads 1)" = "$dense" ] || fail "dense: ranks read otherwise than one process"
echo "all the same"
