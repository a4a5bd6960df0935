#!/bin/sh
# Fails when a Markdown file links to a file that is not there.
set -eu

status=0
for file in "$@"; do
  for target in $(grep -o '](\./[^)]*)' "$file" | sed 's/](\.\///; s/)$//'); do
    [ -e "$(dirname "$file")/$target" ] || { echo "$file: $target is missing"; status=1; }
  done
done
exit $status
