"""Paying co-owners: what is due to each, runs with the bank's file, what became of each payout, bank accounts.

House rules: a co-owner sees their own payouts and nobody's account; an account number comes in and never goes out but
in the bank's file.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Body
from starlette.responses import Response

from controller.office.accounts import Principal
from controller.office.refusals import no_such
from controller.office.settlement import banking, payouts
from controller.office.settlement.bank_reading import FILE_BYTES_MAX
from controller.office.settlement.dues import dues
from controller.office.web.api_closing import check_readable
from controller.office.web.auth import may
from controller.office.web.doors import Owners, TheOffice, Treasurers
from controller.office.web.roles import Action
from controller.office.web.schemas import Created
from controller.office.web.schemas_money import BankAccountIn, HoldIn, PaidIn, PayByHandIn, PayIn, RejectedIn

router = APIRouter(tags=["payouts"])

BankFile = Annotated[bytes, Body(media_type="application/xml", max_length=FILE_BYTES_MAX)]


@router.get("/agreements/{key}/payouts")
def list_payouts(key: str, office: TheOffice, principal: Owners) -> dict[str, Any]:
    """List what is due to each co-owner and why it waits, and what was paid; co-owners see their own."""
    check_readable(office, principal, key)
    mine = only_own(principal)
    with office.store.read() as tx:
        due = [each.to_data() for each in dues(tx, office.vault, key, office.now_ms())]
        return {
            "due": [each for each in due if mine is None or each["party"] == mine],
            "payouts": payouts.payout_views(tx, key, mine),
        }


@router.post("/agreements/{key}/payouts", status_code=HTTPStatus.CREATED)
def pay(key: str, body: PayIn, office: TheOffice, principal: Treasurers) -> Created:
    """Send everything payable, or what is payable to those named, and return the run's id."""
    with office.changing(principal.account) as change:
        return Created(id=payouts.pay(change, office.vault, key, body.parties, body.day))


@router.post("/agreements/{key}/payouts/by-hand", status_code=HTTPStatus.CREATED)
def pay_by_hand(key: str, body: PayByHandIn, office: TheOffice, principal: Treasurers) -> Created:
    """Write down what was paid otherwise."""
    with office.changing(principal.account) as change:
        done = payouts.pay_by_hand(change, office.vault, key, body.party, body.cents, body.means, body.reference)
        return Created(id=done)


@router.put("/agreements/{key}/payout-hold", status_code=HTTPStatus.NO_CONTENT)
def hold(key: str, body: HoldIn, office: TheOffice, principal: Treasurers) -> None:
    """Pay a co-owner nothing for now, for a reason; without one, pay again."""
    with office.changing(principal.account) as change:
        if body.reason is None:
            payouts.release(change, key, body.party)
        else:
            payouts.hold(change, key, body.party, body.reason)


@router.get("/payout-runs/{run}/file")
def read_run_file(run: str, office: TheOffice, principal: Treasurers) -> Response:
    """Return a run's file for the bank (pain.001.001.09); who took it is noted."""
    return bank_file(office, principal, run)


@router.post("/payouts/{key}/paid", status_code=HTTPStatus.NO_CONTENT)
def mark_paid(key: str, body: PaidIn, office: TheOffice, principal: Treasurers) -> None:
    """Note that the bank has paid it."""
    with office.changing(principal.account) as change:
        payouts.mark_paid(change, key, body.reference)


@router.post("/payouts/{key}/rejected", status_code=HTTPStatus.NO_CONTENT)
def mark_rejected(key: str, body: RejectedIn, office: TheOffice, principal: Treasurers) -> None:
    """Note that the bank sent it back: the money is due again."""
    with office.changing(principal.account) as change:
        payouts.reject(change, key, body.reason)


@router.post("/bank-files")
def read_bank(file: BankFile, office: TheOffice, principal: Treasurers) -> dict[str, list[str]]:
    """Read a statement (camt.053, camt.054) or an answer (pain.002) of the bank, and mark our payouts in it."""
    with office.changing(principal.account) as change:
        return payouts.read_bank(change, file)


@router.put("/bank-accounts", status_code=HTTPStatus.NO_CONTENT)
def write_bank_account(body: BankAccountIn, office: TheOffice, principal: Treasurers) -> None:
    """Keep the account of a co-owner or of books; without a number, destroy what is known of it."""
    holder = banking.of_party(body.party) if body.books is None else banking.of_books(body.books)
    with office.changing(principal.account) as change:
        if body.iban is None:
            banking.erase_bank_account(change, holder)
        else:
            banking.write_bank_account(change, office.vault, holder, body.name, body.iban)


def bank_file(office: Any, principal: Principal, run: str) -> Response:  # noqa: ANN401 - the office
    """Return a run's file and note who took it."""
    with office.changing(principal.account) as change:
        said = payouts.run_file(change.tx, office.vault, run)
        change.audit("take_bank_file", run)
    return Response(
        said,
        media_type="application/xml",
        headers={
            "Content-Disposition": f'attachment; filename="virements-{run}.xml"',
            "Cache-Control": "no-store",
        },
    )


def only_own(principal: Principal) -> str | None:
    """Return whose payouts alone somebody sees; `None` for those who keep the books."""
    if may(principal, Action.TILL):
        return None
    if principal.party is None:
        raise no_such("le co-indivisaire", "co-owner", "?")
    return principal.party
