"""Samples on their way to the engine: few, and never a number where none was measured."""

import pytest

from controller.domain.events import Event, MeterRead
from controller.domain.metering import Sample
from controller.floor.device_words import DeviceWords
from controller.floor.meters import TELL_EVERY_S, TELL_SOONEST_S, Meters
from controller.settings import Reader
from firmware_bridge.messages import CurrentSample

BOARD = Reader(name="desk", path="/dev/x", channel="laser", protocol="board")
AT_REST = Sample(power_mw=100_000, current_ma=435)


class Bench:
    """Meters with a clock moved by hand; `told` is what the engine heard."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.told: list[Event] = []
        self.meters = Meters(self.told.append, lambda: self.now_s)

    def takes(self, sample: Sample, after_s: float) -> bool:
        """Whether a sample that comes so much later is told."""
        self.now_s += after_s
        before = len(self.told)
        self.meters.take("laser", sample)
        return len(self.told) > before


@pytest.mark.parametrize(
    ("sample", "after_s", "told"),
    [
        (AT_REST, TELL_EVERY_S - 0.1, False),
        (AT_REST, TELL_EVERY_S, True),
        (Sample(power_mw=109_000, current_ma=470), TELL_SOONEST_S, False),  # its noise
        (Sample(power_mw=110_000, current_ma=435), TELL_SOONEST_S, True),
        (Sample(power_mw=110_000, current_ma=435), TELL_SOONEST_S - 0.1, False),
        (Sample(power_mw=None, current_ma=435), TELL_SOONEST_S, True),  # no longer measured
        (Sample(power_mw=0, current_ma=0), TELL_SOONEST_S, True),
    ],
)
def test_a_sample_is_told_when_it_says_something(sample: Sample, after_s: float, told: bool) -> None:  # noqa: FBT001
    """At each change, and else every ten seconds: the engine and the public tree have other work."""
    bench = Bench()
    first = bench.takes(AT_REST, 0)

    assert first
    assert bench.takes(sample, after_s) is told


def test_a_boards_current_is_a_sample_without_power_or_energy() -> None:
    """What it does not measure is not zero."""
    bench = Bench()
    words = DeviceWords(bench.told.append, meters=bench.meters)

    words.heard(BOARD, CurrentSample(milliamperes=4_200, at_ms=0))

    assert bench.told == [MeterRead(channel="laser", sample=Sample(current_ma=4_200))]


def test_a_channels_own_meter_goes_before_a_boards_current() -> None:
    """Two who speak for one channel would take the energy away from each other."""
    bench = Bench()
    words = DeviceWords(bench.told.append, meters=bench.meters, counted=frozenset({"laser"}))

    words.heard(BOARD, CurrentSample(milliamperes=4_200, at_ms=0))

    assert bench.told == []
