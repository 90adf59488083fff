"""The queue to the broker: bounded, in order, one state per topic, and nothing put back before something newer."""

from hypothesis import given
from hypothesis import strategies as st

from controller.exchange.outgoing import Outbound, Outgoing

MESSAGES = st.builds(
    Outbound, topic=st.sampled_from("abc"), payload=st.binary(min_size=1, max_size=2), retain=st.booleans()
)


def event(text: str) -> Outbound:
    """Something that happened."""
    return Outbound("event", text.encode())


def state(text: str, topic: str = "state") -> Outbound:
    """How something is."""
    return Outbound(topic, text.encode(), retain=True)


def drained(queue: Outgoing) -> list[Outbound]:
    """Everything in the order in which it would go."""
    taken = []
    while message := queue.take():
        taken.append(message)
    return taken


def test_a_newer_state_takes_the_place_of_an_older_one() -> None:
    """A broker that was away is told how things are, not how they were."""
    queue = Outgoing(10)
    for message in (state("old"), event("1"), state("new")):
        queue.put(message)

    assert drained(queue) == [event("1"), state("new")]


def test_a_full_queue_gives_up_its_oldest_event_before_any_state() -> None:
    """States outlive events, the newest events outlive the oldest, and each loss is counted."""
    queue = Outgoing(3)
    for message in (state("kept"), event("1"), event("2")):
        queue.put(message)

    kept_all = queue.put(event("3"))

    assert (kept_all, queue.dropped) == (False, 1)
    assert drained(queue) == [state("kept"), event("2"), event("3")]


def test_what_was_not_answered_goes_first_and_in_order() -> None:
    """A lost connection does not change the order of events."""
    queue = Outgoing(10)
    queue.put(event("3"))

    queue.put_back([event("1"), event("2")])

    assert drained(queue) == [event("1"), event("2"), event("3")]


def test_an_unanswered_state_never_follows_a_newer_one() -> None:
    """What is put back must not leave an old state retained."""
    queue = Outgoing(10)
    queue.put(state("new"))

    queue.put_back([state("old"), event("1")])

    assert drained(queue) == [event("1"), state("new")]


def test_an_event_never_takes_the_place_of_a_state() -> None:
    """A full queue of states keeps them: an older one that is put back would else be the last word of its topic."""
    queue = Outgoing(1)
    queue.put(state("new"))
    queue.put(event("1"))

    queue.put_back([state("old")])

    assert drained(queue) == [state("new")]
    assert queue.dropped == 1


@given(st.lists(MESSAGES, max_size=30), st.lists(MESSAGES, max_size=10), st.integers(min_value=1, max_value=8))
def test_nothing_exceeds_the_limit_and_the_newest_state_is_the_last_word(
    earlier: list[Outbound], later: list[Outbound], limit: int
) -> None:
    """Whatever comes, is taken and is put back: at most `limit` wait, and no topic ends on an older state."""
    queue = Outgoing(limit)
    for message in earlier:
        queue.put(message)
    unanswered = [message for message in (queue.take(), queue.take()) if message]
    for message in later:
        queue.put(message)
    queue.put_back(unanswered)

    waiting = drained(queue)

    assert len(waiting) <= limit
    last = {message.topic: message for message in [*earlier, *later] if message.retain}
    retained = [message for message in waiting if message.retain]
    assert retained == [message for message in retained if last[message.topic] == message]
    assert len({message.topic for message in retained}) == len(retained)
