#!/usr/bin/env bash
# The layout's promises: a function's folder, package, binary and logical id have one stem, and its main.rs has at most 30 lines.
set -euo pipefail
source "$(dirname "$0")/env.sh"

failed=0
complain() {
  echo "$*" >&2
  failed=1
}

for folder in functions/*/; do
  name=$(basename "$folder")
  main="${folder}src/main.rs"
  grep -qx "name = \"$name\"" "${folder}Cargo.toml" || complain "${folder}Cargo.toml: the package is not called $name"
  grep -qx "  ${name^}Function:" template.yaml || complain "template.yaml: there is no ${name^}Function"
  if [[ ! -f $main ]]; then
    complain "$main is missing"
  elif lines=$(wc -l <"$main") && ((lines > 30)); then
    complain "$main has $lines lines; at most 30 are wanted"
  fi
done

((failed == 0)) || exit 1
echo "every function keeps to the layout"
