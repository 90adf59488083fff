"""A reader that can show something shows every verdict by light, sound and text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from controller.domain import events as ev
from controller.domain.ids import MachineId
from controller.domain.now import Now
from controller.domain.reasons import Refusal, StopReason
from controller.floor.reader_signs import ReaderSigns, signs_of
from firmware_bridge.commands import Command, Light, Sound, Text
from tests.story import EVENING_MS, Story

LASER = MachineId("laser")
NOW = Now(boot_id="boot-1", boot_ms=60_000, wall_ms=EVENING_MS, clock="synced")


def test_a_grant_is_green_and_says_until_when() -> None:
    """The clock's time of the end, in the place's own time."""
    granted = ev.Signal(machine=LASER, verdict="granted", ends_in_s=3_600, ends_by=StopReason.MAXIMUM_DURATION)
    until = datetime.fromtimestamp(EVENING_MS / 1000 + 3_600, UTC).astimezone().strftime("%H:%M")

    signs = signs_of(granted, NOW, "fr")

    assert signs == (Light("green", seconds=4), Sound("accept"), Text(("Bon travail !", f"Fin a {until}")))


def test_a_refusal_is_never_told_by_colour_alone() -> None:
    """Light, sound and two lines."""
    refused = ev.Signal(machine=LASER, verdict="refused", refusal=Refusal.TRAINING_MISSING)

    light, sound, text = signs_of(refused, NOW, "en")

    assert (light, sound) == (Light("amber", "flashes", 4), Sound("refuse"))
    assert text == Text(("Training needed", "Ask a fabmanager"))


@pytest.mark.parametrize(
    ("verdict", "light", "first"),
    [
        ("warning", Light("amber", "slow", 4), "Fin dans 5 min"),
        ("extended", Light("green", seconds=4), "Prolonge"),
        ("not_extended", Light("amber", "slow", 4), "Pas plus long"),
        ("overtime", Light("amber", "gaps", 4), "Terminez svp"),
    ],
)
def test_the_end_of_a_use_is_shown_before_it_comes(verdict: Any, light: Light, first: str) -> None:  # noqa: ANN401
    """Amber, never red: nothing is wrong. A sound and two lines with it."""
    end = StopReason.MAXIMUM_DURATION
    shown, sound, text = signs_of(
        ev.Signal(machine=LASER, verdict=verdict, ends_in_s=300, ends_by=end, stop=end), NOW, "fr"
    )

    assert shown == light
    assert isinstance(sound, Sound)
    assert isinstance(text, Text)
    assert text.lines[0] == first


def test_each_verdict_of_an_evening_reaches_the_readers_of_its_machine() -> None:
    """What the rules signal is what the readers are asked to show, in order."""
    shown: list[tuple[MachineId, Command]] = []
    signs = ReaderSigns(lambda machine, commands: shown.append((machine, commands[0])), "fr")
    story = Story()
    story.taps("stranger")
    story.taps("ada")
    story.later(60)
    story.taps("ada")

    signs.after_step(story.workshop, tuple(story.effects), story.now)

    assert shown == [
        (LASER, Light("amber", "flashes", 4)),
        (LASER, Light("green", seconds=4)),
        (LASER, Light("white", seconds=4)),
    ]


def test_a_verdict_speaks_the_language_of_whom_it_is_for() -> None:
    """Ada reads English and Ben French, whoever was here before; who is not known gets the place's language."""
    texts: list[str] = []
    signs = ReaderSigns(lambda _machine, commands: texts.append(first_line(commands)), "fr")
    story = Story()
    story.makers["ada"] = replace(story.makers["ada"], language="en")

    def does(name: str) -> None:
        story.effects.clear()
        story.taps(name)
        signs.after_step(story.workshop, tuple(story.effects), story.now)
        story.later(10)

    for name in ("ada", "ben", "stranger", "ada", "ben", "ben"):
        does(name)
    story.makers["ada"] = replace(story.makers["ada"], suspended=True)
    does("ada")

    assert texts == [
        "Go ahead!", "Machine occupee", "Machine occupee", "Finished", "Bon travail !", "Termine", "Access suspended",
    ]  # fmt: skip


def first_line(commands: tuple[Command, ...]) -> str:
    """The first line that is shown."""
    return next(command.lines[0] for command in commands if isinstance(command, Text))
