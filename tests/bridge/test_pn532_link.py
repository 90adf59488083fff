"""What a PN532's link makes of cards, and how it gets out of every stuck state; time is moved by hand."""

from random import Random

import pytest

from firmware_bridge.cards.diversification import key_of_card
from firmware_bridge.cards.keys import FACTORY_KEY, CardKeys
from firmware_bridge.cards.simulated import Desfire, MuteSmartCard, Ntag424, NumberCard, Phone
from firmware_bridge.commands import Light
from firmware_bridge.messages import BadgePresented, BadgeRemoved
from firmware_bridge.pn532 import chip
from firmware_bridge.pn532.frames import ACK, NACK, Packet, encode, encode_error
from firmware_bridge.pn532.link import ACK_MS, BACK_OFF_LAST_MS, TROUBLE_AFTER, Pn532Link
from tests.bridge import hostile
from tests.bridge.pn532_bench import Bench, said, wire

UID, OTHER = bytes.fromhex("04A1B2C3D4E5F6"), bytes.fromhex("040A0B0C0D0E0F")
KEYS = CardKeys(bytes.fromhex("00112233445566778899AABBCCDDEEFF"))
STRANGE = CardKeys(bytes.fromhex("FFEEDDCCBBAA99887766554433221100"))
READY = "ready PN532 1.6"
RECOVERY_MS = BACK_OFF_LAST_MS + 500
"""The longest pause, and the wake-up and a poll after it."""


def number(uid: bytes) -> str:
    """As messages have it."""
    return uid.hex().upper()


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


def test_a_mute_chip_is_reported_once_and_found_again() -> None:
    """An hour of silence is one word of trouble; the badge that lay there all the time is no second tap."""
    bench = Bench()
    bench.place(NumberCard(UID))
    bench.run(1_000)
    bench.chip.faults.mute = True
    silent = bench.run(3_600_000)
    bench.chip.faults.mute = False

    back = bench.run(RECOVERY_MS)

    assert said(silent) == ["trouble silent"]
    assert said(back) == [READY]


def test_one_damaged_answer_is_no_trouble() -> None:
    """What mends itself at the next try is not said."""
    bench = Bench()
    bench.run(1_000)
    bench.chip.faults.error_frames = TROUBLE_AFTER - 1

    assert bench.run(2_000) == []


def test_a_chip_that_answers_too_late_is_not_believed() -> None:
    """Its late words answer nothing that was asked since; when it is quick again it is used again."""
    bench = Bench()
    bench.chip.faults.slow_ms = 5_000
    bench.place(NumberCard(UID))
    slow = bench.run(60_000)
    bench.chip.faults.slow_ms = 0

    quick = bench.run(RECOVERY_MS)

    assert said(slow) == ["trouble no_answer"]
    assert said(quick) == [READY, f"presented {number(UID)} number"]


def test_a_chip_that_only_errs_is_reported() -> None:
    """The error frame, again and again."""
    bench = Bench()
    bench.chip.faults.error_frames = 1_000
    erring = bench.run(60_000)
    bench.chip.faults.error_frames = 0

    assert said(erring) == ["trouble error_frame"]
    assert said(bench.run(RECOVERY_MS)) == [READY]


def test_a_chip_that_was_reset_is_woken_and_its_retries_limited_again() -> None:
    """It is asleep after a dip of its supply, and would wait for a card without end; the badge is no second tap."""
    bench = Bench()
    card = bench.place(NumberCard(UID))
    bench.run(1_000)
    bench.chip.reset()
    after = bench.run(RECOVERY_MS)
    bench.chip.take_away(card)

    assert after == []
    assert said(bench.run(1_000)) == [f"removed {number(UID)}"]


def test_another_chip_than_a_pn532_is_refused_by_name() -> None:
    """What answers like one and is none is said, not used."""
    link = Pn532Link()
    link.restored(0)
    told: list[str] = []
    now_ms = 0
    for _ in range(40):
        link.to_send()
        sam = encode(Packet(to_chip=False, code=0x15, data=b""))
        told += said(link.receive(ACK + sam, now_ms))
        link.to_send()
        told += said(link.receive(ACK + encode(Packet(to_chip=False, code=0x03, data=b"\x07\x01\x06\x07")), now_ms))
        now_ms = link.next_deadline() or 0
        told += said(link.receive(b"", now_ms))

    assert told == ["trouble unknown_chip"]


