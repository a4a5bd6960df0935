#!/bin/sh
# Lists the commits since a tag, one per line.
set -eu

since="${1:?usage: collect.sh TAG}"
git log --no-merges --format='%s' "$since"..HEAD
