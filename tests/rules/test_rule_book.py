"""The reference of the rules is made of the code's own tables, and is as new as they are."""

from __future__ import annotations

from dataclasses import fields
from typing import get_args

from controller.domain.directory import MachineEntry
from controller.domain.feedback import Verdict
from controller.domain.rule_words import POLICY, STATES, TIMES
from controller.domain.workshop import Limits, MachineWord
from tests.rules.rule_book import PAGE, SIGNALS, page


def test_the_reference_is_what_the_code_says() -> None:
    """After a change of a rule, a reason, a policy or an evening: `make rules`."""
    assert PAGE.read_text("utf-8") == page(), "run `make rules`"


def test_every_word_of_the_rules_has_its_sentence() -> None:
    """States, fields of a policy, times: no word without a meaning, no meaning without a word."""
    assert set(STATES) == set(get_args(MachineWord))
    assert set(POLICY) == {each.name for each in fields(MachineEntry)}
    assert set(TIMES) == {each.name for each in fields(Limits)}


def test_every_verdict_has_its_sign_on_the_page() -> None:
    """One of each, as an example."""
    assert {signal.verdict for signal in SIGNALS} == set(get_args(Verdict))
