"""Owners who use what is theirs: free hours and an indemnity move cents between them, and never the fee."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.domain.agreement import AgreementRefusedError, AgreementVersion, Terms, reading
from controller.domain.deductions import Deductions
from controller.domain.own_use import Used, owed_for_own_use
from controller.domain.waterfall import Wheels, settle

HOUR_S = 3_600
FREE = Terms(manager="manager", legal_basis="convention", own_use="free_hours", own_free_s=2 * HOUR_S)
INDEMNITY = Terms(manager="manager", legal_basis="convention", own_use="indemnity", indemnity_per_hour_cents=200)


def version(terms: Terms) -> AgreementVersion:
    """Four owners beside the manager, who has half."""
    return AgreementVersion(agreement="kiln", version=1, from_at=0, to_at=None, lines=reading("A"), terms=terms)


def parts(terms: Terms, income: int, own: dict[str, int]) -> tuple[int, list[int]]:
    """The fee and the owners' parts of an income."""
    settled = settle(version(terms), Wheels(), income, own_cents=own)
    return settled.fee_cents, [part.cents for part in settled.parts if part.line.role == "share"]


def test_what_was_paid_for_free_hours_goes_back_to_who_paid_it_and_comes_off_all_parts() -> None:
    """Five hours for fifty euros, two of them free: twenty back, which all four owners bear alike."""
    own = owed_for_own_use(FREE, {"owner-1": Used(5 * HOUR_S, 5_000)}, {})

    assert own == {"owner-1": -2_000}
    assert parts(FREE, 8_000, own) == (4_000, [1_000 - 500 + 2_000 - 0, 500, 500, 500])


def test_free_hours_are_counted_once_when_the_agreement_changes_in_between() -> None:
    """One hour was free under the version before; one is left, and none after that."""
    used = {"owner-1": Used(4 * HOUR_S, 4_000)}

    assert owed_for_own_use(FREE, used, {"owner-1": HOUR_S}) == {"owner-1": -1_000}
    assert owed_for_own_use(FREE, used, {"owner-1": 3 * HOUR_S}) == {}


def test_an_indemnity_is_owed_for_each_hour_and_shared_by_the_quotas_with_who_owes_it() -> None:
    """Four hours at two euros: eight, of which two come back to the one who pays them. The fee has nothing of it."""
    own = owed_for_own_use(INDEMNITY, {"owner-2": Used(4 * HOUR_S, 0)}, {})

    assert own == {"owner-2": 800}
    assert parts(INDEMNITY, 8_000, own) == (4_000, [1_200, 400, 1_200, 1_200])


@pytest.mark.parametrize("terms", [FREE, INDEMNITY])
def test_what_is_taken_back_takes_back_what_it_moved(terms: Terms) -> None:
    """A use of an hour and a half, reversed after its closing, leaves nobody a cent better off."""
    there = owed_for_own_use(terms, {"owner-1": Used(5_400, 901)}, {})
    back = owed_for_own_use(terms, {"owner-1": Used(-5_400, -901)}, {})

    assert there["owner-1"] == -back["owner-1"] != 0


@given(
    st.integers(-5_000, 90_000),
    st.dictionaries(st.sampled_from(["owner-1", "owner-3", "gone"]), st.integers(-999, 999)),
)
def test_own_use_changes_neither_the_fee_nor_the_sum_of_the_parts(income: int, own: dict[str, int]) -> None:
    """Whatever moves between owners stays between them; who has no share any more is left out."""
    fee, with_it = parts(FREE, income, own)
    usual_fee, without = parts(FREE, income, {})

    assert (fee, sum(with_it)) == (usual_fee, sum(without))


def test_a_fee_by_the_hour_is_reckoned_on_the_hours_that_earned() -> None:
    """Three euros an hour beside no share of the income; half a cent is rounded up; cap and floor hold for it too."""
    fee, *shares = reading("A")
    lines = (replace(fee, weight=0), *shares)
    agreed = Deductions(fee_per_hour_cents=300)

    def fee_of(seconds: int, deductions: Deductions = agreed) -> int:
        terms = Terms(manager="manager", legal_basis="convention", deductions=deductions)
        settled = settle(replace(version(terms), lines=lines), Wheels(), 10_000, seconds=seconds)
        assert sum(part.cents for part in settled.parts) == 10_000
        return settled.fee_cents

    assert [fee_of(seconds) for seconds in (0, 6, 5_400, -60)] == [0, 1, 450, 0]
    assert fee_of(36_000, replace(agreed, fee_cap_cents=2_000)) == 2_000


def test_a_fee_by_the_hour_may_stand_beside_one_by_weight() -> None:
    """Half of the income and three euros an hour."""
    terms = Terms(manager="manager", legal_basis="convention", deductions=Deductions(fee_per_hour_cents=300))

    assert settle(version(terms), Wheels(), 10_000, seconds=3_600).fee_cents == 5_300


@pytest.mark.parametrize(
    "said", [{"own_free_s": 60}, {"own_use": "free_hours", "own_free_s": -1}, {"indemnity_per_hour_cents": 5}]
)
def test_figures_for_a_rule_that_was_not_agreed_are_refused(said: dict[str, object]) -> None:
    """Free hours without their rule would be written down and never counted."""
    with pytest.raises(AgreementRefusedError):
        Terms(manager="manager", legal_basis="convention", **said)  # type: ignore[arg-type]


def test_agreements_from_before_keep_their_hashes() -> None:
    """What is not agreed is not written, so nothing that was signed reads otherwise now."""
    usual = version(Terms(manager="manager", legal_basis="convention", deductions=Deductions(reserve_bp=100)))

    said = usual.to_data()["terms"]

    assert {"own_free_s", "indemnity_per_hour_cents", "credited"}.isdisjoint(said)  # type: ignore[arg-type]
    assert "fee_per_hour_cents" not in said["deductions"]  # type: ignore[call-overload, index, operator]
    assert version(FREE).content_hash != version(replace(FREE, own_free_s=60)).content_hash
