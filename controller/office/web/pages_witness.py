"""Co-owners as witnesses on pages: is a hash still there, each day's hash, a dispute and its answer, and counted money.

House rules: a co-owner disputes for themselves alone; an answer is written once; a counted sum corrects nothing.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from controller.domain.ledger import MeansOfPayment
from controller.errors import UserError
from controller.office.directory.agreements import agreement_place
from controller.office.settlement import expenses, till, witnessing
from controller.office.web import doors, pages_format
from controller.office.web.api_closing import check_readable, whose
from controller.office.web.pages_frame import PageRoute, Visit, go, page, visit_by
from controller.office.web.problems import status_of

router = APIRouter(route_class=PageRoute)

Owners = Annotated[Visit, Depends(visit_by(doors.Owners))]
Treasurers = Annotated[Visit, Depends(visit_by(doors.Treasurers))]
Typed = Annotated[str, Query(alias="hash", max_length=200)]


@router.get("/hashes")
def show_hashes(here: Owners, typed: Typed = "") -> Response:
    """Say whether a hash is still in the chain, and show the visitor's own."""
    answer, good, status, errors = "", False, 200, {}
    with here.office.store.read() as tx:
        wished = witnessing.is_wished(tx, here.principal.account)
        letters = witnessing.letters_of(tx, here.principal.account)
        if typed.strip():
            try:
                answer, good = _answer(here, witnessing.find_hash(tx, typed))
            except UserError as error:
                status, errors = status_of(error), {"hash": here.sentence(error)}
    return page(
        here,
        "hashes.html",
        status,
        typed=typed,
        answer=answer,
        good=good,
        errors=errors,
        wished=wished,
        letters=letters,
    )


@router.post("/hashes")
def wish(here: Owners) -> Response:
    """Receive each closed day's hash, or no longer."""
    with here.office.changing(here.principal.account) as change:
        witnessing.wish(change, here.principal.account, wished=here.form.get("wished") == "1")
    return go("/hashes", "done.hashes")


@router.post("/agreements/{key}/statements/{period}/dispute")
def dispute(here: Owners, key: str, period: str) -> Response:
    """Say what is wrong with a statement."""
    check_readable(here.office, here.principal, key)
    party = whose(here.principal, here.form.get("party") or None)
    with here.office.changing(here.principal.account) as change:
        expenses.dispute(change, key, period, party, here.form.get("claim", ""))
    return go(f"/agreements/{key}/statements/{period}?party={party}", "done.disputed")


@router.post("/agreements/{key}/closing/{period}/answer")
def answer_dispute(here: Treasurers, key: str, period: str) -> Response:
    """Answer a dispute in writing."""
    with here.office.changing(here.principal.account) as change:
        expenses.settle_dispute(change, here.form.get("dispute", ""), here.form.get("answer", ""))
    return go(f"/agreements/{key}/closing/{period}", "done.answered")


@router.post("/agreements/{key}/closing/{period}/till")
def count_till(here: Treasurers, key: str, period: str) -> Response:
    """Write down what till and bank say came in."""
    with here.office.changing(here.principal.account) as change:
        in_books = agreement_place(change.tx, key)[0]
        for each in MeansOfPayment:
            cents = pages_format.read_amount(here.form.get(f"till_{each.value}", ""))
            if cents is not None:
                till.count_till(change, in_books, period, each, cents)
    return go(f"/agreements/{key}/closing/{period}", "done.till")


def _answer(here: Visit, found: witnessing.Found) -> tuple[str, bool]:
    if found.books is None:
        other = here.text("hashes.other", seq=found.seq) if found.seq else here.text("hashes.gone")
        return other, False
    if not found.whole:
        return here.text("hashes.changed", seq=found.seq), False
    day = pages_format.day(found.booked_at or 0, here.lang)
    return here.text("hashes.there", seq=found.seq, day=day), True
