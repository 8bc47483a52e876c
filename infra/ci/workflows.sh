#!/usr/bin/env bash
# Checks the workflows: their form and what zizmor knows of unsafe ones, and that every action is pinned to a commit with its version behind it.
# Nothing is asked of the network.
set -euo pipefail
source "$(dirname "$0")/env.sh"

check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
zizmor --offline --quiet --persona regular .github/workflows
if grep -nE '^\s*(- )?uses: ' .github/workflows/*.yml | grep -vE 'uses: [^@]+@[0-9a-f]{40} # v[0-9.]+$'; then
  die "an action is not pinned to a commit, with its version behind it"
fi
