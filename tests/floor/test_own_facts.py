"""What this controller has spent and not yet been told back: at once, and never less than once."""

from __future__ import annotations

from collections.abc import Iterator

from controller.domain import events as ev
from controller.domain.facts import Fact, FaultRaised
from controller.domain.ids import AccountId, BranchId, LockId
from controller.domain.workshop import Limits, Workshop
from controller.exchange.messages import Contained
from controller.floor.own_facts import OwnFacts
from tests.floor import journal_kit as kit
from tests.story import LASER

PAYER, BRANCH = AccountId("acc-1"), BranchId("b")
WORKSHOP = Workshop(branch=BRANCH, limits=Limits())


def ends(own: OwnFacts, number: int) -> None:
    """The engine records the end of a use that costs 50 cents."""
    own.after_step(WORKSHOP, (ev.Record(kit.ended(number)),), kit.now(60))


def fault() -> FaultRaised:
    """The laser's relay stuck."""
    return FaultRaised(lock=LockId("fault-1"), machine=LASER, wanted_on=False, read_on=True, at=kit.stamp())


def test_a_use_counts_from_the_step_that_ends_it() -> None:
    """One badge cannot spend the same cent at two machines while the end waits for the disk."""
    own = OwnFacts()

    ends(own, 1)

    assert own.spent_cents(PAYER) == 50


def test_a_committed_use_counts_once() -> None:
    """The commit takes over from the engine's record."""
    own = OwnFacts()
    ends(own, 1)

    own.fold(2, BRANCH, kit.ended(1))

    assert own.spent_cents(PAYER) == 50


def test_a_commit_that_overtakes_the_engine_still_counts_once() -> None:
    """The journal may be done before the engine's watchers are told; a use is not counted twice for ever."""
    own = OwnFacts()
    own.fold(2, BRANCH, kit.ended(1))

    ends(own, 1)

    assert own.spent_cents(PAYER) == 50


def test_what_the_replica_contains_counts_no_more() -> None:
    """Once the office's balance contains a use, the floor forgets it."""
    own = OwnFacts()
    own.fold(2, BRANCH, kit.ended(1))

    own.trim((Contained(branch=BRANCH, n=2),))

    assert own.spent_cents(PAYER) == 0


def test_building_anew_never_shows_less_than_was_spent() -> None:
    """A tap in the middle of a snapshot's switch finds the account no richer than before."""
    own = OwnFacts()
    own.fold(2, BRANCH, kit.ended(1))
    seen: list[int] = []

    def journal() -> Iterator[tuple[int, BranchId, Fact]]:
        seen.append(own.spent_cents(PAYER))
        yield 2, BRANCH, kit.ended(1)
        seen.append(own.spent_cents(PAYER))

    own.start_anew((), journal())

    assert [*seen, own.spent_cents(PAYER)] == [50, 50, 50]


def test_building_anew_leaves_out_what_the_snapshot_contains() -> None:
    """The vector of the new copy says which uses its balances hold."""
    own = OwnFacts()

    own.start_anew((Contained(branch=BRANCH, n=2),), [(2, BRANCH, kit.ended(1)), (3, BRANCH, kit.ended(2))])

    assert own.spent_cents(PAYER) == 50


def test_a_fault_stands_from_the_step_that_raises_it() -> None:
    """A directory that comes down before its commit must not hand the machine out."""
    own = OwnFacts()

    own.after_step(WORKSHOP, (ev.Record(fault()),), kit.now(60))
    raised = own.faults(frozenset()).standing
    own.fold(2, BRANCH, fault())

    assert raised == own.faults(frozenset()).standing == ((LASER, LockId("fault-1")),)


def test_no_credit_is_known_before_the_journal_was_read() -> None:
    """Nothing folded is not nothing spent."""
    own = OwnFacts()
    before = own.complete()

    own.start_anew((), [])
    prepared = own.complete()
    own.settled(())

    assert (before, prepared, own.complete()) == (False, False, True)


def test_a_fault_is_lifted_only_when_the_office_knew_it_and_holds_it_no_more() -> None:
    """A lock that never reached the office is not lifted by its absence there; a lifted one is told once."""
    own = OwnFacts()
    own.fold(2, BRANCH, fault())
    unknown = own.faults(frozenset()).lifted
    own.trim((Contained(branch=BRANCH, n=2),))
    held = own.faults(frozenset({LockId("fault-1")})).lifted

    lifted = own.faults(frozenset()).lifted

    assert (unknown, held, lifted, own.faults(frozenset()).lifted) == ((), (), (LockId("fault-1"),), ())


def test_a_right_that_was_given_here_holds_until_the_replica_contains_it() -> None:
    """At once, across the commit, and no longer than that: what the office makes of it is in the copy then."""
    own, given = OwnFacts(), kit.right_granted()
    before = own.rights_of(given.member)

    own.after_step(WORKSHOP, (ev.Record(given),), kit.now(60))
    at_once = own.rights_of(given.member)
    own.fold(7, BRANCH, given)
    committed = own.rights_of(given.member)
    own.trim([Contained(branch=BRANCH, n=6)])
    still = own.rights_of(given.member)
    own.trim([Contained(branch=BRANCH, n=7)])

    assert before == ()
    assert [right.training for right in at_once] == ["laser-basics"]
    assert at_once == committed == still
    assert own.rights_of(given.member) == ()


def test_a_right_whose_commit_came_first_is_forgotten_like_any_other() -> None:
    """The journal may be done before the engine's watchers are told."""
    own, given = OwnFacts(), kit.right_granted()
    own.fold(7, BRANCH, given)
    own.after_step(WORKSHOP, (ev.Record(given),), kit.now(60))

    own.trim([Contained(branch=BRANCH, n=7)])

    assert own.rights_of(given.member) == ()


def test_a_right_of_before_a_restart_is_read_from_the_journal() -> None:
    """The controller was cut off and started again: what it gave still holds."""
    own, given = OwnFacts(), kit.right_granted()

    own.start_anew([Contained(branch=BRANCH, n=3)], [(7, BRANCH, given)])
    own.settled([Contained(branch=BRANCH, n=3)])

    assert [right.training for right in own.rights_of(given.member)] == ["laser-basics"]
