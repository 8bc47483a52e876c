# Sourced by the scripts that need a running local stack: starts it by the README's command on ports of its own, and ends it.
# A script sets `port` before, and has `gateway`, `simulator`, `admin_key` and `scratch` (a folder that is removed) after `start_stack`.
# shellcheck shell=bash
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

# start_stack [OPTION...]: what follows is given to the stack.
start_stack() {
  local -a command
  # shellcheck disable=SC2034,SC2154  # For the scripts that source this, and from them.
  gateway="http://127.0.0.1:$port" simulator="http://127.0.0.1:$((port + 2))"
  read -ra command < <(infra/ci/readme-command.sh 'cargo run .*-p local')
  cargo build --locked -p local
  echo "+ ${command[*]} -- --port-base $port $*"
  # Job control gives the stack a process group of its own, which Ctrl-C can be sent to, and does not let it ignore the signal.
  set -m
  "${command[@]}" -- --port-base "$port" "$@" >"$scratch/stack.log" 2>&1 </dev/null &
  stack=$!
  set +m
  within 60 ready || die "the local stack is not ready after 60 s"
  # shellcheck disable=SC2034
  admin_key=$(<.local/admin-key)
}

ready() {
  kill -0 "$stack" 2>/dev/null || die "the local stack ended while starting"
  curl -fsS --max-time 2 -o "$scratch/health" "$gateway/health" 2>/dev/null
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
