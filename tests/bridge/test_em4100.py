"""Frames out of any stream: every published frame, and the property that no bytes can break the decoder."""

import io
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.decode import decode_capture
from firmware_bridge.em4100.frames import FRAME_BYTES_MAX, Em4100Decoder, Model, badge_number, encode
from firmware_bridge.em4100.presence import PROFILES, Presence
from firmware_bridge.errors import BadBadgeNumberError
from firmware_bridge.frames import Frame, Reject
from tests.bridge import hostile

VECTORS: list[dict[str, Any]] = json.loads(Path(__file__).with_name("vectors_em4100.json").read_text())
BADGE = "0A00123456"
OTHERS = ["1E009A4067", "3C00CE754C", "67003B51C6"]
numbers = st.integers(1, 2**40 - 1).map(lambda number: f"{number:010X}")
models = st.sampled_from(list(PROFILES))


def decoded(chunks: list[bytes]) -> list[Frame | Reject]:
    """What a fresh decoder makes of a capture that came in these chunks."""
    decoder = Em4100Decoder()
    return [found for chunk in chunks for found in decoder.feed(chunk)] + decoder.finish()


def lines(capture: bytes) -> list[dict[str, str]]:
    """What the decode command would print of it."""
    return list(decode_capture(io.BytesIO(capture), "em4100"))


def is_phantom(vector: dict[str, Any]) -> bool:
    """A number that a reader invented, with a right checksum: one frame cannot tell, the link must."""
    return vector.get("error") == "phantom" and vector["badge"] != "0000000000"


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_a_published_frame_reads_as_published(vector: dict[str, Any]) -> None:
    """A frame gives the badge or the error that its source states."""
    shows_a_badge = "error" not in vector or is_phantom(vector)
    expected = {"badge": vector["badge"]} if shows_a_badge else {"error": vector["error"]}

    found = lines(bytes.fromhex(vector["hex"]))

    assert found == [expected]


@pytest.mark.parametrize("vector", [v for v in VECTORS if "discarded" in v], ids=lambda vector: vector["name"])
def test_a_cut_frame_before_a_good_one_is_counted(vector: dict[str, Any]) -> None:
    """The bytes of a frame that a second STX cut short are counted, not kept."""
    found = decoded([bytes.fromhex(vector["hex"])])

    assert found == [Frame(vector["badge"], vector["discarded"])]


@pytest.mark.parametrize("vector", [v for v in VECTORS if v.get("error") == "phantom"], ids=lambda v: v["name"])
def test_a_published_phantom_opens_nothing(vector: dict[str, Any]) -> None:
    """A phantom comes once: on an RDM6300 it never becomes a badge, whatever its checksum."""
    link = Presence(PROFILES["rdm6300"])
    frames = [found for found in decoded([bytes.fromhex(vector["hex"])]) if isinstance(found, Frame)]

    messages = link.receive(frames, 1_000) + link.receive([], 2_000)

    assert messages == []


@pytest.mark.parametrize(
    ("capture", "expected"),
    [
        (b"\x0268003B51C6CBDA\x03", ["length"]),
        (b"\x0268\x03", ["length"]),
        (b"\x02\x03", ["length"]),
        (b"\x0268003B\r\n51C6CB\x03", ["length"]),
        (b"\x021E009A4067A3\r\n\n\x03", ["no_etx"]),
        (b"\x021E009A4067A3\r7\x03", ["no_etx"]),
        (b"\x021E009A4067A3\x021E009A4067A4\x03", ["no_etx", "checksum"]),
        (b"\x03", ["no_stx"]),
        (b"junk\x02", ["no_stx", "incomplete"]),
        (b"ab\x03cd\x03", ["no_stx", "no_stx"]),
        (b"\x0200000000000A\x03", ["checksum"]),
        (b"\r\n\r\n", []),
        (b"", []),
    ],
)
def test_a_damaged_frame_is_named_once(capture: bytes, expected: list[str]) -> None:
    """Each damaged frame gives one error, the first that it shows."""
    found = lines(capture)

    assert found == [{"error": error} for error in expected]


@pytest.mark.parametrize("model", PROFILES)
def test_a_frame_cut_at_any_byte_is_incomplete(model: Model) -> None:
    """A capture that ends inside a frame says so, wherever the cut falls."""
    frame = encode(BADGE, model)

    found = [lines(frame[:length]) for length in range(1, len(frame))]

    assert found == [[{"error": "incomplete"}]] * (len(frame) - 1)


