"""The daemon's path on a real pseudo-terminal: pyserial opens the simulated reader as it would a device."""

import os
import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from firmware_bridge import errors
from firmware_bridge.drivers import driver_for
from firmware_bridge.em4100.frames import Model, encode
from firmware_bridge.em4100.simulator import SimulatedReader
from firmware_bridge.messages import BadgePresented, BadgeRemoved, Message
from firmware_bridge.reader import SerialReader
from firmware_bridge.simulator import Presenter
from firmware_bridge.transport import Connected, LineState, Lost, open_port
from tests.waiting import wait_until

pytestmark = pytest.mark.pty

BADGE, OTHER = "0A00123456", "1E009A4067"
GIVE_UP_S = 20.0


class HandClock:
    """A clock in nanoseconds that only a test moves."""

    def __init__(self) -> None:
        self.now_ns = 5_000_000_000

    def __call__(self) -> int:
        return self.now_ns

    def pass_ms(self, duration_ms: int) -> None:
        """Let time pass."""
        self.now_ns += duration_ms * 1_000_000


class Daemon:
    """A `SerialReader` at work, its messages and states in queues."""

    def __init__(self, address: str, model: Model, clock: HandClock) -> None:
        self.messages: queue.Queue[Message] = queue.Queue()
        self.states: queue.Queue[LineState] = queue.Queue()
        self.reader = SerialReader(
            address, driver_for("em4100", model), clock_ns=clock, on_message=self.messages.put, on_state=self.states.put
        )

    def message(self) -> Message:
        """The next message."""
        return self.messages.get(timeout=GIVE_UP_S)

    def badge(self) -> str:
        """The number of the next message, which is a badge presented."""
        message = self.message()
        assert isinstance(message, BadgePresented)
        return message.number_hex

    def state(self) -> LineState:
        """The next state of the line."""
        return self.states.get(timeout=GIVE_UP_S)

    def connected(self) -> None:
        """Wait until the line is open, whatever came before."""
        while not isinstance(self.state(), Connected):
            pass


@contextmanager
def daemon(address: str, model: Model, clock: HandClock | None = None) -> Iterator[Daemon]:
    """Run a reader on a thread of its own."""
    running = Daemon(address, model, clock or HandClock())
    thread = threading.Thread(target=running.reader.run)
    thread.start()
    try:
        yield running
    finally:
        running.reader.stop()
        thread.join(GIVE_UP_S)
        assert not thread.is_alive()


def test_a_badge_is_presented_once_and_removed_after_its_silence(rdm6300: SimulatedReader) -> None:
    """From bytes on a port to messages: one per presentation, dated by the injected clock."""
    clock = HandClock()
    with daemon(rdm6300.path, "rdm6300", clock) as running:
        running.connected()
        rdm6300.place(BADGE)
        rdm6300.tick()
        presented = running.message()
        rdm6300.take_away()
        clock.pass_ms(300)

        removed = running.message()

    assert presented == BadgePresented(number_hex=BADGE, at_ms=5_000, received_ns=5_000_000_000)
    assert removed == BadgeRemoved(number_hex=BADGE, at_ms=5_300)


def test_an_id12_is_read_at_its_first_frame() -> None:
    """The frame with CR and LF, once, is a read."""
    with SimulatedReader("id12") as reader, daemon(reader.path, "id12") as running:
        running.connected()

        reader.place(BADGE)
        reader.tick()

        assert running.badge() == BADGE


def test_faults_on_the_line_are_counted_and_hide_no_badge(rdm6300: SimulatedReader) -> None:
    """Noise, a bad checksum, a phantom and a cut frame are counted by name; the next badge is read."""
    with daemon(rdm6300.path, "rdm6300") as running:
        running.connected()
        rdm6300.write(b"\xffnoise\x00")
        rdm6300.send_bad_checksum(OTHER)
        rdm6300.send_phantom()
        rdm6300.send_phantom()
        rdm6300.send_cut(OTHER, 9)

        rdm6300.place(BADGE)
        rdm6300.tick()

        assert running.badge() == BADGE
        assert running.reader.rejects == {"no_stx": 1, "checksum": 1, "phantom": 2}


def test_a_flood_of_noise_does_not_stop_the_reader(rdm6300: SimulatedReader) -> None:
    """A megabyte of noise passes in bounded reads, and the badge after it is read."""
    with daemon(rdm6300.path, "rdm6300") as running:
        running.connected()
        for _ in range(256):
            rdm6300.write(b"\x02garbage\x03\xff" * 409)

        def read() -> bool:
            rdm6300.write(encode(BADGE, "rdm6300"))
            return not running.messages.empty()

        wait_until(read)

        assert running.badge() == BADGE


def test_a_reader_plugged_in_again_is_found_under_its_stable_path(rdm6300: SimulatedReader) -> None:
    """Unplugging is told once per reason; the path leads to the new device, whose badge is read."""
    with daemon(rdm6300.path, "rdm6300") as running:
        running.connected()
        rdm6300.unplug()
        lost = [running.state(), running.state()]
        rdm6300.replug()
        back = running.state()

        rdm6300.place(BADGE)
        rdm6300.tick()

        assert [type(state.error) for state in lost if isinstance(state, Lost)] == [
            errors.LineLostError,
            errors.PortMissingError,
        ]
        assert back == Connected(rdm6300.path, os.path.realpath(rdm6300.path))
        assert running.badge() == BADGE


