"""What a reader tells the program: the words of the layer above the line.

House rules: frozen; a badge's number is never part of a message's `repr`, so that no log catches it.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class BadgePresented:
    """A badge was put to the reader: one message per presentation, however often the reader repeats itself.

    `number_hex`: 10 upper-case hex digits (the version byte and the 32-bit number of an EM4100 badge).
    `at_ms`: the injected clock when the read was accepted; `received_ns`: the same clock, in nanoseconds,
    just after the last byte of the accepted frame was read (0 when no line was involved).
    """

    number_hex: str = field(repr=False)
    at_ms: int
    received_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BadgeRemoved:
    """The badge last presented is gone: `at_ms` is the end of the silence that proved it."""

    number_hex: str = field(repr=False)
    at_ms: int


Message = BadgePresented | BadgeRemoved
