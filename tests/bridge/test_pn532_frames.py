"""PN532 frames out of any stream: every published frame, and the property that no bytes can break the decoder."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.decode import decode_capture
from firmware_bridge.frames import Reject
from firmware_bridge.pn532 import chip
from firmware_bridge.pn532.frames import (
    ACK,
    BUFFERED_MAX,
    LENGTH_MAX,
    NACK,
    Ack,
    ChipError,
    Found,
    Nack,
    Packet,
    Pn532Decoder,
    encode,
    encode_error,
)

VECTORS: list[dict[str, Any]] = json.loads(Path(__file__).with_name("vectors_pn532.json").read_text())
LISTS = [vector for vector in VECTORS if "targets" in vector.get("expect", {})]
COMMANDS = [vector for vector in VECTORS if "(host to chip)" in vector["name"]]
GOOD = bytes.fromhex("0000FF06FAD50332010607E800")
VERSION = Packet(to_chip=False, code=0x03, data=bytes.fromhex("32010607"))


def written(frame: Found) -> bytes:
    """A frame's bytes."""
    match frame:
        case Packet():
            return encode(frame)
        case Ack():
            return ACK
        case Nack():
            return NACK
        case _:
            return encode_error()


packets = st.builds(Packet, to_chip=st.booleans(), code=st.integers(0, 255), data=st.binary(max_size=LENGTH_MAX - 2))
frames = st.one_of(packets, st.just(Ack()), st.just(Nack()), st.builds(ChipError, st.just(0x7F)))
pieces_of_line = st.one_of(st.binary(max_size=20), frames.map(written), st.just(b"\x00\xff\xfe\x02"))
lines = st.lists(pieces_of_line, max_size=8).map(b"".join)


def decoded(chunks: list[bytes]) -> list[Found]:
    """What a fresh decoder makes of a stream that came in these chunks."""
    decoder = Pn532Decoder()
    return [found for chunk in chunks for found in decoder.feed(chunk)] + decoder.finish()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_a_published_frame_reads_as_published(vector: dict[str, Any]) -> None:
    """Its kind, its code and its length, or the error that its source states."""
    found = decoded([bytes.fromhex(vector["hex"])])

    expect = vector.get("expect", {})
    if "error" in vector:
        assert found == [Reject(vector["error"])]
    elif "frames" in expect:
        assert found == [Ack(), Packet(to_chip=False, code=expect["response"], data=b"")]
    elif expect.get("kind") in {"ack", "nack", "error"}:
        assert found == [{"ack": Ack(), "nack": Nack(), "error": ChipError(0x7F)}[expect["kind"]]]
    else:
        (packet,) = found
        assert isinstance(packet, Packet)
        assert packet.code == expect.get("response", packet.code)
        assert len(packet.data) + 2 == expect.get("length", len(packet.data) + 2)
        assert encode(packet) in bytes.fromhex("00") + bytes.fromhex(vector["hex"])


@pytest.mark.parametrize("vector", LISTS, ids=lambda vector: vector["name"])
def test_a_published_list_of_cards_reads_as_published(vector: dict[str, Any]) -> None:
    """Number, its kind, and whether the card speaks ISO 14443-4."""
    (packet,) = decoded([bytes.fromhex(vector["hex"])])
    assert isinstance(packet, Packet)

    targets = chip.listed(packet.data)

    expect = vector["expect"]
    assert targets is not None
    assert [target.uid.hex() for target in targets] == ([expect["uid"]] if expect["targets"] else [])
    assert [target.random for target in targets] == ([expect["random_uid"]] if expect["targets"] else [])
    assert [target.iso_dep for target in targets] == ["ats" in expect] * expect["targets"]


def test_a_list_cut_anywhere_is_not_believed() -> None:
    """No part of an answer that does not parse whole becomes a badge; only the ATS may be missing, whole."""
    whole = bytes.fromhex("01010344200704112233445566067577810280")

    assert [cut for cut in range(len(whole) + 1) if chip.listed(whole[:cut]) is not None] == [13, 19]
    assert chip.listed(whole + b"\x00") is None


def test_two_cards_in_one_answer_are_told_apart() -> None:
    """With an ATS between them, or none."""
    smart, plain = "010344200704112233445566067577810280", "02000408040A0B0C0D"

    both = chip.listed(bytes.fromhex("02" + smart + plain))
    silent = chip.listed(bytes.fromhex("02" + smart[:-12] + plain))

    assert both is not None
    assert silent is not None
    assert [(t.number, t.uid.hex(), t.iso_dep) for t in both] == [(1, "04112233445566", True), (2, "0a0b0c0d", False)]
    assert [(t.number, t.uid.hex(), t.iso_dep) for t in silent] == [
        (1, "04112233445566", False),
        (2, "0a0b0c0d", False),
    ]


