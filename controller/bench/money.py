"""A month of many uses on machines held together: stored, posted, closed and stated by the office's own services.

House rules: every use is posted, every agreement closed and every co-owner's statement written as data and as a table;
anything else would make the numbers a lie, and is an error. Each step tells its seconds by the clock, its seconds of
processor, and how much memory the program had at most until then.
"""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import select

from controller.bench.office_child import BOOKS, member_lines
from controller.bench.uses import Journal, Use
from controller.domain.agreement import Terms, reading
from controller.domain.chain import SealedFact
from controller.domain.ids import AccountId, MachineId, MemberId, SessionId
from controller.domain.ledger import MeansOfPayment
from controller.domain.tariff import Price
from controller.errors import Message, ProgrammerError, UserError
from controller.office import money
from controller.office.directory import agreements, machines, places
from controller.office.directory.importing import import_members
from controller.office.directory.tables import member
from controller.office.intake import FACTS_LIMIT, store_facts
from controller.office.interpreting import interpret
from controller.office.settlement import statements
from controller.office.settlement.closing_all import close_all
from controller.office.settlement.periods import period
from controller.office.store import Change, OfficeStore
from controller.office.vault import open_vault

MONTH = "2026-10"
MACHINES, ON_A_CONTROLLER, GOODS, MEMBERS = 200, 25, 5, 1_000
"""Eight controllers with 25 machines each, in forty agreements on five machines each between five co-owners."""

SESSIONS_MAX = 5_000_000
"""More uses than that do not fit into one month of 200 machines: each would last less than two minutes."""

TOP_UP_CENTS = 100_000
COUNTED = {"top_ups": "mesure"}
"""Nobody counts an invented till, which is what its closing asks for."""

STEPS: dict[str, tuple[Message, float]] = {
    "stored": (Message("reçus", "stored"), 0),
    "posted": (Message("inscrits", "posted"), 60),
    "closed": (Message("clos et relevés", "closed and stated"), 20),
}
"""Each step with its goal in seconds for a million uses; none: 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one step took."""

    seconds: float
    processor_s: float
    resident_mb: int

    def to_data(self) -> dict[str, float | int]:
        """Return it as data."""
        return {
            "seconds": round(self.seconds, 2),
            "processor_s": round(self.processor_s, 2),
            "resident_mb": self.resident_mb,
        }


def measured(disk: Path, counts: Sequence[int], database: str | None = None) -> dict[str, Any]:
    """Measure months of so many uses, one after the other; the folder made on `disk` for each is removed.

    A database at a URL takes one month, for it is to be empty: raises `UserError` for several.
    """
    if database is not None and len(counts) > 1:
        raise UserError(
            Message("une base vide reçoit un seul mois", "an empty database takes one month"),
            cure=Message("donnez un seul nombre à --sessions", "give one number to --sessions"),
        )
    months = []
    for count in counts:
        with tempfile.TemporaryDirectory(prefix="indivis-bench-", dir=disk) as made:
            months.append(money_month(Path(made), count, database))
    return {"schema": 1, "processors": os.cpu_count(), "load_after": os.getloadavg()[0], "months": months}


def money_lines(document: dict[str, Any]) -> Iterator[str]:
    """The document as a table: seconds of each step, and of those how many of processor a million uses would take."""
    yield Message(
        "Secondes (dont de processeur ; pour un million, le but entre crochets), et la mémoire au plus.",
        "Seconds (of them of processor; for a million, the goal in brackets), and the memory at most.",
    ).text()
    for month in document["months"]:
        yield Message(
            f"{month['sessions']} usages, {month['statements']} relevés",
            f"{month['sessions']} sessions, {month['statements']} statements",
        ).text()
        for name, (word, goal_s) in STEPS.items():
            step = month[name]
            million = f"{step['processor_s'] * 1_000_000 / month['sessions']:.0f}" + (f" [{goal_s}]" if goal_s else "")
            told = f"{step['seconds']:9.2f} ({step['processor_s']:.2f} ; {million})"
            yield f"  {word.text():<20} {told:<36} {step['resident_mb']} Mo"


def money_month(root: Path, sessions: int, database: str | None = None) -> dict[str, Any]:
    """Play a month of that many uses in the empty folder `root`, or in the empty database at a URL; its steps."""
    if not MACHINES <= sessions <= SESSIONS_MAX:
        raise UserError(
            Message(f"{sessions} usages ne se mesurent pas", f"{sessions} sessions are not measured"),
            cure=Message(f"donnez {MACHINES} à {SESSIONS_MAX}", f"give {MACHINES} to {SESSIONS_MAX}"),
        )
    store = OfficeStore(root / "office.db" if database is None else database)
    try:
        month = _Month(store, root, sessions)
        month.prepare()
        found = {name: _timed(step).to_data() for name, step in zip(STEPS, month.steps(), strict=True)}
    finally:
        store.close()
    return {"sessions": sessions, "statements": month.statements, **found}


