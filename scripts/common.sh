# SPDX-License-Identifier: Apache-2.0
# What the scripts share: one line for each step, work done as the calling user, builds. Sourced, never run.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root" || exit

# Under sudo the files belong to whoever called it; plain root works for itself.
caller=$(id -un)
if [[ $EUID -eq 0 && -n ${SUDO_USER:-} && $SUDO_USER != root ]]; then
  caller=$SUDO_USER
fi

step() { printf '==> %s\n' "$*"; }
note() { printf '    %s\n' "$*"; }
die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

as_caller() {
  if [[ $(id -un) == "$caller" ]]; then
    "$@"
  else
    runuser -u "$caller" -- env HOME="$(getent passwd "$caller" | cut -d: -f6)" "$@"
  fi
}

# A root-owned leftover of another day must not stop today's build, nor stay behind.
give_to_caller() {
  local path
  [[ $EUID -eq 0 && $caller != root ]] || return 0
  for path in "$@"; do
    [[ -e $path ]] && chown -hR "$caller:" "$path"
  done
  return 0
}

# quietly LOG COMMAND...: the output is for the day it fails.
quietly() {
  local log=$1
  shift
  "$@" > "$log" 2>&1 < /dev/null && return 0
  tail -n 40 "$log" >&2
  return 1
}

# build PRESET [CMAKE_ARGUMENT...] [-- TARGET...]
build() {
  local preset=$1 log targets=() arguments=() start=$SECONDS
  shift
  while (($#)); do
    if [[ $1 == -- ]]; then
      targets=(--target "${@:2}")
      break
    fi
    arguments+=("$1")
    shift
  done
  step "Building the $preset preset as $caller ($(nproc) jobs)"
  give_to_caller build
  as_caller test -w . || die "$caller cannot write to $root; clone it where that user can"
  log=$(mktemp)
  if ! quietly "$log" as_caller cmake --preset "$preset" "${arguments[@]}" ||
    ! quietly "$log" as_caller cmake --build --preset "$preset" --parallel "$(nproc)" "${targets[@]}"; then
    die "the build failed; its last lines are above, all of it is in $log"
  fi
  rm -f "$log"
  note "done in $((SECONDS - start)) s"
}

# The cgroup2 tree, wherever this host has it; empty if nowhere.
cgroup2_mount() {
  awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts
}
