"""A PN532 without hardware: the chip model behind a real pseudo-terminal, served by a thread.

House rules: the bytes are the chip's; faults are asked for through `model.faults`; what a thread touches it locks.
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from firmware_bridge.cards.simulated import Desfire, Ntag424, NumberCard
from firmware_bridge.errors import BadBadgeNumberError
from firmware_bridge.pn532.chip_model import ChipModel, Faults
from firmware_bridge.simulator import PseudoTerminal

_UID_DIGITS = (8, 14, 20)
_BLANK: dict[str, Callable[[bytes], NumberCard]] = {"ntag424": Ntag424, "desfire": lambda uid: Desfire(uid, blank=True)}
CARDS_MAX = 100
"""Cards with keys that are remembered with what was written to them; of more, the first is a blank one again."""
_WAIT_S = 0.05
"""How long the thread listens at most before it looks whether it is to end."""


class SimulatedPn532:
    """A chip behind `path`; a context manager, and a `Badges` for a `Presenter`. `link`: where to put the path."""

    def __init__(self, link: Path | None = None) -> None:
        self.line = PseudoTerminal(link)
        self._model = ChipModel()
        self._placed: NumberCard | None = None
        self._cards: dict[str, NumberCard] = {}
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
        """Give a number of 4, 7 or 10 bytes in upper case; raise `BadBadgeNumberError`.

        `ntag424 NUMBER` and `desfire NUMBER` are cards fresh from the factory, which remember what is written to them.
        """
        *kind, number = number_hex.upper().split() or [""]
        if len(number) not in _UID_DIGITS or not set(number) <= set("0123456789ABCDEF"):
            raise BadBadgeNumberError("")
        if kind and (len(kind) > 1 or kind[0].lower() not in _BLANK):
            raise BadBadgeNumberError("")
        return " ".join([*map(str.lower, kind), number])

    def place(self, number_hex: str) -> None:
        """Put a card to the reader, in place of the one before."""
        card = self._card(self.checked(number_hex))
        self.take_away()
        self._placed = card
        self.place_card(card)

    def _card(self, checked: str) -> NumberCard:
        """A card with nothing but its number, or one with keys as it was left."""
        kind, _, number = checked.rpartition(" ")
        if not kind:
            return NumberCard(bytes.fromhex(number))
        if checked not in self._cards:
            if len(self._cards) == CARDS_MAX:
                del self._cards[next(iter(self._cards))]
            self._cards[checked] = _BLANK[kind](bytes.fromhex(number))
        return self._cards[checked]

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
