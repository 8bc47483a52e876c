#!/usr/bin/env bash
# examples.sh [PORT]: runs every example of the documents for operators, as it stands, against a local stack of its own, and holds the page
# about the API against its description. It uses PORT (19022 if none is given) and the two after it.
set -euo pipefail
source "$(dirname "$0")/env.sh"

port=${1:-19022}
source infra/ci/stack.sh

start_stack
cargo build --quiet --locked -p wabactl
export PATH="$CARGO_TARGET_DIR/debug:$PATH" CARGO_HOME="${CARGO_HOME:-$HOME/.cargo}" RUSTUP_HOME="${RUSTUP_HOME:-$HOME/.rustup}"
# shellcheck disable=SC2154  # From stack.sh.
python3 infra/ci/api_document.py "$gateway" "$admin_key" docs/API_WABA_ENDPOINTS.md
python3 infra/ci/examples.py "$port" docs/MULTI_WABA_SETUP.md docs/API_WABA_ENDPOINTS.md docs/WABACTL.md docs/RUNBOOK.md docs/RESTORE.md
press_ctrl_c
