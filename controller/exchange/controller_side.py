"""The controller's half of the exchange: sends its facts until the office has them, and lets nothing but that trim
them.

House rules: pure; time is an argument (the boot clock, in milliseconds), reading goes through the two ports,
everything else is an output. A process starts by asking: until the office has said how far it is, no fact is sent;
after silence it asks again. So an office that is away costs a hello now and then, not the journal over and over.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from controller.exchange.branches import contained_up_to
from controller.exchange.directory_side import DirectorySide
from controller.exchange.messages import (
    LINEAGE_MAX,
    WINDOW_FACTS,
    Ack,
    Answer,
    Changes,
    Command,
    Down,
    Facts,
    Hello,
    Quarantine,
    Sender,
    SnapshotChunk,
    SnapshotOffer,
)
from controller.exchange.outputs import (
    Alarm,
    AlarmCode,
    ControllerOutput,
    Do,
    Fresh,
    Send,
    Standing,
    TrimUpTo,
    Witness,
)
from controller.exchange.timing import SILENCE_MS, pause_ms
from controller.exchange.wire import RUN_BYTES_MAX, fact_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from controller.domain.chain import SealedFact
    from controller.domain.ids import BooksId, ControllerId
    from controller.exchange.messages import BranchStanding, DirectoryStanding, LedgerHead, Link
    from controller.exchange.ports import Journal, Replica

KEEP_MS = 35 * 24 * 3_600_000
"""Facts stay on the card this long even when backed up: a month's statement can be checked against its witnesses."""

TRIM_EVERY_MS = 3_600_000
"""How often trimming is proposed: often enough for the disk, rare enough for a card's wear."""

WITNESS_EVERY_MS = 3_600_000
"""A ledger head is journalled at most this often per books: the head moves with every session, and a fact for each
would double the journal. A head that went back is found all the same, an hour's entries later at most."""

HELD_BACK: frozenset[BranchStanding] = frozenset({"quarantined", "rejected"})
"""Standings in which nothing starts. An acknowledgement that was under way when the office decided lifts none of them:
only one that answers what was said after the decision was heard."""

COMMANDS_MAX = 64
"""Outcomes remembered to answer a command said twice; older ones have long expired by their boot time."""


