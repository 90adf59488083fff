"""When the exchange tries again. House rule: no counter ever gives up; it only makes the pauses longer, up to a cap."""

from __future__ import annotations

from zlib import crc32

RETRY_MS = 2_000
"""First pause without an answer: several round trips on a slow network."""

RETRY_MS_MAX = 60_000
"""Longest pause: an office that comes back is found within a minute, and one that is away costs a hello a minute."""

POLL_MS = 15_000
"""How often a quiet controller says where it stands: well below `credit_fresh_s`, so that credit stays fresh."""

SILENCE_MS = 3 * POLL_MS
"""After three polls without an answer a controller with nothing to send asks anew: an office that was started again
answers a poll only once a hello has told it whose line it is.
"""


def pause_ms(name: str, attempt: int) -> int:
    """Return the pause after the `attempt`-th silence (from 0): doubled each time, capped, spread by name.

    The spread (up to half) keeps a fleet that lost its office together from coming back in one instant.
    """
    pause = min(RETRY_MS << min(attempt, 16), RETRY_MS_MAX)
    return pause // 2 + crc32(f"{name}/{attempt}".encode()) % (pause // 2 + 1)
