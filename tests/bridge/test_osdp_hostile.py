"""Who sits on the wire of an OSDP reader: attempts to play a badge, and lines that treat bytes badly, seeded."""

import ctypes
import time
from collections.abc import Callable, Iterable
from random import Random

import pytest

from firmware_bridge.osdp import frames, library
from firmware_bridge.osdp.frames import FRAME_BYTES_MAX, OsdpDecoder, OsdpFrame
from firmware_bridge.osdp.library import INBOX_BYTES_MAX, Channel, Heard
from firmware_bridge.osdp.link import OsdpLink
from tests.bridge import hostile
from tests.bridge.osdp_line import KEY, READER, Wire
from tests.waiting import wait_until

pytest.importorskip("osdp_sys", reason="libosdp is an extra: pip install 'indivis[osdp]'")

BADGE, FORGED = "CE754C", "0D330B"
FORGED_CARD = bytes.fromhex("00011A0086998580")
HANDSHAKE_BLOCK, MAC_BLOCK = b"\x03\x12\x01", b"\x02\x16"


def unchanged(answer: bytes) -> Iterable[bytes]:
    """A good wire."""
    return [answer]


def forging(block: bytes, told: list[bytes]) -> Callable[[bytes], Iterable[bytes]]:
    """Whoever answers the panel's protected questions with a card, before the reader can."""

    def between(answer: bytes) -> Iterable[bytes]:
        (seen,) = OsdpDecoder().feed(answer)
        assert isinstance(seen, OsdpFrame)
        if seen.security != frames.SCS_16:
            return [answer]
        card = FORGED_CARD + (bytes(4) if block == MAC_BLOCK else b"")
        told.append(frames.encode(READER, frames.RAW, card, reply=True, sequence=seen.sequence, block=block))
        return [told[-1], answer]

    return between


@pytest.mark.parametrize("block", [b"", HANDSHAKE_BLOCK, b"\x03\x14\x01", b"\x02\x11"], ids=lambda block: block.hex())
def test_a_badge_played_on_the_wire_is_nobodys(block: bytes) -> None:
    """Without the key no badge can be played: the forged answer is dropped and the reader's own is taken."""
    forged: list[bytes] = []
    wire = Wire(OsdpLink(READER, KEY), forging(block, forged))

    wait_until(wire.ready)
    wait_until(lambda: wire.badges() or len(forged) > 5)
    wire.present(BADGE)
    wait_until(wire.badges)

    assert wire.badges() == [BADGE]
    assert wire.conversation.rejects["unprotected"] >= 5


def test_a_badge_with_a_wrong_mac_is_nobodys_and_the_line_comes_back() -> None:
    """It looks protected, so libosdp judges it: the channel ends, and is made anew when the forger is gone."""
    forged: list[bytes] = []
    wire = Wire(OsdpLink(READER, KEY), forging(MAC_BLOCK, forged))
    wait_until(lambda: len(wire.turn()) + len(forged) > 3)

    wire.between = unchanged
    wait_until(wire.ready)
    wire.present(BADGE)
    wait_until(wire.badges)

    assert wire.badges() == [BADGE]


def test_the_gate_is_needed_for_libosdp_alone_takes_a_forged_badge() -> None:
    """Why `gate` exists. When this fails, libosdp has mended it, and the gate's reason is to be written anew."""
    ours, theirs, heard = Channel(), Channel(), Heard()
    panel = library.panel(READER, KEY, ours, heard, enforce=True)
    reader = library.peripheral(READER, KEY, theirs, [])
    forge = forging(HANDSHAKE_BLOCK, [])

    def badge_taken() -> bool:
        panel.refresh()
        theirs.put(ours.taken())
        for _ in range(2):
            reader.refresh()
        if answer := theirs.taken():
            ours.put(next(iter(forge(answer))))
        return any(event.get("data") == FORGED_CARD[4:] for event in heard.events)

    wait_until(badge_taken)

    assert panel.sc_status() & 1


def test_no_two_handshakes_challenge_a_reader_with_the_same_number() -> None:
    """A recorded session must not be playable again, though libosdp's own numbers start alike in every process."""
    challenges = set()
    for _ in range(3):
        ctypes.CDLL(None).srand(1)
        link = OsdpLink(READER, KEY)
        link.restored(0)
        for code, told, sequence in ((frames.PDID, bytes(12), 0), (frames.PDCAP, bytes([9, 1, 1]), 1)):
            link.to_send()
            link.receive(frames.encode(READER, code, told, reply=True, sequence=sequence), 0)
        (challenge,) = OsdpDecoder().feed(link.to_send())
        assert isinstance(challenge, OsdpFrame)
        assert challenge.code == frames.CHLNG
        challenges.add(challenge.data)

    assert len(challenges) == 3


def through(line: hostile.Line, chance: Random) -> Callable[[bytes], Iterable[bytes]]:
    """A hostile line as somebody between."""
    return lambda answer: line([answer], chance)


def play(line: hostile.Line, seed: int, seconds: float) -> tuple[Wire, list[str]]:
    """A reader on that line for a while, a new badge put to it now and then; return what was put to it."""
    wire = Wire(OsdpLink(READER, KEY), through(line, Random(seed)))
    put: list[str] = []
    ends_at = time.monotonic() + seconds

    def played() -> bool:
        if wire.ready() and len(put) - len(wire.badges()) < 1:
            put.append(f"{seed << 8 | len(put):06X}")
            wire.present(put[-1])
        assert wire.conversation.buffered <= 2 * FRAME_BYTES_MAX + INBOX_BYTES_MAX
        return time.monotonic() > ends_at

    wait_until(played, deadline_s=seconds + 20)
    return wire, put


@pytest.mark.parametrize("line", [*hostile.GENTLE, hostile.duplicated], ids=lambda line: line.__name__)
def test_badges_arrive_over_lines_that_cut_glue_add_and_repeat(line: hostile.Line) -> None:
    """However the bytes come, each badge is presented once, in order."""
    wire, put = play(line, seed=1, seconds=0.5)
    wait_until(lambda: len(wire.badges()) == len(put))

    assert wire.badges() == put
    assert put


def test_a_line_that_loses_bytes_invents_no_badge() -> None:
    """One byte in five is lost: hardly anything gets through, and nothing that nobody put there."""
    wire, put = play(hostile.losing_a_fifth, seed=2, seconds=1.0)

    assert set(wire.badges()) <= set(put)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("line", [*hostile.GENTLE, hostile.duplicated, hostile.losing_a_fifth])
def test_the_same_for_longer(line: hostile.Line, seed: int) -> None:
    """Many seeds, and time enough for the line to fall and be made anew; no badge twice, none invented."""
    wire, put = play(line, seed, seconds=10.0)

    told = wire.badges()
    assert sorted(set(told)) == sorted(told)
    assert set(told) <= set(put)


@pytest.mark.parametrize("seed", range(20))
def test_a_flood_of_bytes_raises_nothing_and_is_bounded(seed: int) -> None:
    """Noise, with starts and headers in it, at any moment of a handshake."""
    chance = Random(seed)
    link = OsdpLink(READER, KEY)
    link.restored(0)
    for now in range(0, 4_000, 20):
        noise = chance.randbytes(chance.randint(0, 300))
        piece = chance.choice([b"\x53", b"\x53\x85\x08\x00\x06", b"\x53\x85\xff\x00\x0e", b""])
        assert link.receive(noise + piece, now) is not None
        link.to_send()
        assert link.buffered <= 2 * FRAME_BYTES_MAX + INBOX_BYTES_MAX

    assert link.rejects
