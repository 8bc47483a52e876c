#!/usr/bin/env bash
# readme-command.sh PATTERN: prints the first command in README.md's code blocks that begins with PATTERN (an extended regular
# expression whose first word is the program), whole and without the remark behind it. CI runs what the README tells people to run.
set -euo pipefail
source "$(dirname "$0")/env.sh"

awk -v pattern="^($1)" -v program="${1%% *}" '
  /^[ \t]*```/ { fenced = !fenced; command = ""; next }
  !fenced      { next }
  command == "" {
    sub(/^[ \t]*(\$ )?/, "")
    if (index($0, program " ") != 1) next
    quotes = 0
  }
  {
    command = command (command == "" ? "" : "\n") $0
    line = $0
    quotes += gsub(/\047/, "", line)
    # A command goes on after a backslash, and within single quotes.
    if ($0 ~ /\\$/ || quotes % 2 == 1) next
    if (command ~ pattern) { sub(/[ \t]+#[^\n\047"]*$/, "", command); print command; found = 1; exit }
    command = ""
  }
  END { exit !found }
' README.md || die "README.md has no command that begins with: $1"
