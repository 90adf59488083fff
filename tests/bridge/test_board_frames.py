"""Lines between host and board: what one side writes the other reads, and nothing that comes between harms the next."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge import commands, messages
from firmware_bridge.board import catalogue, frames
from firmware_bridge.board.frames import BoardDecoder, BoardFrame
from firmware_bridge.board.micropython import framing, shows
from firmware_bridge.board.micropython.framing import LineReader
from firmware_bridge.decode import decode_capture
from tests.bridge import hostile

SIGNS = st.one_of(st.characters(min_codepoint=0x20, max_codepoint=0x24F), st.sampled_from("€œ…日\U0001f600"))
"""Signs of one to four bytes; hypothesis is quick at these."""


def values_of(limits: tuple[object, ...]) -> st.SearchStrategy[object]:
    """Any value that the catalogue allows for a field."""
    match limits:
        case ("bool",):
            return st.booleans()
        case ("int", int(low), int(high)):
            return st.integers(low, high)
        case ("word", tuple(words)):
            return st.sampled_from(words)
        case ("hex", tuple(sizes)):
            return st.sampled_from(sizes).flatmap(
                lambda size: st.text("0123456789ABCDEF", min_size=size, max_size=size)
            )
        case ("text", int(size)):
            return st.text(SIGNS, max_size=size)
    message = f"a kind of limits that is not known here: {limits}"
    raise AssertionError(message)


def lines_of(direction: Mapping[str, Any]) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    """Any message of a direction: its name and its values."""
    return st.sampled_from(sorted(direction)).flatmap(
        lambda name: st.tuples(
            st.just(name), st.fixed_dictionaries({field: values_of(limits) for field, limits in direction[name]})
        )
    )


NUMBERS = st.integers(1, catalogue.NUMBER_MAX)
TO_HOST = [
    framing.encode(
        7,
        "state",
        {"relay": True, "lease_ms": 1500, "why": "held", "e_stop": False, "guard": False, "tap": 0, "missed": 2},
    ),
    framing.encode(8, "badge", {"number": "0A00123456", "tap": 1, "stays": True}),
    framing.encode(9, "ack", {"of": 3}),
]
READ = [(7, "state"), (8, "badge"), (9, "ack")]


def read(found: list[BoardFrame | frames.LineError]) -> list[tuple[int, str]]:
    """Number and name of the frames."""
    return [(frame.number, frame.name) for frame in found if isinstance(frame, BoardFrame)]


def test_both_sides_have_the_published_checksum() -> None:
    """CRC-16/CCITT-FALSE of "123456789" is 29B1 (the catalogue of parametrised CRC algorithms)."""
    assert (frames.crc16(b"123456789"), framing.crc16(b"123456789")) == (0x29B1, 0x29B1)


def test_a_line_is_these_bytes() -> None:
    """What a person sees in a terminal, and what a later version must go on reading."""
    assert frames.encode(17, "relay", on=True, lease_ms=2000, use=3) == (
        b'{"n":17,"t":"relay","on":true,"lease_ms":2000,"use":3}*DB72\n'
    )
    assert TO_HOST[2] == b'{"n":9,"t":"ack","of":3}*70D2\n'


@given(NUMBERS, lines_of(catalogue.TO_BOARD))
def test_what_the_host_writes_the_board_reads(number: int, line: tuple[str, dict[str, Any]]) -> None:
    """Every message that the catalogue allows, whole and within the length of a line."""
    name, values = line

    data = frames.encode(number, name, **values)

    assert len(data) <= catalogue.LINE_MAX
    assert LineReader().feed(data) == [{"n": number, "t": name, "fault": "", **values}]


@given(NUMBERS, lines_of(catalogue.TO_HOST).filter(lambda line: str(line[1].get("board", "")).isascii()))
def test_what_the_board_writes_the_host_reads(number: int, line: tuple[str, dict[str, Any]]) -> None:
    """The other way round; a board's own texts are ASCII."""
    name, values = line
    if not str(values.get("firmware", "")).isascii():
        values["firmware"] = "1"

    data = framing.encode(number, name, values)

    assert len(data) <= catalogue.LINE_MAX
    assert BoardDecoder().feed(data) == [BoardFrame(number, name, values)]


@given(st.lists(st.binary(max_size=600), max_size=8))
def test_any_bytes_are_taken_and_the_line_after_them_is_read(chunks: list[bytes]) -> None:
    """No error, bounded memory, and the first whole line after any garbage counts, on both sides."""
    decoder, reader = BoardDecoder(), LineReader()

    for chunk in chunks:
        decoder.feed(chunk)
        reader.feed(chunk)
        assert decoder.buffered < catalogue.LINE_MAX
        assert len(reader._held) < catalogue.LINE_MAX  # noqa: SLF001 - the board has no use for it

    assert read(decoder.feed(TO_HOST[2]))[-1:] == [(9, "ack")]
    assert [message["t"] for message in reader.feed(frames.encode(4, "ping"))][-1:] == ["ping"]


@pytest.mark.parametrize("line", hostile.GENTLE, ids=lambda line: line.__name__)
@pytest.mark.parametrize("seed", range(5))
def test_a_hostile_line_that_keeps_the_bytes_keeps_the_frames(line: hostile.Line, seed: int) -> None:
    """One byte at a time, glued, delayed, with garbage before each: every frame comes, once, in its order."""
    decoder = BoardDecoder()

    found = [frame for chunk in line(TO_HOST * 5, Random(seed)) for frame in decoder.feed(chunk)]

    assert read(found) == READ * 5


