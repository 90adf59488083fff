"""Stories of facts that are not what they say: another content, another body, a gap, a rewritten parent."""

from __future__ import annotations

from dataclasses import replace

from controller.domain.chain import commitment_of
from controller.domain.ids import BranchId
from controller.exchange.messages import Facts, Sender
from controller.exchange.outputs import AlarmCode
from controller.exchange.topics import up_topic
from tests.exchange.samples import stamp
from tests.exchange.test_branch_stories import started
from tests.exchange.world import World, up


def test_the_same_name_with_other_content_is_refused_loudly() -> None:
    """A stored fact is never replaced: whoever sends another one under its name is a forger."""
    world = World("pi")
    pi = started(world)
    pi.use(cents=37)
    message = next(read for _, data, _ in world.bag if isinstance(read := up(data), Facts) and len(read.facts) == 1)
    world.settle()
    true = message.facts[0]
    body = {**(true.body or {}), "account": "acc-bob"}
    assert true.salt is not None
    forged = replace(true, body=body, commitment=commitment_of(true.salt, body))

    world.bag.append((up_topic(pi.name), replace(message, facts=(forged,)), None))
    world.settle()

    assert world.office.alarms == [AlarmCode.FORGERY]
    assert world.stored(pi) == pi.card.journal.facts


def test_a_fact_that_does_not_hold_what_it_commits_to_is_refused() -> None:
    """A body that was changed on its way does not enter the store, even as the first of its name."""
    world = World("pi")
    pi = started(world)
    pi.use(cents=37)
    messages = [read for _, data, _ in world.bag if isinstance(read := up(data), Facts)]
    world.bag.clear()
    fact = messages[0].facts[0]
    damaged = replace(fact, body={**(fact.body or {}), "account": "acc-bob"})

    world.bag.append((up_topic(pi.name), replace(messages[0], facts=(damaged,)), None))
    world.flow()
    alarms = list(world.office.alarms)
    world.settle()

    assert alarms == [AlarmCode.BROKEN_FACT]
    assert world.stored(pi) == pi.card.journal.facts


def test_a_fact_that_does_not_follow_the_one_before_is_refused() -> None:
    """The chain is checked link by link: a right number on a wrong past is not taken."""
    world = World("pi")
    pi = started(world)
    pi.use(cents=37)
    messages = [read for _, data, _ in world.bag if isinstance(read := up(data), Facts)]
    world.bag.clear()
    displaced = replace(messages[0].facts[0], prev="d" * 64)

    world.bag.append((up_topic(pi.name), replace(messages[0], facts=(displaced,)), None))
    world.flow()
    alarms = list(world.office.alarms)
    world.settle()

    assert alarms == [AlarmCode.BROKEN_CHAIN]
    assert world.stored(pi) == pi.card.journal.facts


def test_a_body_whose_time_is_over_keeps_its_place() -> None:
    """Salt and body may be deleted while the office is being restored: the fact is taken, and the chain stands."""
    world = World("pi")
    pi = started(world)
    image = world.back_up()
    pi.use()
    world.settle()
    journal = pi.card.journal
    journal.facts[-1] = replace(journal.facts[-1], salt=None, body=None)

    world.restore_office(image)
    world.settle()

    assert world.stored(pi) == journal.facts
    assert world.office.alarms == []


def test_a_branch_that_grows_out_of_a_rewritten_fact_is_refused_loudly() -> None:
    """Somebody edits the newest fact on a card and starts it: the office has that fact as it was, and takes nothing."""
    world = World("pi")
    pi = started(world)
    pi.use()
    world.settle()
    before = dict(world.office.disk.facts)
    journal = pi.card.journal
    journal.facts.pop()
    journal.append_raw("tap_refused", 1, {"edited": 1})
    pi.stop()
    journal.open_branch(BranchId("b-edited"), stamp(world.wall_ms))
    sender = Sender(
        controller=pi.name, branch=BranchId("b-edited"), boot_id="boot-9", at_ms=world.boot_ms, heard_ms=None
    )

    world.office.hear(
        up_topic(pi.name), Facts(sender=sender, link=journal.links[0], oldest_n=1, facts=(journal.facts[-1],))
    )

    assert AlarmCode.BROKEN_CHAIN in world.office.alarms
    assert world.office.disk.facts == before
