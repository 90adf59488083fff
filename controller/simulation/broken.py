"""A rule of the simulated workshop that did not hold.

House rule: the sentence names the use and the figures; whoever runs the simulation adds seed and step.
"""

from __future__ import annotations


class BrokenError(Exception):
    """A rule that did not hold; the message says which and where."""


def must(holds: object, says: str) -> None:
    """Raise `BrokenError` when something does not hold."""
    if not holds:
        raise BrokenError(says)
