"""Stories of the directory on its way down: changes in order, snapshots, and what a controller knows by itself."""

from __future__ import annotations

from dataclasses import replace

from controller.domain.ids import AccountId, MachineId, SessionId
from controller.exchange.messages import Changes, SnapshotChunk
from controller.exchange.outputs import AlarmCode
from tests.exchange.floor_model import Floor
from tests.exchange.office_model import CREDIT_CENTS
from tests.exchange.samples import HOLD_CENTS
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


def test_a_new_controller_pulls_the_whole_directory() -> None:
    """An empty replica is filled by a snapshot in chunks, and goes on from its revision."""
    world = World("pi")
    for number in range(17):
        world.office.put_member(number)

    pi = started(world)

    assert len(members(pi)) == 17
    assert pi.card.replica.revision() == world.office.disk.revision
    assert pi.card.replica.incarnation() == "inc-0"


def test_a_controller_far_behind_takes_a_snapshot() -> None:
    """More than ten thousand revisions are not replayed one by one."""
    world = World("pi")
    pi = started(world)
    pi.stop()
    world.office.put_member(1)
    world.office.disk.revision += 10_001
    world.office.put_member(2)
    pi.card.replica.staged = []

    pi.start()
    world.flow()

    assert pi.card.replica.staged != []
    assert members(pi) == {"m1", "m2"}


def test_changes_come_in_order_and_a_gap_is_asked_again() -> None:
    """What follows a lost change is not applied before it; the controller asks, and gets both."""
    world = World("pi")
    pi = started(world)
    world.office.put_member(1)
    world.office.post()
    first = next(data for _, data, _ in world.bag if isinstance(down(data), Changes))
    world.bag.clear()
    changes = down(first)
    assert isinstance(changes, Changes)
    world.office.put_member(2)
    second = replace(
        changes,
        from_revision=changes.to_revision,
        to_revision=changes.to_revision + 1,
        entries=(world.office.disk.directory["member", "m2"],),
    )

    pi.hear(second)
    jumped = members(pi)
    world.flow()

    assert jumped == set()
    assert members(pi) == {"m1", "m2"}


def test_a_tombstone_takes_the_entry_away_for_good() -> None:
    """A deleted entry goes, and an older change that arrives late does not bring it back."""
    world = World("pi")
    pi = started(world)
    world.office.put_member(1)
    world.office.post()
    late = [data for _, data, _ in world.bag]
    world.flow()
    had = members(pi)

    world.office.changed("member", "m1", None)
    world.flow()
    for data in late:
        pi.hear(down(data))

    assert had == {"m1"}
    assert members(pi) == set()


def test_a_kind_of_change_from_tomorrow_stops_application_there() -> None:
    """What comes before it is applied, nothing after it is; everybody is told, and the journal goes up all the same."""
    world = World("pi")
    pi = started(world)
    world.office.put_member(1)
    world.office.disk.put("curfew", "laser", {"from": 22})
    world.office.put_member(2)

    world.office.post()
    world.settle()
    session = pi.use(cents=37)
    world.settle()

    assert members(pi) == {"m1"}
    assert AlarmCode.NEEDS_UPGRADE in pi.alarms
    assert world.office.heard[pi.name].replica.standing == "needs_upgrade"
    assert session in world.office.ledger
    assert pi.view_cents() == CREDIT_CENTS - 37


def test_a_restriction_lifted_before_it_was_understood_stops_too() -> None:
    """A tombstone of an unknown kind is no news that one may skip."""
    world = World("pi")
    pi = started(world)

    world.office.changed("curfew", "laser", None)
    world.office.put_member(1)
    world.settle()

    assert pi.alarms == [AlarmCode.NEEDS_UPGRADE]
    assert members(pi) == set()


def test_an_office_started_again_is_found_without_anything_to_send() -> None:
    """A restored office does not know a quiet controller's line; after three silent polls the controller says it."""
    world = World("pi")
    image = world.back_up()
    pi = started(world)

    world.restore_office(image)
    world.settle()

    assert world.stored(pi) == pi.card.journal.facts
    assert pi.card.replica.incarnation() == "inc-1"


def test_a_new_incarnation_is_followed_by_snapshot() -> None:
    """After a restore of the office, revisions count anew: the replica is replaced as a whole."""
    world = World("pi")
    world.office.put_member(1)
    image = world.back_up()
    pi = started(world)
    world.office.put_member(2)
    world.settle()
    had = members(pi)

    world.restore_office(image)
    world.settle()

    assert had == {"m1", "m2"}
    assert members(pi) == {"m1"}
    assert pi.card.replica.incarnation() == "inc-1"


def test_a_directory_that_lost_half_its_entries_waits_for_a_fabmanager() -> None:
    """A snapshot with less than half of the entries held is not applied until somebody confirms it."""
    world = World("pi")
    empty = world.back_up()
    pi = started(world)
    for number in range(9):
        world.office.put_member(number)
    world.office.post()
    world.settle()

    world.restore_office(empty)
    world.settle()
    waiting = members(pi)
    told = world.office.heard[pi.name].replica.standing
    world.office.side(pi.name).confirm_size_drop()
    world.settle()

    assert len(waiting) == 9
    assert told == "size_drop"
    assert pi.alarms == [AlarmCode.SIZE_DROP]
    assert members(pi) == set()
    assert world.office.heard[pi.name].replica.standing == "ok"


def test_a_damaged_snapshot_is_asked_for_again() -> None:
    """A chunk that was changed on its way does not become the directory."""
    world = World("pi")
    for number in range(8):
        world.office.put_member(number)
    pi = world.floors[0]
    pi.start()

    damaged = False
    while not damaged and world.bag:
        topic, data, floor = world.bag[0]
        if topic.endswith("/down") and isinstance(chunk := down(data), SnapshotChunk):
            world.bag[0] = (topic, replace(chunk, data=chunk.data.replace("active", "actual")), floor)
            damaged = True
        world.deliver()
    world.settle()

    assert damaged
    assert pi.alarms == [AlarmCode.SNAPSHOT_DAMAGED]
    assert {str(row["status"]) for (kind, _), row in pi.card.replica.rows.items() if kind == "member"} == {"active"}


def test_a_grant_has_arrived_only_when_the_controller_has_committed_it() -> None:
    """The page says "on 1 of 1 controllers" after the replica's commit, not after the broker's word."""
    world = World("pi")
    pi = started(world)
    pi.apply_ok = False
    world.office.put_member(1)
    wanted = world.office.disk.revision

    world.settle()
    while_failing = world.office.heard[pi.name].replica.revision
    pi.apply_ok = True
    world.settle()

    assert while_failing < wanted
    assert world.office.heard[pi.name].replica.revision == wanted


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
