"""How money, time and durations are written and read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.office.web import pages_format

AMOUNTS = {"12,50": 1250, "12.50": 1250, "12.5": 1250, " 7 ": 700, "1 234,56 €": 123456, "0,01": 1}
NO_AMOUNTS = ["", "0", "-5", "12,505", "12,5,0", "1e3", "douze", "٣", "9" * 13]


@pytest.mark.parametrize(("typed", "cents"), AMOUNTS.items())
def test_an_amount_is_read_as_people_type_it(typed: str, cents: int) -> None:
    """Comma or point, with or without spaces and sign: the same cents."""
    assert pages_format.read_cents(typed) == cents


@pytest.mark.parametrize("typed", NO_AMOUNTS)
def test_what_is_no_amount_is_never_guessed(typed: str) -> None:
    """Nothing, zero, a negative or a third decimal is refused, not rounded."""
    assert pages_format.read_cents(typed) is None


@given(st.integers(min_value=1, max_value=10**9))
def test_an_amount_that_a_page_shows_reads_back_to_the_same_cents(cents: int) -> None:
    """Writing and reading euros lose nothing, however many digits."""
    shown = pages_format.euros(cents, "fr")

    assert pages_format.read_cents(shown) == cents


def test_euros_are_written_as_each_language_does() -> None:
    """French has a comma, narrow spaces and the sign behind; English the other way round."""
    assert pages_format.euros(123456, "fr") == "1\u202f234,56\u00a0€"
    assert pages_format.euros(123456, "en") == "€1,234.56"
    assert pages_format.euros(-5, "fr") == "−0,05\u00a0€"


def test_the_clock_names_the_day_when_it_is_not_today() -> None:
    """An end after midnight is not taken for one that is past."""
    now_ms = 1_800_000_000_000  # 15 January 2027, 09:00 in Paris

    assert pages_format.clock(now_ms, now_ms, "fr") == "à 09\u00a0h\u00a000"
    assert pages_format.clock(now_ms + 86_400_000, now_ms, "fr") == "demain à 09\u00a0h\u00a000"
    assert pages_format.clock(now_ms + 2 * 86_400_000, now_ms, "fr") == "le 17/01/2027 à 09\u00a0h\u00a000"
    assert pages_format.clock(now_ms + 2 * 86_400_000, now_ms, "en") == "on 17 January 2027 at 09:00"


def test_the_clock_follows_summer_time() -> None:
    """The wall in Paris is two hours ahead of UTC in July, one in January."""
    july_noon_utc_ms = 1_815_652_800_000 - 1_815_652_800_000 % 86_400_000 + 43_200_000

    assert pages_format.clock(july_noon_utc_ms, july_noon_utc_ms, "en") == "at 14:00"


@pytest.mark.parametrize(("seconds", "said"), [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3_900, "1 h 05")])
def test_a_duration_is_written_with_its_two_largest_units(seconds: int, said: str) -> None:
    """Nobody has to divide by sixty."""
    assert pages_format.duration(seconds, "fr").replace("\u00a0", " ") == said


def test_a_day_is_written_as_each_language_does_wherever_it_comes_from() -> None:
    """A day kept for sorting is shown like any other."""
    assert pages_format.day_of_iso("2027-03-05", "fr") == "05/03/2027"
    assert pages_format.day_of_iso("2027-03-05", "en") == "5 March 2027"