class _Month:
    """One month in one database."""

    def __init__(self, store: OfficeStore, root: Path, sessions: int) -> None:
        self._store, self._root = store, root
        self._span = period("month", MONTH)
        self._rounds = sessions // MACHINES
        self._people: list[tuple[str, str]] = []
        self.statements = 0

    def prepare(self) -> None:
        """Make books, people who have paid in, machines with prices, agreements."""
        began = self._span.from_at - 3_600_000
        with self._store.changing("bench", began) as change:
            places.create_books(change, BOOKS, "Atelier Exemple")
            places.create_site(change, "bench", BOOKS, "Atelier Exemple")
            for number in range(0, MACHINES, ON_A_CONTROLLER):
                places.create_controller(change, _controller(number), "bench", "Pi de mesure")
            for number in range(MACHINES):
                machines.create_machine(change, _machine(number), "bench", f"Machine {number}")
                machines.set_price(change, _machine(number), (30 + number % 37, 1))
                places.place_machine(change, _machine(number), _controller(number), f"relay-{number}")
            terms = Terms(manager="manager", legal_basis="convention")
            for first in range(0, MACHINES, GOODS):
                goods = [_machine(number) for number in range(first, first + GOODS)]
                name = f"indivision-{first // GOODS}"
                agreements.create_agreement(change, name, name, goods, from_at=began, lines=reading("B"), terms=terms)
        import_members(
            self._store,
            open_vault(self._root / "vault.key", self._store),
            "bench",
            began,
            BOOKS,
            member_lines(0, MEMBERS),
        )
        with self._store.changing("bench", began) as change:
            rows = change.tx.execute(select(member.c.id, member.c.account).order_by(member.c.id))
            self._people = [(row.id, row.account) for row in rows]
            for _, payer in self._people:
                money.top_up(change, payer, TOP_UP_CENTS, MeansOfPayment.CARD, "mesure")

    def steps(self) -> tuple[Callable[[], None], ...]:
        """What is timed, in order."""
        return self._store_all, self._post_all, self._close_all

    def _store_all(self) -> None:
        for first in range(0, MACHINES, ON_A_CONTROLLER):
            facts = self._facts(first)
            while batch := list(islice(facts, FACTS_LIMIT)):
                with self._store.changing("exchange", self._span.to_at) as change:
                    store_facts(change, _controller(first), _branch(first), batch)

    def _post_all(self) -> None:
        posted = 0
        while True:
            with self._store.changing("exchange", self._span.to_at) as change:
                done = interpret(change)
            posted += done.posted
            if not done.facts:
                break
        if posted != self._rounds * MACHINES:
            said = f"{posted} / {self._rounds * MACHINES}"
            raise ProgrammerError(Message(f"usages inscrits : {said}", f"sessions posted: {said}"))

    def _close_all(self) -> None:
        def changing() -> AbstractContextManager[Change]:
            return self._store.changing("treasurer", self._span.to_at + 3_600_000)

        for done in close_all(changing, MONTH, waive=COUNTED):
            if done.closed is None:
                raise ProgrammerError(Message(f"{done.agreement} attend", f"{done.agreement} waits"))
            for owner in done.closed.body["owners"]:
                said = statements.statement(done.closed, owner["party"])
                self.statements += bool(statements.as_json(said)) and bool(statements.as_csv(said))

    def _facts(self, first: int) -> Iterator[SealedFact]:
        """A controller's branch: round after round, all its machines are begun, then ended."""
        journal = Journal(_controller(first), _branch(first), self._span.from_at)
        yield journal.opening()
        numbers = range(first, first + ON_A_CONTROLLER)
        prices = {
            number: Price(machine=MachineId(_machine(number)), version=1, per_minute_num=30 + number % 37)
            for number in numbers
        }
        every_ms = (self._span.to_at - self._span.from_at - 60_000) // self._rounds
        for turn in range(self._rounds):
            start_at = self._span.from_at + turn * every_ms
            uses = []
            for number in numbers:
                who, account = self._people[(turn * MACHINES + number) % MEMBERS]
                uses.append(
                    Use(
                        session=SessionId(f"{_branch(first)}-{turn}-{number}"),
                        member=MemberId(who),
                        account=AccountId(account),
                        machine=MachineId(_machine(number)),
                        price=prices[number],
                        start_at=start_at,
                        seconds=min(1_800, every_ms // 1_000 - 1) - number % 50,
                    )
                )
            yield from map(journal.begun, uses)
            yield from map(journal.ended, uses)


def _timed(step: Callable[[], None]) -> Step:
    began, processor = time.perf_counter(), time.process_time()
    step()
    return Step(
        seconds=time.perf_counter() - began,
        processor_s=time.process_time() - processor,
        resident_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1_024,
    )


def _machine(number: int) -> str:
    return f"machine-{number}"


def _controller(number: int) -> str:
    return f"pi-{number // ON_A_CONTROLLER}"


def _branch(number: int) -> str:
    return f"b{number // ON_A_CONTROLLER}"
