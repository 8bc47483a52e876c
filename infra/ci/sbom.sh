#!/usr/bin/env bash
# sbom.sh [FILE]: writes what the functions are made of (CycloneDX 1.6, checked against its schema), with licences and the checksums of
# Cargo.lock, into FILE or target/multi-waba.cdx.json.
set -euo pipefail
source "$(dirname "$0")/env.sh"

"$CI_VENV/bin/python" infra/ci/sbom.py "${1:-$CARGO_TARGET_DIR/multi-waba.cdx.json}"
