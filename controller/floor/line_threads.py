"""The threads of this controller's serial lines: one for each device, started and ended together.

House rule: a line that hangs in its driver keeps nothing from ending; its thread ends with the process.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Protocol

STOP_WITHIN_S = 2.0
"""How long a stop waits for all of them together."""


class Device(Protocol):
    """What speaks and listens until it is told to stop."""

    def run(self) -> None:
        """Speak and listen."""
        ...

    def stop(self) -> None:
        """End `run`, from any thread."""
        ...


class LineThreads:
    """`what` names them: "reader 0", "reader 1"."""

    def __init__(self, what: str, devices: Sequence[Device]) -> None:
        self._devices = devices
        self._threads = [
            threading.Thread(target=device.run, name=f"{what} {index}", daemon=True)
            for index, device in enumerate(devices)
        ]

    def start(self) -> None:
        """Begin; a device that is not there is tried again until it is."""
        for thread in self._threads:
            thread.start()

    @property
    def alive(self) -> bool:
        """Whether every device has its thread."""
        return all(thread.is_alive() for thread in self._threads)

    def stop(self) -> None:
        """End them, all within `STOP_WITHIN_S`; those that were never started too."""
        for device in self._devices:
            device.stop()
        give_up_at = time.monotonic() + STOP_WITHIN_S
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, give_up_at - time.monotonic()))
