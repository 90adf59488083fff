"""The board's real program under MicroPython, over a pseudo-terminal, against the bridge's real thread."""

import json
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from firmware_bridge.board import catalogue, frames
from firmware_bridge.commands import Command, Light, Relay, Text
from firmware_bridge.drivers import driver_for
from firmware_bridge.messages import BadgePresented, ButtonPressed, DeviceReady, InputChanged, Message, RelayReported
from firmware_bridge.reader import SerialReader
from tests.bridge.board_process import ROOT, BoardProcess, environment, micropython, needs_micropython
from tests.waiting import wait_until

pytestmark = [pytest.mark.pty, needs_micropython]

BADGE = "0A00123456"
HOLD = Relay(on=True, lease_ms=5_000)


class Bridge:
    """A `SerialReader` at work on its thread, and what it was told."""

    def __init__(self, path: str) -> None:
        self.told: queue.Queue[Message] = queue.Queue()
        self._reader = SerialReader(
            path, driver_for("board", "board"), clock_ns=time.monotonic_ns, on_message=self.told.put, on_state=_ignored
        )
        self._thread = threading.Thread(target=self._reader.run)
        self._thread.start()

    def ask(self, command: Command) -> None:
        """Have the board do something."""
        assert self._reader.ask(command)

    def until(self, wanted: Callable[[Message], bool]) -> Message:
        """The next message of that kind; others are passed over."""
        while True:
            message = self.told.get(timeout=20)
            if wanted(message):
                return message

    def stop(self) -> None:
        """End the bridge: from here on nobody renews anything."""
        self._reader.stop()
        self._thread.join(20)


def _ignored(_state: object) -> None:
    """States of the line have their own tests."""


@contextmanager
def bridge(board: BoardProcess) -> Iterator[Bridge]:
    """A bridge that has met the board."""
    running = Bridge(board.path)
    try:
        running.until(lambda message: isinstance(message, DeviceReady))
        yield running
    finally:
        running.stop()


def is_relay(*, on: bool) -> Callable[[Message], bool]:
    """Whether a message reports the relay so."""
    return lambda message: isinstance(message, RelayReported) and message.on is on


def is_active(name: str) -> Callable[[Message], bool]:
    """Whether a message says that an input became active."""
    return lambda message: isinstance(message, InputChanged) and message.active and message.name == name


def test_a_tap_a_verdict_and_a_relay_on_the_boards_real_program() -> None:
    """Badge and button come up; light, text and relay go down; the relay's reading comes back."""
    with BoardProcess("own") as board, bridge(board) as host:
        board.place(BADGE)
        badge = host.until(lambda message: isinstance(message, BadgePresented))
        host.ask(Light("green"))
        host.ask(Text(("Accordé", "jusqu'à 18h30")))
        host.ask(HOLD)
        host.until(is_relay(on=True))
        board.order("button 1")
        host.until(lambda message: isinstance(message, ButtonPressed))
        wait_until(lambda: [0, 255, 0] in [parts for _at, parts in board.history("light")])
        closed = board.relay
        host.ask(Relay(on=False, lease_ms=0))
        host.until(is_relay(on=False))

        assert isinstance(badge, BadgePresented)
        assert badge.number_hex == BADGE
        assert badge.received_ns > 0
        assert closed
        assert not board.relay


def test_when_the_host_is_gone_the_board_opens_its_relay_within_its_lease() -> None:
    """Measured on the board's own clock, moved by hand: closed until the lease's last millisecond, then open."""
    with BoardProcess("hand") as board, bridge(board) as host:
        host.ask(HOLD)
        wait_until(lambda: board.relay)
        host.stop()
        board.pass_ms(catalogue.LEASE_MAX_MS - 1)
        wait_until(lambda: board.history("passed")[-1][0] == catalogue.LEASE_MAX_MS - 1)
        still = board.relay

        board.pass_ms(1)
        wait_until(lambda: not board.relay)

        assert still
        assert board.history("relay") == [(0, True), (catalogue.LEASE_MAX_MS, False)]


def test_the_emergency_stop_opens_the_relay_with_no_host_at_all() -> None:
    """The board's clock stands still and nobody is there: the stop alone opens it, and its release closes nothing."""
    with BoardProcess("hand") as board, bridge(board) as host:
        host.ask(HOLD)
        wait_until(lambda: board.relay)
        host.stop()

        board.order("e_stop 1")
        board.order("e_stop 0")
        wait_until(lambda: not board.relay)
        board.pass_ms(1_000)

        assert board.history("relay") == [(0, True), (0, False)]


