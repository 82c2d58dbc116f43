# SPDX-License-Identifier: Apache-2.0
"""The programs under torture: one keeper and some readers. Each knows which end of its process we caused; any other end
is a loss. What they say is kept in files of their own.
"""

import os
import resource
import signal
import subprocess
import time
import urllib.request

YOUNG_S = 3


def how(code):
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


class Program:
    def __init__(self, name, words, log, limits=(), may_fail=False, prepare=None, environment=None):
        self.name, self.words, self.log_path, self.may_fail = name, words, log, may_fail
        self.sent = None  # the signal that we ended it with
        self.began, self.young = time.monotonic(), False
        with open(log, "ab") as said:
            self.process = subprocess.Popen(  # pylint: disable=consider-using-with
                words, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=environment,
                preexec_fn=lambda: [prepare and prepare(),
                                    *(resource.setrlimit(kind, (most, most)) for kind, most in limits)])

    def runs(self):
        return self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def end(self, number, seconds=30):
        """Ends it by a signal; returns what was wrong with its end, or nothing."""
        if not self.runs():
            return self.fault()
        self.sent, self.young = number, time.monotonic() - self.began < YOUNG_S
        self.process.send_signal(number)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return f"{self.name} did not end within {seconds} s of {signal.Signals(number).name}"
        return self.fault()

    def fault(self):
        """Of one that has ended: what it did that it should not."""
        code = self.process.poll()
        if code is None or code == 0 and self.sent is not None or code == -signal.SIGKILL == -(self.sent or 0):
            return None
        if code == -(self.sent or 0) and self.young:  # had not come so far as to take signals
            return None
        if code > 0 and self.may_fail or code == -signal.SIGKILL and self.may_fail:  # refused, or ended for its memory
            return None
        asked = f" after {signal.Signals(self.sent).name}" if self.sent else " by itself"
        return f"{self.name} ended{asked}: {how(code)}; it said: {self.last_words()}"

    def last_words(self):
        with open(self.log_path, "rb") as said:
            said.seek(max(0, os.path.getsize(self.log_path) - 300))
            return said.read().decode(errors="replace").strip().replace("\n", " | ")


class Programs:
    """The keeper, and readers of four kinds."""

    KINDS = ("record", "live", "bursts", "serve")

    def __init__(self, cgtally, scratch, logs, clock):
        self.cgtally, self.scratch, self.logs = cgtally, scratch, logs
        self.clock = clock  # sets the wall clock of the programs, and of nobody else
        self.bpffs = f"{scratch}/bpf"
        self.keeper, self.readers = None, []
        self.faults, self.ports, self.kills = [], 20000, 0

    def on_ledger(self, *words):
        return [self.cgtally, *words, "--bpffs", self.bpffs]

    def note(self, fault):
        if fault:
            self.faults.append(fault)

    # The keeper.

    def start_keeper(self):
        self.keeper = Program("keeper", self.on_ledger("up", "--keep", "-i", "tor*"), f"{self.logs}/keeper",
                              environment=self.clock.environment)

    def start_first_keeper(self, seconds=120):
        """Until the ledger is up: a reader that began before would count by itself, and its programs at an interface would
        be taken for the ledger's."""
        log = f"{self.logs}/keeper"
        before = os.path.getsize(log) if os.path.exists(log) else 0  # another run of this seed has written it
        self.start_keeper()
        end = time.monotonic() + seconds
        while True:
            with open(log, "rb") as said:
                said.seek(before)
                if b"the keeper runs" in said.read():
                    return
            if not self.keeper.runs() or time.monotonic() > end:
                raise RuntimeError(f"no keeper within {seconds} s: {self.keeper.last_words()}")
            time.sleep(0.05)

    def end_keeper(self, number):
        self.kills += 1
        self.note(self.keeper.end(number))

    # Readers.

    def free_file(self, stem):
        """One that nobody writes; it is appended to, whoever wrote it before, and however that one ended."""
        used = {reader.csv for reader in self.readers}
        return next(path for number in range(100) if (path := f"{self.scratch}/{stem}-{number}.csv") not in used)

    def start_reader(self, kind, limits=(), may_fail=False, csv=None, prepare=None):
        words = [kind, "-i", "tor*"]
        if kind == "record":
            csv = csv or self.free_file("samples-limited" if limits else "samples")
            words += ["--interval", "200ms", "--csv", csv]
        elif kind == "live":
            words += ["--interval", "500ms", "--state-dir", f"{self.scratch}/state"]
        elif kind == "bursts":
            words += ["--threshold", "50Mbit", "--csv", csv := self.free_file("bursts-limited" if limits else "bursts")]
        else:
            self.ports += 1
            words += ["--listen", f"127.0.0.1:{self.ports}", "--state-dir", f"{self.scratch}/state"]
        reader = Program(kind, self.on_ledger(*words), f"{self.logs}/{kind}", limits, may_fail, prepare,
                         None if limits else self.clock.environment)  # a clock that is stepped needs a descriptor
        reader.csv = csv
        reader.port = self.ports if kind == "serve" else None
        self.readers.append(reader)
        return reader

    def end_reader(self, reader, number):
        self.readers.remove(reader)
        self.kills += 1
        self.note(reader.end(number))

    def ask_serve(self):
        """/metrics of each serve that answers; one that is young or stopped need not."""
        for reader in self.readers:
            if reader.port and reader.runs():
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{reader.port}/metrics", timeout=2) as answer:
                        answer.read()
                except OSError:
                    pass

    def look(self):
        """Whoever has ended by itself is a fault, and is replaced."""
        if self.keeper is not None and not self.keeper.runs():
            self.note(self.keeper.fault())
            self.start_keeper()
        for reader in [one for one in self.readers if not one.runs()]:
            self.readers.remove(reader)
            self.note(reader.fault())

    def fill_up(self, chance, count=4):
        while len(self.readers) < count:
            self.start_reader(chance.choice(self.KINDS))

    def end_all(self):
        for reader in list(self.readers):
            self.end_reader(reader, signal.SIGTERM)
        self.end_keeper(signal.SIGTERM)

    def totals(self):
        """The document of totals --json, as text; retried while the ledger is not there yet."""
        end = time.monotonic() + 20
        while True:
            done = subprocess.run(self.on_ledger("totals", "--json"), capture_output=True, text=True, check=False)
            if done.returncode == 0:
                return done.stdout
            if done.returncode < 0 or time.monotonic() > end:
                raise RuntimeError(f"totals: {how(done.returncode)}: {done.stderr.strip()}")
            time.sleep(0.1)
