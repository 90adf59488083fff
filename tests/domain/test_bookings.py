"""A machine may honour bookings, or ask for one: whose turn it is, until when a use lasts, and who did not come."""

from dataclasses import replace

from controller.domain.directory import MachineEntry
from controller.domain.reasons import Refusal, StopReason
from controller.domain.sessions import SessionKind
from tests.story import LASER, LASER_CUTTER, Story, maker

HONOURS = replace(LASER_CUTTER, bookings="honour")
REQUIRES = replace(LASER_CUTTER, bookings="require")
MINUTE_S = 60


def booked(*bookings: tuple[str | None, float, float], machine: MachineEntry = HONOURS) -> Story:
    """The machine with these bookings, in minutes from now."""
    story = Story(machine)
    story.books(*bookings)
    return story


def test_who_has_booked_the_machine_has_it_and_nobody_else() -> None:
    """Ben is told that it is booked; Ada begins."""
    story = booked(("ada", -10, 50))

    story.taps("ben")
    story.taps("ada")

    assert (story.refused(), story.live) == (["booked_by_other"], {LASER})


def test_a_booking_counts_from_its_first_instant_and_to_its_last() -> None:
    """A second before and at its very end the machine is anybody's."""
    before, first, last, after = (booked(("ada", 10, 20)) for _ in range(4))
    for story, seconds in ((before, 598), (first, 600), (last, 1_199), (after, 1_200)):
        story.later(seconds=seconds)
        story.taps("ben")

    assert [len(story.live) for story in (before, first, last, after)] == [1, 0, 0, 1]


def test_the_next_booking_bounds_a_use_and_says_so_from_the_first_second() -> None:
    """Half an hour, with its warnings, and off when it is Ada's turn."""
    story = booked(("ada", 30, 60))

    story.taps("ben")
    said = story.signals[-1]
    story.later(seconds=30 * MINUTE_S)

    assert (said.ends_in_s, said.ends_by) == (1_800, StopReason.BOOKING)
    assert [signal.verdict for signal in story.signals] == ["granted", "warning", "warning", "warning", "ended"]
    assert [(end.reason, end.seconds) for end in story.ended()] == [(StopReason.BOOKING, 1_800)]


def test_a_use_is_not_extended_into_somebody_elses_booking() -> None:
    """Up to it, and not a second further."""
    story = booked(
        ("ada", 40, 90), machine=replace(HONOURS, max_duration_s=1_800, extend_s=1_800, extended_max_s=7_200)
    )
    story.taps("ben")
    story.later(seconds=29 * MINUTE_S)

    story.taps("ben")
    extended = story.signals[-1]
    story.later(seconds=10 * MINUTE_S)
    story.taps("ben")

    assert (extended.verdict, extended.ends_in_s, extended.ends_by) == ("extended", 660, StopReason.BOOKING)
    assert (story.signals[-1].verdict, story.signals[-1].stop) == ("not_extended", StopReason.BOOKING)


def test_the_machines_end_policy_holds_for_a_booking_too() -> None:
    """A job that may finish does, under its ceiling; who comes next waits so long."""
    story = booked(("ada", 30, 60), machine=replace(HONOURS, end_policy="finish", finish_max_s=300))
    story.taps("ben")

    story.later(seconds=30 * MINUTE_S)
    still = set(story.live)
    story.later(seconds=5 * MINUTE_S)

    assert (still, story.live) == ({LASER}, set())
    assert story.ended()[0].reason is StopReason.BOOKING


def test_ones_own_booking_ends_nothing_where_the_machine_only_honours_them() -> None:
    """Nobody waits: Ada goes on until the machine's own limit."""
    story = booked(("ada", -5, 10))

    story.taps("ada")

    assert story.signals[-1].ends_by is StopReason.MAXIMUM_DURATION


def test_a_machine_that_requires_a_booking_says_so() -> None:
    """Free or not, who has none does not begin; who has one works to the end of it, two in a row being one."""
    story = booked(("ada", -1, 30), ("ada", 30, 60), machine=REQUIRES)
    free = Story(REQUIRES)

    free.taps("ben")
    story.taps("ben")
    story.taps("ada")

    assert (free.refused(), story.refused()) == (["requires_booking"], ["booked_by_other"])
    assert (story.signals[-1].ends_in_s, story.signals[-1].ends_by) == (3_600, StopReason.BOOKING)


