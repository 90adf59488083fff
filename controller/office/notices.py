"""What the floor tells besides uses: dates, faults, unknown badges, answers to commands, witnessed heads.

House rules: each function takes the fact and the controller that told it, and returns what pages are to show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, insert, select, update

from controller.office.directory.badges import note_unknown_tap
from controller.office.directory.machines import set_lock
from controller.office.directory.tables import command
from controller.office.journal_tables import boot_anchor
from controller.office.ledger.tables import ledger_entry

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from controller.domain.facts import (
        ClockAnchored,
        CommandAnswered,
        FaultRaised,
        HeadWitnessed,
        Stamp,
        TapRefused,
    )
    from controller.office.store import Change

Event = tuple[str, dict[str, Any]]

FAULT_REASON = "relais en défaut / relay fault"


class Anchors:
    """The dates of boots, as far as they are known."""

    def __init__(self, tx: Connection) -> None:
        """Start with nothing looked up."""
        self._tx = tx
        self._known: dict[tuple[str, str], int | None] = {}

    def instant(self, controller: str, stamp: Stamp) -> int | None:
        """Return a stamp's Unix ms: its own date, or that of its boot; `None` while neither is known."""
        if stamp.wall_ms is not None:
            return stamp.wall_ms
        key = (controller, stamp.boot_id)
        if key not in self._known:
            place = and_(boot_anchor.c.controller == controller, boot_anchor.c.boot_id == stamp.boot_id)
            self._known[key] = self._tx.execute(select(boot_anchor.c.wall_at_boot_ms).where(place)).scalar()
        zero = self._known[key]
        return None if zero is None else zero + stamp.boot_ms

    def note(self, controller: str, fact: ClockAnchored) -> None:
        """Keep the first anchor of a boot: a later one of the same boot changes no date that was given."""
        place = and_(boot_anchor.c.controller == controller, boot_anchor.c.boot_id == fact.boot_id)
        if self._tx.execute(select(boot_anchor.c.boot_id).where(place)).first() is None:
            self._tx.execute(
                insert(boot_anchor).values(
                    controller=controller, boot_id=fact.boot_id, wall_at_boot_ms=fact.wall_at_boot_ms
                )
            )
            self._known[controller, fact.boot_id] = fact.wall_at_boot_ms


def note_fault(change: Change, fact: FaultRaised) -> Event:
    """Set the lock that the floor has named; raise `NotFoundError` for an unknown machine."""
    set_lock(change, fact.machine, FAULT_REASON, lock=fact.lock)
    return ("lock", {"machine": fact.machine, "lock": fact.lock})


def note_refusal(change: Change, controller: str, fact: TapRefused) -> Event:
    """Keep an unknown badge for enrolment; return what happened without the badge."""
    if fact.token is None:
        return ("tap_refused", {"machine": fact.machine, "reason": fact.reason.value})
    tap = note_unknown_tap(
        change.tx,
        token=fact.token,
        machine=fact.machine,
        controller=controller,
        seen_at=change.now_ms if fact.at.wall_ms is None else fact.at.wall_ms,
    )
    return ("unknown_tap", {"tap": tap, "machine": fact.machine})


def note_answer(change: Change, fact: CommandAnswered) -> Event:
    """Keep what became of a command; the first answer holds."""
    place = and_(command.c.id == fact.command, command.c.answered_at.is_(None))
    change.tx.execute(update(command).where(place).values(outcome=fact.outcome, answered_at=change.now_ms))
    return ("command_answered", {"command": fact.command, "outcome": fact.outcome})


def note_witness(change: Change, controller: str, fact: HeadWitnessed) -> None:
    """Compare the ledger with the head a controller remembers; raise an alarm when it is not there any more."""
    place = and_(ledger_entry.c.books == fact.books, ledger_entry.c.seq == fact.entry)
    present = change.tx.execute(select(ledger_entry.c.hash).where(place)).scalar()
    if present != fact.hash and fact.entry > 0:
        change.alarm("ledger_rewritten", fact.books, {"entry": fact.entry, "witness": controller})
