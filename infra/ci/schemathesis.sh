#!/usr/bin/env bash
# schemathesis.sh [PORT]: asks the local stack everything that the description of the API allows, and much that it does not. No answer may be a
# 5xx, and none may be other than described. It uses PORT (19012 if none is given) and the two after it.
set -euo pipefail
source "$(dirname "$0")/env.sh"

port=${1:-19012}
source infra/ci/stack.sh

start_stack
schemathesis --no-color run docs/openapi.yaml \
  --url "$gateway" \
  --header "Authorization: Bearer $admin_key" \
  --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance \
  --phases examples,coverage,fuzzing \
  --max-examples "${SCHEMATHESIS_EXAMPLES:-20}" \
  --generation-deterministic \
  --continue-on-failure \
  --request-timeout 12
press_ctrl_c
