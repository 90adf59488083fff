"""What a closing gives each line: vectors computed apart, and what holds for any income, expense and limit."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.domain.agreement import AgreementVersion, Line, Quota, Terms, lines_by_fee, reading
from controller.domain.deductions import Deductions, Expense
from controller.domain.waterfall import ExpenseRefusedError, Settlement, Wheels, largest_remainder, settle

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "vectors_waterfall.json").read_text())["cases"]
START = Wheels()
FEWER = settings(max_examples=settings().max_examples // 4)
"""For what is reckoned over several closings in one example."""

INCOMES = st.integers(-20_000, 200_000)
READINGS = st.sampled_from(["A", "B", "C", "D"])


def version(lines: tuple[Line, ...], terms: Deductions | None) -> AgreementVersion:
    """A version with these lines and deductions."""
    agreed = Terms(manager="manager", legal_basis="convention", deductions=terms)
    return AgreementVersion(agreement="ceramics", version=1, from_at=0, to_at=None, lines=lines, terms=agreed)


def spent(cents: int, **how: Any) -> Expense:  # noqa: ANN401 - an expense's fields
    """An expense with a fictional voucher."""
    return Expense(**{"expense": "x-1", "voucher": "F-001", "cents": cents, "spent_at": 0, **how})


def owners(settled: Settlement) -> list[int]:
    """What the owners' lines have."""
    return [part.cents for part in settled.parts if part.line.role == "share"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_first_closing_gives_the_figures_of_the_vectors(case: dict[str, Any]) -> None:
    """Fee, reserve and each owner's part are those that were reckoned step by step elsewhere."""
    quotas = [Quota(f"owner-{number}", quota) for number, quota in enumerate(case.get("quotas", []))]
    lines = lines_by_fee("manager", Fraction(1, 2), quotas) if quotas else reading(case["reading"])
    expenses = [spent(case[f"{when}"], taken=f"{when}_fee") for when in ("before", "after") if when in case]

    settled = settle(version(lines, Deductions(**case.get("terms", {}))), START, case["income"], expenses)

    assert (settled.fee_cents, settled.reserve_cents, owners(settled)) == (case["fee"], case["reserve"], case["parts"])


@FEWER
@given(READINGS, INCOMES, st.lists(INCOMES, max_size=4))
def test_an_agreement_without_deductions_comes_to_the_same_cents_closed_once_or_often(
    letter: Literal["A", "B", "C", "D"], first: int, more: list[int]
) -> None:
    """A month cut anywhere, or split use by use, gives what the whole gives."""
    agreed = version(reading(letter), None)
    wheels, sums = START, [0] * len(agreed.lines)
    for income in (first, *more):
        settled = settle(agreed, wheels, income)
        wheels = settled.wheels
        sums = [total + part.cents for total, part in zip(sums, settled.parts, strict=True)]

    whole = settle(agreed, START, first + sum(more))

    assert sums == [part.cents for part in whole.parts] == list(agreed.wheel.position(first + sum(more)))


TERMS = st.builds(
    Deductions,
    fee_cap_cents=st.none() | st.integers(5_000, 60_000),
    fee_floor_cents=st.none() | st.integers(0, 5_000),
    reserve_bp=st.sampled_from([0, 1, 333, 1_000, 10_000]),
    reserve_ceiling_cents=st.none() | st.integers(0, 9_000),
    quota_above_cents=st.none() | st.integers(0, 20_000),
)
EXPENSES = st.lists(
    st.builds(
        lambda cents, taken, key: spent(cents, taken=taken, key=key),
        st.integers(1, 30_000),
        st.sampled_from(["before_fee", "after_fee", "reserve"]),
        st.sampled_from(["quota", "hours_used"]),
    )
    | st.builds(
        lambda cents, who: spent(cents, key="fixed", weights={who: 3, "owner-3": 1}, advanced_by=who),
        st.integers(1, 30_000),
        st.sampled_from(["owner-1", "owner-2"]),
    ),
    max_size=4,
)
HOURS = st.dictionaries(st.sampled_from(["owner-1", "owner-2", "owner-3", "manager"]), st.integers(0, 90_000))


@FEWER
@given(READINGS, TERMS, st.lists(st.tuples(INCOMES, EXPENSES), min_size=1, max_size=4), HOURS)
def test_every_cent_of_every_closing_is_somewhere_and_no_limit_is_passed(
    letter: Literal["A", "B", "C", "D"],
    terms: Deductions,
    closings: list[tuple[int, list[Expense]]],
    used: dict[str, int],
) -> None:
    """Income = fee + expenses + reserve + distributed; cap, floor and ceiling hold; parts sum to what is shared."""
    agreed, wheels, held = version(reading(letter), terms), START, 0
    for income, expenses in closings:
        settled = settle(agreed, wheels, income, expenses, used_s=used, reserve_cents=held)
        wheels, before = settled.wheels, held
        held += settled.reserve_cents

        assert settled.expenses_cents == sum(each.cents for each in expenses)
        assert income == (
            settled.fee_cents + settled.expenses_cents + settled.reserve_cents + settled.distributed_cents
        )
        assert sum(owners(settled)) == settled.distributed_cents
        assert sum(part.cents for part in settled.parts) == settled.fee_cents + settled.distributed_cents
        assert held >= 0
        if settled.reserve_cents > 0 and terms.reserve_ceiling_cents is not None:
            assert held <= max(terms.reserve_ceiling_cents, before)
        assert terms.fee_cap_cents is None or settled.fee_cents <= terms.fee_cap_cents
        assert terms.fee_floor_cents is None or settled.fee_cents >= terms.fee_floor_cents


@FEWER
@given(TERMS, INCOMES, EXPENSES, st.permutations(range(1, 6)))
def test_the_order_in_which_owners_are_written_changes_nothing_for_the_manager(
    terms: Deductions, income: int, expenses: list[Expense], order: list[int]
) -> None:
    """The fee and the reserve are reckoned before anybody's share."""
    fee, *shares = reading("B")
    turned = (fee, *(shares[place - 1] for place in order))

    usual, other = (settle(version(lines, terms), START, income, expenses) for lines in ((fee, *shares), turned))

    assert (usual.fee_cents, usual.reserve_cents, usual.distributed_cents) == (
        other.fee_cents,
        other.reserve_cents,
        other.distributed_cents,
    )


def test_odd_cents_of_twelve_closings_go_round_the_owners() -> None:
    """One cent over each month: the wheels go on, so no owner has it twelve times; the sums differ by one cent."""
    agreed = version(reading("A"), Deductions(reserve_bp=0))
    wheels, sums, fee = START, [0] * 4, 0
    for _ in range(12):
        settled = settle(agreed, wheels, 101)
        wheels, fee = settled.wheels, fee + settled.fee_cents
        sums = [total + cents for total, cents in zip(sums, owners(settled), strict=True)]

    assert (fee, sums) == (606, [152, 152, 151, 151])


def test_a_repair_is_borne_by_the_hours_of_each_and_a_large_one_by_the_quotas() -> None:
    """Two owners used the kiln, three hours and one: 40 € come off theirs alone; above 1,000 € it is wear for all."""
    agreed = version(reading("A"), Deductions(quota_above_cents=100_000))
    used = {"owner-1": 10_800, "owner-2": 3_600}

    small = settle(agreed, START, 80_000, [spent(4_000, key="hours_used")], used_s=used)
    large = settle(agreed, START, 400_000, [spent(100_004, key="hours_used")], used_s=used)

    assert [part.borne_cents for part in small.parts] == [0, 3_000, 1_000, 0, 0]
    assert owners(small) == [7_000, 9_000, 10_000, 10_000]
    assert owners(large) == [24_999] * 4


def test_an_expense_by_hours_that_nobody_used_is_borne_by_the_quotas() -> None:
    """The law's rule where the agreement's has nothing to go by."""
    settled = settle(version(reading("A"), Deductions()), START, 8_000, [spent(400, key="hours_used")])

    assert owners(settled) == [900] * 4


def test_the_reserve_pays_what_it_has_and_the_owners_the_rest() -> None:
    """A repair of 50 € out of a reserve of 30 €."""
    agreed = version(reading("A"), Deductions(reserve_bp=0))

    settled = settle(agreed, START, 20_000, [spent(5_000, taken="reserve")], reserve_cents=3_000)

    assert (settled.from_reserve_cents, settled.reserve_cents, settled.after_cents) == (3_000, -3_000, 2_000)
    assert owners(settled) == [2_000] * 4


def test_who_advanced_an_expense_has_a_claim_for_it() -> None:
    """It is theirs again, beside their part."""
    settled = settle(version(reading("A"), Deductions()), START, 8_000, [spent(400, advanced_by="owner-2")])

    assert settled.claims == {"owner-2": 400}


def test_a_version_that_agreed_on_nothing_of_the_kind_bears_no_expense() -> None:
    """What was not agreed is not taken off anybody's part."""
    with pytest.raises(ExpenseRefusedError, match="agreed on no expenses"):
        settle(version(reading("A"), None), START, 8_000, [spent(400)])
    with pytest.raises(ExpenseRefusedError, match="name no owner"):
        settle(version(reading("A"), Deductions()), START, 1, [spent(4, key="fixed", weights={"nobody": 1})])


@pytest.mark.parametrize(
    "terms", [{"fee_floor_cents": 2, "fee_cap_cents": 1}, {"reserve_bp": 10_001}, {"reserve_ceiling_cents": -1}]
)
def test_deductions_that_contradict_themselves_are_refused(terms: dict[str, int]) -> None:
    """The least fee above the highest, a reserve of more than everything, a ceiling below nothing."""
    with pytest.raises(ValueError, match=r"fee|reserve"):
        Deductions(**terms)


def test_deductions_are_part_of_what_was_agreed_and_hashed_and_none_leave_old_hashes_as_they_were() -> None:
    """A version without them reads and hashes as before there were any."""
    plain, with_reserve = version(reading("A"), None), version(reading("A"), Deductions(reserve_bp=500))

    assert "deductions" not in plain.to_data()["terms"]  # type: ignore[operator]
    assert plain.content_hash != with_reserve.content_hash


@given(INCOMES, st.lists(st.integers(0, 99_999), min_size=1, max_size=6).filter(any))
def test_a_key_that_is_another_each_time_splits_exactly_too(amount: int, weights: list[int]) -> None:
    """Parts sum to the amount, each within a cent of its due; a zero weight has nothing."""
    parts, total = largest_remainder(amount, weights), sum(weights)

    assert sum(parts) == amount
    assert all(abs(Fraction(amount * weight, total) - part) < 1 for weight, part in zip(weights, parts, strict=True))
    assert all(part == 0 for weight, part in zip(weights, parts, strict=True) if weight == 0)
