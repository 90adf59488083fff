"""A real Chromium, told what to do over its own pipe: DevTools protocol, NUL-ended JSON on descriptors 3 and 4."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
from time import monotonic
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = shutil.which("chromium")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars",
         "--remote-debugging-pipe", "--no-first-run")  # fmt: skip
ANSWER_WITHIN_S = 60.0  # generous: only says when to give up


class Chromium:
    """One browser with one page; `complaints` are console errors, exceptions and what the content policy blocked."""

    def __init__(self, profile: Path) -> None:
        """Start the program."""
        to_it, self._out = os.pipe()
        self._in, from_it = os.pipe()
        os.set_blocking(self._in, False)
        fetched = f"exec {PROGRAM} {' '.join(FLAGS)} --user-data-dir='{profile}' 3<&{to_it} 4>&{from_it}"
        self._process = subprocess.Popen(
            ["/bin/bash", "-c", fetched],
            pass_fds=(to_it, from_it),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_it)
        os.close(from_it)
        self._number, self._left, self._session = 0, b"", ""
        self.complaints: list[str] = []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def __enter__(self) -> Self:
        """Use it in a `with` block."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the program."""
        self._process.kill()
        self._process.wait()
        os.close(self._out)
        os.close(self._in)

    def ask(self, method: str, **params: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        """Send one command and return its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            self._note(answer)
        assert "result" in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def open(self, address: str, width: int = 1280, height: int = 800) -> None:
        """Show a page in a window of this size and wait until it has loaded."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.ask("Page.navigate", url=address)
        while (said := self._next()).get("method") != "Page.loadEventFired":
            self._note(said)

    def evaluate(self, script: str) -> Any:  # noqa: ANN401 - JSON
        """Return what a JavaScript expression is in the page."""
        return self.ask("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def picture(self) -> bytes:
        """Return the page as a PNG."""
        return base64.b64decode(self.ask("Page.captureScreenshot")["data"])

    def _note(self, said: dict[str, Any]) -> None:
        match said.get("method"):
            case "Log.entryAdded" if said["params"]["entry"]["level"] == "error":
                self.complaints.append(said["params"]["entry"]["text"])
            case "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(said["params"]["exceptionDetails"]))
            case _:
                return

    def _next(self) -> dict[str, Any]:
        give_up_at = monotonic() + ANSWER_WITHIN_S
        while b"\0" not in self._left:
            if not select.select([self._in], [], [], max(0.0, give_up_at - monotonic()))[0]:
                raise AssertionError(f"Chromium has not answered within {ANSWER_WITHIN_S} s")
            got = os.read(self._in, 1 << 20)
            if not got:
                raise AssertionError("Chromium has ended")
            self._left += got
        first, _, self._left = self._left.partition(b"\0")
        said: dict[str, Any] = json.loads(first)
        return said
