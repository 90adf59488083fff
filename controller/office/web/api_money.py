"""Money paid in and taken back, accounts, agreements, what owners have earned."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query

from controller.domain.agreement import Agreement, AgreementRefusedError, Line, Terms
from controller.domain.deductions import Deductions
from controller.domain.lots import LotKind
from controller.domain.tariff import SECONDS_LIMIT
from controller.errors import Message
from controller.office import asking, correcting, credit_sold, legal, lots, money, packs, refunds
from controller.office.accounts import Principal
from controller.office.directory import agreements, credit_terms, people
from controller.office.lots import LotTerms
from controller.office.refusals import InvalidError, no_such
from controller.office.settlement.transfers import transfer_share, transfer_views
from controller.office.web.auth import check_own, may
from controller.office.web.doors import Limit, MoneyReaders, Owners, TheOffice, Till, Treasurers
from controller.office.web.roles import Action
from controller.office.web.schemas import Created, Page
from controller.office.web.schemas_money import (
    AgreementIn,
    CorrectionIn,
    LegalIn,
    RefundIn,
    ReversalIn,
    TopUpIn,
    TransferIn,
    VersionIn,
)

router = APIRouter(tags=["money"])


@router.post("/payers/{payer}/top-ups", status_code=HTTPStatus.CREATED)
def top_up(payer: str, body: TopUpIn, office: TheOffice, principal: Till) -> Created:
    """Take money in for an account, or give credit; with money debts are settled first, the rest is credit."""
    if (body.means is None) != (body.kind is LotKind.GIFT):
        raise InvalidError(
            Message("un cadeau n'a pas de moyen de paiement, le reste en a un", "a gift has no means, the rest has one")
        )
    terms = LotTerms(kind=body.kind, last_day=body.last_day, vat_point=body.vat_point)
    with office.changing(principal.account) as change:
        key = money.top_up(change, payer, body.amount_cents, body.means, body.reference, body.id, terms=terms)
    return Created(id=key)


@router.post("/payers/{payer}/refunds", status_code=HTTPStatus.CREATED)
def hand_back(payer: str, body: RefundIn, office: TheOffice, principal: Till) -> Created:
    """Note money handed back for credit that was paid and is unused; gifts and grants are never handed back."""
    with office.changing(principal.account) as change:
        key = refunds.refund(change, payer, body.amount_cents, body.means, body.reason, body.id)
    return Created(id=key)


@router.post("/sessions/{key}/correction")
def correct_use(key: str, body: CorrectionIn, office: TheOffice, principal: Till) -> dict[str, int]:
    """Put a forgotten stop right: the use is taken back and posted anew for as long as it really lasted."""
    with office.changing(principal.account) as change:
        return {"gross_cents": correcting.correct(change, key, body.seconds, body.reason)}


@router.get("/books/{key}/credit-sold")
def read_credit_sold(key: str, office: TheOffice, _: Treasurers) -> dict[str, Any]:
    """Read how much credit was sold in twelve months, and the limit from which a limited network is declared."""
    with office.store.read() as tx:
        credit_terms.terms_of(tx, key)
        sold = credit_sold.credit_sold(tx, key, office.now_ms())
    return {**asdict(sold), "near": sold.near}


@router.put("/books/{key}/legal/{name}", status_code=HTTPStatus.NO_CONTENT)
def set_legal(key: str, name: legal.LegalName, body: LegalIn, office: TheOffice, principal: Treasurers) -> None:
    """Say what a dated setting of law or accountancy is from a day on."""
    with office.changing(principal.account) as change:
        credit_terms.terms_of(change.tx, key)
        legal.put(change, key, name, body.from_day, body.value)


@router.post("/reversals", status_code=HTTPStatus.NO_CONTENT)
def take_back(body: ReversalIn, office: TheOffice, principal: Treasurers) -> None:
    """Take back the whole of an entry, for a reason."""
    with office.changing(principal.account) as change:
        money.reverse(change, body.books, body.target, body.reason)


@router.get("/members/{key}/fits")
def would_fit(
    key: str,
    office: TheOffice,
    principal: MoneyReaders,
    machine: Annotated[str, Query(max_length=64)],
    seconds: Annotated[int, Query(ge=1, le=SECONDS_LIMIT)],
) -> dict[str, Any]:
    """Answer whether so long a use of a machine fits the member's balance; makers ask for themselves."""
    check_own(principal, Action.READ_MONEY, key)
    with office.store.read() as tx:
        return asdict(asking.would_fit(tx, machine, key, seconds, office.now_ms()))


