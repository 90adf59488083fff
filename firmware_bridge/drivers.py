"""Every kind of device that the bridge speaks to, by the protocol and model that settings name.

House rule: a driver that needs a library which is not installed says so when it is chosen, not at a tap.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from firmware_bridge.board.catalogue import NUMBER_MAX
from firmware_bridge.board.link import BoardLink
from firmware_bridge.conversation import Conversation
from firmware_bridge.em4100.frames import BAUD as EM4100_BAUD
from firmware_bridge.em4100.link import Em4100Link
from firmware_bridge.errors import KeyFileMissingError
from firmware_bridge.key_files import read_key
from firmware_bridge.osdp import library
from firmware_bridge.osdp.link import BAUD as OSDP_BAUD
from firmware_bridge.osdp.link import DEFAULT_KEY, OsdpLink
from firmware_bridge.pn532.chip import BAUD as PN532_BAUD

BOARD_BAUD = 115200
"""The USB line of a Pico has no speed; a board on a serial line (`socket://` too) has this."""


@dataclass(frozen=True, slots=True)
class Driver:
    """How to speak to one device: its line's speed, and a conversation that has not begun.

    `low_lines`: DTR and RTS are held low from the opening on, for boards that they would reset or silence.
    `one_way`: it can show nothing and is asked nothing. `names_itself`: its `DeviceReady` tells one device of its kind
    from another; of the others the USB adapter's serial number is all that can be known.
    """

    baud: int
    conversation: Conversation
    low_lines: bool = False
    one_way: bool = False
    names_itself: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """What a driver may need of the settings. `address`: an OSDP reader's, 0 to 126. `key_file`: an OSDP reader's own
    key, or the master key of the cards at a PN532 (`None`: cards show numbers only). `identity`: what a simulated board
    calls itself.
    """

    address: int = 0
    key_file: Path | None = None
    identity: str = ""


def _pn532(options: Options) -> Driver:
    """Raise a `KeyFile…Error` when the cards' key is named and will not do."""
    from firmware_bridge.cards.keys import load_card_keys  # noqa: PLC0415 - ciphers cost a controller without it 12 MB
    from firmware_bridge.pn532.link import Pn532Link  # noqa: PLC0415 - as above

    keys = None if options.key_file is None else load_card_keys(options.key_file)
    return Driver(PN532_BAUD, Pn532Link(keys), low_lines=True, one_way=True)


def _osdp(options: Options) -> Driver:
    """Raise `LibraryMissingError` without libosdp, a `KeyFile…Error` without a key of its own."""
    library.load()
    if options.key_file is None:
        raise KeyFileMissingError("key_file")
    link = OsdpLink(options.address, read_key(options.key_file, DEFAULT_KEY))
    return Driver(OSDP_BAUD, link, names_itself=True)


DRIVERS: dict[tuple[str, str], Callable[[Options], Driver]] = {
    ("em4100", "id12"): lambda _options: Driver(EM4100_BAUD, Em4100Link("id12"), one_way=True),
    ("em4100", "rdm6300"): lambda _options: Driver(EM4100_BAUD, Em4100Link("rdm6300"), one_way=True),
    ("pn532", "pn532"): _pn532,
    ("osdp", "osdp"): _osdp,
    ("board", "board"): lambda _options: Driver(
        BOARD_BAUD, BoardLink(secrets.randbelow(NUMBER_MAX) + 1), names_itself=True
    ),
}


def driver_for(protocol: str, model: str, options: Options | None = None) -> Driver:
    """Return a driver with a new conversation; `KeyError` for a pair that settings would have refused."""
    return DRIVERS[protocol, model](options or Options())


def models_of(protocol: str) -> tuple[str, ...]:
    """Return the models that a protocol has."""
    return tuple(model for known, model in DRIVERS if known == protocol)
