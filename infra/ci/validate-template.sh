#!/usr/bin/env bash
# Checks template.yaml: SAM and cfn-lint, then the promises that neither of them knows.
set -euo pipefail
source "$(dirname "$0")/env.sh"

sam validate --lint --template-file template.yaml
"$CI_VENV/bin/python" infra/ci/check_template.py
