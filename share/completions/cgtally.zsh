#compdef cgtally
# Made by scripts/reference of the program's own help: edit the help.
_cgtally() {
  local state line
  local -a commands
  commands=(
    'live:Show traffic by account\: a full screen on a terminal, lines elsewhere'
    'record:Write samples to a CSV file or to stdout'
    'credits:Show network credits\: balance, time to empty, and the top accounts'
    'bursts:Report microbursts, each with the account that caused it'
    'serve:Serve metrics, a page and an API by HTTP\: for Prometheus and browsers'
    'totals:Show what every account has moved since the pinned ledger began'
    'lifecycle:Tell containers as they begin and end, and what still came after'
    'replay:Show recorded samples\: a screen on a terminal, then rates, peaks and top accounts'
    'report:Make one HTML page of recordings'
    'compare:Compare a service with its mirror, and tell which requests never came'
    'size:Find the instance types that carry a recorded or a given workload'
    'up:Pin the ledger\: counting continues after cgtally has ended'
    'down:Detach the pinned ledger; its totals are kept, unless --forget is given'
    'status:Show what the pinned ledger counts, its cost, and the traffic it misses'
    'doctor:Check what this host supports, what of its containers is named, and how to fix what is missing'
    'selftest:Count traffic of known size in a network of its own, and say whether this kernel lets cgtally count each byte'
  )
  _arguments -C \
    '*-h[Print this help]' \
    '*--help[Print this help]' \
    '*--version[Print the version]' \
    '1: :->command' '*:: :->rest' && return
  case $state in
    command) _describe -t commands command commands ;;
    rest)
      case $line[1] in
        live) _arguments \
          '*-h[Print this help]' \
          '*--help[Print this help]' \
          '*-i[Interface to count]:NAME|GLOB:_files -W /sys/class/net' \
          '*--iface[Interface to count]:NAME|GLOB:_files -W /sys/class/net' \
          '*--netns[Network namespace to count in, by name or glob, or all]:NAME|PID|PATH:_files -W /run/netns' \
          '*--interval[Time between two readings]:TIME: ' \
          '*--duration[Time to run]:TIME: ' \
          '*--once[Stop after one interval]' \
          '*--account[Show only accounts whose path or name matches, such as '\''/system.slice/*'\'' or '\''shop/api-*'\'']:GLOB: ' \
          '*--by[Sum accounts by this name]:NAME:(cgroup container pod namespace unit)' \
          '*--top[Show N accounts, and the others as one]:N: ' \
          '*--csv[Append samples to this file, too]:FILE:_files' \
          '*--json[The same as JSON lines]:FILE:_files' \
          '*--plain-names[Write names as they are]' \
          '*--host-root[Directory where the host'\''s root is mounted]:DIR:_files -/' \
          '*--slots[Number of accounts that the ledger has room for]:N: ' \
          '*--bpffs[BPF file system that holds the ledger]:DIR:_files -/' \
          '*--private[Count with private programs, even if a pinned ledger is up]' \
          '*--version[Print the version]' \
          '*--no-connections[Do not ask for TCP connections]' \
          '*--instance[Instance type, such as t4g.micro or cache.t4g.micro]:TYPE: ' \
          '*--catalogue[CSV of instance types that overrides the built-in table]:FILE:_files' \
          '*--state-dir[Directory in which the estimate is kept across restarts]:DIR:_files -/' ;;
        record) _arguments \
          '*-h[Print this help]' \
          '*--help[Print this help]' \
          '*-i[Interface to count]:NAME|GLOB:_files -W /sys/class/net' \
          '*--iface[Interface to count]:NAME|GLOB:_files -W /sys/class/net' \
          '*--netns[Network namespace to count in, by name or glob, or all]:NAME|PID|PATH:_files -W /run/netns' \
          '*--interval[Time between two readings]:TIME: ' \
          '*--duration[Time to run]:TIME: ' \
          '*--once[Stop after one interval]' \
          '*--account[Write only accounts whose path or name matches, such as '\''/system.slice/*'\'' or '\''shop/api-*'\'', and]:GLOB: ' \
          '*--by[Sum accounts by this name]:NAME:(cgroup container pod namespace unit)' \
          '*--top[Number of accounts in the summary at the end]:N: ' \
          '*--csv[Append samples to this file]:FILE|-:_files' \
          '*--json[The same as JSON lines]:FILE|-:_files' \
          '*--plain-names[Write names as they are]' \
          '*--host-root[Directory where the host'\''s root is mounted]:DIR:_files -/' \
          '*--slots[Number of accounts that the ledger has room for]:N: ' \
          '*--bpffs[BPF file system that holds the ledger]:DIR:_files -/' \
          '*--private[Count with private programs, even if a pinned ledger is up]' \
          '*--version[Print the version]' \
          '*--no-connections[Do not ask for TCP connections]' \
          '*--allowances[Append ENA'\''s allowance counters to this file, too, once a second]:FILE:_files' \
          '*--bursts[Append bursts to this file, too]:FILE:_files' \
          '*--threshold[Rate from which traffic counts as a burst, for --bursts]:SHARE|RATE: ' \
          '*--instance[Instance type, such as t4g.micro or cache.t4g.micro]:TYPE: ' \
          '*--catalogue[CSV of instance types that overrides the built-in table]:FILE:_files' ;;
        credits) _arguments \
          '*-h[Print this help]' \
          '*--help[Print this help]' \
          '*-i[Interface to count]:NAME|GLOB:_files -W /sys/class/net' \
          '*--iface[Interface to count]:NAME|GLOB:_files -W /sys/class/net' \
          '*--netns[Network namespace to count in, by name or glob, or all]:NAME|PID|PATH:_files -W /run/netns' \
          '*--interval[Time between two readings]:TIME: ' \
          '*--duration[Time to run]:TIME: ' \
          '*--once[Stop after one interval]' \
          '*--by[Sum accounts by this name]:NAME:(cgroup container pod namespace unit)' \
          '*--top[Number of accounts to name]:N: ' \
          '*--csv[Append one row for each direction and interval to this file]:FILE|-:_files' \
          '*--json[The same as JSON lines]:FILE|-:_files' \
          '*--plain-names[Write names as they are]' \
          '*--host-root[Directory where the host'\''s root is mounted]:DIR:_files -/' \
          '*--slots[Number of accounts that the ledger has room for]:N: ' \
          '*--bpffs[BPF file system that holds the ledger]:DIR:_files -/' \
          '*--private[Count with private programs, even if a pinned ledger is up]' \
          '*--version[Print the version]' \
          '*--instance[Instance type, such as t4g.micro or cache.t4g.micro]:TYPE: ' \
          '*--baseline[Rate that the instance can sustain without credits, instead of the type'\''s]:RATE: ' \
          '*--burst[Rate of the instance while it has credits, instead of the type'\''s]:RATE: ' \
          '*--bucket[Size of the full bucket of each direction, such as 26GB, or the range in which it lies]:SIZE: ' \
          '*--weighting[Bandwidth weighting that the instance is configured with]:NAME:(default vpc-1 ebs-1)' \
          '*--catalogue[CSV of instance types that overrides the built-in table]:FILE:_files' \
          '*--imds[Ask the instance metadata service for the type]' \
          '*--start[Balance of the bucket when the estimate begins]:NAME:(full empty unknown)' \
          '*--start-from[Recording from which the balance at the beginning is computed]:FILE:_files' \
          '*--state-dir[Directory in which the estimate is kept across restarts]:DIR:_files -/' \
          '*--warn[Warn if the credits may end within this time]:TIME: ' ;;
        bursts) _arguments \
          '*-h[Print this help]' \
          '*--help[Print this help]' \
          '*-i[Interface to count]:NAME|GLOB:_files -W /sys/class/net' \
          '*--iface[Interface to count]:NAME|GLOB:_files -W /sys/class/net' \
          '*--netns[Network namespace to count in, by name or glob, or all]:NAME|PID|PATH:_files -W /run/netns' \
          '*--threshold[Rate from which traffic counts as a burst, such as 2Gbit, or its share of the rate that the instance or the link can reach]:SHARE|RATE: ' \
          '*--by[Sum accounts by this name]:NAME:(cgroup container pod namespace unit)' \
          '*--window[Length of the windows in which bursts are looked for]:TIME: ' \
          '*--instance[Instance type, such as t4g.micro or cache.t4g.micro]:TYPE: ' \
          '*--catalogue[CSV of instance types that overrides the built-in table]:FILE:_files' \
          '*--duration[Time to run]:TIME: ' \
          '*--csv[Append bursts to this file]:FILE|-:_files' \
          '*--json[The same as JSON lines]:FILE|-:_files' \
          '*--plain-names[Write names as they are]' \
          '*--dump[Write the windows from 1 s before to 1 s after a burst to a file in DIR, for each burst during which an allowance counter moved]:DIR:_files -/' \
          '*--dump-over[Dump each burst with at least this peak, too]:RATE: ' \
          '*--dump-most[Number of dumps to keep in DIR, the newest]:N: ' \
          '*--dump-size[Size of all dumps in DIR together]:SIZE: ' \
          '*--host-root[Directory where the host'\''s root is mounted]:DIR:_files -/' \
          '*--slots[Number of accounts that the ledger has room for]:N: ' \
          '*--bpffs[BPF file system that holds the ledger]:DIR:_files -/' \
          '*--private[Count with private programs, even if a pinned ledger is up]' \
          '*--version[Print the version]' ;;
        serve) _arguments \
          '*-h[Print this help]' \
          '*--help[Print this help]' \
          '*--listen[Address and port]:ADDRESS\:PORT: ' \
          '*--token[Answer only requests that have the token in the first line of this file]:FILE:_files' \
          '*--allow-host[A name under which a proxy asks]:NAME: ' \
          '*--replay[Serve a recording as if it were counted now]:FILE:_files' \
          '*-i[Interface to count]:NAME|GLOB:_files -W /sys/class/net' \
          '*--iface[Interface to count]:NAME|GLOB:_files -W /sys/class/net' \
          '*--netns[Network namespace to count in, by name or glob, or all]:NAME|PID|PATH:_files -W /run/netns' \
          '*--interval[Time between two readings]:TIME: ' \
          '*--duration[Time to run]:TIME: ' \
          '*--top[Give N accounts series of their own in /metrics]:N: ' \
          '*--no-connections[Do not ask for TCP connections]' \
          '*--instance[Instance type, such as t4g.micro or cache.t4g.micro]:TYPE: ' \
          '*--baseline[Rate that the instance can sustain without credits, instead of the type'\''s]:RATE: ' \
          '*--burst[Rate of the instance while it has credits, instead of the type'\''s]:RATE: ' \
          '*--bucket[Size of the full bucket of each direction, such as 26GB, or the range in which it lies]:SIZE: ' \
          '*--weighting[Bandwidth weighting that the instance is configured with]:NAME:(default vpc-1 ebs-1)' \
          '*--catalogue[CSV of instance types that overrides the built-in table]:FILE:_files' \
          '*--imds[Ask the instance metadata service for the type]' \
          '*--start[Balance of the bucket when the estimate begins]:NAME:(full empty unknown)' \
          '*--state-dir[Directory in which the estimate is kept across restarts]:DIR:_files -/' \
          '*--slots[Number of accounts that the ledger has room for]:N: ' \
          '*--window[Length of the windows in which bursts are looked for]:TIME: ' \
          '*--private[Count with private programs, even if a pinned ledger is up]' \
          '*--bpffs[BPF file system that holds the ledger]:DIR:_files -/' \
          '*--host-root[Directory where the host'\''s root is mounted]:DIR:_files -/' \
          '*--version[Print the version]' ;;
        totals) _arguments \
          '*-h[Print this help]' \
          '*--help[Print this help]' \
          '*-i[Interface of the ledger]:NAME|GLOB:_files -W /sys/class/net' \
          '*--iface[Interface of the ledger]:NAME|GLOB:_files -W /sys/class/net' \
          '*--netns[Network namespace whose interfaces are shown]:NAME|PID|PATH:_files -W /run/netns' \
          '*--account[Show only accounts whose path or name matches, such as '\''shop/api-*'\'' or '\'']:GLOB: ' \
          '*--by[Sum accounts by this name]:NAME:(cgroup container pod namespace unit)' \
          '*--top[Show the N rows with most bytes]:N: ' \
          '*--csv[Append the rows to this file]:FILE|-:_files' \
          '*--plain-names[Write names as they are]' \
          '*--json[Write one JSON document instead of the table]' \
          '*--host-root[Directory where the host'\''s root is mounted]:DIR:_files -/' \
          '*--bpffs[BPF file system that holds the ledger]:DIR:_files -/' \
          '*--version[Print the version]' ;;
        lifecycle) _arguments \
          '*-h[Print this help]' \
          '*--help[Print this help]' \
          '*--since[Tell also the begins and ends of this long before now, as far as the ledger knows them]:TIME: ' \
          '*--duration[Time to run]:TIME: ' \
          '*--once[Tell what the ledger knows, and end]' \
          '*--account[Show only containers whose path or name matches, such as '\''shop/api-*'\'']:GLOB: ' \
          '*--by[Name whose ends are compared]:NAME:(cgroup container pod namespace unit)' \
          '*--csv[Append the rows to this file]:FILE|-:_files' \
          '*--json[The same as JSON lines]:FILE|-:_files' \
          '*--plain-names[Write names as they are]' \
          '*--host-root[Directory where the host'\''s root is mounted]:DIR:_files -/' \
          '*--bpffs[BPF file system that holds the ledger]:DIR:_files -/' \
          '*--version[Print the version]' ;;
        replay) _arguments \
          '*-h[Print this help]' \
          '*--help[Print this help]' \
          '*-i[Interface to show]:NAME|GLOB:_files -W /sys/class/net' \
          '*--iface[Interface to show]:NAME|GLOB:_files -W /sys/class/net' \
          '*--account[Show only accounts whose path or name matches, such as '\''/system.slice/*'\'' or '\''shop/api-*'\'']:GLOB: ' \
          '*--by[Sum accounts by this name]:NAME:(cgroup container pod namespace unit)' \
          '*--top[Show N accounts, and the others as one]:N: ' \
          '*--csv[Write the rows to this new file, with deltas and rates computed from the totals]:FILE|-:_files' \
          '*--json[The same as JSON lines]:FILE|-:_files' \
          '*--plain-names[Write names as they are]' \
          '*--lifecycle[Tell begins and ends of containers, of samples or of CSVs of lifecycle]' \
          '*--text[Print the report and open no screen, as where stdout is no terminal]' \
          '*--instance[Instance type, such as t4g.micro or cache.t4g.micro]:TYPE: ' \
          '*--baseline[Rate that the instance can sustain without credits, instead of the type'\''s]:RATE: ' \
          '*--burst[Rate of the instance while it has credits, instead of the type'\''s]:RATE: ' \
          '*--bucket[Size of the full bucket of each direction, such as 26GB, or the range in which it lies]:SIZE: ' \
          '*--weighting[Bandwidth weighting that the instance is configured with]:NAME:(default vpc-1 ebs-1)' \
          '*--catalogue[CSV of instance types that overrides the built-in table]:FILE:_files' \
          '*--imds[Ask the instance metadata service for the type]' \
          '*--start[Balance of the bucket when the estimate begins]:NAME:(full empty unknown)' \
          '*--as[Set the recording against these instance types side by side, as if each had carried it]:TYPE|GLOB: ' \
          '*--credits[Write the estimate of the credits to this file, one row for each direction and interval, as JSON lines if its name ends in .jsonl]:FILE|-:_files' \
          '*--tx-column[Column or metric of another monitor that is the sent traffic]:NAME: ' \
          '*--rx-column[Column or metric of another monitor that is the received traffic]:NAME: ' \
          '*--time-column[The column of another monitor'\''s time]:NAME: ' \
          '*--unit[Unit of another monitor'\''s columns]:UNIT: ' \
          '*--time-is-start[Another monitor'\''s time is the beginning of an interval, as CloudWatch'\''s is, not its end]' \
          '*--period[Length of a row of another monitor]:TIME: ' \
          '*--tz[Zone of another monitor'\''s times that have none]:ZONE: ' \
          '*--statistic[CloudWatch statistic of a file that does not name it]:NAME:(sum average)' \
          '*--decimal[Decimal mark of another monitor'\''s numbers]:NAME:(point comma)' \
          '*--by-file[Judge each file of another monitor as a node of its own]' \
          '*:file:_files' ;;
        report) _arguments \
          '*-h[Print this help]' \
          '*--help[Print this help]' \
          '*-o[Write the page to this file, and replace one that is there]:FILE|-:_files' \
          '*--output[Write the page to this file, and replace one that is there]:FILE|-:_files' \
          '*-i[Interface to show]:NAME|GLOB:_files -W /sys/class/net' \
          '*--iface[Interface to show]:NAME|GLOB:_files -W /sys/class/net' \
          '*--by[Sum accounts by this name]:NAME:(cgroup container pod namespace unit)' \
          '*--instance[Instance type, such as t4g.micro or cache.t4g.micro]:TYPE: ' \
          '*--baseline[Rate that the instance can sustain without credits, instead of the type'\''s]:RATE: ' \
          '*--burst[Rate of the instance while it has credits, instead of the type'\''s]:RATE: ' \
          '*--bucket[Size of the full bucket of each direction, such as 26GB, or the range in which it lies]:SIZE: ' \
          '*--weighting[Bandwidth weighting that the instance is configured with]:NAME:(default vpc-1 ebs-1)' \
          '*--catalogue[CSV of instance types that overrides the built-in table]:FILE:_files' \
          '*--imds[Ask the instance metadata service for the type]' \
          '*--start[Balance of the bucket when the estimate begins]:NAME:(full empty unknown)' \
          '*--tx-column[Column or metric of another monitor that is the sent traffic]:NAME: ' \
          '*--rx-column[Column or metric of another monitor that is the received traffic]:NAME: ' \
          '*--time-column[The column of another monitor'\''s time]:NAME: ' \
          '*--unit[Unit of another monitor'\''s columns]:UNIT: ' \
          '*--time-is-start[Another monitor'\''s time is the beginning of an interval, as CloudWatch'\''s is, not its end]' \
          '*--period[Length of a row of another monitor]:TIME: ' \
          '*--tz[Zone of another monitor'\''s times that have none]:ZONE: ' \
          '*--statistic[CloudWatch statistic of a file that does not name it]:NAME:(sum average)' \
          '*--decimal[Decimal mark of another monitor'\''s numbers]:NAME:(point comma)' \
          '*--by-file[Judge each file of another monitor as a node of its own]' \
          '*--version[Print the version]' \
          '*:file:_files' ;;
        compare) _arguments \
          '*-h[Print this help]' \
          '*--help[Print this help]' \
          '*--share[Share of the original'\''s requests that is mirrored, such as 10%]:SHARE: ' \
          '*--unit[What counts as a request]:NAME:(auto connections packets bytes)' \
          '*--ratio[What the mirror receives for each mirrored request of the original, if that differs, such as 1.5 packets for each]:NUMBER|learn: ' \
          '*--by[Sum accounts by this name]:NAME:(cgroup container pod namespace unit)' \
          '*-i[Interface to compare on]:NAME|GLOB:_files -W /sys/class/net' \
          '*--iface[Interface to compare on]:NAME|GLOB:_files -W /sys/class/net' \
          '*--netns[Network namespace to count in, by name or glob, or all]:NAME|PID|PATH:_files -W /run/netns' \
          '*--interval[Time between two readings]:TIME: ' \
          '*--duration[Time to run]:TIME: ' \
          '*--top[Show N lines of what is outside of the expected]:N: ' \
          '*--csv[Write a row for each interval and quantity to this new file]:FILE|-:_files' \
          '*--json[The same as JSON lines]:FILE|-:_files' \
          '*--plain-names[Write names as they are]' \
          '*--host-root[Directory where the host'\''s root is mounted]:DIR:_files -/' \
          '*--slots[Number of accounts that the ledger has room for]:N: ' \
          '*--bpffs[BPF file system that holds the ledger]:DIR:_files -/' \
          '*--private[Count with private programs, even if a pinned ledger is up]' \
          '*--version[Print the version]' \
          '*:file:_files' ;;
        size) _arguments \
          '*-h[Print this help]' \
          '*--help[Print this help]' \
          '*-i[Interface whose traffic counts]:NAME|GLOB:_files -W /sys/class/net' \
          '*--iface[Interface whose traffic counts]:NAME|GLOB:_files -W /sys/class/net' \
          '*--tx-column[Column or metric of another monitor that is the sent traffic]:NAME: ' \
          '*--rx-column[Column or metric of another monitor that is the received traffic]:NAME: ' \
          '*--time-column[The column of another monitor'\''s time]:NAME: ' \
          '*--unit[Unit of another monitor'\''s columns]:UNIT: ' \
          '*--time-is-start[Another monitor'\''s time is the beginning of an interval, as CloudWatch'\''s is, not its end]' \
          '*--period[Length of a row of another monitor]:TIME: ' \
          '*--tz[Zone of another monitor'\''s times that have none]:ZONE: ' \
          '*--statistic[CloudWatch statistic of a file that does not name it]:NAME:(sum average)' \
          '*--decimal[Decimal mark of another monitor'\''s numbers]:NAME:(point comma)' \
          '*--response-size[Size of a response of the workload, instead of a recording]:SIZE: ' \
          '*--rps[Responses per second, with --response-size]:N: ' \
          '*--request-size[Size of a request, with --response-size]:SIZE: ' \
          '*--pps-limit[Packets per second that the type carries, both directions together]:N: ' \
          '*--conns[Connections of the workload, with --conns-limit]:N: ' \
          '*--conns-limit[Connections that the type can track, with --conns]:N: ' \
          '*--internet[All of the traffic goes through an internet gateway, which lets less through than the type'\''s network]' \
          '*--types[Instance types to compare, such as '\''cache.*'\'']:GLOB: ' \
          '*--instance[Instance type, such as t4g.micro or cache.t4g.micro]:TYPE: ' \
          '*--catalogue[CSV of instance types that overrides the built-in table]:FILE:_files' \
          '*--top[Show N types, the smallest first]:N: ' \
          '*--csv[Write one row for each compared type to this new file]:FILE|-:_files' \
          '*--json[The same as JSON lines]:FILE|-:_files' \
          '*--plain-names[Write names as they are]' \
          '*:file:_files' ;;
        up) _arguments \
          '*-h[Print this help]' \
          '*--help[Print this help]' \
          '*-i[Interface to count]:NAME|GLOB:_files -W /sys/class/net' \
          '*--iface[Interface to count]:NAME|GLOB:_files -W /sys/class/net' \
          '*--netns[Network namespace to count in, by name or glob, or all]:NAME|PID|PATH:_files -W /run/netns' \
          '*--keep[Stay in the foreground as the keeper, for a systemd unit or a container]' \
          '*--lo[Attach to lo, too, in the network namespaces that containers share]' \
          '*--migrate[Take over the totals of the ledger of an older cgtally]' \
          '*--slots[Number of accounts that the ledger has room for]:N: ' \
          '*--host-root[Directory where the host'\''s root is mounted]:DIR:_files -/' \
          '*--bpffs[BPF file system that holds the ledger]:DIR:_files -/' ;;
        down) _arguments \
          '*-h[Print this help]' \
          '*--help[Print this help]' \
          '*--forget[Remove the totals, too]' \
          '*--host-root[Directory where the host'\''s root is mounted]:DIR:_files -/' \
          '*--bpffs[BPF file system that holds the ledger]:DIR:_files -/' ;;
        status) _arguments \
          '*-h[Print this help]' \
          '*--help[Print this help]' \
          '*--host-root[Directory where the host'\''s root is mounted]:DIR:_files -/' \
          '*--bpffs[BPF file system that holds the ledger]:DIR:_files -/' ;;
        doctor) _arguments \
          '*-h[Print this help]' \
          '*--help[Print this help]' \
          '*--host-root[Directory where the host'\''s root is mounted]:DIR:_files -/' ;;
        selftest) _arguments \
          '*-h[Print this help]' \
          '*--help[Print this help]' \
          '*--report[Write a report that can be pasted into an issue to this file]:FILE|-:_files' \
          '*--json[Write one JSON document instead of the lines]' \
          '*--host-root[Directory where the host'\''s root is mounted]:DIR:_files -/' \
          '*--version[Print the version]' ;;
      esac
      ;;
  esac
}
_cgtally "$@"
