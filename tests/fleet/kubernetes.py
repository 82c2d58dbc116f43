# SPDX-License-Identifier: Apache-2.0
"""Faults of share/kubernetes that can be found without a cluster: files that no kustomization names, names that nothing
has, rights that differ from container to container. Where kubectl has kustomize 4 or newer, what it renders is read."""
import re
import shutil
import subprocess

import yaml


def objects(folder):
    """All objects that a kustomization gathers, by following its resources."""
    kustomization = yaml.safe_load((folder / "kustomization.yaml").read_text())
    for resource in kustomization["resources"]:
        path = (folder / resource).resolve()
        if path.is_dir():
            yield from objects(path)
        else:
            yield from yaml.safe_load_all(path.read_text())


def unnamed_files(folder):
    named = {"kustomization.yaml"} | set(yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"])
    return [path for path in folder.glob("*.yaml") if path.name not in named]


def one(all_objects, kind):
    return next(found for found in all_objects if found["kind"] == kind)


def pod_faults(pod):
    containers = pod["initContainers"] + pod["containers"]
    rights = [container["securityContext"] for container in containers]
    if any(right != rights[0] for right in rights):
        yield "containers of the DaemonSet have different rights"
    if rights[0]["capabilities"]["drop"] != ["ALL"] or rights[0].get("privileged"):
        yield "the DaemonSet has more rights than it names"
    volumes = {volume["name"] for volume in pod["volumes"]}
    for container in containers:
        mounted = {mount["name"] for mount in container["volumeMounts"]}
        if mounted - volumes:
            yield f"{container['name']} mounts {sorted(mounted - volumes)}, which no volume is"
        if "memory" not in container["resources"].get("limits", {}):
            yield f"{container['name']} has no limit of memory"


def fit_faults(everything):
    """Whether what refers to the pods' labels, port and secret finds them."""
    daemonset, service, monitor = (one(everything, kind) for kind in ("DaemonSet", "Service", "PodMonitor"))
    template = daemonset["spec"]["template"]
    labels, pod = template["metadata"]["labels"], template["spec"]
    ports = {port["name"]: port["containerPort"] for container in pod["containers"] for port in container.get("ports", [])}
    secrets = {volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume}
    selectors = [daemonset["spec"]["selector"]["matchLabels"], service["spec"]["selector"],
                 monitor["spec"]["selector"]["matchLabels"]]
    if any(not selector.items() <= labels.items() for selector in selectors):
        yield "a selector does not match the labels of the pods"
    if service["spec"]["ports"][0]["targetPort"] not in ports or service["spec"].get("clusterIP") != "None":
        yield "the service has no such port, or is not headless"
    endpoint = monitor["spec"]["podMetricsEndpoints"][0]
    if endpoint["port"] not in ports or endpoint["authorization"]["credentials"]["name"] not in secrets:
        yield "the PodMonitor has another port or another secret than the pods"
    arguments = next(container["args"] for container in pod["containers"] if container["name"] == "serve")
    token = next(mount["mountPath"] for container in pod["containers"] for mount in container["volumeMounts"]
                 if mount["name"] == "token")
    if f"0.0.0.0:{ports['metrics']}" not in arguments or f"{token}/token" not in arguments:
        yield "serve listens on another port, or reads its token elsewhere"
    if any(found["metadata"]["namespace"] != "kube-system" for found in everything):
        yield "an object is in another namespace"


def rendered_faults(folder, everything):
    """kubectl's own rendering, where there is one."""
    version = shutil.which("kubectl") and subprocess.run(["kubectl", "version", "--client"], capture_output=True, text=True).stdout
    found = re.search(r"Kustomize Version: v(\d+)", version or "")
    if not found or int(found[1]) < 4:
        return
    run = subprocess.run(["kubectl", "kustomize", str(folder)], capture_output=True, text=True)
    kinds = [rendered["kind"] for rendered in yaml.safe_load_all(run.stdout) if rendered]
    if sorted(kinds) != sorted(found["kind"] for found in everything):
        yield f"kubectl kustomize {folder} renders {kinds}: {run.stderr}"


def image_faults(tree):
    """The tag is the version of this tree."""
    version = re.search(r"project\(cgtally\s+VERSION ([\d.]+)", (tree / "CMakeLists.txt").read_text())[1]
    images = yaml.safe_load((tree / "share/kubernetes/base/kustomization.yaml").read_text())["images"]
    if images != [{"name": "cgtally", "newTag": version}]:
        yield f"share/kubernetes has {images}, this is version {version}"


def compose_faults(tree):
    """Compose starts what the DaemonSet does, in the same order."""
    services = yaml.safe_load((tree / "share/compose.yaml").read_text())["services"]
    commands = {name: service["command"] for name, service in services.items()}
    if commands != {"begin": ["up"], "keeper": ["up", "--keep"], "serve": ["serve"]}:
        yield f"share/compose.yaml has the commands {commands}"


def faults_of(tree):
    root = tree / "share/kubernetes"
    yield from image_faults(tree)
    yield from compose_faults(tree)
    everything = list(objects(root / "monitoring"))
    for folder in (root, root / "base", root / "monitoring"):
        yield from (f"{path} is in no kustomization" for path in unnamed_files(folder))
    yield from pod_faults(one(everything, "DaemonSet")["spec"]["template"]["spec"])
    yield from fit_faults(everything)
    yield from rendered_faults(root / "monitoring", everything)
    yield from rendered_faults(root, list(objects(root)))
