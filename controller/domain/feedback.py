"""What each verdict looks and sounds like: the one table from what happened to light and sound.

House rules: red is for faults and dangers alone (IEC 60073); verdicts that mean different things differ in rhythm
or tune, not in colour alone, so that whoever does not see colours can still tell them apart; nothing flashes more
than three times a second (WCAG 2.3.1); the words for it are in `display`, so that colour is never the only sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from controller.domain.reasons import Refusal, StopReason

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
Rhythm = Literal["steady", "slow", "fast", "flashes"]
"""All the time; a second on and one off; twice a second; three flashes, then dark."""
Tune = Literal["read", "accept", "refuse", "warn", "end", "alarm"]
"""A click; two tones that rise; two that fall; two alike; one long low one; six high ones."""

VERDICT_S = 4
"""How long a verdict's light stays: long enough to read two lines, short enough for the next maker."""
LAST_MINUTE_S = 60


@dataclass(frozen=True, slots=True)
class Sign:
    """A light for `seconds` (0: until the next one), and a tune."""

    colour: Colour
    rhythm: Rhythm
    tune: Tune
    seconds: int = 0


READ = Sign("white", "steady", "read", 1)
"""A badge was read, whosever it is: at once, before anybody has looked it up."""
UNUSABLE = Sign("amber", "flashes", "refuse", VERDICT_S)
"""A card that can be nobody's badge."""
FAULT = Sign("red", "fast", "alarm", VERDICT_S)

SHOWN: dict[Verdict, Sign] = {
    "granted": Sign("green", "steady", "accept"),
    "extended": Sign("green", "steady", "accept"),
    "trained": Sign("green", "slow", "accept"),
    "supervised": Sign("green", "slow", "accept"),
    "refused": Sign("amber", "flashes", "refuse", VERDICT_S),
    "stranger": Sign("amber", "flashes", "refuse", VERDICT_S),
    "confirm_stop": Sign("blue", "flashes", "warn", VERDICT_S),
    "handing_over": Sign("blue", "flashes", "warn", VERDICT_S),
    "no_use": Sign("blue", "fast", "refuse", VERDICT_S),
    "warning": Sign("amber", "slow", "warn"),
    "not_extended": Sign("amber", "slow", "refuse"),
    "overtime": Sign("amber", "steady", "warn"),
    "ended": Sign("off", "steady", "end"),
    "danger": Sign("red", "fast", "alarm"),
}
LAST_WARNING = Sign("amber", "fast", "warn")
"""In the last minute."""

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
