"""Stories of the journal on its way up: what is stored, what is acknowledged, what may be trimmed."""

from __future__ import annotations

from dataclasses import replace

from controller.exchange.messages import LINEAGE_MAX, WINDOW_FACTS, Ack, LedgerHead
from controller.exchange.outputs import AlarmCode
from tests.exchange.floor_model import Floor
from tests.exchange.samples import BOOKS
from tests.exchange.world import World, down

DAY_MS = 24 * 3_600_000


def started(world: World) -> Floor:
    """The first controller, started and in touch with the office."""
    pi = world.floors[0]
    pi.start()
    world.settle()
    return pi


def last_ack(world: World, pi: Floor) -> Ack:
    """What the office says next to this controller."""
    assert pi.side is not None
    pi.take(pi.side.connected(world.boot_ms))
    world.deliver()
    acks = [message for _, data, _ in world.bag if isinstance(message := down(data), Ack)]
    world.bag.clear()
    return acks[-1]


def test_a_tap_reaches_the_ledger_once() -> None:
    """A use is stored, acknowledged and posted, and every copy of its messages changes nothing."""
    world = World("pi")
    pi = started(world)

    session = pi.use(cents=37)
    for place in range(len(world.bag)):
        world.double(place)
    world.settle()

    assert list(world.office.ledger) == [session]
    assert world.stored(pi) == pi.card.journal.facts
    assert pi.side is not None
    assert pi.side.stored_up_to == pi.card.journal.head().n


def test_nothing_is_acknowledged_before_it_is_committed() -> None:
    """An office that crashes before its commit has promised nothing, and gets the facts again."""
    world = World("pi")
    pi = started(world)
    assert pi.side is not None
    before = pi.side.stored_up_to
    world.office.auto_commit = False

    pi.use()
    world.flow()
    told = pi.side.stored_up_to
    world.office.crash()
    world.settle()

    assert told == before
    assert world.stored(pi) == pi.card.journal.facts


def test_a_fact_from_tomorrow_is_stored_acknowledged_and_waits_in_the_tray() -> None:
    """Storing does not need understanding; what cannot be posted goes to the tray and holds back the vector."""
    world = World("pi")
    pi = started(world)

    pi.unknown_fact()
    strange_n = pi.card.journal.head().n
    session = pi.use(cents=37)
    world.settle()

    assert [fact.n for fact in world.office.tray] == [strange_n]
    assert session in world.office.ledger
    assert pi.side is not None
    assert pi.side.stored_up_to == pi.card.journal.head().n
    assert pi.card.replica.vector[0].n == strange_n - 1
    world.office.empty_tray()
    world.settle()
    assert pi.card.replica.vector[0].n == pi.card.journal.head().n


def test_each_start_opens_a_branch_and_numbers_go_on() -> None:
    """A number is never used twice: the new branch begins after its parent's last, and names it."""
    world = World("pi")
    pi = started(world)
    pi.use()
    last = pi.card.journal.head()

    pi.start()
    world.settle()

    opening = next(fact for fact in pi.card.journal.facts if fact.n == last.n + 1)
    assert opening.branch != last.branch
    assert (opening.kind, opening.prev) == ("branch_opened", last.hash)
    assert [fact.n for fact in world.stored(pi)] == list(range(1, pi.card.journal.head().n + 1))


def test_an_office_that_is_away_for_days_loses_nothing_and_is_not_flooded() -> None:
    """No attempt counter ever discards a fact; while nobody answers, hellos go out and facts do not."""
    world = World("pi")
    pi = started(world)
    for _ in range(20):
        pi.use()
    world.bag.clear()

    for minute in range(2 * 24 * 60):
        world.later(60)
        if minute % 60 == 1:
            pi.use()
        assert world.facts_under_way() == []
        world.bag.clear()
    world.settle()

    assert world.stored(pi) == pi.card.journal.facts
    assert len(world.office.ledger) == 20 + 48


def test_at_most_a_window_of_facts_is_under_way() -> None:
    """More than the window waits on the disk until the office has acknowledged."""
    world = World("pi")
    pi = started(world)

    for _ in range(WINDOW_FACTS):
        pi.use()

    assert len(world.facts_under_way()) == WINDOW_FACTS


def test_what_arrives_before_its_parent_is_left_for_later() -> None:
    """A gap is never stored over: what has no ground yet is not acknowledged and comes again."""
    world = World("pi")
    pi = started(world)
    pi.use()
    pi.use()
    assert pi.side is not None
    before = len(world.stored(pi))

    world.lose(0)
    world.flow()
    held_with_gap = len(world.stored(pi))
    world.settle()

    assert held_with_gap == before
    assert world.stored(pi) == pi.card.journal.facts


def test_an_office_restored_from_an_hour_ago_gets_everything_again() -> None:
    """A lower number under a new incarnation means: send again from there."""
    world = World("pi")
    pi = started(world)
    an_hour_ago = world.back_up()
    session = pi.use(cents=37)
    world.settle()

    world.restore_office(an_hour_ago)
    lost = session not in world.office.ledger
    world.settle()

    assert lost
    assert list(world.office.ledger) == [session]
    assert world.stored(pi) == pi.card.journal.facts
    assert pi.alarms == []


def test_facts_of_many_starts_go_up_after_a_long_silence() -> None:
    """A controller that was started more often than a hello names, with nobody to hear it, still sends everything."""
    world = World("pi")
    pi = world.floors[0]
    for _ in range(LINEAGE_MAX + 8):
        pi.start()
        pi.use()
    world.bag.clear()

    world.settle()

    assert world.stored(pi) == pi.card.journal.facts
    assert len(world.office.ledger) == LINEAGE_MAX + 8


