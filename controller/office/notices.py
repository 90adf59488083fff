"""What the floor tells besides uses: faults, unknown badges, answers to commands, witnessed heads.

House rules: each function takes the fact and the controller that told it, and returns what pages are to show.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, insert, select, update

from controller.domain.reasons import Refusal
from controller.office.directory.badges import note_unknown_tap
from controller.office.directory.machines import set_lock
from controller.office.directory.rights import grant, revoked_since
from controller.office.directory.supervised import note_use
from controller.office.directory.tables import command
from controller.office.journal_tables import stray_current
from controller.office.ledger.tables import ledger_entry
from controller.office.tables_base import TEXT_LENGTH

if TYPE_CHECKING:
    from sqlalchemy import Row

    from controller.domain.facts import (
        CommandAnswered,
        CurrentUnexplained,
        FaultRaised,
        HeadWitnessed,
        RightGranted,
        TapRefused,
        TapsUnwritten,
        UseSupervised,
    )
    from controller.office.store import Change

Event = tuple[str, dict[str, Any]]

FAULT_REASONS = {
    "relay": "relais en défaut / relay fault",
    "danger": "danger signalé sur place / danger reported at the machine",
    "extractor": "aspiration en défaut / extractor fault",
    "tamper": "appareil ouvert ou forcé / device tampered with",
}

ON_THE_SPOT = "sur place / on the spot:"


def note_fault(change: Change, fact: FaultRaised) -> Event:
    """Set the lock that the floor has named; raise `NotFoundError` for an unknown machine."""
    emergency = fact.cause == "danger"
    set_lock(change, fact.machine, FAULT_REASONS[fact.cause], emergency=emergency, lock=fact.lock)
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


def note_right(change: Change, fact: RightGranted, at_ms: int | None) -> Event:
    """Keep a right that a trainer gave at a machine, unless somebody has taken it back since.

    Raises `NotFoundError` for a member or a training that the directory does not have.
    """
    began = change.now_ms if at_ms is None else min(at_ms, change.now_ms)
    if not revoked_since(change.tx, fact.member, fact.training, began):
        by_trainer = replace(change, actor=fact.granted_by)
        grant(by_trainer, fact.member, fact.training, from_at=began, note=f"{ON_THE_SPOT} {fact.machine}")
    return ("right_granted", {"machine": fact.machine, "training": fact.training})


def note_supervised(change: Change, fact: UseSupervised, at_ms: int | None) -> Event:
    """Keep a use under a trainer's eyes; the last one needed is the right. Raises `NotFoundError` as `note_right`."""
    enough = note_use(change, fact, at_ms)
    return ("right_granted" if enough else "use_supervised", {"machine": fact.machine, "training": fact.training})


def note_unwritten(change: Change, fact: TapsUnwritten) -> Event:
    """Raise an alarm: a reader that sees so many strangers is broken, or somebody tries numbers."""
    change.alarm("many_strangers", fact.machine, {"count": fact.count, "machine": fact.machine})
    return ("tap_refused", {"machine": fact.machine, "reason": Refusal.UNKNOWN_BADGE.value})


def note_stray(change: Change, row: Row[Any], fact: CurrentUnexplained, at_ms: int | None) -> Event:
    """Raise an alarm for current without a use, and keep it for the statements of who owns the machine."""
    seen_at = change.now_ms if at_ms is None else min(at_ms, change.now_ms)
    key = {"controller": row.controller, "branch": row.branch, "n": row.n}
    change.tx.execute(insert(stray_current).values(**key, machine=fact.machine, power_w=fact.power_w, seen_at=seen_at))
    change.alarm("current_unexplained", fact.machine, {"machine": fact.machine, "power_w": fact.power_w})
    return ("current_unexplained", {"machine": fact.machine})


def note_answer(change: Change, fact: CommandAnswered) -> Event:
    """Keep what became of a command; the first answer holds."""
    place = and_(command.c.id == fact.command, command.c.answered_at.is_(None))
    change.tx.execute(
        update(command).where(place).values(outcome=fact.outcome[:TEXT_LENGTH], answered_at=change.now_ms)
    )
    return ("command_answered", {"command": fact.command, "outcome": fact.outcome})


def note_witness(change: Change, controller: str, fact: HeadWitnessed) -> None:
    """Compare the ledger with the head a controller remembers; raise an alarm when it is not there any more."""
    place = and_(ledger_entry.c.books == fact.books, ledger_entry.c.seq == fact.entry)
    present = change.tx.execute(select(ledger_entry.c.hash).where(place)).scalar()
    if present != fact.hash and fact.entry > 0:
        change.alarm("ledger_rewritten", fact.books, {"entry": fact.entry, "witness": controller})
