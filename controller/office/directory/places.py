"""Books, sites, controllers and where machines are wired."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, insert, select, update

from controller.domain.ids import BooksId
from controller.domain.receipt import RATE_LIMIT_BP
from controller.errors import Message
from controller.office.directory import credit_terms, entries
from controller.office.directory.credit_terms import CreditTerms
from controller.office.directory.machines import project_machine
from controller.office.directory.tables import books, controller, machine, placement, site
from controller.office.directory.words import checked_id, checked_name
from controller.office.ledger.store import open_books
from controller.office.refusals import ConflictError, InvalidError, no_such

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

    from controller.domain.posting import VatPoint
    from controller.office.store import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksTerms:
    """The VAT status of books, and how far credit is trusted without the office."""

    vat_taxable: bool = True
    vat_rate_bp: int = 2000
    vat_point: VatPoint = "at_use"
    credit: CreditTerms = field(default_factory=CreditTerms)


def create_books(change: Change, key: str, name: str, terms: BooksTerms | None = None) -> None:
    """Open one legal entity's books, its ledger included; raise `ConflictError` when the id is taken."""
    terms = terms or BooksTerms()
    if not 0 <= terms.vat_rate_bp <= RATE_LIMIT_BP:
        raise InvalidError(Message("taux de TVA hors limites", "VAT rate out of range"))
    credit_terms.check(terms.credit)
    _refuse_taken(change.tx, books, key)
    row: dict[str, Any] = {name: getattr(terms, name) for name in ("vat_taxable", "vat_rate_bp", "vat_point")}
    row |= credit_terms.columns_of(terms.credit)
    change.tx.execute(
        insert(books).values(id=checked_id(key), name=checked_name(name), created_at=change.now_ms, **row)
    )
    open_books(change.tx, BooksId(key))
    entries.put(change.tx, [credit_terms.entry_of(key, terms.credit)])
    change.audit("create_books", key, after=row)


def create_site(change: Change, key: str, in_books: str, name: str) -> None:
    """Add a place."""
    _refuse_taken(change.tx, site, key)
    _require(change.tx, books, in_books, ("la structure", "books"))
    change.tx.execute(insert(site).values(id=checked_id(key), books=in_books, name=checked_name(name)))
    change.audit("create_site", key, after={"books": in_books})


def create_controller(change: Change, key: str, at_site: str, name: str) -> None:
    """Make a controller known: from now on its journal is stored and the directory goes down to it."""
    _refuse_taken(change.tx, controller, key)
    _require(change.tx, site, at_site, ("le site", "site"))
    change.tx.execute(
        insert(controller).values(id=checked_id(key), site=at_site, name=checked_name(name), created_at=change.now_ms)
    )
    change.audit("create_controller", key, after={"site": at_site})


def note_heard(tx: Connection, key: str, now_ms: int, applied_revision: int | None = None) -> None:
    """Remember when a controller was last heard and, when it says so, how far it has the directory."""
    said = {} if applied_revision is None else {"applied_revision": applied_revision}
    tx.execute(update(controller).where(controller.c.id == key).values(heard_at=now_ms, **said))


def place_machine(change: Change, key: str, on_controller: str, channel: str) -> None:
    """Say where a machine is wired from now on; the placement before it ends now.

    Raises `ConflictError` when another machine is on that channel.
    """
    _require(change.tx, machine, key, ("la machine", "machine"))
    _require(change.tx, controller, on_controller, ("le contrôleur", "controller"))
    there = and_(
        placement.c.controller == on_controller,
        placement.c.channel == checked_id(channel),
        placement.c.to_at.is_(None),
    )
    holder = change.tx.execute(select(placement.c.machine).where(there)).scalar()
    if holder == key:
        return
    if holder is not None:
        raise ConflictError(
            Message(
                f"la voie {channel} de {on_controller} est celle de {holder}",
                f"channel {channel} of {on_controller} is that of {holder}",
            ),
            cure=Message(f"déplacez d'abord {holder}", f"move {holder} first"),
        )
    before = _close_placement(change, key)
    change.tx.execute(
        insert(placement).values(machine=key, controller=on_controller, channel=channel, from_at=change.now_ms)
    )
    change.audit("place_machine", key, before=before, after={"controller": on_controller, "channel": channel})
    project_machine(change.tx, key)


def controllers(tx: Connection) -> list[dict[str, Any]]:
    """Return every known controller: id, site, name, heard_at, applied_revision."""
    return [dict(row) for row in tx.execute(select(controller).order_by(controller.c.id)).mappings()]


def arrived_on(tx: Connection, at_revision: int) -> tuple[int, int]:
    """Return (how many controllers have applied `at_revision`, how many there are)."""
    reached = list(tx.execute(select(controller.c.applied_revision)).scalars())
    return sum(applied >= at_revision for applied in reached), len(reached)


def _close_placement(change: Change, key: str) -> dict[str, Any] | None:
    open_one = and_(placement.c.machine == key, placement.c.to_at.is_(None))
    row = change.tx.execute(select(placement.c.controller, placement.c.channel).where(open_one)).mappings().first()
    # A placement of this very instant never held: it leaves no trace, and its place in the key is free again.
    change.tx.execute(delete(placement).where(open_one, placement.c.from_at >= change.now_ms))
    change.tx.execute(update(placement).where(open_one).values(to_at=change.now_ms))
    return None if row is None else dict(row)


def _refuse_taken(tx: Connection, table: Table, key: str) -> None:
    if tx.execute(select(table.c.id).where(table.c.id == key)).first() is not None:
        raise ConflictError(Message(f"« {key} » existe déjà", f"'{key}' exists already"))


def _require(tx: Connection, table: Table, key: str, named: tuple[str, str]) -> None:
    if tx.execute(select(table.c.id).where(table.c.id == key)).first() is None:
        raise no_such(*named, key)
