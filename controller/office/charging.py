"""From an ended use to what the ledger is asked to post: price again, agreement, VAT.

House rules: the price is recomputed from exactly what the floor used; where it announced another one, the use
is posted at the recomputed price with a note, never refused. Nothing here writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

from sqlalchemy import select

from controller.domain.agreement import (
    Agreement,
    AgreementRefusedError,
    OwnersShare,
    kept_of,
    owners_share,
    version_for,
)
from controller.domain.components import Used
from controller.domain.ids import BooksId, MachineId
from controller.domain.pack_entries import Timed
from controller.domain.posting import SessionCharge
from controller.domain.receipt import FRANCHISE, TAXABLE, ReceiptLine, receipt_of
from controller.domain.scope import owners_part
from controller.domain.sessions import SessionKind
from controller.domain.tariff import charge, cost_cents
from controller.office.directory.agreements import agreements_of
from controller.office.directory.tables import account, books, machine
from controller.office.journal_tables import metered_by_hand
from controller.office.ledger.rows import chunks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from controller.domain.facts import SessionEnded
    from controller.domain.tariff import Charge, Price
    from controller.office.dating import Dated

Adjustment = Literal["announced_otherwise", "free_kind", "meter_clarified", "minutes"]
"""Why the posted price is not the announced one: the rules differ (a fault), the agreement frees this kind of use, a
person said how long a machine ran that no meter had seen, or the account had other minutes than the machine knew of.
"""

METERLESS = "meter_missing"
"""In the tray because running time is paid for and no meter saw all of it: a person says how long it ran."""


class NotChargeableError(ValueError):
    """This use cannot be posted yet; the first argument is the tray's code, the second says it in words."""


@dataclass(frozen=True, slots=True)
class Charged:
    """A use ready to be posted in `books`; `recomputed_cents` is what the machine should have announced."""

    books: BooksId
    charge: SessionCharge
    adjustment: Adjustment | None
    recomputed_cents: int


