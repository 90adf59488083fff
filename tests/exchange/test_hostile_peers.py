"""A peer that says anything at all, in any order: neither side falls over, and nothing false is believed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.domain.chain import GENESIS_HASH, SealedFact, broken_because, commitment_of
from controller.domain.ids import BooksId, BranchId, ControllerId, MachineId, SessionId
from controller.exchange.controller_side import ControllerSide
from controller.exchange.fakes import MemoryJournal, MemoryOffice, MemoryReplica
from controller.exchange.messages import (
    UP_TYPES,
    Ack,
    Answer,
    Applied,
    Changes,
    Command,
    Contained,
    Down,
    Entry,
    Facts,
    Hello,
    LedgerHead,
    Link,
    Quarantine,
    ReplicaState,
    Sender,
    SnapshotChunk,
    SnapshotOffer,
    SnapshotRequest,
    Up,
)
from controller.exchange.office_side import OfficeSide
from controller.exchange.outputs import Apply, ApplySnapshot, Decided, OfficeOutput, Send, Store, TrimUpTo
from tests.exchange.samples import stamp

if TYPE_CHECKING:
    from controller.domain.canonical import Json

PI = ControllerId("pi")
BRANCHES = tuple(BranchId(f"b{number}") for number in range(4))
HASHES = (GENESIS_HASH, "1" * 64, "2" * 64)
COUNTS = st.sampled_from((0, 1, 2, 3, 7, 2**53 - 1))
SALT = "ab" * 16


def fact(branch: BranchId, n: int, prev: str, kind: str, body: dict[str, Json] | None) -> SealedFact:
    """A fact that holds its body, whatever it says."""
    return SealedFact(
        controller=PI,
        branch=branch,
        n=n,
        kind=kind,
        schema=1,
        prev=prev,
        commitment=commitment_of(SALT, body) if body is not None else "3" * 64,
        salt=SALT if body is not None else None,
        body=body,
    )


@st.composite
def links(draw: st.DrawFn, branch: BranchId) -> Link:
    """A place where a branch begins, true or not."""
    n = draw(st.sampled_from((0, 1, 2, 3)))
    parent = None if n == 0 else draw(st.sampled_from(BRANCHES))
    return Link(branch=branch, parent_branch=parent, parent_n=n, parent_hash=draw(st.sampled_from(HASHES)))


@st.composite
def said_up(draw: st.DrawFn) -> Up:
    """Anything well formed that the office may be told in this controller's name."""
    branch = draw(st.sampled_from(BRANCHES))
    sender = Sender(
        controller=PI,
        branch=branch,
        boot_id=draw(st.sampled_from(("boot-1", "boot-2"))),
        at_ms=draw(COUNTS),
        heard_ms=draw(st.none() | COUNTS),
    )
    replica = ReplicaState(
        incarnation=draw(st.sampled_from((None, "inc-0", "inc-9"))),
        revision=draw(st.sampled_from((0, 1, 7, 2**53 - 1))),
        standing=draw(st.sampled_from(("ok", "needs_upgrade", "size_drop"))),
    )
    match draw(st.integers(0, 8)):
        case 0:
            return Applied(sender=sender, replica=replica)
        case 1:
            revision = draw(st.none() | COUNTS)
            return SnapshotRequest(sender=sender, revision=revision, chunk=draw(st.integers(-2, 3)))
        case 2:
            return Answer(sender=sender, command="c-1", outcome="done")
        case 3 | 4:
            head_n = draw(COUNTS)
            lineage = (draw(links(branch)),)
            return Hello(
                sender=sender, lineage=lineage, oldest_n=1, head_n=head_n, head_hash=HASHES[1], replica=replica
            )
        case _:
            return draw(runs(sender))


