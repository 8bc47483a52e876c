#!/usr/bin/env bash
# newcomer.sh [PORT]: what a newcomer does with a fleet, see newcomer.py, against a local stack of its own. It uses PORT (19032 if none is
# given) and the two after it.
set -euo pipefail
source "$(dirname "$0")/env.sh"

port=${1:-19032}
source infra/ci/stack.sh

start_stack
cargo build --quiet --locked -p wabactl
export PATH="$CARGO_TARGET_DIR/debug:$PATH" WABACTL_URL="$gateway" WABACTL_KEY="$admin_key"
export XDG_STATE_HOME="$scratch/state" XDG_CONFIG_HOME="$scratch/config"
python3 infra/ci/newcomer.py "$port" "$scratch"
press_ctrl_c