@router.get("/members/{key}/credit")
def read_credit(key: str, office: TheOffice, principal: MoneyReaders, limit: Limit = 50) -> dict[str, Any]:
    """Read what a member's account has, owes, and what moved it; makers read their own."""
    check_own(principal, Action.READ_MONEY, key)
    with office.store.read() as tx:
        payer = people.member_row(tx, key)["account"]
        state = money.account_state(tx, payer)
        return {
            "account": payer,
            "credit_cents": state.credit_cents,
            "owed_cents": state.owed_cents,
            "parts": [asdict(each) for each in lots.credit_of(tx, payer)],
            "minutes": [asdict(each) for each in packs.minutes_of(tx, payer)],
            "refundable_cents": lots.refundable(tx, payer, office.now_ms()),
            "entries": money.account_entries(tx, payer, limit),
        }


@router.get("/agreements")
def list_agreements(office: TheOffice, principal: Owners) -> Page:
    """List the agreements; co-owners see those they are in."""
    with office.store.read() as tx:
        return Page(items=[_shown(each) for each in agreements.agreements_of(tx) if may_read(principal, each)])


@router.post("/agreements", status_code=HTTPStatus.CREATED)
def add_agreement(body: AgreementIn, office: TheOffice, principal: Treasurers) -> Created:
    """Begin an agreement."""
    with office.changing(principal.account) as change:
        agreements.create_agreement(
            change, body.id, body.name, body.goods, from_at=body.from_at, lines=lines_of(body), terms=terms_of(body)
        )
    return Created(id=body.id)


@router.post("/agreements/{key}/versions", status_code=HTTPStatus.CREATED)
def add_version(key: str, body: VersionIn, office: TheOffice, principal: Treasurers) -> dict[str, int]:
    """Agree on something new from an instant on."""
    with office.changing(principal.account) as change:
        number = agreements.create_version(
            change, key, from_at=body.from_at, lines=lines_of(body), terms=terms_of(body)
        )
    return {"version": number}


@router.get("/agreements/{key}/transfers")
def list_transfers(key: str, office: TheOffice, principal: Owners) -> Page:
    """List the sales of an agreement's shares, newest first."""
    with office.store.read() as tx:
        if not may_read(principal, agreements.agreement_by_id(tx, key)):
            raise no_such("l'indivision", "agreement", key)
        return Page(items=transfer_views(tx, key))


@router.post("/agreements/{key}/transfers", status_code=HTTPStatus.CREATED)
def transfer(key: str, body: TransferIn, office: TheOffice, principal: Treasurers) -> dict[str, int]:
    """Hand a share over from midnight of a day on; what is open is split anew, what is closed adjusted by the next."""
    said = body.model_dump(exclude={"seller", "buyer", "day"})
    with office.changing(principal.account) as change:
        return {"version": transfer_share(change, key, body.seller, body.buyer, body.day, **said)}


@router.get("/agreements/{key}/balances")
def owners_balances(key: str, office: TheOffice, principal: Owners) -> Page:
    """Read what the machines have earned, version by version, and each line's cents at this moment."""
    with office.store.read() as tx:
        if not may_read(principal, agreements.agreement_by_id(tx, key)):
            raise no_such("l'indivision", "agreement", key)
        splits = money.running_split(tx, key)
    return Page(
        items=[
            {
                "version": split.version,
                "from_at": split.from_at,
                "to_at": split.to_at,
                "income_cents": split.income_cents,
                "sessions": split.sessions,
                "seconds": split.seconds,
                "lines": [
                    {"role": line.role, "party": line.party, "weight": line.weight, "cents": cents}
                    for line, cents in split.lines
                ],
            }
            for split in splits
        ]
    )


def may_read(principal: Principal, agreement: Agreement) -> bool:
    """Tell whether an agreement is the principal's to see: to the treasurer all, to a co-owner their own."""
    if may(principal, Action.TILL):
        return True
    parties = {line.party for version in agreement.versions for line in version.lines}
    return principal.party is not None and principal.party in parties


def _shown(agreement: Agreement) -> dict[str, Any]:
    return {
        "id": agreement.agreement,
        "goods": list(agreement.goods),
        "versions": [version.to_data() for version in agreement.versions],
    }


def lines_of(body: VersionIn) -> list[Line]:
    """Return the lines of a version as they were given."""
    return [Line(line.role, line.party, line.weight) for line in body.lines]


def terms_of(body: VersionIn) -> Terms:
    """Return the terms of a version as they were given; raise `InvalidError` when they contradict themselves."""
    said = {**dict(body.terms)}
    taken_off, said["kept_components"] = said.pop("deductions"), tuple(said["kept_components"])
    try:
        deductions = None if taken_off is None else Deductions(**taken_off.model_dump())
    except ValueError as error:
        raise InvalidError(
            Message(f"ce qui est convenu se contredit ({error})", f"the terms contradict themselves ({error})")
        ) from error
    try:
        return Terms(**said, deductions=deductions)
    except AgreementRefusedError as error:
        raise InvalidError(
            Message(f"la convention se contredit ({error})", f"the agreement contradicts itself ({error})")
        ) from error
