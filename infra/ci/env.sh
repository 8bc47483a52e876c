# Sourced by the scripts beside it: goes to the project's root and puts CI's own tools on the PATH.
# shellcheck shell=bash
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}"
export CI_VENV="$CARGO_TARGET_DIR/ci-venv"
export CI_AWS="$CARGO_TARGET_DIR/ci-aws"
export CI_EMULATOR="$CARGO_TARGET_DIR/ci-emulator"
export PATH="$CI_VENV/bin:$PATH:$CI_AWS/bin"
export SAM_CLI_TELEMETRY=0
# What a test needs of the machine is there, or the test fails.
export CI=true
export AWS_DEFAULT_REGION="${AWS_DEFAULT_REGION:-eu-west-1}"

die() {
  echo "error: $*" >&2
  exit 1
}

# within SECONDS COMMAND...: tries a command until it succeeds or the time is over.
within() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}
