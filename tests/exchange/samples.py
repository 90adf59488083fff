"""Fictional facts and entries for the exchange's stories."""

from __future__ import annotations

from controller.domain.facts import (
    FaultRaised,
    Inputs,
    JournalRestored,
    SessionEnded,
    SessionOpened,
    Stamp,
)
from controller.domain.ids import (
    AccountId,
    BadgeToken,
    BooksId,
    BranchId,
    LockId,
    MachineId,
    MemberId,
    SessionId,
)
from controller.domain.reasons import StopReason
from controller.domain.sessions import SessionKind

BOOKS = BooksId("atelier")
HOLD_CENTS = 500


def stamp(wall_ms: int) -> Stamp:
    """An instant of a synchronised clock."""
    return Stamp(boot_id="boot", boot_ms=0, wall_ms=wall_ms, clock="synced")


def opened(session: str, account: str, wall_ms: int) -> SessionOpened:
    """A use that begins."""
    return SessionOpened(
        session=SessionId(session),
        machine=MachineId("laser"),
        member=MemberId("ada"),
        account=AccountId(account),
        kind=SessionKind.PAID,
        token=BadgeToken("0" * 64),
        price=None,
        hold_cents=HOLD_CENTS,
        limit_s=3600,
        limit_reason=StopReason.MAXIMUM_DURATION,
        inputs=Inputs(revision=1, age_s=0, available_cents=1000, credit_fresh=True, locks=()),
        rules=1,
        at=stamp(wall_ms),
    )


def ended(use: SessionOpened, cents: int, wall_ms: int) -> SessionEnded:
    """A use that ends by a second tap."""
    return SessionEnded(
        session=use.session,
        machine=use.machine,
        member=use.member,
        account=use.account,
        kind=use.kind,
        reason=StopReason.SECOND_TAP,
        seconds=60,
        price=None,
        announced_cents=cents,
        started=use.at,
        ended=stamp(wall_ms),
        rules=1,
        at=stamp(wall_ms),
    )


def lock(name: str, machine: str, wall_ms: int) -> FaultRaised:
    """A relay that did not do as told."""
    return FaultRaised(lock=LockId(name), machine=MachineId(machine), wanted_on=False, read_on=True, at=stamp(wall_ms))


def restored_fact(branch: BranchId, n: int, at: Stamp) -> JournalRestored:
    """A backup that somebody put back on purpose."""
    return JournalRestored(backup_id="backup-1", restored_by="fabmanager-1", up_to_branch=branch, up_to_n=n, at=at)
