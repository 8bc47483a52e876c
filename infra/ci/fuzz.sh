#!/usr/bin/env bash
# Fuzzes the reader of webhooks from the golden events, a bounded count of runs from a fixed seed. It needs no nightly compiler: the
# coverage that libFuzzer steers by is LLVM's own, asked for by plain compiler flags, and there is no sanitizer.
#   FUZZ_RUNS=1000000 FUZZ_SECONDS=3600 FUZZ_SEED=$RANDOM infra/ci/fuzz.sh   for a longer look
set -euo pipefail
source "$(dirname "$0")/env.sh"

runs=${FUZZ_RUNS:-600000}
seconds=${FUZZ_SECONDS:-45}
seed=${FUZZ_SEED:-20261122}
# Given as a target, so that build scripts and procedural macros are built without the flags.
host=$(rustc -vV | sed -n 's/^host: //p')

flags=(
  --cfg fuzzing
  -Cpasses=sancov-module
  -Cllvm-args=-sanitizer-coverage-level=4
  -Cllvm-args=-sanitizer-coverage-inline-8bit-counters
  -Cllvm-args=-sanitizer-coverage-pc-table
  -Cllvm-args=-sanitizer-coverage-trace-compares
  -Ccodegen-units=1
)
cargo fmt --check --manifest-path shared/providers/fuzz/Cargo.toml
RUSTFLAGS="${flags[*]}" cargo build --release --locked --target "$host" --target-dir "$CARGO_TARGET_DIR/fuzz" \
  --manifest-path shared/providers/fuzz/Cargo.toml

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/corpus"
for event in events/providers/*/*.json; do
  cp "$event" "$work/corpus/$(basename "$(dirname "$event")")-$(basename "$event")"
done

# What breaks it is left where CI's log names it.
artifacts="$CARGO_TARGET_DIR/fuzz/artifacts"
mkdir -p "$artifacts"
said="$work/said"
"$CARGO_TARGET_DIR/fuzz/$host/release/webhook" "$work/corpus" -artifact_prefix="$artifacts/" \
  -runs="$runs" -max_total_time="$seconds" -seed="$seed" -max_len=16384 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
  2>&1 | tee "$said" | grep -vE '^(#[0-9]+[[:space:]]+(NEW|REDUCE|RELOAD|pulse)|[[:space:]]NEW_FUNC|".*# Uses)'

# A target built without coverage would run as well, and find nothing.
grep -qE 'INFO: Loaded [0-9]+ modules[[:space:]]+\([0-9]{4,} inline 8-bit counters\)' "$said" || die "the target is not instrumented"
executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$said")
((executed >= 10000)) || die "only $executed inputs were tried within $seconds s"
echo "$executed inputs were read, none broke the reader"
