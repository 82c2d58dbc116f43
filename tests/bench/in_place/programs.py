# SPDX-License-Identifier: Apache-2.0
"""The accountants of the benchmark in place: each is attached to the server's interface for as long as its `with`.

`figures()` gives {direction: (ns, runs)} from the kernel's own statistics, which it keeps while they are switched on.
"""
import contextlib
import json
import pathlib
import subprocess
import sys
import tempfile
import time

from rig import SERVER_IFACE, cgroup2_mount, die, run

DIRECTIONS = ("egress", "ingress")


class NoProgram:
    def __init__(self, rig):
        self.rig = rig

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def end(self):
        """For good; what `with` brings up is down already."""

    def settle(self):
        """Under load: whatever it does only at its start is done."""

    def figures(self):
        return {}


class Counted(NoProgram):
    """A process that holds descriptors of its programs: their fdinfo has the statistics."""

    stdin = subprocess.PIPE  # its end is the program's

    def __init__(self, rig, command):
        super().__init__(rig)
        self.command = command
        self.child = None
        self.files = {}

    def __enter__(self):
        with tempfile.TemporaryFile("w+", encoding="utf-8") as talk:  # is shown only if it does not start
            self.child = self.rig.beside(self.command, stdin=self.stdin, stderr=talk)
            try:
                self.start()
            except BaseException:
                self.child.end()
                talk.seek(0)
                sys.stderr.write(talk.read())
                raise
        return self

    def __exit__(self, *_):
        self.child.end()

    def start(self):
        """The rig says "ready" and, of an object's two programs, their numbers."""
        words = self.child.read_line().split()
        self.find_programs(dict(zip(DIRECTIONS, map(int, words[1:]))) or None)

    def find_programs(self, ids=None):
        held = {}
        for fd in pathlib.Path(f"/proc/{self.child.pid}/fdinfo").iterdir():
            with contextlib.suppress(FileNotFoundError):
                fields = dict(line.split(":", 1) for line in fd.read_text(encoding="ascii").splitlines() if ":" in line)
                if "run_cnt" in fields:
                    held[int(fields["prog_id"])] = fd
        if ids is None:
            ids = {}
            for number in held:
                name = json.loads(run("bpftool", "-j", "prog", "show", "id", number)).get("name", "")
                ids |= {direction: number for direction in DIRECTIONS if name == f"cgt_{direction}"}
        if set(ids) != set(DIRECTIONS) or not set(ids.values()) <= set(held):
            die(f"{self.command[0]} holds no programs for both directions")
        self.files = {direction: held[number] for direction, number in ids.items()}

    def figures(self):
        figures = {}
        for direction, path in self.files.items():
            fields = dict(line.split(":", 1) for line in path.read_text(encoding="ascii").splitlines() if ":" in line)
            figures[direction] = (int(fields["run_time_ns"]), int(fields["run_cnt"]))
        return figures


class Object(Counted):
    """Two programs of a BPF object, which stays loaded: `with` attaches them, for loading takes seconds of some."""

    def __init__(self, rig, path, egress, ingress):
        super().__init__(rig, [rig.binary, "attach", path, "--iface", SERVER_IFACE, "--egress", egress,
                               "--ingress", ingress, "--cgroup", cgroup2_mount()])

    def __enter__(self):
        if not self.child:
            super().__enter__()
        self.child.ask("on")
        return self

    def __exit__(self, *_):
        self.child.ask("off")

    def end(self):
        if self.child:
            self.child.end()


class Recording(Counted):
    """`cgtally record` with what it is given; its header on stdout says that it counts.

    At its first readings it measures itself, as again each half minute, by the statistics that cost time: in what is
    measured here that would be always, so settle() waits until it has stopped.
    """
    LONGEST_S, LOOK_S = 4, 0.03
    stdin = subprocess.DEVNULL

    def __init__(self, rig, cgtally, *options):
        super().__init__(rig, [cgtally, "record", "--private", "-i", SERVER_IFACE, "--interval", "1s", "--csv", "-",
                               *options])

    def start(self):
        self.child.read_line()
        self.find_programs()

    def settle(self):
        end = time.monotonic() + self.LONGEST_S
        before = self.figures()
        while time.monotonic() < end:
            time.sleep(self.LOOK_S)
            now = self.figures()
            if now == before:
                return
            before = now

    def __exit__(self, *_):
        self.child.process.terminate()
        self.child.process.stdout.read()
        super().__exit__()


def own_programs(build, cgtally):
    """name -> what makes it of a rig, in the order of the table."""
    simple = build / "tests/naive.bpf.o"
    return {
        "none": NoProgram,
        "empty": lambda rig: Object(rig, simple, "empty_egress", "empty_ingress"),
        "naive": lambda rig: Object(rig, simple, "naive_egress", "naive_ingress"),
        "windowless": lambda rig: Counted(rig, [rig.binary, "windowless", "--iface", SERVER_IFACE]),
        "cgtally": lambda rig: Recording(rig, cgtally, "--bursts", "/dev/null"),
        "record": lambda rig: Recording(rig, cgtally),
    }


DEFAULT = ["none", "empty", "naive", "windowless", "cgtally"]


def peer(text):
    """NAME=FILE:PROGRAM or NAME=FILE:EGRESS:INGRESS -> (name, what makes it)."""
    name, _, rest = text.partition("=")
    path, *names = rest.split(":")
    if not name or not path or len(names) not in (1, 2):
        die(f"--peer is NAME=FILE:EGRESS:INGRESS or NAME=FILE:PROGRAM, got {text}")
    if not pathlib.Path(path).is_file():
        die(f"--peer {name}: no file {path}")
    return name, lambda rig: Object(rig, pathlib.Path(path).resolve(), names[0], names[-1])
