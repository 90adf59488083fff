"""What comes up from the floor is stored first and read afterwards, so that nothing is lost for being
strange.

House rules: every well-formed fact of a known controller is appended, understood or not; the same again
changes nothing; only the same name with other content is refused. A branch is stored without a gap.
`interpret` (in `interpreting`) reads what is stored, in order; a crash between the two loses and doubles
nothing.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, insert, select, update

from controller.domain.canonical import canonical
from controller.domain.chain import GENESIS_HASH, SealedFact, broken_because
from controller.domain.facts import BranchOpened
from controller.domain.ids import BranchId, ControllerId
from controller.errors import DataError, Message
from controller.office.directory.tables import controller as known_controller
from controller.office.journal_tables import journal_branch, journal_fact
from controller.office.refusals import NotFoundError, no_such

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

    from controller.office.store import Change

FACTS_LIMIT = 1_000
"""Facts stored in one transaction: more are cut off and not acknowledged, so the controller sends them again.
"""

NOT_UNDERSTOOD = "not_understood"
"""In the tray because this version cannot read it: its effect is not in the directory, whatever it is."""

LOCK_UNPLACED = "lock_unplaced"
"""In the tray because it locks a machine that the directory does not know."""

_NOT_CONTAINED = (NOT_UNDERSTOOD, LOCK_UNPLACED)


class ForgeryError(DataError):
    """A name that is stored comes again with other content: two controllers claim one journal."""


class NotWellFormedError(DataError):
    """A fact does not stand on the one before it, or its body is not the one it commits to."""


def store_facts(change: Change, controller: str, branch: str, facts: Sequence[SealedFact]) -> int:
    """Append `facts` of one branch, given in order, and return up to which number the branch is stored now.

    What is stored already is compared and passed over; what would leave a gap is left out, to be sent again.
    Raises `NotFoundError` for an unknown controller, `ForgeryError`, `NotWellFormedError`.
    """
    tx = change.tx
    if tx.execute(select(known_controller.c.id).where(known_controller.c.id == controller)).first() is None:
        raise no_such("le contrôleur", "controller", controller)
    facts = facts[:FACTS_LIMIT]
    end = _branch(tx, controller, branch)
    if end is None:
        if not facts or facts[0].kind != BranchOpened.KIND:
            return 0  # a branch begins with its opening; the number before it is not known yet
        _check(facts[0], controller, branch, None)
        end = _open_branch(change, facts[0])
    known = _stored(tx, controller, branch, facts)
    stored_n: int = end.stored_n
    stored_hash: str = end.stored_hash
    fresh: list[dict[str, Any]] = []
    for fact in facts:
        if fact.n <= stored_n and not fresh:
            _compare(fact, known.get(fact.n))
        elif fact.n == stored_n + 1:
            _check(fact, controller, branch, stored_hash)
            fresh.append(_row(fact, change.now_ms))
            stored_n, stored_hash = fact.n, fact.hash
        else:
            break
    if fresh:
        tx.execute(insert(journal_fact), fresh)
        place = and_(journal_branch.c.controller == controller, journal_branch.c.branch == branch)
        tx.execute(
            update(journal_branch)
            .where(place)
            .values(stored_n=stored_n, stored_hash=stored_hash, heard_at=change.now_ms)
        )
    return stored_n


def stored_up_to(tx: Connection, controller: str, branch: str) -> tuple[int, str]:
    """Return up to which number a branch is stored, and the hash of that fact; (0, zero hash) when unknown."""
    end = _branch(tx, controller, branch)
    return (0, GENESIS_HASH) if end is None else (end.stored_n, end.stored_hash)


def stored_facts(
    tx: Connection, controller: str, branch: str, after: int = 0, limit: int = FACTS_LIMIT
) -> list[SealedFact]:
    """Return a branch's facts above `after` as they arrived: for witnesses, restored cards and exports."""
    fact = journal_fact.c
    rows = tx.execute(
        select(journal_fact)
        .where(fact.controller == controller, fact.branch == branch, fact.n > after)
        .order_by(fact.n)
        .limit(min(limit, FACTS_LIMIT))
    )
    return [sealed_from(row) for row in rows]


def contained_vector(tx: Connection, controller: str) -> dict[str, int]:
    """Return, for each branch of a controller, the number up to which everything is in the directory.

    That is how far it is interpreted, but short of the first fact that this version could not take in: what the floor
    learned there must not be taken for known. A quarantined branch stands where it was. The youngest branch is last.
    """
    branch, fact = journal_branch.c, journal_fact.c
    strange = (
        select(func.min(fact.n))
        .where(
            fact.controller == branch.controller,
            fact.branch == branch.branch,
            fact.state == "tray",
            fact.tray_reason.in_(_NOT_CONTAINED),
        )
        .scalar_subquery()
    )
    rows = tx.execute(
        select(branch.branch, branch.interpreted_n, strange.label("strange"))
        .where(branch.controller == controller)
        .order_by(branch.born)
    )
    return {
        row.branch: row.interpreted_n if row.strange is None else min(row.interpreted_n, row.strange - 1)
        for row in rows
    }


