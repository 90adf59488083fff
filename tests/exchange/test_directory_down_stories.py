"""Stories of the directory on its way down: changes in order, snapshots, and what a controller knows by itself."""

from __future__ import annotations

from dataclasses import replace

from controller.exchange.messages import Ack, Changes, SnapshotChunk
from controller.exchange.outputs import AlarmCode
from tests.exchange.floor_model import Floor
from tests.exchange.office_model import CREDIT_CENTS
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


def test_a_directory_that_came_whole_is_as_fresh_as_the_word_that_announced_it() -> None:
    """The network dies with the snapshot's last part: the floor has all the office had when it was asked, and opens."""
    world = World("pi")
    world.office.put_member(1)
    pi = world.floors[0]
    pi.start()

    while pi.card.replica.revision() < world.office.disk.revision:
        world.deliver()

    assert [fresh.as_of_ms for fresh in pi.fresh] == [world.boot_ms]


def test_a_directory_that_came_whole_is_not_fresh_when_the_office_has_gone_on() -> None:
    """What was said while the snapshot was on its way counts: the office had more than this already."""
    world = World("pi")
    for number in range(17):
        world.office.put_member(number)
    pi = world.floors[0]
    pi.start()
    while not pi.card.replica.staged:
        world.deliver()
    world.office.put_member(18)
    pi.open_use()

    while not members(pi):
        world.deliver()

    assert pi.fresh == []
    world.settle()
    assert pi.fresh != []


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
    assert pi.card.replica.revision() == world.office.disk.revision


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


def stopped(world: World) -> Floor:
    """A controller that met a kind of entry from tomorrow."""
    pi = started(world)
    world.office.disk.put("curfew", "laser", {"from": 22})
    world.office.post()
    world.settle()
    assert pi.card.stopped
    return pi


def test_a_controller_that_stopped_remembers_it_across_a_restart() -> None:
    """It does not ask for the same changes again, and says at once where it stands."""
    world = World("pi")
    pi = stopped(world)
    pi.alarms.clear()

    pi.start()
    world.settle()

    assert pi.alarms == []
    assert world.office.heard[pi.name].replica.standing == "needs_upgrade"


def test_a_controller_that_stopped_goes_on_when_the_office_has_put_it_right() -> None:
    """It asks once an hour; what it understands by then lifts the stop, with no upgrade and no restart."""
    world = World("pi")
    pi = stopped(world)
    pi.start()
    world.settle()
    del world.office.disk.directory["curfew", "laser"]
    world.office.put_member(1)
    world.office.post()
    world.settle()
    before = members(pi)

    world.later(3_600)
    world.settle()

    assert (before, members(pi)) == (set(), {"m1"})
    assert not pi.card.stopped


def test_a_controller_that_stopped_is_stopped_again_by_the_same_entry() -> None:
    """An hour later nothing has changed: it is told again, and nothing after the entry is applied."""
    world = World("pi")
    pi = stopped(world)
    world.office.put_member(1)
    pi.alarms.clear()

    world.later(3_600)
    world.settle()

    assert pi.alarms == [AlarmCode.NEEDS_UPGRADE]
    assert (members(pi), pi.card.stopped) == (set(), True)


def test_a_controller_that_stopped_follows_a_restored_office() -> None:
    """Another state of the office may lack what was not understood: it is asked for at once."""
    world = World("pi")
    world.office.put_member(1)
    image = world.back_up()
    pi = stopped(world)

    world.restore_office(image)
    world.settle()

    assert pi.card.replica.incarnation() == "inc-1"
    assert (members(pi), pi.card.stopped) == ({"m1"}, False)


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


def test_changes_of_the_new_office_are_not_mixed_into_the_old_directory() -> None:
    """While the snapshot of a new incarnation is on its way, its changes wait: equal numbers mean other things now."""
    world = World("pi")
    image = world.back_up()
    pi = started(world)
    world.restore_office(image)
    assert pi.side is not None
    pi.take(pi.side.connected(world.boot_ms))
    world.deliver()
    while not isinstance(down(world.bag[0][1]), Ack):
        world.bag.pop(0)
    world.deliver()
    world.office.put_member(9)
    entry = world.office.disk.directory["member", "m9"]
    held = pi.card.replica.revision()
    early = Changes(
        incarnation="inc-1",
        from_revision=held,
        to_revision=held + 1,
        entries=(replace(entry, revision=held + 1),),
        vector=(),
    )

    pi.hear(early)
    mixed = members(pi)
    world.settle()

    assert mixed == set()
    assert members(pi) == {"m9"}


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
