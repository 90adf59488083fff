"""The rarer things of the demonstration's evening: each is shown once, and none begins or ends a use by mistake."""

from __future__ import annotations

from itertools import pairwise

import pytest

from controller.demo.actions import Action, LockOut, PayIn, Seen, Tap
from controller.demo.conductor import MINUTE_MS, OPENING, STEP_MS, Conductor
from controller.demo.scenes import SCENES, Scene
from controller.demo.workshop import able, machine_by_id, person_by_id

START_MS = 1_800_000_000_000
SCENES_MS = START_MS + (len(OPENING) + 1) * STEP_MS


def evening(scene: Scene, *, warned_after: int = 0, ends_after: int = 600) -> list[Action]:
    """What happens at a scene's machine from the scene on, second by second for ten hours. Machines warn `warned_after`
    minutes after each start (0: never) and end a use after `ends_after`.
    """
    conductor = Conductor(seed=1, start_ms=START_MS, patience_ms=180_000)
    since: dict[str, int] = {}
    done: list[Action] = []
    for now_ms in range(START_MS, SCENES_MS + 600 * MINUTE_MS, 1_000):
        for machine, at_ms in list(since.items()):
            if now_ms == at_ms + ends_after * MINUTE_MS:
                del since[machine]
                conductor.saw(Seen(at_ms=now_ms, machine=machine, word="ended", reason="maximum_duration"))
            elif warned_after and now_ms == at_ms + warned_after * MINUTE_MS:
                conductor.saw(Seen(at_ms=now_ms, machine=machine, word="warning", reason="maximum_duration"))
        for action in conductor.due(now_ms):
            if isinstance(action, PayIn):
                continue
            if action.machine == scene.machine:
                done.append(action)
            if isinstance(action, LockOut) or action.why not in {"start", "stop", "card"}:
                continue
            if action.why == "stop":
                since.pop(action.machine, None)
            else:
                since[action.machine] = now_ms
            word = "ended" if action.why == "stop" else "granted"
            conductor.saw(Seen(at_ms=now_ms, machine=action.machine, word=word))  # type: ignore[arg-type] # one of these
    begun = next(at for at, action in enumerate(done) if isinstance(action, Tap) and action.told == scene.told)
    return done[begun:]


def of(**wanted: object) -> Scene:
    """The first scene that has this."""
    return next(each for each in SCENES if all(getattr(each, name) == value for name, value in wanted.items()))


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: f"{scene.person} at {scene.machine}")
def test_each_scene_is_told_and_played_once(scene: Scene) -> None:
    """Somebody who may use the machine begins it, within the first hours, with the words for who watches."""
    played = [action for action in evening(scene) if isinstance(action, Tap) and action.told is not None]

    assert [(tap.person, tap.why) for tap in played if tap.told == scene.told] == [(scene.person, "start")]
    assert machine_by_id(scene.machine).training in person_by_id(scene.person).trainings


@pytest.mark.parametrize("pupil", ["charlie", "alix"])
def test_a_pupil_taps_right_after_the_trainer(pupil: str) -> None:
    """Two seconds later, at the same machine, for which the trainer may give a right and the pupil has none."""
    scene = of(pupil=pupil)

    first, second = [action for action in evening(scene) if isinstance(action, Tap)][:2]

    assert (first.person, second.person, second.why) == (scene.person, pupil, "pupil")
    assert second.at_ms - first.at_ms == 2_000
    assert person_by_id(scene.person).trains
    assert person_by_id(pupil) not in able(machine_by_id(scene.machine))
    assert machine_by_id(scene.machine).rules["on_the_spot"] != "no"


def test_who_is_warned_extends_and_stops_later() -> None:
    """The tap comes in the warning, and the use is over when the work is."""
    scene = of(extends=True)

    taps = [action for action in evening(scene, warned_after=20) if isinstance(action, Tap)][:3]

    assert [(tap.person, tap.why) for tap in taps] == [("sacha", "start"), ("sacha", "extend"), ("sacha", "stop")]
    assert [tap.at_ms - taps[0].at_ms for tap in taps[1:]] == [20 * MINUTE_MS + 2_000, 35 * MINUTE_MS]


def test_a_warning_that_comes_late_begins_no_use() -> None:
    """Between the warning and the hand the use has ended: no badge is tapped, it would be a start."""
    conductor = Conductor(seed=1, start_ms=START_MS, patience_ms=180_000)
    tapped: list[Tap] = []
    for now_ms in range(START_MS, SCENES_MS + 60 * MINUTE_MS, 1_000):
        for action in conductor.due(now_ms):
            if not isinstance(action, Tap) or action.machine != "vinyle":
                continue
            tapped.append(action)
            if action.why == "start":
                for word in ("granted", "warning", "ended"):
                    conductor.saw(Seen(at_ms=now_ms, machine="vinyle", word=word))

    assert "sacha" in {tap.person for tap in tapped if tap.told is not None}
    assert [tap for tap in tapped if tap.why == "extend"] == []


