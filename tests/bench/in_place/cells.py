# SPDX-License-Identifier: Apache-2.0
"""What one program under one load showed in one round, as a row of the CSV file; and reading such a file again."""
import csv
import dataclasses


@dataclasses.dataclass
class Cell:
    """Fields are the CSV's columns; None is an empty field."""
    round: int
    load: str
    program: str
    unit: str
    seconds: float
    units_per_second: float | None       # without the kernel's statistics
    server_cpu_ns_per_unit: float | None  # of the server's cgroup
    load_cpu_ns_per_unit: float | None   # of the cgroups of server, client and accountant
    softirq_cpu_ns_per_unit: float | None  # of the machine, from /proc/stat
    cpu_ns_per_unit: float | None        # all that was busy on the machine
    accountant_cpu_share: float          # of one CPU: its reader
    steal_share: float                   # of one CPU: taken by the hypervisor
    others_cpu_share: float              # of one CPU: other programs of the machine
    egress_ns: float | None = None       # per run, the empty program's not subtracted
    egress_runs: int = 0
    ingress_ns: float | None = None
    ingress_runs: int = 0

    def ns(self, direction):
        return getattr(self, f"{direction}_ns")


FIELDS = [field.name for field in dataclasses.fields(Cell)]
_TEXT, _WHOLE = ("load", "program", "unit"), ("round", "egress_runs", "ingress_runs")


def row_of(cell):
    values = [getattr(cell, name) for name in FIELDS]
    return ["" if value is None else f"{value:.6g}" if isinstance(value, float) else value for value in values]


def _value(name, text):
    if name in _TEXT:
        return text
    if not text:
        return None
    return int(text) if name in _WHOLE else float(text)


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if rows.fieldnames != FIELDS:
            raise ValueError(f"{path} was not written by bench --in-place: its columns are {rows.fieldnames}")
        return [Cell(**{name: _value(name, row[name]) for name in FIELDS}) for row in rows]
