# SPDX-License-Identifier: Apache-2.0
"""What must hold, whatever was done: each account has what its sockets moved, to the byte; nothing is on any other; what
the ledger cannot name any more is in (retired), exactly; devices count the same; no row of a recording is below an
earlier one.
"""

import collections
import csv
import glob
import json
import time

UNNAMED = ("(retired)", "(forwarded)")
LONGEST_INTERVAL_NS = 120_000_000_000
WORDS = ("tx_bytes_total", "tx_packets_total", "rx_bytes_total", "rx_packets_total")


def plus(one, other):
    return tuple(a + b for a, b in zip(one, other))


def minus(one, other):
    return tuple(a - b for a, b in zip(one, other))


def booked_of(document):
    """(account -> totals, interface -> totals)."""
    accounts, interfaces = (collections.defaultdict(lambda: (0, 0, 0, 0)) for _ in range(2))
    for row in json.loads(document)["accounts"]:
        moved = tuple(int(row[word]) for word in WORDS)
        accounts[row["account"]] = plus(accounts[row["account"]], moved)
        interfaces[row["iface"]] = plus(interfaces[row["iface"]], moved)
    return accounts, interfaces


def compare(truth, living, booked, frames):
    """The differences, as sentences. truth: account -> totals; living: accounts whose cgroup exists; frames: accounts of
    pods -> size of their frames. What a container of a pod lacks, beside what the pod as a whole has, is whole frames of its
    own, and on (forwarded): nobody has another's."""
    faults, missing, pods = [], (0, 0, 0, 0), {account.rpartition("/")[0]: account for account in frames}
    for account, true in truth.items():
        seen = booked.get(account, (0, 0, 0, 0))
        if account in frames:
            seen = plus(seen, booked.get(account.rpartition("/")[0], (0, 0, 0, 0)))
        lacks = minus(true, seen)
        frame = frames.get(account, 0)
        wrong = lacks != (lacks[1] * frame, lacks[1], lacks[3] * frame, lacks[3]) if frame else account in living and any(lacks)
        if any(each < 0 for each in lacks) or wrong:
            faults.append(f"{account} has {seen}, not {true}")
        missing = plus(missing, lacks)
    for account, seen in booked.items():
        if account not in truth and account not in UNNAMED and account not in pods:
            faults.append(f"{account} has {seen}, and should have nothing")
    unnamed = tuple(map(sum, zip(*(booked.get(name, (0, 0, 0, 0)) for name in UNNAMED))))
    if missing != unnamed:
        faults.append(f"{' and '.join(UNNAMED)} have {unnamed}, but {missing} is what ended accounts and pods lack")
    return faults


def check_books(programs, traffic, account_of, devices=lambda interfaces: [], seconds=60):
    """Traffic rests meanwhile. A frame may be under way for long on a busy machine, and a keeper that was killed may not
    have come so far as to know a new name of an interface (25 s at a load of 20), so differences have to last. Gives
    them, and the part of the packets of pods that is on their accounts."""
    end = time.monotonic() + seconds
    while True:
        truth = {account_of(name): moved for name, moved in traffic.truth().items()}
        living = {account_of(name) for name in traffic.living()}
        frames = {account_of(name): size for name, size in traffic.pods().items()}
        booked, interfaces = booked_of(programs.totals())
        faults = compare(truth, living, booked, frames) + devices(interfaces)
        if not faults or time.monotonic() > end:
            of_pods = sum(truth[name][1] + truth[name][3] for name in frames)
            unnamed = sum(booked.get("(forwarded)", (0, 0, 0, 0))[1::2])
            return faults, 1 - unnamed / of_pods if of_pods else None
        time.sleep(0.1)


def agrees(counted, seen, queued):
    """What a queue dropped, ours alone has counted."""
    sent = all(a <= b for a, b in zip(counted[:2], seen[:2])) if queued else counted[:2] == seen[:2]
    return sent and counted[2:] == seen[2:]


