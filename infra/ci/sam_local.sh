#!/usr/bin/env bash
# sam_local.sh [PORT]: runs what sam_build.sh built in containers, by SAM, against a local stack that leaves queues and timer to them: every
# sample event by `sam local invoke`, and the main job through `sam local start-api`; see sam_local.py. The local stack uses PORT (9002 if none
# is given) and the two after it. A Docker daemon that answers is used; root has one started, which ends with the run.
set -euo pipefail
source "$(dirname "$0")/env.sh"

port=${1:-9002}
[[ -f .aws-sam/build/template.yaml ]] || die "nothing is built: run infra/ci/sam_build.sh first"

if docker info >/dev/null 2>&1; then
  infra/ci/sam_local_inside.sh "$port"
elif [[ $(id -u) == 0 ]]; then
  # There is no network where that runs.
  cargo build --locked -p local
  infra/ci/own_docker.sh infra/ci/sam_local_inside.sh "$port"
else
  echo "LEFT OUT: sam local, for no Docker daemon answers here, and only root can start one"
fi
