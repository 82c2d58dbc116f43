# Made by scripts/reference of the program's own help: edit the help.
# shellcheck shell=bash disable=SC2207
_cgtally() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W 'live record credits bursts serve totals lifecycle replay report compare size up down status doctor selftest -h --help --version' -- "$word"))
    return
  fi
  case $command in
    live)
      case $before in
        -i | --iface) COMPREPLY=($(compgen -W "$(command ls /sys/class/net 2> /dev/null)" -- "$word")); return ;;
        --netns) COMPREPLY=($(compgen -W "$(command ls /run/netns 2> /dev/null)" -- "$word")); return ;;
        --interval) :; return ;;
        --duration) :; return ;;
        --account) :; return ;;
        --by) COMPREPLY=($(compgen -W 'cgroup container pod namespace unit' -- "$word")); return ;;
        --top) :; return ;;
        --csv) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
        --json) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
        --host-root) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); return ;;
        --slots) :; return ;;
        --bpffs) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); return ;;
        --instance) :; return ;;
        --catalogue) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
        --state-dir) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); return ;;
      esac
      if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W '-h --help -i --iface --netns --interval --duration --once --account --by --top --csv --json --plain-names --host-root --slots --bpffs --private --version --no-connections --instance --catalogue --state-dir' -- "$word"))
      fi
      ;;
    record)
      case $before in
        -i | --iface) COMPREPLY=($(compgen -W "$(command ls /sys/class/net 2> /dev/null)" -- "$word")); return ;;
        --netns) COMPREPLY=($(compgen -W "$(command ls /run/netns 2> /dev/null)" -- "$word")); return ;;
        --interval) :; return ;;
        --duration) :; return ;;
        --account) :; return ;;
        --by) COMPREPLY=($(compgen -W 'cgroup container pod namespace unit' -- "$word")); return ;;
        --top) :; return ;;
        --csv) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
        --json) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
        --host-root) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); return ;;
        --slots) :; return ;;
        --bpffs) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); return ;;
        --allowances) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
        --bursts) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
        --threshold) :; return ;;
        --instance) :; return ;;
        --catalogue) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
      esac
      if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W '-h --help -i --iface --netns --interval --duration --once --account --by --top --csv --json --plain-names --host-root --slots --bpffs --private --version --no-connections --allowances --bursts --threshold --instance --catalogue' -- "$word"))
      fi
      ;;
    credits)
      case $before in
        -i | --iface) COMPREPLY=($(compgen -W "$(command ls /sys/class/net 2> /dev/null)" -- "$word")); return ;;
        --netns) COMPREPLY=($(compgen -W "$(command ls /run/netns 2> /dev/null)" -- "$word")); return ;;
        --interval) :; return ;;
        --duration) :; return ;;
        --by) COMPREPLY=($(compgen -W 'cgroup container pod namespace unit' -- "$word")); return ;;
        --top) :; return ;;
        --csv) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
        --json) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
        --host-root) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); return ;;
        --slots) :; return ;;
        --bpffs) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); return ;;
        --instance) :; return ;;
        --baseline) :; return ;;
        --burst) :; return ;;
        --bucket) :; return ;;
        --weighting) COMPREPLY=($(compgen -W 'default vpc-1 ebs-1' -- "$word")); return ;;
        --catalogue) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
        --start) COMPREPLY=($(compgen -W 'full empty unknown' -- "$word")); return ;;
        --start-from) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
        --state-dir) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); return ;;
        --warn) :; return ;;
      esac
      if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W '-h --help -i --iface --netns --interval --duration --once --by --top --csv --json --plain-names --host-root --slots --bpffs --private --version --instance --baseline --burst --bucket --weighting --catalogue --imds --start --start-from --state-dir --warn' -- "$word"))
      fi
      ;;
    bursts)
      case $before in
        -i | --iface) COMPREPLY=($(compgen -W "$(command ls /sys/class/net 2> /dev/null)" -- "$word")); return ;;
        --netns) COMPREPLY=($(compgen -W "$(command ls /run/netns 2> /dev/null)" -- "$word")); return ;;
        --threshold) :; return ;;
        --by) COMPREPLY=($(compgen -W 'cgroup container pod namespace unit' -- "$word")); return ;;
        --window) :; return ;;
        --instance) :; return ;;
        --catalogue) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
        --duration) :; return ;;
        --csv) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
        --json) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
        --dump) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); return ;;
        --dump-over) :; return ;;
        --dump-most) :; return ;;
        --dump-size) :; return ;;
        --host-root) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); return ;;
        --slots) :; return ;;
        --bpffs) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); return ;;
      esac
      if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W '-h --help -i --iface --netns --threshold --by --window --instance --catalogue --duration --csv --json --plain-names --dump --dump-over --dump-most --dump-size --host-root --slots --bpffs --private --version' -- "$word"))
      fi
      ;;
    serve)
      case $before in
        --listen) :; return ;;
        --token) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
        --allow-host) :; return ;;
        --replay) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
        -i | --iface) COMPREPLY=($(compgen -W "$(command ls /sys/class/net 2> /dev/null)" -- "$word")); return ;;
        --netns) COMPREPLY=($(compgen -W "$(command ls /run/netns 2> /dev/null)" -- "$word")); return ;;
        --interval) :; return ;;
        --duration) :; return ;;
        --top) :; return ;;
        --instance) :; return ;;
        --baseline) :; return ;;
        --burst) :; return ;;
        --bucket) :; return ;;
        --weighting) COMPREPLY=($(compgen -W 'default vpc-1 ebs-1' -- "$word")); return ;;
        --catalogue) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
        --start) COMPREPLY=($(compgen -W 'full empty unknown' -- "$word")); return ;;
        --state-dir) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); return ;;
        --slots) :; return ;;
        --window) :; return ;;
        --bpffs) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); return ;;
        --host-root) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); return ;;
      esac
      if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W '-h --help --listen --token --allow-host --replay -i --iface --netns --interval --duration --top --no-connections --instance --baseline --burst --bucket --weighting --catalogue --imds --start --state-dir --slots --window --private --bpffs --host-root --version' -- "$word"))
      fi
      ;;
    totals)
      case $before in
        -i | --iface) COMPREPLY=($(compgen -W "$(command ls /sys/class/net 2> /dev/null)" -- "$word")); return ;;
        --netns) COMPREPLY=($(compgen -W "$(command ls /run/netns 2> /dev/null)" -- "$word")); return ;;
        --account) :; return ;;
        --by) COMPREPLY=($(compgen -W 'cgroup container pod namespace unit' -- "$word")); return ;;
        --top) :; return ;;
        --csv) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
        --host-root) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); return ;;
        --bpffs) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); return ;;
      esac
      if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W '-h --help -i --iface --netns --account --by --top --csv --plain-names --json --host-root --bpffs --version' -- "$word"))
      fi
      ;;
    lifecycle)
      case $before in
        --since) :; return ;;
        --duration) :; return ;;
        --account) :; return ;;
        --by) COMPREPLY=($(compgen -W 'cgroup container pod namespace unit' -- "$word")); return ;;
        --csv) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
        --json) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
        --host-root) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); return ;;
        --bpffs) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); return ;;
      esac
      if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W '-h --help --since --duration --once --account --by --csv --json --plain-names --host-root --bpffs --version' -- "$word"))
      fi
      ;;
    replay)
      case $before in
        -i | --iface) COMPREPLY=($(compgen -W "$(command ls /sys/class/net 2> /dev/null)" -- "$word")); return ;;
        --account) :; return ;;
        --by) COMPREPLY=($(compgen -W 'cgroup container pod namespace unit' -- "$word")); return ;;
        --top) :; return ;;
        --csv) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
        --json) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
        --instance) :; return ;;
        --baseline) :; return ;;
        --burst) :; return ;;
        --bucket) :; return ;;
        --weighting) COMPREPLY=($(compgen -W 'default vpc-1 ebs-1' -- "$word")); return ;;
        --catalogue) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
        --start) COMPREPLY=($(compgen -W 'full empty unknown' -- "$word")); return ;;
        --as) :; return ;;
        --credits) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
        --tx-column) :; return ;;
        --rx-column) :; return ;;
        --time-column) :; return ;;
        --unit) :; return ;;
        --period) :; return ;;
        --tz) :; return ;;
        --statistic) COMPREPLY=($(compgen -W 'sum average' -- "$word")); return ;;
        --decimal) COMPREPLY=($(compgen -W 'point comma' -- "$word")); return ;;
      esac
      if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W '-h --help -i --iface --account --by --top --csv --json --plain-names --lifecycle --text --instance --baseline --burst --bucket --weighting --catalogue --imds --start --as --credits --tx-column --rx-column --time-column --unit --time-is-start --period --tz --statistic --decimal --by-file' -- "$word"))
      else
        compopt -o filenames; COMPREPLY=($(compgen -f -- "$word"))
      fi
      ;;
    report)
      case $before in
        -o | --output) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
        -i | --iface) COMPREPLY=($(compgen -W "$(command ls /sys/class/net 2> /dev/null)" -- "$word")); return ;;
        --by) COMPREPLY=($(compgen -W 'cgroup container pod namespace unit' -- "$word")); return ;;
        --instance) :; return ;;
        --baseline) :; return ;;
        --burst) :; return ;;
        --bucket) :; return ;;
        --weighting) COMPREPLY=($(compgen -W 'default vpc-1 ebs-1' -- "$word")); return ;;
        --catalogue) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
        --start) COMPREPLY=($(compgen -W 'full empty unknown' -- "$word")); return ;;
        --tx-column) :; return ;;
        --rx-column) :; return ;;
        --time-column) :; return ;;
        --unit) :; return ;;
        --period) :; return ;;
        --tz) :; return ;;
        --statistic) COMPREPLY=($(compgen -W 'sum average' -- "$word")); return ;;
        --decimal) COMPREPLY=($(compgen -W 'point comma' -- "$word")); return ;;
      esac
      if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W '-h --help -o --output -i --iface --by --instance --baseline --burst --bucket --weighting --catalogue --imds --start --tx-column --rx-column --time-column --unit --time-is-start --period --tz --statistic --decimal --by-file --version' -- "$word"))
      else
        compopt -o filenames; COMPREPLY=($(compgen -f -- "$word"))
      fi
      ;;
    compare)
      case $before in
        --share) :; return ;;
        --unit) COMPREPLY=($(compgen -W 'auto connections packets bytes' -- "$word")); return ;;
        --ratio) :; return ;;
        --by) COMPREPLY=($(compgen -W 'cgroup container pod namespace unit' -- "$word")); return ;;
        -i | --iface) COMPREPLY=($(compgen -W "$(command ls /sys/class/net 2> /dev/null)" -- "$word")); return ;;
        --netns) COMPREPLY=($(compgen -W "$(command ls /run/netns 2> /dev/null)" -- "$word")); return ;;
        --interval) :; return ;;
        --duration) :; return ;;
        --top) :; return ;;
        --csv) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
        --json) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
        --host-root) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); return ;;
        --slots) :; return ;;
        --bpffs) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); return ;;
      esac
      if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W '-h --help --share --unit --ratio --by -i --iface --netns --interval --duration --top --csv --json --plain-names --host-root --slots --bpffs --private --version' -- "$word"))
      else
        compopt -o filenames; COMPREPLY=($(compgen -f -- "$word"))
      fi
      ;;
    size)
      case $before in
        -i | --iface) COMPREPLY=($(compgen -W "$(command ls /sys/class/net 2> /dev/null)" -- "$word")); return ;;
        --tx-column) :; return ;;
        --rx-column) :; return ;;
        --time-column) :; return ;;
        --unit) :; return ;;
        --period) :; return ;;
        --tz) :; return ;;
        --statistic) COMPREPLY=($(compgen -W 'sum average' -- "$word")); return ;;
        --decimal) COMPREPLY=($(compgen -W 'point comma' -- "$word")); return ;;
        --response-size) :; return ;;
        --rps) :; return ;;
        --request-size) :; return ;;
        --pps-limit) :; return ;;
        --conns) :; return ;;
        --conns-limit) :; return ;;
        --types) :; return ;;
        --instance) :; return ;;
        --catalogue) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
        --top) :; return ;;
        --csv) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
        --json) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
      esac
      if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W '-h --help -i --iface --tx-column --rx-column --time-column --unit --time-is-start --period --tz --statistic --decimal --response-size --rps --request-size --pps-limit --conns --conns-limit --internet --types --instance --catalogue --top --csv --json --plain-names' -- "$word"))
      else
        compopt -o filenames; COMPREPLY=($(compgen -f -- "$word"))
      fi
      ;;
    up)
      case $before in
        -i | --iface) COMPREPLY=($(compgen -W "$(command ls /sys/class/net 2> /dev/null)" -- "$word")); return ;;
        --netns) COMPREPLY=($(compgen -W "$(command ls /run/netns 2> /dev/null)" -- "$word")); return ;;
        --slots) :; return ;;
        --host-root) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); return ;;
        --bpffs) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); return ;;
      esac
      if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W '-h --help -i --iface --netns --keep --lo --migrate --slots --host-root --bpffs' -- "$word"))
      fi
      ;;
    down)
      case $before in
        --host-root) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); return ;;
        --bpffs) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); return ;;
      esac
      if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W '-h --help --forget --host-root --bpffs' -- "$word"))
      fi
      ;;
    status)
      case $before in
        --host-root) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); return ;;
        --bpffs) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); return ;;
      esac
      if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W '-h --help --host-root --bpffs' -- "$word"))
      fi
      ;;
    doctor)
      case $before in
        --host-root) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); return ;;
      esac
      if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W '-h --help --host-root' -- "$word"))
      fi
      ;;
    selftest)
      case $before in
        --report) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
        --host-root) compopt -o filenames; COMPREPLY=($(compgen -d -- "$word")); return ;;
      esac
      if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W '-h --help --report --json --host-root --version' -- "$word"))
      fi
      ;;
  esac
}
complete -F _cgtally cgtally
