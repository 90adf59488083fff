"""What makes a read, and when a badge is gone; time is moved by hand."""

from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.em4100.presence import CANDIDATES_MAX, PROFILES, Presence, Presentation
from firmware_bridge.frames import Frame
from firmware_bridge.messages import BadgePresented, BadgeRemoved

A, B = "0A00123456", "1E009A4067"


def story(model: str, *frames: tuple[int, str]) -> list[Presentation]:
    """The messages of a link to which these numbers came at these times, in ms."""
    link = Presence(PROFILES["id12" if model == "id12" else "rdm6300"])
    return [message for at_ms, number in frames for message in link.receive([Frame(number)], at_ms)]


def presented(number: str, at_ms: int) -> BadgePresented:
    """The message of a read."""
    return BadgePresented(number_hex=number, at_ms=at_ms)


def removed(number: str, at_ms: int) -> BadgeRemoved:
    """The message of a removal."""
    return BadgeRemoved(number_hex=number, at_ms=at_ms)


def test_an_rdm6300_frame_alone_is_not_a_read() -> None:
    """One frame may be a phantom, whatever its checksum."""
    assert story("rdm6300", (0, A)) == []


def test_two_equal_rdm6300_frames_within_300_ms_are_a_read() -> None:
    """The second equal frame makes the read, at its own time."""
    assert story("rdm6300", (0, A), (300, A)) == [presented(A, 300)]


def test_two_equal_rdm6300_frames_further_apart_are_not_a_read() -> None:
    """A phantom may come again; not so soon."""
    assert story("rdm6300", (0, A), (301, A)) == []


def test_a_phantom_between_two_equal_frames_does_not_hide_the_badge() -> None:
    """The two frames of a read need not be neighbours."""
    assert story("rdm6300", (0, A), (30, B), (65, A)) == [presented(A, 65)]


def test_a_badge_that_stays_is_presented_once() -> None:
    """Repeats while the badge stays are the same presentation."""
    frames = [(at_ms, A) for at_ms in range(0, 10_000, 65)]

    assert story("rdm6300", *frames) == [presented(A, 65)]


def test_300_ms_without_a_frame_end_the_presentation() -> None:
    """The deadline says when to look, and the removal is dated by it however late one looks."""
    link = Presence(PROFILES["rdm6300"])
    link.receive([Frame(A), Frame(A)], 1_000)

    early, late = link.receive([], 1_299), link.receive([], 1_450)

    assert (early, late) == ([], [removed(A, 1_300)])
    assert link.next_deadline() is None


def test_each_frame_moves_the_deadline() -> None:
    """The silence is counted from the last frame."""
    link = Presence(PROFILES["rdm6300"])
    link.receive([Frame(A), Frame(A)], 1_000)

    link.receive([Frame(A)], 1_200)

    assert link.next_deadline() == 1_500


def test_a_badge_that_comes_back_is_presented_again() -> None:
    """After the silence, the same badge is a second tap."""
    told = story("rdm6300", (0, A), (65, A), (500, A), (565, A))

    assert told == [presented(A, 65), removed(A, 365), presented(A, 565)]


def test_two_badges_at_once_do_not_take_turns() -> None:
    """While one badge stays another one presents nothing, or each would end what the other began."""
    frames = [(at_ms, A if at_ms % 2 else B) for at_ms in range(1, 3_000, 33)]

    assert story("rdm6300", *frames) == [presented(A, 67)]


def test_a_badge_that_follows_another_is_read_when_the_first_is_gone() -> None:
    """A badge swapped for another waits for the first one's silence, and is then read at once."""
    told = story("rdm6300", (0, A), (65, A), (200, B), (265, B), (330, B), (395, B))

    assert told == [presented(A, 65), removed(A, 365), presented(B, 395)]


def test_an_id12_frame_is_a_read_and_its_echo_is_not() -> None:
    """An ID-12 sends one frame per presentation; the same number at once after it is the line's doing."""
    told = story("id12", (0, A), (10, A), (20, B), (400, B))

    assert told == [presented(A, 0), presented(B, 20), presented(B, 400)]


def test_an_id12_never_says_that_a_badge_is_gone() -> None:
    """It cannot know: there is no deadline and no removal."""
    link = Presence(PROFILES["id12"])
    link.receive([Frame(A)], 0)

    assert link.next_deadline() is None
    assert link.receive([], 10_000) == []


def test_a_cut_cable_says_nothing_about_the_badge() -> None:
    """A badge that lay there before and after an outage is one tap; a second one would end the use."""
    link = Presence(PROFILES["rdm6300"])
    link.receive([Frame(A), Frame(A)], 0)
    link.interrupted()
    during = (link.next_deadline(), link.receive([], 60_000))
    link.restored(60_000)

    after = link.receive([Frame(A), Frame(A)], 60_100)

    assert during == (None, [])
    assert after == []


def test_a_badge_taken_during_an_outage_is_gone_after_it() -> None:
    """Once the line is back, 300 ms of silence prove the removal."""
    link = Presence(PROFILES["rdm6300"])
    link.receive([Frame(A), Frame(A)], 0)
    link.interrupted()
    link.restored(60_000)

    told = link.receive([], 60_300)

    assert told == [removed(A, 60_300)]


def test_half_a_read_does_not_survive_an_outage() -> None:
    """The second frame of a read must come over the same connection as the first."""
    link = Presence(PROFILES["rdm6300"])
    link.receive([Frame(A)], 0)
    link.interrupted()
    link.restored(100)

    told = link.receive([Frame(A)], 150)

    assert told == []


def test_a_flood_of_numbers_pushes_out_the_oldest() -> None:
    """What waits for a second frame is bounded: the oldest of too many is forgotten."""
    flood = [(index, f"{index + 1:010X}") for index in range(CANDIDATES_MAX)]

    assert story("rdm6300", (0, A), *flood, (50, A)) == []


def test_a_badge_number_is_not_in_the_representation_of_a_message() -> None:
    """A number cannot reach a log through a message's repr."""
    assert A not in repr([presented(A, 0), removed(A, 0)])


@given(st.lists(st.tuples(st.integers(0, 400), st.sampled_from([A, B])), max_size=60))
def test_reads_and_removals_alternate(steps: list[tuple[int, str]]) -> None:
    """On an RDM6300 a badge is always removed before the next is presented, and no time runs back."""
    link, now_ms = Presence(PROFILES["rdm6300"]), 0
    told: list[Presentation] = []
    for after_ms, number in steps:
        now_ms += after_ms
        told += link.receive([Frame(number)], now_ms)

    kinds = [isinstance(message, BadgePresented) for message in told]

    assert kinds == [index % 2 == 0 for index in range(len(told))]
    assert [message.at_ms for message in told] == sorted(message.at_ms for message in told)
