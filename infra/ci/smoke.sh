#!/usr/bin/env bash
# smoke.sh [PORT]: what a newcomer does. Starts the local stack by the README's command, posts the README's first webhook, sees
# one reply at the simulator, and ends it with Ctrl-C. It uses PORT (19002 if none is given) and the two after it.
set -euo pipefail
source "$(dirname "$0")/env.sh"

port=${1:-19002}
gateway="http://127.0.0.1:$port"
simulator="http://127.0.0.1:$((port + 2))"
scratch=$(mktemp -d)
stack=

clean_up() {
  local code=$?
  if ((code != 0)) && [[ -s $scratch/stack.log ]]; then
    echo "--- the local stack's last words" >&2
    tail -n 40 "$scratch/stack.log" >&2
  fi
  [[ -z $stack ]] || kill -KILL -- "-$stack" 2>/dev/null || true
  rm -rf "$scratch"
}
trap clean_up EXIT

# within SECONDS COMMAND...: tries a command until it succeeds or the time is over.
within() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}

start() {
  local -a command
  read -ra command < <(infra/ci/readme-command.sh 'cargo run .*-p local')
  cargo build --locked -p local
  echo "+ ${command[*]} -- --port-base $port"
  # Job control gives the stack a process group of its own, which Ctrl-C can be sent to, and does not let it ignore the signal.
  set -m
  "${command[@]}" -- --port-base "$port" >"$scratch/stack.log" 2>&1 </dev/null &
  stack=$!
  set +m
  within 60 ready || die "the local stack is not ready after 60 s"
}

ready() {
  kill -0 "$stack" 2>/dev/null || die "the local stack ended while starting"
  curl -fsS --max-time 2 -o "$scratch/health" "$gateway/health" 2>/dev/null
}

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

stopped() {
  ! kill -0 "$stack" 2>/dev/null
}

press_ctrl_c() {
  local code=0
  kill -INT -- "-$stack"
  within 15 stopped || die "the local stack still runs 15 s after Ctrl-C"
  wait "$stack" || code=$?
  stack=
  ((code == 0)) || die "Ctrl-C ended the local stack with $code"
}

start
post_the_readmes_webhook
see_one_reply
press_ctrl_c
echo "the local stack answers and ends cleanly"
