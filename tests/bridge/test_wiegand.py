"""Wiegand numbers: every published one, and the property that one wrong bit makes nobody's number."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.errors import BadBadgeNumberError
from firmware_bridge.frames import Frame, Reject
from firmware_bridge.wiegand import encode, read

VECTORS: list[dict[str, Any]] = json.loads(Path(__file__).with_name("vectors_wiegand.json").read_text())
GOOD = [vector for vector in VECTORS if "error" not in vector]
numbers = st.one_of(
    st.integers(0, 2**24 - 1).map(lambda number: f"{number:06X}"),
    st.integers(0, 2**32 - 1).map(lambda number: f"{number:08X}"),
)


@pytest.mark.parametrize("vector", GOOD, ids=lambda vector: vector["name"])
def test_a_published_number_reads_as_published(vector: dict[str, Any]) -> None:
    """Facility and card are the two halves of the number; and the number encodes to the same bits."""
    half = {26: 16, 34: 16}[vector["bits"]]
    expected = vector["expect"]["facility"] << half | vector["expect"]["card"]

    found = read(bytes.fromhex(vector["hex"]), vector["bits"])

    assert isinstance(found, Frame)
    assert int(found.number_hex, 16) == expected
    assert len(found.number_hex) == (vector["bits"] - 2) // 4
    assert encode(found.number_hex) == (bytes.fromhex(vector["hex"]), vector["bits"])


@pytest.mark.parametrize("vector", [v for v in VECTORS if "error" in v], ids=lambda vector: vector["name"])
def test_a_damaged_number_is_refused_by_name(vector: dict[str, Any]) -> None:
    """A lost pulse or a wrong parity bit makes no badge."""
    assert read(bytes.fromhex(vector["hex"]), vector["bits"]) == Reject(vector["error"])


@given(numbers, st.data())
def test_one_wrong_bit_makes_nobodys_number(number_hex: str, chance: st.DataObject) -> None:
    """Each data bit is under a parity bit."""
    data, bits = encode(number_hex)
    wrong = chance.draw(st.integers(0, bits - 1))
    whole = int.from_bytes(data) ^ 1 << (len(data) * 8 - 1 - wrong)

    assert read(data, bits) == Frame(number_hex)
    assert read(whole.to_bytes(len(data)), bits) == Reject("parity")


@given(st.binary(max_size=12), st.integers(-1, 70_000))
def test_any_bits_give_a_number_or_a_name(data: bytes, bits: int) -> None:
    """A reader may claim any count, and send fewer bits than that."""
    found = read(data, bits)

    if isinstance(found, Frame):
        assert (bits, len(found.number_hex)) in {(26, 6), (34, 8)}
    else:
        assert found.error in {"bit_count", "parity"}


@pytest.mark.parametrize("number_hex", ["", "12345", "1234567", "0A00123456", "ZZZZZZ"])
def test_a_number_that_no_reader_sends_is_refused(number_hex: str) -> None:
    """Neither 6 nor 8 hex digits."""
    with pytest.raises(BadBadgeNumberError):
        encode(number_hex)
