"""How a controller's directory follows the office's: change by change, or whole when it is new, far behind or restored.

House rules: one request at a time, and the next only when the replica has committed. An entry of an unknown kind or
shape stops application before it and says so: a restriction is never skipped. A directory that lost half of its
entries is not believed until a fabmanager confirms it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from controller.domain.canonical import sha256_hex
from controller.domain.directory import ENTRY_TYPES, NeedsUpgradeError, entry_from
from controller.exchange.messages import (
    Applied,
    Changes,
    DirectoryStanding,
    ReplicaState,
    SnapshotChunk,
    SnapshotOffer,
    SnapshotRequest,
)
from controller.exchange.outputs import (
    Alarm,
    AlarmCode,
    Apply,
    ApplySnapshot,
    BeginSnapshot,
    ControllerOutput,
    KeepChunk,
    Send,
)
from controller.exchange.timing import POLL_MS, pause_ms

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.exchange.messages import Ack, Contained, Entry, Sender
    from controller.exchange.ports import Replica

ASK_AGAIN_MS = 3_600_000
"""How often a controller that stopped before something it cannot read asks whether the office has put it right. It is
held to what it knew before for so long; asking more often would only send the same changes again.
"""

FAR_BEHIND_REVISIONS = 10_000
"""Beyond this, a snapshot is shorter than the changes that led to it."""


@dataclass(slots=True)
class _Pull:
    """A snapshot on its way; `digests` of the chunks that are staged. Without an offer yet: one was asked for."""

    offer: SnapshotOffer | None = None
    digests: list[str] = field(default_factory=list)


class DirectorySide:
    """The directory's part of a controller's conversation.

    `contained` is the newest vector that the replica has committed, as far as this process saw one.
    """

    def __init__(
        self,
        *,
        name: str,
        replica: Replica,
        sender: Callable[[int], Sender],
        standing: DirectoryStanding = "ok",
        now_ms: int = 0,
    ) -> None:
        self._name = name
        self._replica = replica
        self._sender = sender
        self._standing = standing
        self.contained: tuple[Contained, ...] = ()
        self._vector: tuple[Contained, ...] = ()
        self._office: str | None = None
        self._applying = False
        self._pull: _Pull | None = None
        self._doubted: tuple[str, int] | None = None
        self._attempt = 0
        self._poll_at_ms = 0
        self._ask_again_at_ms = now_ms + ASK_AGAIN_MS

    def state(self) -> ReplicaState:
        """Return what the office is told."""
        return ReplicaState(
            incarnation=self._replica.incarnation(), revision=self._replica.revision(), standing=self._standing
        )

    def next_timer_ms(self) -> int:
        """When `timer` wants to be called next."""
        return self._poll_at_ms

    def is_current(self, ack: Ack) -> bool:
        """Tell whether the replica holds everything the office had when it sent `ack`."""
        return (
            self._standing == "ok"
            and ack.incarnation == self._replica.incarnation()
            and self._replica.revision() >= ack.revision
        )

    def heard(self, ack: Ack, now_ms: int) -> tuple[ControllerOutput, ...]:
        """The office said which revision it is at."""
        if self._office != ack.incarnation:
            # Another state of the office may lack what was not understood, or what was too small.
            known = self._office or self._replica.incarnation() or ack.incarnation
            self._office, self._pull, self._doubted = ack.incarnation, None, None
            if self._standing == "size_drop" or (self._standing == "needs_upgrade" and ack.incarnation != known):
                self._standing = "ok"
        if self._applying or self._pull is not None or self._standing != "ok":
            return ()
        held = self._replica.revision()
        if self._replica.incarnation() != ack.incarnation or ack.revision > held + FAR_BEHIND_REVISIONS:
            return self._ask_snapshot(now_ms) if held or ack.revision else ()
        if ack.revision > held and now_ms + POLL_MS > self._poll_at_ms + pause_ms(self._name, 0):
            return self._say(now_ms)
        return ()

    def timer(self, now_ms: int) -> tuple[ControllerOutput, ...]:
        """Say where we stand, or ask again for what did not come."""
        if now_ms < self._poll_at_ms:
            return ()
        if self._standing == "needs_upgrade" and now_ms >= self._ask_again_at_ms:
            self._ask_again_at_ms = now_ms + ASK_AGAIN_MS
            self._standing = "ok"
        if self._standing != "needs_upgrade" and not self._applying:
            if self._standing == "size_drop":
                return (*self._say(now_ms), *self._ask_snapshot(now_ms))
            if self._pull is not None:
                return self._request(now_ms)
        return self._say(now_ms)

    def received(self, message: Changes | SnapshotOffer | SnapshotChunk, now_ms: int) -> tuple[ControllerOutput, ...]:
        """Something of the directory has come, perhaps late, double or out of order."""
        if self._applying or self._standing == "needs_upgrade" or message.incarnation != self._office:
            return ()
        match message:
            case Changes():
                return self._changes(message, now_ms)
            case SnapshotOffer():
                return self._offered(message, now_ms)
            case SnapshotChunk():
                return self._chunk(message, now_ms)

    def applied(self, now_ms: int) -> tuple[ControllerOutput, ...]:
        """The replica has committed: the office hears it, and answers with what follows."""
        self._applying, self._pull, self._attempt = False, None, 0
        self.contained = self._vector or self.contained
        return self._say(now_ms)

    def apply_failed(self, now_ms: int) -> tuple[ControllerOutput, ...]:
        """Nothing was committed; the next poll asks again."""
        self._applying, self._pull, self._vector = False, None, ()
        return ()

    def snapshot_refused(self, code: AlarmCode, detail: str, now_ms: int) -> tuple[ControllerOutput, ...]:
        """What was staged is no directory for us; keep the old one."""
        self._applying, self._pull, self._vector = False, None, ()
        if code is AlarmCode.NEEDS_UPGRADE:
            return self._stop(detail, now_ms)
        return (Alarm(code=code, detail=detail),)

    def _say(self, now_ms: int) -> tuple[ControllerOutput, ...]:
        self._poll_at_ms = now_ms + POLL_MS
        return (Send(Applied(sender=self._sender(now_ms), replica=self.state())),)

    def _stop(self, detail: str, now_ms: int) -> tuple[ControllerOutput, ...]:
        self._standing, self._ask_again_at_ms = "needs_upgrade", now_ms + ASK_AGAIN_MS
        return (Alarm(code=AlarmCode.NEEDS_UPGRADE, detail=detail), *self._say(now_ms))

    def _changes(self, changes: Changes, now_ms: int) -> tuple[ControllerOutput, ...]:
        held = self._replica.revision()
        if self._replica.incarnation() != changes.incarnation or self._pull is not None:
            return ()  # a snapshot is on its way and holds these
        if changes.from_revision > held:
            return self._say(now_ms)  # something before it is missing: the answer to this begins where we are
        if changes.to_revision < held or (changes.to_revision == held and changes.vector in ((), self._vector)):
            return ()
        new = tuple(entry for entry in changes.entries if entry.revision > held)
        stopped = first_not_understood(new)
        if stopped is None:
            self._applying, self._vector = True, changes.vector
            return (
                Apply(
                    incarnation=changes.incarnation,
                    to_revision=changes.to_revision,
                    entries=new,
                    vector=changes.vector,
                ),
            )
        revision, detail = stopped
        before = tuple(entry for entry in new if entry.revision < revision)
        stop = self._stop(detail, now_ms)
        if not before:
            return stop
        # The vector is true of the newest revision only; what we stop before is not in our figures.
        self._applying = True
        return (
            Apply(incarnation=changes.incarnation, to_revision=revision - 1, entries=before, vector=()),
            *stop,
        )

    def _ask_snapshot(self, now_ms: int) -> tuple[ControllerOutput, ...]:
        self._pull = _Pull()
        return self._request(now_ms)

    def _request(self, now_ms: int) -> tuple[ControllerOutput, ...]:
        pull = self._pull or _Pull()
        self._poll_at_ms = now_ms + pause_ms(self._name, self._attempt)
        self._attempt += 1
        revision = None if pull.offer is None else pull.offer.revision
        return (Send(SnapshotRequest(sender=self._sender(now_ms), revision=revision, chunk=len(pull.digests))),)

    def _offered(self, offer: SnapshotOffer, now_ms: int) -> tuple[ControllerOutput, ...]:
        pull = self._pull
        if pull is None or pull.offer == offer:
            return ()
        if self._replica.incarnation() == offer.incarnation and offer.revision <= self._replica.revision():
            return ()
        if offer.total * 2 < self._replica.entries() and not offer.confirmed:
            return self._doubt(offer, now_ms)
        self._standing, self._doubted, self._attempt = "ok", None, 0
        self._pull = _Pull(offer)
        return (BeginSnapshot(offer), *self._next(self._pull, now_ms))

    def _doubt(self, offer: SnapshotOffer, now_ms: int) -> tuple[ControllerOutput, ...]:
        self._pull, self._standing = None, "size_drop"
        if self._doubted == (offer.incarnation, offer.revision):
            return ()
        self._doubted = (offer.incarnation, offer.revision)
        counts = f"{offer.total} of {self._replica.entries()} entries at revision {offer.revision}"
        return (Alarm(code=AlarmCode.SIZE_DROP, detail=counts), *self._say(now_ms))

    def _chunk(self, chunk: SnapshotChunk, now_ms: int) -> tuple[ControllerOutput, ...]:
        pull = self._pull
        if pull is None or pull.offer is None or chunk.revision != pull.offer.revision:
            return ()
        if chunk.chunk != len(pull.digests):
            return ()
        pull.digests.append(sha256_hex(chunk.data.encode()))
        self._attempt = 0
        return (KeepChunk(chunk=chunk.chunk, data=chunk.data), *self._next(pull, now_ms))

    def _next(self, pull: _Pull, now_ms: int) -> tuple[ControllerOutput, ...]:
        offer = pull.offer
        if offer is None or len(pull.digests) < offer.chunks:
            return self._request(now_ms)
        if digest_of(pull.digests) != offer.sha256:
            self._pull = None
            return (Alarm(code=AlarmCode.SNAPSHOT_DAMAGED, detail=f"revision {offer.revision}"),)
        self._applying, self._vector = True, offer.vector
        return (ApplySnapshot(offer),)


def digest_of(digests: list[str]) -> str:
    """Return the digest of a snapshot from its chunks' digests, in order."""
    return sha256_hex("".join(digests).encode())


def first_not_understood(entries: tuple[Entry, ...]) -> tuple[int, str] | None:
    """Return the revision and the reason of the first entry that this version cannot read.

    A tombstone of an unknown kind stops too: what it lifts was never understood.
    """
    for entry in entries:
        try:
            if entry.body is not None or entry.kind not in ENTRY_TYPES:
                entry_from(entry.kind, entry.key, entry.body)
        except NeedsUpgradeError as error:
            return entry.revision, str(error)
    return None
