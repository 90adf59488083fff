"""Light and sound say what happened, to whoever does not see colours and to whoever does not hear."""

from typing import get_args

import pytest

from controller.domain.feedback import FAULT, READ, SHOWN, UNUSABLE, Rhythm, Sign, Tune, Verdict, sign_of
from controller.domain.reasons import Refusal, StopReason
from firmware_bridge.board.catalogue import COLOURS, PATTERNS, RHYTHMS
from firmware_bridge.board.micropython import shows

FAULTS = {"machine_fault", "emergency_stop_pressed", "internal_error"}


def test_every_verdict_has_its_sign() -> None:
    """Nothing that the rules decide goes unseen."""
    assert set(SHOWN) == set(get_args(Verdict))


@pytest.mark.parametrize("refusal", Refusal)
def test_red_is_for_faults_alone(refusal: Refusal) -> None:
    """Somebody who lacks a training has broken nothing; a machine that is broken is told in red whoever taps."""
    sign = sign_of("refused", refusal, None, None)

    assert (sign.colour == "red") == (refusal.value in FAULTS)


def test_an_end_by_a_fault_or_an_emergency_is_red_and_every_other_end_is_quiet() -> None:
    """Who has stopped the machine needs no alarm."""
    red = {stop for stop in StopReason if sign_of("ended", None, stop, None) == FAULT}

    assert red == {StopReason.FAULT, StopReason.EMERGENCY_STOP}
    assert sign_of("ended", None, StopReason.SECOND_TAP, None) == Sign("white", "steady", "end")


def test_what_means_different_things_is_told_apart_without_colour() -> None:
    """Rhythm and tune alone tell yes, no, a question, the last minute, overtime, the end, an alarm, a mere reading."""
    same: dict[Verdict, Verdict] = {
        "extended": "granted",
        "supervised": "trained",
        "stranger": "refused",
        "handing_over": "confirm_stop",
    }
    kinds = [sign for verdict, sign in SHOWN.items() if verdict not in same]
    kinds += [sign_of("warning", None, None, 60), READ]

    told = {(sign.rhythm, sign.tune) for sign in kinds}

    assert len(told) == len(kinds)
    assert {SHOWN[verdict] == SHOWN[alike] for verdict, alike in same.items()} == {True}


def test_the_last_minute_is_faster_than_the_warnings_before_it() -> None:
    """Ten and five minutes are slow, one minute is fast."""
    rhythms = [sign_of("warning", None, None, seconds).rhythm for seconds in (600, 300, 61, 60)]

    assert rhythms == ["slow", "slow", "slow", "pairs"]


def test_a_card_that_can_be_nobodys_is_no_fault() -> None:
    """Amber, as every refusal of a person."""
    assert (UNUSABLE.colour, READ.colour) == ("amber", "white")


def test_a_board_knows_every_light_and_sound_of_the_table() -> None:
    """What the rules name, the board shows."""
    assert set(get_args(Rhythm)) == set(RHYTHMS) == set(shows.RHYTHMS)
    assert set(get_args(Tune)) == set(PATTERNS) == set(shows.PATTERNS)
    assert set(COLOURS) == set(shows.COLOURS) >= {sign.colour for sign in SHOWN.values()}


def test_tunes_differ_in_more_than_their_pitch() -> None:
    """In how many tones there are, or in which direction they go, or how long they last."""
    shapes = {
        (
            len([hertz for hertz, _ms in tones if hertz]),
            (tones[0][0] > tones[-1][0]) - (tones[0][0] < tones[-1][0]) if tones[-1][0] else 0,
            sum(ms for _hertz, ms in tones) // 200,
        )
        for tones in shows.PATTERNS.values()
    }

    assert len(shapes) == len(shows.PATTERNS)
