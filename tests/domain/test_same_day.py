"""The same day told twice is the same day: nothing but the history decides."""

import random

from controller.domain import events as ev
from tests.domain.moody_machines import MACHINES
from tests.domain.test_any_day import SPAN_MAX_MS
from tests.story import KILN, LASER, MILL, Story


def test_the_same_day_told_twice_is_the_same_day() -> None:
    """The same history gives the same decisions: no clock, no chance, no order of a set leaks into the rules."""
    seeds = range(8)

    told = [(_a_day(seed), _a_day(seed)) for seed in seeds]

    assert all(first == second for first, second in told)
    assert len({str(first) for first, _ in told}) == len(seeds)


def _a_day(seed: int) -> list[ev.Effect]:
    dice = random.Random(seed)
    story = Story(*MACHINES)
    for _ in range(100):
        match dice.randrange(6):
            case 0:
                story.later(ms=dice.randrange(SPAN_MAX_MS))
            case 1:
                story.disk_hangs()
            case 2:
                story.disk_recovers()
            case 3:
                story.crashes()
                story.starts_up(dice.randrange(100))
            case _:
                story.taps(dice.choice(["ada", "ben", "stranger"]), at=dice.choice([LASER, MILL, KILN]))
    return story.effects
