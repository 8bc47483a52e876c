#!/usr/bin/env bash
# Runs the README's test command.
set -euo pipefail
source "$(dirname "$0")/env.sh"

cargo metadata --locked --format-version 1 >/dev/null || die "Cargo.lock is not what Cargo.toml asks for"
test_command=$(infra/ci/readme-command.sh 'cargo (test|nextest run)( |$)')
echo "+ $test_command"
bash -euo pipefail -c "$test_command"
