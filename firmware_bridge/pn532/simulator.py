"""A PN532 without hardware: the chip model behind a real pseudo-terminal, served by a thread.

House rules: the bytes are the chip's; faults are asked for through `model.faults`; what a thread touches it locks.
"""

import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from firmware_bridge.cards.simulated import NumberCard
from firmware_bridge.errors import BadBadgeNumberError
from firmware_bridge.pn532.chip_model import ChipModel, Faults
from firmware_bridge.simulator import PseudoTerminal

_UID_DIGITS = (8, 14, 20)
_WAIT_S = 0.05
"""How long the thread listens at most before it looks whether it is to end."""


class SimulatedPn532:
    """A chip behind `path`; a context manager, and a `Badges` for a `Presenter`. `link`: where to put the path."""

    def __init__(self, link: Path | None = None) -> None:
        self.line = PseudoTerminal(link)
        self._model = ChipModel()
        self._placed: NumberCard | None = None
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="simulated-pn532", daemon=True)
        self._thread.start()

    @property
    def path(self) -> str:
        """The stable path to open."""
        return self.line.path

    @property
    def faults(self) -> Faults:
        """What is wrong with the chip: set what you want to see."""
        return self._model.faults

    def reset(self) -> None:
        """Reset the chip, as a dip of its supply does."""
        with self._lock:
            self._model.reset()

    def unplug(self) -> None:
        """Pull the plug."""
        self.line.unplug()

    def replug(self) -> None:
        """Plug in again: a chip that knows nothing of before."""
        self.reset()
        self.line.replug()

    def place_card(self, card: NumberCard) -> None:
        """Put any card to the reader."""
        with self._lock:
            self._model.place(card, _now_ms())

    def take_card(self, card: NumberCard) -> None:
        """Take it away."""
        with self._lock:
            self._model.take_away(card)

    def checked(self, number_hex: str) -> str:
        """Give a number of 4, 7 or 10 bytes in upper case; raise `BadBadgeNumberError`."""
        number = number_hex.strip().upper()
        if len(number) not in _UID_DIGITS or not set(number) <= set("0123456789ABCDEF"):
            raise BadBadgeNumberError("")
        return number

    def place(self, number_hex: str) -> None:
        """Put a card with nothing but this number to the reader, in place of the one before."""
        card = NumberCard(bytes.fromhex(self.checked(number_hex)))
        self.take_away()
        self._placed = card
        self.place_card(card)

    def tick(self) -> None:
        """Do nothing: the reader polls, and the card answers."""

    def take_away(self) -> None:
        """Take away the card that `place` put there."""
        if self._placed is not None:
            self.take_card(self._placed)
            self._placed = None

    def close(self) -> None:
        """End the thread and leave nothing behind."""
        self._closing.set()
        self._thread.join()
        self.line.close()

    def _serve(self) -> None:
        while not self._closing.is_set():
            wait_s, began_s = self._wait_s(), time.monotonic()
            data = self.line.read(wait_s)
            if not data:  # a line that nobody has open gives nothing at once, and may not take the processor for it
                self._closing.wait(max(0.0, began_s + wait_s - time.monotonic()))
            with self._lock:
                now_ms = _now_ms()
                if data:
                    self._model.receive(data, now_ms)
                answer = self._model.due(now_ms)
            if answer:
                self.line.write(answer)

    def _wait_s(self) -> float:
        with self._lock:
            due_ms = self._model.next_due()
        return _WAIT_S if due_ms is None else min(_WAIT_S, max(0.0, (due_ms - _now_ms()) / 1000))

    def __enter__(self) -> Self:
        """Return the chip."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000
