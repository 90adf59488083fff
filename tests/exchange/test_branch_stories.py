"""Stories of copied, old and restored cards: what is kept, who is told, and who may go on."""

from __future__ import annotations

from dataclasses import replace

from controller.exchange.messages import Ack, Quarantine
from controller.exchange.outputs import AlarmCode
from tests.exchange.floor_model import Floor
from tests.exchange.world import World


def started(world: World) -> Floor:
    """The first controller, started and in touch with the office."""
    pi = world.floors[0]
    pi.start()
    world.settle()
    return pi


def cloned(world: World, pi: Floor) -> Floor:
    """A second controller on a copy of the first one's card, started beside it."""
    twin = world.new_floor(pi.name, pi.card.copy())
    world.floors.append(twin)
    twin.start()
    world.settle()
    return twin


def test_a_week_old_card_is_kept_and_alarms() -> None:
    """Two branches from one point, with nothing declared: both are stored, both are posted, somebody is told."""
    world = World("pi")
    pi = started(world)
    old = pi.card.copy()
    lost = pi.use(cents=11)
    world.settle()
    world.later(7 * 24 * 3600)

    pi.card = old
    pi.start()
    new = pi.use(cents=22)
    world.settle()

    assert world.office.alarms == [AlarmCode.FORKED]
    assert set(world.office.ledger) == {lost, new}
    assert world.stored(pi) == pi.card.journal.facts
    assert pi.standing == "open"


def test_a_parent_that_goes_on_after_its_copy_began_alarms_too() -> None:
    """The copy may be heard first: when the original's next fact comes, the fork is seen all the same."""
    world = World("pi")
    pi = started(world)
    old = pi.card.copy()
    twin = world.new_floor(pi.name, old)
    pi.use()
    late = world.bag[:]
    world.bag.clear()
    pi.stop()

    world.floors.append(twin)
    twin.start()
    twin.use()
    world.settle()
    before = list(world.office.alarms)
    world.bag = late
    world.flow()

    assert before == []
    assert world.office.alarms == [AlarmCode.FORKED]


def test_a_declared_restore_is_no_alarm_and_its_lost_stretch_is_a_gap() -> None:
    """Who restores says so: no fork is suspected, and the numbers that will not come are named as far as known."""
    world = World("pi")
    pi = started(world)
    backup = pi.card.copy()
    pi.use()
    world.settle()
    held_n = world.stored(pi)[-1].n
    pi.use()
    world.bag.clear()
    assert pi.side is not None
    pi.take(pi.side.connected(world.boot_ms))
    world.deliver()
    world.bag.clear()
    lost_branch, claimed_n = pi.card.journal.head().branch, pi.card.journal.head().n

    pi.card = backup
    pi.start(restored=True)
    world.settle()

    assert world.office.alarms == []
    assert [(gap.branch, gap.from_n, gap.to_n) for gap in world.office.gaps] == [(lost_branch, held_n + 1, claimed_n)]
    assert world.stored(pi) == pi.card.journal.facts


def test_a_use_that_ends_in_both_branches_counts_once() -> None:
    """The same session, ended by the original and closed again by the restored card, is one entry in the ledger."""
    world = World("pi")
    pi = started(world)
    pi.open_use()
    use = pi.uses[-1]
    old = pi.card.copy()
    pi.end_use(cents=37)
    world.settle()

    pi.card = old
    pi.start()
    world.settle()

    assert {session: cents for session, (_, cents, _) in world.office.ledger.items()} == {use.session: 37}


def test_two_copies_that_speak_at_once_put_the_younger_in_quarantine() -> None:
    """The later one is stored and not posted, and may start nothing; the elder goes on undisturbed."""
    world = World("pi")
    pi = started(world)
    twin = cloned(world, pi)

    mine = pi.use(cents=11)
    other = twin.use(cents=22)
    world.settle()

    assert (pi.standing, twin.standing) == ("open", "quarantined")
    assert set(world.office.ledger) == {mine}
    assert other not in world.office.ledger
    assert world.stored(twin) == twin.card.journal.facts
    assert world.office.alarms.count(AlarmCode.QUARANTINED) == 1


def test_an_accepted_copy_is_posted_and_starts_again() -> None:
    """A fabmanager accepts: what was held back is posted, later branches of it too."""
    world = World("pi")
    pi = started(world)
    twin = cloned(world, pi)
    first = twin.use(cents=22)
    world.settle()

    office = world.office
    branch = twin.card.journal.head().branch
    office.take(pi.name, office.side(pi.name).decide_quarantine(branch, "accept", world.wall_ms))
    world.settle()
    standing = twin.standing
    twin.start()
    second = twin.use(cents=33)
    world.settle()

    assert (standing, twin.standing) == ("accepted", "accepted")
    assert {first, second} <= set(office.ledger)