def set_quarantine(change: Change, controller: str, branch: str, *, quarantined: bool) -> None:
    """Stop interpreting a branch (it goes on being stored), or go on with it."""
    place = and_(journal_branch.c.controller == controller, journal_branch.c.branch == branch)
    state = "quarantined" if quarantined else "open"
    if change.tx.execute(update(journal_branch).where(place).values(state=state)).rowcount == 0:
        raise no_such("la branche", "branch", branch)
    if quarantined:
        change.alarm("quarantined", f"{controller}/{branch}", {})
    change.audit("set_quarantine", f"{controller}/{branch}", after=state)


def branches(tx: Connection, controller: str | None = None) -> list[dict[str, Any]]:
    """Return the branches of one controller or of all, in the order they were opened."""
    query = select(journal_branch).order_by(journal_branch.c.controller, journal_branch.c.born)
    if controller is not None:
        query = query.where(journal_branch.c.controller == controller)
    return [dict(row) for row in tx.execute(query).mappings()]


def sealed_from(row: Row[Any]) -> SealedFact:
    """Rebuild a fact as it arrived."""
    return SealedFact(
        controller=ControllerId(row.controller),
        branch=BranchId(row.branch),
        n=row.n,
        kind=row.kind,
        schema=row.schema,
        prev=row.prev,
        commitment=row.commitment,
        salt=row.salt,
        body=None if row.body is None else json.loads(row.body),
    )


def _open_branch(change: Change, first: SealedFact) -> Row[Any]:
    """Note a new branch; an alarm tells of a restored or copied card: a parent that goes on without it."""
    body = first.body or {}
    parent, parent_n = body.get("parent_branch"), body.get("parent_n")
    parent_branch = parent if isinstance(parent, str) else None
    known = branches(change.tx, first.controller)
    row = {
        "controller": first.controller,
        "branch": first.branch,
        "state": "open",
        "first_n": first.n,
        "parent_branch": parent_branch,
        "parent_n": parent_n if isinstance(parent_n, int) else first.n - 1,
        "parent_hash": first.prev,
        "stored_n": first.n - 1,
        "stored_hash": first.prev,
        "interpreted_n": first.n - 1,
        "born": len(known),
        "restored": False,
        "backed_up_n": 0,
        "opened_at": change.now_ms,
        "heard_at": change.now_ms,
    }
    fork = any(
        other["parent_branch"] == parent_branch or (other["branch"] == parent_branch and other["stored_n"] >= first.n)
        for other in known
    )
    change.tx.execute(insert(journal_branch).values(row))
    if fork:
        change.alarm(
            "forked_journal", f"{first.controller}/{first.branch}", {"parent": parent_branch, "n": first.n - 1}
        )
    opened = _branch(change.tx, first.controller, first.branch)
    assert opened is not None  # noqa: S101 - narrows the type; the row was inserted above
    return opened


def _branch(tx: Connection, controller: str, branch: str) -> Row[Any] | None:
    place = and_(journal_branch.c.controller == controller, journal_branch.c.branch == branch)
    return tx.execute(select(journal_branch).where(place)).first()


def _stored(tx: Connection, controller: str, branch: str, facts: Sequence[SealedFact]) -> dict[int, Row[Any]]:
    if not facts:
        return {}
    fact = journal_fact.c
    span = fact.n.between(facts[0].n, facts[-1].n)
    rows = tx.execute(select(journal_fact).where(fact.controller == controller, fact.branch == branch, span))
    return {row.n: row for row in rows}


def _compare(fact: SealedFact, row: Row[Any] | None) -> None:
    """A body that was forgotten on one side is no other content: the commitment in the header is the same."""
    if row is None or row.hash != fact.hash:
        raise ForgeryError(
            Message(
                f"le fait {fact.branch}/{fact.n} arrive avec un autre contenu",
                f"the fact {fact.branch}/{fact.n} comes with other content",
            ),
            why=Message("deux boîtiers tiennent le même journal", "two controllers keep one journal"),
            cure=Message("arrêtez la copie", "stop the copy"),
        )


def _check(fact: SealedFact, controller: str, branch: str, previous: str | None) -> None:
    foreign = (fact.controller, fact.branch) != (controller, branch)
    because = "it belongs to another journal" if foreign else broken_because(fact, previous)
    if because is not None:
        raise NotWellFormedError(
            Message(f"le fait {branch}/{fact.n} est abîmé", f"the fact {branch}/{fact.n} is damaged"),
            why=Message(because, because),
        )


def _row(fact: SealedFact, now_ms: int) -> dict[str, Any]:
    return {
        **fact.header(),
        "hash": fact.hash,
        "salt": fact.salt,
        "body": None if fact.body is None else canonical(fact.body).decode(),
        "received_at": now_ms,
        "state": "stored",
        "tray_reason": None,
        "tray_detail": None,
    }


__all__ = [
    "ForgeryError",
    "NotFoundError",
    "NotWellFormedError",
    "branches",
    "contained_vector",
    "set_quarantine",
    "store_facts",
    "stored_facts",
    "stored_up_to",
]
