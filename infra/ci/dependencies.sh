#!/usr/bin/env bash
# Checks the dependency tree against deny.toml.
set -euo pipefail
source "$(dirname "$0")/env.sh"

cargo deny --locked --log-level error check bans licenses sources

# The list of known vulnerabilities is a git repository, which not every machine can reach.
if timeout 60 cargo deny --log-level off fetch db; then
  cargo deny --locked --log-level error check --disable-fetch advisories
else
  echo "LEFT OUT: known vulnerabilities (cargo deny check advisories), as the advisory database can't be fetched from here"
fi
