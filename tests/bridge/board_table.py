"""A host and a board on one table: both programs whole, a line each way that a test may spoil, one clock moved by hand.

House rule: a step is 10 ms for both, so that a story can name its instants.
"""

import json
from collections.abc import Callable
from random import Random
from typing import TypeVar

from firmware_bridge.board.link import BoardLink
from firmware_bridge.board.micropython import simulated
from firmware_bridge.board.micropython.board import Board
from firmware_bridge.board.simulator import Panel
from firmware_bridge.commands import Command, Relay
from firmware_bridge.em4100.frames import encode
from firmware_bridge.messages import Message

STEP_MS = 10
HOLD = Relay(on=True, lease_ms=5_000)
OPEN = Relay(on=False, lease_ms=0)
Kind = TypeVar("Kind")
Wire = Callable[[bytes, Random], bytes]


def copper(data: bytes, _chance: Random) -> bytes:
    """All that is sent comes."""
    return data


def cut(_data: bytes, _chance: Random) -> bytes:
    """Nothing comes."""
    return b""


class Bytes(simulated.Stream):
    """The board's end of the line, in memory."""

    def __init__(self) -> None:
        self.incoming = b""
        self.outgoing = b""

    def read(self, wait_s: float) -> bytes:
        taken, self.incoming = self.incoming[: simulated.BYTES_MAX], self.incoming[simulated.BYTES_MAX :]
        return taken

    def write(self, data: bytes) -> int:
        self.outgoing += data
        return len(data)


class Table:
    """`to_board` and `to_host` are the wires; `said` is what the host's program was told, in order."""

    def __init__(self, *, seed: int = 0, session: int = 5, reader: str = "rdm6300") -> None:
        self.chance = Random(seed)
        self.to_board: Wire = copper
        self.to_host: Wire = copper
        self.reader = reader
        self.now_ms = 0
        self.said: list[Message] = []
        self.link = BoardLink(session)
        self.start_board(boot=77)
        self.link.restored(self.now_ms)

    def start_board(self, boot: int) -> None:
        """Put a board on the table that has just started."""
        self.line, self.panel = Bytes(), Panel()
        self.hardware = simulated.Simulated("TABLE-BOARD", boot, self.line, self.panel, by_hand=True)
        self.hardware.relay(False)  # noqa: FBT003 - as its program starts
        self.board = Board(self.hardware, self.reader, simulated.MILLIAMPERES_FULL)
        self.panel.order(f"pass {self.now_ms}")
        self.hardware.wait()

    @property
    def relay(self) -> bool:
        """Whether the board's relay is closed."""
        return self.hardware.relay_reads()

    def step(self) -> list[Message]:
        """Let 10 ms pass; return what the host was told."""
        self.now_ms += STEP_MS
        self.panel.order(f"pass {STEP_MS}")
        self.line.incoming += self.to_board(self.link.to_send(), self.chance)
        self.hardware.wait()
        self.board.turn()
        whole = self.line.outgoing.rfind(b"\n") + 1  # the board writes lines in pieces; a wire spoils lines
        heard, self.line.outgoing = self.line.outgoing[:whole], self.line.outgoing[whole:]
        said = self.link.receive(self.to_host(heard, self.chance), self.now_ms)
        self.said += said
        return said

    def pass_ms(self, duration_ms: int) -> list[Message]:
        """Let time pass; return what the host was told meanwhile."""
        return [message for _ in range(duration_ms // STEP_MS) for message in self.step()]

    def greeted(self) -> "Table":
        """Let the two greet each other."""
        self.pass_ms(50)
        self.said.clear()
        return self

    def ask(self, command: Command) -> bool:
        """Have the host's program ask for something."""
        return self.link.ask(command, self.now_ms)

    def show_badge(self, number_hex: str, duration_ms: int) -> None:
        """Hold a badge to the board's reader."""
        for _ in range(duration_ms // 60):
            self.panel.order(f"reader {encode(number_hex, 'rdm6300').hex()}")
            self.pass_ms(60)

    def opened_at_ms(self) -> int:
        """When the board last opened its relay, by its own clock."""
        at_ms, closed = self.panel.history("relay")[-1]
        assert json.dumps(closed) == "false"
        return at_ms


def only(kind: type[Kind], said: list[object]) -> list[Kind]:
    """The messages of a kind."""
    return [message for message in said if isinstance(message, kind)]


def held(table: Table) -> Table:
    """A table whose relay is held closed."""
    table.greeted()
    assert table.ask(HOLD)
    table.pass_ms(50)
    assert table.relay
    table.said.clear()
    return table
