#!/usr/bin/env bash
# function_cost.sh [--write]: counts what the messages function that sam_build.sh left in .aws-sam/build costs (instructions, AWS calls,
# bytes, memory), and fails if that is more than infra/bench/function_bounds.tsv allows.
#   infra/ci/function_cost.sh --write   writes what was counted as the bounds
set -euo pipefail
source "$(dirname "$0")/env.sh"

bounds=infra/bench/function_bounds.tsv
bootstrap=.aws-sam/build/MessagesFunction/bootstrap
if [[ $(uname -m) != x86_64 ]]; then
  echo "LEFT OUT: what the messages function costs: $bounds is of x86_64"
  exit 0
fi
[[ -x $bootstrap ]] || die "there is no $bootstrap: run infra/ci/sam_build.sh"
# Built as the function is, and of the same parts, so that what a call costs there can be told from what it costs here.
cargo lambda build --release --locked --package bench --features programs --bin aws_call
cargo build --release --locked --package bench
"$CARGO_TARGET_DIR/release/bench" --messages "$bootstrap" --aws-call "$CARGO_TARGET_DIR/lambda/aws_call/bootstrap" check "$@"
