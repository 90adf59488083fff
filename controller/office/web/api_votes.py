"""Votes of co-owners: propose a version, vote, settle."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter

from controller.office.settlement import votes
from controller.office.web.api_closing import check_readable, whose
from controller.office.web.api_money import lines_of, terms_of
from controller.office.web.doors import Owners, TheOffice, Treasurers
from controller.office.web.schemas import Created, Page
from controller.office.web.schemas_money import ProposalIn, VoteIn

router = APIRouter(tags=["votes"])


@router.get("/agreements/{key}/votes")
def list_votes(key: str, office: TheOffice, principal: Owners) -> Page:
    """List what co-owners vote or have voted on, newest first, with the count."""
    check_readable(office, principal, key)
    with office.store.read() as tx:
        return Page(items=votes.decision_views(tx, key))


@router.post("/agreements/{key}/votes", status_code=HTTPStatus.CREATED)
def propose(key: str, body: ProposalIn, office: TheOffice, principal: Treasurers) -> Created:
    """Put a version to the vote."""
    lines, terms = lines_of(body), terms_of(body)
    with office.changing(principal.account) as change:
        fresh = votes.propose(change, key, body.question, body.majority, from_at=body.from_at, lines=lines, terms=terms)
    return Created(id=fresh)


@router.post("/votes/{key}/ballots", status_code=HTTPStatus.NO_CONTENT)
def cast(key: str, body: VoteIn, office: TheOffice, principal: Owners) -> None:
    """Vote, in place of an earlier vote."""
    with office.store.read() as tx:
        agreement = votes.agreement_of(tx, key)
    check_readable(office, principal, agreement)
    party = whose(principal, body.party)
    with office.changing(principal.account) as change:
        votes.vote(change, key, party, body.choice)


@router.post("/votes/{key}/settle")
def settle(key: str, office: TheOffice, principal: Treasurers) -> dict[str, Any]:
    """Count, and put the version in force where it carried."""
    with office.changing(principal.account) as change:
        return votes.settle_vote(change, key)
