"""Every kind of device that the bridge speaks to, by the protocol and model that settings name.

House rule: a driver that needs a library which is not installed says so when it is chosen, not at a tap.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from firmware_bridge.board.catalogue import NUMBER_MAX
from firmware_bridge.board.link import BoardLink
from firmware_bridge.conversation import Conversation
from firmware_bridge.em4100.frames import BAUD as EM4100_BAUD
from firmware_bridge.em4100.link import Em4100Link

BOARD_BAUD = 115200
"""The USB line of a Pico has no speed; a board on a serial line (`socket://` too) has this."""


@dataclass(frozen=True, slots=True)
class Driver:
    """How to speak to one device: its line's speed, and a conversation that has not begun.

    `low_lines`: DTR and RTS are held low from the opening on, for boards that they would reset or silence.
    `one_way`: it only speaks, so it is asked nothing.
    """

    baud: int
    conversation: Conversation
    low_lines: bool = False
    one_way: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """What a driver may need of the settings."""

    address: int = 0


DRIVERS: dict[tuple[str, str], Callable[[Options], Driver]] = {
    ("em4100", "id12"): lambda _options: Driver(EM4100_BAUD, Em4100Link("id12"), one_way=True),
    ("em4100", "rdm6300"): lambda _options: Driver(EM4100_BAUD, Em4100Link("rdm6300"), one_way=True),
    ("board", "board"): lambda _options: Driver(BOARD_BAUD, BoardLink(secrets.randbelow(NUMBER_MAX) + 1)),
}


def driver_for(protocol: str, model: str, options: Options | None = None) -> Driver:
    """Return a driver with a new conversation; `KeyError` for a pair that settings would have refused."""
    return DRIVERS[protocol, model](options or Options())


def models_of(protocol: str) -> tuple[str, ...]:
    """Return the models that a protocol has."""
    return tuple(model for known, model in DRIVERS if known == protocol)
