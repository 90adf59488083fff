"""The day at the workshop as a script that watches: who comes next, for how long, and what goes wrong.

House rules: pure; time is an argument in milliseconds of the demonstration's clock. The same seed and the same
observations give the same actions; each machine draws from its own chance. What was seen counts, not what was planned:
a use that ended by itself is not tapped again.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field, replace
from random import Random
from typing import Literal, assert_never

from controller.demo.actions import Action, LockOut, PayIn, Seen, Tap, Why
from controller.demo.scenes import SCENES, Scene
from controller.demo.workshop import (
    MACHINES,
    UNKNOWN,
    DemoMachine,
    DemoPerson,
    able,
    unable,
)

SECOND_MS = 1_000
MINUTE_MS = 60_000

REFUSED_PERCENT = 5
"""One arrival in twenty ends at the reader: an unknown badge, a training that is missing."""

FORGOTTEN_PERCENT = 3
"""So many leave without stopping: the machine's own limit ends their use."""

STRAY_PERCENT = 6
"""During so many uses somebody else taps, which changes nothing."""

PAY_IN_CENTS = 2_000
"""What somebody whose credit ran out pays in at the desk, a while later."""

COPIED_PERCENT = 50
"""So many of those whom a machine that asks for proof refuses hold a copy of a badge that it would take."""

STEP_MS = 90 * SECOND_MS
"""Between two of the first actions: slow enough to be read at thirty-fold speed."""

MOMENT_MS = 2 * SECOND_MS
"""Until a hand answers what it sees: a pupil after the trainer, a maker who is warned."""

CONFIRM_PART = 3
"""A stop is confirmed, or a machine taken over, after a third of the patience: the card must have left the reader."""

SCENE_AGAIN_MS = 2 * MINUTE_MS
"""A scene whose machine is still in use tries again after this."""

SceneStep = Literal["scene", "pupil", "extend", "lock", "lift", "confirm", "next", "card"]
Step = Literal["arrive", "begin", "check", "leave", "pay", "refused", "stray"] | SceneStep


@dataclass(slots=True)
class _Visit:
    number: int
    person: str
    granted: bool = False
    scene: Scene | None = None


@dataclass(slots=True)
class _Stand:
    machine: DemoMachine
    chance: Random
    visit: _Visit | None = None
    in_use: bool = False
    awaited: bool = False
    scenes: list[Scene] = field(default_factory=list)
    kept: bool = False


@dataclass(frozen=True, slots=True, order=True)
class _Due:
    at_ms: int
    order: int
    step: Step
    machine: str
    person: str = ""
    length_ms: int = 0
    visit: int = 0
    copied: bool = False


COPIED = "copie:"
"""Before a person in the opening: it is a copy of their badge."""

OPENING: tuple[tuple[str, str, Why, int], ...] = (
    ("camille", "laser", "start", 14),
    (COPIED + "sacha", "vinyle", "start", 3),
    ("noa", "ceramique", "start", 9),
    ("charlie", "cnc", "refused", 0),
    (COPIED + "noa", "four", "refused", 0),
    (UNKNOWN, "vinyle", "refused", 0),
    ("maxime", "vinyle", "start", 45),
    ("dominique", "four", "start", 12),
    ("sacha", "laser", "stray", 0),
    ("eden", "cnc", "start", 16),
    ("morgan", "mega3d", "refused", 0),
    ("alix", "mega3d", "start", 25),
)
"""The first minutes, so that a visitor sees everything once: person, machine, what for, minutes of a use."""


