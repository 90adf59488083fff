"""How machines speak to who wishes it: in big signs, aloud, and with sounds while everybody else has quiet."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import get_args

import pytest

from controller.domain import display, feedback
from controller.domain import events as ev
from controller.domain.codec import body_of, fact_from
from controller.domain.facts import SessionOpened
from controller.domain.feedback import Verdict
from controller.domain.reasons import REFUSAL_SENTENCES, Refusal, StopReason
from controller.domain.speech import said
from controller.domain.wishes import Wishes, quiet_of
from controller.floor.quiet_hours import QuietHours
from controller.floor.reader_signs import ReaderSigns
from firmware_bridge.board.micropython.display import _BIG
from firmware_bridge.commands import Command, Sound, Text
from tests.story import LASER, Story

EVERYTHING = Wishes(sound=True, spoken=True, large=True)
NIGHT = 23 * 60


class Heard:
    """What readers show and what is said aloud at the laser, in a place that is quiet."""

    def __init__(self, quiet: str = "always") -> None:
        self.story, self.shown, self.aloud = Story(), list[Command](), list[tuple[str, str, str]]()
        self.signs = ReaderSigns(
            lambda _machine, commands: self.shown.extend(commands),
            "fr",
            QuietHours(quiet),
            lambda channel, language, text: self.aloud.append((channel, language, text)),
        )

    def after(self, *taps: str, later_s: int = 10) -> Heard:
        """Badges, one after the other; what they bring is shown."""
        for name in taps:
            self.story.effects.clear()
            self.story.taps(name)
            self.signs.after_step(self.story.workshop, tuple(self.story.effects), self.story.now)
            self.story.later(later_s)
        return self

    def wishes(self, name: str, wishes: Wishes, language: str = "fr") -> None:
        """Somebody says how machines are to speak to them."""
        known = self.story.makers[name]
        self.story.makers[name] = replace(known, wishes=wishes, language="en" if language == "en" else "fr")

    def tunes(self) -> list[str]:
        """What was sounded."""
        return [command.pattern for command in self.shown if isinstance(command, Sound)]

    def words(self) -> list[str]:
        """The words in big signs."""
        return [command.large for command in self.shown if isinstance(command, Text)]


def test_a_quiet_place_sounds_for_who_wishes_it_and_for_nobody_else() -> None:
    """Ada's start and end are heard, Ben's are not; nor is a refusal of Ben at Ada's machine, for it is told to him."""
    heard = Heard()
    heard.wishes("ada", Wishes(sound=True))

    heard.after("ada", "ben", "ada", "ben", "ben")

    assert heard.tunes() == ["accept", "end"]


def test_quiet_hours_are_over_when_they_are_over() -> None:
    """Nobody who wishes nothing is kept from sounds by day."""
    heard = Heard(quiet="")

    assert heard.after("ada", "ada").tunes() == ["accept", "end"]


@pytest.mark.parametrize(("hour", "sounds"), [(19, True), (20, False), (23, False), (7, False), (8, True)])
def test_hours_of_quiet_are_those_of_the_places_own_clock(hour: int, sounds: bool) -> None:  # noqa: FBT001 - a table
    """Looked at once in a while; without a date nothing is kept quiet."""
    quiet, story = QuietHours("20:00-08:00"), Story()
    wall_ms = 1000 * int(datetime(2026, 11, 20, hour).astimezone().timestamp())

    quiet.look(replace(story.now, wall_ms=wall_ms))
    heard = quiet.sounds("accept")
    quiet.look(replace(story.now, wall_ms=None, clock="unknown"))

    assert (heard, quiet.sounds("accept")) == (sounds, True)


def test_an_alarm_is_never_kept_quiet() -> None:
    """A danger is told to all who are there."""
    heard = Heard()
    heard.after("ada")
    heard.story.effects.clear()
    heard.story.reports_danger()
    heard.signs.after_step(heard.story.workshop, tuple(heard.story.effects), heard.story.now)

    assert set(heard.tunes()) == {"alarm"}