@pytest.mark.parametrize("model", PROFILES)
@pytest.mark.parametrize("line", hostile.GENTLE, ids=lambda line: line.__name__)
@pytest.mark.parametrize("seed", range(5))
def test_every_whole_frame_survives_a_hostile_line(line: hostile.Line, model: Model, seed: int) -> None:
    """However a line cuts, joins or surrounds frames, each whole one is read, in order."""
    sent = [BADGE, *OTHERS] * 25

    chunks = list(line([encode(number, model) for number in sent], Random(seed)))

    assert [found.number_hex for found in decoded(chunks) if isinstance(found, Frame)] == sent


@pytest.mark.parametrize("seed", range(10))
def test_lost_bytes_never_make_another_badge(seed: int) -> None:
    """A line that loses bytes loses reads: on the link, no number appears that was not sent."""
    link = Presence(PROFILES["rdm6300"])
    sent = [encode(BADGE, "rdm6300")] * 200

    chunks = hostile.losing_a_fifth(sent, Random(seed))

    frames = [found for found in decoded(list(chunks)) if isinstance(found, Frame)]
    assert {message.number_hex for frame in frames for message in link.receive([frame], 0)} <= {BADGE}


@pytest.mark.parametrize("model", PROFILES)
def test_a_line_that_doubles_frames_makes_one_read(model: Model) -> None:
    """An echo on the line is no second tap."""
    chunks = hostile.duplicated([encode(BADGE, model)] * 3, Random(0))
    link = Presence(PROFILES[model])

    frames = [found for found in decoded(list(chunks)) if isinstance(found, Frame)]

    assert [message.number_hex for message in link.receive(frames, 0)] == [BADGE]


@given(st.lists(st.binary(max_size=60), max_size=8), numbers, st.randoms(use_true_random=False))
def test_chunks_do_not_matter(noises: list[bytes], number: str, chance: Random) -> None:
    """Any chunking of the same bytes gives the same frames and the same rejects."""
    capture = encode(number, "id12").join(noises)
    cuts = sorted(chance.randint(0, len(capture)) for _ in range(10))

    chunks = [capture[start:end] for start, end in zip([0, *cuts], [*cuts, len(capture)], strict=True)]

    assert decoded(chunks) == decoded([capture])


@given(st.binary(max_size=400), numbers, models, st.binary(max_size=400))
def test_nothing_before_or_after_can_swallow_a_good_frame(
    before: bytes, number: str, model: Model, after: bytes
) -> None:
    """A whole frame is always read: an STX starts a frame wherever it comes."""
    found = decoded([before + encode(number, model) + after])

    assert number in [frame.number_hex for frame in found if isinstance(frame, Frame)]


@given(st.binary(max_size=2_000) | st.text("\x02\x030Af\r\n", max_size=2_000).map(str.encode))
def test_no_bytes_can_grow_the_decoder_or_its_answer(capture: bytes) -> None:
    """The buffer holds one frame at most, and each answer stands for at least two bytes, or the end."""
    decoder = Em4100Decoder()

    found = decoder.feed(capture)

    assert len(found) <= len(capture)
    assert decoder.buffered <= FRAME_BYTES_MAX


def test_a_decoder_starts_afresh_after_the_end() -> None:
    """Half a frame before a lost line is never joined to half a frame after it."""
    frame = encode(BADGE, "rdm6300")
    decoder = Em4100Decoder()
    decoder.feed(frame[:7])
    decoder.finish()

    found = decoder.feed(frame[7:])

    assert found == [Reject("no_stx")]


def test_a_badge_number_is_not_in_the_representation_of_a_frame() -> None:
    """A number cannot reach a log through a frame's repr."""
    assert BADGE not in repr(Frame(BADGE))


@pytest.mark.parametrize("typed", ["", "0A0012345", "0A001234567", "0A0012345G", "0A 0012345", "０A00123456"])
def test_a_typed_number_that_no_reader_sends_is_refused(typed: str) -> None:
    """A number typed by a person must be ten hex digits; the refusal does not repeat it."""
    with pytest.raises(BadBadgeNumberError) as refused:
        badge_number(typed)

    assert refused.value.subject == ""


def test_a_typed_number_may_be_in_lower_case() -> None:
    """A person types as they like; the number is one."""
    assert badge_number(" 0a00123456\n") == BADGE
