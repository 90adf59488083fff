"""Waiting for something real (a broker, a process, a serial line) without asserting how long it took.

The deadline is generous and only says when to give up: a test never passes or fails by being fast.
"""

import threading
from collections.abc import Callable
from time import monotonic
from typing import TypeVar

Result = TypeVar("Result")

POLL_S = 0.02  # short beside any real start-up, long beside the cost of asking


def wait_until(condition: Callable[[], Result], deadline_s: float = 20.0, what: str = "") -> Result:
    """Asks `condition` again and again and returns its first true answer.

    Raises AssertionError, naming `what` and the last answer, when `deadline_s` seconds have passed.
    """
    give_up_at = monotonic() + deadline_s
    pause = threading.Event()
    while not (answer := condition()):
        if monotonic() >= give_up_at:
            awaited = what or getattr(condition, "__qualname__", "the condition")
            message = f"waited {deadline_s} s for {awaited}; the last answer was {answer!r}"
            raise AssertionError(message)
        pause.wait(POLL_S)
    return answer
