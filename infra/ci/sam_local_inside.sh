#!/usr/bin/env bash
# sam_local_inside.sh PORT: the part of sam_local.sh that has a Docker daemon.
set -euo pipefail
source "$(dirname "$0")/env.sh"

port=$1
source infra/ci/stack.sh

start_stack --idle
# shellcheck disable=SC2154  # From stack.sh.
"$CI_VENV/bin/python" infra/ci/sam_local.py "$port" "$admin_key" "$scratch"
press_ctrl_c
