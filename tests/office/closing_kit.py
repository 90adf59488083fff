"""The kiln's month in stories of its closing: uses, deductions, and how the treasurer closes it."""

from __future__ import annotations

from typing import Any

from controller.domain.agreement import Terms, reading
from controller.domain.deductions import Deductions
from controller.domain.ids import BooksId
from controller.office.directory import agreements
from controller.office.ledger.store import balance
from controller.office.settlement import closing
from controller.office.settlement.closing import Closed
from tests.office.workshop import NOON, Journal, Workshop

DAY = 86_400_000
MONTH, NEXT = "2027-01", "2027-02"
AFTER, LATER = NOON + 20 * DAY, NOON + 50 * DAY
"""NOON is on 15 January 2027: some days into February, and into March."""

HEARD = {"controllers_heard": "the Pi was in a box", "top_ups": "the till is counted in March"}


def close(shop: Workshop, month: str = MONTH, at: int = AFTER, **how: Any) -> Closed:  # noqa: ANN401 - how to close
    """Close the kiln's month as the treasurer does, who knows where the controller was."""
    shop.now_ms = at
    with shop.changing("treasurer") as change:
        return closing.close(change, "ceramics", month, **{"waive": HEARD, **how})


def due(closed: Closed) -> list[int]:
    """What is due to each co-owner after a closing, the manager first."""
    return [owner["after_cents"] for owner in closed.body["owners"]]


def account(shop: Workshop, name: str) -> int:
    """The balance of an account of the ledger."""
    with shop.store.read() as tx:
        return balance(tx, BooksId("lab"), name)


def used(shop: Workshop, *numbers: int, seconds: int = 600) -> Journal:
    """A journal with uses of the kiln, ten minutes for six euros each (five net), told to the office."""
    journal = Journal(shop)
    for number in numbers:
        journal.used(number, seconds=seconds)
    shop.told(journal)
    return journal


def agree(shop: Workshop, deductions: Deductions, loss_rule: Any = "carry") -> None:  # noqa: ANN401 - a rule's word
    """A version with deductions, from an instant before every use."""
    terms = Terms(manager="manager", legal_basis="convention", loss_rule=loss_rule, deductions=deductions)
    with shop.changing() as change:
        agreements.create_version(change, "ceramics", from_at=NOON - DAY, lines=reading("B"), terms=terms)
