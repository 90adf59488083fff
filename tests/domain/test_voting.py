"""Who decides what: quotas are weights, silence is no consent, and nobody votes on their own fee."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.domain.agreement import AgreementVersion, Line, Terms, reading
from controller.domain.deductions import Deductions
from controller.domain.voting import Choice, Majority, excluded_from, quotas, tally

TERMS = Terms(manager="manager", legal_basis="convention")


def version(lines: tuple[Line, ...], terms: Terms = TERMS) -> AgreementVersion:
    """An agreement in force."""
    return AgreementVersion(agreement="kiln", version=1, from_at=0, to_at=None, lines=lines, terms=terms)


UNEQUAL = version(reading("D"))
"""Quotas 40, 25, 15, 10 and 10."""


@pytest.mark.parametrize(
    ("majority", "in_favour", "carried"),
    [
        ("majority", ("owner-1", "owner-4"), False),
        ("majority", ("owner-1", "owner-3"), True),
        ("two_thirds", ("owner-1", "owner-2"), False),
        ("two_thirds", ("owner-1", "owner-3", "owner-4", "owner-5"), True),
        ("unanimity", ("owner-1", "owner-2", "owner-3", "owner-4"), False),
        ("unanimity", ("owner-1", "owner-2", "owner-3", "owner-4", "owner-5"), True),
    ],
)
def test_votes_weigh_what_the_quotas_say(majority: Majority, in_favour: tuple[str, ...], *, carried: bool) -> None:
    """Exactly half is no majority; who says nothing has not agreed."""
    votes: dict[str, Choice] = dict.fromkeys(in_favour, "for")

    assert tally(UNEQUAL, majority, votes).carried is carried


def test_a_vote_of_somebody_without_a_share_weighs_nothing() -> None:
    """The manager of reading D owns nothing."""
    assert tally(UNEQUAL, "majority", {"manager": "for", "stranger": "for", "owner-5": "against"}) == tally(
        UNEQUAL, "majority", {"owner-5": "against"}
    )


@pytest.mark.parametrize(
    "after",
    [
        version((Line("fee", "manager", 3), Line("share", "manager", 1), *reading("B")[2:])),
        version(reading("B"), replace(TERMS, deductions=Deductions(fee_per_hour_cents=300))),
        version(reading("B"), replace(TERMS, deductions=Deductions(fee_cap_cents=10_000))),
        version(reading("B"), replace(TERMS, manager="owner-1")),
    ],
    ids=["another part", "by the hour", "a cap", "another manager"],
)
def test_who_has_the_fee_does_not_vote_on_it(after: AgreementVersion) -> None:
    """The manager of reading B owns a fifth; the four others decide, all of them then being four fifths."""
    before = version(reading("B"))

    out = excluded_from(before, after)
    counted = tally(before, "unanimity", dict.fromkeys(quotas(before), "for"), out)

    assert "manager" in out
    assert counted.total_weight == sum(weight for party, weight in quotas(before).items() if party not in out)
    assert counted.carried


@pytest.mark.parametrize(
    "after",
    [
        version(reading("B"), replace(TERMS, loss_rule="call_for_funds")),
        version(tuple(replace(line, weight=2 * line.weight) for line in reading("B"))),
        version(reading("B"), replace(TERMS, deductions=Deductions(reserve_bp=500))),
    ],
    ids=["losses", "the same parts written otherwise", "a reserve"],
)
def test_what_leaves_the_fee_as_it_is_is_decided_by_all(after: AgreementVersion) -> None:
    """A manager who owns a share votes like any owner on the rest."""
    assert excluded_from(version(reading("B")), after) == ()


def test_where_nobody_may_vote_nothing_is_carried() -> None:
    """An owner alone who manages cannot vote themselves a fee."""
    alone = version((Line("fee", "manager", 1), Line("share", "manager", 1)))

    assert not tally(alone, "unanimity", {"manager": "for"}, ("manager",)).carried
