"""The engine's loop: what waits for it, what comes too late for it, and how it ends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from controller.domain import events as ev
from controller.domain.facts import SessionEnded
from controller.domain.now import Now
from controller.domain.reasons import Refusal, StopReason
from controller.domain.workshop import Machine, Workshop
from controller.errors import ProgrammerError
from controller.floor.engine import INBOX_LIMIT, TAP_KEPT_NS, UNHEARD_MAX
from tests.floor.hand_floor import CNC, HERE, MILL, MILL_PIN, Floor
from tests.story import LASER


class Failing:
    """A watcher with a bug."""

    def after_step(self, _workshop: Workshop, _effects: tuple[ev.Effect, ...], _now: Now) -> None:
        raise ZeroDivisionError


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[Floor]:
    """The laser and the mill, free."""
    opened = Floor(tmp_path)
    yield opened
    opened.relays.close()


def test_an_error_inside_a_step_opens_every_relay_and_ends_the_program(floor: Floor) -> None:
    """Whatever goes wrong, power goes off, at the machines that had nothing to do with it too."""
    floor.uses()
    floor.uses("ben", MILL)
    before = (floor.powered(), floor.powered(MILL_PIN))
    floor.engine.watchers.append(Failing())

    with pytest.raises(ZeroDivisionError):
        floor.taps()

    assert before == (True, True)
    assert (floor.powered(), floor.powered(MILL_PIN)) == (False, False)


def test_a_broken_rule_opens_every_relay_and_ends_the_program(floor: Floor) -> None:
    """A state that contradicts itself is not gone on from."""
    floor.uses()
    machines = dict(floor.engine.workshop.machines)
    machines[MILL] = Machine(policy=CNC, situation=machines[LASER].situation)
    floor.engine.workshop = replace(floor.engine.workshop, machines=machines)

    with pytest.raises(ProgrammerError, match="opened for"):
        floor.taps("ben", MILL)

    assert not floor.powered()


def test_too_many_waiting_taps_are_dropped_counted_and_told_and_nothing_else_is(floor: Floor) -> None:
    """The inbox's limit is for taps; a receipt, an end or a lock is always let in, and each maker hears a word."""
    accepted = [floor.engine.submit(floor.tap(f"maker {number}")) for number in range(INBOX_LIMIT + 1)]

    let_in = floor.engine.submit(ev.ShutdownAsked())

    assert (accepted.count(False), floor.engine.dropped_taps, let_in) == (1, 1, True)
    floor.turn()
    assert floor.engine.workshop.closing
    assert floor.watch.refusals()[-1] == Refusal.INTERNAL_ERROR


def test_what_is_told_of_dropped_taps_has_a_limit_too(floor: Floor) -> None:
    """Rule 7: a reader gone mad fills no memory."""
    for number in range(INBOX_LIMIT + UNHEARD_MAX):
        floor.engine.submit(floor.tap(f"maker {number}"))

    one_more = floor.engine.submit(ev.TapUnheard(machine=LASER))

    assert not one_more


def test_a_start_that_is_looked_up_too_late_is_refused(floor: Floor) -> None:
    """A look-up hung behind the disk: the machine must not come on when its maker has left."""
    floor.engine.submit(floor.tap(), time.perf_counter_ns() - TAP_KEPT_NS - 1)
    floor.turn()
    floor.stored()

    assert (floor.watch.refusals(), floor.powered()) == ([Refusal.INTERNAL_ERROR], False)


def test_a_stop_is_never_too_late(floor: Floor) -> None:
    """Rule 2: however long the owner's second tap was on its way, it opens the relay."""
    floor.uses()

    floor.engine.submit(floor.tap(), time.perf_counter_ns() - TAP_KEPT_NS - 1)
    floor.turn()

    assert not floor.powered()


def test_a_time_that_is_up_is_seen_though_the_floor_never_falls_silent(floor: Floor) -> None:
    """A busy reader at the mill delays no end at the laser: after each step the loop looks at the clock."""
    floor.uses()
    floor.clock.passes(HERE.max_duration_s * 1_000)

    floor.engine.submit(floor.tap("ben", MILL))
    floor.engine.stop()
    floor.engine.run()

    assert not floor.powered()
    assert [fact.reason for fact in floor.journal.waiting if isinstance(fact, SessionEnded)] == [
        StopReason.MAXIMUM_DURATION
    ]


def test_each_turn_of_the_loop_feeds_the_watchdog(floor: Floor) -> None:
    """Rule 6: no turn, no word, and the service manager starts the program anew."""
    words: list[int] = []
    floor.engine.on_alive = lambda: words.append(1)

    floor.engine.submit(floor.tap())
    floor.engine.submit(floor.tap("ben", MILL))
    floor.engine.stop()
    before = len(words)
    floor.engine.run()

    assert (before, len(words)) == (0, 3)
