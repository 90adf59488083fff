"""What is said between controller and office: one frozen type per message, each able to arrive twice, late or never.

House rules: whole numbers and text only; every list has a limit; a field never changes its meaning, a new one means a
new schema number. A message names the process it comes from or is meant for (`Sender.branch`, `Ack.to`), because two
copies of one card share a topic. `wire` turns these into bytes and back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Literal

from controller.domain.canonical import Json
from controller.domain.chain import SealedFact
from controller.domain.ids import BooksId, BranchId, ControllerId, MachineId, SessionId, is_id

WINDOW_FACTS = 100
"""Facts on their way without an acknowledgement: the measured best of a window (20 to 100); more waits on the disk."""

LINEAGE_MAX = 32
"""Branches a hello names, youngest first. An office that knows none of them asks for everything again: slow, right."""

VECTOR_MAX = 512
"""Branches a vector names, youngest first. Facts of older ones count as not contained: credit looks lower."""

ENTRIES_MAX = 1_000
"""Entries in one `Changes`; the rest follows when these are applied."""

HEADS_MAX = 64
"""Books one office tells of; an office that serves more keeps the rest of its heads to its statements."""

TEXT_MAX = 200
"""Longest free text (an outcome, a command's id): it goes into records and screens, not into a novel."""

KIND_MAX = 40
"""Longest kind of a fact, as the office's table holds it."""

DirectoryStanding = Literal["ok", "needs_upgrade", "size_drop"]
BranchStanding = Literal["open", "quarantined", "accepted", "rejected"]
CommandKind = Literal["stop", "extend_until", "enrol_window"]
Outcome = str

_HEX64 = re.compile(r"[0-9a-f]{64}")


def _check(holds: bool, sentence: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not holds:
        raise ValueError(sentence)


def _is_hash(text: str) -> bool:
    return _HEX64.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who speaks: this start of that controller, at its boot time; `heard_ms` is the newest office time it was told."""

    controller: ControllerId
    branch: BranchId
    boot_id: str
    at_ms: int
    heard_ms: int | None

    def __post_init__(self) -> None:
        """Refuse names that could not be stored."""
        _check(is_id(self.controller) and is_id(self.branch), "controller and branch must be ids")
        _check(len(self.boot_id) <= TEXT_MAX and self.at_ms >= 0, "boot_id or at_ms is out of range")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where a branch begins: after fact `parent_n` of its parent, or after nothing."""

    branch: BranchId
    parent_branch: BranchId | None
    parent_n: int
    parent_hash: str

    def __post_init__(self) -> None:
        """Refuse a link that no chain can have."""
        _check(is_id(self.branch), "branch must be an id")
        _check(self.parent_branch is None or is_id(self.parent_branch), "parent_branch must be an id")
        _check(self.parent_n >= 0 and _is_hash(self.parent_hash), "parent_n or parent_hash is out of range")
        _check((self.parent_branch is None) == (self.parent_n == 0), "a parent has a branch and a number, or neither")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaState:
    """How far a controller's directory has come, and why it does not go on."""

    incarnation: str | None
    revision: int
    standing: DirectoryStanding

    def __post_init__(self) -> None:
        """Refuse a place that no directory has."""
        _check(self.revision >= 0, "revision is a count")
        _check(self.incarnation is None or len(self.incarnation) <= TEXT_MAX, "incarnation is too long")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """I am here, this is my line of branches (youngest first) and the oldest fact I still hold; say what you have."""

    TYPE: ClassVar = "hello"
    SCHEMA: ClassVar = 1

    sender: Sender
    lineage: tuple[Link, ...]
    oldest_n: int
    head_n: int
    head_hash: str
    replica: ReplicaState

    def __post_init__(self) -> None:
        """Refuse a lineage that does not begin with the speaker."""
        _check(self.oldest_n >= 0 and self.head_n >= 0, "oldest_n and head_n are counts")
        _check(1 <= len(self.lineage) <= LINEAGE_MAX, f"lineage must name 1 to {LINEAGE_MAX} branches")
        _check(self.lineage[0].branch == self.sender.branch, "lineage must begin with the sender's branch")
        for young, old in zip(self.lineage, self.lineage[1:], strict=False):
            _check(
                young.parent_branch == old.branch and old.parent_n < young.parent_n,
                "lineage must be one line of parents",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A run of one branch's facts. `oldest_n` is the oldest fact that the card still has: what is before it is gone."""

    TYPE: ClassVar = "facts"
    SCHEMA: ClassVar = 1

    sender: Sender
    link: Link
    oldest_n: int
    facts: tuple[SealedFact, ...]

    def __post_init__(self) -> None:
        """Refuse anything but one run of well-named facts of this controller and branch."""
        _check(1 <= len(self.facts) <= WINDOW_FACTS, f"facts must hold 1 to {WINDOW_FACTS} facts")
        first = self.facts[0].n
        _check(first > self.link.parent_n, "facts must come after their branch's parent")
        for index, fact in enumerate(self.facts):
            where = f"facts[{index}]"
            _check(fact.controller == self.sender.controller, f"{where} is another controller's")
            _check(fact.branch == self.link.branch, f"{where} is of another branch")
            _check(fact.n == first + index, f"{where} is out of sequence")
            _check(0 < len(fact.kind) <= KIND_MAX and fact.schema > 0, f"{where} has no proper kind or schema")
            _check(_is_hash(fact.prev) and _is_hash(fact.commitment), f"{where} has no proper hashes")
            _check(fact.salt is None or re.fullmatch(r"[0-9a-f]{32}", fact.salt) is not None, f"{where} has a bad salt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """My directory stands here: the page's "on 3 of 3 controllers", and the question for what follows."""

    TYPE: ClassVar = "applied"
    SCHEMA: ClassVar = 1

    sender: Sender
    replica: ReplicaState


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotRequest:
    """Give me that chunk of that revision's snapshot; without a revision: offer me the newest."""

    TYPE: ClassVar = "snapshot_request"
    SCHEMA: ClassVar = 1

    sender: Sender
    revision: int | None
    chunk: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a command: `done`, `expired`, or why not."""

    TYPE: ClassVar = "answer"
    SCHEMA: ClassVar = 1

    sender: Sender
    command: str
    outcome: Outcome

    def __post_init__(self) -> None:
        """Refuse texts beyond their limit."""
        _check(0 < len(self.command) <= TEXT_MAX and len(self.outcome) <= TEXT_MAX, "command or outcome is too long")


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerHead:
    """The newest entry of some books' chain, for the controller to witness."""

    books: BooksId
    entry: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """What the office has committed of the line of `to`, and how far its backups reach; the only word that trims
    anything.

    `branch`, `stored_up_to` and `hash` name one fact; `echo_ms` is the newest `Sender.at_ms` heard from `to`;
    `standing` says whether `to` may start anything.
    """

    TYPE: ClassVar = "ack"
    SCHEMA: ClassVar = 1

    to: BranchId
    incarnation: str
    branch: BranchId
    stored_up_to: int
    hash: str
    backed_up_to: int
    ledger_heads: tuple[LedgerHead, ...]
    revision: int
    office_ms: int
    echo_ms: int
    standing: BranchStanding

    def __post_init__(self) -> None:
        """Refuse an acknowledgement that contradicts itself."""
        _check(0 <= self.backed_up_to <= self.stored_up_to, "backed_up_to must be within stored_up_to")
        _check(len(self.ledger_heads) <= HEADS_MAX, f"at most {HEADS_MAX} ledger heads")
        _check(0 < len(self.incarnation) <= TEXT_MAX, "incarnation must be a text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of the directory; a null body is a tombstone."""

    kind: str
    key: str
    body: dict[str, Json] | None
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contained:
    """Everything of this branch up to `n` is in the directory's figures: rights, locks, credit and counters alike."""

    branch: BranchId
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """Entries after `from_revision` up to and with `to_revision`, whole revisions in order.

    `vector` belongs to the newest revision only, read in the same transaction; on the way there it is empty (no news).
    """

    TYPE: ClassVar = "changes"
    SCHEMA: ClassVar = 1

    incarnation: str
    from_revision: int
    to_revision: int
    entries: tuple[Entry, ...]
    vector: tuple[Contained, ...]

    def __post_init__(self) -> None:
        """Refuse entries out of order or outside the revisions that are named."""
        _check(len(self.entries) <= ENTRIES_MAX, f"at most {ENTRIES_MAX} entries")
        _check(len(self.vector) <= VECTOR_MAX, f"at most {VECTOR_MAX} branches in a vector")
        revisions = [entry.revision for entry in self.entries]
        _check(revisions == sorted(revisions), "entries must come in order of revision")
        _check(
            0 <= self.from_revision <= self.to_revision
            and all(self.from_revision < revision <= self.to_revision for revision in revisions),
            "entries must lie within from_revision and to_revision",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotOffer:
    """The whole directory at one revision, to be pulled chunk by chunk.

    `sha256` is over the chunks' SHA-256 digests in order; `confirmed`: a fabmanager has seen that it is much smaller.
    """

    TYPE: ClassVar = "snapshot_offer"
    SCHEMA: ClassVar = 1

    incarnation: str
    revision: int
    chunks: int
    total: int
    sha256: str
    vector: tuple[Contained, ...]
    confirmed: bool

    def __post_init__(self) -> None:
        """Refuse an offer that cannot be pulled."""
        _check(self.chunks >= 0 and self.total >= 0 and self.revision >= 0, "chunks, total and revision are counts")
        _check((self.total == 0) == (self.chunks == 0), "entries come in chunks, and chunks hold entries")
        _check(len(self.vector) <= VECTOR_MAX, f"at most {VECTOR_MAX} branches in a vector")


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotChunk:
    """One chunk: `data` is the canonical JSON list of its entries, left to the process that builds the file."""

    TYPE: ClassVar = "snapshot_chunk"
    SCHEMA: ClassVar = 1

    incarnation: str
    revision: int
    chunk: int
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Absolute, for one named use or machine, dead after `expires_boot_ms`. There is no remote power-on."""

    TYPE: ClassVar = "command"
    SCHEMA: ClassVar = 1

    id: str
    kind: CommandKind
    session: SessionId | None
    machine: MachineId | None
    until_boot_ms: int | None
    boot_id: str
    expires_boot_ms: int

    def __post_init__(self) -> None:
        """Refuse a command that does not name what it is for."""
        _check(0 < len(self.id) <= TEXT_MAX, "id must be a text")
        if self.kind == "enrol_window":
            _check(self.machine is not None, "an enrolment window names its machine")
        else:
            _check(self.session is not None, f"{self.kind} names its session")
        _check((self.kind == "extend_until") == (self.until_boot_ms is not None), "only extend_until has a new end")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    """What the office thinks of this branch: while `quarantined` or `rejected`, no starts."""

    TYPE: ClassVar = "quarantine"
    SCHEMA: ClassVar = 1

    branch: BranchId
    state: BranchStanding


Up = Hello | Facts | Applied | SnapshotRequest | Answer
Down = Ack | Changes | SnapshotOffer | SnapshotChunk | Command | Quarantine
Message = Up | Down
UP_TYPES: tuple[type[Up], ...] = (Hello, Facts, Applied, SnapshotRequest, Answer)
DOWN_TYPES: tuple[type[Down], ...] = (Ack, Changes, SnapshotOffer, SnapshotChunk, Command, Quarantine)
