"""Co-owners vote on a page: what is proposed in words, how it stands, a button for each choice.

House rules: a co-owner votes for themselves; the treasurer writes votes of a meeting down and settles. Another fee is
proposed here; any other version by the API, which takes all of it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, cast, get_args

from fastapi import APIRouter, Depends
from starlette.responses import Response

from controller.domain.agreement import Quota, lines_by_fee
from controller.domain.deductions import Deductions
from controller.domain.voting import Choice, Majority, quotas
from controller.errors import UserError
from controller.office import overview
from controller.office.accounts import Role
from controller.office.directory.agreements import agreement_by_id, version_from
from controller.office.settlement import periods, votes
from controller.office.web import doors
from controller.office.web.agreement_words import terms_lines
from controller.office.web.api_closing import check_readable, whose
from controller.office.web.pages_frame import PageRoute, Visit, go, page, visit_by
from controller.office.web.problems import status_of

if TYPE_CHECKING:
    from controller.domain.agreement import AgreementVersion, Line, Terms

router = APIRouter(route_class=PageRoute)

Owners = Annotated[Visit, Depends(visit_by(doors.Owners))]
Treasurers = Annotated[Visit, Depends(visit_by(doors.Treasurers))]

_WHOLE = 100
_PERCENT = re.compile(r"(\d{1,3})(?:[.,](\d{1,2}))?")


@router.get("/agreements/{key}/votes")
def show_votes(here: Owners, key: str) -> Response:
    """Show what is voted on and what was decided."""
    return _votes(here, key)


@router.post("/agreements/{key}/votes")
def propose(here: Treasurers, key: str) -> Response:
    """Put another fee to the vote."""
    said = {name: here.form.get(name, "").strip() for name in ("question", "majority", "day", "percent", "per_hour")}
    percent, per_hour = _hundredths(said["percent"]), _hundredths(said["per_hour"] or "0")
    if percent is None or per_hour is None or percent > _WHOLE or said["majority"] not in get_args(Majority):
        return _votes(here, key, HTTPStatus.UNPROCESSABLE_ENTITY, here.text("votes.no_number"))
    try:
        with here.office.changing(here.principal.account) as change:
            last = agreement_by_id(change.tx, key).versions[-1]
            votes.propose(
                change,
                key,
                said["question"],
                cast("Majority", said["majority"]),
                from_at=periods.period("day", said["day"]).from_at,
                lines=_with_fee(last, percent / _WHOLE),
                terms=_by_hour(last.terms, int(100 * per_hour)),
            )
    except UserError as error:
        return _votes(here, key, status_of(error), here.sentence(error))
    return go(f"/agreements/{key}/votes", "done.proposed")


@router.post("/agreements/{key}/votes/{decision}")
def vote(here: Owners, key: str, decision: str) -> Response:
    """Vote."""
    check_readable(here.office, here.principal, key)
    choice = here.form.get("choice", "")
    try:
        party = whose(here.principal, here.form.get("party") or None)
        with here.office.changing(here.principal.account) as change:
            if votes.agreement_of(change.tx, decision) == key and choice in get_args(Choice):
                votes.vote(change, decision, party, cast("Choice", choice))
    except UserError as error:
        return _votes(here, key, status_of(error), here.sentence(error))
    return go(f"/agreements/{key}/votes", "done.voted")


@router.post("/agreements/{key}/votes/{decision}/settle")
def settle(here: Treasurers, key: str, decision: str) -> Response:
    """Count and keep the result."""
    try:
        with here.office.changing(here.principal.account) as change:
            votes.settle_vote(change, decision)
    except UserError as error:
        return _votes(here, key, status_of(error), here.sentence(error))
    return go(f"/agreements/{key}/votes", "done.vote_settled")


def _votes(here: Visit, key: str, status: int = HTTPStatus.OK, refused: str = "") -> Response:
    check_readable(here.office, here.principal, key)
    with here.office.store.read() as tx:
        last = agreement_by_id(tx, key).versions[-1]
        decisions = votes.decision_views(tx, key)
        name = overview.agreement_names(tx)[key]
    shown = [(each, version_from(each["proposed"])) for each in decisions]
    mine = here.principal.party
    return page(
        here,
        "votes.html",
        status,
        key=key,
        name=name,
        decisions=[(each, version, terms_lines(version, here.lang)) for each, version in shown],
        voters=[mine] if mine is not None and not here.principal.has(Role.TREASURER) else list(quotas(last)),
        majorities=get_args(Majority),
        choices=get_args(Choice),
        refused=refused,
    )


def _with_fee(last: AgreementVersion, fee: Fraction) -> tuple[Line, ...]:
    shares = [Quota(line.party, line.weight) for line in last.lines if line.role == "share"]
    return lines_by_fee(last.terms.manager, fee, shares)


def _by_hour(terms: Terms, cents: int) -> Terms:
    if not cents and terms.deductions is None:
        return terms
    return replace(terms, deductions=replace(terms.deductions or Deductions(), fee_per_hour_cents=cents))


def _hundredths(typed: str) -> Fraction | None:
    match = _PERCENT.fullmatch("".join(typed.split()))
    return None if match is None else Fraction(f"{match[1]}.{match[2] or 0}")
