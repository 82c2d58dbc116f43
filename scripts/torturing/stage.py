# SPDX-License-Identifier: Apache-2.0
"""The place where scripts/torture plays: network namespaces, links whose names and addresses are known, a subtree of
cgroups, a BPF file system for a ledger of its own. All of it lies in namespaces that end with the script.

Link K is the veth pair torK (counted, near) and farK (in the netns far): 10.11.K.1 and 10.11.K.2. Nothing but what the
script sends is on them: no ARP, no IPv6, no offloads, so a device's own counters are those of the wire.
"""

import ctypes
import errno
import json
import os
import platform
import socket
import subprocess
import time

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
BPF_CALL = {"x86_64": 321, "aarch64": 280}
BPF_PROG_QUERY = 16
TCX_INGRESS, TCX_EGRESS = 46, 47


def run(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip() or done.returncode}")
    return done.stdout


def enter(netns):
    """The calling thread into a netns, given as an open file."""
    if LIBC.setns(netns, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def programs_at(ifindex, attach_type):
    """How many tcx programs are there; -1 where the kernel has no tcx."""
    attributes = (ctypes.c_uint32 * 16)(ifindex, attach_type)
    if LIBC.syscall(BPF_CALL[platform.machine()], BPF_PROG_QUERY, ctypes.byref(attributes), 64):
        return -1 if ctypes.get_errno() == errno.EINVAL else 0
    return attributes[6]


class Cgroups:
    """A subtree of cgroup2. The sockets of an account are made while the maker is in its cgroup."""

    def __init__(self, mount, name):
        self.mount, self.root = mount, f"{mount}/{name}"
        self.home = f"{self.root}/home"
        os.makedirs(self.home)

    def path_of(self, name):
        return f"{self.root}/{name}"

    def account_of_name(self, name):
        return name if name.startswith("(") else self.path_of(name)[len(self.mount) :]

    @staticmethod
    def enter(path):
        with open(f"{path}/cgroup.procs", "w", encoding="ascii") as procs:
            procs.write(str(os.getpid()))


class Memory:
    """A cgroup whose memory is limited, by cgroup2 or, on hybrid hosts, by cgroup v1."""

    def __init__(self, cgroups, name):
        self.path = self.file = None
        with open(f"{cgroups.root}/cgroup.controllers", encoding="ascii") as there:
            if "memory" in there.read().split():
                with open(f"{cgroups.root}/cgroup.subtree_control", "w", encoding="ascii") as wanted:
                    wanted.write("+memory")
                self.path, self.file = f"{cgroups.root}/little", "memory.max"
        old = memory_v1_mount()
        if self.path is None and old:
            self.path, self.file = f"{old}/{name}", "memory.limit_in_bytes"
        if self.path:
            os.makedirs(self.path)

    def limit(self, size):
        with open(f"{self.path}/{self.file}", "w", encoding="ascii") as limit:
            limit.write(str(size))

    def enter(self):
        Cgroups.enter(self.path)


def memory_v1_mount():
    with open("/proc/mounts", encoding="ascii") as mounts:
        for line in mounts:
            _, where, kind, options = line.split()[:4]
            if kind == "cgroup" and "memory" in options.split(","):
                return where
    return None


class Link:
    def __init__(self, number, name=None):
        self.number, self.name, self.far = number, name or f"tor{number}", f"far{number}"
        self.near_address, self.far_address = f"10.11.{number}.1", f"10.11.{number}.2"
        self.near_mac, self.far_mac = f"02:00:00:11:{number:02x}:01", f"02:00:00:11:{number:02x}:02"
        self.base = None  # what the device had counted when ours began to count
        self.moved = False  # to another netns and back: what it had counted before may be in (gone)
        self.queued = False  # it had a queue that may have dropped

    def make(self):
        run("ip", "link", "add", self.name, "address", self.near_mac, "type", "veth",
            "peer", "name", self.far, "address", self.far_mac, "netns", "far")
        for where, name in (((), self.name), (("ip", "netns", "exec", "far"), self.far)):
            run(*where, "ethtool", "-K", name, "tso", "off", "gso", "off", "gro", "off", "tx", "off")
        self.dress_far()
        self.dress()

    def dress(self):
        """Addresses and neighbours: what an interface loses when it goes down or elsewhere."""
        switch = f"/proc/sys/net/ipv6/conf/{self.name}/disable_ipv6"
        if os.path.exists(switch):  # not below IPv6's smallest MTU
            with open(switch, "w", encoding="ascii") as off:
                off.write("1")
        run("ip", "link", "set", self.name, "multicast", "off", "up")
        run("ip", "addr", "replace", f"{self.near_address}/24", "dev", self.name)
        run("ip", "route", "replace", "10.12.0.0/14", "via", self.far_address, "dev", self.name,
            "metric", str(self.number + 1))
        run("ip", "neigh", "replace", self.far_address, "lladdr", self.far_mac, "dev", self.name, "nud", "permanent")

    def dress_far(self):
        run("ip", "-n", "far", "link", "set", self.far, "multicast", "off", "up")
        run("ip", "-n", "far", "addr", "replace", f"{self.far_address}/24", "dev", self.far)
        self.know_near(self.near_address)

    def know_near(self, address):
        run("ip", "-n", "far", "neigh", "replace", address, "lladdr", self.near_mac, "dev", self.far,
            "nud", "permanent")

    def is_counted(self):
        index = socket.if_nametoindex(self.name)
        return all(programs_at(index, where) != 0 for where in (TCX_INGRESS, TCX_EGRESS))

    def await_counted(self, seconds=120):
        end = time.monotonic() + seconds
        while not self.is_counted():
            if time.monotonic() > end:
                raise RuntimeError(f"{self.name} was not counted within {seconds} s")
            time.sleep(0.01)

    def device(self):
        """(bytes sent, packets sent, bytes received, packets received), by the device's own counters."""
        counted = json.loads(run("ip", "-j", "-s", "link", "show", "dev", self.name))[0]["stats64"]
        return tuple(counted[way][unit] for way in ("tx", "rx") for unit in ("bytes", "packets"))


def make_stage(scratch, links):
    """The calling process is in network and mount namespaces of its own already."""
    os.makedirs("/run/netns", exist_ok=True)
    run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "/run/netns")
    run("mount", "-t", "tmpfs", "-o", "size=512m", "tmpfs", scratch)
    for name in ("bpf", "small", "state"):
        os.mkdir(f"{scratch}/{name}")
    run("mount", "-t", "bpf", "bpf", f"{scratch}/bpf")
    run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", f"{scratch}/small")
    run("ip", "link", "set", "lo", "up")
    for name in ("far", "away"):
        run("ip", "netns", "add", name)
    run("ip", "netns", "exec", "far", "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1",
        "net.ipv6.conf.default.disable_ipv6=1", "net.ipv4.tcp_timestamps=0", "net.ipv4.tcp_sack=0")
    run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1",
        "net.ipv4.tcp_timestamps=0", "net.ipv4.tcp_sack=0", "net.ipv4.tcp_synack_retries=0",
        "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.default.rp_filter=0", "net.ipv4.ip_forward=1")
    run("ip", "-n", "far", "link", "set", "lo", "up")
    run("ip", "-n", "far", "route", "add", "blackhole", "10.12.0.0/14")  # answers to made-up addresses
    for link in links:
        link.make()
