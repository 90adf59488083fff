"""What a program asks of a board's relay: the newest word first, none lost at the end, no late renewal that closes."""

import queue
import threading
import time
from collections.abc import Callable

import pytest

from firmware_bridge.board.link import BoardLink
from firmware_bridge.board.simulator import SimulatedBoard
from firmware_bridge.commands import Relay, Text
from firmware_bridge.drivers import Driver, driver_for
from firmware_bridge.messages import DeviceReady, Message, RelayReported
from firmware_bridge.reader import ASKED_MAX, SerialReader
from tests.bridge.board_table import HOLD, OPEN, Table, cut, held, only
from tests.waiting import wait_until

RENEW = Relay(on=True, lease_ms=5_000, renews=True)


def test_a_renewal_prolongs_what_holds() -> None:
    """Said again in time, it is one closing."""
    table = held(Table())

    for _ in range(5):
        table.pass_ms(4_000)
        table.ask(RENEW)

    assert [closed for _at, closed in table.panel.history("relay")] == [True]


def test_a_renewal_that_comes_too_late_closes_nothing() -> None:
    """The word had ended while the program stood still: only a new use closes again."""
    table = held(Table())
    table.pass_ms(6_000)

    asked = table.ask(RENEW)
    table.pass_ms(1_000)

    assert not asked
    assert not table.relay


def test_an_opening_of_what_is_open_is_read_back_too() -> None:
    """A closing taken back before the board has heard of it changes nothing there; its program waits for an answer."""
    table = Table().greeted()
    table.ask(HOLD)
    table.ask(OPEN)

    said = table.pass_ms(1_500)

    assert [message.on for message in only(RelayReported, [*said])] == [False]
    assert table.panel.history("relay") == []


def test_every_level_is_told_again_after_a_lost_line() -> None:
    """What changed meanwhile, and what did not: the program that lost sight of it guesses nothing."""
    table = Table().greeted()
    table.link.interrupted()
    table.panel.order("guard 1")
    table.to_host = cut
    table.pass_ms(100)
    table.to_host = Table().to_host
    table.link.restored(table.now_ms)

    said = table.pass_ms(200)

    assert [type(message).__name__ for message in said] == [
        "DeviceReady",
        "InputChanged",
        "InputChanged",
        "RelayReported",
    ]


def test_the_emergency_stop_is_told_before_the_relay_that_it_opened() -> None:
    """Whoever asks why the relay opened has heard it by then."""
    table = held(Table())
    table.panel.order("e_stop 1")

    said = table.pass_ms(100)

    assert [type(message).__name__ for message in said] == ["InputChanged", "RelayReported"]


class LateLink(BoardLink):
    """A conversation in which somebody asks, and ends the reader, after it has looked for orders."""

    def __init__(self) -> None:
        super().__init__(5)
        self.then: Callable[[], None] | None = None

    def to_send(self) -> bytes:
        then, self.then = self.then, None
        if then is not None:
            then()
        return super().to_send()


@pytest.mark.pty
def test_a_word_that_comes_as_the_reader_ends_is_said() -> None:
    """Between its last look for orders and its end: the opening is not left to the lease."""
    link, ready = LateLink(), threading.Event()
    with SimulatedBoard(by_hand=True) as board:
        reader = SerialReader(
            board.path,
            Driver(115200, link),
            clock_ns=time.perf_counter_ns,
            on_message=lambda message: ready.set() if isinstance(message, DeviceReady) else None,
            on_state=lambda _state: None,
        )
        thread = threading.Thread(target=reader.run)
        thread.start()
        wait_until(ready.is_set, what="the board")
        reader.ask(Relay(on=True, lease_ms=60_000))
        wait_until(lambda: board.relay, what="power")

        def ends() -> None:
            reader.ask(Relay(on=False, lease_ms=0))
            reader.stop()

        link.then = ends
        thread.join()
        wait_until(lambda: not board.relay, what="the relay to open")

        assert [closed for _at, closed in board.panel.history("relay")] == [True, False]


@pytest.mark.pty
def test_the_last_word_is_said_though_the_reader_ends_and_its_queue_is_full() -> None:
    """The board's clock stands still, so no lease runs out: what opens the relay is the word."""
    said: queue.SimpleQueue[Message] = queue.SimpleQueue()
    with SimulatedBoard(by_hand=True) as board:
        reader = SerialReader(
            board.path,
            driver_for("board", "board"),
            clock_ns=time.perf_counter_ns,
            on_message=said.put,
            on_state=lambda _state: None,
        )
        thread = threading.Thread(target=reader.run)
        thread.start()
        wait_until(lambda: isinstance(said.get(), DeviceReady), what="the board")
        reader.ask(Relay(on=True, lease_ms=60_000))
        wait_until(lambda: board.relay, what="power")

        for _ in range(ASKED_MAX + 1):
            reader.ask(Text(("a", "b")))
        reader.ask(Relay(on=False, lease_ms=0))
        reader.stop()
        thread.join()

        wait_until(lambda: not board.relay, what="the relay to open")
        assert [closed for _at, closed in board.panel.history("relay")] == [True, False]
