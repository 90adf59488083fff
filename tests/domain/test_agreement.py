"""Agreements: the readings of a fee and quotas as flat weights, versions in time, what each kind of use
means.
"""

from dataclasses import replace
from fractions import Fraction
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.domain.agreement import (
    Agreement,
    AgreementRefusedError,
    AgreementVersion,
    OwnersShare,
    Quota,
    Terms,
    lines_by_fee,
    lines_by_weight,
    reading,
    version_for,
)
from controller.domain.ids import MachineId
from controller.domain.sessions import SessionKind
from controller.domain.split import WheelRefusedError

KILN, PRINTER = MachineId("kiln"), MachineId("ceramic-printer")
SALE_AT = 1_800_000_000_000


def version(number: int, from_at: int, to_at: int | None) -> AgreementVersion:
    """Reading B in force from `from_at`."""
    return AgreementVersion(
        agreement="ceramics",
        version=number,
        from_at=from_at,
        to_at=to_at,
        lines=reading("B"),
        terms=Terms(manager="manager", legal_basis="convention"),
    )


def agreement(*versions: AgreementVersion) -> Agreement:
    """The ceramic machines under `versions`."""
    return Agreement(agreement="ceramics", goods=(KILN, PRINTER), versions=versions)


@pytest.mark.parametrize(
    ("letter", "weights"),
    [
        ("A", (4, 1, 1, 1, 1)),
        ("B", (5, 1, 1, 1, 1, 1)),
        ("C", (4, 1, 1, 1, 1)),
        ("D", (20, 8, 5, 3, 2, 2)),
    ],
)
def test_each_reading_of_the_convention_is_data(letter: Literal["A", "B", "C", "D"], weights: tuple[int, ...]) -> None:
    """A fee of one half and each reading's quotas become flat weights in written order, fee first."""
    lines = reading(letter)

    assert tuple(line.weight for line in lines) == weights
    assert [line.role for line in lines] == ["fee"] + ["share"] * (len(weights) - 1)


def test_the_manager_of_reading_b_holds_two_lines() -> None:
    """In reading B the manager earns the fee and a share of his own: 60 % in all."""
    lines = reading("B")

    own = sum(line.weight for line in lines if line.party == "manager")

    assert Fraction(own, sum(line.weight for line in lines)) == Fraction(6, 10)


@given(
    st.fractions(0, 1, max_denominator=40),
    st.lists(st.integers(0, 30), min_size=1, max_size=8).filter(any),
)
def test_a_fee_and_quotas_keep_their_exact_proportions(fee: Fraction, quotas: list[int]) -> None:
    """The flat weights give the fee its exact part, and each owner his exact part of the rest."""
    lines = lines_by_fee("manager", fee, [Quota(f"owner-{number}", quota) for number, quota in enumerate(quotas)])

    total = sum(line.weight for line in lines)
    assert Fraction(lines[0].weight, total) == fee
    for line, quota in zip(lines[1:], quotas, strict=True):
        assert Fraction(line.weight, total) == (1 - fee) * Fraction(quota, sum(quotas))


def test_a_fee_can_be_a_weight_beside_the_quotas() -> None:
    """An agreement may state its fee as a weight: then the lines are as written."""
    lines = lines_by_weight("manager", 3, [Quota("owner-1", 7)])

    assert [line.weight for line in lines] == [3, 7]


def test_a_fee_beyond_the_revenue_is_refused() -> None:
    """Nobody keeps more than everything."""
    with pytest.raises(AgreementRefusedError, match="3/2"):
        lines_by_fee("manager", Fraction(3, 2), [Quota("owner-1", 1)])


def test_an_agreement_that_nobody_can_split_by_is_refused() -> None:
    """A version whose weights are all zero cannot come into force."""
    with pytest.raises(WheelRefusedError):
        replace(version(1, 0, None), lines=lines_by_weight("manager", 0, [Quota("owner-1", 0)]))


