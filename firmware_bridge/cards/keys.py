"""The master key of a site's cards.

House rule: it is read once, from a file that only its owner can read, and stands in no message, log or `repr`.
"""

import stat
from dataclasses import dataclass, field
from pathlib import Path

from firmware_bridge.errors import CardKeyLengthError, CardKeyMissingError, CardKeyOpenError, CardKeyTrivialError

KEY_BYTES = 16
FACTORY_KEY = bytes(KEY_BYTES)
"""What every card leaves the factory with: known to all, and therefore proof of nothing."""


@dataclass(frozen=True, slots=True)
class CardKeys:
    """The keys of a site's cards: `master` is 16 random bytes."""

    master: bytes = field(repr=False)


def load_card_keys(path: Path) -> CardKeys:
    """Read the master key; raise one of `CardKeyError`: missing, open to others, not 16 bytes, or one byte repeated."""
    try:
        with path.open("rb") as file:
            mode = path.stat().st_mode
            master = file.read(KEY_BYTES + 1)
    except OSError as error:
        raise CardKeyMissingError(str(path)) from error
    if mode & (stat.S_IROTH | stat.S_IWOTH | stat.S_IWGRP):
        raise CardKeyOpenError(str(path))
    if len(master) != KEY_BYTES:
        raise CardKeyLengthError(str(path))
    if len(set(master)) == 1:
        raise CardKeyTrivialError(str(path))
    return CardKeys(master)
