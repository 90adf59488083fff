"""After a crash or a power cut: off, closed at the last proven instant, unless every proof of a hold is there."""

from dataclasses import replace

import pytest

from controller.domain.events import FoundOpen
from controller.domain.facts import SessionResumed
from tests.story import CERAMIC_KILN, KILN, LASER, Story


def test_a_use_found_open_after_a_crash_is_closed_at_its_last_proven_instant() -> None:
    """Rule 4: 100 s after the start the last tick proves 90 s; neither the rest nor the outage is billed."""
    story = Story()
    story.taps("ada")
    story.later(seconds=100)
    proven_at = story.ticks["b1-1"][1]  # type: ignore[index]

    story.crashes()
    story.starts_up(after_s=3600)

    ended = story.ended()[0]
    assert (ended.reason, ended.seconds, ended.announced_cents) == ("recovered_crash", 90, 100)
    assert ended.ended == proven_at
    assert story.live == set()


def test_a_power_cut_is_told_apart_from_a_crash() -> None:
    """Rule 4: another boot means that the mains or the whole Pi went away."""
    story = Story()
    story.taps("ada")
    story.later(seconds=100)

    story.loses_power()
    story.starts_up(after_s=20)

    assert (story.ended()[0].reason, story.ended()[0].seconds) == ("recovered_power_loss", 90)
    assert story.live == set()


def test_a_use_that_no_tick_has_proven_costs_nothing() -> None:
    """Rule 4: on disk but perhaps never powered: nothing is billed."""
    story = Story()
    story.disk_hangs()
    story.taps("ada")
    story.journal.append(story.waiting[0][0])

    story.crashes()
    story.starts_up(after_s=5)

    assert (story.ended()[0].seconds, story.ended()[0].announced_cents) == (0, 0)
    assert "laser on" not in story.happened


def test_a_crash_opens_the_relay_before_the_end_is_written() -> None:
    """Rule 2 holds at the start of the program too."""
    story = Story()
    story.taps("ada")
    story.crashes()
    story.happened.clear()

    story.starts_up(after_s=5)

    assert story.happened[:2] == ["laser off", "session_ended written"]


def test_a_machine_that_crashed_in_use_may_be_used_again_once_seen_off() -> None:
    """Rule 3: off is read back, then the next maker may start, under a new name."""
    story = Story()
    story.taps("ada")
    story.crashes()
    story.starts_up(after_s=5)

    story.taps("ben")

    assert story.live == {LASER}
    assert [fact.session for fact in story.open_on_disk()] == ["b2-1"]


def a_kiln_that_was_firing() -> Story:
    """A hold with every proof but the one that a test takes away."""
    story = Story(CERAMIC_KILN)
    story.taps("ada", at=KILN)
    story.later(seconds=90)
    story.crashes()
    return story


def test_a_proven_hold_goes_on_and_a_fact_says_so() -> None:
    """Rule 3: same boot, line on, gap within a minute: the firing goes on and its time with it."""
    story = a_kiln_that_was_firing()
    story.happened.clear()

    story.starts_up(after_s=10)
    on = set(story.live)
    story.later(seconds=100)
    story.taps("ada", at=KILN)

    assert on == {KILN}
    assert "kiln off" not in story.happened[: story.happened.index("session_resumed on disk")]
    assert [fact.gap_ms for fact in story.journal if isinstance(fact, SessionResumed)] == [10_000]
    assert (story.ended()[0].session, story.ended()[0].seconds) == ("b1-1", 200)


def test_a_resumed_use_keeps_its_limit() -> None:
    """Rule 3: a restart gives nobody more time than was said at the start."""
    story = a_kiln_that_was_firing()
    story.starts_up(after_s=10)

    story.later(seconds=43_200 - 100)

    assert story.live == set()
    assert story.ended()[0].seconds == 43_200


def test_a_reboot_never_re_energises() -> None:
    """Rule 3: another boot is another day, even for a kiln."""
    story = a_kiln_that_was_firing()
    story.happened.clear()

    story.loses_power()
    story.starts_up(after_s=1)

    assert story.live == set()
    assert "kiln on" not in story.happened
    assert story.ended()[0].reason == "recovered_power_loss"


def test_a_line_that_reads_on_after_a_reboot_proves_nothing() -> None:
    """Rule 3: a boot's times mean nothing in another one, even where the clock and the line would fit a hold."""
    story = a_kiln_that_was_firing()
    proven_ms = story.now.boot_ms

    story.loses_power()
    story.live.add(KILN)
    story.starts_up(after_s=proven_ms // 1000)

    assert story.live == set()
    assert story.ended()[0].reason == "recovered_power_loss"


def test_a_machine_that_may_not_be_held_is_not() -> None:
    """Rule 3: without `on_process_exit = hold` the best proofs are worth nothing."""
    story = a_kiln_that_was_firing()

    story.machines = (replace(CERAMIC_KILN, on_process_exit="off"),)
    story.starts_up(after_s=10)

    assert story.live == set()
    assert story.ended()[0].reason == "recovered_crash"


@pytest.mark.parametrize("after_s", [61, 3600])
def test_a_hold_ends_with_its_permitted_gap(after_s: int) -> None:
    """Rule 3: after more than a minute unseen, nobody knows what the kiln did."""
    story = a_kiln_that_was_firing()

    story.starts_up(after_s=after_s)

    assert story.live == set()
    assert story.ended()[0].seconds == 90


@pytest.mark.parametrize("reading", [False, None])
def test_a_hold_whose_line_does_not_read_on_is_off(reading: bool | None) -> None:  # noqa: FBT001
    """Rule 3: unproven means off, and never on again by itself."""
    story = a_kiln_that_was_firing()
    story.happened.clear()
    story.stuck[KILN] = reading

    story.starts_up(after_s=10)

    assert "kiln on" not in story.happened
    assert story.ended()[0].reason == "recovered_crash"


def test_a_hold_of_a_machine_that_is_not_known_any_more_is_off() -> None:
    """Rule 6: without a policy nothing is permitted."""
    story = a_kiln_that_was_firing()

    story.machines = ()
    story.starts_up(after_s=10)

    assert "kiln off" in story.happened
    assert story.ended()[0].reason == "recovered_crash"


def test_two_uses_found_open_at_one_machine_are_ambiguous_and_both_end() -> None:
    """Rule 6: power that two records claim belongs to neither."""
    story = a_kiln_that_was_firing()
    story.starts_up(after_s=10)
    other = replace(story.open_on_disk()[0], session="b0-9")  # type: ignore[arg-type]

    story.feed(
        FoundOpen(
            opened=other, started=other.at, proven_ms=5_000, proven_at=story.ticks[story.open_on_disk()[0].session][1],
            same_boot=True, read_on=True,
        )
    )  # fmt: skip

    assert story.live == set()
    assert {fact.session for fact in story.ended()} == {"b1-1", "b0-9"}
