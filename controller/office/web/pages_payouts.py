"""Paying co-owners on a page: what is due, one button for all of it, what became of each, and where accounts are told.

House rules: a co-owner sees their own lines alone and changes nothing; an account number is typed, never shown.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from controller.domain.ledger import MeansOfPayment
from controller.errors import UserError
from controller.office.directory.agreements import agreement_place
from controller.office.refusals import no_such
from controller.office.settlement import banking, payouts
from controller.office.settlement.dues import dues
from controller.office.settlement.payout_words import DUE_WORDS, PAYOUT_WORDS
from controller.office.web import doors, pages_format
from controller.office.web.api_closing import check_readable
from controller.office.web.api_payouts import bank_file, only_own
from controller.office.web.pages_frame import PageRoute, Visit, go, page, visit_by
from controller.office.web.pages_paper import month_name
from controller.office.web.problems import status_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.office.store import Change

router = APIRouter(route_class=PageRoute)

Owners = Annotated[Visit, Depends(visit_by(doors.Owners))]
Treasurers = Annotated[Visit, Depends(visit_by(doors.Treasurers))]


@router.get("/agreements/{key}/payouts")
def show_payouts(here: Owners, key: str) -> Response:
    """Show what is due and what was paid."""
    check_readable(here.office, here.principal, key)
    return _payouts(here, key)


@router.post("/agreements/{key}/payouts")
def pay(here: Treasurers, key: str) -> Response:
    """Send everything payable."""
    day = here.form.get("day", "").strip() or None

    def change(change: Change) -> None:
        payouts.pay(change, here.office.vault, key, None, day)

    return _changed(here, key, change, "done.payouts_sent")


@router.post("/agreements/{key}/payouts/account")
def write_account(here: Treasurers, key: str) -> Response:
    """Keep a bank account, or destroy what is known of it."""
    number = here.form.get("iban", "").strip()

    def change(change: Change) -> None:
        holder = here.form.get("of", "") or banking.of_books(agreement_place(change.tx, key)[0])
        if number:
            banking.write_bank_account(change, here.office.vault, holder, here.form.get("holder", ""), number)
        else:
            banking.erase_bank_account(change, holder)

    return _changed(here, key, change)


@router.post("/agreements/{key}/payouts/hold")
def hold(here: Treasurers, key: str) -> Response:
    """Hold a co-owner's payouts back, or lift that."""
    party, reason = here.form.get("party", ""), here.form.get("reason", "").strip()

    def change(change: Change) -> None:
        if reason:
            payouts.hold(change, key, party, reason)
        else:
            payouts.release(change, key, party)

    return _changed(here, key, change)


@router.post("/agreements/{key}/payouts/by-hand")
def pay_by_hand(here: Treasurers, key: str) -> Response:
    """Write down what was paid otherwise."""
    form, cents = here.form, pages_format.read_amount(here.form.get("amount", ""))
    if not cents:
        return _payouts(here, key, 422, here.text("form.not_an_amount"))
    means = MeansOfPayment.TRANSFER
    with suppress(ValueError):
        means = MeansOfPayment(form.get("means", ""))

    def change(change: Change) -> None:
        party, reference = form.get("party", ""), form.get("reference", "")
        payouts.pay_by_hand(change, here.office.vault, key, party, cents, means, reference)

    return _changed(here, key, change)


@router.post("/agreements/{key}/payouts/{payout}/paid")
def mark_paid(here: Treasurers, key: str, payout: str) -> Response:
    """Note that the bank has paid."""

    def change(change: Change) -> None:
        _of(change, key, payout)
        payouts.mark_paid(change, payout)

    return _changed(here, key, change)


@router.post("/agreements/{key}/payouts/{payout}/rejected")
def mark_rejected(here: Treasurers, key: str, payout: str) -> Response:
    """Note that the bank sent it back."""

    def change(change: Change) -> None:
        _of(change, key, payout)
        payouts.reject(change, payout, here.form.get("reason", ""))

    return _changed(here, key, change)


@router.get("/payout-runs/{run}/file")
def run_file(here: Treasurers, run: str) -> Response:
    """Return a run's file for the bank."""
    return bank_file(here.office, here.principal, run)


def _of(change: Change, key: str, payout: str) -> None:
    if payouts.agreement_of_payout(change.tx, payout) != key:
        raise no_such("le versement", "payout", payout)


def _changed(here: Visit, key: str, change_it: Callable[[Change], None], done: str = "done.payout") -> Response:
    try:
        with here.office.changing(here.principal.account) as change:
            change_it(change)
    except UserError as error:
        return _payouts(here, key, status_of(error), here.sentence(error))
    return go(f"/agreements/{key}/payouts", done)


def _payouts(here: Visit, key: str, status: int = 200, refused: str = "") -> Response:
    mine = only_own(here.principal)
    with here.office.store.read() as tx:
        in_books, name = agreement_place(tx, key)
        known = [each for each in dues(tx, here.office.vault, key, here.now_ms) if mine in {None, each.party}]
        books = banking.bank_accounts(tx, here.office.vault, [banking.of_books(in_books)])
        return page(
            here,
            "payouts.html",
            status,
            key=key,
            name=name,
            refused=refused,
            keeps=here.may(doors.Treasurers),
            due=known,
            payouts=payouts.payout_views(tx, key, mine),
            books_account=next((each.masked for each in books.values()), ""),
            due_word=lambda state: DUE_WORDS[state].text(here.lang),
            months=lambda names: ", ".join(month_name(name, here.lang) for name in names),
            payout_word=lambda state: PAYOUT_WORDS[state].text(here.lang),
        )
