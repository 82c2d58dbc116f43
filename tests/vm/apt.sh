# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# apt with a configuration of its own, for another suite or architecture: the host's is only asked for its mirror. Sourced
# by the scripts beside it, which set `cache`, a directory that is kept.

die() {
  printf 'vm: %s\n' "$*" >&2
  exit 1
}

host_codename() { (. /etc/os-release && echo "${VERSION_CODENAME:-}"); }

# The mirror that this host has its own suite from: "'URI/dists/SUITE/InRelease' FILE SIZE".
host_mirror() {
  local codename mirror
  codename=$(host_codename)
  mirror=$({ apt-get --print-uris update 2> /dev/null || true; } |
    sed -n "s|^'\(.*\)/dists/${codename:-none}/InRelease'.*|\1|p" | awk 'NR == 1')
  [[ -n $mirror ]] || die "apt's configuration names no mirror of this host's Debian: cannot fetch $1"
  echo "$mirror"
}

configure_apt() { # configure_apt DIRECTORY MIRROR SUITE ARCH
  mkdir -p "$1"/state/lists/partial "$1"/cache/archives/partial
  : > "$1/state/status"
  echo "deb $2 $3 main" > "$1/sources.list"
  cat > "$1/apt.conf" << EOF
Dir::Etc::sourcelist "$1/sources.list";
Dir::Etc::sourceparts "-";
Dir::Etc::preferencesparts "-";
Dir::Etc::preferences "-";
Dir::State "$1/state";
Dir::State::status "$1/state/status";
Dir::Cache "$1/cache";
APT::Architecture "$4";
APT::Architectures { "$4"; };
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "2";
EOF
  export APT_CONFIG=$1/apt.conf
}

# fetch_into PLACE WHAT SUITE ARCH COMMAND: runs `COMMAND WORK` with such an apt in a new directory, and keeps its WORK/result
# as PLACE. Of two that fetch the same, the second one's is thrown away.
fetch_into() {
  local place=$1 what=$2 mirror work
  mirror=$(host_mirror "$what")
  printf '    fetching %s from %s\n' "$what" "$mirror" >&2
  mkdir -p "${cache:?}"
  work=$(mktemp -d "$cache/.$(basename "$place").XXXXXX")
  # shellcheck disable=SC2064  # now, while the name is known
  trap "rm -rf '$work'" EXIT
  mkdir "$work/packages" "$work/result"
  configure_apt "$work/apt" "$mirror" "$3" "$4"
  if ! (apt-get -q -o APT::Update::Error-Mode=any update && "$5" "$work") > "$work/log" 2>&1; then
    tail -n 20 "$work/log" >&2
    die "cannot fetch $what from $mirror; apt's last lines are above"
  fi
  mv -T "$work/result" "$place" 2> /dev/null || [[ -d $place ]] || die "cannot write to $cache"
}
