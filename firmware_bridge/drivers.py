"""Every kind of device that the bridge speaks to, by the protocol and model that settings name.

House rule: a driver that needs a library which is not installed says so when it is chosen, not at a tap.
"""

from collections.abc import Callable
from dataclasses import dataclass

from firmware_bridge.cards.keys import CardKeys
from firmware_bridge.conversation import Conversation
from firmware_bridge.em4100.frames import BAUD as EM4100_BAUD
from firmware_bridge.em4100.link import Em4100Link
from firmware_bridge.pn532.chip import BAUD as PN532_BAUD


@dataclass(frozen=True, slots=True)
class Driver:
    """How to speak to one device: its line's speed, and a conversation that has not begun.

    `low_lines`: DTR and RTS are held low from the opening on, for boards that they would reset or silence.
    `one_way`: it can show nothing and is asked nothing.
    """

    baud: int
    conversation: Conversation
    low_lines: bool = False
    one_way: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """What a driver may need of the settings. `card_keys`: what cards at a PN532 must prove; None: numbers only."""

    address: int = 0
    card_keys: CardKeys | None = None


def _pn532(options: Options) -> Driver:
    from firmware_bridge.pn532.link import Pn532Link  # noqa: PLC0415 - ciphers cost a controller without it 12 MB

    return Driver(PN532_BAUD, Pn532Link(options.card_keys), low_lines=True, one_way=True)


DRIVERS: dict[tuple[str, str], Callable[[Options], Driver]] = {
    ("em4100", "id12"): lambda _options: Driver(EM4100_BAUD, Em4100Link("id12"), one_way=True),
    ("em4100", "rdm6300"): lambda _options: Driver(EM4100_BAUD, Em4100Link("rdm6300"), one_way=True),
    ("pn532", "pn532"): _pn532,
}


def driver_for(protocol: str, model: str, options: Options | None = None) -> Driver:
    """Return a driver with a new conversation; `KeyError` for a pair that settings would have refused."""
    return DRIVERS[protocol, model](options or Options())


def models_of(protocol: str) -> tuple[str, ...]:
    """Return the models that a protocol has."""
    return tuple(model for known, model in DRIVERS if known == protocol)
