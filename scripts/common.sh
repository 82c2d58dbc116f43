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

# git, for whoever runs a script of this tree: root is told of "dubious ownership" by a clone that a user owns, unless sudo
# says that this user asks.
git_here() { git -c 'safe.directory=*' "$@"; }

# clone_here [OPTION...] PLACE: of this tree, likewise.
clone_here() {
  git clone --quiet --no-local --upload-pack "git -c 'safe.directory=*' upload-pack" "${@:1:$#-1}" "$root" "${!#}"
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

# Shows how far a command has come, whose output is on stdin: in place on a terminal, elsewhere as a line every ten
# seconds. Of ninja's [12/345] that line is a share, of anything else it is the last line.
show_progress() {
  local line status part="" text="" shown=$SECONDS start=$SECONDS in_place="" width=80
  if [[ -t 1 && ${TERM:-dumb} != dumb ]]; then
    in_place=1
    { width=$(stty size <&3 | cut -d ' ' -f 2); } 3>&1
  fi
  while true; do
    status=0
    IFS= read -r -t 1 line || status=$?
    ((status == 0 || status > 128)) || break # the end; above 128: a second has passed
    part+=$line
    if ((status == 0)); then
      text=${part//[^[:print:]]/}
      part=
      if [[ -z $in_place && $text =~ ^\[([0-9]+)/([0-9]+)\] ]]; then
        text="built ${BASH_REMATCH[1]} of ${BASH_REMATCH[2]} ($((100 * BASH_REMATCH[1] / BASH_REMATCH[2])) %)"
      fi
      text=${text/Building * object *.dir\//}
    fi
    if [[ -n $in_place ]]; then
      ((status != 0)) || printf '\r    %.*s\033[K' $((width - 5)) "$text"
    elif ((SECONDS - shown >= 9)); then
      note "$((SECONDS - start)) s: ${text:-just begun}"
      shown=$SECONDS
    fi
  done
  [[ -z $in_place ]] || printf '\r\033[K'
}

# with_progress LOG COMMAND...: how far it has come is shown, all it says is in LOG for the day that it fails.
with_progress() {
  local log=$1 status
  shift
  "$@" 2>&1 < /dev/null | tee -a "$log" | show_progress && return 0
  status=${PIPESTATUS[0]}
  tail -n 40 "$log" >&2
  return "$((status ? status : 1))"
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
  if ! with_progress "$log" as_caller cmake --preset "$preset" "${arguments[@]}" ||
    ! with_progress "$log" as_caller cmake --build --preset "$preset" --parallel "$(nproc)" "${targets[@]}"; then
    die "the build failed; its last lines are above, all of it is in $log"
  fi
  rm -f "$log"
  note "done in $((SECONDS - start)) s"
}

# The cgroup2 tree, wherever this host has it; empty if nowhere.
cgroup2_mount() {
  awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts
}
