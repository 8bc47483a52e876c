#!/usr/bin/env bash
# smoke.sh [PORT]: what a newcomer does. Starts the local stack by the README's command, posts the README's first webhook, sees
# one reply at the simulator, and ends it with Ctrl-C. It uses PORT (19002 if none is given) and the two after it.
set -euo pipefail
source "$(dirname "$0")/env.sh"

port=${1:-19002}
source infra/ci/stack.sh

post_the_readmes_webhook() {
  local command answer
  command=$(infra/ci/readme-command.sh 'curl .*/api/webhooks/')
  command=${command//:9002/:$port}
  echo "+ $command"
  answer=$(bash -euo pipefail -c "$command")
  echo "$answer"
  [[ $answer =~ \"status\":[[:space:]]*\"received\" ]] || die "the webhook was not answered with \"status\":\"received\""
}

# Prints a line for each message that the simulator was asked to send.
sends() {
  curl -fsS --max-time 2 "$simulator/_sim/sends" |
    python3 -c 'import json, sys; [print(s["session"], s["kind"], json.dumps(s["text"])) for s in json.load(sys.stdin)["sends"]]'
}

a_reply_was_sent() {
  sends >"$scratch/sends" && [[ -s $scratch/sends ]]
}

see_one_reply() {
  within 10 a_reply_was_sent || die "no reply reached the simulator within 10 s"
  sleep 2
  sends | tee "$scratch/sends"
  [[ $(wc -l <"$scratch/sends") == 1 ]] || die "one webhook wants one reply"
  grep -q '^instance_abc123 ' "$scratch/sends" || die "the reply did not leave from vendor_001's session"
}

start_stack
post_the_readmes_webhook
see_one_reply
press_ctrl_c
echo "the local stack answers and ends cleanly"
