"""A board without hardware: the board's own program on a pseudo-terminal, with hands, eyes and faults on request.

House rules: what runs is what a Pico runs, but for `hal`; a hand (`place`, `press`, `e_stop`…) works at the next turn
of its loop; `driven` is what an eye would see. It runs by the clock, or by hand for those who prove times.
"""

import contextlib
import json
import secrets
import threading
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Literal, Self, get_args

from firmware_bridge.board.catalogue import NUMBER_MAX
from firmware_bridge.board.micropython import simulated
from firmware_bridge.board.micropython.main import run
from firmware_bridge.em4100.frames import Model, badge_number, encode
from firmware_bridge.simulator import PseudoTerminal

Fault = Literal["none", "silent", "deaf", "lossy", "noisy"]
"""On the line: nothing; the board's words are lost; the host's are; one byte in five is, both ways; bytes are added."""
FAULTS: tuple[Fault, ...] = get_args(Fault)
HISTORY_MAX = 1000
"""Changes of each thing that are remembered: a person looks at the newest; older ones are forgotten."""
ORDERS_MAX = 4096
"""Bytes of orders that the loop has not taken yet: hands are slow. Beyond it an order is lost."""
LOSS = 0.2
IDENTITY = "SIMULATED-BOARD"
"""What a simulated board calls itself when it is not told otherwise."""


class Panel(simulated.Stream):
    """Orders in, what is driven out: both ends of a simulated board's hands and eyes, for two threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._orders = b""
        self._driven: dict[str, object] = {}
        self._history: dict[str, deque[tuple[int, object]]] = {}

    def order(self, text: str) -> None:
        """Have the board's loop take an order, as `simulated` lists them."""
        with self._lock:
            if len(self._orders) < ORDERS_MAX:
                self._orders += text.encode() + b"\n"

    def read(self, wait_s: float) -> bytes:
        """The board's side: the next orders, as many as it takes at once."""
        with self._lock:
            taken, self._orders = self._orders[: simulated.BYTES_MAX], self._orders[simulated.BYTES_MAX :]
            return taken

    def write(self, data: bytes) -> int:
        """The board's side: what it drives."""
        said = json.loads(data)
        at_ms = said.pop("ms")
        with self._lock:
            for what, value in said.items():
                self._driven[what] = value
                self._history.setdefault(what, deque(maxlen=HISTORY_MAX)).append((at_ms, value))
        return len(data)

    def driven(self) -> Mapping[str, object]:
        """What each thing is now."""
        with self._lock:
            return dict(self._driven)

    def history(self, what: str) -> list[tuple[int, object]]:
        """(board's own milliseconds, value) of each change of a thing, oldest first."""
        with self._lock:
            return list(self._history.get(what, ()))


class FaultyLine(simulated.Stream):
    """The line between the board's program and the pseudo-terminal; `fault` may change at any moment."""

    def __init__(self, terminal: PseudoTerminal, seed: int) -> None:
        self.fault: Fault = "none"
        self._terminal = terminal
        self._held = b""
        self._chance = Random(seed)  # noqa: S311 - faults are to be repeatable

    def read(self, wait_s: float) -> bytes:
        """What came from the host; waits also while nobody has the line open."""
        if not self._held:
            began_s = time.monotonic()
            self._held = self._spoil(self._terminal.read(wait_s), lost=self.fault == "deaf")
            if not self._held:
                # A line that nobody holds returns at once: this pause is the board's own wait.
                time.sleep(max(0.0, wait_s - (time.monotonic() - began_s)))
        taken, self._held = self._held[: simulated.BYTES_MAX], self._held[simulated.BYTES_MAX :]
        return taken

    def write(self, data: bytes) -> int:
        """Send to the host."""
        self._terminal.write(self._spoil(data, lost=self.fault == "silent"))
        return len(data)

    def _spoil(self, data: bytes, *, lost: bool) -> bytes:
        if lost:
            return b""
        if self.fault == "lossy":
            return bytes(byte for byte in data if self._chance.random() >= LOSS)
        if self.fault == "noisy" and data:
            return self._chance.randbytes(self._chance.randint(0, 40)) + data
        return data


class SimulatedBoard:
    """A board behind `path`, its loop on a thread of its own; a context manager.

    `identity`: what it calls itself, at most 16 characters. `by_hand`: its clock moves only by `pass_ms`. `seed`: of
    its faults.
    """

    def __init__(
        self,
        link: Path | None = None,
        *,
        reader: Model = "rdm6300",
        identity: str = IDENTITY,
        by_hand: bool = False,
        seed: int = 0,
    ) -> None:
        self._reader, self._identity, self._by_hand = reader, identity, by_hand
        self.terminal = PseudoTerminal(link)
        self._line = FaultyLine(self.terminal, seed)
        self._badge: str | None = None
        self._closing = threading.Event()
        self.panel = Panel()
        self._thread = threading.Thread(target=self._work, name="simulated-board", daemon=True)
        self._thread.start()

    @property
    def path(self) -> str:
        """The stable path to open."""
        return self.terminal.path

    @property
    def relay(self) -> bool:
        """Whether the relay is driven closed."""
        return self.panel.driven().get("relay") is True

    def checked(self, number_hex: str) -> str:
        """Give a number as the board's reader would read it; raise `BadBadgeNumberError`."""
        return badge_number(number_hex)

    def place(self, number_hex: str) -> None:
        """Put a badge to the board's reader; raise `BadBadgeNumberError`."""
        self._badge = badge_number(number_hex)
        self.tick()
        self.tick()

    def tick(self) -> None:
        """Let one repeat of the reader pass."""
        if self._badge is not None:
            self.panel.order(f"reader {encode(self._badge, self._reader).hex()}")

    def take_away(self) -> None:
        """Take the badge away."""
        self._badge = None

    def button(self, *, down: bool) -> None:
        """Press or let go of the button."""
        self.panel.order(f"button {int(down)}")

    def danger(self, *, down: bool) -> None:
        """Press or let go of the danger button."""
        self.panel.order(f"danger {int(down)}")

    def e_stop(self, *, pressed: bool) -> None:
        """Press or release the emergency stop."""
        self.panel.order(f"e_stop {int(pressed)}")

    def guard(self, *, opened: bool) -> None:
        """Open or close the guard."""
        self.panel.order(f"guard {int(opened)}")

    def current(self, milliamperes: int) -> None:
        """Have the machine draw so much, root mean square."""
        self.panel.order(f"current {milliamperes}")

    def pass_ms(self, duration_ms: int) -> None:
        """Move the board's clock, where it is moved by hand."""
        self.panel.order(f"pass {duration_ms}")

    def fault(self, fault: Fault) -> None:
        """Have the line behave so from now on."""
        self._line.fault = fault

    def restart(self) -> None:
        """Have the board's program fail: it opens the relay and starts again, as after a reset by the watchdog."""
        self.panel.order("crash")

    def unplug(self) -> None:
        """Pull the plug of the line."""
        self.terminal.unplug()

    def replug(self) -> None:
        """Plug the line in again."""
        self.terminal.replug()

    def close(self) -> None:
        """End the board's program and leave nothing behind."""
        self._closing.set()
        self.panel.order("crash")
        self._thread.join()
        self.terminal.close()

    def _work(self) -> None:
        while not self._closing.is_set():
            boot = secrets.randbelow(NUMBER_MAX) + 1
            board = simulated.Simulated(self._identity, boot, self._line, self.panel, self._by_hand)
            with contextlib.suppress(RuntimeError):  # a fault on request
                run(board, self._reader, simulated.MILLIAMPERES_FULL)

    def __enter__(self) -> Self:
        """Return the board."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()
