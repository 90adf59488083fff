"""Whether this place is quiet now, by its own clock: looked at once in a while, read by whoever is about to sound.

House rules: one thread looks, any may read; an alarm is never kept quiet, nor what a member wishes to hear.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.wishes import NO_WISHES, Wishes, quiet_of
from controller.floor.resolver import week_min_of

if TYPE_CHECKING:
    from controller.domain.feedback import Tune
    from controller.domain.now import Now

DAY_MIN = 1_440


class QuietHours:
    """`hours` is the setting `site.quiet`; nothing keeps a place quiet without one."""

    def __init__(self, hours: str = "") -> None:
        """Begin quiet where it always is; at hours, the first look says."""
        self._quiet = quiet_of(hours)
        self._now = self._quiet is not None and self._quiet.holds(None)

    def look(self, now: Now) -> None:
        """Take the time."""
        minute = week_min_of(now.wall_ms)
        self._now = self._quiet is not None and self._quiet.holds(None if minute is None else minute % DAY_MIN)

    def sounds(self, tune: Tune, wishes: Wishes = NO_WISHES) -> bool:
        """Whether a tune is to be heard now, by who has these wishes."""
        return not self._now or wishes.sound or tune == "alarm"
