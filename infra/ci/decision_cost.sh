#!/usr/bin/env bash
# Counts the instructions of one decision of the built-in engine, with a catalogue as large as one may be, and fails if one costs more than
# infra/bench/bounds.tsv allows by 5 %. Each case is run twice under callgrind; what the second run does more, divided by how often, is the cost.
#   infra/ci/decision_cost.sh --write   writes what was counted as the bounds
set -euo pipefail
source "$(dirname "$0")/env.sh"

bounds=infra/bench/bounds.tsv
if [[ $(uname -m) != x86_64 ]]; then
  echo "LEFT OUT: the instructions of a decision: $bounds is of x86_64"
  exit 0
fi
cargo build --release --locked -p bench
program="$CARGO_TARGET_DIR/release/decision_cost"

# collected CASE TIMES
collected() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" "$2" 2>&1 |
    sed -n 's/.*Collected *: *\([0-9]*\).*/\1/p'
}

failed=0
written=$(mktemp)
while IFS=$'\t' read -r case bound per; do
  if [[ $case == \#* ]]; then
    printf '%s\t%s\t%s\n' "$case" "$bound" "$per" >>"$written"
    continue
  fi
  few=20 many=40
  # Here a repetition is a whole catalogue.
  if [[ $per != 1 ]]; then
    few=1 many=2
  fi
  cost=$((($(collected "$case" "$many") - $(collected "$case" "$few")) / (many - few) / per))
  printf '%s\t%s\t%s\n' "$case" "$cost" "$per" >>"$written"
  printf '%-10s %9d instructions, allowed %9d + 5 %%\n' "$case" "$cost" "$bound"
  if ((cost * 100 > bound * 105)); then
    echo "error: $case costs more than it may: make it cheaper, or say in $bounds that it is worth it" >&2
    failed=1
  fi
done <"$bounds"
if [[ ${1:-} == --write ]]; then
  cp "$written" "$bounds"
  failed=0
fi
rm "$written"
exit "$failed"
