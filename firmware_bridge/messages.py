"""What a reader or board tells the program: the words of the layer above the line.

House rules: frozen; a badge's number is never part of a message's `repr`, so that no log catches it.
"""

from dataclasses import dataclass, field
from typing import Literal

Proof = Literal["number", "number+pin", "cryptographic"]
"""How a badge showed who it is: a number that anybody can copy, a number and a code, or a key that it never tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BadgePresented:
    """A badge was put to the reader: one message per presentation, however often the reader repeats itself.

    `number_hex`: upper-case hex digits: 10 of an EM4100 badge (version byte and 32-bit number), 8, 14 or 20 of an
    ISO 14443 card, the data bits of a Wiegand number (6 or 8).
    `at_ms`: the injected clock when the read was accepted; `received_ns`: the same clock, in nanoseconds,
    just after the last byte of the accepted frame was read (0 when no line was involved).
    """

    number_hex: str = field(repr=False)
    at_ms: int
    received_ns: int = 0
    proof: Proof = "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class BadgeRemoved:
    """The badge last presented is gone: `at_ms` is the end of the silence that proved it."""

    number_hex: str = field(repr=False)
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BadgeUnusable:
    """A card that can be nobody's badge: its number changes each time, or it failed to prove what it should."""

    reason: Literal["random_number", "not_authentic", "factory_key", "replayed", "unreadable"]
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonPressed:
    """A button of the device was pressed and let go."""

    button: str
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentSample:
    """What the machine draws, root mean square over the device's own second."""

    milliamperes: int
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InputChanged:
    """A contact that the device watches changed; `active` is pressed, open or tampered with."""

    name: Literal["e_stop", "guard", "tamper"]
    active: bool
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayReported:
    """What the device's own relay is, as the device reads it."""

    on: bool
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceReady:
    """The device answered and can be used; `identity` and `firmware` are its own words."""

    identity: str
    firmware: str
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceTrouble:
    """The line is open and the device cannot be used; said once, until `DeviceReady`. `code` is the driver's word;
    `found` is the identity of a device that is not the wanted one (`identity.WRONG_DEVICE`).
    """

    code: str
    at_ms: int
    found: str = ""


Message = (
    BadgePresented
    | BadgeRemoved
    | BadgeUnusable
    | ButtonPressed
    | CurrentSample
    | InputChanged
    | RelayReported
    | DeviceReady
    | DeviceTrouble
)
