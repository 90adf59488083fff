"""Clocks: what may be believed, what never goes back, and what a step of the wall clock changes (nothing)."""

from dataclasses import dataclass

import pytest

from controller.floor.adapters.clock import HandClock, ScaledClock, SystemClock, boot_ms
from controller.floor.ports import Clock

NOON = 1_780_000_000_000


@dataclass
class Computer:
    """A computer's clocks, moved by hand."""

    boot_ms: int = 10_000
    wall_ms: int = NOON
    is_set: bool = True

    def clock(self, *, last_stamp_ms: int | None = None) -> SystemClock:
        return SystemClock(
            last_stamp_ms=last_stamp_ms,
            read_boot_ms=lambda: self.boot_ms,
            read_wall_ms=lambda: self.wall_ms,
            is_set=lambda: self.is_set,
            boot_id="boot-1",
        )

    def passes(self, ms: int) -> None:
        self.boot_ms += ms
        self.wall_ms += ms


def read(clock: Clock) -> tuple[str, int | None]:
    """State and date of one reading."""
    now = clock.now()
    return now.clock, now.wall_ms


def test_a_clock_that_was_set_is_believed() -> None:
    """`synced` is the wall clock itself."""
    clock = Computer().clock()

    assert read(clock) == ("synced", NOON)


def test_a_clock_that_nobody_set_gives_no_date() -> None:
    """Without a stamp to stand on, no date is better than a wrong one."""
    clock = Computer(is_set=False, wall_ms=0).clock()

    assert read(clock) == ("unknown", None)


@pytest.mark.parametrize("wall_ms", [0, NOON + 10**12])
def test_an_unset_clock_stands_on_the_last_stamp_and_goes_on_from_it(wall_ms: int) -> None:
    """`floor` is never earlier than the last stamp, and an unset clock's future is not read."""
    computer = Computer(is_set=False, wall_ms=wall_ms)
    clock = computer.clock(last_stamp_ms=NOON)

    computer.passes(5_000)

    assert read(clock) == ("floor", NOON + 5_000)


def test_a_set_clock_earlier_than_the_last_stamp_is_not_believed() -> None:
    """A date already written is never contradicted by an earlier one."""
    clock = Computer(wall_ms=NOON - 3_600_000).clock(last_stamp_ms=NOON)

    assert read(clock) == ("floor", NOON)


def test_a_small_correction_backwards_is_absorbed() -> None:
    """A leap second neither goes back nor makes the clock unbelievable."""
    computer = Computer()
    clock = computer.clock()
    clock.now()

    computer.wall_ms -= 1_000

    assert read(clock) == ("synced", NOON)


def test_a_clock_set_back_in_mid_boot_dates_nothing_earlier() -> None:
    """Somebody sets the date back by a day: time goes on from where it was."""
    computer = Computer()
    clock = computer.clock()
    clock.now()

    computer.passes(60_000)
    computer.wall_ms -= 86_400_000

    assert read(clock) == ("floor", NOON + 60_000)


def test_the_clock_is_believed_from_the_moment_it_is_set() -> None:
    """The network comes back after boot; at most a second later the date is known."""
    computer = Computer(is_set=False)
    clock = computer.clock()
    clock.now()
    computer.is_set = True

    states = [read(clock)[0]]
    computer.passes(1_000)
    states.append(read(clock)[0])

    assert states == ["unknown", "synced"]


def test_a_stamp_from_outside_raises_the_floor_but_never_lowers_it() -> None:
    """The office's time is a floor too; an old message of its does not bring the past back."""
    computer = Computer(is_set=False)
    clock = computer.clock()

    clock.raise_floor(NOON)
    clock.raise_floor(NOON - 1)

    assert read(clock) == ("floor", NOON)


def test_a_step_of_the_wall_clock_changes_no_duration() -> None:
    """Time since boot is all that a bill is made of."""
    computer = Computer()
    clock = computer.clock()
    before = clock.now().boot_ms

    computer.passes(7_000)
    computer.wall_ms += 3_600_000

    assert clock.now().boot_ms - before == 7_000


def test_this_computers_own_clock_can_be_read() -> None:
    """The real sources answer, in the shape the engine expects."""
    first = SystemClock().now()
    second = SystemClock().now()

    assert first.boot_id == second.boot_id != ""
    assert first.boot_ms <= second.boot_ms <= boot_ms()


def test_two_programs_of_a_demonstration_agree_on_a_faster_time() -> None:
    """Same origin and speed give the same reading, and both clocks run alike."""
    computer = Computer()
    one, other = (
        ScaledClock(origin_wall_ms=NOON, origin_boot_ms=10_000, speed=60, read_boot_ms=lambda: computer.boot_ms)
        for _ in range(2)
    )

    computer.passes(1_000)
    reading = one.now()

    assert reading == other.now()
    assert (reading.boot_ms, reading.wall_ms, reading.clock) == (70_000, NOON + 60_000, "synced")


def test_a_demonstration_cannot_stand_still() -> None:
    """A speed below one is refused, since no deadline would ever come."""
    with pytest.raises(ValueError, match="speed 0"):
        ScaledClock(origin_wall_ms=NOON, origin_boot_ms=0, speed=0)


def test_a_hand_clock_moves_only_when_moved() -> None:
    """A story's time is the story's."""
    clock = HandClock(wall_ms=NOON)
    still = (clock.now(), clock.now())

    clock.passes(250)
    clock.wall_becomes(None)
    moved = clock.now()

    assert still[0] == still[1]
    assert (moved.boot_ms, moved.wall_ms, moved.clock) == (250, None, "unknown")
