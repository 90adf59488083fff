"""Credit decides whether a use starts, how long it may last and what it may cost at most."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from controller.domain.events import Tapped
from controller.domain.facts import SessionOpened
from controller.domain.ids import AccountId, BadgeToken
from controller.domain.sessions import SessionKind
from controller.domain.tariff import Price
from tests.story import CERAMIC_KILN, CNC_MILL, FRESH, KILN, LASER, LASER_CUTTER, MILL, Story, maker


def test_a_use_ends_when_the_credit_is_used_up() -> None:
    """5 € at 50 cents a minute are ten minutes; the half cent that rounding forgives is not an eleventh."""
    story = Story()
    story.makers["ada"] = maker("ada", cents=500)
    story.taps("ada")

    story.later(seconds=3600)

    ended = story.ended()[0]
    assert (ended.reason, ended.seconds, ended.announced_cents) == ("credit_exhausted", 600, 500)


def test_too_little_credit_starts_nothing() -> None:
    """Below the machine's least to start, the maker is told to top up."""
    story = Story()
    story.makers["ada"] = maker("ada", cents=199)

    story.taps("ada")

    assert story.refused() == ["credit_too_low"]
    assert story.live == set()


def test_credit_that_is_not_known_is_refused() -> None:
    """Rule 6: an account without a balance here has no credit."""
    story = Story()
    story.makers["ada"] = maker("ada", cents=None)

    story.taps("ada")

    assert story.refused() == ["credit_too_low"]


def test_without_the_office_the_refusal_says_so() -> None:
    """The maker whose offline allowance is used up is not told to top up."""
    story = Story()
    story.makers["ada"] = maker("ada", cents=100, fresh=False)

    story.taps("ada")

    assert story.refused() == ["credit_offline_limit"]


def test_a_machine_without_a_price_does_not_start_for_those_who_pay() -> None:
    """Rule 6: what has no price is not free, it is unknown."""
    story = Story(replace(LASER_CUTTER, price=None))

    story.taps("ada")

    assert story.refused() == ["price_missing"]


def test_a_free_machine_asks_for_no_credit() -> None:
    """The kiln is free: an empty account opens it, and the end says nothing to pay."""
    story = Story(CERAMIC_KILN)
    story.makers["ada"] = maker("ada", cents=0)
    story.taps("ada", at=KILN)
    story.later(seconds=3600)

    story.taps("ada", at=KILN)

    assert (story.ended()[0].seconds, story.ended()[0].announced_cents) == (3600, 0)


def test_a_use_of_the_house_is_timed_and_not_charged() -> None:
    """Staff pay nothing, and the use still says of which kind it was."""
    story = Story()
    story.makers["ada"] = maker("ada", cents=0, kind=SessionKind.STAFF)
    story.taps("ada")
    story.later(seconds=600)

    story.taps("ada")

    ended = story.ended()[0]
    assert (ended.kind, ended.seconds, ended.announced_cents) == (SessionKind.STAFF, 600, 0)


def test_the_price_is_frozen_when_the_use_starts() -> None:
    """A new price that comes down meanwhile is for the next use."""
    story = Story()
    story.taps("ada")
    dearer = replace(LASER_CUTTER, price=Price(machine=LASER, version=2, per_minute_num=500))

    story.machines = (dearer,)
    story.the_office_tells()
    story.later(seconds=600)
    story.taps("ada")

    assert story.ended()[0].announced_cents == 500
    assert story.ended()[0].price == LASER_CUTTER.price


@given(
    cents=st.integers(0, 100_000),
    num=st.integers(0, 100_000),
    den=st.integers(1, 1_000),
    minimum=st.integers(0, 5_000),
    used_s=st.integers(0, 10_000),
)
def test_no_use_costs_more_than_the_credit_seen_at_its_start(
    cents: int, num: int, den: int, minimum: int, used_s: int
) -> None:
    """However long somebody stays, the end announces at most the hold, and the hold is at most the credit."""
    price = Price(machine=LASER, version=1, per_minute_num=num, per_minute_den=den, minimum_cents=minimum)
    story = Story(replace(LASER_CUTTER, price=price))
    story.makers["ada"] = maker("ada", cents=cents)
    story.taps("ada")

    story.clock_runs_unseen(ms=1000 * used_s)
    story.later()
    story.crashes()
    story.starts_up()

    for fact in story.journal:
        if isinstance(fact, SessionOpened):
            assert fact.hold_cents <= cents
    for ended in story.ended():
        assert ended.announced_cents <= cents


