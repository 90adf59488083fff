"""An account number that is mistyped is found before money leaves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.domain.iban import LENGTHS, IbanRefusedError, iban, masked

EXAMPLES = ("FR1420041010050500013M02606", "DE89370400440532013000", "BE68539007547034", "NL91ABNA0417164300")


@pytest.mark.parametrize("number", EXAMPLES)
def test_the_banks_own_examples_are_taken_as_people_write_them(number: str) -> None:
    """With spaces and small letters too; a page shows the country and four characters."""
    written = " ".join(number[place : place + 4] for place in range(0, len(number), 4)).lower()

    assert iban(written) == number
    assert masked(number) == f"{number[:2]}…{number[-4:]}"


@given(st.sampled_from(EXAMPLES), st.data())
def test_one_wrong_digit_or_two_swapped_are_always_found(number: str, data: st.DataObject) -> None:
    """That is what the check digits are for; the refusal does not repeat the number."""
    places = [place for place, sign in enumerate(number) if sign.isdigit()]
    place = data.draw(st.sampled_from(places))
    digit = data.draw(st.sampled_from([sign for sign in "0123456789" if sign != number[place]]))
    wrong = number[:place] + digit + number[place + 1 :]
    swapped = number[: place - 1] + number[place] + number[place - 1] + number[place + 1 :]

    for each in {wrong, swapped} - {number}:
        with pytest.raises(IbanRefusedError) as refused:
            iban(each)
        assert each not in str(refused.value)


@pytest.mark.parametrize(
    ("number", "why"),
    [("", "country"), ("US12", "country"), ("FR14", "characters"), ("BE68539007547 0!4", "sign"), ("BE", "characters")],
)
def test_what_cannot_be_one_is_refused_with_the_reason(number: str, why: str) -> None:
    """Country, length, signs."""
    with pytest.raises(IbanRefusedError, match=why):
        iban(number)


def test_every_country_has_a_length_that_an_iban_can_have() -> None:
    """ISO 13616: at most 34 characters."""
    assert all(15 <= length <= 34 for length in LENGTHS.values())
