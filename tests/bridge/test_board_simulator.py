"""A board without hardware: the board's own program on a thread, the bridge's real one at the other end of a line."""

import queue
import threading
import time
from collections.abc import Iterator

import pytest

from firmware_bridge.board.simulator import FAULTS, SimulatedBoard
from firmware_bridge.commands import Relay
from firmware_bridge.drivers import driver_for
from firmware_bridge.messages import BadgePresented, BadgeRemoved, CurrentSample, DeviceReady, DeviceTrouble, Message
from firmware_bridge.reader import SerialReader
from firmware_bridge.simulator import Presenter
from firmware_bridge.transport import LineState
from tests.waiting import wait_until

pytestmark = pytest.mark.pty

BADGE = "0A00123456"
GIVE_UP_S = 20.0


class Workshop:
    """A simulated board and a bridge that has met it."""

    def __init__(self, board: SimulatedBoard) -> None:
        self.board = board
        self.told: queue.Queue[Message] = queue.Queue()
        self.states: queue.Queue[LineState] = queue.Queue()
        driver = driver_for("board", "board")
        self.reader = SerialReader(
            board.path, driver, clock_ns=time.monotonic_ns, on_message=self.told.put, on_state=self.states.put
        )

    def until(self, kind: type[Message]) -> Message:
        """The next message of that kind; others are passed over."""
        while not isinstance(message := self.told.get(timeout=GIVE_UP_S), kind):
            pass
        return message


@pytest.fixture
def workshop() -> Iterator[Workshop]:
    """A board and its bridge at work."""
    with SimulatedBoard(seed=3) as board:
        running = Workshop(board)
        thread = threading.Thread(target=running.reader.run)
        thread.start()
        running.until(DeviceReady)
        yield running
        running.reader.stop()
        thread.join(GIVE_UP_S)


def test_a_presenter_holds_a_badge_to_it(workshop: Workshop) -> None:
    """As to any simulated reader: presented once, and gone when it is taken away."""
    presenter = Presenter(workshop.board)

    presenter.present(BADGE, 200)
    first = workshop.until(BadgePresented)
    second = workshop.until(BadgeRemoved)
    presenter.close()

    assert isinstance(first, BadgePresented)
    assert isinstance(second, BadgeRemoved)
    assert (first.number_hex, second.number_hex) == (BADGE, BADGE)


def test_its_machine_draws_what_is_asked(workshop: Workshop) -> None:
    """A current is measured by the board's own program."""
    workshop.board.current(3_000)

    def drawn() -> int:
        sample = workshop.until(CurrentSample)
        assert isinstance(sample, CurrentSample)
        return sample.milliamperes

    wait_until(lambda: abs(drawn() - 3_000) < 60)

    assert abs(drawn() - 3_000) < 60


def test_a_board_that_restarts_has_its_relay_open(workshop: Workshop) -> None:
    """Its program fails, opens, starts again and is met again; nobody closes for it."""
    workshop.reader.ask(Relay(on=True, lease_ms=60_000))
    wait_until(lambda: workshop.board.relay)

    workshop.board.restart()
    wait_until(lambda: not workshop.board.relay)
    workshop.until(DeviceReady)

    assert not workshop.board.relay


def test_a_silent_board_is_a_trouble_until_it_speaks_again(workshop: Workshop) -> None:
    """A fault on request, and its end."""
    workshop.board.fault("silent")
    trouble = workshop.until(DeviceTrouble)
    workshop.board.fault("none")

    assert isinstance(trouble, DeviceTrouble)
    assert trouble.code == "silent"
    assert isinstance(workshop.until(DeviceReady), DeviceReady)


def test_a_noisy_line_is_counted(workshop: Workshop) -> None:
    """Garbage between and inside lines does no harm but its own."""
    workshop.board.fault("noisy")

    wait_until(lambda: sum(workshop.reader.rejects.values()) > 2)

    assert "noisy" in FAULTS
    assert set(workshop.reader.rejects) <= {"noise", "checksum", "length", "missed", "unanswered", "refused"}


def test_a_board_plugged_in_again_is_met_again(workshop: Workshop) -> None:
    """The cable is pulled, the relay opens by its lease, and the board is found under its stable path."""
    workshop.reader.ask(Relay(on=True, lease_ms=60_000))
    wait_until(lambda: workshop.board.relay)
    workshop.board.unplug()
    wait_until(lambda: not workshop.board.relay)

    workshop.board.replug()

    assert isinstance(workshop.until(DeviceReady), DeviceReady)
    assert not workshop.board.relay