def test_two_machines_at_once_do_not_spend_the_same_cent_twice() -> None:
    """The account's open uses here are held back, also the one opened after this tap was looked up."""
    story = Story(LASER_CUTTER, CNC_MILL)
    story.makers["ada"] = maker("ada", cents=500)

    story.taps("ada", at=LASER)
    story.taps("ada", at=MILL)

    assert story.live == {LASER}
    assert story.refused() == ["credit_too_low"]


def test_a_cent_that_a_use_took_while_the_badge_was_looked_up_is_not_spent_again() -> None:
    """The look-up at the mill counts the laser's use as open; it ends before the engine hears of the tap."""
    story = Story(LASER_CUTTER, CNC_MILL)
    story.makers["ada"] = maker("ada", cents=500)
    story.taps("ada")
    story.later(seconds=360)
    looked_up = replace(story.makers["ada"], credit=replace(story.makers["ada"].credit, as_of_ms=story.now.boot_ms))
    story.later(ms=5)
    story.taps("ada", looked_up=False)

    story.feed(Tapped(machine=MILL, token=BadgeToken("token-of-ada"), holder=looked_up, reading=FRESH))

    (opened,) = [fact for fact in story.journal if isinstance(fact, SessionOpened) and fact.machine == MILL]
    assert story.ended()[0].announced_cents == 300
    assert (opened.hold_cents, opened.inputs.available_cents) == (200, 200)


def test_a_use_that_ended_before_the_look_up_is_counted_once() -> None:
    """What the look-up has counted already is not taken off again."""
    story = Story(LASER_CUTTER, CNC_MILL)
    story.taps("ada")
    story.later(seconds=360)
    story.taps("ada", looked_up=False)
    story.later(ms=5)
    looked_up = replace(
        maker("ada", cents=200), credit=replace(maker("ada", cents=200).credit, as_of_ms=story.now.boot_ms)
    )

    story.feed(Tapped(machine=MILL, token=BadgeToken("token-of-ada"), holder=looked_up, reading=FRESH))

    assert story.live == {MILL}


def test_one_persons_ceiling_loses_what_they_spent_while_their_badge_was_looked_up() -> None:
    """Of ten euros without the office, three are gone when the tap at the mill is heard; Ben's own ten are whole."""
    story = Story(LASER_CUTTER, CNC_MILL)
    person = maker("ada", cents=5_000, fresh=False)
    ada = replace(person, credit=replace(person.credit, member_cents=1_000, as_of_ms=story.now.boot_ms + 360_000))
    story.makers["ada"] = ada
    story.taps("ada")
    story.later(seconds=360)
    story.later(ms=5)
    story.taps("ada", looked_up=False)

    story.feed(Tapped(machine=MILL, token=BadgeToken("token-of-ada"), holder=ada, reading=FRESH))

    (opened,) = [fact for fact in story.journal if isinstance(fact, SessionOpened) and fact.machine == MILL]
    assert story.ended()[0].announced_cents == 300
    assert (opened.hold_cents, opened.inputs.member_cents) == (700, 700)


def test_without_the_office_one_person_cannot_spend_the_whole_account() -> None:
    """A school's account has 50 €, each of its people 10 €: Ada's second machine is refused, Ben's first is not."""
    story = Story(LASER_CUTTER, CNC_MILL)
    for who in ("ada", "ben"):
        person = maker(who, cents=5_000, fresh=False)
        credit = replace(person.credit, member_cents=1_000)
        story.makers[who] = replace(person, account=AccountId("school"), credit=credit)

    story.taps("ada", at=LASER)
    story.taps("ada", at=MILL)
    story.taps("ben", at=MILL)

    assert story.refused() == ["credit_offline_limit"]
    assert story.live == {LASER, MILL}
    begun = [fact for fact in story.journal if isinstance(fact, SessionOpened)]
    assert [(use.member, use.limit_s, use.limit_reason, use.hold_cents) for use in begun] == [
        ("m-ada", 1_200, "credit_exhausted", 1_000),
        ("m-ben", 1_200, "credit_exhausted", 1_000),
    ]