def test_ones_own_booking_counts_five_minutes_early_where_nobody_has_the_machine() -> None:
    """Not six, and not on somebody else's time."""
    six, five, bens = (booked(("ada", begins, 60), machine=REQUIRES) for begins in (6, 5, 5))
    bens.books(("ben", -10, 5), ("ada", 5, 60))

    for story in (six, five, bens):
        story.taps("ada")

    assert [story.refused() for story in (six, five, bens)] == [["requires_booking"], [], ["booked_by_other"]]


def test_a_no_show_frees_the_machine_after_its_time() -> None:
    """Ben waits a quarter of an hour, also where a booking is needed; there his time is the rest of Ada's."""
    for machine, ends in ((HONOURS, StopReason.MAXIMUM_DURATION), (REQUIRES, StopReason.BOOKING)):
        story = booked(("ada", 0, 60), machine=replace(machine, no_show_s=900))

        story.later(seconds=899)
        story.taps("ben")
        story.later(seconds=1)
        story.taps("ben")

        assert (story.refused(), story.live) == (["booked_by_other"], {LASER})
        assert story.signals[-1].ends_by is ends


def test_who_came_keeps_the_booking_through_a_pause() -> None:
    """Ada began, fetched material, and finds her machine as she left it; also when she began before its hour."""
    on_time = booked(("ada", 0, 60), machine=replace(HONOURS, no_show_s=900))
    early = booked(("ada", 20, 60), machine=replace(HONOURS, no_show_s=900))
    for story, seconds in ((on_time, 60), (early, 25 * MINUTE_S)):
        story.taps("ada")
        story.later(seconds=seconds)
        story.taps("ada")
    on_time.later(seconds=1_200)
    early.later(seconds=1_200)

    for story in (on_time, early):
        story.taps("ben")

    assert [story.refused() for story in (on_time, early)] == [["booked_by_other"]] * 2


def test_a_booking_of_somebody_unknown_closes_the_machine_to_everybody() -> None:
    """The lab's booking tool knows people whom the directory does not; their time is theirs until they are no-shows."""
    story = booked((None, -1, 60), machine=replace(HONOURS, no_show_s=900))

    story.taps("ada")
    story.later(seconds=900)
    story.taps("ada")

    assert (story.refused(), story.live) == (["booked_by_other"], {LASER})


def test_a_booking_opens_no_machine_to_who_is_not_trained() -> None:
    """What is missing first is said first."""
    story = booked(("ben", -1, 60))
    story.makers["ada"] = replace(maker("ada"), rights=())
    story.makers["ben"] = replace(maker("ben"), rights=())

    story.taps("ada")
    story.taps("ben")

    assert story.refused() == [Refusal.TRAINING_MISSING.value] * 2


def test_who_repairs_the_machine_waits_for_no_free_hour() -> None:
    """Maintenance works on it whoever has booked it."""
    story = booked(("ben", -1, 60), machine=REQUIRES)
    story.makers["ada"] = maker("ada", kind=SessionKind.MAINTENANCE)

    story.taps("ada")

    assert story.live == {LASER}


def test_what_was_said_stands_when_somebody_books_later() -> None:
    """Ben was told two hours; a booking that comes down meanwhile does not cut him, but nothing is added to that."""
    story = Story(replace(HONOURS, extend_s=1_800, extended_max_s=14_400))
    story.taps("ben")
    story.books(("ada", 60, 150))

    story.later(seconds=119 * MINUTE_S)
    story.taps("ben")
    story.later(seconds=MINUTE_S)

    assert [(end.reason, end.seconds) for end in story.ended()] == [(StopReason.MAXIMUM_DURATION, 7_200)]


def test_bookings_need_no_office_and_no_date() -> None:
    """They are judged from the copy; without a date the machine's own clock rule decides."""
    story = booked(("ada", -1, 60))
    story.clock_is_lost()

    story.taps("ben")

    assert story.live == {LASER}


def test_a_machine_that_ignores_bookings_is_open_to_all() -> None:
    """As every machine was before."""
    story = booked(("ada", -1, 60), machine=LASER_CUTTER)

    story.taps("ben")

    assert story.live == {LASER}
