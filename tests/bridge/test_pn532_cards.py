"""What a PN532's link makes of the cards put to the reader; time is moved by hand."""

from random import Random

import pytest

from firmware_bridge.cards.diversification import key_of_card
from firmware_bridge.cards.keys import FACTORY_KEY
from firmware_bridge.cards.simulated import Desfire, MuteSmartCard, Ntag424, NumberCard, Phone
from firmware_bridge.messages import BadgePresented, BadgeRemoved
from firmware_bridge.pn532 import chip
from tests.bridge.pn532_bench import KEYS, OTHER, READY, STRANGE, UID, Bench, number, said


@pytest.mark.parametrize("uid", ["04FB0EE2", "04416D412B0289", "04A1B2C3D4E5F6071829"])
def test_a_card_is_presented_once_while_it_stays_and_removed_once(uid: str) -> None:
    """Numbers of 4, 7 and 10 bytes; ten seconds on the reader are one tap."""
    bench = Bench()
    card = bench.place(NumberCard(bytes.fromhex(uid)))
    first = bench.run(10_000)
    bench.chip.take_away(card)

    gone = bench.run(1_000)

    assert said(first) == [READY, f"presented {uid} number"]
    assert said(gone) == [f"removed {uid}"]


def test_a_tap_is_seen_within_a_tenth_of_a_second_and_its_end_within_four() -> None:
    """Polling is quick enough for a hand that passes by, and slow enough to take no trembling for two taps."""
    bench = Bench()
    bench.run(1_000)
    placed_ms = bench.now_ms
    card = bench.place(NumberCard(UID))
    (presented,) = bench.run(500)
    taken_ms = bench.now_ms
    bench.chip.take_away(card)

    (removed,) = bench.run(500)

    assert isinstance(presented, BadgePresented)
    assert isinstance(removed, BadgeRemoved)
    assert presented.at_ms - placed_ms <= 100
    assert 250 <= removed.at_ms - taken_ms <= 360


def test_a_card_that_trembles_is_one_tap() -> None:
    """Three polls that miss the card end nothing."""
    bench = Bench()
    card = bench.place(NumberCard(UID))
    bench.run(1_000)
    bench.chip.take_away(card)
    bench.run(250)
    bench.place(card)

    assert bench.run(2_000) == []


def test_a_card_that_comes_back_is_a_second_tap() -> None:
    """After its removal the same card is presented again."""
    bench = Bench()
    card = bench.place(NumberCard(UID))
    bench.run(1_000)
    bench.chip.take_away(card)
    bench.run(1_000)
    bench.place(card)

    assert said(bench.run(1_000)) == [f"presented {number(UID)} number"]


def test_two_cards_at_once_do_not_take_turns() -> None:
    """The first stays the one presented, whichever the chip lists first; the second follows when the first has gone."""
    bench = Bench()
    first = bench.place(NumberCard(UID))
    bench.run(1_000)
    bench.place(NumberCard(OTHER))
    together = bench.run(3_000)
    bench.chip.take_away(first)

    after = bench.run(3_000)

    assert together == []
    assert said(after) == [f"removed {number(UID)}", f"presented {number(OTHER)} number"]


def test_two_cards_put_there_together_are_one_presentation() -> None:
    """One of them is chosen and stays chosen."""
    bench = Bench()
    bench.place(NumberCard(UID))
    bench.place(NumberCard(OTHER))

    assert said(bench.run(5_000)) == [READY, f"presented {number(UID)} number"]


def test_a_random_number_is_no_badge_and_is_said_once() -> None:
    """A phone takes another number at each poll; it is one presentation, without a number and without a removal."""
    bench = Bench()
    phone = Phone(Random(1).randbytes)
    bench.place(phone)
    there = bench.run(3_000)
    bench.chip.take_away(phone)

    assert said(there) == [READY, "unusable random_number"]
    assert bench.run(1_000) == []


def test_a_badge_goes_before_the_phone_behind_it() -> None:
    """A badge in a phone's case is read, were the phone found first or not."""
    bench = Bench()
    bench.place(Phone(Random(1).randbytes))
    bench.run(1_000)
    bench.place(NumberCard(UID))

    assert said(bench.run(3_000)) == [f"presented {number(UID)} number"]


