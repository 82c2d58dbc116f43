# SPDX-License-Identifier: Apache-2.0
"""A service, its mirror and the gateway that sends each request to both, all nginx, on a container host of their own.

The gateway runs at the far end of the uplink, as a load balancer does. The service is one container, `shop`. A pod of the
mirror is three containers that share a network namespace: one that holds it, a proxy that takes the requests, and the app,
which the proxy asks over `lo`. Each nginx logs each request, and these logs are the truth.
"""
import collections
import os
import pathlib
import select
import signal
import time

import container_host
from container_host import FAR_ADDRESS, TREE, UPLINK_ADDRESS, die, in_far, run

NETWORK, SUBNET = "mirror", "10.91.0.0/24"
GATEWAY_PORT, POD_PORT, APP_PORT = 8080, 80, 9000
ANSWER = "taken; " * 100
Request = collections.namedtuple("Request", "second status path")

# One worker, so that "no new connection" means what it says; connections stay open for as long as the script runs.
CONFIG = """\
user root;
daemon off;
worker_processes 1;
pid {work}/nginx.pid;
events {{ worker_connections 512; }}
http {{
  {temporaries}
  log_format truth '$msec $status $request_uri';
  access_log {work}/access.log truth;
  keepalive_requests 1000000;
  keepalive_timeout 1h;
  proxy_next_upstream off;
  proxy_http_version 1.1;
{rest}
}}
"""
TEMPORARIES = " ".join(f"{kind}_temp_path {{work}}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
SERVER = """  server {{ listen {port}; location / {{ default_type text/plain; return 200 "{answer}"; }} }}"""
PROXY = """  server {{ listen {port}; location / {{ proxy_pass http://127.0.0.1:{app}; }} }}"""
GATEWAY = """\
  upstream original {{ server {original}:{port}; {keepalive} }}
  upstream mirror {{ server {mirror}:{port}; {keepalive} }}
  server {{
    listen 127.0.0.1:{gateway};
    location / {{ mirror /mirror; proxy_pass http://original; proxy_set_header Connection {connection}; }}
    location = /mirror {{ internal; proxy_pass http://mirror$request_uri; proxy_set_header Connection {connection}; {store} }}
  }}"""
# nginx closes a connection whose answer it does not read; a mirror's answer it only reads to store it.
STORE = "proxy_store {work}/answer;"


def config(work, rest):
    return CONFIG.format(work=work, temporaries=TEMPORARIES.format(work=work), rest=rest)


class Nginx:
    """What an nginx has logged, in the directory where its configuration is."""

    def __init__(self, work):
        self.work = work

    def requests(self):
        """Those that it has answered, in order."""
        lines = (self.work / "access.log").read_text(encoding="utf-8").splitlines()
        return [Request(float(second), int(status), path) for second, status, path in (line.split(" ") for line in lines)]

    def errors(self, words):
        return sum(words in line for line in (self.work / "error.log").read_text(encoding="utf-8").splitlines())


class NginxContainer(Nginx):
    """nginx in a container, whose directory /rig is ours."""

    def __init__(self, host, name, rest, network):
        super().__init__(host.work / name)
        self.name = name
        self.work.mkdir()
        (self.work / "nginx.conf").write_text(config("/rig", rest), encoding="ascii")
        container_host.podman_run(name, "--volume", f"{self.work}:/rig",
                                  ["nginx", "-e", "/rig/error.log", "-c", "/rig/nginx.conf"], network=network)
        self.pid = int(run("podman", "inspect", "--format", "{{.State.Pid}}", name))
        container_host.await_that((self.work / "nginx.pid").exists, f"nginx of {name}")

    def end(self):
        """As its runtime ends it, by the signal of nginx' own image. Gives when the last process of it was gone."""
        process = os.pidfd_open(self.pid)
        os.kill(self.pid, signal.SIGQUIT)
        if not select.select([process], [], [], 10)[0]:
            die(f"{self.name} does not end")
        os.close(process)
        return time.time()


class MirrorPod:
    """A proxy and an app, in a network namespace that a third container holds."""

    def __init__(self, host, name):
        self.name = name
        container_host.podman_run(name, ["sleep", "3600"], network=NETWORK)
        self.address = address_of(name)
        inside = f"container:{name}"
        self.app = NginxContainer(host, f"{name}-app", SERVER.format(port=f"127.0.0.1:{APP_PORT}", answer=ANSWER), inside)
        self.proxy = NginxContainer(host, f"{name}-proxy", PROXY.format(port=POD_PORT, app=APP_PORT), inside)


def address_of(container):
    return run("podman", "inspect", "--format", f'{{{{(index .NetworkSettings.Networks "{NETWORK}").IPAddress}}}}', container).strip()


class Gateway(Nginx):
    """At the far end. `kept_alive`: requests share one connection to each of the two services."""

    def __init__(self, host, original, kept_alive):
        super().__init__(host.work / "gateway")
        self.original, self.kept_alive = original, kept_alive
        self.work.mkdir()

    def mirror_to(self, address):
        rest = GATEWAY.format(original=self.original, mirror=address, port=POD_PORT, gateway=GATEWAY_PORT,
                              keepalive="keepalive 4;" if self.kept_alive else "",
                              connection='""' if self.kept_alive else "close",
                              store=STORE.format(work=self.work) if self.kept_alive else "")
        (self.work / "nginx.conf").write_text(config(self.work, rest), encoding="ascii")

    def command(self):
        return in_far("nginx", "-e", self.work / "error.log", "-c", self.work / "nginx.conf")

    def reload(self):
        """New requests go by the new configuration; the old worker finishes its own, closes its connections and is gone."""
        master = int((self.work / "nginx.pid").read_text(encoding="ascii"))
        old = workers_of(master)
        os.kill(master, signal.SIGHUP)
        container_host.await_that(lambda: not old & workers_of(master), "the end of the gateway's old worker")


def workers_of(master):
    return set(pathlib.Path(f"/proc/{master}/task/{master}/children").read_text(encoding="ascii").split())


def client(count, rate):
    return in_far(TREE / "scripts/incidents/requests", GATEWAY_PORT, count, rate)


class MirrorHost(container_host.ContainerHost):
    """A container host whose pods are reached by their own addresses, as in a cloud's network."""

    def __init__(self, work, link_bps):
        super().__init__(work, link_bps)
        etc = self.root / "etc"
        (etc / "passwd").write_text("root:x:0:0::/:/bin/sh\n", encoding="ascii")
        (etc / "group").write_text("root:x:0:\n", encoding="ascii")
        self.use_podman()
        run("podman", "network", "create", "--disable-dns", "--subnet", SUBNET, NETWORK)
        run("ip", "-n", "far", "route", "add", SUBNET, "via", UPLINK_ADDRESS)
        run("nft", "-f", "-", stdin=f"table inet truth {{ chain to_pods {{ type filter hook forward priority -300; "
                                    f"ip saddr {FAR_ADDRESS} tcp flags & (syn | ack) == syn counter; }}; }}")

    @staticmethod
    def connections():
        """New connections from the far end to pods, as the kernel's own counter has them."""
        words = run("nft", "list", "chain", "inet", "truth", "to_pods").split()
        return int(words[words.index("packets") + 1])
