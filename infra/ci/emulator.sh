#!/usr/bin/env bash
# emulator.sh [ARTIFACTS]: deploys the built template to an AWS emulator that runs the real binaries under their roles, follows docs/DEPLOY.md
# there, and sends messages through it: see emulator.py. It takes what sam_build.sh left in .aws-sam/build, which it calls if there is nothing,
# or binaries in ARTIFACTS (<function>/bootstrap). It uses the ports from EMULATOR_PORT (19062 if it is not set) to the third after it.
set -euo pipefail
source "$(dirname "$0")/env.sh"

port=${EMULATOR_PORT:-19062}
scratch=$(mktemp -d)
started=()

clean_up() {
  local code=$? process
  if ((code != 0)) && [[ -s $scratch/emulator.log ]]; then
    echo "--- the emulator's last words" >&2
    grep -v ' INFO ' "$scratch/emulator.log" | tail -n 30 >&2
  fi
  # The emulator's functions are in its process group.
  for process in "${started[@]}"; do
    kill -KILL -- "-$process" 2>/dev/null || true
    wait "$process" 2>/dev/null || true
  done
  rm -rf "$scratch"
}
trap clean_up EXIT

# start NAME COMMAND...: in a process group of its own.
start() {
  local name=$1
  shift
  set -m
  "$@" >"$scratch/$name.log" 2>&1 </dev/null &
  started+=($!)
  set +m
}

ready() {
  curl -fsS --max-time 2 -o "$scratch/health" "$AWS_ENDPOINT_URL/_ministack/health" 2>/dev/null
}

# shim NAME COMMAND...: a command of that name that comes before the real one.
shim() {
  printf '#!/bin/sh\nexec %s "$@"\n' "${*:2}" >"$scratch/bin/$1"
  chmod +x "$scratch/bin/$1"
}

build=$PWD/.aws-sam/build
if (($# > 0)); then
  build=$scratch/artifacts
  python3 infra/ci/lay_out_build.py "$1" "$build"
fi
[[ -f $build/template.yaml ]] || infra/ci/sam_build.sh
"$CI_VENV/bin/python" infra/ci/emulator_build.py "$build" "$scratch/build"
build=$scratch/build
cargo build --quiet --locked -p simulator
cargo build --quiet --locked -p wabactl

# The credentials stand for the emulator's root, whom it lets do everything; the functions get their roles'.
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=eu-west-1 AWS_MAX_ATTEMPTS=1
unset AWS_SESSION_TOKEN AWS_PROFILE
export AWS_ENDPOINT_URL="http://127.0.0.1:$((port + 1))"
EMULATOR_SAM=$(command -v sam)
export EMULATOR_SAM EMULATOR_BUILD="$build" EMULATOR_PORT="$port" EMULATOR_FOLDER="$scratch"
export EMULATOR_SIMULATORS="multi-waba=http://127.0.0.1:$((port + 2)) multi-waba-staging=http://127.0.0.1:$((port + 3))"
# The runner of examples has a home of its own.
export EMULATOR_HOME="$HOME" EMULATOR_SIMULATOR="$CARGO_TARGET_DIR/debug/simulator"

mkdir "$scratch/bin" "$scratch/tmp"
shim sam "$CI_VENV/bin/python" "$PWD/infra/ci/emulator_sam.py"
shim aws "$CI_VENV/bin/python" "$PWD/infra/ci/emulator_aws.py" "$(command -v aws)"
# Without IOT_MTLS_ENABLED=0 it listens for MQTT on every interface. AUTH has it check roles, signatures and policies of resources.
start emulator env TMPDIR="$scratch/tmp" AUTH=true BIND_HOST=127.0.0.1 GATEWAY_PORT="$port" IOT_MTLS_ENABLED=0 "$CI_EMULATOR/bin/ministack"
start door python3 infra/ci/emulator_door.py "$((port + 1))" "$port"
within 30 ready || die "the emulator is not ready after 30 s: $(tail -n 5 "$scratch/emulator.log")"

export PATH="$scratch/bin:$CARGO_TARGET_DIR/debug:$PATH"
export CARGO_HOME="${CARGO_HOME:-$HOME/.cargo}" RUSTUP_HOME="${RUSTUP_HOME:-$HOME/.rustup}"
"$CI_VENV/bin/python" infra/ci/emulator.py
# The commands of its own that it calls are the real ones.
export PATH="$CI_VENV/bin:$PATH"
"$CI_VENV/bin/python" infra/prove/prove.py --yes --endpoint-url "$AWS_ENDPOINT_URL" --build "$build" --memory 128 --round-trips 2 --webhooks 20
