"""The PZEM-004T: measured frames, its reader against its simulator on a real pseudo-terminal, and bad lines."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.pzem.meter import PzemMeter
from firmware_bridge.pzem.registers import Reading, reading_of, registers_of
from firmware_bridge.pzem.simulator import Fault, SimulatedPzem, crc16
from firmware_bridge.transport import Connected, LineState, Lost
from tests.waiting import wait_until

KETTLE = Reading(millivolts=229_800, milliamperes=8_704, milliwatts=2_000_100, milliwatt_hours=91_234_000)
MEASURED = [0x08D3, 0x0023, 0, 0x0005, 0, 0x0002, 0, 0x01F5, 0x0006, 0]
ASKED = bytes.fromhex("F8040000000A6464")


@pytest.mark.parametrize(
    "frame",
    [
        "F8 04 0000 000A 6464",
        "F8 04 14 08D3 0023 0000 0005 0000 0002 0000 01F5 0006 0000 F8BE",
        "01 04 0000 000A 700D",
        "01 42 8011",
        "01 C2 04 70A3",
        "01 84 02 C2C1",
        "F8 06 0002 0002 BDA2",
        "01 06 0001 01F4 D81D",
    ],
)
def test_the_checksum_is_that_of_measured_frames(frame: str) -> None:
    """Frames as real meters and their makers wrote them."""
    data = bytes.fromhex(frame)

    assert crc16(data[:-2]) == data[-2:]


def test_the_registers_of_a_measured_frame() -> None:
    """225.9 V, 0.035 A, 0.5 W, 2 Wh."""
    assert reading_of(MEASURED) == Reading(millivolts=225_900, milliamperes=35, milliwatts=500, milliwatt_hours=2_000)


@given(
    volts=st.integers(0, 2_600), amperes=st.integers(0, 100_000), watts=st.integers(0, 230_000),
    energy=st.integers(0, 9_999_999),
)  # fmt: skip
def test_every_reading_survives_its_registers(volts: int, amperes: int, watts: int, energy: int) -> None:
    """Low word first, at every size that the meter has."""
    reading = Reading(
        millivolts=volts * 100, milliamperes=amperes, milliwatts=watts * 100, milliwatt_hours=energy * 1000
    )

    assert reading_of(registers_of(reading)) == reading


@pytest.mark.parametrize("registers", [[], [1] * 9, [1] * 11, [0x10000] * 10, [-1] * 10])
def test_anything_but_ten_words_is_no_reading(registers: list[int]) -> None:
    """Half a reading is none."""
    with pytest.raises(ValueError, match="ten registers"):
        reading_of(registers)


class Heard:
    """What a meter's thread told."""

    def __init__(self) -> None:
        self.readings: queue.SimpleQueue[Reading] = queue.SimpleQueue()
        self.states: list[LineState] = []

    def next(self, wanted: Reading) -> bool:
        """Whether this reading has come; older ones are passed over."""
        while not self.readings.empty():
            if self.readings.get() == wanted:
                return True
        return False


@contextmanager
def reading(path: str, address: int = 0xF8) -> Iterator[tuple[PzemMeter, Heard]]:
    """A meter that is asked without a pause."""
    heard = Heard()
    meter = PzemMeter(
        path, on_reading=heard.readings.put, on_state=heard.states.append, address=address, ask_every_s=0.01
    )
    thread = threading.Thread(target=meter.run)
    thread.start()
    try:
        yield meter, heard
    finally:
        meter.stop()
        thread.join()


@pytest.mark.pty
@pytest.mark.parametrize("address", [0xF8, 1])
def test_a_meter_is_read_over_a_real_line(address: int) -> None:
    """By its own address and by the one that all answer to."""
    with SimulatedPzem() as pzem, reading(pzem.path, address) as (_, heard):
        pzem.reading = KETTLE
        wait_until(lambda: heard.next(KETTLE), what="the reading")

        assert [type(state) for state in heard.states] == [Connected]


@pytest.mark.pty
@pytest.mark.parametrize("fault", ["silent", "damaged", "cut", "refusing"])
def test_a_bad_answer_is_counted_and_is_no_reading(fault: Fault) -> None:
    """The next good one is read."""
    with SimulatedPzem() as pzem:
        pzem.fault = fault
        with reading(pzem.path) as (meter, heard):
            wait_until(lambda: sum(meter.rejects.values()) >= 2, what="two rejects")
            none_so_far = heard.readings.empty()
            pzem.reading, pzem.fault = KETTLE, "none"
            wait_until(lambda: heard.next(KETTLE), what="the reading")

    assert none_so_far


@pytest.mark.pty
def test_another_meters_question_is_not_answered() -> None:
    """Two meters on one line each have their own."""
    with SimulatedPzem(address=7) as pzem:
        answers = (pzem.answer(ASKED) != b"", pzem.answer(bytes.fromhex("01040000000A700D")))

    assert answers == (True, b"")


@pytest.mark.pty
def test_a_meter_plugged_in_again_is_found() -> None:
    """A lost line is told once, and taken up again."""
    with SimulatedPzem() as pzem, reading(pzem.path) as (_, heard):
        wait_until(lambda: heard.states, what="the line")
        pzem.unplug()
        wait_until(lambda: isinstance(heard.states[-1], Lost), what="the loss")
        pzem.reading = KETTLE
        pzem.replug()
        wait_until(lambda: heard.next(KETTLE), what="the reading")

    assert isinstance(heard.states[-1], Connected)
