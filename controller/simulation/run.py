"""Runs the simulated workshop for some days of a seed, and tells what happened or which rule broke at which step.

House rules: the same seed is the same history, on every computer; a break is told with what is needed to see it again.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from controller.domain.events import ShutdownAsked
from controller.domain.facts import SessionEnded, SessionOpened, TapRefused
from controller.errors import IndivisError
from controller.simulation.broken import BrokenError
from controller.simulation.cast import drawn
from controller.simulation.chances import CHANCES, WEIGHTS
from controller.simulation.checks import Checks, ends_with_every_use_posted_once
from controller.simulation.floor import HandFloor
from controller.simulation.makers import everybody_goes_home
from controller.simulation.office import HandOffice
from controller.simulation.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.domain.facts import Fact

STEPS_A_DAY = 60
HOURS_OPEN_MS = 14 * 3_600_000
NIGHT_MS = 10 * 3_600_000


@dataclass(slots=True)
class History:
    """What happened in a simulation; `broken` is the rule that did not hold, at `step` of `day` while `chance` was."""

    seed: int
    days: int
    steps: int = 0
    day: int = 0
    chance: str = ""
    broken: str | None = None
    uses: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    chances: Counter[str] = field(default_factory=Counter)
    starts: int = 0
    facts: int = 0
    paid_in_cents: int = 0
    used_cents: int = 0
    debts_cents: int = 0
    parts: tuple[int, ...] = ()

    def to_data(self) -> dict[str, object]:
        """Return it as plain data."""
        return {name: _plain(getattr(self, name)) for name in self.__slots__}


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Counter) else list(value) if isinstance(value, tuple) else value


def simulate(seed: int, days: int, on_day: Callable[[int], None] = lambda _day: None) -> History:
    """Let so many days happen. Returns at the first rule that does not hold."""
    history = History(seed=seed, days=days)
    dice = Random(seed)
    cast = drawn(dice)
    checks = Checks()
    floor, office = HandFloor(checks, cast.far), HandOffice(cast, dice)
    checks.floor, checks.office = floor, office
    scene = Scene(cast, floor, office, dice)
    try:
        office.tells(floor.replica)
        floor.starts_up()
        floor.meets(office)
        for day in range(1, days + 1):
            history.day = day
            _a_day(scene, checks, history)
            on_day(day)
        _the_end(scene, checks)
    except BrokenError as broken:
        history.broken = str(broken)
    except (AssertionError, IndivisError, LookupError, ValueError) as error:
        history.broken = f"{type(error).__name__}: {error}"
    _counted(history, scene)
    return history


def _a_day(scene: Scene, checks: Checks, history: History) -> None:
    for _ in range(STEPS_A_DAY):
        scene.floor.passes(scene.dice.randrange(2 * HOURS_OPEN_MS // STEPS_A_DAY))
        does = scene.dice.choices(CHANCES, WEIGHTS)[0][1]
        _step(scene, checks, history, does)
    _step(scene, checks, history, everybody_goes_home)
    scene.floor.passes(NIGHT_MS)
    checks.after_step(scene.floor, scene.office)


def _step(scene: Scene, checks: Checks, history: History, does: Callable[[Scene], None]) -> None:
    history.steps += 1
    history.chance = does.__name__
    history.chances[history.chance] += 1
    if scene.away_steps:
        scene.away_steps -= 1
    elif not scene.floor.disk_hung:
        scene.floor.meets(scene.office)
    does(scene)
    checks.after_step(scene.floor, scene.office)


def _the_end(scene: Scene, checks: Checks) -> None:
    """The disk goes on, the office is heard, the program ends in good order: nothing is left that was not told."""
    scene.floor.disk_hung = scene.floor.tick.hung = False
    scene.floor.turns()
    scene.floor.feeds(ShutdownAsked())
    scene.floor.meets(scene.office)
    checks.after_step(scene.floor, scene.office)
    ends_with_every_use_posted_once(scene.floor, scene.office)


def _counted(history: History, scene: Scene) -> None:
    facts: list[Fact] = [fact for _, _, fact in scene.floor.disk]
    history.facts = len(facts)
    history.starts = scene.floor.starts
    history.uses = sum(isinstance(fact, SessionOpened) for fact in facts)
    history.refused.update(fact.reason.value for fact in facts if isinstance(fact, TapRefused))
    history.ended.update(fact.reason.value for fact in facts if isinstance(fact, SessionEnded))
    history.paid_in_cents = scene.office.paid_in_cents
    history.used_cents = sum(scene.office.posted.values())
    history.debts_cents = sum(scene.office.debts_cents.values())
    history.parts = tuple(scene.office.parts)
