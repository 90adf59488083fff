"""Keeps what this controller knows of its own spending and faults in step with its journal and its replica.

House rules: used by the exchange's thread alone; the whole journal is read once, again and again until that went well,
and `OwnFacts` says no credit is known before; a new replica is prepared for, switched to, then settled, so that at no
instant a tap sees less than was spent.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from controller import logs
from controller.domain.codec import MalformedFactError, UnknownFactError, fact_from
from controller.exchange.messages import Contained

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from controller.domain.chain import SealedFact
    from controller.domain.facts import Fact
    from controller.domain.ids import BranchId
    from controller.floor.journal_reading import JournalReader
    from controller.floor.own_facts import OwnFacts
    from controller.floor.replica import Replica

READ_AT_ONCE = 500
"""Facts of one read of the journal: about a quarter of a megabyte."""

AGAIN_MS = 2_000
"""Pause before a journal that could not be read is read again: its disk may only have been busy."""

_log = logs.get("exchange")


class Folding:
    """`begin` until `begun`, then `take_in` after commits; around a switch `prepare`, then `settle` or `give_up`."""

    def __init__(
        self,
        reader: JournalReader,
        replica: Replica,
        own: OwnFacts,
        give_way: Callable[[], None] = lambda: None,
    ) -> None:
        """`give_way` waits while a tap is on its way; it is asked before each piece of work."""
        self._reader, self._replica, self._own, self._give_way = reader, replica, own, give_way
        self._folded_n: int | None = None
        self._coming: tuple[int, Sequence[Contained]] | None = None
        self._again_at_ms = 0

    @property
    def begun(self) -> bool:
        """Whether the whole journal was read."""
        return self._folded_n is not None

    def begin(self, now_ms: int) -> None:
        """Read the whole journal above the replica in force; what goes wrong is logged and tried again later."""
        if self.begun or now_ms < self._again_at_ms:
            return
        self._again_at_ms = now_ms + AGAIN_MS
        try:
            self.prepare(self._vector())
        except Exception:  # noqa: BLE001 - whatever it is, starts that cost something are refused until it is over
            _log.exception("what was spent here cannot be read; starts that cost something are refused until it can")
            return
        self.settle()

    def take_in(self) -> None:
        """Fold what was committed since the last time."""
        if self._folded_n is None:
            return
        for n, branch, fact in self._facts(self._folded_n + 1, self._reader.head().n):
            self._give_way()
            self._own.fold(n, branch, fact)
            self._folded_n = n

    def prepare(self, vector: Sequence[Contained]) -> None:
        """Work out what was spent above a replica's vector, which is in force or about to be."""
        self.take_in()
        up_to = self._reader.head().n if self._folded_n is None else self._folded_n
        self._own.start_anew(vector, self._facts(self._reader.oldest_n(), up_to))
        self._coming = (up_to, vector)

    def settle(self) -> None:
        """The replica that was prepared for is in force."""
        if self._coming is None:
            raise AssertionError("only what was prepared can be settled")
        self._folded_n, vector = self._coming
        self._coming = None
        self._own.settled(vector)

    def give_up(self) -> None:
        """The replica that was prepared for will not come."""
        self._coming = None
        self._own.given_up()

    def _vector(self) -> tuple[Contained, ...]:
        reader = self._replica.reader()
        with closing(reader), reader.view() as view:
            branches = [link.branch for link in self._reader.lineage()]
            return tuple(Contained(branch=branch, n=view.contained(branch)) for branch in branches)

    def _facts(self, from_n: int, up_to: int) -> Iterator[tuple[int, BranchId, Fact]]:
        """Give the committed facts of these numbers, in order."""
        while from_n <= up_to and (sealed := self._reader.read(from_n, min(READ_AT_ONCE, up_to + 1 - from_n))):
            for one in sealed:
                fact = _readable(one)
                if fact is not None:
                    yield one.n, one.branch, fact
            from_n = sealed[-1].n + 1


def _readable(sealed: SealedFact) -> Fact | None:
    if sealed.body is None:
        return None
    try:
        return fact_from(sealed.kind, sealed.schema, sealed.body)
    except (UnknownFactError, MalformedFactError):
        return None  # written by a newer version before a downgrade; the office will read it
