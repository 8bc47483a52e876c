#!/usr/bin/env bash
# engines.sh [PORT]: runs the examples of docs/ENGINE_CONTRACT.md and its two engines, each attached to a local stack of its own: a customer's
# message is answered through them, and a request that nobody signed is not. It uses PORT (19032 if none is given) and the three after it.
set -euo pipefail
source "$(dirname "$0")/env.sh"

port=${1:-19032}
source infra/ci/stack.sh
engine=
trap 'clean_up; [[ -z $engine ]] || kill -KILL "$engine" 2>/dev/null || true' EXIT

# example LANGUAGE: prints the document's engine in that language.
example() {
  awk -v fence="\`\`\`$1" '$0 == fence { inside = 1; next } $0 == "```" { inside = 0 } inside' docs/ENGINE_CONTRACT.md
}

# start_engine LANGUAGE COMMAND...: runs the document's engine beside the stack.
start_engine() {
  local file="$scratch/engine.$1"
  example "$1" >"$file"
  [[ -s $file ]] || die "the document has no engine in $1"
  (($(wc -l <"$file") <= 40)) || die "the engine in $1 is longer than a reader will read"
  [[ $1 != js ]] || mv "$file" "$scratch/engine.mjs"
  [[ $1 != js ]] || file="$scratch/engine.mjs"
  shift
  PORT=$((port + 3)) ENGINE_SECRET=$(<.local/engine-secret) "$@" "$file" >"$scratch/engine.log" 2>&1 &
  engine=$!
  within 20 engine_listens || die "the engine does not listen: $(<"$scratch/engine.log")"
}

# status_of_request [CURL'S OPTION...]: what the engine answers to a request.
status_of_request() {
  curl -sS --max-time 5 -o "$scratch/answer" -w '%{http_code}' -H 'content-type: application/json' -d '{}' "$@" "http://127.0.0.1:$((port + 3))/answer"
}

engine_listens() {
  [[ $(status_of_request 2>/dev/null) == 401 ]]
}

refuses_forgeries() {
  local now
  now=$(date +%s)
  for headers in "webhook-id: msg_1" "webhook-signature: v1,AAAA" "webhook-signature: v1,$(head -c 32 /dev/zero | base64)"; do
    [[ $(status_of_request -H "webhook-id: msg_1" -H "webhook-timestamp: $now" -H "$headers") == 401 ]] || die "the engine believes a forgery: $headers"
  done
}

# sends: prints the texts that the simulator was asked to send.
sends() {
  curl -fsS --max-time 2 "$simulator/_sim/sends" | jq -r '.sends[].text'
}

the_engine_answered() {
  sends | grep -qxF "My Shop A : « Avez-vous du thé ? », c'est noté."
}

for language in js python; do
  start_stack --engine "http://127.0.0.1:$((port + 3))/answer"
  case $language in
    js) start_engine js node ;;
    python) start_engine python python3 ;;
  esac
  refuses_forgeries
  curl -fsS --max-time 5 "$simulator/_sim/inbound" -H 'content-type: application/json' -d '{"vendorId":"vendor_001","from":"+221700000002","text":"Avez-vous du thé ?"}'
  within 20 the_engine_answered || die "the engine in $language did not answer: $(sends)"
  echo "the engine in $language answers, and believes nobody else"
  kill "$engine"
  wait "$engine" 2>/dev/null || true
  engine=
  press_ctrl_c
done

start_stack
python3 infra/ci/examples.py "$port" docs/ENGINE_CONTRACT.md
press_ctrl_c