def test_a_rejected_copy_stays_stored_and_unposted_after_its_restart() -> None:
    """A fabmanager rejects: nothing of it is posted or lost, and starting it anew opens no back door."""
    world = World("pi")
    pi = started(world)
    twin = cloned(world, pi)

    office = world.office
    branch = twin.card.journal.head().branch
    office.take(pi.name, office.side(pi.name).decide_quarantine(branch, "reject", world.wall_ms))
    world.settle()
    twin.start()
    session = twin.use(cents=33)
    world.settle()
    office.crash()
    world.settle()

    assert twin.standing == "rejected"
    assert session not in office.ledger
    assert world.stored(twin) == twin.card.journal.facts


def acknowledged(world: World, pi: Floor) -> Ack:
    """The office's answer to what the controller says at this instant."""
    head = pi.card.journal.head()
    return Ack(
        to=head.branch,
        incarnation="inc-0",
        branch=head.branch,
        stored_up_to=head.n,
        hash=head.hash,
        backed_up_to=0,
        ledger_heads=(),
        revision=world.office.disk.revision,
        office_ms=world.wall_ms,
        echo_ms=world.boot_ms,
        standing="open",
    )


def quarantined(world: World, pi: Floor) -> Floor:
    """A copy of the card that the office has put in quarantine."""
    twin = cloned(world, pi)
    twin.use()
    world.settle()
    assert twin.standing == "quarantined"
    return twin


def test_a_card_in_quarantine_starts_nothing_after_a_restart_without_the_office() -> None:
    """Pulling the plug and the network cable is no decision: the card remembers."""
    world = World("pi")
    twin = quarantined(world, started(world))

    twin.start()
    world.bag.clear()

    assert twin.standing == "quarantined"


def test_a_card_accepted_while_it_was_off_starts_again_at_the_first_word_of_the_office() -> None:
    """The decision was told to nobody; each acknowledgement carries it."""
    world = World("pi")
    pi = started(world)
    twin = quarantined(world, pi)
    branch = twin.card.journal.head().branch
    twin.stop()

    office = world.office
    office.take(pi.name, office.side(pi.name).decide_quarantine(branch, "accept", world.wall_ms))
    world.flow()
    twin.start()
    before = twin.standing
    world.settle()

    assert (before, twin.standing) == ("quarantined", "accepted")


def test_an_acknowledgement_that_was_under_way_lifts_no_quarantine() -> None:
    """It was said before the decision, and arrives after it."""
    world = World("pi")
    pi = started(world)
    ack = acknowledged(world, pi)
    world.boot_ms += 1

    pi.hear(Quarantine(branch=pi.card.journal.head().branch, state="quarantined"))
    pi.hear(ack)
    held = pi.standing
    world.boot_ms += 1
    pi.hear(replace(ack, echo_ms=world.boot_ms))

    assert (held, pi.standing) == ("quarantined", "open")


def test_an_answer_to_what_was_not_said_yet_is_not_heard() -> None:
    """Taken at its word, the copy of the directory would stay fresh long after the office has gone."""
    world = World("pi")
    pi = started(world)
    pi.fresh.clear()
    ack = replace(acknowledged(world, pi), echo_ms=world.boot_ms + 86_400_000)

    pi.hear(ack)

    assert pi.fresh == []


def test_a_late_message_of_a_dead_process_is_no_copy() -> None:
    """What a process said before it died may arrive after its successor speaks: no alarm, no quarantine."""
    world = World("pi")
    pi = started(world)
    pi.use()
    assert pi.side is not None
    pi.take(pi.side.connected(world.boot_ms))
    late = world.bag[:]
    world.bag.clear()
    world.later(60)
    world.bag.clear()

    pi.start()
    world.settle()
    world.bag = late
    world.settle()

    assert world.office.alarms == []
    assert pi.standing == "open"


def test_an_old_card_used_after_the_other_was_taken_out_is_not_quarantined() -> None:
    """One after the other is a fork and no quarantine: nobody is kept from working by a card that lies in a drawer."""
    world = World("pi")
    pi = started(world)
    old = pi.card.copy()
    newest = pi.card
    pi.use()
    world.settle()

    pi.card = old
    pi.start()
    world.settle()
    pi.card = newest
    pi.start()
    world.settle()

    assert AlarmCode.QUARANTINED not in world.office.alarms
    assert pi.standing == "open"


def test_an_acknowledgement_for_the_other_copy_is_not_ours() -> None:
    """Copies share a topic; each takes only what is addressed to its own process, and neither raises an alarm."""
    world = World("pi")
    pi = started(world)
    twin = cloned(world, pi)

    pi.use()
    pi.use()
    world.settle()

    assert (pi.alarms, twin.alarms) == ([], [])
    assert twin.side is not None
    assert twin.side.stored_up_to == twin.card.journal.head().n
