"""Stories of what a controller knows by itself: its view beyond the directory, how fresh it is, and commands."""

from __future__ import annotations

from dataclasses import replace

from controller.domain.directory import BalanceEntry, HoldEntry
from controller.domain.ids import AccountId, BranchId, ControllerId, MachineId, MemberId, SessionId
from controller.exchange.overlay import Overlay
from tests.exchange.floor_model import Floor
from tests.exchange.office_model import CREDIT_CENTS
from tests.exchange.samples import HOLD_CENTS, ended, opened
from tests.exchange.world import World, down


def started(world: World) -> Floor:
    """The first controller, started and in touch with the office."""
    pi = world.floors[0]
    pi.start()
    world.settle()
    return pi


def members(floor: Floor) -> set[str]:
    """The members in a controller's replica."""
    return {key for kind, key in floor.card.replica.rows if kind == "member"}


def test_what_the_floor_learned_is_never_wiped() -> None:
    """A lock set at the machine holds until the directory contains it, whatever comes down meanwhile."""
    world = World("pi")
    pi = started(world)
    world.office.auto_commit = False
    name = pi.fault("laser")

    world.office.put_member(1)
    world.office.post()
    world.flow()
    before = pi.overlay.locks(MachineId("laser"))
    world.settle()
    after = pi.overlay.locks(MachineId("laser"))

    assert "m1" in members(pi)
    assert before == {name}
    assert after == frozenset()
    assert ("lock", name) in pi.card.replica.rows


def test_spending_is_never_forgotten_when_the_office_goes_back() -> None:
    """A restored office brings an older balance and an older vector: what was spent since still counts."""
    world = World("pi")
    pi = started(world)
    image = world.back_up()
    pi.use(cents=700)
    world.settle()
    known = pi.view_cents()

    world.restore_office(image)
    views = set()
    for _ in range(40):
        world.deliver()
        world.later(1)
        views.add(pi.view_cents())
    world.settle()

    assert known == CREDIT_CENTS - 700
    assert views == {CREDIT_CENTS - 700}
    assert pi.view_cents() == CREDIT_CENTS - 700


def test_a_view_built_anew_counts_nothing_twice() -> None:
    """After a restart the journal's facts count only above what the replica contains, before any word of the office."""
    world = World("pi")
    pi = started(world)
    pi.use(cents=700)
    world.settle()

    pi.start()

    assert pi.view_cents() == CREDIT_CENTS - 700


def test_the_other_controllers_open_uses_count_and_our_own_not_twice() -> None:
    """The balance that comes down names open uses by controller: ours are known here already."""
    overlay = Overlay()
    ours, theirs = ControllerId("pi"), ControllerId("pi-west")
    holds = (HoldEntry(controller=ours, cents=300), HoldEntry(controller=theirs, cents=200))
    entry = BalanceEntry(account=AccountId("acc-ada"), balance_cents=1000, floor_cents=-100, holds=holds)

    available = overlay.available_cents(entry, ours)

    assert available == 1000 + 100 - 200


def test_an_open_use_counts_as_a_hold_until_it_ends() -> None:
    """What a running use may still cost is not spent twice, on this controller's own word."""
    world = World("pi")
    pi = started(world)

    pi.open_use()
    world.settle()
    running = pi.view_cents()
    pi.end_use(cents=37)
    world.settle()

    assert running == CREDIT_CENTS - HOLD_CENTS
    assert pi.view_cents() == CREDIT_CENTS - 37


def test_offline_spending_is_what_began_since_the_last_fresh_contact() -> None:
    """Uses begun out of touch count against the offline ceiling until the office has heard of them."""
    world = World("pi")
    pi = started(world)
    account = AccountId("acc-ada")
    pi.use(cents=100)
    world.settle()
    in_touch = pi.overlay.offline_spent_cents(account)

    pi.use(cents=200)
    pi.open_use()
    world.bag.clear()
    out_of_touch = pi.overlay.offline_spent_cents(account)
    world.settle()

    assert in_touch == 0
    assert out_of_touch == 200 + HOLD_CENTS
    assert pi.overlay.offline_spent_cents(account) == 0


def test_what_one_member_of_an_account_spent_out_of_touch_is_told_apart() -> None:
    """An organisation's people share an account, not the ceiling that each of them has."""
    overlay, branch = Overlay(), BranchId("b-1")
    for n, who in enumerate(("ada", "ben", "ada"), start=1):
        use = replace(opened(f"s-{n}", "acc-school", 0), member=MemberId(who))
        overlay.fold(2 * n, branch, use)
        overlay.fold(2 * n + 1, branch, ended(use, 100 * n, 0))
    account = AccountId("acc-school")

    spent = [overlay.offline_ended_cents(account, who) for who in (None, MemberId("ada"), MemberId("ben"))]

    assert spent == [600, 400, 200]


def test_a_slow_answer_makes_nothing_fresh() -> None:
    """Freshness counts from the question, not from the arrival of an answer that lay in a queue for an hour."""
    world = World("pi")
    pi = started(world)
    assert pi.side is not None
    pi.take(pi.side.connected(world.boot_ms))
    asked_ms = world.boot_ms
    world.deliver()
    queued = [data for _, data, _ in world.bag]
    world.bag.clear()
    pi.fresh.clear()

    world.boot_ms += 3_600_000
    for data in queued:
        pi.hear(down(data))

    assert {fresh.as_of_ms for fresh in pi.fresh} == {asked_ms}


def test_a_controller_behind_the_directory_is_not_fresh() -> None:
    """An office in touch is not enough: what it knows has to be here."""
    world = World("pi")
    pi = started(world)
    pi.apply_ok = False
    world.office.put_member(1)
    pi.fresh.clear()

    world.settle()

    assert pi.fresh == []


def test_a_command_is_done_once_and_answered_each_time() -> None:
    """Said twice, done once; the answer may be lost and is given again."""
    world = World("pi")
    pi = started(world)
    side = world.office.side(pi.name)

    for _ in range(2):
        stop = side.command(key="c1", kind="stop", session=SessionId("s1"), now_ms=world.wall_ms, ttl_ms=30_000)
        world.office.take(pi.name, stop)
        world.bag.reverse()
    answers = 0
    while world.bag:
        world.deliver()
        answers += world.office.answers.pop("c1", None) == "done"

    assert [command.id for command in pi.done] == ["c1"]
    assert answers == 2


def test_a_command_dies_with_its_time_and_with_its_boot() -> None:
    """A stop that lay in a queue, or was meant for the process before, is not carried out."""
    world = World("pi")
    pi = started(world)
    side = world.office.side(pi.name)
    late = side.command(key="late", kind="stop", session=SessionId("s1"), now_ms=world.wall_ms, ttl_ms=30_000)
    old = side.command(key="old", kind="stop", session=SessionId("s1"), now_ms=world.wall_ms, ttl_ms=900_000)

    world.office.take(pi.name, late)
    world.boot_ms += 31_000
    world.flow()
    world.office.take(pi.name, old)
    pi.start()
    world.flow()

    assert pi.done == []
    assert world.office.answers == {"late": "expired", "old": "expired"}
