#!/usr/bin/env bash
# Checks the sample events: they parse, they fit template.yaml, and their signatures and digests are right.
set -euo pipefail
source "$(dirname "$0")/env.sh"

"$CI_VENV/bin/python" infra/ci/check_events.py
