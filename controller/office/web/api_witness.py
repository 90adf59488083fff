"""What is compared with the world outside: counted money, hashes that somebody kept, letters that wait to be sent."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query

from controller.office.settlement import till, witnessing
from controller.office.settlement.periods import period as named_period
from controller.office.web.doors import LetterSenders, Owners, TheOffice, Till, Treasurers
from controller.office.web.schemas import Page
from controller.office.web.schemas_money import LettersTakenIn, TillCountIn, WishIn

router = APIRouter(tags=["witnesses"])

Period = Annotated[str, Query(max_length=10)]


@router.get("/books/{books}/till-counts")
def list_till_counts(books: str, period: Period, office: TheOffice, _: Till) -> Page:
    """List what came in by each means in a month, what was counted, and the difference, in cents."""
    with office.store.read() as tx:
        lines = till.till_lines(tx, books, named_period("month", period))
    return Page(items=[{**asdict(each), "difference_cents": each.difference_cents} for each in lines])


@router.put("/books/{books}/till-counts", status_code=HTTPStatus.NO_CONTENT)
def count_till(books: str, body: TillCountIn, office: TheOffice, principal: Treasurers) -> None:
    """Write down what till or bank say came in by one means in a month."""
    with office.changing(principal.account) as change:
        till.count_till(change, books, body.period, body.means, body.cents)


@router.get("/hashes/{typed}")
def read_hash(typed: str, office: TheOffice, _: Owners) -> dict[str, Any]:
    """Say where a hash stands (`HASH` or `NUMBER:HASH`): books, seq, whether the entry is whole; null where nowhere."""
    with office.store.read() as tx:
        return asdict(witnessing.find_hash(tx, typed))


@router.put("/hash-wish", status_code=HTTPStatus.NO_CONTENT)
def wish(body: WishIn, office: TheOffice, principal: Owners) -> None:
    """Have one's own account told each closed day's hash, or no longer."""
    with office.changing(principal.account) as change:
        witnessing.wish(change, principal.account, wished=body.wished)


@router.get("/hash-letters")
def list_letters(office: TheOffice, _: LetterSenders) -> Page:
    """List the letters that nothing has sent yet, oldest first."""
    with office.store.read() as tx:
        return Page(items=witnessing.waiting_letters(tx))


@router.post("/hash-letters/taken", status_code=HTTPStatus.NO_CONTENT)
def take_letters(body: LettersTakenIn, office: TheOffice, principal: LetterSenders) -> None:
    """Note that letters were sent."""
    with office.changing(principal.account) as change:
        witnessing.note_taken(change, body.letters)
