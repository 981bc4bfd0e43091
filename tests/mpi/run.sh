#!/usr/bin/env bash
# Runs of the built-in model, and of a network, on 1, 2 and 4 MPI ranks leave the bytes of a run of one process, also when a rank is
# killed, or all are told to end, and the run goes on with other ranks. Prints what each number of ranks took.
#
# Usage: tests/mpi/run.sh SYNFIRE [TOKENS [SCALE]]      SYNFIRE is a synfire built with the feature mpi; SCALE that of the network
set -euo pipefail
synfire="$(realpath "$1")"
tokens="${2:-1000}"
scale="${3:-0.1}"
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

# Networks: neurons shared out over ranks. The recorder's neurons are those of several ranks.
cat >network.toml <<TOML
$("$synfire" simulate --show brunel2000 --scale "$scale" --duration-ms 1000 \
  --set 'projection.0.synapse={ stdp = { w_max = 0.2 } }' | sed '/^recorder = /d')

[[recorder]]
population = "excitatory"
variable = "v_mv"
first = 100
count = 600
interval_ms = 1.0
TOML
"$synfire" simulate network.toml --threads 1 --out network >network.log
network() { diff -rq network "$1" || fail "$1 differs from the network of one process"; }
for n in 1 2 4; do
  ranks "$n" simulate network.toml --threads 1 --out "network-$n" >"network-$n.log"
  network "network-$n"
  echo "network, $n ranks: $(grep -o 'built in.*' "network-$n.log"); $(grep -o 'rank [0-9].*' "network-$n.log" | paste -sd ';')"
done
cut() { # rank, signal, folder, ranks to go on with
  ranks 3 simulate network.toml --threads 1 --checkpoint-every-ms 50 --out "$3" >"$3.log" 2>&1 &
  local job=$!
  until [ -e "$3/state/network.safetensors" ]; do
    kill -0 "$job" 2>/dev/null || fail "$3 ended before its state was saved: $(cat "$3.log")"
    sleep 0.002
  done
  kill -s "$2" "$(process_of "$1" "$3")"
  ! wait "$job" || fail "$3 went on without rank $1"
  [ "$(grep -c "synfire simulate --resume $3" "$3.log")" -ge 1 ] || fail "$3 does not say how to go on: $(cat "$3.log")"
  ranks "$4" simulate --resume "$3" >"$3.log" 2>&1 || fail "$3 does not go on: $(cat "$3.log")"
  network "$3"
  echo "network, rank $1 of 3 ended by $2: resumed with $4, same bytes"
}
cut 0 KILL cut-0 1
cut 1 KILL cut-1 4
cut 2 TERM cut-2 2
if ranks 2 simulate network.toml --set run.scheduler=event --out event >event.log 2>&1; then fail "2 ranks shared out events"; fi
grep -q 'run.scheduler: event; only the step scheduler' event.log || fail "event scheduler on 2 ranks: $(cat event.log)"
if ranks 2 simulate network.toml --out network >full.log 2>&1; then fail "a folder was overwritten"; fi
grep -q 'network: exists' full.log || fail "a folder that exists: $(cat full.log)"
[ "$(ranks 2 simulate --list)" = "$("$synfire" simulate --list)" ] || fail "ranks list networks more than once"
echo "all the same"