def test_a_machine_is_offered_and_taken_over_without_a_stop() -> None:
    """Two badges a moment apart; what was Alix's is Eden's, who leaves as anybody does: by two taps of their own."""
    conductor = Conductor(seed=1, start_ms=START_MS, patience_ms=180_000)
    taps: list[Tap] = []
    for now_ms in range(START_MS, SCENES_MS + 900 * MINUTE_MS, 1_000):
        for action in conductor.due(now_ms):
            if not isinstance(action, Tap) or action.machine != "mega3d":
                continue
            taps.append(action)
            if action.why in {"start", "takes_over"}:
                if action.why == "takes_over":
                    conductor.saw(Seen(at_ms=now_ms, machine="mega3d", word="ended", reason="handed_over"))
                conductor.saw(Seen(at_ms=now_ms, machine="mega3d", word="granted"))
            elif len(taps) > 1 and taps[-2].why == "stop":
                conductor.saw(Seen(at_ms=now_ms, machine="mega3d", word="ended", reason="second_tap"))

    begun = next(at for at, tap in enumerate(taps) if tap.told == of(next="eden").told)
    assert [(tap.person, tap.why) for tap in taps[begun : begun + 5]] == [
        ("alix", "start"),
        ("alix", "stop"),
        ("eden", "takes_over"),
        ("eden", "stop"),
        ("eden", "stop"),
    ]
    assert taps[begun + 2].at_ms - taps[begun + 1].at_ms == 60_000


def test_a_class_has_its_machine_to_itself_until_its_card_comes() -> None:
    """A minute after the trainer a pupil's card opens the other machine, to which nobody else comes until then."""
    conductor = Conductor(seed=1, start_ms=START_MS, patience_ms=180_000)
    scene = of(person="robin")
    assert scene.card == ("carte-1", "vinyle")
    using: set[str] = set()
    taps: list[Tap] = []
    for now_ms in range(START_MS, SCENES_MS + 300 * MINUTE_MS, 1_000):
        for action in conductor.due(now_ms):
            if not isinstance(action, Tap) or action.machine not in {"laser", "vinyle"}:
                continue
            taps.append(action)
            if action.why in {"start", "card"}:
                using.add(action.machine)
                conductor.saw(Seen(at_ms=now_ms, machine=action.machine, word="granted"))
            elif action.why == "stop":
                ended = {"laser", "vinyle"} & using if action.person == scene.person else {action.machine}
                using -= ended
                for machine in sorted(ended):
                    conductor.saw(Seen(at_ms=now_ms, machine=machine, word="ended", reason="group_ended"))

    begun = next(at for at, tap in enumerate(taps) if tap.told == scene.told)
    of_class = [tap for tap in taps[begun:] if tap.person in {"robin", "carte-1"}]
    assert [(tap.person, tap.machine, tap.why) for tap in of_class] == [
        ("robin", "laser", "start"),
        ("carte-1", "vinyle", "card"),
        ("robin", "laser", "stop"),
    ]
    assert of_class[1].at_ms - of_class[0].at_ms == MINUTE_MS
    before = [tap for tap in taps[:begun] if tap.machine == "vinyle" and tap.why == "start"]
    assert {tap.person for tap in before} <= {"sacha", "maxime"}


def test_a_scene_at_an_unplugged_reader_is_played_later() -> None:
    """Its first tap is heard by nobody; once the plug is in again, the scene is not lost."""
    conductor = Conductor(seed=1, start_ms=START_MS, patience_ms=180_000)

    begun = [
        action.at_ms
        for now_ms in range(START_MS, SCENES_MS + 60 * MINUTE_MS, 1_000)
        for action in conductor.due(now_ms)
        if isinstance(action, Tap) and action.told == of(machine="cnc").told
    ]

    assert len(begun) > 3
    assert {later - earlier for earlier, later in pairwise(begun)} == {300_000}


def test_a_lock_out_falls_into_a_use_and_is_lifted_again() -> None:
    """Lou works for twenty minutes; six minutes after the start the machine is locked, 25 minutes later it is not."""
    scene = of(person="lou")

    done = evening(scene)

    first = done[0]
    stopped = next(action for action in done if isinstance(action, Tap) and action.why == "stop")
    assert [action for action in done if isinstance(action, LockOut)] == [
        LockOut(at_ms=first.at_ms + 6 * MINUTE_MS, machine="laser"),
        LockOut(at_ms=first.at_ms + 31 * MINUTE_MS, machine="laser", lifted=True),
    ]
    assert (stopped.person, stopped.why, stopped.at_ms - first.at_ms) == ("lou", "stop", 20 * MINUTE_MS)


def test_the_firing_costs_more_than_its_maker_has() -> None:
    """Otherwise the kiln would have nothing to show."""
    scene, kiln = of(machine="four"), machine_by_id("four")
    pays_minutes = person_by_id(scene.person).credit_cents * kiln.per_minute[1] // kiln.per_minute[0]

    assert kiln.minimum_cents <= person_by_id(scene.person).credit_cents
    assert pays_minutes < scene.minutes
    assert kiln.rules["end_policy"] == "warn_only"
