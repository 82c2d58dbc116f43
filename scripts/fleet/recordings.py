# SPDX-License-Identifier: Apache-2.0
"""Recordings of nodes that never were, as `cgtally record` would have written them. For scripts/fleet-demo.

Each node has a pod of the deployment shop/api and the kernel's own packets; the first one has redis as well, which sends
most; and the last one has the mirror of shop/api, which receives 95 of 100 requests. Node i of n sends i times as much as
the first, so that it is known beforehand who talks most, and whose credits end in which order."""
import csv
import datetime

HEADER = ("time,boot_ns,interval_ns,host,ledger,iface,cgroup_id,account,container,pod,namespace,state,"
          "rx_bytes_total,rx_packets_total,tx_bytes_total,tx_packets_total,rx_bytes,rx_packets,tx_bytes,tx_packets,"
          "rx_bps,tx_bps,rx_pps,tx_pps,tcp_conns,queue_delay_us_p99,retrans_bytes,rx_connections,tx_connections,"
          "rx_resets,tx_resets,rx_data_packets,tx_data_packets").split(",")
PACKET = 1250  # bytes, of all packets
API_STEP = 1_250_000  # bytes that the pod of node 1 sends in a second: 10 Mbit/s
REDIS = 100_000_000
REQUESTS, MIRRORED = 100, 95  # connections a second that a pod of shop/api is asked for, and its mirror of them


class Account:
    """What one cgroup of one node moves in each second."""

    def __init__(self, path, transmit, receive, connections=0, container="", pod="", namespace=""):
        self.path, self.transmit, self.receive, self.connections = path, transmit, receive, connections
        self.names = (container, pod, namespace)

    def transmitted(self, seconds):
        return self.transmit * seconds


class Node:
    def __init__(self, number, nodes):
        self.name = f"node-{number:02d}"
        pod = f"api-7c9f4d-{number:05x}"
        self.accounts = [
            Account(f"/kubepods/{pod}/app", API_STEP * number, 125_000, REQUESTS, "app", pod, "shop"),
            Account("(kernel)", 1250, 1250)]
        if number == 1:
            self.accounts.append(Account("/system.slice/redis.service", REDIS, 500_000))
        if number == nodes:
            pod = "mirror-5b8d6-0000m"
            self.accounts.append(Account(f"/kubepods/{pod}/app", 0, 118_750 * nodes, MIRRORED * nodes, "app", pod, "shop"))

    def transmitted(self, seconds):
        return sum(account.transmitted(seconds) for account in self.accounts)

    def write(self, path, seconds):
        begin = datetime.datetime(2026, 11, 27, 9, 0, 0)
        with path.open("w", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(HEADER)
            for second in range(1, seconds + 1):
                stamp = f"{(begin + datetime.timedelta(seconds=second)).isoformat()}.000000000Z"
                for number, account in enumerate(self.accounts):
                    rows.writerow([stamp, second * 1_000_000_000, 1_000_000_000, self.name, f"{self.name}-ledger", "ens5",
                                   0 if account.path.startswith("(") else 100 + number, account.path, *account.names, "live",
                                   *self.counts(account, second)])

    @staticmethod
    def counts(account, second):
        receive, transmit = account.receive, account.transmit
        packets = [receive // PACKET, transmit // PACKET]
        totals = [receive * second, packets[0] * second, transmit * second, packets[1] * second]
        step = [receive, packets[0], transmit, packets[1]]
        rates = [receive * 8, transmit * 8, *packets]
        return [*totals, *step, *rates, 0, 0, 0, account.connections, 0, 0, 0, account.connections, 0]


def fleet(nodes):
    return [Node(number, nodes) for number in range(1, nodes + 1)]
