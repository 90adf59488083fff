"""The master key of a site's cards.

House rule: it is read once, from a file that only its owner can read, and stands in no message, log or `repr`.
"""

from dataclasses import dataclass, field
from pathlib import Path

from firmware_bridge.key_files import KEY_BYTES, read_key

FACTORY_KEY = bytes(KEY_BYTES)
"""What every card leaves the factory with: known to all, and therefore proof of nothing."""


@dataclass(frozen=True, slots=True)
class CardKeys:
    """The keys of a site's cards: `master` is 16 random bytes."""

    master: bytes = field(repr=False)


def load_card_keys(path: Path) -> CardKeys:
    """Read the master key; raise one of the `KeyFile…Error`s."""
    return CardKeys(read_key(path, FACTORY_KEY))
