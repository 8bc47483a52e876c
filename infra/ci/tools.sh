#!/usr/bin/env bash
# Makes sure that everything CI calls is there. Rust must be; the rest is installed if it is missing.
set -euo pipefail
source "$(dirname "$0")/env.sh"

install_package() {
  command -v apt-get >/dev/null || die "'$1' is missing and there is no apt-get to install it with"
  local as_root=()
  [[ $(id -u) == 0 ]] || as_root=(sudo)
  "${as_root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "$@"
}

for tool in cargo cargo-fmt cargo-clippy; do
  command -v "$tool" >/dev/null || die "$tool is missing: install Rust with rustfmt and clippy (https://rustup.rs)"
done
command -v cc >/dev/null || install_package gcc libc6-dev
# For libFuzzer, see fuzz.sh.
command -v c++ >/dev/null || install_package g++
# For the tests of the shared cache, which start one of their own.
command -v redis-server >/dev/null || install_package redis-server
command -v curl >/dev/null || install_package curl
# For the cost of a decision.
command -v valgrind >/dev/null || install_package valgrind libc6-dbg
# For the examples of the documents.
command -v jq >/dev/null || install_package jq
command -v node >/dev/null || install_package nodejs
# For what SAM builds, and for its containers.
command -v readelf >/dev/null || install_package binutils
command -v busybox >/dev/null || install_package busybox-static
command -v ip >/dev/null || install_package iproute2
command -v socat >/dev/null || install_package socat
if ! docker info >/dev/null 2>&1; then
  command -v dockerd >/dev/null || install_package docker.io
  command -v docker >/dev/null || install_package docker-cli
fi
python3 -c 'import ensurepip' 2>/dev/null || install_package python3 python3-venv

# The copy of the list inside the environment says what was installed to the end.
if ! cmp -s infra/ci/requirements.txt "$CI_VENV/installed.txt"; then
  python3 -m venv --clear "$CI_VENV"
  "$CI_VENV/bin/pip" install --quiet --disable-pip-version-check --requirement infra/ci/requirements.txt
  cp infra/ci/requirements.txt "$CI_VENV/installed.txt"
fi

# Apart, for it needs other versions of what sam needs.
if ! command -v aws >/dev/null; then
  python3 -m venv --clear "$CI_AWS"
  "$CI_AWS/bin/pip" install --quiet --disable-pip-version-check awscli==1.45.11
fi

# Apart for the same reason: the emulator of AWS, and what reads SAM's templates for it.
emulator=(ministack==1.5.33 aws-sam-translator==1.115.0)
if [[ ${emulator[*]} != "$(cat "$CI_EMULATOR/installed.txt" 2>/dev/null)" ]]; then
  python3 -m venv --clear "$CI_EMULATOR"
  "$CI_EMULATOR/bin/pip" install --quiet --disable-pip-version-check "${emulator[@]}"
  echo "${emulator[*]}" >"$CI_EMULATOR/installed.txt"
fi

cargo --version
sam --version
cargo deny --version
