# SPDX-License-Identifier: Apache-2.0
"""The pages of this project as data: fences, links, headings and code spans. For the tests beside this file."""
import re

FENCE = re.compile(r"^```(.*)$")
# What a fence may be. `no-test` needs a comment before the fence, which says why no test runs it.
KINDS = {"sh", "sh no-test", "console", "console no-test", "text", "js", "json", "nginx", "promql", "sql", "yaml"}


def pages(tree):
    """README, CONTRIBUTING, docs/ and the READMEs of other folders."""
    found = [tree / "README.md", tree / "CONTRIBUTING.md", *sorted((tree / "docs").rglob("*.md"))]
    found += [tree / folder / "README.md" for folder in ("data", "share", "vmlinux")]
    return [page for page in found if page.exists()]


class Fence:
    def __init__(self, page, line, kind, before):
        self.page = page
        self.line = line  # of its first line of text
        self.kind = kind
        self.before = before  # the last line with text before it
        self.lines = []

    def commands(self):
        """[(line number, command, output)]: comments are dropped, lines that end with a backslash are joined."""
        commands, command, begin = [], "", 0
        for number, line in enumerate(self.lines, self.line):
            if self.kind.startswith("console"):
                if not line.startswith("$ ") and not command:
                    if commands:
                        commands[-1][2].append(line)
                    continue
                line = line[2:] if not command else line
            line = re.sub(r"(^|\s+)# .*$", "", line)
            if not command:
                begin = number
            if line.endswith("\\"):
                command += line[:-1]
                continue
            command += line
            if command.strip():
                commands.append((begin, command.strip(), []))
            command = ""
        return commands


class Page:
    def __init__(self, path):
        self.path = path
        self.fences = []
        self.text = []  # [(number, line)] outside fences, comments left out
        self.read(path.read_text().split("\n"))

    def read(self, lines):
        fence, before, comment = None, "", False
        for number, line in enumerate(lines, 1):
            mark = FENCE.match(line)
            if mark and fence is None:
                fence = Fence(self.path, number + 1, mark.group(1), before)
                self.fences.append(fence)
            elif mark:
                fence = None
            elif fence is not None:
                fence.lines.append(line)
            else:
                comment = comment or line.startswith("<!--")
                self.text.append((number, "" if comment else line))
                comment = comment and "-->" not in line
            if line.strip() and fence is None:
                before = line

    def anchors(self):
        """The anchors of its headings, as GitHub makes them."""
        found = []
        for _, line in self.text:
            heading = re.match(r"#+ (.*)", line)
            if not heading:
                continue
            words = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading.group(1)).lower()
            anchor = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
            count = sum(one == anchor or one.startswith(anchor + "-") for one in found)
            found.append(anchor if anchor not in found else f"{anchor}-{count}")
        return found

    def links(self):
        """[(line number, target)] of links in the text."""
        without_code = ((number, re.sub(r"`[^`]*`", "", line)) for number, line in self.text)
        return [(number, target) for number, line in without_code for target in re.findall(r"\]\(([^)\s]+)\)", line)]

    def spans(self):
        """[(line number, code)] of code in the text."""
        return [(number, code) for number, line in self.text for code in re.findall(r"`([^`]+)`", line)]