@st.composite
def runs(draw: st.DrawFn, sender: Sender) -> Facts:
    """A run of facts, chained among themselves or not."""
    link = draw(links(draw(st.sampled_from(BRANCHES))))
    first = link.parent_n + draw(st.integers(1, 3))
    prev = draw(st.sampled_from((link.parent_hash, *HASHES)))
    run: list[SealedFact] = []
    for n in range(first, first + draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(("branch_opened", "journal_restored", "tap_refused", "session_ended")))
        parent: dict[str, Json] = {"parent_branch": link.parent_branch, "parent_n": link.parent_n}
        bodies: list[dict[str, Json] | None] = [None, {"x": n}, parent, {"parent_n": "many"}]
        body = draw(st.sampled_from(bodies))
        run.append(fact(link.branch, n, prev, kind, body))
        prev = draw(st.sampled_from((run[-1].hash, run[-1].hash, run[-1].hash, HASHES[2])))
    return Facts(sender=sender, link=link, oldest_n=draw(st.sampled_from((1, first, 2**40))), facts=tuple(run))


class Host:
    """An office's side and its disk, as the shell runs them."""

    def __init__(self) -> None:
        self.disk = MemoryOffice("inc-0")
        self.side = OfficeSide(self.disk.view(PI))

    def meet(self, step: Up | str, now_ms: int) -> None:
        """Let one thing happen."""
        if step == "crash":
            self.side = OfficeSide(self.disk.view(PI))
        elif isinstance(step, str):
            verdict: Literal["accept", "reject"] = "accept" if step == "accept" else "reject"
            self.take(self.side.decide_quarantine(BRANCHES[now_ms % 4], verdict, now_ms), now_ms)
        else:
            self.take(self.side.received(step, now_ms), now_ms)

    def take(self, outputs: tuple[OfficeOutput, ...], now_ms: int) -> None:
        """Do as asked: store what is new, and say only what is true."""
        for output in outputs:
            match output:
                case Store():
                    assert all((one.controller, one.branch, one.n) not in self.disk.facts for one in output.facts)
                    self.disk.commit(output.facts, output.branches, PI)
                    for record in output.branches:
                        self.take(self.side.stored(record.branch, record.stored_n, now_ms), now_ms)
                case Decided():
                    self.disk.commit((), output.branches, PI)
                case Send(message=Ack() as ack) if ack.stored_up_to:
                    assert self.disk.facts[PI, ack.branch, ack.stored_up_to].hash == ack.hash
                case _:
                    pass


def check_office_holds(history: list[Up | str]) -> None:
    """The office's side takes anything; what it stores is one chain a branch, never overwritten, in order."""
    host = Host()
    for now_ms, step in enumerate(history):
        host.meet(step, now_ms)
    for (_, branch, n), one in host.disk.facts.items():
        before = host.disk.facts.get((PI, branch, n - 1))
        assert broken_because(one, before.hash if before is not None else None) is None


