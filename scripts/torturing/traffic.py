# SPDX-License-Identifier: Apache-2.0
"""The traffic whose truth is known: a process that sends datagrams of known size for each account both ways, counts
what the kernel took and what the receivers got, and takes commands between two rounds. It never guesses: a datagram that
send() refused was not sent, one that a receiver's full buffer dropped has still passed the hook.
"""

import multiprocessing
import os
import random
import socket
import struct
import time

from torturing.stage import enter

HEADERS = 14 + 20 + 8
SO_MEMINFO, MEMINFO_DROPS = 55, 8
IP_PKTINFO, IP_MTU_DISCOVER, IP_FREEBIND, IP_TRANSPARENT = 8, 10, 15, 19
IP_PMTUDISC_DO = 2
ROUND_S = 0.01
SYN, SYN_ACK = 14 + 20 + 20, 14 + 20 + 24  # the answer has the option MSS


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def syn(source, target, port):
    """An IPv4 packet, source and target as four bytes; the kernel fills in the IP header's checksum."""
    segment = struct.pack("!HHIIBBHHH", 4000, port, 1, 0, 5 << 4, 2, 1000, 0, 0)
    mark = checksum(source + target + struct.pack("!HH", socket.IPPROTO_TCP, len(segment)) + segment)
    segment = segment[:16] + struct.pack("!H", mark) + segment[18:]
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 0, 0, 64, socket.IPPROTO_TCP, 0, source, target) + segment


def tcp_counter(file, group, name):
    """Of this netns, since its beginning."""
    with open(f"/proc/thread-self/net/{file}", encoding="ascii") as text:
        names, values = [line.split() for line in text if line.startswith(f"{group}:")]
    return int(values[names.index(name)])


def answers_to_syns():
    """(all SYN-ACKs, those that were SYN cookies); nothing else sends TCP here."""
    return tcp_counter("snmp", "Tcp", "OutSegs"), tcp_counter("netstat", "TcpExt", "SyncookiesSent")


class Stream:
    """A TCP connection of an account to the far end, which takes everything. Its truth is the kernel's TCP_INFO: neither
    timestamps nor SACK are on, so each segment has 54 bytes of headers, and the handshake's have 8 of options."""

    BARE, OPTIONS = 14 + 20 + 20, 8

    def __init__(self, out, far):
        self.out, self.far, self.final = out, far, None

    def figures(self):
        """(segments out, segments in, bytes sent, not acknowledged or not sent)."""
        info = self.out.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        unacked, = struct.unpack_from("I", info, 24)
        segments_out, segments_in, not_sent = struct.unpack_from("III", info, 136)
        sent, = struct.unpack_from("Q", info, 200)
        return segments_out, segments_in, sent, unacked + not_sent

    def truth(self):
        if self.final:
            return self.final
        out, into, sent, _ = self.figures()
        return (out * self.BARE + self.OPTIONS + sent, out, into * self.BARE + self.OPTIONS, into)

    def send(self, payload):
        try:
            self.out.send(payload)
        except BlockingIOError:
            pass
        self.drain()

    def drain(self):
        try:
            while self.far.recv(1 << 18):
                pass
        except BlockingIOError:
            pass

    def rest(self):
        """Returns when everything is acknowledged, or after 20 s."""
        for _ in range(2000):
            self.drain()
            if not self.figures()[3]:
                return
            time.sleep(0.01)

    def close(self):
        """By a reset, which is one more segment and has no answer."""
        self.rest()
        time.sleep(0.06)  # a late acknowledgement
        moved = self.truth()
        self.final = (moved[0] + self.BARE, moved[1] + 1, *moved[2:])
        self.out.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.out.close()
        self.far.close()


class Account:
    """A cgroup with two sockets in it: one sends, one receives. Its counts are those of the wire."""

    def __init__(self, name, link, port, size, pod=None):
        self.name, self.link, self.port, self.size = name, link, port, size
        self.pod = pod  # its netns, if it is not ours
        self.tx_packets = self.rx_packets = self.refused = self.far_sent = 0
        self.answers, self.stream = 0, None
        self.out = self.into = self.far = None

    def truth(self):
        wire = self.size + HEADERS
        received = self.rx_packets + self.dropped()
        sent = self.tx_packets * wire + self.answers * SYN_ACK
        datagrams = (sent, self.tx_packets + self.answers, received * wire, received)
        streamed = self.stream.truth() if self.stream else (0, 0, 0, 0)
        return tuple(map(sum, zip(datagrams, streamed)))

    def dropped(self):
        if self.into is None:
            return 0
        return struct.unpack("9I", self.into.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, 36))[MEMINFO_DROPS]