def test_half_a_frame_before_the_loss_is_not_joined_to_half_a_frame_after_it(
    rdm6300: SimulatedReader,
) -> None:
    """A badge may not be put together from two connections."""
    frame = encode(BADGE, "id12")
    with daemon(rdm6300.path, "id12") as running:
        running.connected()
        rdm6300.write(b"\x03" + frame[:7])
        wait_until(lambda: running.reader.rejects == {"no_stx": 1})
        rdm6300.unplug()
        rdm6300.replug()
        running.connected()

        rdm6300.write(frame[7:] + encode(OTHER, "id12"))

        assert running.badge() == OTHER
        assert running.reader.rejects == {"no_stx": 2, "incomplete": 1}


def test_a_badge_on_the_reader_during_an_outage_is_one_tap(rdm6300: SimulatedReader) -> None:
    """A flickering cable must not end the use of the maker whose badge lies there."""
    with daemon(rdm6300.path, "rdm6300") as running:
        running.connected()
        rdm6300.place(BADGE)
        rdm6300.tick()
        first = running.badge()
        rdm6300.unplug()
        rdm6300.replug()
        running.connected()

        rdm6300.write(encode(BADGE, "rdm6300") * 2 + b"\x03")
        wait_until(lambda: running.reader.rejects.get("no_stx"))

        assert first == BADGE
        assert running.messages.empty()


def test_half_a_read_before_an_outage_is_not_completed_after_it(rdm6300: SimulatedReader) -> None:
    """A phantom before and one after a loss are not two frames of one read."""
    frame = encode(BADGE, "rdm6300")
    with daemon(rdm6300.path, "rdm6300") as running:
        running.connected()
        rdm6300.write(frame + b"\x03")
        wait_until(lambda: running.reader.rejects == {"no_stx": 1})
        rdm6300.unplug()
        rdm6300.replug()
        running.connected()

        rdm6300.write(frame + b"\x03")
        wait_until(lambda: running.reader.rejects == {"no_stx": 2})

        assert running.messages.empty()


def test_the_same_reason_is_told_once() -> None:
    """A reader that stays unplugged for a night does not fill a log."""
    with daemon("/dev/serial/by-id/nothing-here", "rdm6300") as running:
        first = running.state()

        with pytest.raises(queue.Empty):
            running.states.get(timeout=0.5)

    assert isinstance(first, Lost)


def test_a_reader_behind_a_socket_speaks_alike() -> None:
    """A `socket://` address is read as a device is, and a far end that hangs up is a lost line."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"socket://127.0.0.1:{server.getsockname()[1]}"
        with daemon(address, "rdm6300") as running:
            far_end, _ = server.accept()
            with far_end:
                running.connected()
                far_end.sendall(encode(BADGE, "rdm6300") * 2)
                number = running.badge()

            lost = running.state()

    assert number == BADGE
    assert isinstance(lost, Lost)
    assert isinstance(lost.error, errors.LineLostError)


def test_a_busy_port_is_taken_when_it_becomes_free(rdm6300: SimulatedReader) -> None:
    """The reader goes on trying, and tells why it waits."""
    held, _ = open_port(rdm6300.path, 9600)
    with daemon(rdm6300.path, "rdm6300") as running:
        waiting = running.state()
        held.close()

        taken = running.state()

    assert isinstance(waiting, Lost)
    assert isinstance(waiting.error, errors.PortBusyError)
    assert isinstance(taken, Connected)


def test_stopping_ends_the_wait_for_a_reader_that_is_not_there() -> None:
    """A service must be able to stop while a reader is unplugged."""
    with daemon("/dev/serial/by-id/nothing-here", "rdm6300") as running:
        assert isinstance(running.state(), Lost)


def test_a_reader_may_be_stopped_before_it_runs_and_more_than_once() -> None:
    """Stopping is safe at any moment, from any thread."""
    states: list[LineState] = []
    reader = SerialReader(
        "/dev/serial/by-id/nothing-here",
        driver_for("em4100", "id12"),
        clock_ns=HandClock(),
        on_message=print,
        on_state=states.append,
    )
    reader.stop()
    reader.run()

    reader.stop()

    assert states == []


def test_a_presenter_holds_a_badge_for_a_while_in_real_time(rdm6300: SimulatedReader) -> None:
    """A demonstration's badge is presented and taken away like a hand's, with no one moving the clock."""
    told: queue.Queue[Message] = queue.Queue()
    states: queue.Queue[LineState] = queue.Queue()
    reader = SerialReader(
        rdm6300.path,
        driver_for("em4100", "rdm6300"),
        clock_ns=time.monotonic_ns,
        on_message=told.put,
        on_state=states.put,
    )
    thread = threading.Thread(target=reader.run)
    thread.start()
    states.get(timeout=GIVE_UP_S)
    presenter = Presenter(rdm6300)

    accepted = presenter.present(BADGE, 200)
    presenter.finish()
    presenter.close()
    reader.stop()
    thread.join(GIVE_UP_S)

    assert accepted
    assert isinstance(told.get(timeout=GIVE_UP_S), BadgePresented)
