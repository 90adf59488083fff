"""The machines' totals as the public tree tells them: counted from the journal, told when they changed.

House rules: used from the publisher's thread; only `grown` and what `counting` allows come from others. What a use
takes is told while it lasts, and nothing told is ever taken back.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from controller.exchange import public
from controller.exchange.totals import WRITE_MS, Counting, Totals

if TYPE_CHECKING:
    from pathlib import Path

    from controller.domain.ids import MachineId
    from controller.domain.now import Now
    from controller.domain.workshop import Workshop
    from controller.exchange.outgoing import Outbound
    from controller.exchange.ports import Journal


class ToldTotals:
    """Counts into the file `path` (`None`: nowhere) and knows what the broker was told."""

    def __init__(self, place: public.Place, path: Path | None) -> None:
        self.counting = Counting(path)
        self._place = place
        self._grown = threading.Event()
        self._grown.set()
        self._written_ms = 0
        self._shown: dict[MachineId, Totals] = {}
        self._told: dict[str, bytes] = {}

    def grown(self) -> None:
        """The journal has grown; from any thread."""
        self._grown.set()

    def count(self, journal: Journal, now: Now) -> frozenset[str]:
        """Count a batch if there is something; return whose totals changed."""
        if not self._grown.is_set():
            return frozenset()
        self._grown.clear()
        changed = self.counting.look(journal)
        if self.counting.behind(journal):
            self._grown.set()
        if now.boot_ms - self._written_ms >= WRITE_MS:
            self._written_ms = now.boot_ms
            self.counting.write()
        return changed

    def behind(self) -> bool:
        """Whether there is something left to count."""
        return self._grown.is_set()

    def forget_told(self) -> None:
        """Tell everything anew: the broker may have forgotten it."""
        self._told.clear()

    def messages(self, workshop: Workshop, machine: MachineId, now: Now) -> tuple[Outbound, ...]:
        """Return a machine's totals as messages, those that the broker does not know yet."""
        totals = self.counting.of(machine).with_open_use(workshop, machine, now)
        self._shown[machine] = totals = totals.at_least(self._shown.get(machine, Totals()))
        made = public.total_messages(self._place, machine, totals)
        anew = tuple(message for message in made if self._told.get(message.topic) != message.payload)
        self._told |= {message.topic: message.payload for message in anew}
        return anew
