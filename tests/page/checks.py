# SPDX-License-Identifier: Apache-2.0
"""What the tests of the page share: whether they can run, axe-core's judgement, and that nothing foreign was asked."""
import contextlib
import importlib.util
import os
import pathlib
import shutil
import sys

AXE = pathlib.Path("/usr/local/share/cgtally-tests/axe.min.js")  # where scripts/setup puts it


def require_browser():
    missing = [] if shutil.which("chromium") else ["chromium"]
    missing += [] if importlib.util.find_spec("websocket") else ["python3-websocket"]
    if missing:
        print(f"not run: {', '.join(missing)} not installed (sudo ./scripts/setup test)", file=sys.stderr)
        sys.exit(1 if os.environ.get("CGTALLY_REQUIRE_KERNEL") == "1" else 77)


@contextlib.contextmanager
def server(**settings):
    import fake_server
    made = fake_server.start(**settings)
    try:
        yield f"http://127.0.0.1:{made.server_port}/"
    finally:
        fake_server.stop(made)


def accessible(page, where):
    """Fails with what axe-core finds; where it is not installed, says so."""
    if not AXE.exists():
        print(f"not checked for accessibility, {where}: {AXE} is missing (sudo ./scripts/setup test, with npm)", file=sys.stderr)
        return
    page.run(AXE.read_text() + ";0")
    faults = page.run("axe.run(document, {resultTypes: ['violations']}).then(found => found.violations.map("
                      "one => one.id + ': ' + one.help + ' ' + one.nodes.map(node => node.target.join(' ')).slice(0, 4).join(' | ')))")
    if faults:
        raise AssertionError(f"axe-core, {where}:\n  " + "\n  ".join(faults))


def clean(page):
    """No word on the console, and no request to another host."""
    if page.complaints:
        raise AssertionError("on the console:\n  " + "\n  ".join(page.complaints[:10]))
    foreign = [one for one in page.requests if not one.startswith(("http://127.0.0.1:", "about:"))]
    if foreign:
        raise AssertionError(f"asked elsewhere: {foreign[:5]}")
