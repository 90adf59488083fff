"""A real journal file, and the facts that tests write into it."""

from __future__ import annotations

from pathlib import Path
from random import Random

from controller.domain.facts import (
    RULES_VERSION,
    EndMoved,
    Fact,
    HeadWitnessed,
    Inputs,
    RightGranted,
    SessionEnded,
    SessionOpened,
    Stamp,
    StartAbandoned,
    TapRefused,
)
from controller.domain.ids import (
    AccountId,
    BadgeToken,
    BooksId,
    ControllerId,
    MachineId,
    MemberId,
    SessionId,
    TrainingId,
)
from controller.domain.now import Now
from controller.domain.reasons import Refusal, StopReason
from controller.domain.sessions import SessionKind
from controller.floor.disk import Disk
from controller.floor.journal import Journal, Opened
from controller.floor.journal_reading import JournalReader, Proof
from controller.floor.journal_room import RoomLimits

CONTROLLER = ControllerId("pi-east")
NOON = 1_780_000_000_000
SETTLED_S = 20.0
_SEEN = Inputs(revision=7, age_s=3, available_cents=2_000, credit_fresh=True, locks=())


def now(second: int = 0, *, dated: bool = True) -> Now:
    """An instant `second` seconds after noon."""
    ms = second * 1_000
    if not dated:
        return Now(boot_id="boot-1", boot_ms=ms, wall_ms=None, clock="unknown")
    return Now(boot_id="boot-1", boot_ms=ms, wall_ms=NOON + ms, clock="synced")


def stamp(second: int = 0, *, dated: bool = True) -> Stamp:
    """The same as a record."""
    return Stamp.of(now(second, dated=dated))


def journal(
    path: Path, *, disk: Disk | None = None, limits: RoomLimits | None = None, seed: int = 1
) -> tuple[Journal, Opened]:
    """Open a new branch in the file, with salts from a seed."""
    made = Journal(
        path,
        controller=CONTROLLER,
        software="0.0.1",
        random_bytes=Random(seed).randbytes,
        disk=disk,
        limits=limits,
    )
    return made, made.open(now())


def opened(number: int, second: int = 0) -> SessionOpened:
    """Use `number` of the laser is named."""
    return SessionOpened(
        session=SessionId(f"b-{number}"),
        machine=MachineId("laser"),
        member=MemberId("m-1"),
        account=AccountId("acc-1"),
        kind=SessionKind.PAID,
        token=BadgeToken("0" * 64),
        price=None,
        hold_cents=100,
        limit_s=3_600,
        limit_reason=StopReason.MAXIMUM_DURATION,
        inputs=_SEEN,
        rules=RULES_VERSION,
        at=stamp(second),
    )


def ended(number: int, second: int = 60) -> SessionEnded:
    """Use `number` of the laser is over."""
    return SessionEnded(
        session=SessionId(f"b-{number}"),
        machine=MachineId("laser"),
        member=MemberId("m-1"),
        account=AccountId("acc-1"),
        kind=SessionKind.PAID,
        reason=StopReason.SECOND_TAP,
        seconds=60,
        price=None,
        announced_cents=50,
        started=stamp(),
        ended=stamp(second),
        rules=RULES_VERSION,
        at=stamp(second),
    )


def abandoned(number: int) -> StartAbandoned:
    """Use `number` was never energised."""
    return StartAbandoned(
        session=SessionId(f"b-{number}"),
        machine=MachineId("laser"),
        account=AccountId("acc-1"),
        reason=Refusal.STORAGE_SLOW,
        rules=RULES_VERSION,
        at=stamp(1),
    )


def refused(second: int = 0, *, dated: bool = True) -> TapRefused:
    """A stranger tapped."""
    return TapRefused(
        machine=MachineId("laser"),
        member=None,
        token=BadgeToken("1" * 64),
        reason=Refusal.UNKNOWN_BADGE,
        inputs=_SEEN,
        rules=RULES_VERSION,
        at=stamp(second, dated=dated),
    )


def witnessed(entry: int) -> HeadWitnessed:
    """The office told its ledger's head."""
    return HeadWitnessed(books=BooksId("workshop"), entry=entry, hash="a" * 64, at=stamp())


def settled(made: Journal, *facts: Fact) -> None:
    """Append facts and wait until they are on disk."""
    for fact in facts:
        made.append(fact)
    assert made.settle(SETTLED_S)


def proof(path: Path) -> Proof:
    """Verify the whole chain from a connection of its own."""
    reader = JournalReader(path)
    try:
        return reader.verify()
    finally:
        reader.close()


def kinds(path: Path) -> list[str]:
    """The kinds of all facts, in order."""
    reader = JournalReader(path)
    try:
        return [fact.kind for fact in reader.facts()]
    finally:
        reader.close()


def moved(use: SessionOpened, *, limit_s: int, overtime_s: int = 0) -> EndMoved:
    """The same use with another end."""
    return EndMoved(
        session=use.session,
        machine=use.machine,
        account=use.account,
        cause="finish" if overtime_s else "tap",
        limit_s=limit_s,
        limit_reason=use.limit_reason,
        overtime_s=overtime_s,
        hold_cents=use.hold_cents,
        debt_cents=0,
        inputs=None,
        rules=RULES_VERSION,
        at=stamp(30),
    )


def right_granted() -> RightGranted:
    """A trainer gave somebody the training at the laser."""
    return RightGranted(
        machine=MachineId("laser"),
        member=MemberId("m-9"),
        training=TrainingId("laser-basics"),
        granted_by=MemberId("m-1"),
        session=SessionId("b-1"),
        inputs=_SEEN,
        rules=RULES_VERSION,
        at=stamp(30),
    )
