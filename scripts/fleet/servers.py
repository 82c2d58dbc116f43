# SPDX-License-Identifier: Apache-2.0
"""The processes of scripts/fleet-demo: one `cgtally serve --replay` for each node, and a Prometheus or VictoriaMetrics
that scrapes them, all on loopback and below one directory; and the questions that can be put to either."""
import json
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

CREDITS = ["--instance", "t4g.micro", "--start", "full"]


def free_ports(number):
    """Held all at once, so that they differ; whoever listens next has them for certain on a quiet machine only."""
    sockets = [socket.socket() for _ in range(number)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def get(address, timeout=10):
    with urllib.request.urlopen(address, timeout=timeout) as answer:
        return answer.read().decode()


def wait_for(address, process, log, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{' '.join(process.args)}: ended with {process.returncode}\n{log.read_text()[-2000:]}")
        try:
            return get(address)
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"{address} does not answer\n{log.read_text()[-2000:]}")


class Process:
    def __init__(self, arguments, log):
        self.log = log
        self.process = subprocess.Popen([str(one) for one in arguments], stdout=log.open("w"), stderr=subprocess.STDOUT,
                                        stdin=subprocess.DEVNULL, cwd=log.parent)

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class ServedNode(Process):
    def __init__(self, cgtally, recording, port, log):
        super().__init__([cgtally, "serve", "--replay", recording, "--listen", f"127.0.0.1:{port}", *CREDITS], log)
        self.target = f"127.0.0.1:{port}"

    def metrics(self):
        return get(f"http://{self.target}/metrics")

    def wait(self):
        wait_for(f"http://{self.target}/healthz", self.process, self.log)


def scrape_config(names_of_targets, interval):
    """As in docs/fleet.md, but without a token; `instance` is the node's name."""
    targets = [{"targets": [target], "labels": {"instance": name}} for target, name in names_of_targets.items()]
    return {"global": {"scrape_interval": interval, "evaluation_interval": interval},
            "scrape_configs": [{"job_name": "cgtally", "static_configs": targets,
                                "relabel_configs": [{"action": "labeldrop", "regex": "pod|container|namespace|endpoint"}]}]}


class Prometheus(Process):
    """Of Debian's package. JSON is YAML."""

    name = "prometheus"

    def __init__(self, place, port, names_of_targets, interval, rules):
        config = {**scrape_config(names_of_targets, interval), "rule_files": [str(rules)]}
        (place / "prometheus.yml").write_text(json.dumps(config))
        super().__init__(["prometheus", f"--config.file={place}/prometheus.yml", f"--storage.tsdb.path={place}/data",
                          f"--web.listen-address=127.0.0.1:{port}"], place / "prometheus.log")
        self.address = f"http://127.0.0.1:{port}"

    def wait(self):
        wait_for(f"{self.address}/-/ready", self.process, self.log)

    def query(self, query):
        """[({label: value}, number)], in the order of the answer."""
        body = json.loads(get(f"{self.address}/api/v1/query?{urllib.parse.urlencode({'query': query})}"))
        found = body["data"]["result"]
        return [(one["metric"], float(one["value"][1])) for one in found]

    def rules(self):
        groups = json.loads(get(f"{self.address}/api/v1/rules"))["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]


class VictoriaMetrics(Prometheus):
    """The single-node server; it reads no rules."""

    name = "victoria-metrics"

    def __init__(self, place, port, names_of_targets, interval, _rules):
        config = scrape_config(names_of_targets, interval)
        del config["global"]["evaluation_interval"]
        (place / "scrape.yml").write_text(json.dumps(config))
        Process.__init__(self, ["victoria-metrics", f"-promscrape.config={place}/scrape.yml", f"-storageDataPath={place}/data",
                                f"-httpListenAddr=127.0.0.1:{port}", "-search.latencyOffset=0s", "-loggerLevel=WARN"],
                         place / "victoria-metrics.log")
        self.address = f"http://127.0.0.1:{port}"

    def wait(self):
        wait_for(f"{self.address}/health", self.process, self.log)

    def rules(self):
        return []
