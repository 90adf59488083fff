"""When a use ended, as well as the office knows: the instant that chooses which agreement it earns under.

House rules: a stamp of a clock that was set is its own date. Any other gives way to the anchor of its boot. Without
an anchor a floor (`Stamp.clock`) says only "not earlier than": the use ended between it and its arrival here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, insert, select

from controller.office.journal_tables import boot_anchor

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from controller.domain.facts import ClockAnchored, Stamp


@dataclass(frozen=True, slots=True)
class Dated:
    """An instant (Unix ms), and the latest that it may be; both are the same when the date is known."""

    at_ms: int
    latest_ms: int


class Anchors:
    """The dates of boots, as far as they are known."""

    def __init__(self, tx: Connection) -> None:
        """Start with nothing looked up."""
        self._tx = tx
        self._known: dict[tuple[str, str], int | None] = {}

    def dated(self, row: Row[Any], stamp: Stamp) -> Dated | None:
        """Date a stamp out of the fact in `row`; `None` while there is no date at all."""
        at_ms = self.instant(row.controller, stamp)
        if at_ms is None:
            return None
        guessed = stamp.clock != "synced" and self._zero(row.controller, stamp.boot_id) is None
        return Dated(at_ms, max(at_ms, row.received_at) if guessed else at_ms)

    def instant(self, controller: str, stamp: Stamp) -> int | None:
        """Return a stamp's Unix ms as well as it is known; `None` while it is not."""
        if stamp.clock == "synced" and stamp.wall_ms is not None:
            return stamp.wall_ms
        zero = self._zero(controller, stamp.boot_id)
        return stamp.wall_ms if zero is None else zero + stamp.boot_ms

    def note(self, controller: str, fact: ClockAnchored) -> None:
        """Keep the first anchor of a boot: a later one of the same boot changes no date that was given."""
        if self._zero(controller, fact.boot_id) is None:
            self._tx.execute(
                insert(boot_anchor).values(
                    controller=controller, boot_id=fact.boot_id, wall_at_boot_ms=fact.wall_at_boot_ms
                )
            )
            self._known[controller, fact.boot_id] = fact.wall_at_boot_ms

    def _zero(self, controller: str, boot_id: str) -> int | None:
        key = (controller, boot_id)
        if key not in self._known:
            place = and_(boot_anchor.c.controller == controller, boot_anchor.c.boot_id == boot_id)
            self._known[key] = self._tx.execute(select(boot_anchor.c.wall_at_boot_ms).where(place)).scalar()
        return self._known[key]
