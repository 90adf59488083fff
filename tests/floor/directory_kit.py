"""Directory entries of a small fictional workshop, and a copy of the directory that holds them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from controller.domain.codec import encode
from controller.domain.directory import (
    BadgeEntry,
    BalanceEntry,
    CreditPolicyEntry,
    DirectoryEntry,
    HoldEntry,
    LockEntry,
    MachineEntry,
    MemberEntry,
    RightEntry,
    key_of,
)
from controller.domain.ids import (
    AccountId,
    BadgeToken,
    BooksId,
    BranchId,
    ControllerId,
    LockId,
    MachineId,
    MemberId,
    SiteId,
    TrainingId,
)
from controller.domain.sessions import SessionKind
from controller.domain.tariff import Price
from controller.exchange.messages import Contained, Entry
from controller.floor.replica_reading import Reader
from controller.floor.replica_view import Contact

HERE = ControllerId("pi-east")
LASER = MachineEntry(
    machine=MachineId("laser"),
    books=BooksId("workshop"),
    site=SiteId("crest"),
    controller=HERE,
    channel="laser",
    name="Laser",
    in_service="in_service",
    trainings=(TrainingId("laser-basics"),),
    price=Price(machine=MachineId("laser"), version=1, per_minute_num=50),
    free_of_charge=False,
    minimum_start_cents=100,
    max_duration_s=3_600,
    stop_tap="immediate",
    end_policy="cut",
    without_clock="allow",
    on_process_exit="off",
    hold_max_gap_s=0,
    stale_rights_max_s=86_400,
)
POLICY = CreditPolicyEntry(books=BooksId("workshop"), credit_fresh_s=60, offline_ceiling_cents=1_500)


class Copy(Protocol):
    """What the file and the fake have in common."""

    def incarnation(self) -> str | None: ...

    def revision(self) -> int: ...

    def entries(self) -> int: ...

    def reader(self) -> Reader: ...

    def apply_changes(
        self, *, incarnation: str, to_revision: int, entries: Iterable[Entry], vector: Iterable[Contained]
    ) -> None: ...

    def stop_at(self, detail: str, version: str) -> None: ...

    def stopped(self, version: str) -> bool: ...

    def heard(self, contact: Contact) -> None: ...

    def contact(self) -> Contact | None: ...

    def close(self) -> None: ...


def token(number: int) -> BadgeToken:
    """The token of a fictional badge."""
    return BadgeToken(f"{number:064x}")


def maker(number: int, balance_cents: int = 2_000) -> tuple[DirectoryEntry, ...]:
    """A member with a badge, the laser training and an account."""
    member, account = MemberId(f"m-{number}"), AccountId(f"acc-{number}")
    return (
        MemberEntry(
            member=member,
            account=account,
            status="active",
            membership_until_ms=None,
            language="fr",
            use_kind=SessionKind.PAID,
        ),
        BadgeEntry(token=token(number), member=member, status="active"),
        RightEntry(member=member, training=TrainingId("laser-basics"), from_ms=0, until_ms=None),
        BalanceEntry(
            account=account,
            balance_cents=balance_cents,
            floor_cents=-100,
            holds=(HoldEntry(controller=HERE, cents=30), HoldEntry(controller=ControllerId("pi-west"), cents=200)),
        ),
    )


def lock(name: str = "lock-1") -> LockEntry:
    """The laser is locked out."""
    return LockEntry(lock=LockId(name), machine=MachineId("laser"), reason="lens", emergency=False)


def put(*entries: DirectoryEntry, revision: int = 1) -> tuple[Entry, ...]:
    """The same as they come down."""
    return tuple(
        Entry(kind=entry.KIND, key=key_of(entry), body=body, revision=revision)
        for entry in entries
        if isinstance(body := encode(entry), dict)
    )


def gone(entry: DirectoryEntry, revision: int) -> Entry:
    """Its tombstone."""
    return Entry(kind=entry.KIND, key=key_of(entry), body=None, revision=revision)


def fill(copy: Copy, *entries: DirectoryEntry, revision: int = 1, incarnation: str = "office-1") -> None:
    """Apply entries as one revision, with a vector."""
    vector = (Contained(branch=BranchId("b"), n=revision * 10),)
    copy.apply_changes(
        incarnation=incarnation, to_revision=revision, entries=put(*entries, revision=revision), vector=vector
    )


def folder_of(path: Path) -> list[str]:
    """The names beside a copy, locks and logs of SQLite left out."""
    return sorted(one.name for one in path.parent.iterdir() if not one.name.endswith((".lock", "-wal", "-shm")))