def test_what_the_link_says_is_what_is_published() -> None:
    """The commands as the published sessions have them."""
    published = {bytes.fromhex(vector["hex"]) for vector in VECTORS}

    assert chip.WAKE_UP + chip.SAM_NORMAL.frame in published
    assert {chip.FIRMWARE.frame, chip.FEW_RETRIES.frame, chip.exchange(1, b"\xaa\x00").frame} <= published


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        ("0000FF06FBD50332010607E800", ["lcs"]),
        ("0000FFFFFF010A F5D5", ["length"]),
        ("0000FFFFFF0107F9D5", ["lcs"]),
        ("0000FF000000", ["length"]),
        ("0000FF02FED6151500", ["tfi"]),
        ("0000FF02FED51517", ["dcs"]),
        ("0000FF02FED5151601", ["postamble"]),
        ("0000FF02FED51516", ["incomplete"]),
        ("4711", ["no_start"]),
        ("5555000000", []),
        ("0000FF", ["incomplete"]),
        ("", []),
    ],
)
def test_a_damaged_frame_is_named_once(stream: str, expected: list[str]) -> None:
    """Each damaged frame gives one error, the first that it shows; wake-up calls and preambles are no noise."""
    assert decoded([bytes.fromhex(stream)]) == [Reject(error) for error in expected]  # type: ignore[arg-type]


def test_a_good_frame_inside_a_damaged_one_is_not_swallowed() -> None:
    """A head that promises too much, as a lost byte makes it, hides the next frame only until the line falls silent."""
    decoder = Pn532Decoder()

    found = decoder.feed(b"\x00\x00\xff\x20\xe0\xd5" + GOOD), decoder.finish()

    assert found == ([], [Reject("incomplete"), VERSION])


def test_a_lost_zero_is_not_taken_for_another_card() -> None:
    """A byte of 00 lost from a number leaves the sum right, and the checksum as the number's end: it is no frame."""
    answer = encode(Packet(to_chip=False, code=0x4B, data=bytes.fromhex("010100040804FB00E2AA")))
    at = answer.index(b"\x00\xe2")

    assert decoded([answer[:at] + answer[at + 1 :]]) == [Reject("incomplete")]


def test_a_cut_frame_does_not_swallow_the_next() -> None:
    """The next frame's bytes complete the cut one, wrongly; it is found all the same."""
    for cut in range(1, len(GOOD)):
        assert VERSION in decoded([GOOD[:cut], GOOD]), cut


@given(frames)
def test_a_written_frame_reads_back(frame: Found) -> None:
    """What was written is read, alone in its stream."""
    assert decoded([written(frame)]) == [frame]


def test_a_frame_too_long_for_the_chip_is_not_written() -> None:
    """265 bytes with TFI and code, no more."""
    longest = Packet(to_chip=True, code=0x40, data=bytes(LENGTH_MAX - 2))

    assert decoded([encode(longest)]) == [longest]
    with pytest.raises(ValueError, match="265"):
        encode(Packet(to_chip=True, code=0x40, data=bytes(LENGTH_MAX - 1)))


@given(lines, st.data())
def test_the_answer_is_the_same_however_the_bytes_come(stream: bytes, data: st.DataObject) -> None:
    """Whole, byte by byte, or cut anywhere."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]

    whole = decoded([stream])

    assert decoded(pieces) == whole
    assert decoded([bytes([byte]) for byte in stream]) == whole


@given(st.lists(st.binary(max_size=600), max_size=6))
def test_no_bytes_fill_the_memory_or_break_the_decoder(chunks: list[bytes]) -> None:
    """At most a frame is held, and what is found is no more than was given."""
    decoder = Pn532Decoder()
    found = 0
    for chunk in chunks:
        found += len(decoder.feed(chunk))
        assert decoder.buffered < BUFFERED_MAX
    found += len(decoder.finish())

    assert found <= sum(map(len, chunks))
    assert decoder.buffered == 0
    assert decoder.feed(GOOD) == [VERSION]


def test_a_capture_of_both_ends_is_shown_in_words() -> None:
    """Commands by name, and the badges that a list holds."""
    listed = next(bytes.fromhex(vector["hex"]) for vector in LISTS if "NTAG" in vector["name"])
    capture = chip.LIST_CARDS.frame + ACK + listed + GOOD[:7]

    shown = list(decode_capture(io.BytesIO(capture), "pn532"))

    assert shown == [
        {"command": "InListPassiveTarget", "data": "0200"},
        {"frame": "ack"},
        {"answer": "InListPassiveTarget", "data": "01010044000704416D412B0289", "badge": "04416D412B0289"},
        {"error": "incomplete"},
    ]