class Charger:
    """Prices ended uses within one transaction; what it looks up once it remembers."""

    def __init__(self, tx: Connection) -> None:
        """Take the transaction to look things up in."""
        self._tx = tx
        self._books_of: dict[str, BooksId] = {}
        self._machines_known: set[str] = set()
        self._payers_known: set[str] = set()
        self._payers: dict[str, tuple[str, int]] = {}
        self._terms = cache(self._find_terms)
        self._claims = cache(self._find_claims)

    def expect(self, ends: Iterable[SessionEnded]) -> None:
        """Look up at once what is not known yet of the machines and the payers of uses."""
        of_machines, of_payers = set[str](), set[str]()
        for ended in ends:
            if ended.machine not in self._machines_known:
                of_machines.add(ended.machine)
            if ended.account not in self._payers_known:
                of_payers.add(ended.account)
        for chunk in chunks(sorted(of_machines)):
            found = self._tx.execute(select(machine.c.id, machine.c.books).where(machine.c.id.in_(chunk)))
            self._books_of.update({row.id: BooksId(row.books) for row in found})
        for chunk in chunks(sorted(of_payers)):
            payers = select(account.c.id, account.c.books, account.c.floor_cents).where(account.c.id.in_(chunk))
            self._payers.update({row.id: (row.books, row.floor_cents) for row in self._tx.execute(payers)})
        self._machines_known |= of_machines
        self._payers_known |= of_payers

    def charged(self, ended: SessionEnded, dated: Dated) -> Charged:
        """Return what to post for a use that ended at that instant; raise `NotChargeableError`."""
        self.expect([ended])
        in_books = self._books_of.get(ended.machine)
        if in_books is None:
            raise NotChargeableError("unknown_machine", f"machine {ended.machine} is not in the directory")
        payer_books, floor_cents = self._payers.get(ended.account, (None, 0))
        if payer_books != in_books:
            raise NotChargeableError(
                "unknown_account" if payer_books is None else "other_books",
                f"account {ended.account} is not in books {in_books}",
            )
        try:
            claims = self._claims(in_books).get(ended.machine, ())
            version = version_for(claims, ended.machine, dated.at_ms)
            latest = version if dated.latest_ms == dated.at_ms else version_for(claims, ended.machine, dated.latest_ms)
        except AgreementRefusedError as error:
            raise NotChargeableError("contradiction", str(error)) from error
        if version != latest:
            raise NotChargeableError("undated", ended.ended.boot_id)  # the agreement changed about then
        share = owners_share(version, ended.kind)
        paid_s, clarified = self._paid_s(ended, owed=share is not OwnersShare.FREE)
        try:
            priced = None if ended.price is None else priced_again(ended.price, ended.seconds, paid_s, ended.energy_wh)
            recomputed = 0 if ended.price is None or priced is None else _as_announced(ended, paid_s, priced)
        except ValueError as error:
            raise NotChargeableError("contradiction", str(error)) from error
        gross_cents = 0 if share is OwnersShare.FREE or priced is None else priced.gross_cents
        taxable, rate_bp, vat_point = self._terms(in_books)
        credited = version is not None and share is OwnersShare.CREDITED
        used = Used(seconds=ended.seconds, running_s=paid_s, energy_wh=ended.energy_wh)
        owners = owners_part(kept_of(version), ended.price, used)
        posting = SessionCharge(
            session=ended.session,
            account=ended.account,
            machine=ended.machine,
            kind=ended.kind,
            event_at=dated.at_ms,
            seconds=ended.seconds,
            price_hash=None if priced is None else priced.price_hash,
            receipt=receipt_of([ReceiptLine(gross_cents, rate_bp)], TAXABLE if taxable else FRANCHISE),
            pool=(version.agreement, version.version) if version is not None and credited and owners else None,
            vat_point=vat_point,
            floor_cents=floor_cents,
            gifts_credited=owners_share(version, SessionKind.GIFT) is OwnersShare.CREDITED,
            owners_part=owners,
            timed=None if ended.price is None else _timed(ended, ended.price, paid_s, dated, kept_of(version)),
        )
        adjustment = _adjustment(ended.announced_cents, recomputed, free=share is OwnersShare.FREE)
        said = "meter_clarified" if clarified and adjustment else adjustment
        return Charged(in_books, posting, said, recomputed)

    def _paid_s(self, ended: SessionEnded, *, owed: bool) -> tuple[int, bool]:
        """Return the seconds that are paid for, and whether a person said them: running time that no meter saw whole
        waits for that word.
        """
        if ended.price is None or not ended.price.counts_running:
            return ended.seconds, False
        busy_s, idle_s = ended.busy_s or 0, ended.idle_s or 0
        if busy_s + idle_s == ended.seconds:
            return busy_s, False
        said_s = self._tx.execute(select(metered_by_hand.c.busy_s).where(metered_by_hand.c.session == ended.session))
        if (by_hand_s := said_s.scalar()) is not None:
            return min(by_hand_s, ended.seconds), True
        if owed:
            raise NotChargeableError(METERLESS, f"{busy_s + idle_s} of {ended.seconds} s measured")
        return ended.seconds - idle_s, False

    def _find_terms(self, key: str) -> tuple[bool, int, Literal["at_topup", "at_use"]]:
        row = self._tx.execute(select(books).where(books.c.id == key)).one()
        return row.vat_taxable, row.vat_rate_bp, row.vat_point

    def _find_claims(self, key: str) -> dict[MachineId, list[Agreement]]:
        """Return, for each machine of the books, the agreements that name it."""
        found: dict[MachineId, list[Agreement]] = {}
        for each in agreements_of(self._tx, key):
            for good in each.goods:
                found.setdefault(good, []).append(each)
        return found


def priced_again(price: Price, seconds: int, paid_s: int, energy_wh: int | None) -> Charge:
    """Price a use again from what the floor used: seconds, those of them that a running machine is paid for, energy."""
    return charge(price, seconds, idle_s=seconds - paid_s, energy_wh=energy_wh)


def settled(ended: SessionEnded, charged: Charged, paid_cents: int) -> Adjustment | None:
    """Return why what was posted is not what was announced, now that the account's minutes are counted."""
    if charged.adjustment is None and paid_cents != ended.announced_cents:
        return "minutes"
    return charged.adjustment


def _as_announced(ended: SessionEnded, paid_s: int, priced: Charge) -> int:
    """Return the price from exactly what the machine used: the minutes that it knew of with it."""
    if ended.price is None or not ended.entitled_s:
        return priced.gross_cents
    idle_s = ended.seconds - paid_s
    return cost_cents(ended.price, ended.seconds, idle_s, ended.energy_wh, entitled_s=ended.entitled_s)


def _timed(ended: SessionEnded, price: Price, paid_s: int, dated: Dated, kept: tuple[str, ...]) -> Timed:
    return Timed(
        price=price,
        seconds=ended.seconds,
        idle_s=ended.seconds - paid_s,
        energy_wh=ended.energy_wh,
        began_at=dated.at_ms - 1_000 * ended.seconds,
        kept=kept,
    )


def _adjustment(announced: int, recomputed: int, *, free: bool) -> Adjustment | None:
    if announced != recomputed and not (free and announced == 0):
        return "announced_otherwise"
    return "free_kind" if free and announced else None
