#!/usr/bin/env bash
# Recording to a disk that is full ends with one clear line, leaves no file that looks whole and is not, and goes on to the same
# bytes once there is space. The disk is a tmpfs of a few megabytes, so this needs root; without, it says so and passes.
#
# Usage: tests/full_disk/run.sh SYNFIRE
set -euo pipefail
synfire="$(realpath "$1")"
work="$(mktemp -d)"
disk="$work/disk"
mkdir "$disk"
trap 'umount "$disk" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
fail() { echo "tests/full_disk/run.sh: $*" >&2; exit 1; }
options=(--tokens 600 --part-tokens 128 --no-baseline)
"$synfire" run "${options[@]}" --out whole >/dev/null

for kib in 8 400 2000 3000 3600 4400 5200 6400 8000; do
  mount -t tmpfs -o "size=${kib}k" tmpfs "$disk" 2>/dev/null || { echo "no tmpfs can be mounted: full disks are not tested"; exit 0; }
  if "$synfire" run "${options[@]}" --out disk/run >out.log 2>error.log; then fail "$kib KiB were enough"; fi
  [ "$(wc -l <error.log)" = 1 ] || fail "$kib KiB: not one line: $(cat error.log)"
  grep -q 'No space left' error.log || fail "$kib KiB: $(cat error.log)"
  mount -o remount,size=64m "$disk"
  if grep -q 'go on with' error.log; then
    "$synfire" run --resume disk/run >/dev/null || fail "$kib KiB: does not go on"
    diff -rq whole disk/run || fail "$kib KiB: other bytes after going on"
    echo "$kib KiB, went on to the same bytes: $(cut -c1-90 error.log)"
  else
    [ ! -e disk/run/spikes ] || [ -z "$(ls disk/run/spikes)" ] || fail "$kib KiB: no word of how to go on: $(cat error.log)"
    echo "$kib KiB: stopped before anything was recorded"
  fi
  umount "$disk"
done
