"""What a use has drawn, where a meter counts it; not known is never zero."""

import pytest

from controller.domain.codec import body_of, fact_from
from controller.domain.metering import FRESH_MS
from tests.story import CNC_MILL, LASER, LASER_CUTTER, MILL, Story


def test_the_energy_of_a_use_is_what_the_counter_went_on_by() -> None:
    """From the reading before the start to the last one before the end, in whole watt-hours."""
    story = Story()
    story.meter(mwh=5_000_000)
    story.taps("ada")
    story.later(seconds=30)
    story.meter(mwh=5_041_499)
    story.taps("ada")

    assert [fact.energy_wh for fact in story.ended()] == [41]


def test_a_use_without_a_meter_has_no_energy_and_its_fact_is_as_before() -> None:
    """Not measured is not zero; the field is left out of what is stored."""
    story = Story()
    story.taps("ada")
    story.later(seconds=30)
    story.taps("ada")

    ended = story.ended()[0]
    assert ended.energy_wh is None
    assert "energy_wh" not in body_of(ended)
    assert fact_from("session_ended", 1, body_of(ended)) == ended


def test_nothing_drawn_is_zero_and_is_stored() -> None:
    """A measured zero is told from an unknown one."""
    story = Story()
    story.meter(mwh=7_000)
    story.taps("ada")
    story.later(seconds=30)
    story.meter(mwh=7_000)
    story.taps("ada")

    assert body_of(story.ended()[0])["energy_wh"] == 0


@pytest.mark.parametrize(
    ("before", "late_s", "after", "idle_s"),
    [
        (None, 0, 9_000, 0),  # first heard of during the use
        (7_000, FRESH_MS // 1000 + 1, 9_000, 0),  # read too long before the start
        (7_000, 0, None, 0),  # a meter without a counter
        (7_000, 0, 6_999, 0),  # a counter that was reset
        (7_000, 0, 10**12, 0),  # a counter that was changed
        (7_000, 0, 9_000, FRESH_MS // 1000 + 1),  # silent at the end
    ],
)
def test_an_energy_that_is_not_known_is_none(before: int | None, late_s: int, after: int | None, idle_s: int) -> None:
    """Two fresh readings of one counter, or nothing."""
    story = Story()
    if before is not None:
        story.meter(mwh=before)
    story.later(seconds=late_s)
    story.taps("ada")
    story.later(seconds=30)
    story.meter(mwh=after)
    story.later(seconds=idle_s)
    story.taps("ada")

    assert [fact.energy_wh for fact in story.ended()] == [None]


def test_a_meter_is_one_channels() -> None:
    """The mill's use is not measured by the laser's meter."""
    story = Story(LASER_CUTTER, CNC_MILL)
    story.meter(mwh=1_000)
    story.taps("ada", LASER)
    story.taps("ben", MILL)
    story.later(seconds=30)
    story.meter(mwh=3_000)
    story.taps("ada", LASER)
    story.taps("ben", MILL)

    assert [(fact.machine, fact.energy_wh) for fact in story.ended()] == [(LASER, 2), (MILL, None)]