@pytest.mark.parametrize("seed", range(5))
def test_a_line_that_loses_a_fifth_of_its_bytes_invents_no_frame(seed: int) -> None:
    """What comes is what was sent, or nothing."""
    decoder = BoardDecoder()

    found = [frame for chunk in hostile.losing_a_fifth(TO_HOST * 50, Random(seed)) for frame in decoder.feed(chunk)]

    assert set(read(found)) <= set(READ)
    assert "checksum" in found


@pytest.mark.parametrize("place", range(len(TO_HOST[1])))
def test_a_frame_cut_anywhere_costs_itself_alone(place: int) -> None:
    """The start of a frame, glued to a whole one: the whole one is read."""
    decoder = BoardDecoder()

    found = decoder.feed(TO_HOST[1][:place] + TO_HOST[2])

    assert read(found) == [(9, "ack")]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b'{"n":1,"t":"ack"}', "catalogue"),
        (b'{"n":1,"t":"ack","of":1,"more":1}', "catalogue"),
        (b'{"n":1,"t":"ack","of":true}', "catalogue"),
        (b'{"n":1,"t":"ack","of":1.0}', "catalogue"),
        (b'{"n":0,"t":"ack","of":1}', "catalogue"),
        (b'{"n":1,"t":"light","colour":"red","rhythm":"steady","seconds":0}', "catalogue"),
        (b'{"n":1,"t":"badge","number":"0a00123456","tap":1,"stays":true}', "catalogue"),
        (b'{"n":1,' + b"[" * 200, "catalogue"),
        (b'{"n":1,"t":"\xff"}', "catalogue"),
        (b'{"n":1,' + b" " * 300, "length"),
    ],
)
def test_a_sound_line_that_the_catalogue_does_not_have_is_refused(body: bytes, error: str) -> None:
    """A right checksum proves that it came whole, not that it means anything."""
    found = BoardDecoder().feed(body + b"*%04X\n" % frames.crc16(body))

    assert error in found
    assert read(found) == []


# ── the catalogue ────────────────────────────────────────────────────────────────────────────────────────


def test_the_catalogue_has_the_words_of_both_sides() -> None:
    """Colours, patterns, inputs and reasons are the same in the bridge's words, in the catalogue and on the board."""
    unusable = get_args(messages.BadgeUnusable.__annotations__["reason"])

    assert catalogue.COLOURS == get_args(commands.Colour) == tuple(shows.COLOURS)
    assert catalogue.PATTERNS == get_args(commands.Sound.__annotations__["pattern"]) == tuple(shows.PATTERNS)
    assert set(catalogue.UNUSABLE) <= set(unusable)


def test_each_side_knows_every_message_that_it_is_sent() -> None:
    """A message of the catalogue that one side has no code for would be lost without a word."""
    folder = Path(catalogue.__file__).parent
    board = "".join((folder / "micropython" / name).read_text() for name in ("board.py", "session.py"))
    host = (folder / "link.py").read_text()
    left_out = {"ping"}  # heard by being a line at all

    assert [name for name in catalogue.TO_BOARD if f'"{name}"' not in board and name not in left_out] == []
    assert [name for name in catalogue.TO_HOST if f'"{name}"' not in host and name != "button"] == []


def test_every_field_has_limits_that_both_sides_judge_alike() -> None:
    """A value of the wrong kind or just out of range is refused in either direction."""
    wrong = {"bool": 1, "int": -1, "word": "nothing", "hex": "0A0", "text": "x" * (catalogue.TEXT_MAX + 1)}
    for direction in (catalogue.TO_BOARD, catalogue.TO_HOST):
        for name, fields in direction.items():
            for field, limits in fields:
                message = {"n": 1, "t": name} | {known: wrong[kinds[0]] for known, kinds in fields}

                assert catalogue.fault_of(message, direction) == "range", (name, field, limits)


def test_a_change_of_the_catalogue_is_a_new_version() -> None:
    """Boards in the field say which catalogue they have: what stands behind a number never changes."""
    text = json.dumps([catalogue.TO_BOARD, catalogue.TO_HOST])

    assert (catalogue.CATALOGUE, frames.crc16(text.encode())) == (3, 0x93E2)


@pytest.mark.parametrize("begin", [b"x" * 300, b'{"n":7,"t":"' + b"y" * 200, b"z" * 251])
def test_a_line_that_is_too_long_is_told_alike_whole_or_byte_by_byte(begin: bytes) -> None:
    """How a program happened to read it is nothing that a count of damaged lines may depend on."""
    data = begin + TO_HOST[1] + b'{"n":3,"t":"ping"' + b" " * 240 + TO_HOST[2]

    whole, single = frames.BoardDecoder(), frames.BoardDecoder()
    told = [*whole.feed(data), *whole.finish()]

    assert [found for byte in data for found in single.feed(bytes([byte]))] + single.finish() == told
    assert "length" in told


def test_a_capture_shows_both_ends_of_a_line() -> None:
    """What `indivis reader decode` prints: commands and events by name, a badge under the name of every protocol."""
    capture = io.BytesIO(frames.encode(2, "ping") + b"noise" + TO_HOST[1] + TO_HOST[2][:9])

    assert list(decode_capture(capture, "board")) == [
        {"frame": "ping", "n": "2"},
        {"error": "noise"},
        {"frame": "badge", "n": "8", "tap": "1", "stays": "true", "badge": "0A00123456"},
        {"error": "checksum"},
    ]
