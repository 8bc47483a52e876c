#!/usr/bin/env bash
# own_docker.sh COMMAND...: runs a command beside a Docker daemon of its own, as root. Daemon and command have their own network, processes and
# mounts, which end with the command, however it ends; the machine's firewall, its addresses and a daemon that it may have are left alone.
# The daemon has one image, the stand-in for public.ecr.aws/lambda/provided:al2023-x86_64 that SAM asks for: a shell for SAM's own step, and
# the libraries of this machine that the functions of .aws-sam/build are linked to. There is no way to a registry from there.
set -euo pipefail
source "$(dirname "$0")/env.sh"

[[ $(uname -m) == x86_64 ]] || die "the functions are built for x86_64, and this machine is none"
image=public.ecr.aws/lambda/provided:al2023-x86_64

if [[ ${1:-} != --inside ]]; then
  exec unshare --net --pid --mount --fork --mount-proc --kill-child "$0" --inside "$@"
fi
shift

# The path of a socket has to be short.
home=$(mktemp -d)
data=$CARGO_TARGET_DIR/own-docker
trap 'leave' EXIT

leave() {
  local code=$?
  if ((code != 0)) && [[ -s $home/daemon.log ]]; then
    echo "--- the Docker daemon's last words" >&2
    tail -n 10 "$home/daemon.log" >&2
  fi
  [[ -z ${daemon:-} ]] || { kill "$daemon" && wait "$daemon"; } 2>/dev/null || true
  rm -rf "$home" "$data"
}

start_daemon() {
  ip link set lo up
  rm -rf "$data"
  mkdir -p "$data"
  dockerd --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false --bip 172.17.0.1/16 \
    --data-root "$data" --exec-root "$home/run" --pidfile "$home/pid" --host "$DOCKER_HOST" >"$home/daemon.log" 2>&1 &
  daemon=$!
  for _ in {1..240}; do
    ! docker info >/dev/null 2>&1 || return 0
    kill -0 "$daemon" 2>/dev/null || die "the Docker daemon ended while starting"
    sleep 0.25
  done
  die "the Docker daemon is not ready after 60 s"
}

# Prints the files that the functions need to run, beside themselves.
libraries() {
  local bootstrap
  for bootstrap in .aws-sam/build/*/bootstrap; do
    ldd "$bootstrap" | grep -o '/[^ ]*'
  done | sort --unique
}

import_image() {
  local root=$home/root file
  mkdir -p "$root"/{bin,etc,opt,tmp,var/task,var/runtime,var/rapid}
  cp "$(command -v busybox)" "$root/bin/"
  ln -s busybox "$root/bin/sh"
  ln -s busybox "$root/bin/mv"
  ln -s busybox "$root/bin/chmod"
  while read -r file; do
    mkdir -p "$root$(dirname "$file")"
    cp --dereference "$file" "$root$file"
  done < <(libraries)
  tar -C "$root" -c . | docker import --change 'ENV PATH=/bin' --change 'WORKDIR /var/task' - "$image" >/dev/null
}

export DOCKER_HOST=unix://$home/docker.sock
start_daemon
import_image
"$@"