class Conductor:
    """Call `due` when `next_at_ms` has come, carry out what it returns, and tell `saw` what happened.

    `patience_ms` is how long after a tap its outcome must have been seen; then it counts as lost.
    """

    def __init__(self, *, seed: int, start_ms: int, patience_ms: int) -> None:
        self._patience_ms = patience_ms
        self._agenda: list[_Due] = []
        self._count = 0
        self._broke: set[str] = set()
        # Not for secrets: the same seed must tell the same day.
        self._stands = {m.id: _Stand(m, Random(f"{seed}/{m.id}")) for m in MACHINES}  # noqa: S311
        for number, (person, machine, why, minutes) in enumerate(OPENING, start=1):
            step: Step = "begin" if why == "start" else "stray" if why == "stray" else "refused"
            at_ms, whose = start_ms + number * STEP_MS, person.removeprefix(COPIED)
            self._plan(at_ms, step, machine, whose, length_ms=minutes * MINUTE_MS, copied=whose != person)
        for number, scene in enumerate(SCENES, start=len(OPENING) + 1):
            self._stands[scene.machine].scenes.append(scene)
            if scene.card:
                self._stands[scene.card[1]].kept = True
            self._plan(start_ms + number * STEP_MS, "scene", scene.machine)

    def next_at_ms(self) -> int | None:
        """When `due` has something to return; `None` when all depends on what is seen first."""
        return self._agenda[0].at_ms if self._agenda else None

    def due(self, now_ms: int) -> list[Action]:
        """Return what is to be done by `now_ms`, in order."""
        actions: list[Action] = []
        while self._agenda and self._agenda[0].at_ms <= now_ms:
            actions += self._done(heapq.heappop(self._agenda))
        return actions

    def saw(self, seen: Seen) -> None:
        """Take note of what happened at a machine, whoever caused it."""
        stand = self._stands.get(seen.machine)
        if stand is None:
            return
        match seen.word:
            case "granted":
                stand.in_use = True
                if stand.visit is not None:
                    stand.visit.granted = True
                    self._scene_begins(stand, seen.at_ms)
            case "warning":
                if stand.visit is not None and stand.visit.scene is not None and stand.visit.scene.extends:
                    self._plan(seen.at_ms + MOMENT_MS, "extend", seen.machine, visit=stand.visit.number)
            case "ended":
                stand.in_use = False
                self._over(stand, seen)
            case "denied" if stand.visit is not None and not stand.visit.granted and not stand.in_use:
                self._over(stand, seen)
            case "denied":
                pass

    def _done(self, due: _Due) -> list[Action]:
        stand = self._stands[due.machine]
        match due.step:
            case "arrive":
                stand.awaited = False
                return self._arrive(stand, due)
            case "begin":
                return [] if stand.in_use or stand.visit is not None else [self._begin(stand, due, due.person)]
            case "refused":
                return [_tap(due, due.person, "refused")]
            case "stray":
                # Only while the use goes on: a moment later the same tap would begin one.
                stray = stand.in_use and stand.visit is not None and stand.visit.person != due.person
                return [_tap(due, due.person, "stray")] if stray else []
            case "check":
                return self._check(stand, due)
            case "leave":
                return self._leave(stand, due)
            case "pay":
                self._broke.discard(due.person)
                return [PayIn(at_ms=due.at_ms, person=due.person, cents=PAY_IN_CENTS)]
            case _:
                return self._in_scene(stand, due, due.step)

    def _arrive(self, stand: _Stand, due: _Due) -> list[Action]:
        if stand.in_use or stand.visit is not None:
            return []
        if stand.scenes or stand.kept:
            self._await_next(stand, due.at_ms)
            return []
        if stand.chance.randrange(100) < REFUSED_PERCENT:
            self._await_next(stand, due.at_ms)
            return [self._refused(stand, due)]
        free = [person.id for person in able(stand.machine) if self._is_free(person)]
        if not free:
            self._await_next(stand, due.at_ms)
            return []
        return [self._begin(stand, due, stand.chance.choice(free))]

    def _in_scene(self, stand: _Stand, due: _Due, step: SceneStep) -> list[Action]:
        match step:
            case "scene":
                return self._scene(stand, due)
            case "pupil":
                return self._in_use(stand, due, due.person, "pupil")
            case "next":
                return self._in_use(stand, due, due.person, "takes_over")
            case "extend" | "confirm":
                return self._in_use(stand, due, "", "extend" if step == "extend" else "stop")
            case "lock" | "lift":
                return [LockOut(at_ms=due.at_ms, machine=due.machine, lifted=step == "lift")]
            case "card":
                return self._card(stand, due)
            case _:
                assert_never(step)

    def _scene(self, stand: _Stand, due: _Due) -> list[Action]:
        scene = stand.scenes[0]
        needed = [stand] if scene.card is None else [stand, self._stands[scene.card[1]]]
        if any(each.in_use or each.visit is not None or (each is not stand and each.scenes) for each in needed):
            self._plan(due.at_ms + SCENE_AGAIN_MS, "scene", due.machine)
            return []
        stand.scenes.pop(0)
        length_ms = scene.minutes * MINUTE_MS
        return [replace(self._begin(stand, replace(due, length_ms=length_ms), scene.person, scene), told=scene.told)]

    def _scene_begins(self, stand: _Stand, at_ms: int) -> None:
        visit = stand.visit
        if visit is None or (scene := visit.scene) is None:
            return
        if scene.pupil:
            self._plan(at_ms + MOMENT_MS, "pupil", scene.machine, scene.pupil, visit=visit.number)
        if scene.card:
            self._plan(at_ms + MINUTE_MS, "card", scene.card[1], scene.card[0])
        if scene.locked:
            locked_ms = at_ms + scene.locked_after * MINUTE_MS
            self._plan(locked_ms, "lock", scene.machine, visit=visit.number)
            self._plan(locked_ms + scene.locked * MINUTE_MS, "lift", scene.machine)

    def _in_use(self, stand: _Stand, due: _Due, person: str, why: Why) -> list[Action]:
        """A tap that means something only while that use goes on: a moment later the same badge would begin one."""
        if stand.visit is None or stand.visit.number != due.visit or not stand.in_use:
            return []
        return [_tap(due, person or stand.visit.person, why)]

    def _card(self, stand: _Stand, due: _Due) -> list[Action]:
        """A pupil begins at a machine of the class, whose trainer ends it."""
        stand.kept = False
        if stand.in_use or stand.visit is not None:
            return []
        stand.visit = _Visit(self._count, due.person)
        self._plan(due.at_ms + self._patience_ms, "check", due.machine, visit=stand.visit.number)
        return [_tap(due, due.person, "card")]

    def _refused(self, stand: _Stand, due: _Due) -> Action:
        """Somebody whom the machine refuses: a person who may not, or the copy of a badge where that is not enough."""
        asks = stand.machine.least_proof == "cryptographic"
        if asks and stand.chance.randrange(100) < COPIED_PERCENT:
            person = stand.chance.choice(able(stand.machine))
            return Tap(at_ms=due.at_ms, machine=due.machine, person=person.id, why="refused", copied=True)
        taught = {scene.pupil for scene in SCENES if scene.machine == stand.machine.id}
        refused = [person.id for person in unable(stand.machine) if person.id not in taught]
        return _tap(due, stand.chance.choice(refused), "refused")

    def _begin(self, stand: _Stand, due: _Due, person: str, scene: Scene | None = None) -> Tap:
        chance, machine = stand.chance, stand.machine.id
        stand.visit = visit = _Visit(self._count, person, scene=scene)
        length_ms = due.length_ms or usual_length_ms(stand.machine, chance)
        self._plan(due.at_ms + self._patience_ms, "check", machine, visit=visit.number)
        if due.length_ms or chance.randrange(100) >= FORGOTTEN_PERCENT:
            self._plan(due.at_ms + max(length_ms, self._patience_ms), "leave", machine, visit=visit.number)
        if not due.length_ms and chance.randrange(100) < STRAY_PERCENT:
            # Not somebody without the training: beside a trainer's use, theirs would be a lesson.
            others = [each.id for each in able(stand.machine) if each.id != person]
            self._plan(due.at_ms + length_ms // 2, "stray", machine, chance.choice(others))
        return _tap(due, person, "start")

    def _check(self, stand: _Stand, due: _Due) -> list[Action]:
        """Give up a start whose outcome was never seen: otherwise nobody would come any more; a scene tries again."""
        if stand.visit is not None and stand.visit.number == due.visit and not stand.visit.granted:
            if stand.visit.scene is not None:
                stand.scenes.insert(0, stand.visit.scene)
                self._plan(due.at_ms + SCENE_AGAIN_MS, "scene", due.machine)
            stand.visit = None
            self._await_next(stand, due.at_ms)
        return []

    def _leave(self, stand: _Stand, due: _Due) -> list[Action]:
        visit = stand.visit
        if visit is None or visit.number != due.visit or not stand.in_use:
            return []
        # Should this tap be lost, they notice that the machine runs on, and tap again.
        self._plan(due.at_ms + self._patience_ms, "leave", stand.machine.id, visit=visit.number)
        if stand.machine.rules.get("stop_tap") == "confirm":
            following = "" if visit.scene is None else visit.scene.next
            at_ms = due.at_ms + self._patience_ms // CONFIRM_PART
            self._plan(at_ms, "next" if following else "confirm", stand.machine.id, following, visit=visit.number)
        return [_tap(due, visit.person, "stop")]

    def _over(self, stand: _Stand, seen: Seen) -> None:
        """A use, or the attempt at one, is over: who ran out of credit pays in later, and somebody comes next."""
        if stand.visit is not None and seen.reason in {"credit_exhausted", "credit_too_low"}:
            person = stand.visit.person
            if person not in self._broke:
                self._broke.add(person)
                at_ms = seen.at_ms + stand.chance.randrange(10, 30) * MINUTE_MS
                self._plan(at_ms, "pay", stand.machine.id, person)
        scene = None if stand.visit is None else stand.visit.scene
        following = "" if scene is None else scene.next
        if scene is not None and scene.card is not None:
            self._stands[scene.card[1]].kept = False  # whether the class has begun or was refused
        stand.visit = None
        if seen.reason == "handed_over" and following:
            # The same instant ends one use and begins the next: whose it is by now leaves as anybody does.
            stand.visit = _Visit(self._count, following)
            at_ms = seen.at_ms + usual_length_ms(stand.machine, stand.chance)
            self._plan(at_ms, "leave", seen.machine, visit=stand.visit.number)
            return
        self._await_next(stand, seen.at_ms)

    def _await_next(self, stand: _Stand, now_ms: int) -> None:
        if not stand.awaited:
            low, high = stand.machine.pause_s
            stand.awaited = True
            self._plan(now_ms + stand.chance.randrange(low, high) * SECOND_MS, "arrive", stand.machine.id)

    def _is_free(self, person: DemoPerson) -> bool:
        if person.id in self._broke:
            return False
        visits = ((stand.machine, stand.visit) for stand in self._stands.values() if stand.visit is not None)
        return not any(visit.person == person.id and not machine.unattended for machine, visit in visits)

    def _plan(
        self,
        at_ms: int,
        step: Step,
        machine: str,
        person: str = "",
        *,
        length_ms: int = 0,
        visit: int = 0,
        copied: bool = False,
    ) -> None:
        self._count += 1
        heapq.heappush(self._agenda, _Due(at_ms, self._count, step, machine, person, length_ms, visit, copied))


def usual_length_ms(machine: DemoMachine, chance: Random) -> int:
    """Draw how long a use of `machine` lasts: log-normal, two thirds of them within its usual range."""
    low, high = machine.usual_s
    middle, spread = math.log(low * high) / 2, math.log(high / low) / 2
    longest_s = machine.max_duration_s * 9 / 10
    return int(min(max(chance.lognormvariate(middle, spread), low / 3), longest_s)) * SECOND_MS


def _tap(due: _Due, person: str, why: Why) -> Tap:
    return Tap(at_ms=due.at_ms, machine=due.machine, person=person, why=why, copied=due.copied)