def test_an_office_that_forgot_without_saying_so_is_not_believed() -> None:
    """A lower number under the same incarnation is ignored, and somebody is told."""
    world = World("pi")
    pi = started(world)
    an_hour_ago = world.back_up()
    pi.use()
    world.settle()
    assert pi.side is not None
    known = pi.side.stored_up_to

    world.restore_office(an_hour_ago, incarnation="inc-0")
    world.later(61)
    world.flow()

    assert pi.side.stored_up_to >= known
    assert AlarmCode.ACK_WENT_BACK in pi.alarms


def test_a_late_acknowledgement_is_no_alarm() -> None:
    """An older acknowledgement that was overtaken on its way is passed over in silence."""
    world = World("pi")
    pi = started(world)
    old = last_ack(world, pi)
    world.later(1)
    pi.use()
    world.settle()

    pi.hear(old)

    assert pi.alarms == []


def test_an_acknowledgement_of_the_office_before_the_restore_is_passed_over() -> None:
    """A late word of the old incarnation does not bring it back."""
    world = World("pi")
    pi = started(world)
    image = world.back_up()
    old = last_ack(world, pi)
    world.restore_office(image)
    world.settle()
    pi.use()

    pi.hear(replace(old, revision=10**6))
    under_way = world.facts_under_way()
    world.settle()

    assert under_way == sorted(set(under_way))
    assert pi.card.replica.incarnation() == "inc-1"
    assert world.stored(pi) == pi.card.journal.facts


def test_an_acknowledgement_counts_only_with_our_own_hash() -> None:
    """Another hash at that number, or a number never written: ignored, and somebody is told."""
    world = World("pi")
    pi = started(world)
    ack = last_ack(world, pi)
    assert pi.side is not None
    known = pi.side.stored_up_to

    pi.hear(replace(ack, hash="f" * 64))
    pi.hear(replace(ack, stored_up_to=known + 1000))

    assert pi.side.stored_up_to == known
    assert pi.alarms == [AlarmCode.FOREIGN_ACK, AlarmCode.FOREIGN_ACK]


def test_only_what_is_in_a_backup_is_trimmed() -> None:
    """However old a fact is, it stays on the card until a backup of the office holds it."""
    world = World("pi")
    pi = started(world)
    pi.use()
    world.settle()
    world.back_up()
    world.settle()
    backed_up = world.stored(pi)[-1].n
    pi.use()
    world.settle()

    world.wall_ms += 60 * DAY_MS
    world.later(3_601)

    assert pi.card.journal.oldest_n() == backed_up + 1


def test_what_is_in_a_backup_stays_35_days() -> None:
    """However safe a fact is, it stays on the card until it is older than 35 days; without a date it stays."""
    world = World("pi")
    pi = started(world)
    pi.use()
    world.settle()
    world.back_up()
    world.settle()
    assert pi.side is not None

    world.wall_ms += 34 * DAY_MS
    world.later(3_601)
    undated = pi.side.timer(world.boot_ms + 7_200_000, None)
    oldest_young = pi.card.journal.oldest_n()
    world.boot_ms += 7_200_000
    world.wall_ms += 2 * DAY_MS
    world.later(3_601)

    assert oldest_young == 1
    assert "TrimUpTo" not in {type(output).__name__ for output in undated}
    assert pi.card.journal.oldest_n() > 1


def test_what_the_directory_does_not_count_yet_stays() -> None:
    """A fact in the tray is in a backup and old, but a view built anew from the journal would miss what it cost."""
    world = World("pi")
    pi = started(world)
    pi.unknown_fact()
    strange_n = pi.card.journal.head().n
    pi.use()
    world.settle()
    world.back_up()
    world.settle()

    world.wall_ms += 60 * DAY_MS
    world.later(3_601)
    waiting = pi.card.journal.oldest_n()
    world.office.empty_tray()
    world.settle()
    world.later(3_601)

    assert waiting == strange_n
    assert pi.card.journal.oldest_n() > strange_n


def test_history_that_nobody_has_any_more_shows_as_a_gap() -> None:
    """An office put back from before what was trimmed takes what is left and says which numbers are missing."""
    world = World("pi")
    pi = started(world)
    too_old = world.back_up()
    pi.use()
    world.settle()
    world.back_up()
    world.settle()
    world.wall_ms += 60 * DAY_MS
    world.later(3_601)
    oldest = pi.card.journal.oldest_n()

    world.restore_office(too_old)
    world.settle()

    held = {record.stored_n for record in too_old.disk.records[pi.name].values()}
    assert [(gap.from_n, gap.to_n, gap.why) for gap in world.office.gaps] == [(max(held) + 1, oldest - 1, "trimmed")]
    assert pi.alarms == [AlarmCode.HISTORY_TRIMMED]
    assert world.stored(pi)[-len(pi.card.journal.facts) :] == pi.card.journal.facts


def test_a_controller_is_a_witness_of_the_ledger() -> None:
    """The head that the office tells is journalled; a head that goes back is noticed."""
    world = World("pi")
    pi = started(world)
    pi.use()
    world.settle()
    witnessed = [fact.body for fact in pi.card.journal.facts if fact.kind == "head_witnessed"]
    ack = last_ack(world, pi)

    shorter = LedgerHead(books=BOOKS, entry=1, hash="e" * 64)
    world.boot_ms += 1
    pi.hear(replace(ack, ledger_heads=(shorter,), echo_ms=world.boot_ms))

    assert [(body["books"], body["entry"]) for body in witnessed if body is not None] == [(BOOKS, 1)]
    assert pi.alarms == [AlarmCode.LEDGER_WENT_BACK]