def check_devices(links, gone, interfaces):
    """Each device, and all together; gone: what devices counted that were removed."""
    faults, total = [], (0, 0, 0, 0)
    for link in links:
        counted, seen = minus(link.device(), link.base), interfaces.get(link.name, (0, 0, 0, 0))
        total = plus(total, counted)
        if not link.moved and not agrees(counted, seen, link.queued):
            faults.append(f"{link.name} counted {counted} itself, and ours {seen}")
    for counted in gone:
        total = plus(total, counted)
    booked = tuple(map(sum, zip(*interfaces.values()))) if interfaces else (0, 0, 0, 0)
    if not agrees(total, booked, any(link.queued for link in links)):
        faults.append(f"all devices counted {total}, and ours {booked}")
    return faults


def check_recording(path, moved, clock):
    """Totals of an account on an interface only grow, whoever wrote the row; a line that is no row is a fault. moved:
    names of interfaces that came back as new ones. What retired from these has no row that tells them apart, and a
    recorder that began after that knows nothing of the earlier one. Each time is that of the wall clock when the row was
    read, and each interval one that the steps of that clock did not touch."""
    with open(path, encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    if not lines:
        return [], 0
    header, latest, time_ns = lines[0], {}, 0
    place = {word: header.index(word) for word in (*WORDS, "time", "boot_ns", "interval_ns", "iface", "account", "cgroup_id", "state")}
    faults = [f"{path}:{number}: {len(row)} fields, not {len(header)}"
              for number, row in enumerate(lines, 1) if len(row) != len(header)]
    rows = [row for row in lines[1:] if len(row) == len(header)]
    faults += time_faults(path, rows, place, clock)
    for row in sorted(rows, key=lambda row: int(row[place["boot_ns"]])):
        if int(row[place["boot_ns"]]) - time_ns > 1_000_000_000:
            latest = {key: totals for key, totals in latest.items() if key[0] not in moved}
        time_ns = int(row[place["boot_ns"]])
        key = tuple(row[place[word]] for word in ("iface", "account", "cgroup_id"))
        totals = tuple(int(row[place[word]]) for word in WORDS)
        before = latest.get(key)
        state, reason = row[place["state"]], row[place["account"]].startswith("(")
        if state == "exited" and (not reason or row[place["iface"]] in moved):
            continue  # the last row of a life may come after the first of the next one
        if before is not None and state != "reset" and any(a < b for a, b in zip(totals, before)):
            faults.append(f"{path}: {key} fell from {before} to {totals} at {row[place['boot_ns']]}")
        latest[key] = totals
    return faults, len(rows)


def time_faults(path, rows, place, clock):
    """At most one, because each row of a wrong clock has it."""
    for row in rows:
        boot = int(row[place["boot_ns"]]) / 1e9
        wrong = None if "limited" in path else clock.fault(row[place["time"]], boot)
        if not wrong and not 0 < int(row[place["interval_ns"]]) < LONGEST_INTERVAL_NS:
            wrong = f"an interval of {row[place['interval_ns']]} ns"
        if wrong:
            return [f"{path}: at boot_ns {row[place['boot_ns']]}: {wrong}"]
    return []


def check_bursts(pattern, clock):
    """Their times; a burst is told some seconds after its beginning at most, by the clock of then."""
    faults = []
    for path in glob.glob(pattern):
        if "limited" not in path:
            with open(path, encoding="utf-8", newline="") as file:
                found = (clock.fault(row["time"], start := int(row["boot_ns"]) / 1e9, start + 90) for row in csv.DictReader(file))
                faults += [f"{path}: {fault}" for fault in found if fault][:1]
    return faults


def check_recordings(pattern, moved, clock):
    faults, rows = [], 0
    for path in sorted(glob.glob(pattern)):
        found, more = check_recording(path, moved, clock)
        faults, rows = faults + found, rows + more
    return faults, rows


def check_logs(logs):
    faults = []
    for path in sorted(glob.glob(f"{logs}/*")):
        with open(path, encoding="utf-8", errors="replace") as said:
            for line in said:
                if "damaged" in line or "Sanitizer" in line or "terminate called" in line:
                    faults.append(f"{path}: {line.strip()[:200]}")
    return faults
