# SPDX-License-Identifier: Apache-2.0
"""The ground of the benchmark in place: two netns and a veth, three cgroups, child processes, and what is read of them.

Everything that a Rig makes is gone when its `with` ends; children die with this process even if it is killed.
"""
import contextlib
import fcntl
import os
import pathlib
import subprocess
import sys
import time

TREE = pathlib.Path(__file__).resolve().parents[3]
SERVER, CLIENT = "cgt-bench-server", "cgt-bench-client"  # netns
SERVER_IFACE, CLIENT_IFACE = "cgt-bench-s", "cgt-bench-c"
SERVER_ADDRESS, CLIENT_ADDRESS = "198.51.100.1", "198.51.100.2"
LOCK = "/run/cgtally-bench-in-place.lock"
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def die(what):
    sys.exit(f"bench --in-place: {what}")


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        die(f"{' '.join(map(str, command))}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def await_that(holds, what, seconds=20):
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            die(f"waited in vain for: {what}")
        time.sleep(0.01)


def cgroup2_mount():
    for line in pathlib.Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
        if line.split()[2] == "cgroup2":
            return pathlib.Path(line.split()[1])
    return die("no cgroup2 is mounted: mount -t cgroup2 cgroup2 /sys/fs/cgroup")


class Machine:
    """CPU time of the whole machine, in seconds, from /proc/stat. Busy is what is not idle: of most kernels idle time is
    measured, and the other kinds are counted by the clock's tick."""

    def __init__(self):
        with open("/proc/stat", encoding="ascii") as stat:
            ticks = [int(field) / TICKS_PER_SECOND for field in stat.readline().split()[1:9]]
        _user, _nice, _system, idle, iowait, irq, softirq, steal = ticks
        self.softirq, self.steal = softirq + irq, steal
        self.busy = os.cpu_count() * time.monotonic() - idle - iowait - steal


class Child:
    """A program in a netns, a cgroup and on a CPU of its own; ends at once with `end`."""

    def __init__(self, command, netns=None, cgroup=None, cpu=None, **options):
        words = ["setpriv", "--pdeathsig", "TERM"]
        words += ["taskset", "--cpu-list", str(cpu)] if cpu is not None else []
        words += [str(word) for word in command]
        if cgroup:
            words = ["sh", "-c", 'echo $$ > "$0/cgroup.procs" && exec "$@"', str(cgroup), *words]
        if netns:
            words = ["nsenter", f"--net=/run/netns/{netns}", *words]
        self.name = str(command[0])
        self.process = subprocess.Popen(words, **{"stdout": subprocess.DEVNULL, **options})

    @property
    def pid(self):
        return self.process.pid

    def read_line(self, seconds=30):
        """The next line; what the child said on stderr stands above if there is none."""
        line = self.process.stdout.readline()
        if not line:
            self.process.wait(seconds)
            die(f"{self.name} ended with {self.process.returncode}")
        return line.strip()

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        if self.read_line() != line:
            die(f"{self.name} does not answer '{line}'")

    def end(self):
        if self.process.stdin:
            self.process.stdin.close()
        else:
            self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()


class Rig:
    """The ground: one `with` lays it and takes it away, also what a killed run left."""

    def __init__(self, binary):
        self.binary = binary
        self.group = cgroup2_mount() / "cgt-bench-in-place"
        self.cgroups = {name: self.group / name for name in ("server", "client", "accountant")}
        cpus = sorted(os.sched_getaffinity(0))
        self.server_cpu, self.client_cpu = cpus[0], cpus[-1]
        self.statistics = None
        self._closing = contextlib.ExitStack()

    def __enter__(self):
        lock = self._closing.enter_context(open(LOCK, "w", encoding="ascii"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            die("another run is measuring here; wait for its end")
        self._clear()
        self._closing.callback(self._clear)
        with self._undone_on_failure():
            self._lay_cable()
            for cgroup in self.cgroups.values():
                cgroup.mkdir(parents=True)
            self.statistics = self.child([self.binary, "statistics"], stdin=subprocess.PIPE)
        return self

    def __exit__(self, *_):
        self._closing.close()

    @contextlib.contextmanager
    def _undone_on_failure(self):
        try:
            yield
        except BaseException:
            self._closing.close()
            raise

    def _clear(self):
        for netns in (SERVER, CLIENT):
            if pathlib.Path("/run/netns", netns).exists():
                run("ip", "netns", "del", netns)
        for directory, _, _ in list(os.walk(self.group, topdown=False)):
            if (cgroup := pathlib.Path(directory)).is_dir():
                await_that(lambda group=cgroup: not (group / "cgroup.procs").read_text(encoding="ascii"),
                           f"the end of the processes in {cgroup}")
                cgroup.rmdir()

    def _lay_cable(self):
        for netns in (SERVER, CLIENT):
            run("ip", "netns", "add", netns)
            run("ip", "-n", netns, "link", "set", "lo", "up")
        run("ip", "-n", SERVER, "link", "add", SERVER_IFACE, "type", "veth", "peer", "name", CLIENT_IFACE,
            "netns", CLIENT)
        for netns, iface, address in ((SERVER, SERVER_IFACE, SERVER_ADDRESS), (CLIENT, CLIENT_IFACE, CLIENT_ADDRESS)):
            run("ip", "-n", netns, "link", "set", iface, "addrgenmode", "none")  # no IPv6: nobody else sends
            run("ip", "-n", netns, "addr", "add", f"{address}/30", "dev", iface)
            run("ip", "-n", netns, "link", "set", iface, "up")

    def set_offloads(self, on):
        """TCP's super-packets cross the veth as they are, or cut to what a wire carries."""
        state = "on" if on else "off"
        for netns, iface in ((SERVER, SERVER_IFACE), (CLIENT, CLIENT_IFACE)):
            run("nsenter", f"--net=/run/netns/{netns}", "ethtool", "-K", iface, "tso", state, "gso", state, "gro", state)

    def child(self, command, **options):
        """Ends with the rig at the latest."""
        child = Child(command, **{"text": True, "stdout": subprocess.PIPE, **options})
        self._closing.callback(child.end)
        return child

    def in_server(self, command, **options):
        return Child(command, SERVER, self.cgroups["server"], self.server_cpu, **options)

    def in_client(self, command, **options):
        return Child(command, CLIENT, self.cgroups["client"], self.client_cpu, **options)

    def beside(self, command, **options):
        """An accountant: in the server's netns, where the scheduler puts it."""
        return Child(command, SERVER, self.cgroups["accountant"],
                     **{"text": True, "stdout": subprocess.PIPE, **options})

    def cpu_seconds(self, name):
        with open(self.cgroups[name] / "cpu.stat", encoding="ascii") as stat:
            return int(stat.readline().split()[1]) / 1e6


def received(pid):
    """(bytes, packets) that the server's interface has received; `pid`: any process in its netns."""
    with open(f"/proc/{pid}/net/dev", encoding="ascii") as devices:
        for line in devices:
            if line.strip().startswith(SERVER_IFACE + ":"):
                fields = line.split(":")[1].split()
                return int(fields[0]), int(fields[1])
    return die(f"{SERVER_IFACE} is gone")
