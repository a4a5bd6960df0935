#!/bin/sh
# Lists the commits since a tag, one per line, with its author.
set -eu

since="${1:?usage: collect.sh TAG}"
git log --no-merges --format='%h %s (%an)' "$since"..HEAD
