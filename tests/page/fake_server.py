# SPDX-License-Identifier: Apache-2.0
"""Serves the page of web/ with figures made up: for what the real program does not show on demand, such as hostile
names, an exhaustion, a server that goes away. Also for a look while one designs: `python3 fake_server.py 8000`.
"""
import http.server
import itertools
import json
import math
import pathlib
import random
import re
import sys
import threading
import time

TREE = pathlib.Path(__file__).resolve().parents[2]
DYGRAPHS = pathlib.Path("/usr/share/javascript/dygraphs")
TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml", "txt": "text/plain"}
POLICY = "".join(re.findall(r'"([^"]*)"', re.search(r"kPagePolicy =\n(.*?);\n\n", (
    TREE / "user/adapters/web/page_files.h").read_text(), re.S)[1]))
HOSTILE = '<img src=x onerror="document.title=1"><script>alert(1)</script>"\'`&amp;'


def rfc3339(at):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at % 1 * 1000):03}Z"


class Scene:
    """What the made-up node shows at its n-th second."""

    def __init__(self, accounts=40, hostile=False, present=True, most=100, begun=None):
        self.random = random.Random(7)
        self.begun = begun or time.time()
        self.hostile, self.most = hostile, most
        self.present = present  # credits, bursts and lives, which a node may not have
        self.names = [("/system.slice/redis.service", "redis.service", None, None, 240e6, 5.9e6)]
        for i in range(accounts - 1):
            namespace = ("shop", "billing", "observability")[i % 3]
            pod = f"{('api', 'cart', 'import', 'proxy', 'agent')[i % 5]}-{self.random.getrandbits(24):06x}"
            rate = 22e6 / (i + 1) ** 1.3
            self.names.append((f"/kubepods.slice/pod{i}/{pod}", f"{namespace}/{pod} app", pod, namespace, rate, rate / 3))
        if hostile:
            self.names.append((f"/{HOSTILE}", HOSTILE, HOSTILE, HOSTILE, 90e6, 9e6))
            self.names.append(("/" + "x" * 900, "x" * 900, None, None, 80e6, 8e6))
        self.names.append(("(kernel)", "(kernel)", None, None, 8.4e5, 9.6e4))
        self.sums = {name[0]: [0, 0] for name in self.names}
        self.burst_id = 0
        self.left = 9.4e9

    def way(self, bits, total):
        return {"bits_per_second": bits, "packets_per_second": bits / 11000, "bytes": total, "packets": total // 1400}

    def accounts(self, n):
        rows = []
        for i, (account, label, pod, namespace, tx, rx) in enumerate(self.names):
            factor = max(0.0, 1 + 0.35 * math.sin(n / (7 + i % 5) + i) + self.random.uniform(-0.12, 0.12))
            bits = [tx * factor, rx * factor]
            self.sums[account] = [old + int(b / 8) for old, b in zip(self.sums[account], bits)]
            rows.append({"account": account, "label": label, "kind": "reason" if account[0] == "(" else "cgroup",
                         "container": pod and "app", "pod": pod, "namespace": namespace,
                         "ended_s": 4.0 if i == 9 else None,
                         "tx": self.way(bits[0], self.sums[account][0]), "rx": self.way(bits[1], self.sums[account][1]),
                         "new_connections_per_second": 0.0, "resets_per_second": 0.0,
                         "connections": None if account[0] == "(" else 50 // (i + 1),
                         "queue_delay_p99_s": None if account[0] == "(" else 0.0012})
        return sorted(rows, key=lambda row: -row["tx"]["bits_per_second"] - row["rx"]["bits_per_second"])

    def bursts(self, now, n, first):
        recent = []
        for k in range(12 if first else (1 if n % 4 == 0 else 0)):
            self.burst_id += 1
            size = self.random.uniform(4e5, 7.3e6)
            recent.append({"id": self.burst_id, "start": rfc3339(now - (12 - k) * 4 if first else now - 0.4), "iface": "ens5", "direction": "tx",
                           "duration_s": size / 5e8, "bytes": int(size), "peak_bits_per_second": self.random.uniform(3.1e9, 5e9),
                           "mean_bits_per_second": 3e9, "threshold_bits_per_second": 2.5e9,
                           "cause": self.random.choice(["microburst", "microburst", "ceiling", "burst"]), "reason": "",
                           "account": self.names[0][0], "label": HOSTILE if self.hostile else self.names[0][1],
                           "exceeded_packets": self.random.choice([0, 37]), "under_way": False})
        cells = [int(self.random.expovariate(1) * 30000) for _ in range(1000)]
        for start in (113, 640):
            for i in range(start, start + 9):
                cells[i] = int(self.random.uniform(350e3, 620e3))
        rx = [int(self.random.expovariate(1) * 900) for _ in range(1000)]
        return {"last_minute": self.burst_id, "missed_windows": 0, "verdict": "sporadic", "window_s": 0.001, "recent": recent[::-1],
                "under_way": [], "last_second": [{"iface": "ens5", "end": rfc3339(now), "cell_s": 0.001, "tx": cells, "rx": rx}]}

    def credit(self, state, lo, hi, empty, rate, evidence):
        return {"state": state, "bits_per_second": rate, "mean_bits_per_second": rate, "baseline_bits_per_second": 64e6,
                "burst_bits_per_second": 5e9, "balance_lo_bytes": lo, "balance_hi_bytes": hi, "capacity_lo_bytes": 13e9,
                "capacity_hi_bytes": 53e9, "share_lo": lo / 53e9, "share_hi": hi / 53e9, "basis": "prior",
                "time_to_empty_lo_s": empty[0], "time_to_empty_hi_s": empty[1], "draining": state == "draining",
                "verdict": "sporadic", "exceeded_packets": 0, "evidence": evidence}

    def all_credits(self):
        self.left = max(0, self.left - 27e6)
        drain = 27e6
        tx = self.credit("draining", self.left, self.left + 34e9, (self.left / drain, (self.left + 34e9) / drain), 281e6,
                         ["full at 09:12:04 (TOLD, --start full)", "9.0 GB above baseline since (MEASURED)"])
        rx = self.credit("full", 13e9, 53e9, (None, None), 6.2e6, ["nothing above baseline since 09:12:04 (MEASURED)"])
        return {"instance": {"type": "t4g.micro", "source": "DMI", "remark": "table of 2026-08-02"}, "tx": tx, "rx": rx,
                "larger": "t4g.large: baseline 512 Mbit/s",
                "allowances": [{"allowance": "bw_out", "last_minute_packets": 37, "total_packets": 78, "verdict": "sporadic", "remedy": ""}]}

    def lives(self, now, first):
        if not first:
            return []
        row = {"account": "/kubepods.slice/pod1", "label": "", "container": "app", "pod": "mirror-6d4cf56db6-x7k2q", "namespace": "shop"}
        return [{**row, "id": 2, "at": rfc3339(now - 31), "event": "ended", "name": HOSTILE if self.hostile else "shop/mirror/app", "lived_s": 187.2, "tx_bytes": 40200000,
                 "rx_bytes": 1200000, "late_packets": 0, "late_payload_bytes": 0, "late_connections": 0, "late_resets": 0,
                 "refused_connections": 148, "tail_s": 1.48, "lossy": True},
                {**row, "id": 1, "at": rfc3339(now - 218), "event": "begun", "name": "shop/mirror/app", "lossy": False}]

    def snapshot(self, n, first):
        now = self.begun + n
        accounts = self.accounts(n)
        here = self.present
        beyond = {way: self.way(sum(one[way]["bits_per_second"] for one in accounts[self.most:]), 0) for way in ("tx", "rx")}
        total = {w: sum(a[w]["bits_per_second"] for a in accounts) for w in ("tx", "rx")}
        sums = {w: sum(a[w]["bytes"] for a in accounts) for w in ("tx", "rx")}
        return {
            "time": rfc3339(now), "interval_s": 1.0, "sequence": n,
            "status": {"version": "0.1.0", "host": "ip-10-0-3-17", "interval_s": 1.0, "kind": "pinned",
                       "ledger": {"id": "4f3c", "since": rfc3339(self.begun - 273600), "slots_used": 61, "slots": 4096,
                                  "overflow_bytes": 0, "bytes": 2150400},
                       "counting": True, "keeper": {"up": True, "last_active": rfc3339(now)}, "replay": None,
                       "accounts": {"exported": len(accounts), "rest": 0, "ended": 1},
                       "cost": {"cpu_s": 1.25, "memory_bytes": 18300928, "connections": 2, "program_ns_per_packet": None}, "notices": []},
            "interfaces": [{"iface": "ens5", "tx": {**self.way(total["tx"], sums["tx"]), "named": 0.997},
                            "rx": {**self.way(total["rx"], sums["rx"]), "named": 0.985},
                            "coverage": 0.9999, "containers": 0.7, "host": 0.28, "unnamed": 0.02}],
            "accounts": accounts[:self.most], "other_accounts": {"count": len(accounts[self.most:]), "tx": beyond["tx"], "rx": beyond["rx"]},
            "bursts": self.bursts(now, n, first) if here else None, "credits": self.all_credits() if here else None,
            "lifecycle": self.lives(now, first) if here else None}


class Handler(http.server.BaseHTTPRequestHandler):
    made_of, every, backlog, denied, gone = {}, 1.0, 20, False, False

    def log_message(self, *_):
        pass

    def send_file(self, path):
        name = path.rsplit("/", 1)[-1] or "index.html"
        file = next((folder / name for folder in (TREE / "web", DYGRAPHS) if (folder / name).is_file()), None)
        self.send_response(200 if file else 404)
        self.send_header("Content-Type", TYPES.get(name.rsplit(".", 1)[-1], "text/plain") + "; charset=utf-8")
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        if file:
            self.wfile.write(re.sub(rb"(//# |/\*# )sourceMappingURL=.*", b"", file.read_bytes()))

    def send_all_accounts(self):
        text = json.dumps(Scene(**{**self.made_of, "most": 10**6}).snapshot(0, False)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):  # the name is http.server's
        path = self.path.split("?")[0]
        if not path.startswith("/api/"):
            return self.send_file(path)
        if self.denied:
            return self.send_error(401)
        if path == "/api/v1/accounts":
            return self.send_all_accounts()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        scene = Scene(**self.made_of)
        history = range(-self.backlog, 0)  # the page looks as if it had been open
        try:
            for n in itertools.chain(history, itertools.count()):
                if self.gone:
                    break
                first = n == -self.backlog
                self.wfile.write(f"id: {n}\nevent: snapshot\ndata: {json.dumps(scene.snapshot(n, first))}\n\n".encode())
                time.sleep(0 if n < 0 else self.every)
        except OSError:
            pass
        return None


def stop(server):
    """Ends it and its connections, as if the program had gone."""
    server.RequestHandlerClass.gone = True
    server.shutdown()
    server.server_close()


def start(port=0, **settings):
    """A server in a thread; `settings` are the Handler's: made_of (of a Scene), every (seconds), backlog (intervals), denied."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), type("Made", (Handler,), settings))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


if __name__ == "__main__":
    print(f"http://127.0.0.1:{start(int(sys.argv[1]), every=1.0).server_port}")
    threading.Event().wait()
