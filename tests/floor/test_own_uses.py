"""How long a person has had a machine today, by what this controller itself knows."""

from __future__ import annotations

from dataclasses import replace

from controller.domain import events as ev
from controller.domain.facts import SessionEnded
from controller.domain.ids import BranchId, MachineId, MemberId, SessionId
from controller.domain.workshop import Limits, Workshop
from controller.floor import own_uses
from controller.floor.own_facts import OwnFacts
from controller.floor.own_uses import KEPT_MS, OwnUses
from tests.floor import journal_kit as kit

BRANCH = BranchId("b")
WORKSHOP = Workshop(branch=BRANCH, limits=Limits())
MEMBER, MACHINE = kit.ended(1).member, kit.ended(1).machine


def ended(number: int, began_ms: int | None, seconds: int = 60) -> SessionEnded:
    """A use that began then."""
    fact = kit.ended(1)
    stamp = replace(fact.started, wall_ms=began_ms)
    return replace(fact, session=SessionId(f"b-{number}"), started=stamp, ended=replace(stamp), seconds=seconds)


def test_uses_of_today_count_once_each_and_only_here() -> None:
    """Told by the engine, by the commit and by the journal read anew; another day, member or machine is another."""
    own = OwnFacts()
    for fact in (ended(1, 1_000), ended(2, 5_000, 30), ended(3, 900)):
        own.fold(1, BRANCH, fact)
    own.start_anew((), [(1, BRANCH, ended(1, 1_000)), (2, BRANCH, ended(2, 5_000, 30))])
    assert own.used_s(MEMBER, MACHINE, 1_000) is None
    own.settled(())

    assert own.used_s(MEMBER, MACHINE, 1_000) == 90
    assert own.used_s(MemberId("m-9"), MACHINE, 1_000) == own.used_s(MEMBER, MachineId("saw"), 1_000) == 0


def test_a_use_counts_from_the_step_that_ends_it() -> None:
    """One badge cannot have the day twice while the end waits for the disk, nor when the office has taken it in."""
    own = OwnFacts()
    own.settled(())
    own.after_step(WORKSHOP, (ev.Record(ended(1, 1_000)),), kit.now(60))

    assert own.used_s(MEMBER, MACHINE, 0) == 60
    own.trim(())
    assert own.used_s(MEMBER, MACHINE, 0) == 60


def test_old_uses_are_forgotten_and_undated_ones_not_counted() -> None:
    """What is kept is bounded by two days, and by a number."""
    uses = OwnUses()
    for fact in (ended(1, 0), ended(2, None), ended(3, KEPT_MS + 1), ended(4, 0)):
        uses.ended(fact)

    assert uses.seconds(MEMBER, MACHINE, 0) == 60
    for number in range(own_uses.USES_MAX + 5):
        uses.ended(ended(number, KEPT_MS + 2 + number, 1))
    assert uses.seconds(MEMBER, MACHINE, 0) <= own_uses.USES_MAX + 60
