# SPDX-License-Identifier: Apache-2.0
"""A container host of one's own: a network and a mount namespace with empty stores of podman and containerd, one uplink,
and a far end in the netns `far`. Nothing of the machine's is touched but its cgroups, which the runtimes make and remove.

A script calls enter_own_host() first, which starts it again inside and gives a work directory there.
"""
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

TREE = pathlib.Path(__file__).resolve().parents[2]
UPLINK, UPLINK_ADDRESS, FAR_ADDRESS = "uplink0", "192.0.2.1", "192.0.2.2"
INSIDE = "CGTALLY_OWN_HOST"
IMAGE = "cgt-containers"
CONTAINERS_CONF = """\
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
{runtime}[network]
network_config_dir = "{work}/networks"
"""
STORAGE_CONF = """\
[storage]
driver = "vfs"
graphroot = "/var/lib/containers/storage"
runroot = "/run/containers/storage"
"""


def die(what):
    sys.exit(f"{pathlib.Path(sys.argv[0]).name}: {what}")


def run(*command, stdin=None, cwd=None):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, input=stdin,
                          cwd=cwd)
    if done.returncode != 0:
        die(f"{' '.join(map(str, command))}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def in_far(*command):
    return ["ip", "netns", "exec", "far", *command]


def require_tools(*tools):
    """Ends with 77, which ctest calls skipped, where a tool is missing; with CGTALLY_REQUIRE_KERNEL=1 that is a failure."""
    if os.geteuid() != 0:
        die("counting needs root")
    os.environ["PATH"] += ":/usr/sbin:/sbin"  # administration tools hide there from plain users
    if missing := [tool for tool in tools if not shutil.which(tool)]:
        print(f"not run: {', '.join(missing)} not installed (sudo ./scripts/setup test)", file=sys.stderr)
        sys.exit(1 if os.environ.get("CGTALLY_REQUIRE_KERNEL") == "1" else 77)


def enter_own_host():
    """Inside, gives the work directory. Outside, runs this script inside and ends with its exit code."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if INSIDE in os.environ:
        return pathlib.Path(os.environ[INSIDE])
    work = tempfile.mkdtemp(prefix="cgt-containers.")
    try:
        status = subprocess.call(["unshare", "--mount", "--net", "--propagation", "private", sys.executable, *sys.argv],
                                 env={**os.environ, INSIDE: work})
    finally:
        shutil.rmtree(work, ignore_errors=True)
    sys.exit(status)


@contextlib.contextmanager
def background(command, **options):
    """A program beside; interrupted at the end, as by Ctrl-C."""
    process = subprocess.Popen([str(word) for word in command], **options)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        if process.wait(60) not in (0, -signal.SIGINT):
            die(f"{command[0]} ended with {process.returncode}")


def await_that(holds, what, seconds=60, every_s=0.02):
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            die(f"waited in vain for: {what}")
        time.sleep(every_s)


def await_listener(port, where=()):
    """Until somebody takes connections at the port; `where`: the command that enters another network namespace."""
    entry = f":{int(port):04X} 00000000:0000 0A"
    await_that(lambda: entry in run(*where, "cat", "/proc/net/tcp"), f"a listener at port {port}")


@contextlib.contextmanager
def recording(cgtally, table, *options, interval="500ms"):
    """`cgtally record` at the uplink, with more options. Once there is a header, all that is sent is in the rows; the last ones come at the end."""
    with open(f"{table}.talk", "w", encoding="utf-8") as talk, \
         background([cgtally, "record", "--private", "-i", UPLINK, "--interval", interval, "--csv", table,
                     *options], stderr=talk):
        await_that(lambda: table.exists() and table.stat().st_size, "the header of cgtally record")
        yield
        time.sleep(0.3)  # what is on its way


class ContainerHost:
    """The host itself; `link_bps` is what its uplink carries in each direction."""

    def __init__(self, work, link_bps):
        self.work = work
        self._own_stores()
        self._lay_cable(link_bps)
        self._make_root()

    def _own_stores(self):
        for directory in ("/var/lib/containers", "/var/lib/cni", "/var/lib/containerd", "/etc/cni"):
            if pathlib.Path(directory).is_dir():
                own = self.work / directory[1:].replace("/", "-")
                own.mkdir()
                run("mount", "--bind", own, directory)
        run("mount", "-t", "tmpfs", "run", "/run")
        pathlib.Path("/run/netns").mkdir()

    @staticmethod
    def _lay_cable(link_bps):
        run("ip", "netns", "add", "far")
        # The kernel shall ask for no router and no neighbour of its own accord, as far as possible.
        for where in ([], in_far()):
            run(*where, "sh", "-c", "cd /proc/sys/net/ipv6/conf/default || exit 0; echo 0 | tee router_solicitations accept_dad")
        run("ip", "link", "add", UPLINK, "type", "veth", "peer", "name", "far0", "netns", "far")
        # Frames and no super-packets, so that the device's own counters are those of the wire.
        frames_only = ("tso", "off", "gso", "off", "gro", "off")
        run("ethtool", "-K", UPLINK, *frames_only)
        run(*in_far("ethtool", "-K", "far0", *frames_only))
        for near, device, address in ((["ip"], UPLINK, UPLINK_ADDRESS), (["ip", "-n", "far"], "far0", FAR_ADDRESS)):
            run(*near, "addr", "add", f"{address}/30", "dev", device)
            run(*near, "link", "set", "lo", "up")
            run(*near, "link", "set", device, "up")
        for tc, device in ((["tc"], UPLINK), (["tc", "-n", "far"], "far0")):
            run(*tc, "qdisc", "add", "dev", device, "root", "tbf", "rate", link_bps, "burst", "256k", "latency", "50ms")
        pathlib.Path("/proc/sys/net/ipv4/ip_forward").write_text("1", encoding="ascii")

    def _make_root(self):
        """A container's root, which has only places for the host's /usr and our scripts to be mounted at."""
        self.root = self.work / "root"
        for name in ("proc", "sys", "dev", "tmp", "etc", "run", "usr", "traffic"):
            (self.root / name).mkdir(parents=True)
        for name in ("bin", "lib", "lib64", "sbin"):
            (self.root / name).symlink_to(f"usr/{name}")

    def use_podman(self):
        unified = run("stat", "-f", "-c", "%T", "/sys/fs/cgroup").strip() == "cgroup2fs"
        runtime = "" if unified else 'runtime = "runc"\n'  # the default one needs cgroup2 alone
        for variable, text in (("CONTAINERS_CONF", CONTAINERS_CONF), ("CONTAINERS_STORAGE_CONF", STORAGE_CONF)):
            file = self.work / variable.lower()
            file.write_text(text.format(work=self.work, runtime=runtime), encoding="ascii")
            os.environ[variable] = str(file)
        archive = self.work / "image.tar"
        run("tar", "-C", self.root, "-cf", archive, ".")
        run("podman", "import", "--quiet", archive, IMAGE)

    @staticmethod
    def counters():
        """What the uplink itself says that it has received and sent."""
        for line in pathlib.Path("/proc/net/dev").read_text(encoding="ascii").splitlines():
            if line.strip().startswith(f"{UPLINK}:"):
                fields = line.split(":")[1].split()
                return int(fields[0]), int(fields[8])
        return die(f"/proc/net/dev has no {UPLINK}")


def podman_run(name, *words, network="bridge", image=IMAGE):
    """Starts a container of that name, in which /traffic/traffic is scripts/traffic.

    conmon, which stays beside the container, writes a file `oom` where it was started: the work directory takes that.
    """
    options, command = words[:-1], words[-1]
    run("podman", "run", "--detach", "--name", name, "--network", network, "--volume", "/usr:/usr:ro",
        "--volume", f"{TREE}/scripts:/traffic:ro", *options, image, *command,
        cwd=os.environ.get(INSIDE))


def podman_remove(name):
    run("podman", "rm", "--force", "--ignore", "--time", "0", name)