def test_a_list_that_makes_no_sense_is_no_card() -> None:
    """An answer with a right checksum and a wrong form begins everything anew."""
    link = Pn532Link()
    link.restored(0)
    answers = [(0x15, b""), (0x03, b"\x32\x01\x06\x07"), (0x33, b""), (0x4B, b"\x01\x01\x00\x04\x08\x05" + bytes(5))]
    for code, data in answers:
        link.to_send()
        assert link.receive(ACK + encode(Packet(to_chip=False, code=code, data=data)), 0) == []

    assert link.to_send() == ACK
    link.receive(b"", link.next_deadline() or 0)
    assert link.to_send().startswith(chip.WAKE_UP)


def test_an_answer_behind_a_start_that_noise_made_is_found_when_the_line_falls_silent() -> None:
    """Four bytes of noise that promise a long frame cost a moment's wait, and no new beginning."""
    link = Pn532Link()
    link.restored(0)
    link.to_send()

    link.receive(b"\x00\xff\xfe\x02" + ACK + encode(Packet(to_chip=False, code=0x15, data=b"")), 5)
    waiting = link.to_send()
    link.receive(b"", ACK_MS)

    assert (waiting, link.to_send()) == (b"", chip.FIRMWARE.frame)


@pytest.mark.parametrize(
    "forged",
    [
        ACK + encode(Packet(to_chip=False, code=0x15, data=b"")),
        encode(Packet(to_chip=False, code=0x15, data=b"")),
        chip.SAM_NORMAL.frame,
        NACK,
        encode_error(),
        ACK * 50,
    ],
)
def test_what_was_on_the_line_before_a_question_is_no_answer_to_it(forged: bytes) -> None:
    """A command that is not yet written cannot have been answered: an old word is counted and left."""
    link = Pn532Link()
    link.restored(0)

    link.receive(forged, 0)

    assert link.to_send() == chip.WAKE_UP + chip.SAM_NORMAL.frame
    assert link.next_deadline() == ACK_MS
    assert set(link.rejects) <= {"stale", "echo"}
    assert sum(link.rejects.values()) >= 1


def test_a_line_that_comes_back_wakes_the_chip_and_is_no_second_tap() -> None:
    """A flickering cable must not end the use of the maker whose badge lies there."""
    bench = Bench()
    bench.place(NumberCard(UID))
    bench.run(1_000)
    bench.link.interrupted()
    idle = bench.link.next_deadline(), bench.link.to_send()
    bench.chip.reset()
    bench.link.restored(bench.now_ms)

    assert idle == (None, b"")
    assert said(bench.run(1_000)) == [READY]


def test_it_has_no_light_and_says_so() -> None:
    """A PN532 shows nothing; whoever asks must use another device."""
    assert not Pn532Link().ask(Light("green"), 0)


def test_a_number_is_in_no_repr() -> None:
    """What a log might print of a card holds no number."""
    bench = Bench()
    bench.place(NumberCard(UID))

    texts = [repr(message) for message in bench.run(1_000)] + [repr(chip.Target(1, UID, iso_dep=False))]

    assert not [text for text in texts if number(UID) in text or repr(UID) in text]


@pytest.mark.parametrize("line", [*hostile.GENTLE, hostile.duplicated])
@pytest.mark.parametrize("seed", range(4))
def test_over_a_line_that_loses_nothing_each_tap_is_seen_once(line: hostile.Line, seed: int) -> None:
    """One byte at a time, glued, delayed, doubled, with noise between: the same three words for each tap."""
    bench = Bench(KEYS, seed)
    bench.to_host = wire(line, seed)
    bench.run(2_000)
    told: list[str] = []
    for card in (Ntag424(UID, key_of_card(KEYS, UID)), NumberCard(OTHER)):
        bench.place(card)
        told += said(bench.run(5_000))
        bench.chip.take_away(card)
        told += said(bench.run(5_000))

    assert told == [
        f"presented {number(UID)} cryptographic",
        f"removed {number(UID)}",
        f"presented {number(OTHER)} number",
        f"removed {number(OTHER)}",
    ]


