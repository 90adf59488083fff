"""What a person is told when something fails, and how a script can tell whose fault it was."""

import pytest

from controller.errors import (
    DataError,
    IndivisError,
    Message,
    OperatingError,
    ProgrammerError,
    UserError,
    language,
)

BUSY = OperatingError(
    Message("la broche 17 n'est pas libre", "pin 17 is busy"),
    why=Message("un autre programme la tient", "another program holds it"),
    cure=Message("arrêtez-le", "stop it"),
)


def test_an_error_is_one_sentence_with_what_why_and_cure() -> None:
    """What happened, why, and what to do stand in one sentence of either language."""
    assert BUSY.sentence("fr") == "la broche 17 n'est pas libre : un autre programme la tient ; arrêtez-le."
    assert BUSY.sentence("en") == "pin 17 is busy: another program holds it; stop it."


def test_a_text_of_several_lines_still_gives_one_line() -> None:
    """A message quoted from elsewhere cannot break the one line that a journal or a script reads."""
    error = UserError(Message("lignes\n  coupées", "broken\nlines"))

    assert error.sentence("fr") == "lignes coupées."
    assert error.sentence("en") == "broken lines."


@pytest.mark.parametrize(
    ("kind", "code"),
    [(UserError, 2), (DataError, 65), (OperatingError, 69), (ProgrammerError, 70)],
)
def test_the_exit_code_says_whose_fault_it_was(kind: type[IndivisError], code: int) -> None:
    """Scripts and systemd rely on these numbers."""
    assert kind.exit_code == code


@pytest.mark.parametrize(
    ("environ", "spoken"),
    [
        ({}, "fr"),
        ({"LANG": "C.UTF-8"}, "fr"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "INDIVIS_LANG": "fr"}, "fr"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "en_US.UTF-8"}, "en"),
    ],
)
def test_french_is_spoken_unless_english_is_asked_for(environ: dict[str, str], spoken: str) -> None:
    """INDIVIS_LANG goes before LC_ALL, which goes before LANG."""
    assert language(environ) == spoken
