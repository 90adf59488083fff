"""A whole month of the demonstration's workshop in some seconds, told to a real office, and its books closed.

House rules: a seed gives the same uses each time; everything is told by one controller, stored, read, posted and closed
by the office's own services, day by day. October, for it has an hour more than other months. Nobody in it is real.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from controller.demo import workshop as shop
from controller.demo.founding import Folder, Founded, found
from controller.domain.agreement import Quota, lines_by_fee
from controller.domain.chain import GENESIS_HASH, SealedFact, commitment_of
from controller.domain.codec import body_of
from controller.domain.facts import RULES_VERSION, BranchOpened, Inputs, SessionEnded, SessionOpened, Stamp
from controller.domain.ids import AccountId, BadgeToken, BranchId, ControllerId, MachineId, MemberId, SessionId
from controller.domain.ledger import MeansOfPayment
from controller.domain.reasons import StopReason
from controller.domain.sessions import SessionKind
from controller.domain.tariff import charge
from controller.errors import language
from controller.office import money, pdf
from controller.office.directory import agreements, machines
from controller.office.directory.tables import member
from controller.office.export.chart import load_chart
from controller.office.export.documents import documents
from controller.office.intake import store_facts
from controller.office.interpreting import interpret
from controller.office.ledger.caches import check
from controller.office.ledger.signing import load_key, load_public_key
from controller.office.ledger.verification import verify
from controller.office.settlement import closing, statements
from controller.office.settlement.books_closing import close_books
from controller.office.settlement.periods import days_of, period
from controller.office.settlement.proof import changed_closings
from controller.office.settlement.till import count_till, till_lines
from controller.office.store import OfficeStore
from controller.office.web.pages_paper import document

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from controller.demo.workshop import DemoMachine
    from controller.domain.facts import Fact
    from controller.domain.tariff import Price
    from controller.office.settlement.periods import Period

MONTH = "2026-10"
SOLD_ON = "2026-10-14"
SELLER, BUYER = shop.OWNERS[-1].party, shop.OWNERS[1].party
SIREN = "123456782"
"""Nine digits with a right check digit, which nobody has: a FEC's name begins with a SIREN."""

OPENS_MS, CLOSES_MS = 9 * 3_600_000, 19 * 3_600_000
TOP_UP_CENTS, LOW_CENTS = 20_000, 6_000
_BRANCH = "demo-month"
_SECOND_MS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthPlayed:
    """What came of the month: the closing, where the files are, and whether everything adds up."""

    closed: closing.Closed
    books: dict[str, Any]
    statements: tuple[Path, ...]
    fec: Path
    intact: bool
    uses: int


@dataclass(slots=True)
class _Journal:
    """A controller's journal in memory: facts sealed one behind the other."""

    sealed: list[SealedFact] = field(default_factory=list)
    last: tuple[int, str] = (0, GENESIS_HASH)

    def add(self, fact: Fact) -> None:
        body, salt = body_of(fact), "00" * 16
        n, previous = self.last
        sealed = SealedFact(
            controller=ControllerId(shop.CONTROLLER),
            branch=BranchId(_BRANCH),
            n=n + 1,
            kind=fact.KIND,
            schema=fact.SCHEMA,
            prev=previous,
            commitment=commitment_of(salt, body),
            salt=salt,
            body=body,
        )
        self.sealed.append(sealed)
        self.last = (sealed.n, sealed.hash)


@dataclass(frozen=True, slots=True)
class _Use:
    machine: DemoMachine
    person: str
    start_ms: int
    seconds: int

    @property
    def end_ms(self) -> int:
        return self.start_ms + self.seconds * _SECOND_MS


def play_month(root: Path, *, seed: int, sold: bool) -> MonthPlayed:
    """Play the month in an empty folder; with `sold`, an owner's share is sold on the 14th and written down at the end.

    Raises `UserError` when there is something in the folder already.
    """
    span = period("month", MONTH)
    founded = found(root, now_ms=span.from_at - 3_600_000, speed=1)
    store = OfficeStore(founded.folder.database)
    try:
        uses = _play(store, founded, span, seed)
        if sold:
            with store.changing("system", span.to_at) as change:
                agreements.create_version(
                    change,
                    shop.AGREEMENT,
                    from_at=period("day", SOLD_ON).from_at,
                    lines=lines_by_fee(shop.MANAGING, Fraction(1, 2), _after_the_sale()),
                )
        return _closed(store, founded.folder, span, uses)
    finally:
        store.close()


def _after_the_sale() -> list[Quota]:
    quotas = {each.party: each.quota for each in shop.OWNERS}
    quotas[BUYER] += quotas.pop(SELLER)
    return [Quota(party, quota) for party, quota in quotas.items()]


def _play(store: OfficeStore, founded: Founded, span: Period, seed: int) -> int:
    journal, uses = _Journal(), 0
    with store.read() as tx:
        prices = {machine.id: machines.price_of(tx, machine.id) for machine in shop.MACHINES}
        members = {row.account: row.id for row in tx.execute(select(member.c.account, member.c.id))}
    begun = _stamp(span.from_at, span)
    journal.add(BranchOpened(parent_branch=None, parent_n=0, parent_hash=GENESIS_HASH, software="demo", at=begun))
    by_day: dict[int, list[tuple[int, Fact]]] = defaultdict(list)
    days = list(days_of(span))
    for use in _uses(random.Random(seed), span):  # noqa: S311 - a seeded month, no secret
        uses += 1
        payer = founded.payers[use.person]
        for at, fact in _told(use, uses, members[payer], payer, prices[use.machine.id], span):
            day = next((place for place, each in enumerate(days) if at < each.to_at), len(days) - 1)
            by_day[day].append((at, fact))
    for place, over in enumerate(days):
        for _, fact in sorted(by_day[place], key=lambda told: told[0]):
            journal.add(fact)
        _send(store, journal, over.to_at if place == len(days) - 1 else over.to_at - 1)
        _top_up(store, founded, over.to_at - 1)
    return uses


