"""Decisions of co-owners: a version is proposed, each votes, the count is kept, and what carried becomes the version.

House rules: votes weigh by the quotas in force when the vote is settled (`domain.voting`); until then a vote may be
changed, afterwards nothing is. A version that nobody voted on is written down as before: many agreements are signed on
paper.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update

from controller.domain.agreement import AgreementVersion
from controller.domain.canonical import canonical
from controller.domain.voting import Choice, Majority, Tally, excluded_from, quotas, tally
from controller.errors import Message
from controller.office.directory.agreements import agreement_by_id, create_version, proposed_version, version_from
from controller.office.directory.words import checked_note
from controller.office.refusals import ConflictError, InvalidError, no_such
from controller.office.settlement.vote_tables import owner_ballot, owner_decision
from controller.office.store import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

    from controller.domain.agreement import Agreement, Line, Terms
    from controller.office.store import Change

OPEN, CARRIED, LOST = "open", "carried", "lost"

OPEN_MAX = 20
"""Votes of an agreement that are open at a time: more than owners keep in mind; then one is settled first."""


def propose(
    change: Change,
    agreement: str,
    question: str,
    majority: Majority,
    *,
    from_at: int,
    lines: Sequence[Line],
    terms: Terms,
) -> str:
    """Put a version to the vote and return the decision's id; raise `InvalidError` when it contradicts itself."""
    known = agreement_by_id(change.tx, agreement)
    said = checked_note(question)
    if not said:
        raise InvalidError(Message("il manque la question", "the question is missing"))
    if sum(row.state == OPEN for row in _rows(change.tx, agreement)) >= OPEN_MAX:
        raise ConflictError(Message("trop de votes sont ouverts", "too many votes are open"))
    version = proposed_version(known, from_at, lines, terms)
    key = new_id("v")
    change.tx.execute(
        insert(owner_decision).values(
            id=key,
            agreement=agreement,
            question=said,
            majority=majority,
            body=canonical(version.to_data()).decode(),
            state=OPEN,
            made_by=change.actor,
            made_at=change.now_ms,
        )
    )
    change.audit("propose", agreement, after={"decision": key, "question": said, "majority": majority})
    return key


def vote(change: Change, decision: str, party: str, choice: Choice) -> None:
    """Write down a co-owner's vote, in place of an earlier one.

    Raises `NotFoundError` for who has no share, `ConflictError` for who has no vote on this or when it is settled.
    """
    row, known, version = _open(change.tx, decision)
    if party not in quotas(known.versions[-1]):
        raise no_such("le co-indivisaire", "co-owner", party)
    if party in excluded_from(known.versions[-1], version):
        raise ConflictError(
            Message(
                "nul ne vote sur sa propre rémunération de gérant",
                "nobody votes on their own fee as the manager",
            )
        )
    place = (owner_ballot.c.decision == decision) & (owner_ballot.c.party == party)
    change.tx.execute(delete(owner_ballot).where(place))
    said = {"decision": decision, "party": party, "choice": choice}
    change.tx.execute(insert(owner_ballot).values(cast_by=change.actor, cast_at=change.now_ms, **said))
    change.audit("vote", row.agreement, after={**said})


def settle_vote(change: Change, decision: str) -> dict[str, Any]:
    """Count, keep the result, and put the version in force where it carried; return the decision as it is listed.

    Raises `ConflictError` when it is settled, `InvalidError` for a version that cannot begin any more.
    """
    row, known, version = _open(change.tx, decision)
    counted = _counted(change.tx, row, known, version)
    number = None
    if counted.carried:
        number = create_version(
            change, row.agreement, from_at=version.from_at, lines=version.lines, terms=version.terms
        )
    result = {**_shown(counted), "votes": _votes(change.tx, decision), "version": number}
    change.tx.execute(
        update(owner_decision)
        .where(owner_decision.c.id == decision)
        .values(
            state=CARRIED if counted.carried else LOST,
            result=canonical(result).decode(),
            settled_by=change.actor,
            settled_at=change.now_ms,
        )
    )
    change.audit("settle_vote", row.agreement, after={"decision": decision, **result})
    return next(each for each in decision_views(change.tx, row.agreement) if each["id"] == decision)


def decision_views(tx: Connection, agreement: str) -> list[dict[str, Any]]:
    """Return an agreement's decisions, newest first: the version proposed, its question, majority, state and count."""
    known = agreement_by_id(tx, agreement)
    views = []
    for row in _rows(tx, agreement):
        body = json.loads(row.body)
        if row.result is None:
            version = version_from(body)
            result = {
                **_shown(_counted(tx, row, known, version)), "votes": _votes(tx, row.id), "version": None
            }  # fmt: skip
        else:
            result = json.loads(row.result)
        views.append(
            {
                "id": row.id,
                "question": row.question,
                "majority": row.majority,
                "state": row.state,
                "made_at": row.made_at,
                "settled_at": row.settled_at,
                "proposed": body,
                "result": result,
            }
        )
    return views


def agreement_of(tx: Connection, decision: str) -> str:
    """Return which agreement a decision is about; raise `NotFoundError`."""
    place = owner_decision.c.id == decision
    found = tx.execute(select(owner_decision.c.agreement).where(place)).scalar()
    if found is None:
        raise no_such("le vote", "vote", decision)
    return str(found)


def _open(tx: Connection, decision: str) -> tuple[Row[Any], Agreement, AgreementVersion]:
    agreement = agreement_of(tx, decision)
    row = tx.execute(select(owner_decision).where(owner_decision.c.id == decision)).one()
    if row.state != OPEN:
        raise ConflictError(Message("ce vote est clos", "this vote is settled"))
    return row, agreement_by_id(tx, agreement), version_from(json.loads(row.body))


def _counted(tx: Connection, row: Row[Any], known: Agreement, version: AgreementVersion) -> Tally:
    before = known.versions[-1]
    return tally(before, row.majority, _votes(tx, row.id), excluded_from(before, version))


def _votes(tx: Connection, decision: str) -> dict[str, Choice]:
    ballot = owner_ballot.c
    rows = tx.execute(select(ballot.party, ballot.choice).where(ballot.decision == decision).order_by(ballot.party))
    return {row.party: row.choice for row in rows}


def _shown(counted: Tally) -> dict[str, Any]:
    return {
        "for_weight": counted.for_weight,
        "against_weight": counted.against_weight,
        "total_weight": counted.total_weight,
        "excluded": list(counted.excluded),
        "carried": counted.carried,
    }


def _rows(tx: Connection, agreement: str) -> Sequence[Row[Any]]:
    of_one = select(owner_decision).where(owner_decision.c.agreement == agreement)
    return tx.execute(of_one.order_by(owner_decision.c.made_at.desc(), owner_decision.c.id)).all()
