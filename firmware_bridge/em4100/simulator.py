"""An EM4100 reader without hardware: it sends what the model sends, byte for byte, and faults on request.

House rule: time is moved by hand (`tick`), or by a `Presenter`'s thread for a demonstration.
"""

from pathlib import Path

from firmware_bridge.em4100.frames import ALL_ZERO, Model, badge_number, encode
from firmware_bridge.em4100.presence import PROFILES
from firmware_bridge.simulator import PseudoTerminal

CUT_BYTES = 9
"""What is left of a cut frame: a start and eight digits, which nothing can be made of."""


class SimulatedReader(PseudoTerminal):
    """A reader of the given model."""

    def __init__(self, model: Model, link: Path | None = None) -> None:
        self.model = model
        self._repeats = PROFILES[model].repeats
        self._badge: str | None = None
        self._fault = ""
        super().__init__(link)

    def checked(self, number_hex: str) -> str:
        """Give a badge's number as it is on the line; raise `BadBadgeNumberError`."""
        return badge_number(number_hex)

    def place(self, number_hex: str) -> None:
        """Put a badge to the reader: its first frame goes out. Raise `BadBadgeNumberError`."""
        self._badge = badge_number(number_hex)
        self._send(self._badge)

    def tick(self) -> None:
        """Let one repeat interval pass: a model that repeats sends the badge's frame again."""
        if self._badge is not None and self._repeats:
            self._send(self._badge)

    def have_fault(self, fault: str) -> None:
        """From now on damage every frame (`damaged`) or cut it short (`cut`); "" mends it."""
        self._fault = fault

    def take_away(self) -> None:
        """Take the badge away; no reader of these models says so."""
        self._badge = None

    def send_bad_checksum(self, number_hex: str) -> None:
        """Send a frame whose number was damaged on the way."""
        frame = encode(badge_number(number_hex), self.model)
        damaged = b"1" if frame[1:2] == b"0" else b"0"
        self.write(frame[:1] + damaged + frame[2:])

    def send_cut(self, number_hex: str, length: int) -> None:
        """Send only the first `length` bytes of a frame."""
        self.write(encode(badge_number(number_hex), self.model)[:length])

    def send_phantom(self) -> None:
        """Send the all-zero frame, checksum right, that RDM6300 modules invent."""
        self.write(encode(ALL_ZERO, self.model))

    def _send(self, badge: str) -> None:
        match self._fault:
            case "damaged":
                self.send_bad_checksum(badge)
            case "cut":
                self.send_cut(badge, CUT_BYTES)
            case _:
                self.write(encode(badge, self.model))
