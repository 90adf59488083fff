"""Which card is presented, and when it is gone: one presentation is one tap. Pure, without a clock.

House rules: only polls that the chip answered count, so that a mute chip takes nobody's badge away; while one card is
presented another is not looked at, so that two at once do not take turns; but a badge goes before the phone behind it.
"""

from dataclasses import dataclass, field
from typing import Literal

from firmware_bridge.pn532.chip import Target

MISSES_MAX = 4
"""Polls in a row without the card that end its presentation, some 0.3 s: sooner, a hand that trembles taps twice."""
TRIES_MAX = 3
"""Talks with one card that broke off before it is called unreadable: it may be leaving, or lie badly."""
_RANDOM = "random"
"""One name for all random numbers: each poll brings another."""


@dataclass(frozen=True, slots=True)
class Left:
    """The card is gone; `number_hex` is None when it had been presented as unusable."""

    number_hex: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Arrived:
    """This card is to be looked at."""

    target: Target


class Presence:
    """What is known of the cards on one reader."""

    def __init__(self) -> None:
        self._name: str | None = None
        self._usable = False
        self._misses = 0
        self._broken_off: tuple[str, int] = ("", 0)

    def polled(self, targets: tuple[Target, ...]) -> list[Left | Arrived]:
        """Take the cards that a poll found; at most one leaves and one arrives."""
        names = [_name(target) for target in targets]
        badges = [target for target in targets if not target.random]
        happened: list[Left | Arrived] = []
        if self._name is not None and not (self._name == _RANDOM and badges):
            self._misses = 0 if self._name in names else self._misses + 1
            if self._misses < MISSES_MAX:
                return happened
            happened.append(Left(self._name if self._usable else None))
        self._name = None
        if targets:
            happened.append(Arrived((badges or targets)[0]))
        return happened

    def settled(self, target: Target, *, usable: bool) -> None:
        """Say that the card was presented, as a number (`usable`) or with the reason why it is none."""
        self._name, self._usable, self._misses = _name(target), usable, 0
        self._broken_off = ("", 0)

    def broken_off(self, target: Target) -> Literal["again", "unreadable"]:
        """Say that the talk with the card broke off: whether the next poll tries again."""
        name, tries = self._broken_off
        tries = tries + 1 if name == _name(target) else 1
        self._broken_off = (_name(target), tries)
        return "again" if tries < TRIES_MAX else "unreadable"


def _name(target: Target) -> str:
    return _RANDOM if target.random else target.uid.hex().upper()
