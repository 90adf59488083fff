"""How far books trust credit without the office: how old a balance may be, and what may be spent once it is older.

House rules: read and changed for whole books; the floor hears of it by the books' own entry.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from controller.domain.directory import CreditPolicyEntry, OfflineStep
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

STEPS_MAX = 6
"""An hour, a day, a week and some between: more says nothing that a person would remember, and is refused."""

AFTER_MAX_S = 365 * 86_400
"""A year without the office: rights have ended long before, so a later step is a slip and refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditTerms:
    """A balance older than `credit_fresh_s` is stale. What may then be spent at one controller, in cents: of an
    account, and by one member of it (`None`: as much as the account); and in steps what is left of that as the
    silence lasts.
    """

    credit_fresh_s: int = 60
    offline_ceiling_cents: int = 2_000
    offline_member_ceiling_cents: int | None = None
    offline_steps: tuple[OfflineStep, ...] = ()


def check(terms: CreditTerms) -> None:
    """Raise `InvalidError` for terms that are none."""
    ceilings = [each for each in (terms.offline_ceiling_cents, terms.offline_member_ceiling_cents) if each is not None]
    if 0 <= terms.credit_fresh_s <= FRESH_MAX_S and all(0 <= each <= AMOUNT_LIMIT_CENTS for each in ceilings):
        _check_steps(terms)
        return
    raise InvalidError(
        Message("fraîcheur ou plafond hors limites", "freshness or ceiling out of range"),
        cure=Message(
            f"une fraîcheur de 0 à {FRESH_MAX_S} secondes, des plafonds de zéro ou plus",
            f"a freshness of 0 to {FRESH_MAX_S} seconds, ceilings of nothing or more",
        ),
    )


def _check_steps(terms: CreditTerms) -> None:
    """Each step is later than the one before and trusts no more than it."""
    before_s, most_cents = terms.credit_fresh_s, terms.offline_ceiling_cents
    right = len(terms.offline_steps) <= STEPS_MAX
    for step in terms.offline_steps:
        right &= before_s < step.after_s <= AFTER_MAX_S and 0 <= step.ceiling_cents <= most_cents
        before_s, most_cents = step.after_s, step.ceiling_cents
    if not right:
        raise InvalidError(
            Message("les paliers ne se suivent pas", "the steps do not follow each other"),
            cure=Message(
                f"{STEPS_MAX} au plus, chacun plus tard que le précédent et jamais plus haut",
                f"{STEPS_MAX} at most, each later than the one before and never higher",
            ),
        )


def terms_of(tx: Connection, key: str) -> CreditTerms:
    """Return how far these books trust credit; raise `NotFoundError`."""
    row = tx.execute(select(books).where(books.c.id == key)).mappings().first()
    if row is None:
        raise no_such("la structure", "books", key)
    plain = {name: row[name] for name in CreditTerms.__slots__ if name != "offline_steps"}
    steps = tuple(OfflineStep(**each) for each in json.loads(row["offline_steps"] or "[]"))
    return CreditTerms(**plain, offline_steps=steps)


def columns_of(terms: CreditTerms) -> dict[str, Any]:
    """Return the terms as the books' columns hold them."""
    return {**asdict(terms), "offline_steps": json.dumps([asdict(each) for each in terms.offline_steps])}


def set_terms(change: Change, key: str, terms: CreditTerms) -> None:
    """Say how far these books trust credit from now on; uses under way keep the end they have."""
    before = terms_of(change.tx, key)
    check(terms)
    change.tx.execute(update(books).where(books.c.id == key).values(**columns_of(terms)))
    entries.put(change.tx, [entry_of(key, terms)])
    change.audit("set_credit_terms", key, before=asdict(before), after=asdict(terms))


def entry_of(key: str, terms: CreditTerms) -> CreditPolicyEntry:
    """Return the terms as they come down."""
    plain = {name: getattr(terms, name) for name in CreditTerms.__slots__}
    return CreditPolicyEntry(books=BooksId(key), **plain)
