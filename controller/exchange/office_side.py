"""The office's half of the exchange, for one known controller: takes its facts, says what is stored, tells the
directory.

House rules: pure; time is an argument (the office's Unix time, in milliseconds), reading goes through the port,
everything else is an output. Nothing is acknowledged before the shell says that it is committed. After a commit that
failed, drop this object and make a new one from the store: what was not acknowledged comes again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, assert_never

from controller.domain.chain import GENESIS_HASH
from controller.exchange.branches import line_of, younger_of
from controller.exchange.intake import Intake
from controller.exchange.messages import (
    ENTRIES_MAX,
    VECTOR_MAX,
    Ack,
    Answer,
    Applied,
    Changes,
    Command,
    Contained,
    Facts,
    Hello,
    Quarantine,
    SnapshotChunk,
    SnapshotRequest,
    Up,
)
from controller.exchange.outputs import (
    Alarm,
    AlarmCode,
    Answered,
    Decided,
    Heard,
    OfficeOutput,
    Send,
)
from controller.exchange.speakers import Speakers
from controller.exchange.wire import RUN_BYTES_MAX

if TYPE_CHECKING:
    from controller.domain.ids import BranchId, MachineId, SessionId
    from controller.exchange.messages import BranchStanding, CommandKind, Link, ReplicaState
    from controller.exchange.ports import OfficeStore
    from controller.exchange.speakers import Speaker

LINKS_MAX = 1_024
"""Links remembered from hellos; beyond, the oldest are forgotten, and the next hello brings those that matter."""


class OfficeSide:
    """The conversation with one controller and with whatever copies of it speak."""

    def __init__(self, store: OfficeStore) -> None:
        self._store = store
        self._intake = Intake(store)
        self._speakers = Speakers()
        self._links: dict[BranchId, Link] = {}
        self._owed: dict[BranchId, None] = {}
        self._applied: ReplicaState | None = None
        self._sent_revision = 0
        self._sent_vector: tuple[Contained, ...] = ()
        self._drop_confirmed = False
        self._now_ms = 0

    def received(self, message: Up, now_ms: int) -> tuple[OfficeOutput, ...]:
        """A process of this controller said something, perhaps late, double or out of order."""
        speaker = self._speakers.note(message.sender, self._forward(now_ms))
        outputs: list[OfficeOutput] = []
        match message:
            case Hello():
                outputs += self._hello(message)
            case Facts():
                outputs += self._facts(message)
            case Applied():
                outputs += self._at(message.sender.branch, message.sender.at_ms, message.replica, None)
                outputs += self._acknowledge(speaker)
            case SnapshotRequest():
                outputs += self._snapshot(message)
            case Answer():
                outputs.append(Answered(command=message.command, outcome=message.outcome))
            case _:
                assert_never(message)
        return (*outputs, *self._copies(speaker), *self._remind(speaker))

    def stored(self, branch: BranchId, n: int, now_ms: int) -> tuple[OfficeOutput, ...]:
        """The store has committed `branch` up to `n`: now it may be acknowledged."""
        self._forward(now_ms)
        self._intake.committed(branch, n)
        outputs: list[OfficeOutput] = []
        for owed in list(self._owed):
            speaker = self._speakers.of(owed)
            outputs += self._acknowledge(speaker) if speaker is not None else []
        if not self._intake.waiting:
            self._owed.clear()
        return tuple(outputs)

    def directory_changed(self, now_ms: int) -> tuple[OfficeOutput, ...]:
        """A revision was committed, or facts were posted: send it on, unless an earlier slice is still unanswered."""
        self._forward(now_ms)
        if self._applied is None or self._sent_revision > self._applied.revision:
            return ()
        return tuple(self._changes(self._applied))

    def decide_quarantine(
        self, branch: BranchId, verdict: Literal["accept", "reject"], now_ms: int
    ) -> tuple[OfficeOutput, ...]:
        """A fabmanager has decided about a branch and all that came or comes after it."""
        self._forward(now_ms)
        standing: BranchStanding = "accepted" if verdict == "accept" else "rejected"
        self._intake.held_back[branch] = standing
        records = self._intake.records
        changed = []
        for known in list(records.values()):
            line = line_of(known.branch, records, self._links) or []
            if branch in {link.branch for link in line}:
                records[known.branch] = replace(known, standing=standing)
                changed.append(records[known.branch])
        told = {branch, *(record.branch for record in changed)}
        return (
            Decided(branches=tuple(changed)),
            *(Send(Quarantine(branch=one, state=standing)) for one in sorted(told)),
        )

    def confirm_size_drop(self) -> None:
        """A fabmanager has seen that the directory is much smaller now: the next offers say so."""
        self._drop_confirmed = True

    def command(
        self,
        *,
        key: str,
        kind: CommandKind,
        now_ms: int,
        ttl_ms: int,
        session: SessionId | None = None,
        machine: MachineId | None = None,
        until_boot_ms: int | None = None,
    ) -> tuple[OfficeOutput, ...]:
        """Send a command to the process that spoke last, dying `ttl_ms` from now by its own boot clock.

        Its clock is read from its last message; if that was slow, the command dies earlier, never later. Nothing is
        sent to a controller that was never heard.
        """
        self._forward(now_ms)
        speaker = self._speakers.latest()
        if speaker is None:
            return ()
        boot_ms = speaker.at_ms + (self._now_ms - speaker.last_ms)
        return (
            Send(
                Command(
                    id=key,
                    kind=kind,
                    session=session,
                    machine=machine,
                    until_boot_ms=until_boot_ms,
                    boot_id=speaker.boot_id,
                    expires_boot_ms=boot_ms + ttl_ms,
                )
            ),
        )

    def _forward(self, now_ms: int) -> int:
        """The office's time as told never goes back: `Sender.heard_ms` is compared with it."""
        self._now_ms = max(self._now_ms, now_ms)
        return self._now_ms

    def _hello(self, hello: Hello) -> list[OfficeOutput]:
        for link in hello.lineage:
            self._links[link.branch] = link
        while len(self._links) > LINKS_MAX:
            del self._links[next(iter(self._links))]
        branch = hello.sender.branch
        self._intake.claimed[branch] = max(self._intake.claimed.get(branch, 0), hello.head_n)
        speaker = self._speakers.of(branch)
        said = self._at(branch, hello.sender.at_ms, hello.replica, hello.head_n)
        return said + (self._acknowledge(speaker) if speaker is not None else [])

    def _facts(self, message: Facts) -> list[OfficeOutput]:
        outputs = self._intake.take(message)
        self._owed[message.sender.branch] = None
        if self._intake.waiting:
            return outputs
        self._owed.clear()
        speaker = self._speakers.of(message.sender.branch)
        return outputs + (self._acknowledge(speaker) if speaker is not None else [])

    def _at(self, branch: BranchId, at_ms: int, replica: ReplicaState, head_n: int | None) -> list[OfficeOutput]:
        self._applied = replica
        return [
            Heard(branch=branch, at_ms=at_ms, replica=replica, head_n=head_n),
            *self._changes(replica),
        ]

    def _changes(self, replica: ReplicaState) -> list[OfficeOutput]:
        """Send what follows what the controller has; a controller that needs a snapshot asks for it itself."""
        if replica.standing != "ok" or replica.incarnation != self._store.incarnation():
            return []
        if replica.revision > self._store.revision():
            return []  # this office went back without saying so; the acknowledgement makes the controller raise it
        found = self._store.changes_after(replica.revision, ENTRIES_MAX, RUN_BYTES_MAX)
        if found.up_to == replica.revision and found.vector == self._sent_vector:
            return []
        self._sent_revision, self._sent_vector = found.up_to, found.vector
        return [
            Send(
                Changes(
                    incarnation=self._store.incarnation(),
                    from_revision=replica.revision,
                    to_revision=found.up_to,
                    entries=found.entries,
                    vector=found.vector[-VECTOR_MAX:],
                )
            )
        ]

    def _snapshot(self, request: SnapshotRequest) -> list[OfficeOutput]:
        if request.revision is not None:
            data = self._store.snapshot_chunk(request.revision, request.chunk)
            if data is not None:
                chunk = SnapshotChunk(
                    incarnation=self._store.incarnation(),
                    revision=request.revision,
                    chunk=request.chunk,
                    data=data,
                )
                return [Send(chunk)]
        return [Send(replace(self._store.snapshot_offer(), confirmed=self._drop_confirmed))]

    def _acknowledge(self, speaker: Speaker) -> list[OfficeOutput]:
        """Say what is committed of the speaker's line; nothing to a process whose line no hello has told yet."""
        line = line_of(speaker.branch, self._intake.records, self._links)
        if line is None:
            return []
        branch, n, digest = self._position(line)
        backed_up = self._along(line, dict(self._store.backed_up()))
        return [
            Send(
                Ack(
                    to=speaker.branch,
                    incarnation=self._store.incarnation(),
                    branch=branch,
                    stored_up_to=n,
                    hash=digest,
                    backed_up_to=min(backed_up[1], n) if backed_up is not None else 0,
                    ledger_heads=tuple(self._store.ledger_heads()),
                    revision=self._store.revision(),
                    office_ms=self._now_ms,
                    echo_ms=speaker.at_ms,
                    standing=self._standing(speaker.branch),
                )
            )
        ]

    def _position(self, line: list[Link]) -> tuple[BranchId, int, str]:
        records = self._intake.records
        committed = {record.branch: self._intake.committed_n(record) for record in records.values()}
        found = self._along(line, committed)
        digest = self._intake.hash_at(*found) if found is not None else None
        return (line[0].branch, 0, GENESIS_HASH) if found is None or digest is None else (*found, digest)

    def _along(self, line: list[Link], reached: dict[BranchId, int]) -> tuple[BranchId, int] | None:
        """Return the newest place on the line that is reached, given how far each branch is."""
        limit: int | None = None
        for link in line:
            n = reached.get(link.branch, 0)
            n = n if limit is None else min(n, limit)
            if n > link.parent_n:
                return link.branch, n
            limit = link.parent_n
        return None

    def _copies(self, speaker: Speaker) -> list[OfficeOutput]:
        """Two processes alive at once: the younger line is quarantined until a fabmanager decides."""
        outputs: list[OfficeOutput] = []
        for other in self._speakers.alive_with(speaker):
            younger = younger_of(speaker.branch, other.branch, self._intake.records, self._links)
            elder = other.branch if younger == speaker.branch else speaker.branch
            if self._standing(younger) != "open" or self._standing(elder) in ("quarantined", "rejected"):
                continue
            outputs.append(Alarm(code=AlarmCode.QUARANTINED, detail=f"{younger} beside {elder}"))
            self._intake.held_back[younger] = "quarantined"
            record = self._intake.records.get(younger)
            if record is not None:
                record = self._intake.records[younger] = replace(record, standing="quarantined")
                outputs.append(Decided(branches=(record,)))
            if younger != speaker.branch:
                outputs.append(Send(Quarantine(branch=younger, state="quarantined")))
        return outputs

    def _remind(self, speaker: Speaker) -> list[OfficeOutput]:
        standing = self._standing(speaker.branch)
        return [] if standing == "open" else [Send(Quarantine(branch=speaker.branch, state=standing))]

    def _standing(self, branch: BranchId) -> BranchStanding:
        link = self._links.get(branch)
        return self._intake.standing_of(branch, link.parent_branch if link is not None else None)
