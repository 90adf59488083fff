"""What stands at a machine while no verdict is shown: each state by a light of its own, told apart without colour."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from controller.domain import events as ev
from controller.domain.feedback import STANDS
from controller.domain.rule_words import STANDING
from controller.domain.standing import Standing, standing_of
from controller.floor.standing_lights import StandingLights
from firmware_bridge.commands import Command, Light
from tests.story import LASER, LASER_CUTTER, Story


def stands(story: Story) -> Standing:
    """What stands at the laser now."""
    return standing_of(story.workshop, LASER, story.now)


def test_every_state_has_a_light_of_its_own_and_red_is_for_the_fault_alone() -> None:
    """No two share a rhythm, so nobody needs to see colours; and each has its words."""
    assert set(STANDS) == set(get_args(Standing)) == set(STANDING)
    assert len({light.rhythm for light in STANDS.values()}) == len(STANDS)
    assert [state for state, light in STANDS.items() if light.colour == "red"] == ["fault"]
    assert "off" not in {light.colour for light in STANDS.values()}


def test_a_use_stands_green_until_its_end_is_near_and_past() -> None:
    """Warned of at ten and one minutes, then let finish."""
    story = Story(replace(LASER_CUTTER, end_policy="finish", finish_max_s=3_600))
    seen = [stands(story)]
    story.disk_hangs()
    story.taps("ada")
    seen.append(stands(story))
    story.disk_recovers()
    seen.append(stands(story))
    use = story.use_at()
    assert use is not None
    for left_s in (600, 60, -1):
        story.later((use.ends_at_ms - story.now.boot_ms) // 1000 - left_s)
        seen.append(stands(story))

    assert seen == ["idle", "starting", "in_use", "warning", "last_minute", "overtime"]


def test_idleness_that_will_end_the_use_stands_until_its_maker_answers() -> None:
    """The meter sees nothing for the machine's delay, less the warning."""
    story = Story(replace(LASER_CUTTER, running_above_w=50, idle_end_s=300, warn_at_s=()))
    story.taps("ada")
    for _ in range(25):
        story.meter(mwh=0, mw=0)
        story.later(10)
    warned = stands(story)
    story.taps("ada")

    assert (warned, stands(story)) == ("idle_end", "in_use")


def test_hours_and_bookings_stand_by_the_clock_alone() -> None:
    """Nothing happens at the machine: only the time is another."""
    story = Story(replace(LASER_CUTTER, bookings="honour"))
    story.opens((1, 3))
    story.books(("ben", 120, 150))
    seen = []
    for minutes in (0, 60, 60, 60):
        story.later(60 * minutes)
        seen.append(stands(story))

    assert seen == ["closed", "idle", "booked", "closed"]


def test_what_somebody_must_mend_stands_whatever_the_hour() -> None:
    """Each of its own: what to do about it differs."""
    story = Story()
    seen = []
    for contact in ("guard", "e_stop"):
        for active in (True, False):
            story.feed(ev.ContactChanged(channel="relay-1", source="board", contact=contact, active=active))
            seen.append(stands(story))
    story.feed(ev.SwitchSeen(channel="relay-1", reached=False))
    seen.append(stands(story))
    for in_service in ("maintenance", "out_of_service"):
        other = Story(replace(LASER_CUTTER, in_service=in_service))
        seen.append(stands(other))
    held = Story()
    held.feed(ev.QuarantineSet(quarantined=True))
    danger = Story()
    danger.reports_danger()
    fan = Story(replace(LASER_CUTTER, extractor="relay-8", cool_down_s=120))
    fan.taps("ada")
    fan.later(60)
    fan.taps("ada")

    assert seen == ["guard_open", "idle", "fault", "idle", "no_connection", "maintenance", "locked_out"]
    assert (stands(held), stands(danger), stands(fan)) == ("no_start", "fault", "ending")


def test_after_a_power_cut_a_machine_that_asks_for_it_stands_as_at_a_start() -> None:
    """Until somebody has looked."""
    story = Story(replace(LASER_CUTTER, after_power_loss="acknowledge"))
    story.taps("ada")
    story.loses_power()
    story.starts_up()

    assert stands(story) == "startup"


def test_a_light_is_said_once_until_it_is_another() -> None:
    """A look each second writes nothing to a line where nothing has changed."""
    shown: list[Command] = []
    lights, story = StandingLights(lambda _machine, commands: shown.extend(commands)), Story()
    for _ in range(3):
        lights.look(story.workshop, story.now)
    story.taps("ada")
    for _ in range(3):
        lights.look(story.workshop, story.now)

    assert shown == [Light("blue", "once"), Light("green")]
