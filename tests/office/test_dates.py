"""The instant of a use decides whose money it earns: a date that is only a guess gives way to one that is known."""

from dataclasses import replace

from sqlalchemy import select

from controller.domain.agreement import reading
from controller.domain.facts import Stamp
from controller.office.directory import agreements
from controller.office.ledger.tables import ledger_entry
from tests.office.workshop import NOON, Journal, Workshop

DAY_MS = 86_400_000
BEHIND_MS = 2 * DAY_MS


class Behind(Journal):
    """A journal of a card without a clock: its floor is the last stamp before two days in the dark."""

    def stamp(self, after_s: int) -> Stamp:
        """Not earlier than that; in truth two days later."""
        known = super().stamp(after_s)
        assert known.wall_ms is not None
        return replace(known, wall_ms=known.wall_ms - BEHIND_MS, clock="floor")


def event_dates(shop: Workshop) -> list[int]:
    """When the posted uses ended."""
    with shop.store.read() as tx:
        query = select(ledger_entry.c.event_at).where(ledger_entry.c.kind == "session").order_by(ledger_entry.c.seq)
        return list(tx.execute(query).scalars())


def test_an_anchor_outweighs_a_floor(shop: Workshop) -> None:
    """What the clock guessed before it was set is dated by the anchor of its boot, which came behind it."""
    journal = Behind(shop)
    journal.used(seconds=600)
    journal.anchored()

    shop.told(journal)

    assert event_dates(shop) == [NOON + 660_000]


def test_a_use_that_ended_about_a_sale_waits_for_the_date(shop: Workshop) -> None:
    """Between the floor and the arrival a share was sold: nobody guesses who earns, the anchor tells."""
    with shop.changing() as change:
        agreements.create_version(change, "ceramics", from_at=NOON - DAY_MS, lines=reading("A"))
    journal = Behind(shop)
    journal.used(seconds=600)
    shop.now_ms = NOON + DAY_MS
    shop.told(journal)
    waiting = shop.reasons()
    journal.anchored()

    shop.told(journal)

    assert (waiting, shop.reasons(), event_dates(shop)) == (["undated"], [], [NOON + 660_000])
    assert shop.owned_cents() == [0] * 6


def test_a_floor_is_good_enough_where_no_agreement_changed(shop: Workshop) -> None:
    """A workshop without any time server is paid all the same."""
    journal = Behind(shop)
    journal.used(seconds=600)

    done = shop.told(journal)

    assert (done.posted, event_dates(shop)) == (1, [NOON - BEHIND_MS + 660_000])


def test_a_use_of_a_day_to_come_waits(shop: Workshop) -> None:
    """A clock that is wrong by years chooses no agreement: the use waits, and its price is not spent twice."""
    journal = Journal(shop)
    wrong = replace(journal.stamp(660), wall_ms=NOON + 400 * DAY_MS)
    journal.opened()
    journal.ended(ended=wrong)

    shop.told(journal)

    assert (shop.reasons(), shop.entry("balance", shop.account)["balance_cents"]) == (["date_to_come"], 4_400)
