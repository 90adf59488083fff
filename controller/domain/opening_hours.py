"""When a place is open, as plain windows of time: nobody begins outside of them, and closing time bounds every use.

House rules: pure; calendars, time zones and public holidays are the office's business and are worked out there. A place
that says nothing is always open; days beyond what came down are unknown, so closed. Without a date nothing can be said
of hours: then each machine's `without_clock` decides, as for every other date.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.sessions import SessionKind
from controller.domain.tariff import SECONDS_LIMIT

if TYPE_CHECKING:
    from controller.domain.directory import OpeningEntry
    from controller.domain.now import Now

AT_ANY_HOUR = frozenset({SessionKind.STAFF, SessionKind.MAINTENANCE})
"""Who keeps the place works there before it opens and after it closes."""


def closes_in_s(opening: OpeningEntry | None, now: Now) -> int | None:
    """Return the seconds until closing time, 0 while the place is closed, `None` where no hour closes it."""
    if opening is None or now.wall_ms is None:
        return None
    for window in opening.windows:
        if window.from_ms <= now.wall_ms < window.until_ms:
            return min((window.until_ms - now.wall_ms) // 1000, SECONDS_LIMIT)
    return 0
