# SPDX-License-Identifier: Apache-2.0
"""What the tests of share/prometheus, share/grafana and docs/fleet.md read: the metrics that docs/metrics.md lists, the
queries of the docs by their headings, the dashboard's queries, and the names that a query uses."""
import json
import pathlib
import re

RULES = "share/prometheus/cgtally.rules.yaml"
DASHBOARD = "share/grafana/cgtally.json"
# What Grafana puts in place of its variables, as far as a query is to be parsed only.
VARIABLES = {"$__rate_interval": "5m", "$__range": "1h", "$node": ".*", "$namespace": ".*"}


def listed_metrics(tree):
    """{name: type} of the first two columns of the tables in docs/metrics.md."""
    metrics = {}
    for line in (tree / "docs/metrics.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        names = re.findall(r"`((?:cgtally|process)_\w+)`", cells[1]) if len(cells) > 3 else []
        kinds = re.findall(r"counter|gauge|histogram", cells[2]) if names else []
        for number, name in enumerate(names):
            metrics[name] = kinds[number] if len(kinds) == len(names) else kinds[0]
    return metrics


def written_metrics(tree):
    """The names that the program writes; a counter's has no _total in the sources."""
    return {name for path in (tree / "user/core/serve").rglob("*.cpp")
            for name in re.findall(r'"((?:cgtally|process)_\w+)"', path.read_text())}


def sample_names(metrics):
    """The names that samples have: those of a histogram end differently."""
    names = {"up"}
    for name, kind in metrics.items():
        names |= {f"{name}_{end}" for end in ("bucket", "sum", "count")} if kind == "histogram" else {name}
    return names


def rules(tree):
    import yaml  # of the package python3-yaml; who reads queries only needs none

    return [rule for group in yaml.safe_load((tree / RULES).read_text())["groups"] for rule in group["rules"]]


def doc_queries(tree):
    """{heading: query} of the promql fences of docs/fleet.md; a second one below a heading is 'heading 2'."""
    queries, heading, fence = {}, "", None
    for line in (tree / "docs/fleet.md").read_text().splitlines():
        if fence is not None:
            if line != "```":
                fence.append(line)
                continue
            key, number = heading, 2
            while key in queries:
                key, number = f"{heading} {number}", number + 1
            queries[key], fence = "\n".join(fence), None
        elif line.startswith("#"):
            heading = line.lstrip("# ")
        elif line == "```promql":
            fence = []
    return queries


def dashboard(tree):
    return json.loads((tree / DASHBOARD).read_text())


def panels(board):
    for panel in board["panels"]:
        yield panel
        yield from panel.get("panels", [])


def dashboard_queries(tree):
    queries = {}
    for panel in panels(dashboard(tree)):
        for target in panel.get("targets", []):
            query = target["expr"]
            for name, value in VARIABLES.items():
                query = query.replace(name, value)
            queries[f"{panel['title']} {target['refId']}"] = query
    return queries


def used_names(query):
    """The names of metrics and of recorded series in a query or in a template that has one in it."""
    bare = re.sub(r"\"(?:[^\"\\]|\\.)*\"|'[^']*'", '""', query) if "printf" not in query else query
    return set(re.findall(r"(?<![\w:])(?:(?:cgtally|process)_\w+|\w+:cgtally_[\w:]+)", bare))


def anchors(page):
    """Those that GitHub makes of the headings."""
    heads = re.findall(r"^#+ (.*)$", page.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower().replace("`", "")).replace(" ", "-") for head in heads}


def used_labels(query):
    """Those of matchers and of by, on and without."""
    matchers = re.findall(r"(?<=[{,])\s*(\w+)\s*(?:=~|!=|!~|=)", query)
    groups = re.findall(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)", query)
    return set(matchers) | {label.strip() for group in groups for label in group.split(",") if label.strip()}


def unknown_labels(tree):
    """[(where, label)] of the labels that no line of docs/metrics.md has in backticks: they would match nothing."""
    page = (tree / "docs/metrics.md").read_text()
    known = set(re.findall(r"`(\w+)(?:=[^`]*)?`", page)) | {"job", "instance", "le", "workload"}
    queries = {**dashboard_queries(tree), **doc_queries(tree)}
    queries |= {rule.get("alert", rule.get("record")): rule["expr"] for rule in rules(tree)}
    return [(where, label) for where, query in queries.items() for label in sorted(used_labels(query) - known)]


def unknown_names(tree):
    """[(where, name)] of the names that neither docs/metrics.md lists nor a rule records."""
    known = sample_names(listed_metrics(tree)) | {rule["record"] for rule in rules(tree) if "record" in rule}
    known |= set(listed_metrics(tree))
    texts = {**dashboard_queries(tree), **doc_queries(tree)}
    for rule in rules(tree):
        texts[rule.get("alert", rule.get("record"))] = rule["expr"]
        for key, text in rule.get("annotations", {}).items():
            texts[f"{rule['alert']}, {key}"] = text
    texts["docs/fleet.md"] = " ".join(re.findall(r"`([^`\n]+)`", (pathlib.Path(tree) / "docs/fleet.md").read_text()))
    return [(where, name) for where, text in texts.items() for name in sorted(used_names(text) - known)]