def test_a_fault_in_the_boards_program_opens_the_relay_before_anything_else() -> None:
    """An exception in the loop: the last thing driven is the relay, open."""
    with BoardProcess("own") as board, bridge(board) as host:
        host.ask(HOLD)
        host.until(is_relay(on=True))

        board.order("crash")
        last_words = board.ended()

        assert "a fault on request" in last_words
        assert not board.relay


def test_the_inputs_are_told_as_they_stand() -> None:
    """Guard and emergency stop, each at its change."""
    with BoardProcess("own") as board, bridge(board) as host:
        board.order("e_stop 1")
        first = host.until(is_active("e_stop"))
        board.order("guard 1")
        second = host.until(is_active("guard"))

        assert first.at_ms <= second.at_ms


FRAMING = """
import json, sys
from firmware_bridge.board import catalogue
from firmware_bridge.board.micropython.framing import LineReader, encode
for text in sys.stdin:
    asked = json.loads(text)
    reader = LineReader()
    found = reader.feed(bytes.fromhex(asked["bytes"]))
    said = encode(asked["n"], asked["t"], asked["values"]).hex()
    print(json.dumps({"found": [[m["n"], m["t"], m["fault"]] for m in found], "missed": reader.missed, "said": said}))
print(json.dumps({"catalogue": [catalogue.TO_BOARD, catalogue.TO_HOST]}))
"""


def test_micropython_reads_and_writes_lines_as_cpython_does() -> None:
    """The catalogue and the framing are one file each: both Pythons make the same of them."""
    values: dict[str, frames.Value] = {"number": "0A00123456", "tap": 3, "stays": True}
    lines = [
        frames.encode(5, "text", first="Accordé “€”", second='"\\{"n":', large="OUI"),
        b'noise{"n":1,"t"' + frames.encode(6, "relay", on=True, lease_ms=2000, use=1),
        frames.encode(7, "sound", pattern="accept").replace(b"accept", b"accepx"),
        b"\xff\x03{" * 200 + frames.encode(8, "ping"),
    ]
    asked = "".join(json.dumps({"bytes": line.hex(), "n": 9, "t": "badge", "values": values}) + "\n" for line in lines)

    ran = subprocess.run(
        micropython("-c", FRAMING), input=asked, env=environment(), capture_output=True, text=True, check=True, cwd=ROOT
    )

    answers = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [answer["found"] for answer in answers[:-1]] == [
        [[5, "text", ""]],
        [[6, "relay", ""]],
        [],
        [[8, "ping", ""]],
    ]
    assert [answer["missed"] > 0 for answer in answers[:-1]] == [False, True, True, True]
    assert frames.BoardDecoder().feed(bytes.fromhex(answers[0]["said"])) == [frames.BoardFrame(9, "badge", values)]
    assert answers[-1]["catalogue"] == json.loads(json.dumps([catalogue.TO_BOARD, catalogue.TO_HOST]))


HOST = """
import sys, time, threading
from firmware_bridge.commands import Relay
from firmware_bridge.drivers import driver_for
from firmware_bridge.messages import DeviceReady, RelayReported
from firmware_bridge.reader import SerialReader
met = threading.Event()
def told(message):
    if isinstance(message, DeviceReady):
        met.set()
    if isinstance(message, RelayReported):
        print(message.on, flush=True)
reader = SerialReader(sys.argv[1], driver_for("board", "board"), clock_ns=time.monotonic_ns, on_message=told,
                      on_state=lambda state: None)
threading.Thread(target=reader.run, daemon=True).start()
met.wait()
while True:
    reader.ask(Relay(on=True, lease_ms=5000))
    time.sleep(1)  # as a host does: the program is stopped or killed in the middle of it
"""


@pytest.mark.soak
@pytest.mark.parametrize("stop", [signal.SIGSTOP, signal.SIGKILL], ids=lambda number: number.name)
def test_a_host_process_that_is_stopped_or_killed_loses_the_relay(stop: signal.Signals) -> None:
    """The real thing, by the clock: a stopped process renews nothing, and the board opens by itself."""
    with BoardProcess("own") as board:
        host = subprocess.Popen([sys.executable, "-c", HOST, board.path], cwd=ROOT, stdout=subprocess.PIPE)
        try:
            wait_until(lambda: board.relay)
            host.send_signal(stop)
            wait_until(lambda: not board.relay)
            if stop is signal.SIGSTOP:
                host.send_signal(signal.SIGCONT)
                wait_until(lambda: board.relay, what="the program, going on, to ask anew")
        finally:
            host.kill()
            host.communicate()

        changes = [closed for _at, closed in board.history("relay")]
        assert changes[:2] == [True, False]
