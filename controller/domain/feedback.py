"""What each verdict and each standing state look and sound like: the one table to light and sound.

House rules: red is for faults and dangers alone (IEC 60073); verdicts that mean different things differ in rhythm
or tune, and no two states share a rhythm, so that whoever does not see colours can still tell them apart; a verdict's
light passes and the state's stands again; nothing flashes more than three times a second (WCAG 2.3.1); the words for it
are in `display`, so that colour is never the only sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from controller.domain.reasons import Refusal, StopReason

if TYPE_CHECKING:
    from controller.domain.standing import Standing

Verdict = Literal[
    "granted",
    "refused",
    "ended",
    "stranger",
    "confirm_stop",
    "handing_over",
    "warning",
    "extended",
    "not_extended",
    "overtime",
    "trained",
    "supervised",
    "no_use",
    "danger",
]
Colour = Literal["off", "red", "amber", "green", "blue", "white"]
Rhythm = Literal[
    "steady",
    "slow",
    "fast",
    "flashes",
    "pairs",
    "breath",
    "once",
    "twice",
    "thrice",
    "four",
    "long",
    "long_long",
    "long_short",
    "long_two",
    "short_long",
    "gap",
    "gaps",
    "three_gaps",
]
"""All the time; a second on and one off; twice a second; three flashes, then dark; two quick ones each second; two
seconds on and two off. Then, every three seconds: so many short flashes, long and short ones in their order, or lit
with so many short gaps.
"""
Tune = Literal["read", "accept", "refuse", "warn", "end", "alarm"]
"""A click; two tones that rise; two that fall; two alike; one long low one; six high ones."""

VERDICT_S = 4
"""How long a verdict's light stays: long enough to read two lines, short enough for the next maker."""
LAST_MINUTE_S = 60


@dataclass(frozen=True, slots=True)
class Sign:
    """A light for `seconds`, and a tune."""

    colour: Colour
    rhythm: Rhythm
    tune: Tune
    seconds: int = VERDICT_S


@dataclass(frozen=True, slots=True)
class StandingLight:
    """A light that stands until the state is another."""

    colour: Colour
    rhythm: Rhythm


READ = Sign("white", "steady", "read", 1)
"""A badge was read, whosever it is: at once, before anybody has looked it up."""
UNUSABLE = Sign("amber", "flashes", "refuse")
"""A card that can be nobody's badge."""
FAULT = Sign("red", "fast", "alarm")

SHOWN: dict[Verdict, Sign] = {
    "granted": Sign("green", "steady", "accept"),
    "extended": Sign("green", "steady", "accept"),
    "trained": Sign("green", "slow", "accept"),
    "supervised": Sign("green", "slow", "accept"),
    "refused": Sign("amber", "flashes", "refuse"),
    "stranger": Sign("amber", "flashes", "refuse"),
    "confirm_stop": Sign("blue", "flashes", "warn"),
    "handing_over": Sign("blue", "flashes", "warn"),
    "no_use": Sign("blue", "fast", "refuse"),
    "warning": Sign("amber", "slow", "warn"),
    "not_extended": Sign("amber", "slow", "refuse"),
    "overtime": Sign("amber", "gaps", "warn"),
    "ended": Sign("white", "steady", "end"),
    "danger": Sign("red", "fast", "alarm"),
}
LAST_WARNING = Sign("amber", "pairs", "warn")
"""In the last minute."""

STANDS: dict[Standing, StandingLight] = {
    "startup": StandingLight("white", "short_long"),
    "idle": StandingLight("blue", "once"),
    "starting": StandingLight("white", "three_gaps"),
    "in_use": StandingLight("green", "steady"),
    "idle_end": StandingLight("amber", "gap"),
    "warning": StandingLight("amber", "slow"),
    "last_minute": StandingLight("amber", "pairs"),
    "overtime": StandingLight("amber", "gaps"),
    "ending": StandingLight("green", "breath"),
    "locked_out": StandingLight("amber", "long_long"),
    "maintenance": StandingLight("amber", "long"),
    "fault": StandingLight("red", "fast"),
    "guard_open": StandingLight("amber", "long_short"),
    "no_connection": StandingLight("white", "long_two"),
    "no_start": StandingLight("amber", "four"),
    "closed": StandingLight("white", "thrice"),
    "booked": StandingLight("blue", "twice"),
}
"""Lit: somebody is at work. Dark but for short flashes: nobody is, and nothing is wrong. Long ones: somebody has to
come. Blue asks for a badge, white for nothing, amber for a person.
"""

BROKEN = frozenset({Refusal.MACHINE_FAULT, Refusal.EMERGENCY_STOP_PRESSED, Refusal.INTERNAL_ERROR})
"""Refusals for which something is wrong with the machine, or with this program; the others are about a person."""
CUT_BY_FAULT = frozenset({StopReason.FAULT, StopReason.EMERGENCY_STOP})


def sign_of(verdict: Verdict, refusal: Refusal | None, stop: StopReason | None, ends_in_s: int | None) -> Sign:
    """Return what is shown and sounded."""
    if refusal in BROKEN or (verdict == "ended" and stop in CUT_BY_FAULT):
        return FAULT
    if verdict == "warning" and ends_in_s is not None and ends_in_s <= LAST_MINUTE_S:
        return LAST_WARNING
    return SHOWN[verdict]
