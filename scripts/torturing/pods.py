# SPDX-License-Identifier: Apache-2.0
"""Pods of scripts/torture: a network namespace behind a veth, for which this host forwards, and two containers in it: one
holds it, the sockets of the other have the traffic. Their addresses are few, so that a pod gets one that another had a
moment ago.
"""

import os
import signal
import subprocess

from torturing.stage import run

ADDRESSES = 4


class Pod:
    """Pod K is reached at 10.98.K.2 over a link, whose far end has the route."""

    def __init__(self, number, place, cgroups, link):
        self.name, self.place, self.link = f"pod{number}", place, link
        self.veth, self.address = f"up{number}", f"10.98.{place}.2"
        self.netns = f"/run/netns/{self.name}"
        self.near_mac, self.mac = f"02:00:00:98:{place:02x}:01", f"02:00:00:98:{place:02x}:02"
        self.cgroup = cgroups.path_of(self.name)
        self.processes = []

    def make(self):
        inside = ("ip", "-n", self.name)
        run("ip", "netns", "add", self.name)
        run("ip", "link", "add", self.veth, "address", self.near_mac, "type", "veth",
            "peer", "name", "eth0", "address", self.mac, "netns", self.name)
        run(*inside, "link", "set", "lo", "up")
        for where, device, address, other, mac in ((("ip",), self.veth, 1, 2, self.mac), (inside, "eth0", 2, 1, self.near_mac)):
            run(*where, "link", "set", device, "multicast", "off", "up")
            run(*where, "addr", "add", f"10.98.{self.place}.{address}/24", "dev", device)
            run(*where, "neigh", "replace", f"10.98.{self.place}.{other}", "lladdr", mac, "dev", device, "nud", "permanent")
        run(*inside, "route", "add", "default", "via", f"10.98.{self.place}.1")
        run("ip", "-n", "far", "route", "replace", f"10.98.{self.place}.0/24", "via", self.link.near_address, "dev", self.link.far)
        for container in ("holder", "app"):
            os.makedirs(f"{self.cgroup}/{container}")
            self.processes.append(subprocess.Popen(  # pylint: disable=consider-using-with
                ["nsenter", f"--net={self.netns}", "sleep", "3600"], preexec_fn=lambda: self._enter(container)))

    def _enter(self, container):
        with open(f"{self.cgroup}/{container}/cgroup.procs", "w", encoding="ascii") as procs:
            procs.write(str(os.getpid()))

    def rename(self, name):
        run("ip", "link", "set", "dev", self.veth, "name", name)
        self.veth = name

    def end(self):
        """Its sockets are closed."""
        for process in self.processes:
            process.send_signal(signal.SIGKILL)
            process.wait()
        for cgroup in (f"{self.cgroup}/holder", f"{self.cgroup}/app", self.cgroup):
            os.rmdir(cgroup)
        run("ip", "netns", "del", self.name)
