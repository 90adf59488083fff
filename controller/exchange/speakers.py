"""Which processes of one controller the office hears, and the proof that two of them are alive at once.

A late message proves nothing: it may come from a process that is long dead. But whoever has heard us after the other
first spoke was alive after that; when both have, both lived at the same time, whatever the network did.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controller.domain.ids import BranchId
    from controller.exchange.messages import Sender

SPEAKERS_MAX = 16
"""Processes remembered per controller; the one silent for longest is forgotten, and met again when it speaks."""


@dataclass(slots=True)
class Speaker:
    """One process: when it first and last spoke (the office's time), its newest own time, when it last heard us."""

    branch: BranchId
    boot_id: str
    first_ms: int
    last_ms: int
    at_ms: int
    heard_ms: int


class Speakers:
    """The processes of one controller, in the order in which they last spoke."""

    def __init__(self) -> None:
        self._known: dict[BranchId, Speaker] = {}

    def note(self, sender: Sender, now_ms: int) -> Speaker:
        """Somebody spoke; out-of-order messages only ever add."""
        heard_ms = -1 if sender.heard_ms is None else sender.heard_ms
        known = self._known.pop(sender.branch, None)
        if known is None:
            known = Speaker(sender.branch, sender.boot_id, now_ms, now_ms, sender.at_ms, heard_ms)
        if sender.at_ms >= known.at_ms:
            known.at_ms, known.last_ms = sender.at_ms, now_ms
        known.heard_ms = max(known.heard_ms, heard_ms)
        self._known[sender.branch] = known
        while len(self._known) > SPEAKERS_MAX:
            del self._known[next(iter(self._known))]
        return known

    def of(self, branch: BranchId) -> Speaker | None:
        """Return what is known of one process."""
        return self._known.get(branch)

    def latest(self) -> Speaker | None:
        """Return who spoke last."""
        return next(reversed(self._known.values()), None)

    def alive_with(self, speaker: Speaker) -> list[Speaker]:
        """Return the others that were provably alive at the same time as `speaker`."""
        return [
            other
            for other in self._known.values()
            if other is not speaker and speaker.heard_ms > other.first_ms and other.heard_ms > speaker.first_ms
        ]
