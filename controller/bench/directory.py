"""A directory of any size for the controller under measure, as the snapshot that an office would send.

House rules: members and badges are numbers, nobody's; the text is written from one true sample of each kind, because
taking 400,000 entries through the codec would take longer than the benchmark.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from controller.bench.cells import MACHINES_MAX
from controller.domain.canonical import canonical
from controller.domain.codec import encode
from controller.domain.directory import (
    BadgeEntry,
    BalanceEntry,
    CreditPolicyEntry,
    DirectoryEntry,
    MachineEntry,
    MemberEntry,
    RightEntry,
    key_of,
)
from controller.domain.ids import AccountId, BadgeToken, BooksId, ControllerId, MachineId, MemberId, SiteId, TrainingId
from controller.domain.sessions import SessionKind
from controller.domain.tariff import Price
from controller.exchange.messages import Entry, SnapshotOffer
from controller.floor.badge_key import badge_token
from controller.floor.replica import transaction
from controller.floor.replica_build import SnapshotSpool, build
from controller.floor.store_file import connect_writer

CONTROLLER, SITE, BOOKS, TRAINING = ControllerId("pi-bench"), SiteId("bench"), BooksId("bench"), TrainingId("bench")
INCARNATION = "bench"
MEMBERS_A_CHUNK = 100
"""About 64 kB of text a chunk, as the office cuts them."""

_MEMBER, _ACCOUNT, _TOKEN = "member-sample", "account-sample", "ab" * 32


def badge_number(index: int) -> str:
    """The number on the badge of a member, upper-case hex."""
    return f"0A{index + 1:08X}"


def machine_id(index: int) -> MachineId:
    """The name of a machine, and of its channel."""
    return MachineId(f"machine-{index:02}")


def chunks(members: int, machines: int, key: bytes) -> Iterator[tuple[str, int]]:
    """Give each chunk's text and how many entries it holds."""
    house = [_machine(index) for index in range(machines)]
    policy = CreditPolicyEntry(books=BOOKS, credit_fresh_s=86_400, offline_ceiling_cents=1_000_000)
    yield _texts([*house, policy]), machines + 1
    sample = _texts(
        [
            MemberEntry(
                member=MemberId(_MEMBER),
                account=AccountId(_ACCOUNT),
                status="active",
                membership_until_ms=None,
                language="fr",
                use_kind=SessionKind.PAID,
            ),
            BadgeEntry(token=BadgeToken(_TOKEN), member=MemberId(_MEMBER), status="active"),
            RightEntry(member=MemberId(_MEMBER), training=TRAINING, from_ms=0, until_ms=None),
            BalanceEntry(account=AccountId(_ACCOUNT), balance_cents=1_000_000, floor_cents=0, holds=()),
        ]
    )[1:-1]
    for start in range(0, members, MEMBERS_A_CHUNK):
        these = range(start, min(members, start + MEMBERS_A_CHUNK))
        text = ",".join(
            sample.replace(_MEMBER, f"m-{index}")
            .replace(_ACCOUNT, f"a-{index}")
            .replace(_TOKEN, badge_token(key, badge_number(index)))
            for index in these
        )
        yield f"[{text}]", 4 * len(these)


def write_spool(path: Path, members: int, machines: int, key: bytes) -> None:
    """Write the whole snapshot as the exchange spools it."""
    made = list(chunks(members, machines, key))
    digests = b"".join(hashlib.sha256(text.encode()).digest() for text, _ in made)
    spool = SnapshotSpool(path)
    spool.begin(
        SnapshotOffer(
            incarnation=INCARNATION,
            revision=1,
            chunks=len(made),
            total=sum(count for _, count in made),
            sha256=hashlib.sha256(digests).hexdigest(),
            vector=(),
            confirmed=True,
        )
    )
    for text, _ in made:
        spool.keep(text)
    spool.close()


def spool_file(folder: Path, members: int, key: bytes, machines: int) -> Path:
    """Return a spooled snapshot of that size, written once in `folder`."""
    spool = folder / f"snapshot-of-{members}-{machines}.spool"
    if not spool.exists():
        write_spool(spool, members, machines, key)
    return spool


def replica_file(folder: Path, members: int, key: bytes, machines: int) -> Path:
    """Return a replica's file of that size, built once in `folder`.

    Members are built once too, with every machine, for 100,000 of them take half a minute; where fewer machines are
    wired the others are taken out of a copy.
    """
    whole = folder / f"replica-of-{members}-{MACHINES_MAX}.db"
    if not whole.exists():
        build(spool_file(folder, members, key, MACHINES_MAX), whole)
    target = folder / f"replica-of-{members}-{machines}.db"
    if not target.exists():
        shutil.copyfile(whole, target)
        with closing(connect_writer(target)) as connection, transaction(connection):
            last = machine_id(machines - 1)
            connection.execute("DELETE FROM entry WHERE kind = ? AND key > ?", (MachineEntry.KIND, last))
    return target


def _machine(index: int) -> MachineEntry:
    name = machine_id(index)
    return MachineEntry(
        machine=name,
        books=BOOKS,
        site=SITE,
        controller=CONTROLLER,
        channel=name,
        name=f"Machine {index}",
        in_service="in_service",
        trainings=(TRAINING,),
        price=Price(machine=name, version=1, per_minute_num=60),
        free_of_charge=False,
        minimum_start_cents=10,
        max_duration_s=3_600,
        stop_tap="immediate",
        end_policy="cut",
        without_clock="allow",
        on_process_exit="off",
        hold_max_gap_s=0,
        stale_rights_max_s=86_400,
    )


def _texts(entries: list[DirectoryEntry]) -> str:
    made = []
    for one in entries:
        body = encode(one)
        assert isinstance(body, dict)  # noqa: S101 - narrows the type; a dataclass always encodes to an object
        made.append(encode(Entry(kind=one.KIND, key=key_of(one), body=body, revision=1)))
    return canonical(made).decode()
