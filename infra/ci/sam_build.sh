#!/usr/bin/env bash
# sam_build.sh: builds every function by `sam build`, as a deployment does, and looks at what came out, which stays in .aws-sam/build.
# SAM builds one function after the other, and all of them come from one workspace: so all are compiled in one go before, and each of SAM's
# builds finds its own ready. Amazon Linux 2023 has glibc 2.34: what asks for a newer one would not start there.
#   ARCHITECTURE=arm64 infra/ci/sam_build.sh   builds for Graviton; without it for the template's default, x86_64
set -euo pipefail
source "$(dirname "$0")/env.sh"

architecture=${ARCHITECTURE:-x86_64}
glibc=2.34
built=.aws-sam/build

compile() {
  local folder binaries=()
  for folder in functions/*/; do
    binaries+=(--bin "$(basename "$folder")")
  done
  if [[ $architecture == arm64 ]]; then
    binaries+=(--arm64)
  fi
  cargo lambda build --release --locked "${binaries[@]}"
}

# newest_glibc FILE: the newest version of glibc that a program asks for.
newest_glibc() {
  readelf --version-info --wide "$1" | grep -o 'Name: GLIBC_[0-9.]*' | sort --version-sort --unique | tail -n 1 | cut -d _ -f 2
}

# look_at FUNCTION: prints what was built for it, as it is and as it is uploaded.
look_at() {
  local bootstrap=$built/$1/bootstrap newest
  [[ -x $bootstrap ]] || die "sam build made no $bootstrap"
  newest=$(newest_glibc "$bootstrap")
  (cd "$built/$1" && python3 -m zipfile -c "$scratch/$1.zip" bootstrap)
  printf '%-22s %9d bytes, %9d zipped, glibc %s\n' "$1" "$(stat -c %s "$bootstrap")" "$(stat -c %s "$scratch/$1.zip")" "$newest"
  [[ $(printf '%s\n' "$newest" "$glibc" | sort --version-sort | tail -n 1) == "$glibc" ]] ||
    die "$bootstrap asks for glibc $newest, and Amazon Linux 2023 has $glibc"
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

begin=$SECONDS
compile
compiled=$SECONDS
sam build --parameter-overrides "Architecture=$architecture"
printf '\ncompiled in %d s, built by SAM in %d s\n' $((compiled - begin)) $((SECONDS - compiled))
for folder in functions/*/; do
  name=$(basename "$folder")
  look_at "${name^}Function"
done