@pytest.mark.parametrize(
    ("card", "outcome"),
    [
        (Ntag424(UID, key_of_card(KEYS, UID)), f"presented {number(UID)} cryptographic"),
        (Desfire(UID, key_of_card(KEYS, UID)), f"presented {number(UID)} cryptographic"),
        (Desfire(UID, key_of_card(KEYS, UID), generation=1), f"presented {number(UID)} cryptographic"),
        (Ntag424(UID, key_of_card(STRANGE, UID)), "unusable not_authentic"),
        (Desfire(UID, key_of_card(STRANGE, UID)), "unusable not_authentic"),
        (Ntag424(UID), "unusable factory_key"),
        (Desfire(UID), "unusable factory_key"),
        (MuteSmartCard(UID), f"presented {number(UID)} number"),
        (NumberCard(UID), f"presented {number(UID)} number"),
    ],
)
def test_a_card_is_presented_as_what_it_proves(card: NumberCard, outcome: str) -> None:
    """Over the chip: the key proves, a copy of the number does not, a card without keys is its number and no more."""
    bench = Bench(KEYS)
    bench.place(card)

    assert said(bench.run(3_000)) == [READY, outcome]


def test_without_keys_a_smart_card_is_its_number() -> None:
    """A site that has set no key asks for none."""
    bench = Bench()
    bench.place(Ntag424(UID, key_of_card(KEYS, UID)))

    assert said(bench.run(1_000)) == [READY, f"presented {number(UID)} number"]


def test_a_card_that_leaves_in_the_midst_of_its_proof_is_nobody_yet() -> None:
    """Half a proof presents nothing; put back, the card proves itself from the start."""
    bench = Bench(KEYS)
    bench.run(500)
    card = Ntag424(UID, key_of_card(KEYS, UID))
    bench.place(card)
    while not card._challenged:  # noqa: SLF001 - the midst of the proof
        bench.run(1)
    bench.chip.take_away(card)
    left = bench.run(1_000)
    bench.place(card)

    assert left == []
    assert said(bench.run(1_000)) == [f"presented {number(UID)} cryptographic"]


class Faint(Ntag424):
    """A card that lies so badly that it never answers to the end."""

    def answer(self, apdu: bytes) -> bytes | None:
        return None


def test_a_card_that_never_answers_to_the_end_is_unreadable_and_said_once() -> None:
    """Three tries, then a word for the person who waits."""
    bench = Bench(KEYS)
    card = bench.place(Faint(UID, key_of_card(KEYS, UID)))
    there = bench.run(5_000)
    bench.chip.take_away(card)

    assert said(there) == [READY, "unusable unreadable"]
    assert bench.run(1_000) == []


def test_a_chip_that_fails_at_each_talk_with_a_card_says_unreadable() -> None:
    """A card at which the chip itself gives up must not keep a person waiting, nor the reader from others."""
    bench = Bench(KEYS)
    exchange = bytes([0xD4, chip.IN_DATA_EXCHANGE])
    bench.to_chip = lambda data: [b"" if exchange in data else data]
    card = bench.place(Ntag424(UID, key_of_card(KEYS, UID)))
    there = bench.run(5_000)
    bench.chip.take_away(card)
    bench.run(1_000)
    bench.place(NumberCard(OTHER))

    assert said(there) == [READY, "unusable unreadable"]
    assert said(bench.run(1_000)) == [f"presented {number(OTHER)} number"]


def test_a_blank_card_gets_its_key_while_enrolling_and_not_before_or_after() -> None:
    """The desk's mode ends with the card, or by itself."""
    bench = Bench(KEYS)
    before, blank, late = Ntag424(OTHER), Ntag424(UID), Ntag424(OTHER)
    bench.place(before)
    refused = bench.run(1_000)
    bench.chip.take_away(before)
    bench.run(1_000)
    bench.link.enrol(bench.now_ms, 10_000)
    bench.place(blank)
    enrolled = bench.run(1_000)
    bench.chip.take_away(blank)
    bench.run(1_000)
    bench.place(late)
    ended = bench.run(1_000)

    assert said(refused) == [READY, "unusable factory_key"]
    assert said(enrolled) == [f"presented {number(UID)} cryptographic"]
    assert said(ended) == ["unusable factory_key"]
    assert (blank.key, before.key, late.key) == (key_of_card(KEYS, UID), FACTORY_KEY, FACTORY_KEY)


def test_enrolling_ends_by_itself() -> None:
    """A desk that is left keeps no door open."""
    bench = Bench(KEYS)
    bench.link.enrol(bench.now_ms, 5_000)
    bench.run(5_000)
    card = Ntag424(UID)
    bench.place(card)

    assert said(bench.run(1_000)) == ["unusable factory_key"]
    assert card.key == FACTORY_KEY
