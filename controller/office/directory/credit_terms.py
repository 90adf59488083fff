"""How far books trust credit without the office: how old a balance may be, and what may be spent once it is older.

House rules: read and changed for whole books; the floor hears of it by the books' own entry.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from controller.domain.directory import CreditPolicyEntry
from controller.domain.ids import BooksId
from controller.domain.ledger import AMOUNT_LIMIT_CENTS
from controller.errors import Message
from controller.office.directory import entries
from controller.office.directory.tables import books
from controller.office.refusals import InvalidError, no_such

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from controller.office.store import Change

FRESH_MAX_S = 7 * 86_400
"""A week: as long as a machine's rights hold without the office by themselves. Longer is no limit, and refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditTerms:
    """A balance older than `credit_fresh_s` is stale. What may then be spent at one controller, in cents: of an
    account, and by one member of it (`None`: as much as the account).
    """

    credit_fresh_s: int = 60
    offline_ceiling_cents: int = 2_000
    offline_member_ceiling_cents: int | None = None


def check(terms: CreditTerms) -> None:
    """Raise `InvalidError` for terms that are none."""
    ceilings = [each for each in (terms.offline_ceiling_cents, terms.offline_member_ceiling_cents) if each is not None]
    if 0 <= terms.credit_fresh_s <= FRESH_MAX_S and all(0 <= each <= AMOUNT_LIMIT_CENTS for each in ceilings):
        return
    raise InvalidError(
        Message("fraîcheur ou plafond hors limites", "freshness or ceiling out of range"),
        cure=Message(
            f"une fraîcheur de 0 à {FRESH_MAX_S} secondes, des plafonds de zéro ou plus",
            f"a freshness of 0 to {FRESH_MAX_S} seconds, ceilings of nothing or more",
        ),
    )


def terms_of(tx: Connection, key: str) -> CreditTerms:
    """Return how far these books trust credit; raise `NotFoundError`."""
    row = tx.execute(select(books).where(books.c.id == key)).mappings().first()
    if row is None:
        raise no_such("la structure", "books", key)
    return CreditTerms(**{name: row[name] for name in CreditTerms.__slots__})


def set_terms(change: Change, key: str, terms: CreditTerms) -> None:
    """Say how far these books trust credit from now on; uses under way keep the end they have."""
    before = terms_of(change.tx, key)
    check(terms)
    change.tx.execute(update(books).where(books.c.id == key).values(**asdict(terms)))
    entries.put(change.tx, [entry_of(key, terms)])
    change.audit("set_credit_terms", key, before=asdict(before), after=asdict(terms))


def entry_of(key: str, terms: CreditTerms) -> CreditPolicyEntry:
    """Return the terms as they come down."""
    return CreditPolicyEntry(books=BooksId(key), **asdict(terms))
