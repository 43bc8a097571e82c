#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# checksum.sh PROGRAM [DIR [ROUNDS]]: examples/c/checksum and
#   find DIR -type f -print0 | xargs -0 -P $(nproc) sha256sum
# in turns over the same tree, which was read before (so the disk does not
# count); prints both medians and their ratio.
set -euo pipefail

if (($# < 1 || $# > 3)); then
  echo "Usage: $0 PROGRAM [DIR [ROUNDS]]" >&2
  exit 2
fi
program=$1
folder=${2:-/usr/share/doc}
rounds=${3:-5}

ours () {
  "$program" "$folder"
}

theirs () {
  find "$folder" -type f -print0 | xargs -0 -r -P "$(nproc)" sha256sum
}

# seconds FUNCTION: how long it takes.
seconds () {
  local begin=$EPOCHREALTIME end
  "$1" >/dev/null
  end=$EPOCHREALTIME
  awk -v begin="${begin/,/.}" -v end="${end/,/.}" 'BEGIN { printf "%.4f\n", end - begin }'
}

median () {
  printf '%s\n' "$@" | LC_ALL=C sort -n | awk '{ v[NR] = $1 } END { print v[int ((NR + 1) / 2)] }'
}

cmp <(ours) <(theirs | LC_ALL=C sort -k 2) >/dev/null ||
  echo "The lists differ, at least in their order." >&2

our_seconds=()
their_seconds=()
for ((i = 0; i < rounds; i++)); do
  our_seconds+=("$(seconds ours)")
  their_seconds+=("$(seconds theirs)")
done

awk -v ours="$(median "${our_seconds[@]}")" -v theirs="$(median "${their_seconds[@]}")" \
  -v files="$(ours | wc -l)" -v folder="$folder" -v threads="$(nproc)" 'BEGIN {
    printf "%s: %d files, %d processors\n", folder, files, threads
    printf "checksum %.3f s, xargs sha256sum %.3f s, ratio %.2f (at most 1 is asked)\n",
           ours, theirs, ours / theirs
    exit ours > theirs
  }'
