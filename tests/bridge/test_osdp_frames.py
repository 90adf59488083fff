"""OSDP frames out of any stream: every published frame, and the property that no bytes can break the decoder."""

import io
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.decode import decode_capture
from firmware_bridge.frames import Reject
from firmware_bridge.osdp.frames import FRAME_BYTES_MAX, OsdpDecoder, OsdpFrame, card_number, encode
from tests.bridge import hostile

VECTORS: list[dict[str, Any]] = [
    vector
    for vector in json.loads(Path(__file__).with_name("vectors_osdp.json").read_text())
    if vector.get("kind") != "kdf"
]
GOOD = [bytes.fromhex(vector["hex"]) for vector in VECTORS if "error" not in vector]
ACK = encode(5, 0x40, reply=True, sequence=2)


def decoded(chunks: list[bytes]) -> list[OsdpFrame | Reject]:
    """What a fresh decoder makes of a capture that came in these chunks."""
    decoder = OsdpDecoder()
    return [found for chunk in chunks for found in decoder.feed(chunk)] + decoder.finish()


def sealed(body: bytes) -> bytes:
    """A frame with these bytes and the one-byte checksum that fits them."""
    whole = body[:2] + (len(body) + 1).to_bytes(2, "little") + body[4:]
    return whole + bytes([-sum(whole) & 0xFF])


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_a_published_frame_reads_as_published(vector: dict[str, Any]) -> None:
    """A frame gives the fields or the error that its source states."""
    (found,) = decoded([bytes.fromhex(vector["hex"])])

    if "error" in vector:
        assert found == Reject(vector["error"])
        return
    assert isinstance(found, OsdpFrame)
    expect = vector["expect"]
    seen = {
        "address": found.address,
        "sequence": found.sequence,
        "reply_bit": found.reply,
        "command": found.code,
        "reply": found.code,
        "scs": found.security,
        "scbk": found.selector == 1,
        "mac": found.mac.hex(),
    }
    assert {name: seen[name] for name in expect if name in seen} == {
        name: value for name, value in expect.items() if name in seen
    }
    assert found.reply == ("reply" in expect)


def test_a_card_read_in_clear_is_a_number_on_the_terminal() -> None:
    """The command that decodes a capture shows the badge, as it does for any reader."""
    capture = bytes.fromhex("ff53650800066002f653e51000065000011a0086998580f48d")

    assert list(decode_capture(io.BytesIO(capture), "osdp")) == [
        {"address": "101", "sequence": "2", "command": "POLL"},
        {"address": "101", "sequence": "2", "reply": "RAW", "badge": "0D330B"},
    ]


def test_a_capture_shows_the_default_key_and_hides_what_is_enciphered() -> None:
    """Whoever looks at a line must see that a reader is asked for the key of the norm."""
    capture = bytes.fromhex(
        "536513000e03110076b0b1b2b3b4b5b6b75e5a53e51e000d021850b0211f60dd3a5b11ae2107b1f45f277914cdd187991c"
    )

    assert list(decode_capture(io.BytesIO(capture), "osdp")) == [
        {"address": "101", "sequence": "2", "command": "CHLNG", "security": "SCS_11", "key": "default"},
        {"address": "101", "sequence": "1", "reply": "RAW", "security": "SCS_18"},
    ]


@pytest.mark.parametrize("line", hostile.GENTLE, ids=lambda line: line.__name__)
@pytest.mark.parametrize("seed", range(10))
def test_frames_arrive_over_lines_that_cut_glue_and_add(line: hostile.Line, seed: int) -> None:
    """However the bytes come, each frame comes out once and in order, noise in between or not."""
    chunks = list(line(GOOD, Random(seed)))

    found = [one.raw for one in decoded(chunks) if isinstance(one, OsdpFrame)]

    assert found == [frame.removeprefix(b"\xff") for frame in GOOD]


def test_a_false_start_that_claims_a_long_frame_swallows_no_good_one() -> None:
    """A cut frame's length may reach over the frames after it: they still come out."""
    cut = bytes.fromhex("5385f0000640")

    found = decoded([cut, ACK, ACK])

    assert [type(one) for one in found] == [Reject, OsdpFrame, OsdpFrame]


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("no room for a block", bytes([0x53, 0x85, 0, 0, 0x08])),
        ("a block longer than the frame", bytes([0x53, 0x85, 0, 0, 0x08, 9, 0x16, 0x40])),
        ("a block of length nought", bytes([0x53, 0x85, 0, 0, 0x08, 0, 0x16, 0x40])),
        ("a block and no code", bytes([0x53, 0x85, 0, 0, 0x08, 2, 0x12])),
        ("a MAC and no code", bytes([0x53, 0x85, 0, 0, 0x08, 2, 0x16, 1, 2, 3, 4])),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_frame_whose_fields_do_not_fit_is_no_frame(name: str, body: bytes) -> None:
    """A right checksum proves nothing about the lengths inside; a library written in C must never meet them."""
    assert all(isinstance(found, Reject) for found in decoded([sealed(body)])), name


@given(st.lists(st.binary(max_size=80), max_size=12))
def test_any_bytes_in_any_chunks_give_one_answer_and_bounded_memory(chunks: list[bytes]) -> None:
    """Nothing raises, nothing grows, and the cuts change nothing."""
    decoder, found = OsdpDecoder(), []
    for chunk in chunks:
        found += decoder.feed(chunk)
        assert decoder.buffered <= FRAME_BYTES_MAX

    assert found + decoder.finish() == decoded([b"".join(chunks)])
    assert decoder.buffered == 0


@given(
    st.lists(st.sampled_from([*GOOD, b"\x53", b"\x53\x85\x20\x00\x0e", b"\xff\x53", b"\x00"]), max_size=20), st.data()
)
def test_the_same_for_streams_made_of_frames_and_pieces(pieces: list[bytes], chance: st.DataObject) -> None:
    """Random bytes hardly ever hold a start: these do."""
    stream = b"".join(pieces)
    cuts = sorted(chance.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    chunks = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]

    assert decoded(chunks) == decoded([stream])


@given(st.binary(max_size=80))
def test_any_card_data_gives_a_number_or_a_name(data: bytes) -> None:
    """A reader may claim any number of bits."""
    assert card_number(data).shown().keys() <= {"badge", "error"}
