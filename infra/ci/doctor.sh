#!/usr/bin/env bash
# doctor.sh [PORT]: proves a running local stack by `wabactl smoke`, breaks a table, a queue and a secret of it, and sees that `wabactl doctor`
# names each with what to do. It uses PORT (19042 if none is given) and the two after it.
set -euo pipefail
source "$(dirname "$0")/env.sh"

port=${1:-19042}
source infra/ci/stack.sh

# aws TARGET BODY: asks the local AWS endpoint, as the account's owner.
aws_owner() {
  curl -fsS --max-time 10 -o "$scratch/answer" "http://127.0.0.1:$((port + 1))" -H "x-amz-target: $1" \
    -H 'content-type: application/x-amz-json-1.0' -H 'x-amz-date: 20260101T000000Z' \
    -H 'authorization: AWS4-HMAC-SHA256 Credential=owner/20260101/eu-west-1/aws/aws4_request, SignedHeaders=host, Signature=0' -d "$2"
}

# ends_with CODES COMMAND...: runs wabactl and keeps what it shows.
ends_with() {
  local expected=$1 code=0
  shift
  echo "+ wabactl $*"
  wabactl --url "$gateway" --key-file .local/admin-key "$@" >"$scratch/shown" || code=$?
  cat "$scratch/shown"
  [[ $code =~ ^($expected)$ ]] || die "wabactl $1 ended with $code, and not with $expected"
}

shows() {
  grep -Eq "$1" "$scratch/shown" || die "it does not show: $1"
}

start_stack
cargo build --quiet --locked -p wabactl
export PATH="$CARGO_TARGET_DIR/debug:$PATH"

# Of a stack that was just started something may be left to see to, and nothing is broken.
ends_with '0|3' smoke vendor_001 --from +221700000099 --secrets events/local/vendors.csv
shows '^ok +tables +all 9 are there'
shows '^ok +queues +all 7 are there'
shows '^ok +secrets +all 4 are there'
shows '^ok +canary +received and replied to'

aws_owner DynamoDB_20120810.DeleteTable '{"TableName": "local-orders"}'
aws_owner AmazonSQS.DeleteQueue "{\"QueueUrl\": \"http://127.0.0.1:$((port + 1))/000000000000/local-quarantine\"}"
aws_owner secretsmanager.DeleteSecret '{"SecretId": "local/engine/platform"}'
ends_with 1 doctor
shows '^failed +table orders +missing +restore the table'
shows '^failed +queue quarantine +missing +'
shows '^failed +secret engine +missing +within its recovery window: aws secretsmanager restore-secret --secret-id <stack>/engine/platform'
press_ctrl_c
echo "what is well is shown to be, and what is broken is named with its fix"