def test_the_version_is_the_one_in_force_at_the_instant() -> None:
    """A version holds from its first millisecond to the last before the next one's."""
    shared = agreement(version(1, 1_000, SALE_AT), version(2, SALE_AT, None))

    found = [shared.version_at(at) for at in (999, 1_000, SALE_AT - 1, SALE_AT)]

    assert [each and each.version for each in found] == [None, 1, 1, 2]


def test_no_version_holds_after_the_end_of_the_last() -> None:
    """When the term is over, nobody shares any more."""
    assert agreement(version(1, 0, 500)).version_at(500) is None


@pytest.mark.parametrize("next_from_at", [SALE_AT - 1, SALE_AT + 1])
def test_a_gap_or_an_overlap_between_versions_is_refused(next_from_at: int) -> None:
    """One millisecond without a version, or under two of them, makes no agreement."""
    with pytest.raises(AgreementRefusedError, match="one must end where the next begins"):
        agreement(version(1, 0, SALE_AT), version(2, next_from_at, None))


def test_a_version_without_an_end_has_no_successor() -> None:
    """A later version needs the earlier one to end."""
    with pytest.raises(AgreementRefusedError, match="one must end"):
        agreement(version(1, 0, None), version(2, SALE_AT, None))


def test_versions_are_numbered_without_a_hole() -> None:
    """Version 3 cannot follow version 1."""
    with pytest.raises(AgreementRefusedError, match="version 2 is missing"):
        agreement(version(1, 0, SALE_AT), version(3, SALE_AT, None))


def test_a_version_that_ends_before_it_begins_is_refused() -> None:
    """An empty stretch of time is no version."""
    with pytest.raises(AgreementRefusedError, match="ends before it begins"):
        version(1, SALE_AT, SALE_AT)


def test_a_machine_outside_every_agreement_is_shared_by_nobody() -> None:
    """Revenue of such a machine is the books' own."""
    assert version_for([agreement(version(1, 0, None))], MachineId("laser"), SALE_AT) is None


def test_a_machine_that_two_agreements_claim_is_refused() -> None:
    """Nobody may guess between two groups of owners; at another instant one of them may hold it alone."""
    first = agreement(version(1, 0, None))
    second = Agreement(
        agreement="kilns", goods=(KILN,), versions=(replace(version(1, SALE_AT, None), agreement="kilns"),)
    )

    alone = version_for([first, second], KILN, SALE_AT - 1)

    assert alone is first.versions[0]
    with pytest.raises(AgreementRefusedError, match="kiln is claimed"):
        version_for([first, second], KILN, SALE_AT)


def test_every_kind_of_use_means_something_for_the_owners() -> None:
    """Each kind has a meaning from the first day, and an agreement can say otherwise for any of them."""
    usual = Terms(manager="manager", legal_basis="convention")
    generous = Terms(manager="manager", legal_basis="convention", kinds={SessionKind.GIFT: OwnersShare.CREDITED})

    meanings = {kind: usual.owners_share(kind) for kind in SessionKind}

    assert meanings[SessionKind.PAID] is OwnersShare.CREDITED
    assert meanings[SessionKind.MAINTENANCE] is OwnersShare.FREE
    assert usual.owners_share(SessionKind.GIFT) is OwnersShare.FREE
    assert generous.owners_share(SessionKind.GIFT) is OwnersShare.CREDITED
    assert generous.owners_share(SessionKind.STAFF) is OwnersShare.FREE


def test_the_content_hash_changes_with_any_term() -> None:
    """The hash of a version covers its lines, its dates and its terms."""
    original = version(1, 0, None)

    changed = [
        replace(original, to_at=5),
        replace(original, lines=reading("A")),
        replace(original, terms=replace(original.terms, own_use="owner_rate")),
    ]

    assert len({original.content_hash, *(each.content_hash for each in changed)}) == 4
