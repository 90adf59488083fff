"""How a member wishes machines to speak to them, and when a place wishes to be quiet.

House rules: pure; a wish is the member's own and a place's quiet never overrides it; nothing here changes a right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from controller.domain.later import later

ALWAYS = "always"
_HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """`sound`: even where the place is quiet; `spoken`: each verdict said aloud too; `large`: a word in big signs."""

    sound: bool = later(False)  # noqa: FBT003 - the value that its absence always had
    spoken: bool = later(False)  # noqa: FBT003 - the value that its absence always had
    large: bool = later(False)  # noqa: FBT003 - the value that its absence always had


NO_WISHES = Wishes()


@dataclass(frozen=True, slots=True)
class Quiet:
    """The minutes of a day, from and until, in which a place is quiet; over midnight where they are that way round."""

    from_min: int
    until_min: int

    def holds(self, minute: int | None) -> bool:
        """Whether the place is quiet at a minute of the day; without a clock it is, at `always`, and else is not."""
        if self.from_min == self.until_min:
            return True
        if minute is None:
            return False
        if self.from_min < self.until_min:
            return self.from_min <= minute < self.until_min
        return minute >= self.from_min or minute < self.until_min


def quiet_of(text: str) -> Quiet | None:
    """Return what a setting says (`always`, or `20:00-08:00`); `None` for anything else."""
    if text == ALWAYS:
        return Quiet(0, 0)
    found = _HOURS.fullmatch(text)
    if found is None:
        return None
    hours = [int(part) for part in found.groups()]
    quiet = Quiet(60 * hours[0] + hours[1], 60 * hours[2] + hours[3])
    return None if quiet.from_min == quiet.until_min else quiet
