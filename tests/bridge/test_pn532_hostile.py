"""A PN532 behind lines that treat bytes badly, each way, seeded."""

from random import Random

import pytest

from firmware_bridge.cards.diversification import key_of_card
from firmware_bridge.cards.simulated import Ntag424, NumberCard
from firmware_bridge.messages import BadgePresented
from tests.bridge import hostile
from tests.bridge.pn532_bench import KEYS, OTHER, READY, RECOVERY_MS, UID, Bench, number, said, wire


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
        PROVED,
        f"removed {number(UID)}",
        f"presented {number(OTHER)} number",
        f"removed {number(OTHER)}",
    ]


PROVED = f"presented {number(UID)} cryptographic"


def lossy_story(seed: int) -> tuple[set[str], list[str]]:
    """A minute in which one byte in five is lost, each way, then a good line: what was presented in each."""
    bench = Bench(KEYS, seed)
    bench.to_host, bench.to_chip = wire(hostile.losing_a_fifth, seed), wire(hostile.losing_a_fifth, seed + 1)
    card = bench.place(Ntag424(UID, key_of_card(KEYS, UID)))
    bad = said(bench.run(60_000))
    bench.chip.take_away(card)
    bench.to_host = bench.to_chip = lambda data: [data]
    bench.run(RECOVERY_MS + 1_000)
    bench.place(card)

    return {word for word in bad if word.startswith("presented")}, said(bench.run(1_000))


@pytest.mark.parametrize("seed", range(5))
def test_on_a_line_that_loses_a_fifth_no_badge_is_invented_and_all_is_well_after_it(seed: int) -> None:
    """Nothing is read that is not there, nothing breaks, and the line mended is a reader again."""
    invented, afterwards = lossy_story(seed)

    assert invented <= {PROVED}
    assert afterwards == [PROVED]


def poor_story(seed: int, card: NumberCard, loss: float) -> list[str]:
    """A minute with a card on the reader, over a line that loses bytes each way: what came and went."""
    bench = Bench(KEYS, seed)
    chance = Random(seed)
    bench.to_host = bench.to_chip = lambda data: [bytes(byte for byte in data if chance.random() >= loss)]
    bench.place(card)

    return [word for word in said(bench.run(60_000)) if word.startswith(("presented", "removed"))]


def number_story(seed: int) -> list[str]:
    """A number needs few words: one byte in a hundred may be lost."""
    return poor_story(seed, NumberCard(UID), 0.01)


def proof_story(seed: int) -> list[str]:
    """A proof is ten times as long, and is given three tries: one byte in two thousand."""
    return poor_story(seed, Ntag424(UID, key_of_card(KEYS, UID)), 0.0005)


@pytest.mark.parametrize("seed", range(3))
def test_a_poor_line_reads_a_card_once_and_takes_it_away_from_nobody(seed: int) -> None:
    """Damaged words are tried again, and none of them is taken for another card or an empty reader."""
    assert number_story(seed) == [f"presented {number(UID)} number"]
    assert proof_story(seed) == [PROVED]


@pytest.mark.soak
def test_many_bad_minutes() -> None:
    """The same for a hundred seeds."""
    for seed in range(100, 200):
        invented, afterwards = lossy_story(seed)
        assert invented <= {PROVED}, seed
        assert afterwards == [PROVED], seed
        assert number_story(seed) == [f"presented {number(UID)} number"], seed
        assert proof_story(seed) == [PROVED], seed


@pytest.mark.parametrize("seed", range(1))
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

    assert {word for word in flooded if word.startswith("presented")} <= {PROVED}
    assert said(bench.run(1_000)) == [PROVED]


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

        assert said(bench.run(2_500)) == [READY, PROVED], at


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