class Player:
    """Runs in a process of its own, which is in the near netns."""

    def __init__(self, pipe, cgroups, links, seed):
        self.pipe, self.cgroups, self.links = pipe, cgroups, links
        self.random = random.Random(seed)
        self.near = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.far = os.open("/run/netns/far", os.O_RDONLY)
        self.accounts, self.paused, self.sinks = {}, set(), {}
        self.payload, self.cookies = b"t" * 2000, 0
        self.cgroups.enter(self.cgroups.home)

    def socket_in(self, netns):
        enter(netns)
        try:
            return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        finally:
            enter(self.near)

    def far_socket(self):
        return self.socket_in(self.far)

    def sink(self, link):
        """Takes everything and answers nothing: no ICMP comes back."""
        if link not in self.sinks:
            self.sinks[link] = self.far_socket()
            self.sinks[link].bind((self.links[link].far_address, 9))
        return (self.links[link].far_address, 9)

    def open(self, name, link, port, size, address=None, pod=None):
        os.makedirs(self.cgroups.path_of(name), exist_ok=True)
        account = Account(name, link, port, size, pod)
        netns = os.open(pod or "/proc/self/ns/net", os.O_RDONLY)
        self.cgroups.enter(self.cgroups.path_of(name))
        account.out, account.into = (self.socket_in(netns) for _ in range(2))
        self.cgroups.enter(self.cgroups.home)
        os.close(netns)
        account.into.bind((address or "0.0.0.0", port))
        account.into.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        account.out.setsockopt(socket.SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO)  # refused rather than cut up
        account.out.connect(self.sink(link))
        account.far = self.far_socket()
        account.far.connect((address or self.links[link].near_address, port))
        for each in (account.out, account.into, account.far):
            each.setblocking(False)
        self.accounts[name] = account

    def open_stream(self, name):
        account = self.accounts[name]
        enter(self.far)
        listener = socket.create_server((self.links[account.link].far_address, 0))
        enter(self.near)
        self.cgroups.enter(self.cgroups.path_of(name))
        out = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.cgroups.enter(self.cgroups.home)
        out.connect(listener.getsockname())
        far, _ = listener.accept()
        listener.close()
        for each in (out, far):
            each.setblocking(False)
        account.stream = Stream(out, far)

    def send(self, account, count):
        payload = self.payload[: account.size]
        for _ in range(count):
            try:
                account.out.send(payload)
                account.tx_packets += 1
            except OSError:
                account.refused += 1
        for _ in range(count):
            try:
                account.far.send(payload)
                account.far_sent += 1
            except OSError:
                account.refused += 1
        self.drain(account)

    @staticmethod
    def drain(account):
        try:
            while account.into.recv(2048):
                account.rx_packets += 1
        except BlockingIOError:
            pass

    def round(self):
        for account in self.accounts.values():
            if account.out is not None and account.link not in self.paused:
                many = self.random.random() > 0.9
                self.send(account, self.random.randrange(2, 60) if many else 1)
                if account.stream:
                    account.stream.send(bytes(self.random.randrange(1, 200_000 if many else 3000)))

    # Commands.

    def pause(self, links):
        self.paused |= set(links)
        time.sleep(0.06)  # what is under way arrives, and late acknowledgements
        for account in self.accounts.values():
            if account.stream and not account.stream.final:
                account.stream.rest()
            if account.into is not None:
                self.drain(account)

    def resume(self, links):
        self.paused -= set(links)

    def say(self, name, count):
        """Sends count datagrams each way at once, whether or not its link is paused."""
        account = self.accounts[name]
        for _ in range(count):
            self.send(account, 1)
        time.sleep(0.02)
        self.drain(account)

    def close(self, name, remove=True):
        """The account ends; its truth stays."""
        account = self.accounts[name]
        time.sleep(0.02)
        self.drain(account)
        account.rx_packets += account.dropped()
        if account.stream:
            account.stream.close()
        for each in (account.out, account.into, account.far):
            each.close()
        account.out = account.into = account.far = None
        if remove:
            os.rmdir(self.cgroups.path_of(name))

    def know(self, link):
        self.links[link.number] = link

    def forget(self, number):
        self.sinks.pop(number).close()

    def flows(self, names, count, link):
        """From count addresses and ports, to the accounts in turn. FREEBIND: no address is the far end's own."""
        payload, near = self.payload[: self.accounts[names[0]].size], self.links[link].near_address
        far = self.far_socket()
        far.setsockopt(socket.SOL_IP, IP_FREEBIND, 1)
        far.setsockopt(socket.SOL_IP, IP_TRANSPARENT, 1)
        receivers = [self.accounts[name] for name in names]
        for number in range(count):
            one = receivers[number % len(receivers)]
            source = socket.inet_aton(f"10.{12 + (number >> 16)}.{number >> 8 & 255}.{number & 255}")
            control = [(socket.SOL_IP, IP_PKTINFO, struct.pack("I4s4s", 0, source, bytes(4)))]
            far.sendmsg([payload], control, 0, (near, one.port))
            if number % 50 == 49:
                self.drain(receivers[0])
                self.drain(receivers[1])
        far.close()

    def flood(self, name, link, port, count):
        """SYNs without options to a listener, whose answers nobody takes. They are the listener's; SYN cookies, which
        the kernel sends without a socket once the backlog is full, are (kernel)."""
        os.makedirs(self.cgroups.path_of(name))
        account = Account(name, link, port, SYN - HEADERS)
        self.accounts[name] = account
        self.cgroups.enter(self.cgroups.path_of(name))
        listener = socket.create_server(("0.0.0.0", port), backlog=200)
        self.cgroups.enter(self.cgroups.home)
        near = socket.inet_aton(self.links[link].near_address)
        enter(self.far)
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        enter(self.near)
        before = answers_to_syns()
        for number in range(count):
            raw.sendto(syn(struct.pack("!BBH", 10, 12, number), near, port), (self.links[link].near_address, 0))
        raw.close()
        time.sleep(1.5)  # the last of the half-open ones are given up
        account.rx_packets = count
        sent, cookies = (now - then for now, then in zip(answers_to_syns(), before))
        account.answers = sent - cookies
        self.cookies += cookies
        listener.close()
        os.rmdir(self.cgroups.path_of(name))

    def pods(self):
        """Accounts whose traffic is forwarded -> the size of each of their frames."""
        return {account.name: account.size + HEADERS for account in self.accounts.values() if account.pod}

    def truth(self):
        kernel = (self.cookies * SYN_ACK, self.cookies, 0, 0)
        return {"(kernel)": kernel} | {account.name: account.truth() for account in self.accounts.values()}

    def living(self):
        return ["(kernel)", *(account.name for account in self.accounts.values() if account.out is not None)]

    def play(self):
        due = time.monotonic()
        while True:
            while self.pipe.poll(max(0, due - time.monotonic())):
                command, words = self.pipe.recv()
                if command == "stop":
                    return
                try:
                    self.pipe.send((True, getattr(self, command)(*words)))
                except Exception as fault:  # the other side decides
                    self.pipe.send((False, f"{command}: {fault!r}"))
            self.round()
            due = max(due + ROUND_S, time.monotonic() - 0.1)


class Traffic:
    """The other end of the pipe: traffic.open(...), traffic.truth() and so on are commands of the player."""

    def __init__(self, cgroups, links, seed):
        self.pipe, theirs = multiprocessing.Pipe()
        self.player = multiprocessing.get_context("fork").Process(
            target=lambda: Player(theirs, cgroups, links, seed).play(), daemon=True)
        self.player.start()

    def __getattr__(self, command):
        def ask(*words):
            self.pipe.send((command, words))
            fine, answer = self.pipe.recv()
            if not fine:
                raise RuntimeError(answer)
            return answer

        return ask

    def stop(self):
        self.pipe.send(("stop", ()))
        self.player.join(5)


