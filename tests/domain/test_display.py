"""Two short lines at the machine say the same as the page: why, and what to do."""

import pytest

from controller.domain import display
from controller.domain.display import COLUMNS, Language
from controller.domain.reasons import Refusal, StopReason

ENDS_THAT_WARN = (
    StopReason.MAXIMUM_DURATION,
    StopReason.CREDIT_EXHAUSTED,
    StopReason.RIGHT_REVOKED,
    StopReason.CLOSING_TIME,
)


@pytest.mark.parametrize("reason", Refusal)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_refusal_fits_a_small_display(reason: Refusal, language: Language) -> None:
    """Sixteen plain characters a line, both of them full."""
    lines = display.refused(reason, language)

    assert all(0 < len(line) <= COLUMNS and line.isascii() for line in lines)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_grant_says_when_the_use_ends_by_itself(language: Language) -> None:
    """By the clock, where there is one."""
    assert display.granted("16:40", language)[1].endswith(" 16:40")
    assert display.granted("", language)[1] == ""
    assert all(len(line) <= COLUMNS for line in display.granted("16:40", language))


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("by", ENDS_THAT_WARN)
def test_a_warning_and_its_answers_fit_a_small_display(by: StopReason, language: Language) -> None:
    """How long, and what to do or what brings the end."""
    said = [
        display.warning(36_000, by, language, extendable=False),
        display.warning(59, by, language, extendable=True),
        display.extended("16:40", language),
        display.not_extended(by, language),
        display.overtime(by, language),
        display.no_use(language),
        display.danger(language),
    ]

    assert all(0 < len(line) <= COLUMNS and line.isascii() for lines in said for line in lines)
    assert display.warning(300, by, "fr", extendable=True) == ("Fin dans 5 min", "Prolonger: badge")


def test_an_end_says_what_it_cost() -> None:
    """As each language writes an amount; nothing where nothing is due."""
    assert display.ended(1_205, "fr") == ("Termine", "12,05 EUR")
    assert display.ended(1_205, "en") == ("Finished", "EUR 12.05")
    assert display.ended(0, "fr") == ("Termine", "")
