"""The desk where people of the demonstration pay in: a program that asks the office's API, as a till would.

House rules: on a thread of its own, so that a slow office delays nobody's tap; what it cannot do it says, once.
"""

from __future__ import annotations

import json
import queue
import threading
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

WITHIN_S = 10.0
WAITING_MAX = 50
"""People at the desk; one more goes home and pays in another day."""

BELT = "courroie à retendre (fictif) · belt to be tightened (fictional)"
"""Why the demonstration's fabmanager locks a machine out."""

API = "/api/v1"


class Desk:
    """Pays in through the office at `address`; `on_done(person, cents, paid)` is called on the desk's thread."""

    def __init__(
        self, address: str, token: str, payers: Mapping[str, str], on_done: Callable[[str, int, bool], None]
    ) -> None:
        self._address, self._token, self._payers, self._on_done = address, token, payers, on_done
        self._waiting: queue.Queue[Callable[[], None]] = queue.Queue(WAITING_MAX)
        self._locks: dict[str, str] = {}
        threading.Thread(target=self._work, name="demo-desk", daemon=True).start()

    def pay_in(self, person: str, cents: int) -> None:
        """Have somebody pay in when their turn comes."""
        try:
            self._waiting.put_nowait(lambda: self._pay_in(person, cents))
        except queue.Full:
            self._on_done(person, cents, False)  # noqa: FBT003 (see the callback)

    def lock_out(self, machine: str, *, lifted: bool) -> None:
        """Have a machine locked out, or that lock lifted, when the turn comes; the public tree tells of it."""
        with suppress(queue.Full):
            self._waiting.put_nowait(lambda: self._lift(machine) if lifted else self._lock(machine))

    def is_open(self) -> bool:
        """Whether the office answers as one that is well."""
        try:
            self._ask("GET", "/health", None)
        except (OSError, ValueError):
            return False
        return True

    def _work(self) -> None:
        while True:
            self._waiting.get()()

    def _pay_in(self, person: str, cents: int) -> None:
        body = {"amount_cents": cents, "means": "card", "reference": "démonstration"}
        try:
            self._ask("POST", f"/payers/{self._payers[person]}/top-ups", body)
        except (OSError, ValueError):
            self._on_done(person, cents, False)  # noqa: FBT003 (see the callback)
        else:
            self._on_done(person, cents, True)  # noqa: FBT003 (see the callback)

    def _lock(self, machine: str) -> None:
        with suppress(OSError, ValueError):
            made = self._ask("POST", f"/machines/{machine}/locks", {"reason": BELT, "emergency": False})
            self._locks[machine] = made["id"]

    def _lift(self, machine: str) -> None:
        if (lock := self._locks.pop(machine, None)) is not None:
            with suppress(OSError, ValueError):
                self._ask("DELETE", f"/locks/{lock}", None)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> Any:  # noqa: ANN401 (JSON)
        request = urllib.request.Request(  # noqa: S310 (our own loopback address)
            f"{self._address}{API}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=WITHIN_S) as answer:  # noqa: S310 (the same)
            said = answer.read()
            return json.loads(said) if said else None