class ControllerSide:
    """One process of a controller in conversation with its office."""

    def __init__(
        self,
        *,
        controller: ControllerId,
        boot_id: str,
        journal: Journal,
        replica: Replica,
        now_ms: int = 0,
        directory_standing: DirectoryStanding = "ok",
        standing: BranchStanding = "open",
    ) -> None:
        """What this card remembers of before its restart: `directory_standing` is `needs_upgrade` if this same version
        stopped there, `standing` is the office's last word about its branches.
        """
        self._controller = controller
        self._boot_id = boot_id
        self._journal = journal
        self._lineage = tuple(journal.lineage())
        self._links = {link.branch: link for link in self._lineage}
        self._branch = journal.head().branch
        self._directory = DirectorySide(
            name=self._branch, replica=replica, sender=self._sender, standing=directory_standing, now_ms=now_ms
        )
        self._incarnation: str | None = None
        self._adopted_ms = -1
        self._stored = journal.oldest_n() - 1
        self._honoured = 0
        self._sent = self._stored
        self._backed_up = 0
        self._echo_ms = -1
        self._heard_ms: int | None = None
        self._asked_ms: int | None = now_ms
        self._attempt = 0
        self._retry_at_ms = now_ms
        self._idle = False
        self._trim_at_ms = now_ms
        self._heads: dict[BooksId, tuple[LedgerHead, int]] = {}
        self._outcomes: OrderedDict[str, str | None] = OrderedDict()
        self._standing: BranchStanding = standing
        self._held_back_ms = -1
        self._told: tuple[Ack, Fresh] | None = None

    @property
    def stored_up_to(self) -> int:
        """The newest fact that the office has committed, as far as this process knows."""
        return self._stored

    def next_timer_ms(self) -> int:
        """When `timer` wants to be called next, by the boot clock."""
        return min(self._retry_at_ms, self._trim_at_ms, self._directory.next_timer_ms())

    def connected(self, now_ms: int) -> tuple[ControllerOutput, ...]:
        """The broker is reached (again): ask at once, whatever the pause was."""
        self._attempt = 0
        return tuple(self._ask(now_ms))

    def fact_committed(self, now_ms: int) -> tuple[ControllerOutput, ...]:
        """The journal has grown."""
        return tuple(self._fill(now_ms))

    def received(self, message: Down, now_ms: int) -> tuple[ControllerOutput, ...]:
        """The office said something, perhaps not for the first time."""
        match message:
            case Ack():
                return tuple(self._acknowledged(message, now_ms))
            case Changes() | SnapshotOffer() | SnapshotChunk():
                return self._directory.received(message, now_ms)
            case Command():
                return self._commanded(message, now_ms)
            case Quarantine(branch=branch, state=state):
                return tuple(self._stands(state, now_ms)) if branch == self._branch else ()

    def timer(self, now_ms: int, wall_ms: int | None) -> tuple[ControllerOutput, ...]:
        """Time has passed. `wall_ms` is Unix time where it is known; without a date nothing is trimmed."""
        outputs: list[ControllerOutput] = []
        if now_ms >= self._retry_at_ms:
            outputs.extend(self._ask(now_ms))
        outputs.extend(self._directory.timer(now_ms))
        if now_ms >= self._trim_at_ms:
            self._trim_at_ms = now_ms + TRIM_EVERY_MS
            if wall_ms is not None:
                outputs.extend(self._trim(wall_ms))
        return tuple(outputs)

    def applied(self, now_ms: int) -> tuple[ControllerOutput, ...]:
        """The replica has committed what it was last asked to apply.

        With it the replica may hold all that the office had at its last word: fresh as of then, without another word.
        """
        said = self._directory.applied(now_ms)
        return (*self._fresh(), *said)

    def apply_failed(self, now_ms: int) -> tuple[ControllerOutput, ...]:
        """The replica could not write; the same will be asked for again after a pause."""
        return self._directory.apply_failed(now_ms)

    def snapshot_refused(self, code: AlarmCode, detail: str, now_ms: int) -> tuple[ControllerOutput, ...]:
        """The staged snapshot could not become the replica: `NEEDS_UPGRADE` or `SNAPSHOT_DAMAGED`."""
        return self._directory.snapshot_refused(code, detail, now_ms)

    def command_answered(self, command: str, outcome: str, now_ms: int) -> tuple[ControllerOutput, ...]:
        """A command has been carried out or refused."""
        self._outcomes[command] = outcome
        while len(self._outcomes) > COMMANDS_MAX:
            self._outcomes.popitem(last=False)
        return (Send(Answer(sender=self._sender(now_ms), command=command, outcome=outcome)),)

    def _trim(self, wall_ms: int) -> Iterator[ControllerOutput]:
        """Let go what is in a backup, old, and in the directory's figures: a view built anew must not miss a cent."""
        journal = self._journal
        oldest = journal.oldest_n()
        up_to = min(
            self._backed_up,
            self._stored,
            journal.last_n_before(wall_ms - KEEP_MS),
            contained_up_to(self._lineage, self._directory.contained, oldest, journal.head().n),
        )
        if up_to >= oldest:
            yield TrimUpTo(up_to)

    def _sender(self, now_ms: int) -> Sender:
        return Sender(
            controller=self._controller,
            branch=self._branch,
            boot_id=self._boot_id,
            at_ms=now_ms,
            heard_ms=self._heard_ms,
        )

    def _ask(self, now_ms: int) -> Iterator[ControllerOutput]:
        self._asked_ms, self._idle = now_ms, False
        self._retry_at_ms = now_ms + pause_ms(self._branch, self._attempt)
        self._attempt += 1
        head = self._journal.head()
        yield Send(
            Hello(
                sender=self._sender(now_ms),
                lineage=self._lineage[:LINEAGE_MAX],
                oldest_n=self._journal.oldest_n(),
                head_n=head.n,
                head_hash=head.hash,
                replica=self._directory.state(),
            )
        )

    def _acknowledged(self, ack: Ack, now_ms: int) -> Iterator[ControllerOutput]:
        if ack.to != self._branch:
            return  # for another process of this controller: an earlier start, or a copy of the card
        if ack.echo_ms > now_ms:
            return  # it answers what was not said yet: taken at its word, this copy would stay fresh for ever
        restored = self._incarnation is not None and ack.incarnation != self._incarnation
        if restored and ack.echo_ms < self._adopted_ms:
            return  # said before the office we know took over; the network was slow
        own = self._journal.hash_at(ack.stored_up_to)
        before_oldest = own is None and ack.stored_up_to < self._journal.oldest_n()
        if own != ack.hash and not before_oldest:
            yield Alarm(code=AlarmCode.FOREIGN_ACK, detail=f"{ack.branch}/{ack.stored_up_to}")
            return
        same = ack.incarnation == self._incarnation
        if same and ack.stored_up_to < self._honoured:
            if ack.echo_ms > self._echo_ms:
                yield Alarm(code=AlarmCode.ACK_WENT_BACK, detail=f"{ack.branch}/{ack.stored_up_to}")
            return
        if before_oldest and not same:
            yield Alarm(code=AlarmCode.HISTORY_TRIMMED, detail=f"{ack.branch}/{ack.stored_up_to + 1}")
        yield from self._honour(ack, same=same, now_ms=now_ms)

    def _honour(self, ack: Ack, *, same: bool, now_ms: int) -> Iterator[ControllerOutput]:
        if not same:
            self._incarnation = ack.incarnation
            self._adopted_ms = ack.echo_ms
            self._heads.clear()
        grown = ack.stored_up_to > self._honoured
        self._honoured = ack.stored_up_to
        self._stored = max(ack.stored_up_to, self._journal.oldest_n() - 1)
        self._backed_up = max(self._backed_up, ack.backed_up_to) if same else ack.backed_up_to
        answered = self._asked_ms is not None and ack.echo_ms >= self._asked_ms
        if answered or not same:
            self._asked_ms = None
            self._sent = self._stored
        self._sent = max(self._sent, self._stored)
        if answered or grown or not same:
            self._attempt = 0
            self._idle = self._asked_ms is None
        if self._idle:
            self._retry_at_ms = now_ms + SILENCE_MS
        yield from self._fill(now_ms)
        yield from self._witness(ack, now_ms)
        if ack.standing in HELD_BACK or ack.echo_ms > self._held_back_ms:
            yield from self._stands(ack.standing, now_ms)
        self._echo_ms = max(self._echo_ms, ack.echo_ms)
        self._heard_ms = max(self._heard_ms or 0, ack.office_ms)
        yield from self._directory.heard(ack, now_ms)
        self._told = ack, Fresh(as_of_ms=ack.echo_ms, stored_n=self._stored, office_ms=ack.office_ms)
        yield from self._fresh()

    def _fresh(self) -> tuple[Fresh, ...]:
        if self._told is None or not self._directory.is_current(self._told[0]):
            return ()
        return (self._told[1],)

    def _stands(self, state: BranchStanding, now_ms: int) -> Iterator[ControllerOutput]:
        """Take the office's word on whether this card may start anything; only a later one than that lifts it."""
        if state in HELD_BACK:
            self._held_back_ms = now_ms
        if state != self._standing:
            self._standing = state
            yield Standing(state)

    def _fill(self, now_ms: int) -> Iterator[ControllerOutput]:
        """Send what is new, as far as the window allows; expect an answer from now on."""
        if self._asked_ms is not None:
            return
        room = self._stored + WINDOW_FACTS - self._sent
        facts = self._journal.read(self._sent + 1, room) if room > 0 else ()
        for run in runs_of(facts):
            yield Send(self._facts(self._links[run[0].branch], run, now_ms))
            self._sent = run[-1].n
        if self._sent > self._stored and self._idle:
            self._idle = False
            self._retry_at_ms = now_ms + pause_ms(self._branch, self._attempt)

    def _facts(self, link: Link, run: Sequence[SealedFact], now_ms: int) -> Facts:
        return Facts(sender=self._sender(now_ms), link=link, oldest_n=self._journal.oldest_n(), facts=tuple(run))

    def _witness(self, ack: Ack, now_ms: int) -> Iterator[ControllerOutput]:
        for head in ack.ledger_heads:
            known = self._heads.get(head.books)
            if known is None or (head.entry > known[0].entry and now_ms >= known[1] + WITNESS_EVERY_MS):
                self._heads[head.books] = (head, now_ms)
                yield Witness(head)
            elif ack.echo_ms > self._echo_ms and (
                head.entry < known[0].entry or (head.entry == known[0].entry and head.hash != known[0].hash)
            ):
                yield Alarm(code=AlarmCode.LEDGER_WENT_BACK, detail=f"{head.books}/{head.entry}")

    def _commanded(self, command: Command, now_ms: int) -> tuple[ControllerOutput, ...]:
        if command.id in self._outcomes:
            known = self._outcomes[command.id]
            return () if known is None else self.command_answered(command.id, known, now_ms)
        if command.boot_id != self._boot_id or now_ms >= command.expires_boot_ms:
            return self.command_answered(command.id, "expired", now_ms)
        self._outcomes[command.id] = None
        return (Do(command),)


def runs_of(facts: Sequence[SealedFact]) -> Iterator[list[SealedFact]]:
    """Cut facts into messages: one branch each, and at most `RUN_BYTES_MAX` unless a single fact is larger."""
    run: list[SealedFact] = []
    size = 0
    for fact in facts:
        weight = fact_bytes(fact)
        if run and (fact.branch != run[-1].branch or size + weight > RUN_BYTES_MAX):
            yield run
            run, size = [], 0
        run.append(fact)
        size += weight
    if run:
        yield run