@st.composite
def said_down(draw: st.DrawFn) -> Down:
    """Anything well formed that a controller may be told."""
    incarnation = draw(st.sampled_from(("inc-0", "inc-1")))
    revision = draw(COUNTS)
    vector = tuple(Contained(branch=branch, n=draw(COUNTS)) for branch in BRANCHES[: draw(st.integers(0, 2))])
    match draw(st.integers(0, 8)):
        case 0:
            return Quarantine(branch=BRANCHES[0], state=draw(st.sampled_from(("open", "quarantined", "rejected"))))
        case 1:
            return Command(
                id=draw(st.sampled_from(("c-1", "c-2"))),
                kind="stop",
                session=SessionId("s-1"),
                machine=MachineId("laser"),
                until_boot_ms=None,
                boot_id=draw(st.sampled_from(("boot", "boot-0"))),
                expires_boot_ms=draw(COUNTS),
            )
        case 2:
            data = draw(st.sampled_from(("[]", "no list", "[{}]")))
            return SnapshotChunk(incarnation=incarnation, revision=revision, chunk=draw(st.integers(-1, 2)), data=data)
        case 3:
            total = draw(st.integers(0, 2))
            return SnapshotOffer(
                incarnation=incarnation,
                revision=revision,
                chunks=total,
                total=total,
                sha256=HASHES[0],
                vector=vector,
                confirmed=draw(st.booleans()),
            )
        case 4 | 5:
            bodies: list[dict[str, Json] | None] = [None, {}, {"lock": 1}]
            entries = tuple(
                Entry(kind=draw(st.sampled_from(("lock", "from_tomorrow"))), key="k", body=body, revision=revision)
                for body in draw(st.lists(st.sampled_from(bodies), max_size=2))
                if revision
            )
            return Changes(
                incarnation=incarnation, from_revision=0, to_revision=revision, entries=entries, vector=vector
            )
        case _:
            stored = draw(COUNTS)
            heads = (LedgerHead(books=BooksId("lab"), entry=draw(COUNTS), hash=draw(st.sampled_from(HASHES))),)
            return Ack(
                to=draw(st.sampled_from((BRANCHES[0], BRANCHES[0], BRANCHES[1]))),
                incarnation=incarnation,
                branch=draw(st.sampled_from(BRANCHES)),
                stored_up_to=stored,
                hash=draw(st.sampled_from((*HASHES, "own"))),
                backed_up_to=draw(st.sampled_from((0, stored))),
                ledger_heads=heads,
                revision=revision,
                office_ms=draw(COUNTS),
                echo_ms=draw(COUNTS),
                standing=draw(st.sampled_from(("open", "quarantined", "accepted", "rejected"))),
            )


def check_controller_holds(history: list[Down]) -> None:
    """The controller's side takes anything; it asks for whole steps only, and lets go of nothing it must keep."""
    journal, replica = MemoryJournal(PI), MemoryReplica()
    journal.open_branch(BRANCHES[0], stamp(1))
    side = ControllerSide(controller=PI, boot_id="boot", journal=journal, replica=replica)
    side.connected(0)
    for now_ms, message in enumerate(history, start=1):
        told = message
        if isinstance(message, Ack) and message.hash == "own":
            told = replace(message, hash=journal.hash_at(message.stored_up_to) or HASHES[1])
        for output in (*side.received(told, now_ms), *side.timer(now_ms * 1_000, 10**13)):
            match output:
                case Send(message=up):
                    assert isinstance(up, UP_TYPES)
                case TrimUpTo(n):
                    assert n < journal.oldest_n(), "a fact would be gone that no directory has"
                case Apply():
                    assert all(entry.kind == "lock" for entry in output.entries)
                    side.apply_failed(now_ms)
                case ApplySnapshot():
                    raise AssertionError("a snapshot whose digest is wrong was believed")
                case _:
                    pass
        assert 0 <= side.stored_up_to <= journal.head().n


WORDS = st.lists(said_up() | st.sampled_from(("crash", "accept", "reject")), min_size=10, max_size=40)


@given(WORDS)
def test_a_controller_gone_mad_does_not_bring_the_office_down(history: list[Up | str]) -> None:
    """Made-up branches, links that contradict each other, facts out of the blue."""
    check_office_holds(history)


@given(st.lists(said_down(), min_size=10, max_size=40))
def test_an_office_gone_mad_does_not_bring_a_controller_down(history: list[Down]) -> None:
    """Acknowledgements of what was never sent, snapshots of nothing, entries without sense."""
    check_controller_holds(history)


@pytest.mark.soak
@settings(max_examples=5_000)
@given(WORDS)
def test_a_controller_gone_mad_for_long(history: list[Up | str]) -> None:
    """The same as the quick test of the office, more often."""
    check_office_holds(history)


@pytest.mark.soak
@settings(max_examples=5_000)
@given(st.lists(said_down(), min_size=10, max_size=80))
def test_an_office_gone_mad_for_long(history: list[Down]) -> None:
    """The same as the quick test of the controller, longer and more often."""
    check_controller_holds(history)