def _uses(chance: random.Random, span: Period) -> Iterator[_Use]:
    """Yield a month of uses: people come while the place is open, one after the other at each machine."""
    for machine in shop.MACHINES:
        people = shop.able(machine)
        free_ms = span.from_at
        for day in days_of(span):
            at = max(free_ms, day.from_at + OPENS_MS + chance.randrange(90) * 60_000)
            while at < day.from_at + CLOSES_MS:
                seconds = chance.randint(*machine.usual_s)
                use = _Use(machine, chance.choice(people).id, at, seconds)
                if use.end_ms >= span.to_at:
                    break
                yield use
                at = free_ms = use.end_ms + chance.randint(*machine.pause_s) * 4 * _SECOND_MS


def _told(
    use: _Use, number: int, member: str, payer: str, price: Price | None, span: Period
) -> Iterator[tuple[int, Fact]]:
    if price is None:
        return
    cents = charge(price, use.seconds).gross_cents
    session, machine = SessionId(f"s-{number}"), MachineId(use.machine.id)
    started, ended = _stamp(use.start_ms, span), _stamp(use.end_ms, span)
    yield (
        use.start_ms,
        SessionOpened(
            session=session,
            machine=machine,
            member=MemberId(member),
            account=AccountId(payer),
            kind=SessionKind.PAID,
            token=BadgeToken("00" * 32),
            price=price,
            hold_cents=cents,
            limit_s=use.machine.max_duration_s,
            limit_reason=StopReason.MAXIMUM_DURATION,
            inputs=Inputs(revision=1, age_s=0, available_cents=cents, credit_fresh=True, locks=()),
            rules=RULES_VERSION,
            at=started,
        ),
    )
    yield (
        use.end_ms,
        SessionEnded(
            session=session,
            machine=machine,
            member=MemberId(member),
            account=AccountId(payer),
            kind=SessionKind.PAID,
            reason=StopReason.SECOND_TAP,
            seconds=use.seconds,
            price=price,
            announced_cents=cents,
            started=started,
            ended=ended,
            rules=RULES_VERSION,
            at=ended,
        ),
    )


def _stamp(at_ms: int, span: Period) -> Stamp:
    return Stamp(boot_id="demo", boot_ms=at_ms - span.from_at, wall_ms=at_ms, clock="synced")


def _send(store: OfficeStore, journal: _Journal, at_ms: int) -> None:
    """Hand over a day's facts and have them read, as the exchange does."""
    with store.changing("system", at_ms) as change:
        store_facts(change, shop.CONTROLLER, _BRANCH, journal.sealed)
        while interpret(change).facts:
            pass
    journal.sealed.clear()


def _top_up(store: OfficeStore, founded: Founded, at_ms: int) -> None:
    """Whoever has little credit left pays in before going home."""
    with store.changing("system", at_ms) as change:
        for payer in founded.payers.values():
            if money.account_state(change.tx, payer).credit_cents < LOW_CENTS:
                money.top_up(change, payer, TOP_UP_CENTS, MeansOfPayment.CARD, "démonstration")


def _closed(store: OfficeStore, folder: Folder, span: Period, uses: int) -> MonthPlayed:
    key = load_key(folder.keys / "chain.key")
    with store.changing("system", span.to_at + 3_600_000) as change:
        for each in till_lines(change.tx, shop.BOOKS, span):
            count_till(change, shop.BOOKS, MONTH, MeansOfPayment(each.means), each.booked_cents)
        books = close_books(change, shop.BOOKS, "month", MONTH, key=key)
        done = closing.close(change, shop.AGREEMENT, MONTH, key=key)
    written = []
    for owner in done.body["owners"]:
        said = statements.statement(done, owner["party"])
        for ending, data in (("csv", statements.as_csv(said)), ("json", statements.as_json(said))):
            path = folder.root / f"releve-{MONTH}-{owner['party']}.{ending}"
            path.write_bytes(data)
            written.append(path)
    written += _printed(store, folder, done)
    chart = folder.root / "chart.toml"
    chart.write_text(f'[[entity]]\nbooks = "{shop.BOOKS}"\nsiren = "{SIREN}"\n', encoding="utf-8")
    with store.read() as tx:
        files = documents(tx, "fec", shop.BOOKS, MONTH, load_chart(chart), "iso8859-15")
        public_key = load_public_key(folder.keys / "chain.pem")
        intact = verify(tx, public_key, done.hash).ok and not check(tx) and not changed_closings(tx)
    for exported in files:
        (folder.root / exported.name).write_bytes(exported.data)
    return MonthPlayed(
        closed=done,
        books=books,
        statements=tuple(written),
        fec=folder.root / files[0].name,
        intact=intact,
        uses=uses,
    )


def _printed(store: OfficeStore, folder: Folder, done: closing.Closed) -> list[Path]:
    """Write each co-owner's PDF, where PDFs can be made."""
    if not pdf.installed():
        return []
    parties = [owner["party"] for owner in done.body["owners"]]
    with store.read() as tx:
        pages = [document(tx, statements.statement(done, party), language()) for party in parties]
    paths = [folder.root / f"releve-{MONTH}-{party}.pdf" for party in parties]
    for path, data in zip(paths, pdf.pdfs_of(pages), strict=True):
        path.write_bytes(data)
    return paths
