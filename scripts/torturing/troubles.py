# SPDX-License-Identifier: Apache-2.0
"""The kinds of trouble. Each is a method of Troubles, which makes one step of it and says what it did; KINDS says how
often each comes. What traffic a step sends has a known truth, too.
"""

import os
import resource
import signal
import time

from torturing.clock import AHEAD_S
from torturing.pods import ADDRESSES, Pod
from torturing.stage import Link, run
from torturing.verdict import check_recording


class Troubles:
    KINDS = {
        "kill_keeper": 10,
        "kill_keeper_at_start": 5,
        "end_keeper": 4,
        "stop_keeper": 2,
        "kill_reader": 12,
        "end_reader": 5,
        "stop_reader": 2,
        "cgroups_come_and_go": 4,
        "rename": 3,
        "change_mtu": 2,
        "replace_qdisc": 2,
        "change_addresses": 2,
        "netns_come_and_go": 1,
        "pod_begins": 3,
        "pod_ends": 2,
        "rename_pod": 2,
        "interface_comes_and_goes": 2,
        "move": 2,
        "step_clock": 2,
        "many_flows": 0.5,
        "flood": 1,
        "fill_disk": 1,
        "limit_reader": 2,
        "little_memory": 1,
    }

    QDISCS = ("fq", "fq_codel", "pfifo limit 100", "tbf rate 100mbit burst 20k limit 30k",
              "netem limit 50 delay 2ms loss 5%", "prio", "sfq")

    def __init__(self, chance, programs, traffic, memory, links, cgroups):
        self.chance, self.programs, self.traffic = chance, programs, traffic
        self.memory, self.links, self.cgroups = memory, links, cgroups
        self.pods = {}  # that live -> the name of their account
        self.opened, self.counts, self.names = 0, {}, 0
        self.moved = set()  # names of interfaces that came back
        self.gone = []  # what removed devices had counted

    def step(self):
        kind = self.chance.choices(list(self.KINDS), list(self.KINDS.values()))[0]
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return kind, getattr(self, kind)()

    def kills(self):
        return self.programs.kills

    def wait(self, most):
        time.sleep(self.chance.uniform(0, most))

    def new_account(self, link, address=None, size=None):
        self.opened += 1
        name = f"a{self.opened}"
        self.traffic.open(name, link, 10000 + self.opened, size or self.chance.randrange(18, 1473), address)
        return name

    # The keeper.

    def kill_keeper(self):
        self.programs.end_keeper(signal.SIGKILL)
        self.wait(0.3)
        self.programs.start_keeper()

    def kill_keeper_at_start(self):
        self.programs.end_keeper(signal.SIGKILL)
        self.programs.start_keeper()
        self.wait(0.4)
        self.programs.end_keeper(signal.SIGKILL)
        self.programs.start_keeper()

    def end_keeper(self):
        self.programs.end_keeper(signal.SIGTERM)
        self.wait(0.3)
        self.programs.start_keeper()

    def stop_keeper(self):
        self.programs.keeper.signal(signal.SIGSTOP)
        self.wait(1)
        self.programs.keeper.signal(signal.SIGCONT)

    # Readers.

    def a_reader(self):
        self.programs.fill_up(self.chance)
        return self.chance.choice(self.programs.readers)

    def kill_reader(self):
        reader = self.a_reader()
        self.programs.end_reader(reader, signal.SIGKILL)
        return reader.name

    def end_reader(self):
        reader = self.a_reader()
        self.programs.end_reader(reader, signal.SIGTERM)
        return reader.name

    def stop_reader(self):
        reader = self.a_reader()
        reader.signal(signal.SIGSTOP)
        self.wait(1)
        reader.signal(signal.SIGCONT)
        return reader.name

    # Cgroups.

    def cgroups_come_and_go(self):
        """Short lives: some send, and end at once, or at a later step."""
        born = [self.new_account(self.chance.choice([link.number for link in self.links])) for _ in range(5)]
        for name in born:
            self.traffic.say(name, self.chance.randrange(1, 20))
        living = [name for name in self.traffic.living() if name != "(kernel)" and name not in self.pods.values()]
        for name in self.chance.sample(born, 2):
            self.traffic.open_stream(name)
        ended = self.chance.sample(living, max(0, len(living) - 12))
        for name in ended:
            self.traffic.close(name)
        return f"{len(born)} born, {len(ended)} ended"

    # Interfaces.

    def a_link(self):
        return self.chance.choice(self.links)

    def rename(self):
        """A live one, in the middle of its traffic."""
        link, self.names = self.a_link(), self.names + 1
        name = f"tor{link.number}n{self.names}"
        if link.name in self.moved:
            self.moved.add(name)
        run("ip", "link", "set", "dev", link.name, "name", name)
        link.name = name
        return name

    def change_mtu(self):
        """What no longer fits is refused, which the sender knows."""
        link, mtu = self.a_link(), self.chance.choice((600, 1000, 1280, 1500, 1500, 1500))
        run("ip", "link", "set", "dev", link.name, "mtu", str(mtu))
        return f"{link.name} {mtu}"

    def replace_qdisc(self):
        """Ours counts before the queue, so that what one drops is counted; the device's own count then is smaller."""
        link = self.a_link()
        words = self.chance.choice(self.QDISCS)
        try:
            run("tc", "qdisc", "replace", "dev", link.name, "root", *words.split())
        except RuntimeError as refused:
            return str(refused)
        link.queued = True
        if self.chance.random() < 0.5:
            self.wait(0.3)
            run("tc", "qdisc", "del", "dev", link.name, "root")
        return f"{link.name} {words}"

    def change_addresses(self):
        """A new address is ours from its first packet, an old one until its last."""
        link = self.a_link()
        address = f"10.11.{link.number}.{self.chance.randrange(10, 250)}"
        run("ip", "addr", "add", f"{address}/32", "dev", link.name)
        link.know_near(address)
        name = self.new_account(link.number, address)
        self.traffic.say(name, self.chance.randrange(20, 200))
        self.wait(0.2)
        self.traffic.close(name)
        run("ip", "addr", "del", f"{address}/32", "dev", link.name)
        return address

    def netns_come_and_go(self):
        """Without traffic: a veth whose other end is in a netns of its own."""
        for pod in range(self.chance.randrange(1, 6)):
            name = f"empty{pod}"
            run("ip", "netns", "add", name)
            run("ip", "link", "add", f"idle{pod}", "type", "veth", "peer", "name", "eth0", "netns", name)
            run("ip", "-n", name, "addr", "add", f"10.99.{pod}.2/24", "dev", "eth0")
            run("ip", "-n", name, "link", "set", "eth0", "up")
            run("ip", "link", "set", f"idle{pod}", "up")
        self.wait(0.3)
        for pod in range(6):
            if os.path.exists(f"/run/netns/empty{pod}"):
                run("ip", "netns", "del", f"empty{pod}")

    # Pods, for which we forward.

    def pod_begins(self):
        """Sends and receives from its first moment on, at an address that another had perhaps."""
        free = set(range(ADDRESSES)) - {pod.place for pod in self.pods}
        if not free:
            return self.pod_ends()
        self.names += 1
        self.opened += 1
        pod = Pod(self.names, self.chance.choice(sorted(free)), self.cgroups, self.a_link())
        pod.make()
        name, size = f"{pod.name}/app", self.chance.randrange(18, 500)
        self.traffic.open(name, pod.link.number, 10000 + self.opened, size, pod.address, pod.netns)
        self.pods[pod] = name
        return f"{pod.name} at {pod.address} over {pod.link.name}"

    def pod_ends(self):
        if not self.pods:
            return self.pod_begins()
        pod = self.chance.choice(list(self.pods))
        self.traffic.close(self.pods.pop(pod), False)
        pod.end()
        if self.chance.random() < 0.5:
            return f"{pod.name} ended, {self.pod_begins()}"
        return f"{pod.name} ended"

    def rename_pod(self):
        """Its veth; with traffic."""
        if not self.pods:
            return self.pod_begins()
        pod, self.names = self.chance.choice(list(self.pods)), self.names + 1
        pod.rename(f"veth{self.names}")
        return f"{pod.name}: {pod.veth}"

    def interface_comes_and_goes(self):
        """Its totals outlive it."""
        self.names += 1
        number = 10 + self.names % 200
        link = Link(number, f"torx{self.names}")
        link.make()
        link.await_counted()
        self.traffic.know(link)
        name = self.new_account(number)
        try:
            self.traffic.say(name, self.chance.randrange(1, 500))
            if self.chance.random() < 0.3:
                self.kill_keeper()
        finally:
            self.traffic.close(name)
            self.traffic.forget(number)
            self.gone.append(link.device())
            run("ip", "link", "del", link.name)
        return link.name

    def move(self):
        """To another netns and back; nothing is sent while it is away or not counted yet. The keeper may take it for
        a new one, with the older totals in (gone)."""
        link = self.a_link()
        self.traffic.pause([link.number])
        run("ip", "link", "set", "dev", link.name, "down")
        run("ip", "link", "set", "dev", link.name, "netns", "away")
        if self.chance.random() < 0.3:
            self.kill_keeper()
        self.wait(1)
        run("ip", "-n", "away", "link", "set", "dev", link.name, "netns", str(os.getpid()))
        self.wait(0.5)
        link.dress()
        link.await_counted()
        link.moved = True
        self.moved.add(link.name)
        self.traffic.resume([link.number])
        return link.name

    def step_clock(self):
        """That of the programs, by minutes to years."""
        if not self.programs.clock.environment:
            return "no library for that is built: cgtally_stepped_clock"
        ahead = self.chance.choice(AHEAD_S)
        self.programs.clock.set_ahead(ahead)
        self.wait(1)
        return f"{ahead} s ahead"

    # Too much.

    def many_flows(self):
        """100 000 flows to two accounts in turn: they push each other out of the owner cache."""
        link = self.a_link()
        accounts = [self.new_account(link.number, size=50) for _ in range(2)]
        self.traffic.flows(accounts, 100_000, link.number)
        for name in accounts:
            self.traffic.close(name)
        return link.name

    def flood(self):
        """SYNs from addresses that never answer, to a listener of an account."""
        link, count = self.a_link(), self.chance.randrange(500, 5000)
        self.opened += 1
        self.traffic.flood(f"a{self.opened}", link.number, 10000 + self.opened, count)
        return f"{count} SYNs"

    def fill_disk(self):
        """A recording on a full file system: its reader goes on, or says so; room again, and a kill."""
        directory = f"{self.programs.scratch}/small"
        with open(f"{directory}/filler", "wb", buffering=0) as filler:
            try:
                while filler.write(b"f" * 4096):
                    pass
            except OSError:
                pass  # full
        csv = f"{directory}/samples.csv"
        reader = self.programs.start_reader("record", csv=csv, may_fail=True)
        self.wait(1.5)
        os.unlink(f"{directory}/filler")
        self.wait(1)
        if reader.runs():
            self.programs.end_reader(reader, self.chance.choice((signal.SIGKILL, signal.SIGTERM)))
        rows = 0
        if os.path.exists(csv):
            faults, rows = check_recording(csv, self.moved, self.programs.clock)
            self.programs.faults += faults
            os.unlink(csv)
        return f"{rows} rows"

    def limit_reader(self):
        """Too few descriptors, or too little memory, from the start or later."""
        kind, few = self.chance.choice(self.programs.KINDS), self.chance.randrange(3, 40)
        little = self.chance.randrange(20, 120) << 20
        limit = self.chance.choice(((resource.RLIMIT_NOFILE, few), (resource.RLIMIT_AS, little),
                                    (resource.RLIMIT_FSIZE, few * 1000)))
        reader = self.programs.start_reader(kind, limits=[limit], may_fail=True)
        self.wait(1.5)
        if reader.runs():
            self.programs.end_reader(reader, signal.SIGTERM)
        what = {resource.RLIMIT_NOFILE: "descriptors", resource.RLIMIT_AS: "memory",
                resource.RLIMIT_FSIZE: "file size"}[limit[0]]
        return f"{kind}: {what} {limit[1]}"

    def little_memory(self):
        """A cgroup with less memory than a reader wants: slow, or ended by the kernel."""
        if not self.memory.path:
            return "no memory controller here"
        kind, size = self.chance.choice(self.programs.KINDS), self.chance.randrange(2, 30) << 20
        self.memory.limit(size)
        reader = self.programs.start_reader(kind, may_fail=True, prepare=self.memory.enter)
        self.wait(2)
        ended = not reader.runs()
        if not ended:
            self.programs.end_reader(reader, signal.SIGTERM)
        return f"{kind}: {size} bytes{', ended' if ended else ''}"
