"""A machine's counter is held against the uses between two readings, and a new counter is no jump."""

from controller.domain.counters import Reading, around, counted_s, counted_wh, goes_back

HOUR = 3_600


def reading(at: int, hours: int | None = None, wh: int | None = None, *, replaced: bool = False) -> Reading:
    """A reading at an hour of the story."""
    return Reading(
        read_at=at * HOUR * 1_000, seconds=None if hours is None else hours * HOUR, energy_wh=wh, replaced=replaced
    )


def test_the_readings_nearest_to_the_beginning_and_the_end_are_taken_with_those_between() -> None:
    """Nobody reads a counter at midnight; one reading alone says nothing."""
    known = [reading(1, 10), reading(9, 12), reading(50, 20), reading(105, 40)]

    assert around(known, 10 * HOUR * 1_000, 100 * HOUR * 1_000) == known[1:]
    assert around(known[:1], 0, 10) == ()
    assert around([], 0, 10) == ()


def test_a_replaced_counter_goes_on_from_its_own_beginning() -> None:
    """Ten hours on the old one, five on the new; energy was not read each time, so it is not known."""
    known = [reading(0, 100, 5), reading(10, 110), reading(10, 0, replaced=True), reading(20, 5)]

    assert counted_s(known) == 15 * HOUR
    assert counted_wh(known) is None
    assert counted_wh([reading(0, 1, 5), reading(1, 1, 9)]) == 4
    assert counted_s(()) is None


def test_a_counter_never_goes_back_unless_it_is_another_one() -> None:
    """A slip of the pen is found where it is written."""
    assert goes_back(reading(0, 10), reading(1, 9))
    assert goes_back(reading(0, 10, 7), reading(1, 11, 6))
    assert not goes_back(reading(0, 10), reading(1, 0, replaced=True))
    assert not goes_back(reading(0, None, 7), reading(1, 3))
