"""What people do in a simulated workshop: tap, teach, hand over, press buttons, work, go home.

House rules: a chance is one function with the scene; it draws its own choices and looks at nothing that must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain import events as ev
from controller.domain.directory import LessonWindow
from controller.domain.metering import Sample
from controller.simulation.scene import HOUR_MS, owner, use_at

if TYPE_CHECKING:
    from controller.simulation.scene import Scene


def somebody_taps(scene: Scene) -> None:
    """A badge at a machine; where somebody is at work, most often their own."""
    machine, member = scene.machine.machine, scene.member
    situation = use_at(scene, machine)
    if situation is not None and scene.dice.random() < 0.6:
        member = owner(situation)
    if scene.meters_energy:
        _sampled(scene)  # what it draws is read every few seconds there, so just before every tap too
    scene.floor.taps(member, machine, scene.dice.choice(["number", "number", "cryptographic"]))


def everybody_goes_home(scene: Scene) -> None:
    """At night most uses end; a kiln goes on."""
    for entry in scene.cast.machines:
        use = use_at(scene, entry.machine)
        if use is None or scene.dice.random() < (0.5 if entry.on_process_exit == "hold" else 0.1):
            continue
        for _ in range(3):  # a confirmed stop takes two, a warning's answer one more
            scene.floor.passes(4_000)
            if use_at(scene, entry.machine) is not None:
                scene.floor.taps(owner(use), entry.machine)


def trainer_and_pupil(scene: Scene) -> None:
    """Two badges at one machine, one after the other."""
    machine = scene.machine.machine
    scene.floor.taps(scene.member, machine)
    scene.floor.passes(scene.dice.choice([1_000, 8_000, 20_000]))
    scene.floor.taps(scene.member, machine)


def hand_over(scene: Scene) -> None:
    """Who is at work taps, and the next badge follows; somebody begins first where nobody is."""
    for entry in scene.cast.machines:
        if entry.hand_over == "no":
            continue
        if use_at(scene, entry.machine) is None:
            scene.floor.taps(scene.member, entry.machine)
        scene.floor.passes(4_000)
        if (use := use_at(scene, entry.machine)) is not None:
            scene.floor.taps(owner(use), entry.machine)
            scene.floor.passes(scene.dice.choice([500, 5_000, 20_000]))
            scene.floor.taps(scene.member, entry.machine)


def a_class_works(scene: Scene) -> None:
    """A trainer's tap at one of the class's machines, cards at the others, and most often the trainer's tap that ends
    it; the lesson may not be there, or over by then.
    """
    group = scene.dice.choice(scene.cast.groups)
    if scene.dice.random() < 0.6 and not scene.away_steps:
        now_ms = scene.floor.clock.now().wall_ms or 0
        lesson = LessonWindow(from_ms=now_ms - 60_000, until_ms=now_ms + 2 * HOUR_MS, headcount=12)
        scene.office.plans(group.group, (lesson,))
        scene.floor.meets(scene.office)
    trainer = scene.dice.choice(group.trainers)
    scene.floor.taps(trainer, scene.dice.choice(group.machines))
    for _ in range(scene.dice.randrange(5)):
        scene.floor.passes(scene.dice.choice([4_000, 60_000, 1_200_000]))
        scene.floor.taps(scene.member, scene.dice.choice(group.machines))
    if scene.dice.random() < 0.7:
        scene.floor.passes(scene.dice.choice([4_000, 600_000]))
        scene.floor.taps(trainer, scene.dice.choice(group.machines))


def regular(scene: Scene) -> None:
    """One person at the presses again and again: what a day's limit is for."""
    member, press = scene.dice.choice(scene.cast.members).member, scene.dice.choice(scene.cast.machines).machine
    for _ in range(scene.dice.randrange(2, 6)):
        scene.floor.taps(member, press)
        scene.floor.passes(scene.dice.choice([5_000, 400_000, 1_500_000]))


def reader_flaps(scene: Scene) -> None:
    """One badge many times in a row."""
    machine, member = scene.machine.machine, scene.member
    for _ in range(scene.dice.randrange(3, 25)):
        scene.floor.taps(member, machine)
        scene.floor.passes(scene.dice.choice([200, 1_000, 3_500]))


def a_hand_on_the_button(scene: Scene) -> None:
    """Somebody wants more time."""
    scene.floor.feeds(ev.ButtonPressed(channel=scene.machine.channel))


def danger(scene: Scene) -> None:
    """Somebody reports a danger."""
    scene.floor.feeds(ev.DangerReported(channel=scene.machine.channel))


def unheard(scene: Scene) -> None:
    """A tap that nobody had time for."""
    scene.floor.feeds(ev.TapUnheard(machine=scene.machine.machine))


def meter(scene: Scene) -> None:
    """The machine runs or stands, or its meter falls silent."""
    scene.load_mw = scene.dice.choice([None, 10_000, 150_000, 900_000])
    _sampled(scene)


def _sampled(scene: Scene) -> None:
    if scene.load_mw is not None:
        now_ms = scene.floor.clock.now().boot_ms
        scene.energy_mwh += scene.load_mw * max(0, now_ms - scene.energy_at_ms) // 3_600_000
        scene.energy_at_ms = now_ms
        sample = Sample(energy_mwh=scene.energy_mwh, power_mw=scene.load_mw)
        scene.floor.feeds(ev.MeterRead(channel=scene.cast.machines[0].channel, sample=sample))


def works_on(scene: Scene) -> None:
    """A quarter of an hour in which the meter tells what the machine draws every ten seconds."""
    for _ in range(90):
        _sampled(scene)
        scene.floor.passes(10_000)