def lossy_story(seed: int) -> None:
    """A minute in which one byte in five is lost, each way, and then a good line."""
    bench = Bench(KEYS, seed)
    bench.to_host, bench.to_chip = wire(hostile.losing_a_fifth, seed), wire(hostile.losing_a_fifth, seed + 1)
    card = bench.place(Ntag424(UID, key_of_card(KEYS, UID)))
    bad = said(bench.run(60_000))
    bench.chip.take_away(card)
    bench.to_host = bench.to_chip = lambda data: [data]
    bench.run(RECOVERY_MS + 1_000)
    bench.place(card)

    good = said(bench.run(1_000))

    assert {word for word in bad if word.startswith("presented")} <= {f"presented {number(UID)} cryptographic"}
    assert good == [f"presented {number(UID)} cryptographic"]


@pytest.mark.parametrize("seed", range(5))
def test_on_a_line_that_loses_a_fifth_no_badge_is_invented_and_all_is_well_after_it(seed: int) -> None:
    """Nothing is read that is not there, nothing breaks, and the line mended is a reader again."""
    lossy_story(seed)


def poor_story(seed: int, card: NumberCard, loss: float, proof: str) -> None:
    """A minute with a card on the reader, over a line that loses bytes each way."""
    bench = Bench(KEYS, seed)
    chance = Random(seed)
    bench.to_host = bench.to_chip = lambda data: [bytes(byte for byte in data if chance.random() >= loss)]
    bench.place(card)

    badges = [word for word in said(bench.run(60_000)) if word.startswith(("presented", "removed"))]

    assert badges == [f"presented {number(card.uid)} {proof}"]


def number_story(seed: int) -> None:
    """A number needs few words: one byte in a hundred may be lost."""
    poor_story(seed, NumberCard(UID), 0.01, "number")


def proof_story(seed: int) -> None:
    """A proof is ten times as long, and is given three tries: one byte in two thousand."""
    poor_story(seed, Ntag424(UID, key_of_card(KEYS, UID)), 0.0005, "cryptographic")


@pytest.mark.parametrize("seed", range(3))
def test_a_poor_line_reads_a_card_once_and_takes_it_away_from_nobody(seed: int) -> None:
    """Damaged words are tried again, and none of them is taken for another card or an empty reader."""
    number_story(seed)
    proof_story(seed)


@pytest.mark.soak
def test_many_bad_minutes() -> None:
    """The same for a hundred seeds."""
    for seed in range(100, 200):
        lossy_story(seed)
        number_story(seed)
        proof_story(seed)


@pytest.mark.parametrize("seed", range(3))
def test_a_flood_of_garbage_ends_in_a_reader_that_works(seed: int) -> None:
    """Whole buffers of noise, with starts of frames in it, come before each word."""
    chance = Random(seed)
    bench = Bench(KEYS, seed)
    bench.to_host = lambda data: [chance.randbytes(2_000) + b"\x00\xff\xfe\x02" * 500 + data]
    card = bench.place(Ntag424(UID, key_of_card(KEYS, UID)))
    flooded = said(bench.run(20_000))
    bench.chip.take_away(card)
    bench.to_host = lambda data: [data]
    bench.run(RECOVERY_MS + 1_000)
    bench.place(card)

    assert {word for word in flooded if word.startswith("presented")} <= {f"presented {number(UID)} cryptographic"}
    assert said(bench.run(1_000)) == [f"presented {number(UID)} cryptographic"]


@pytest.mark.parametrize("way", ["to_host", "to_chip"])
def test_a_line_cut_at_any_byte_loses_no_tap_and_doubles_none(way: str) -> None:
    """A whole tap with its proof, and at each byte of it in turn the rest of that chunk never comes."""
    total = _tap_bytes(way)
    for at in range(total):
        bench = Bench(KEYS)
        passed = 0

        def cut(data: bytes, at: int = at) -> list[bytes]:
            nonlocal passed
            before, passed = passed, passed + len(data)
            return [data[: at - before] if before <= at < passed else data]

        setattr(bench, way, cut)
        bench.place(Ntag424(UID, key_of_card(KEYS, UID)))

        assert said(bench.run(2_500)) == [READY, f"presented {number(UID)} cryptographic"], at


def _tap_bytes(way: str) -> int:
    """How many bytes a start and a tap take, one way."""
    bench = Bench(KEYS)
    passed = 0

    def count(data: bytes) -> list[bytes]:
        nonlocal passed
        passed += len(data)
        return [data]

    setattr(bench, way, count)
    bench.place(Ntag424(UID, key_of_card(KEYS, UID)))
    while not any(isinstance(message, BadgePresented) for message in bench.messages):
        bench.run(1)
    return passed
