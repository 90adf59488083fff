"""Who pays what at the machine: the offer that is theirs is frozen at the start, and holds cover all it may cost."""

from dataclasses import replace

from controller.domain.components import Component, Offer
from controller.domain.holds import may_cost_cents
from controller.domain.sessions import SessionKind
from controller.domain.tariff import Price, charge
from tests.story import LASER, LASER_CUTTER, Story, maker

MINUTE_S = 60
MONDAY_NIGHT = 23 * 60 + 59
PER_MINUTE = Component(kind="per_time", cents=50, per=60)
TO_MEMBERS = Offer(components=(PER_MINUTE, Component(kind="discount", percent=50)), audiences=("member",))
TO_OWNERS = Offer(components=(Component(kind="per_time", cents=10, per=60),), audiences=("owner",))
ON_MONDAYS = Offer(components=(Component(kind="per_use", cents=100),), days=(1,))
TO_ALL = Offer(components=(Component(kind="per_use", cents=500), PER_MINUTE))


def at_a_price(*offers: Offer) -> Story:
    """A laser cutter with these offers; Ada is a member, Ben is not, and it is Monday at one minute to midnight."""
    price = Price(machine=LASER, version=4, per_minute_num=0, schema=2, offers=offers)
    story = Story(replace(LASER_CUTTER, price=price))
    story.makers["ada"] = replace(maker("ada"), audience="member", week_min=MONDAY_NIGHT)
    story.makers["ben"] = replace(maker("ben"), week_min=MONDAY_NIGHT)
    return story


def uses_ten_minutes(story: Story, name: str) -> int:
    """Use the laser and return what was announced."""
    story.taps(name)
    story.later(seconds=10 * MINUTE_S)
    story.taps(name)
    return story.ended()[-1].announced_cents


def test_each_maker_pays_the_first_offer_that_is_theirs() -> None:
    """Half price for a member, the owners' rate by the kind of their uses, start-up and minutes for everybody else."""
    story = at_a_price(TO_MEMBERS, TO_OWNERS, TO_ALL)
    story.makers["olga"] = maker("olga", kind=SessionKind.OWNER)

    assert [uses_ten_minutes(story, name) for name in ("ada", "olga", "ben")] == [250, 100, 1000]
    assert [len(end.price.offers) for end in story.ended() if end.price] == [1, 1, 1]


def test_the_offer_of_the_start_is_the_price_to_the_end() -> None:
    """Begun on Monday before midnight, ended on Tuesday: what was told at the start is paid."""
    story = at_a_price(ON_MONDAYS, TO_ALL)
    story.taps("ben")
    story.makers["ben"] = replace(story.makers["ben"], week_min=MONDAY_NIGHT + 1)
    story.later(seconds=10 * MINUTE_S)
    story.taps("ben")

    assert [end.announced_cents for end in story.ended()] == [100]
    assert uses_ten_minutes(story, "ben") == 1000


def test_without_a_date_no_window_is_open() -> None:
    """Nobody knows what day it is: the price for everybody at all hours counts."""
    story = at_a_price(ON_MONDAYS, TO_ALL)
    story.makers["ben"] = replace(story.makers["ben"], week_min=None)

    assert uses_ten_minutes(story, "ben") == 1000


def test_too_little_for_the_start_up_fee_starts_nothing() -> None:
    """Five euros are asked before the first minute; with less no relay closes."""
    story = at_a_price(TO_ALL)
    story.makers["ben"] = maker("ben", cents=499)

    story.taps("ben")

    assert (story.refused(), story.live) == (["credit_too_low"], set())


def test_a_started_step_that_credit_does_not_pay_ends_the_use_before_it() -> None:
    """Ten minutes free, then ten euros per started twenty minutes: with nine euros it ends after the free ones."""
    steps = Component(kind="per_time", cents=1000, per=1200, after=600, step=1200)
    story = at_a_price(Offer(components=(steps,)))
    story.makers["ben"] = maker("ben", cents=900)
    story.taps("ben")

    story.later(seconds=3600)

    ended = story.ended()[0]
    assert (ended.reason, ended.seconds, ended.announced_cents) == ("credit_exhausted", 600, 0)


def test_energy_is_held_at_the_machines_most_and_paid_as_it_was_counted() -> None:
    """A kiln of 3.6 kW at a euro a kilowatt-hour: ten minutes may cost 60 cents, and drew 300 Wh."""
    energy = Component(kind="per_energy", cents=100, per=1000, max_w=3600)
    story = at_a_price(Offer(components=(energy,)))
    story.makers["ben"] = maker("ben", cents=500)
    story.meter(mwh=5_000_000)
    story.taps("ben")
    opened = story.open_on_disk()[0]
    story.later(seconds=10 * MINUTE_S - 5)
    story.meter(mwh=5_300_000)
    story.later(seconds=5)
    story.taps("ben")

    ended = story.ended()[0]
    assert (may_cost_cents(opened, 10 * MINUTE_S), opened.hold_cents, opened.limit_s) == (60, 500, 5_004)
    assert (ended.energy_wh, ended.announced_cents, ended.debt_cents) == (300, 30, 0)


def test_the_end_fact_alone_gives_the_announced_price_again() -> None:
    """What the office has, frozen price and quantities, is all that the price was made of."""
    story = at_a_price(TO_MEMBERS, TO_ALL)
    uses_ten_minutes(story, "ada")

    ended = story.ended()[0]
    assert ended.price is not None
    assert charge(ended.price, ended.seconds).gross_cents == ended.announced_cents