def test_what_is_said_aloud_is_for_who_wishes_it_in_their_language() -> None:
    """Ada hears her start and her end in English, at her machine's channel; Ben's own verdicts are not said."""
    heard = Heard()
    heard.wishes("ada", Wishes(spoken=True), "en")

    heard.after("ada", "ben", "ada", "ben")

    assert [(channel, language) for channel, language, _ in heard.aloud] == [("relay-1", "en")] * 2
    assert heard.aloud[0][2].startswith("The machine is on, until ")
    assert heard.aloud[1][2].startswith("The use is over.")


def test_a_refusal_is_told_by_the_wishes_of_whose_badge_it_is() -> None:
    """Not by those of the maker at work."""
    heard = Heard()
    heard.wishes("ben", EVERYTHING)

    heard.after("ada", "ben")

    assert (heard.tunes(), heard.words()) == (["refuse"], ["", "NON"])
    assert [text for _, _, text in heard.aloud] == [REFUSAL_SENTENCES[Refusal.MACHINE_IN_USE].fr]


def test_wishes_are_kept_through_a_restart_and_left_out_where_there_are_none() -> None:
    """They are part of the use's record, as its language is; older records say nothing and read the same."""
    heard = Heard()
    heard.wishes("ada", Wishes(large=True))
    heard.after("ada", "ada", "ben")
    opened = [fact for fact in heard.story.journal if isinstance(fact, SessionOpened)]

    assert fact_from("session_opened", 1, body_of(opened[0])) == opened[0]
    assert body_of(opened[0])["wishes"] == {"large": True}
    assert "wishes" not in body_of(opened[1])


@pytest.mark.parametrize("verdict", get_args(Verdict))
def test_every_verdict_has_its_big_word_and_its_sentence_in_both_languages(verdict: Verdict) -> None:
    """Signs that a board can draw; whole sentences, and never a sum of money."""
    refusal = Refusal.TRAINING_MISSING if verdict in ("refused", "stranger", "not_extended") else None
    signal = ev.Signal(
        machine=LASER, verdict=verdict, refusal=refusal, stop=StopReason.SECOND_TAP, ends_in_s=599, cents=1234
    )

    words = [display.large(verdict, 599, "fr"), display.large(verdict, 599, "en")]
    sentences = [said(signal, "18:30", "fr"), said(signal, "18:30", "en")]

    assert all(0 < len(word) <= 4 and set(word) <= set(_BIG) for word in words)
    assert all(sentence.endswith(".") and "12" not in sentence for sentence in sentences)
    assert sentences[0] != sentences[1]
    assert set(feedback.SHOWN) == set(get_args(Verdict))


def test_a_warning_is_said_with_what_to_do() -> None:
    """Minutes, then seconds."""
    ends = [
        said(ev.Signal(machine=LASER, verdict="warning", ends_in_s=left_s, extendable=left_s > 60), "", "en")
        for left_s in (600, 60, 30)
    ]

    assert ends == ["10 minutes left. Tap to extend.", "1 minute left.", "30 seconds left."]


@pytest.mark.parametrize(
    ("setting", "quiet_at"),
    [
        ("20:00-08:00", [1_200, NIGHT, 0, 479]),
        ("12:00-14:00", [720, 839]),
        ("always", [0, 479, 480, 719, 720, 839, 840, 1_199, 1_200, NIGHT]),
    ],
)
def test_hours_of_quiet_go_over_midnight_too(setting: str, quiet_at: list[int]) -> None:
    """From the first minute to the one before the last."""
    quiet = quiet_of(setting)
    assert quiet is not None

    minutes = [0, 479, 480, 719, 720, 839, 840, 1_199, 1_200, NIGHT]
    assert {minute for minute in minutes if quiet.holds(minute)} == set(quiet_at)
    assert quiet.holds(None) == (setting == "always")


@pytest.mark.parametrize("text", ["", "never", "24:00-08:00", "20:00", "20:00-20:00", "20:60-08:00", "8:00-20:00"])
def test_what_is_no_hours_is_refused(text: str) -> None:
    """`check-config` says so; nothing is guessed."""
    assert quiet_of(text) is None
