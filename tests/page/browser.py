# SPDX-License-Identifier: Apache-2.0
"""Chromium without a window, driven over its DevTools protocol: opens a page, looks at it, presses keys, takes pictures, and
notes each request, each message on the console and each exception.
"""
import base64
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import websocket  # python3-websocket

FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps", "--mute-audio",
         "--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider", "--hide-scrollbars",
         "--remote-debugging-port=0", "--remote-allow-origins=*"]


class Browser:
    """--no-sandbox because tests run as root, in namespaces of their own; it opens nothing but the page under test."""

    def __init__(self, prefix=()):
        self.home = tempfile.mkdtemp(prefix="cgtally-browser-")
        self.process = subprocess.Popen([*prefix, "chromium", *FLAGS, f"--user-data-dir={self.home}", "about:blank"], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        port_file = pathlib.Path(self.home) / "DevToolsActivePort"
        self.wait(lambda: port_file.exists() and port_file.read_text().count("\n") >= 1, "chromium starts", 60)
        self.port, path = port_file.read_text().split("\n")[:2]
        self.socket = websocket.create_connection(f"ws://127.0.0.1:{self.port}{path}", timeout=60, suppress_origin=True,
                                                  skip_utf8_validation=True)
        self.number, self.session = 0, None
        self.requests, self.complaints = [], []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def close(self):
        with contextlib.suppress(OSError, websocket.WebSocketException):
            self.socket.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for _ in range(20):  # its children write for a moment still
            shutil.rmtree(self.home, ignore_errors=True)
            if not os.path.exists(self.home):
                return
            time.sleep(0.1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        self.socket.send(json.dumps(message))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.note(answer)

    def note(self, event):
        method, told = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(told["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            details = told["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning", "assert"):
            self.complaints.append(" ".join(str(one.get("value", one.get("description"))) for one in told["args"]))
        elif method == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"):
            self.complaints.append(f"{told['entry']['text']} {told['entry'].get('url', '')}")

    def run(self, script):
        """The value of an expression in the page; waits for a promise."""
        done = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in done:
            raise RuntimeError(done["exceptionDetails"].get("exception", {}).get("description", "it failed"))
        return done["result"].get("value")

    def open(self, address):
        self.call("Page.navigate", url=address)

    def size(self, width, height=900, dark=False, phone=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def press(self, key, code=None):
        text = {"text": key} if len(key) == 1 else {}
        if key == "Enter":
            text = {"text": "\r"}
        number = {"Enter": 13, "Escape": 27, "Tab": 9, "ArrowDown": 40, "ArrowUp": 38}.get(key, 0)
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=code or key, windowsVirtualKeyCode=number, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=code or key, windowsVirtualKeyCode=number)

    def picture(self, file, whole=False):
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole,
                         **({"clip": {"x": 0, "y": 0, "scale": 1, **self.run("({width: innerWidth, height: document.documentElement.scrollHeight})")}} if whole else {}))
        pathlib.Path(file).write_bytes(base64.b64decode(data["data"]))

    def wait(self, holds, what, seconds=20):
        """`holds`: a function, or an expression of the page, which does not hold as long as it fails."""
        if not callable(holds):
            script = f"(() => {{ try {{ return {holds} }} catch {{ return false }} }})()"
            return self.wait(lambda: self.run(script), what, seconds)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if holds():
                return None
            time.sleep(0.1)
        shown = self.run("document.body.innerText") if self.session else ""
        raise AssertionError(f"not within {seconds} s: {what}. The page says:\n{shown[:3000]}")
