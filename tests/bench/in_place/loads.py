# SPDX-License-Identifier: Apache-2.0
"""The loads of the benchmark in place: real programs that go on until they are ended, and what they get done.

Each has `unit` (what is counted), `done()` (how many of them by now) and a `with` that starts and ends it.
"""
import os
import pathlib
import resource
import socket
import subprocess
import tempfile

from rig import SERVER_ADDRESS, await_that, die, received

REDIS_PORT, IPERF_PORT, UDP_PORT = 6399, 5299, 9999
SIZES = {"64B": 64, "32kB": 32_000}


def listening(pid, port):
    """Whether a TCP socket in the netns of `pid` listens at the port."""
    table = pathlib.Path(f"/proc/{pid}/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    return any(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A" for line in table)


class RedisServer:
    """One server for all rounds, asked over a socket that no interface sees."""

    def __init__(self, rig):
        self.directory = tempfile.TemporaryDirectory(prefix="cgt-bench.")
        self.door = os.path.join(self.directory.name, "redis.sock")
        self.server = rig.in_server(["redis-server", "--bind", SERVER_ADDRESS, "--port", REDIS_PORT, "--save", "",
                                     "--unixsocket", self.door, "--protected-mode", "no", "--maxclients", "5000",
                                     "--dir", self.directory.name])
        await_that(lambda: os.path.exists(self.door) or self.server.process.poll() is not None, "redis-server")
        if self.server.process.poll() is not None:
            die(f"redis-server ended with {self.server.process.returncode}")
        self.talk = socket.socket(socket.AF_UNIX)
        self.talk.connect(self.door)
        for name, size in SIZES.items():
            self.talk.sendall(f"SET {name} {'x' * size}\r\n".encode())
            self.talk.recv(100)

    def field(self, section, name):
        self.talk.sendall(f"INFO {section}\r\n".encode())
        text = ""
        while not text.endswith("\r\n") or text.count("\r\n") < 3 or f"{name}:" not in text:
            text += self.talk.recv(65536).decode()
        return int(text.split(f"{name}:")[1].split("\r\n")[0])

    def end(self):
        self.talk.close()
        self.server.end()
        self.directory.cleanup()


class Load:
    """Children of one load; they end with its `with`."""
    unit = "packet"
    steady = False  # its rate is fixed: what it gets done says nothing

    def __init__(self, rig, _redis):
        self.rig = rig
        self.children = []

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for child in reversed(self.children):
            child.process.terminate()
        for child in reversed(self.children):
            child.end()
        self.children = []

    def check(self):
        for child in self.children:
            if child.process.poll() is not None:
                die(f"{child.name} ended with {child.process.returncode} in the middle of a measurement")

    def start(self):
        raise NotImplementedError

    def done(self):
        return received(self.children[0].pid)[1]


class Redis(Load):
    unit = "request"

    def __init__(self, rig, redis, connections, size):
        super().__init__(rig, redis)
        self.redis, self.connections, self.size = redis, connections, size

    def start(self):
        self.children.append(self.rig.in_client(
            ["redis-benchmark", "-h", SERVER_ADDRESS, "-p", REDIS_PORT, "-c", self.connections, "-n", 2_000_000_000,
             "-q", "GET", self.size], stderr=subprocess.DEVNULL))
        await_that(lambda: self.redis.field("clients", "connected_clients") > self.connections,
                   f"{self.connections} connections")

    def done(self):
        return self.redis.field("stats", "total_commands_processed")


class Bulk(Load):
    """One TCP connection as fast as it goes, towards the server."""
    unit = "MB"

    def __init__(self, rig, redis, offloads):
        super().__init__(rig, redis)
        self.offloads = offloads

    def start(self):
        self.rig.set_offloads(self.offloads)
        server = self.rig.in_server(["iperf3", "--server", "--bind", SERVER_ADDRESS, "--port", IPERF_PORT], stderr=subprocess.DEVNULL)
        self.children.append(server)
        await_that(lambda: listening(server.pid, IPERF_PORT), "iperf3")
        before = received(server.pid)[0]
        self.children.append(self.rig.in_client(
            ["iperf3", "--client", SERVER_ADDRESS, "--port", IPERF_PORT, "--time", "86400", "--interval", "0"],
            stderr=subprocess.DEVNULL))
        await_that(lambda: received(server.pid)[0] > before + 1_000_000, "iperf3's traffic")

    def __exit__(self, *_):
        super().__exit__()
        self.rig.set_offloads(True)

    def done(self):
        return received(self.children[0].pid)[0] / 1e6


class Flood(Load):
    """UDP of 64 bytes from `flows` sockets in turn, which the server drops."""

    def __init__(self, rig, redis, flows, rate=0):
        super().__init__(rig, redis)
        self.flows, self.rate = flows, rate

    def start(self):
        server = self.rig.in_server([self.rig.binary, "receive", SERVER_ADDRESS, UDP_PORT,
                                     *(["--answer"] if self.rate else [])], text=True, stdout=subprocess.PIPE)
        self.children.append(server)
        server.read_line()
        before = received(server.pid)[1]
        self.children.append(self.rig.in_client([self.rig.binary, "send", SERVER_ADDRESS, UDP_PORT,
                                                 "--flows", self.flows, "--rate", self.rate]))
        await_that(lambda: received(server.pid)[1] > before, "UDP packets")


class Idle(Flood):
    """100 packets a second, each answered: everything is cold when one comes."""
    steady = True

    def __init__(self, rig, redis):
        super().__init__(rig, redis, 1, rate=100)


LOADS = {
    **{f"redis-{connections}-{size}": (f"redis, {connections} connection{'s' if connections > 1 else ''}, {size}",
                                       lambda rig, redis, c=connections, s=size: Redis(rig, redis, c, s))
       for connections in (1, 50, 1000) for size in SIZES},
    "bulk-gro": ("iperf3, super-packets", lambda rig, redis: Bulk(rig, redis, True)),
    "bulk-no-gro": ("iperf3, packets of 1 500 bytes", lambda rig, redis: Bulk(rig, redis, False)),
    "flood-1": ("UDP flood, 1 flow", lambda rig, redis: Flood(rig, redis, 1)),
    "flood-1000": ("UDP flood, 1 000 flows", lambda rig, redis: Flood(rig, redis, 1000)),
    "idle": ("idle, 100 packets/s", Idle),
}
QUICK = ["redis-50-64B", "flood-1"]


def raise_file_limit():
    """A thousand connections at either end."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 16_384), hard))
