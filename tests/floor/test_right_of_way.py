"""Taps go first: whoever tells of the last one lets the next one by."""

from __future__ import annotations

from controller.floor.right_of_way import GIVE_WAY_MAX_S, TAP_S, RightOfWay


class Hand:
    """Time moved by hand: waiting is what makes it pass, and each wait may bring another tap."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.waits: list[float] = []
        self.taps_go_on = False
        self.way = RightOfWay(lambda: self.now_s, self.wait)

    def wait(self, for_s: float) -> None:
        self.waits.append(for_s)
        self.now_s += for_s
        if self.taps_go_on:
            self.way.taken()


def test_who_has_other_work_goes_on_at_once_while_nobody_taps() -> None:
    """Most of the day nobody does."""
    hand = Hand()

    hand.way.give_way()

    assert hand.waits == []


def test_other_work_waits_until_the_tap_is_through() -> None:
    """And not longer."""
    hand = Hand()
    hand.way.taken()

    hand.way.give_way()

    assert hand.now_s == 100.0 + TAP_S
    hand.way.give_way()
    assert len(hand.waits) == 1


def test_a_floor_that_never_stops_tapping_starves_nobody() -> None:
    """Each piece of other work is delayed by the stated limit at most."""
    hand = Hand()
    hand.taps_go_on = True
    hand.way.taken()

    hand.way.give_way()

    assert round(hand.now_s - 100.0, 9) == GIVE_WAY_MAX_S
