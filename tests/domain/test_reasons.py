"""Every reason a person can meet says why and what to do, in both languages."""

import re

import pytest

from controller.domain.reasons import REFUSAL_SENTENCES, STOP_SENTENCES, Refusal, Sentence, StopReason

ALL: list[tuple[Refusal | StopReason, Sentence]] = [*REFUSAL_SENTENCES.items(), *STOP_SENTENCES.items()]
REQUEST = re.compile(r"\b(\w+ez|Faites)\b")  # what a French sentence asks politely: Appelez, Voyez, Posez, Faites


def test_every_code_has_its_sentences() -> None:
    """Both lists are closed: a code without a text could not be shown, a text without a code never is."""
    texts = (set(REFUSAL_SENTENCES), set(STOP_SENTENCES))

    assert texts == (set(Refusal), set(StopReason))


def test_no_code_means_two_things() -> None:
    """A code is stored and published alone: why a start was refused and why a use ended never share one."""
    shared = {code.value for code in Refusal} & {code.value for code in StopReason}

    assert shared == set()


def test_no_two_codes_say_the_same() -> None:
    """Whoever reads the sentence to a fabmanager has told the reason."""
    french, english = [text.fr for _, text in ALL], [text.en for _, text in ALL]

    assert len(set(french)) == len(set(english)) == len(ALL)


@pytest.mark.parametrize(("code", "text"), ALL)
def test_a_reason_says_why_and_what_to_do(code: Refusal | StopReason, text: Sentence) -> None:
    """The first sentence says why, the last asks for something; French is no copy of English."""
    *_, request = re.split(r"(?<=[.;]) ", text.fr)

    assert text.fr != text.en
    assert text.fr.endswith(".")
    assert text.en.endswith(".")
    assert len(re.findall(r"[.;](?: |$)", text.fr)) >= 2, f"{code}: why, then what to do"
    assert len(re.findall(r"[.;](?: |$)", text.en)) >= 2, f"{code}: why, then what to do"
    assert REQUEST.search(request), f"{code}: {request!r} asks for nothing"
