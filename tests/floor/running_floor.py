"""The whole program at the machines, on threads of its own in this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from controller.floor.daemon import Floor

DEADLINE_S = 30.0


@contextmanager
def running(floor: Floor) -> Iterator[list[BaseException]]:
    """The program on threads of its own; what it ended with."""
    ended: list[BaseException] = []
    ready = threading.Event()

    def run() -> None:
        try:
            floor.run(ready.set)
        except BaseException as error:  # noqa: BLE001 - it is what the test looks at
            ended.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(DEADLINE_S)
    try:
        yield ended
    finally:
        floor.end()
        thread.join(DEADLINE_S)
        assert not thread.is_alive()
