#!/usr/bin/env bash
# Computes the tables of docs/COST.md from docs/cost/*.tsv, and fails if the document holds others. The counts in docs/cost/ledger.tsv are kept
# by a test (infra/local/tests/flows/ledger.rs).
#   infra/ci/cost.sh --write   writes the tables into the document
set -euo pipefail
source "$(dirname "$0")/env.sh"

python3 -B infra/ci/cost.py "$@"
